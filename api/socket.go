package api

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/myaibud/aibud/engine"
)

// goodbye is a close code with its reason, both part of the API.
type goodbye struct {
	code   int
	reason string
}

// The goodbyes. RFC 6455, section 7.4.2, leaves codes from 4000 to
// applications.
var (
	closeGoingAway = &goodbye{websocket.CloseGoingAway, "the server shuts down"}
	closeBroken    = &goodbye{websocket.CloseInternalServerErr, "internal error"}
	closeOld       = &goodbye{4000, "greatest age reached"}
	closeSignedOut = &goodbye{4001, "session ended"}
	closeSlow      = &goodbye{4008, "too slow"}
)

const (
	readLimit   = 1024            // bytes of a message from the client, which has nothing to say
	goodbyeWait = 2 * time.Second // for a write that stands in the way of a goodbye
)

// socket is one live websocket. One goroutine writes to it, another reads.
type socket struct {
	conn    *websocket.Conn
	hub     *hub
	room    *room
	session sessionKey
	check   func(context.Context) error // fails with [engine.CodeUnauthorized] when the session ended
	ended   atomic.Pointer[goodbye]
	cancel  context.CancelFunc
	ready   chan struct{} // something is in the queue
	seen    int64         // guarded by the room's mutex

	mu    sync.Mutex
	queue []frame
	bytes int
}

// serve talks to the client until either side is done. The client has
// everything up to seen.
func (s *socket) serve(ctx context.Context, first []any, seen int64) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer s.cancel()
		s.read()
	}()
	if err := s.write(ctx, first, seen); err != nil && ctx.Err() == nil {
		s.ended.CompareAndSwap(nil, closeBroken)
	}
	s.room.dismiss(s)
	s.bye()
	<-done
}

// stop ends the connection with a goodbye. It returns at once; the first
// goodbye counts.
func (s *socket) stop(why *goodbye) {
	if !s.ended.CompareAndSwap(nil, why) {
		return
	}
	if why != closeSlow { // a slow client gets the usual time to take what is on its way
		_ = s.conn.NetConn().SetWriteDeadline(time.Now().Add(goodbyeWait)) // fails if it is closed, which is as well
	}
	s.cancel()
}

// bye closes the connection.
func (s *socket) bye() {
	why := s.ended.Load()
	if why == nil {
		why = closeGoingAway // the client went, or the HTTP server ends
	}
	deadline := time.Now().Add(goodbyeWait)
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(why.code, why.reason), deadline)
	_ = s.conn.Close() // nobody is left to tell
}

// read takes pongs and notices when the client goes.
func (s *socket) read() {
	alive := s.hub.limits.PingEvery + s.hub.limits.PongWait
	s.conn.SetReadLimit(readLimit)
	_ = s.conn.SetReadDeadline(time.Now().Add(alive))
	s.conn.SetPongHandler(func(string) error {
		return s.conn.SetReadDeadline(time.Now().Add(alive))
	})
	for {
		if _, _, err := s.conn.NextReader(); err != nil {
			return
		}
	}
}

// write sends the first frames, what the client missed, and then what the
// room offers.
func (s *socket) write(ctx context.Context, first []any, seen int64) error {
	for _, opening := range first {
		if err := s.deadline(); err != nil {
			return err
		}
		if err := s.conn.WriteJSON(opening); err != nil {
			return err
		}
	}
	if err := s.catchUp(ctx, seen); err != nil {
		return err
	}
	for _, view := range s.hub.passing(s.room.id) { // what changes from here on is in the queue
		if frame, ok := encodePresence(view); ok {
			if err := s.send(ctx, frame); err != nil {
				return err
			}
		}
	}
	ping, recheck := time.NewTicker(s.hub.limits.PingEvery), time.NewTicker(s.hub.limits.Recheck)
	age := time.NewTimer(s.hub.limits.MaxAge)
	defer ping.Stop()
	defer recheck.Stop()
	defer age.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ready:
			err = s.drain(ctx)
		case <-ping.C:
			err = s.ping()
		case <-recheck.C:
			s.recheck(ctx)
		case <-age.C:
			s.stop(closeOld)
		}
		if err != nil {
			return err
		}
	}
}

var errLogEnds = errors.New("the log ends before the event that was told last")

// catchUp sends from the log until the socket is a member of its room.
func (s *socket) catchUp(ctx context.Context, seen int64) error {
	for !s.room.admit(s, seen) {
		events, err := s.room.records.Events(ctx, seen, logBatch)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return errLogEnds
		}
		for _, event := range events {
			if err := s.send(ctx, s.hub.encode(event)); err != nil {
				return err
			}
			seen = event.Seq
		}
		if err := s.ping(); err != nil {
			return err
		}
	}
	return nil
}

// offer puts a frame into the queue. It says false if the queue is full.
func (s *socket) offer(f frame) bool {
	if f.seq > 0 && f.seq <= s.seen {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	limits := s.hub.limits
	if f.seq == 0 && len(s.queue) >= limits.QueueFrames/2 {
		return false // what is passing leaves room for events
	}
	if len(s.queue) > 0 && (len(s.queue) >= limits.QueueFrames || s.bytes+f.size > limits.QueueBytes) {
		return false
	}
	s.queue = append(s.queue, f)
	s.bytes += f.size
	select {
	case s.ready <- struct{}{}:
	default: // it knows already
	}
	return true
}

// drain sends what is in the queue. A frame counts until it is written.
func (s *socket) drain(ctx context.Context) error {
	for {
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.mu.Unlock()
			return nil
		}
		next := s.queue[0]
		s.mu.Unlock()
		if err := s.send(ctx, next); err != nil {
			return err
		}
		s.mu.Lock()
		s.queue[0] = frame{}
		s.queue = s.queue[1:]
		s.bytes -= next.size
		s.mu.Unlock()
	}
}

func (s *socket) send(ctx context.Context, f frame) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.message == nil {
		return f.err
	}
	if err := s.deadline(); err != nil {
		return err
	}
	return s.conn.WritePreparedMessage(f.message)
}

func (s *socket) deadline() error {
	return s.conn.SetWriteDeadline(time.Now().Add(s.hub.limits.WriteWait))
}

func (s *socket) ping() error {
	return s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(s.hub.limits.WriteWait))
}

// recheck ends the connection if its session has ended. If the store can't
// say, the next time will tell.
func (s *socket) recheck(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.hub.limits.WriteWait)
	defer cancel()
	if err := s.check(ctx); engine.CodeOf(err) == engine.CodeUnauthorized {
		s.stop(closeSignedOut)
	}
}
