package engine

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Bounds of [Presences].
const (
	presenceInbox   = 1024             // news that may wait; more are dropped
	presenceTimeout = 10 * time.Second // for telling WhatsApp
	doingLimit      = 30 * time.Second // after which nobody types any more who has not said so again
)

// PresenceRecords finds the conversations that presence is about. Package store
// implements it.
type PresenceRecords interface {
	// SeePresence returns the conversation of a seat that news is about, and
	// what to call who does it in a room, and keeps when the person was seen
	// last. It fails with [CodeNotFound] if there is none on the list.
	SeePresence(ctx context.Context, seat SeatKey, news Presence) (conversation ConversationID, who string, err error)
}

// PresencesConfig is what [Presences] need. Fields without a default are
// required.
type PresencesConfig struct {
	Records PresenceRecords
	Clients Clients
	Feed    *Feed
	Log     *slog.Logger

	// Watch is how long a conversation is watched after it was last asked for;
	// default 90 s.
	Watch time.Duration
	// PerSeat is how many conversations of a seat are watched at once; one more
	// takes the place of the one that would end first. Default 30.
	PerSeat int
}

// Presences knows what people do at the moment, of those who are watched or
// write, and has seats appear online as they are set to. Nothing of it is an
// event: it is told to who listens, and forgotten.
type Presences struct {
	cfg  PresencesConfig
	news chan seatNews
	poke chan struct{} // capacity 1: something may end earlier than thought

	stop   context.CancelFunc
	life   context.Context //nolint:containedctx // from Start to Stop
	done   chan struct{}
	unhear func()
	tasks  sync.WaitGroup

	mu        sync.Mutex
	listeners []*presenceListener
	seats     map[SeatKey]*presentSeat
	states    map[ConversationID]*presenceState
}

type seatNews struct {
	seat SeatKey
	news Presence
}

type presenceListener struct {
	tell func(TenantID, PresenceView)
}

// presenceState is what is shown of a conversation.
type presenceState struct {
	seat  SeatKey
	view  PresenceView
	until time.Time // when it is forgotten that somebody types; zero: nobody does
}

// presentSeat is what a seat is to do, and has done on its connection.
type presentSeat struct {
	mode     PresenceMode
	watched  map[ConversationID]*watch
	followed map[ConversationID]Party
	told     *bool // what WhatsApp was told last on this connection; nil: nothing
	anew     int   // counts connections, so that what was told on one isn't held for told on the next
	busy     bool  // a goroutine is telling it
	again    bool  // and has to look once more
}

type watch struct {
	chat  Party
	until time.Time
	wrote bool // the person did since they were followed
}

// NewPresences returns presences that do nothing yet.
func NewPresences(cfg PresencesConfig) *Presences {
	if cfg.Watch == 0 {
		cfg.Watch = 90 * time.Second
	}
	if cfg.PerSeat == 0 {
		cfg.PerSeat = 30
	}
	return &Presences{
		cfg: cfg, news: make(chan seatNews, presenceInbox), poke: make(chan struct{}, 1), done: make(chan struct{}),
		seats: map[SeatKey]*presentSeat{}, states: map[ConversationID]*presenceState{},
	}
}

// Start begins to follow the seats. Start it before the seats.
func (p *Presences) Start(ctx context.Context) {
	p.life, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	p.unhear = p.cfg.Feed.Listen(p.hear)
	go func() {
		defer close(p.done)
		p.run(p.life)
	}()
}

// Stop ends it and waits for what is being told.
func (p *Presences) Stop() {
	if p.stop == nil {
		return
	}
	p.unhear()
	p.stop()
	<-p.done
	p.tasks.Wait()
}

// Hear takes what a seat's client tells of somebody. It returns at once; what
// comes faster than it can be stored is dropped.
func (p *Presences) Hear(seat SeatKey, news Presence) {
	select {
	case p.news <- seatNews{seat, news}:
	default:
	}
}

// Listen calls tell with everything that changes, until the returned function
// is called. tell must return at once.
func (p *Presences) Listen(tell func(TenantID, PresenceView)) (stop func()) {
	l := &presenceListener{tell}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listeners = append(p.listeners, l)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.listeners = slices.DeleteFunc(p.listeners, func(other *presenceListener) bool { return other == l })
	}
}

// Now returns what is known of a tenant's conversations in which somebody is
// online or does something.
func (p *Presences) Now(tenant TenantID) []PresenceView {
	p.mu.Lock()
	defer p.mu.Unlock()
	var views []PresenceView
	for _, state := range p.states {
		if state.seat.Tenant == tenant {
			views = append(views, state.view)
		}
	}
	return views
}

// Watch says that somebody looks at a conversation of a seat in a mode, from
// now for a while, and returns what its people do as far as that is known.
func (p *Presences) Watch(seat SeatKey, mode PresenceMode, conversation ConversationID, chat Party) PresenceView {
	p.mu.Lock()
	defer p.mu.Unlock()
	if mode != PresenceUnavailable && p.life != nil {
		s := p.seat(seat)
		s.mode = mode
		before, known := s.watched[conversation]
		if !known && len(s.watched) >= p.cfg.PerSeat {
			delete(s.watched, s.first())
		}
		if known && before.wrote && !p.knows(conversation) {
			// By writing, people let others see when they are there; who was
			// followed before that is so in vain.
			delete(s.followed, conversation)
		}
		s.watched[conversation] = &watch{chat: chat, until: time.Now().Add(p.cfg.Watch)}
		p.settle(seat, s)
		p.hurry()
	}
	if state, known := p.states[conversation]; known {
		return state.view
	}
	return PresenceView{Conversation: conversation, Doing: Idle}
}

// knows says whether WhatsApp tells when the person of a conversation is there.
// The caller holds mu.
func (p *Presences) knows(conversation ConversationID) bool {
	state := p.states[conversation]
	return state != nil && state.view.Online != nil
}

// first is the conversation whose watch ends first.
func (s *presentSeat) first() (first ConversationID) {
	for id, w := range s.watched {
		if first == "" || w.until.Before(s.watched[first].until) {
			first = id
		}
	}
	return first
}

// seat returns a seat's entry, or makes it. The caller holds mu.
func (p *Presences) seat(key SeatKey) *presentSeat {
	s := p.seats[key]
	if s == nil {
		s = &presentSeat{mode: PresenceUnavailable, watched: map[ConversationID]*watch{}, followed: map[ConversationID]Party{}}
		p.seats[key] = s
	}
	return s
}

// hurry wakes the goroutine, since something ends earlier than it may think.
func (p *Presences) hurry() {
	select {
	case p.poke <- struct{}{}:
	default:
	}
}

// idle ends what somebody does. The caller holds mu.
func (p *Presences) idle(state *presenceState) {
	state.view.Doing, state.view.Contact, state.until = Idle, "", time.Time{}
	p.tell(state)
	if state.view.Online == nil {
		delete(p.states, state.view.Conversation)
	}
}

// forget ends what is known of a seat's people, as when it has no connection
// any more. The caller holds mu.
func (p *Presences) forget(key SeatKey) {
	for _, state := range p.states {
		if state.seat == key {
			state.view.Online = nil
			p.idle(state)
		}
	}
}

// tell tells the listeners how a conversation is now. The caller holds mu.
func (p *Presences) tell(state *presenceState) {
	for _, l := range p.listeners {
		l.tell(state.seat.Tenant, state.view)
	}
}

// run takes news and ends what has lasted long enough.
func (p *Presences) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case one := <-p.news:
			if err := guard(func() error { return p.see(ctx, one) }); err != nil && CodeOf(err) != CodeNotFound && ctx.Err() == nil {
				p.cfg.Log.Warn("somebody's presence could not be shown", "seat", one.seat.Seat, "error", err)
			}
		case <-p.poke:
		case <-timer.C:
		}
		timer.Reset(p.expire(time.Now()))
	}
}

// see shows what somebody does.
func (p *Presences) see(ctx context.Context, one seatNews) error {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	conversation, who, err := p.cfg.Records.SeePresence(ctx, one.seat, one.news)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.seats[one.seat]; s == nil || s.watched[conversation] == nil {
		one.news.Online = nil // it was watched until just now, and nobody would tell when they go
	}
	if one.news.Online == nil && one.news.Doing == "" {
		return nil
	}
	state := p.states[conversation]
	if state == nil {
		state = &presenceState{seat: one.seat, view: PresenceView{Conversation: conversation, Doing: Idle}}
		p.states[conversation] = state
	}
	if one.news.Online != nil {
		state.view.Online = one.news.Online
		state.view.LastSeen = one.news.LastSeen
	}
	switch one.news.Doing {
	case Typing, Recording:
		state.view.Doing, state.view.Contact, state.until = one.news.Doing, who, time.Now().Add(doingLimit)
	case Idle:
		state.view.Doing, state.view.Contact, state.until = Idle, "", time.Time{}
	}
	p.tell(state)
	if state.view.Doing == Idle && state.view.Online == nil {
		delete(p.states, conversation)
	}
	return nil
}

// expire ends what has lasted long enough, and says when to look again.
func (p *Presences) expire(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := now.Add(time.Hour)
	over := func(until time.Time) bool {
		if now.Before(until) {
			next = minTime(next, until)
			return false
		}
		return true
	}
	for _, state := range p.states {
		if !state.until.IsZero() && over(state.until) {
			p.idle(state)
		}
	}
	for key, s := range p.seats {
		ended := false
		for id, w := range s.watched {
			if over(w.until) {
				delete(s.watched, id)
				ended = true
			}
		}
		if ended {
			p.settle(key, s)
		}
	}
	return max(next.Sub(now), time.Millisecond)
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
