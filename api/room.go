package api

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/myaibud/aibud/engine"
)

const (
	logBatch   = 200         // events read from the log at once
	putDown    = 1000        // events that may wait in a room; beyond it they are read from the log
	retryAfter = time.Second // before the log is read again that could not be read
)

// room brings one tenant's events in order to its websockets. What the feed
// tells may be out of order; the room then reads the log.
type room struct {
	id      engine.TenantID
	records Tenant
	wake    chan struct{}

	holders int // guarded by the hub's mutex

	starting sync.Mutex
	stop     context.CancelFunc // ends the goroutine; does nothing before it runs
	started  bool

	mu      sync.Mutex
	waiting []engine.Event // as the feed told them
	missed  bool           // there were too many to keep
	seq     int64          // the last event that members have or were offered
	members map[*socket]struct{}
}

func newRoom(id engine.TenantID, records Tenant) *room {
	return &room{id: id, records: records, wake: make(chan struct{}, 1), stop: func() {}, members: map[*socket]struct{}{}}
}

// start lets the room work from the end of the log, if it doesn't already.
// What is committed after the log was asked arrives by the feed.
func (r *room) start(ctx context.Context, h *hub) error {
	r.starting.Lock()
	defer r.starting.Unlock()
	if r.started {
		return nil
	}
	newest, err := r.records.LastSeq(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.seq = newest
	r.mu.Unlock()
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	h.mu.Lock()
	r.stop = cancel
	h.mu.Unlock()
	r.started = true
	h.running.Go(func() {
		defer cancel()
		r.run(ctx, h)
	})
	return nil
}

// put keeps events until the room's goroutine comes to them.
func (r *room) put(events []engine.Event) {
	r.mu.Lock()
	if len(r.waiting)+len(events) > putDown {
		r.waiting, r.missed = nil, true
	} else {
		r.waiting = append(r.waiting, events...)
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default: // awake already
	}
}

func (r *room) run(ctx context.Context, h *hub) {
	retry := time.NewTimer(retryAfter)
	retry.Stop()
	defer retry.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
		case <-retry.C:
		}
		if err := r.work(ctx, h); err != nil && ctx.Err() == nil {
			h.log.WarnContext(ctx, "live events could not be read from the log", slog.String("tenant", string(r.id)), slog.Any("error", err))
			retry.Reset(retryAfter)
		}
	}
}

// work brings what waits to the members, in order and without gaps.
func (r *room) work(ctx context.Context, h *hub) error {
	events, whole := r.take()
	if whole {
		for _, event := range events {
			r.offer(h, event)
		}
		return nil
	}
	for {
		events, err := r.records.Events(ctx, r.position(), logBatch)
		if err != nil {
			r.mu.Lock()
			r.missed = true
			r.mu.Unlock()
			return err
		}
		for _, event := range events {
			r.offer(h, event)
		}
		if len(events) < logBatch {
			return nil
		}
	}
}

// take returns what waits, in order, and whether it follows what was brought
// before without a gap.
func (r *room) take() (events []engine.Event, whole bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	events, whole = r.waiting, !r.missed
	r.waiting, r.missed = nil, false
	slices.SortFunc(events, func(a, b engine.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	next := r.seq + 1
	for _, event := range events {
		if event.Seq > next {
			return nil, false
		}
		if event.Seq == next {
			next++
		}
	}
	return events, whole
}

// offer brings an event to every member that has not seen it. It is encoded
// once.
func (r *room) offer(h *hub, event engine.Event) {
	if event.Seq <= r.position() {
		return
	}
	frame := h.encode(event)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seq = event.Seq
	for s := range r.members {
		if !s.offer(frame) {
			delete(r.members, s)
			s.stop(closeSlow)
		}
	}
}

// show brings what is passing to every member who keeps up.
func (r *room) show(passing frame) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.members {
		s.offer(passing) // who has no room for it misses it
	}
}

func (r *room) position() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seq
}

// admit makes a socket a member if it has seen everything that members have.
// If the log ran ahead of the room, it has seen more; it leaves that out.
func (r *room) admit(s *socket, seen int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seq > seen {
		return false
	}
	s.seen = seen
	r.members[s] = struct{}{}
	return true
}

func (r *room) dismiss(s *socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, s)
}
