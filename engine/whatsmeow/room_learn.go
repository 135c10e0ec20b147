package whatsmeow

import (
	"context"
	"errors"
	"time"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// learnTimeout bounds one question about a room.
const learnTimeout = 30 * time.Second

// learnTries is how often a room is asked for that changes meanwhile.
const learnTries = 5

// meet has a room looked up that is not known yet, once on a connection. It
// returns at once.
func (s *session) meet(jid types.JID) {
	switch jid.Server {
	case types.GroupServer, types.NewsletterServer:
	default:
		return
	}
	if s.rooms.meet(jid) {
		s.work(lookup{jid: jid.ToNonAD()})
	}
}

// relearn has a room looked up, known or not. It returns at once.
func (s *session) relearn(jid types.JID) {
	s.rooms.meet(jid)
	s.work(lookup{jid: jid.ToNonAD(), known: true})
}

// lookup is a room that is to be looked up.
type lookup struct {
	jid   types.JID
	known bool // it is looked up although it is known
}

// meet notes that a room is looked up. It reports false if it was already.
func (r *rooms) meet(jid types.JID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	jid = jid.ToNonAD()
	if _, met := r.met[jid]; met {
		return false
	}
	if r.met == nil {
		r.met = make(map[types.JID]struct{})
	}
	r.met[jid] = struct{}{}
	return true
}

// work puts a room into the queue. Whoever stores messages must not wait for
// WhatsApp, so rooms are looked up beside it, one after the other.
func (s *session) work(l lookup) {
	r := &s.rooms
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue = append(r.queue, l)
	if !r.working {
		r.working = s.client.provider.background(s.lookUp)
	}
}

// next takes a room from the queue. It reports false, and that nobody works
// any more, if there is none.
func (r *rooms) next() (lookup, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == 0 {
		r.working = false
		return lookup{}, false
	}
	first := r.queue[0]
	r.queue = r.queue[1:]
	return first, true
}

func (s *session) lookUp() {
	for {
		next, ok := s.rooms.next()
		if !ok {
			return
		}
		err := safely(func() error { return s.lookUpRoom(next) })
		if err != nil && s.ctx.Err() == nil {
			s.client.log.Info("a group or channel could not be looked up; it is tried again on the next connection", "error", harmless(err))
		}
	}
}

// lookUpRoom asks WhatsApp for a room and stores it. If something was told of
// the room meanwhile it asks again, since the answer may be older.
func (s *session) lookUpRoom(l lookup) error {
	jid := l.jid
	if !l.known {
		var known bool
		var err error
		called := s.client.guarded(func() {
			defer s.recovered("asking whether a room is known")
			known, err = s.sink.RoomKnown(s.client.life, room(jid))
		})
		if err != nil || known || !called {
			return err
		}
	}
	for range learnTries {
		before := s.rooms.counted(jid)
		news, err := s.askRoom(jid)
		if err != nil {
			return err
		}
		s.rooms.telling.Lock()
		current := s.rooms.counted(jid) == before
		if current {
			s.deliver(news)
		}
		s.rooms.telling.Unlock()
		if current {
			return nil
		}
	}
	return errors.New("the room changed all the time")
}

// askRoom asks WhatsApp for a room. One that the seat is not in any more is
// known as such.
func (s *session) askRoom(jid types.JID) (engine.RoomNews, error) {
	ctx, cancel := context.WithTimeout(s.ctx, learnTimeout)
	defer cancel()
	if jid.Server == types.NewsletterServer {
		info, err := s.wm.GetNewsletterInfo(ctx, jid)
		if err != nil {
			return engine.RoomNews{}, err
		}
		if info == nil {
			return engine.RoomNews{}, errors.New("an answer without a channel")
		}
		return channelNews(info), nil
	}
	info, err := s.wm.GetGroupInfo(ctx, jid)
	if errors.Is(err, wm.ErrNotInGroup) || errors.Is(err, wm.ErrGroupNotFound) {
		return engine.RoomNews{Room: engine.Party{Room: room(jid)}, At: time.Now(), State: &engine.RoomState{}}, nil
	}
	if err != nil {
		return engine.RoomNews{}, err
	}
	state, err := s.groupState(ctx, info)
	return engine.RoomNews{Room: engine.Party{Room: room(jid), Name: clean(info.Name)}, At: time.Now(), State: state}, err
}
