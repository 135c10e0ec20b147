package api

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/myaibud/aibud/engine"
)

// LiveLimits bounds the live websockets.
type LiveLimits struct {
	PingEvery   time.Duration // 0: 25 s
	PongWait    time.Duration // how late a pong may be; 0: 20 s
	WriteWait   time.Duration // for one write; 0: 10 s
	Recheck     time.Duration // how often the session is looked at again; 0: 60 s
	MaxAge      time.Duration // of a connection; 0: 12 h
	QueueFrames int           // that may wait for one client; 0: 1024
	QueueBytes  int           // that may wait for one client; 0: 1 MiB
	Replay      int64         // events that are sent again at most, before the client is told to read all anew; 0: 10,000
	Sockets     int           // of one tenant; 0: 2,000
}

func (l LiveLimits) withDefaults() LiveLimits {
	return LiveLimits{
		PingEvery:   cmp.Or(l.PingEvery, 25*time.Second),
		PongWait:    cmp.Or(l.PongWait, 20*time.Second),
		WriteWait:   cmp.Or(l.WriteWait, 10*time.Second),
		Recheck:     cmp.Or(l.Recheck, time.Minute),
		MaxAge:      cmp.Or(l.MaxAge, 12*time.Hour),
		QueueFrames: cmp.Or(l.QueueFrames, 1024),
		QueueBytes:  cmp.Or(l.QueueBytes, 1<<20),
		Replay:      cmp.Or(l.Replay, 10_000),
		Sockets:     cmp.Or(l.Sockets, 2000),
	}
}

// hub brings the events of the feed to the websockets, tenant by tenant. A
// tenant has a room while it has a websocket.
type hub struct {
	tenant   func(engine.TenantID) Tenant
	pictures *pictures
	log      *slog.Logger
	limits   LiveLimits
	now      func() time.Time
	unlisten func()
	unwatch  func()
	passing  func(engine.TenantID) []engine.PresenceView // what people do now
	running  sync.WaitGroup                              // rooms and sockets

	mu      sync.Mutex
	closed  bool
	rooms   map[engine.TenantID]*room
	sockets map[*socket]struct{}
}

func newHub(config *Config, pictures *pictures) *hub {
	h := &hub{
		tenant: config.Tenant, pictures: pictures, log: config.Log, limits: config.Live, now: config.Now,
		rooms: map[engine.TenantID]*room{}, sockets: map[*socket]struct{}{},
	}
	h.unlisten = config.Feed.Listen(h.tell)
	h.unwatch, h.passing = func() {}, func(engine.TenantID) []engine.PresenceView { return nil }
	if config.Presences != nil {
		h.unwatch, h.passing = config.Presences.Listen(h.show), config.Presences.Now
	}
	return h
}

// tell takes events from the feed. It runs in the goroutine that committed
// them, so it only puts them down.
func (h *hub) tell(events []engine.Event) {
	for len(events) > 0 {
		n := 1
		for n < len(events) && events[n].Tenant == events[0].Tenant {
			n++
		}
		h.mu.Lock()
		room := h.rooms[events[0].Tenant]
		h.mu.Unlock()
		if room != nil {
			room.put(events[:n])
		}
		events = events[n:]
	}
}

// show brings what somebody does to the tenant's websockets.
func (h *hub) show(tenant engine.TenantID, view engine.PresenceView) {
	h.mu.Lock()
	room := h.rooms[tenant]
	h.mu.Unlock()
	if room == nil {
		return
	}
	if frame, ok := encodePresence(view); ok {
		room.show(frame)
	}
}

// enter returns the tenant's room, which is kept until leave.
func (h *hub) enter(ctx context.Context, tenant engine.TenantID) (*room, error) {
	room, err := h.hold(tenant)
	if err != nil {
		return nil, err
	}
	if err := room.start(ctx, h); err != nil {
		h.leave(room)
		return nil, err
	}
	return room, nil
}

func (h *hub) hold(tenant engine.TenantID) (*room, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, engine.Errorf(engine.CodeUnavailable, "The server is shutting down. Try again in a moment.")
	}
	held := h.rooms[tenant]
	if held == nil {
		held = newRoom(tenant, h.tenant(tenant))
		h.rooms[tenant] = held
	}
	if held.holders >= h.limits.Sockets {
		return nil, engine.Errorf(engine.CodeBusy, "Your agency has too many live connections open. Close some tabs.")
	}
	held.holders++
	h.running.Add(1)
	return held, nil
}

func (h *hub) leave(room *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.running.Done()
	if room.holders--; room.holders == 0 {
		delete(h.rooms, room.id)
		room.stop()
	}
}

// add makes a socket known, so that it can be ended. It says false if the
// hub is closed already.
func (h *hub) add(s *socket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.sockets[s] = struct{}{}
	}
	return !h.closed
}

func (h *hub) remove(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sockets, s)
}

// endSession closes the websockets of a session that ended.
func (h *hub) endSession(token string) {
	if token == "" {
		return
	}
	key := keyOf(token)
	for _, s := range h.all() {
		if s.session == key {
			s.stop(closeSignedOut)
		}
	}
}

// close says goodbye to every websocket and waits until all is gone.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.unlisten()
	h.unwatch()
	for _, s := range h.all() {
		s.stop(closeGoingAway)
	}
	h.running.Wait()
}

func (h *hub) all() []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	sockets := make([]*socket, 0, len(h.sockets))
	for s := range h.sockets {
		sockets = append(sockets, s)
	}
	return sockets
}
