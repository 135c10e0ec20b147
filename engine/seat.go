package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// Causes for which a seat's context ends.
var (
	errStopRequested = errors.New("a person stopped the seat")
	errShutdown      = errors.New("the process is shutting down")
	errChanged       = errors.New("the seat's settings changed; it is started anew")
)

// Limits of a seat.
const (
	// signalInbox is how many signals may wait for the seat's goroutine. A
	// connection tells a handful; a client that tells more waits.
	signalInbox = 16
	// callLimit is how many calls on a seat's client may run at once; one
	// more is refused with [CodeBusy].
	callLimit = 8
	// recordTimeout bounds a write to the store, so that a store that hangs
	// can't hang a seat for good.
	recordTimeout = 30 * time.Second
)

// Seat runs one WhatsApp number: it keeps the connection, records the state,
// stores what arrives and sends what the outbox holds. Make one with
// newSeat; the supervisor does.
type Seat struct {
	key      SeatKey
	record   SeatRecord
	provider Provider
	seats    SeatRecords
	messages MessageRecords
	dials    *dials
	store    *storeCheck
	timing   Timing
	wall     func() time.Time // the clock that people see, which may jump
	log      *slog.Logger

	presence   func(SeatKey, Presence) // may be nil
	signals    chan Signal
	redelivery chan struct{} // capacity 1: a fact could not be stored
	holding    atomic.Bool   // nothing more of this connection is stored
	calls      chan struct{} // a slot is held while a call runs
	outbox     outbox

	activity    activity
	restriction restriction

	client    atomic.Pointer[Client] // nil until opened
	connected atomic.Bool
	linking   atomic.Bool // a person is linking a phone
	caughtUp  atomic.Bool // what waited at WhatsApp has come in on this connection

	life   context.Context //nolint:containedctx // the supervisor's
	ctx    context.Context //nolint:containedctx // the seat's own, made in start and ended in stop
	cancel context.CancelCauseFunc
	done   chan struct{}

	// The following belong to the seat's goroutine.
	status       Status
	unrecorded   int              // tries to record status that failed; 0: it is recorded
	again        <-chan time.Time // when to try that again; nil while it is recorded
	over         chan struct{}    // closed when the client is; nil before it is opened
	dialling     chan struct{}    // closed when the last Connect has returned; nil before the first
	failures     int              // connections that failed since the last that lasted
	pairings     int              // connections that were lost while a QR code was shown
	outdated     int              // refusals of our version since it was last accepted
	redeliveries int              // fruitless reconnections for redelivery in a row
	lasted       bool             // it was connected before: the next login is a reconnection
}

func newSeat(record SeatRecord, sv *Supervisor) *Seat {
	s := &Seat{
		key: record.Key, record: record,
		provider: sv.cfg.Provider, seats: sv.cfg.Seats,
		dials: sv.dials, store: sv.store, timing: sv.cfg.Timing, wall: sv.cfg.Now,
		presence:   sv.cfg.Presence,
		log:        sv.cfg.Log.With("seat", record.Key.Seat),
		signals:    make(chan Signal, signalInbox),
		redelivery: make(chan struct{}, 1),
		calls:      make(chan struct{}, callLimit),
		done:       make(chan struct{}),
		status:     record.Status,
	}
	s.messages = noticing{MessageRecords: sv.cfg.Messages, seat: s}
	s.activity.restore(record.Activity)
	s.restriction.set(record.Restriction)
	s.outbox.seat, s.outbox.wakes = s, make(chan struct{}, 1)
	return s
}

// start runs the seat until ctx ends, stop is called, or it reaches a state
// that only a person can end. It calls ended as the last thing, after done is
// closed.
func (s *Seat) start(ctx context.Context, ended func()) {
	s.life = ctx
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	go func() {
		defer ended()
		defer close(s.done)
		err := guard(func() error { s.run(s.ctx); return nil })
		s.cancel(nil) // first of all, so that nothing waits for the seat while it waits for its client
		s.closeClient()
		s.outbox.wait()
		s.dialEnded(context.WithoutCancel(ctx))
		if err != nil {
			s.log.Error("seat ended by a panic; it is started again", "error", err)
			wait(s.life, s.timing.Reconnect.Wait(1))
		}
	}()
}

// differs says whether a record asks for what the seat can do only when it
// is started anew. How to pair matters only until a phone is linked.
func (s *Seat) differs(record SeatRecord) bool {
	return record.Proxy != s.record.Proxy || record.Device == "" && record.PairPhone != s.record.PairPhone
}

// stop asks the seat to end, for the given cause. It doesn't wait: see done.
func (s *Seat) stop(cause error) { s.cancel(cause) }

// run is the seat's goroutine.
func (s *Seat) run(ctx context.Context) {
	switch s.record.Desired {
	case DesiredRemoved:
		s.remove(ctx)
	case DesiredStopped: // the process ended before that was recorded
		s.setStatus(ctx, Status{State: StateStopped, Reason: ReasonRequested})
	case DesiredRunning:
		s.keepConnected(ctx)
	}
}

// keepConnected makes one connection after the other.
func (s *Seat) keepConnected(ctx context.Context) {
	if s.status.State == StateBanned {
		s.pause(ctx, s.banLeft(), s.status.Until) // a new process doesn't lift a ban
	} else if s.record.Device == "" {
		s.setStatus(ctx, Status{State: StateStarting})
	}
	for ctx.Err() == nil {
		next := s.connection(ctx)
		if next.failed && s.awaitStore(ctx) {
			s.failures = 0
			next = s.retry(next.status.Reason, next.status.Detail)
		}
		if next.status.State == "" {
			break // ctx has ended
		}
		s.setStatus(ctx, next.status)
		if next.status.Final() {
			return
		}
		s.pause(ctx, next.wait, next.status.Until)
	}
	if errors.Is(context.Cause(ctx), errStopRequested) {
		s.setStatus(ctx, Status{State: StateStopped, Reason: ReasonRequested})
	}
}

// clockCheck is how often a long wait looks at the clock.
const clockCheck = 30 * time.Second

// pause waits before the next connection: for as long as d, or until the
// clock says that it is time. Waits don't count while a machine sleeps, and
// clocks are set forward: neither makes a seat wait for longer than it must.
func (s *Seat) pause(ctx context.Context, d time.Duration, until time.Time) {
	end := time.Now().Add(d) // by the clock that never jumps
	for {
		left := time.Until(end)
		if left <= 0 || !until.IsZero() && s.wallUntil(until) <= 0 {
			return
		}
		timer := time.NewTimer(min(left, clockCheck))
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-s.again:
			s.recordAgain(ctx)
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// wallUntil is how far ahead a time is by the clock that people see.
func (s *Seat) wallUntil(at time.Time) time.Duration {
	return at.Round(0).Sub(s.wall().Round(0))
}

// banLeft is how long a ban goes on that was recorded by an earlier process:
// never for longer than it was, even if the clock was set back since.
func (s *Seat) banLeft() time.Duration {
	return min(s.wallUntil(s.status.Until), s.status.Until.Round(0).Sub(s.status.Since.Round(0)))
}

// remove unlinks the device and forgets the seat, however often it has to be
// tried. If the process ends before, it goes on at the next start.
func (s *Seat) remove(ctx context.Context) {
	for try := 1; ; try++ {
		err := guard(func() error { return s.forget(ctx) })
		if err == nil || ctx.Err() != nil {
			return
		}
		s.log.Error("seat could not be removed; it is tried again", "error", err)
		s.closeClient()
		if s.awaitStore(ctx) {
			try = 1
		}
		wait(ctx, s.timing.Probe.Wait(try))
	}
}

// forget unlinks the device, forgets its keys, and then the seat.
func (s *Seat) forget(ctx context.Context) error {
	client, err := s.open(ctx)
	if err != nil {
		return err
	}
	if client.Linked() {
		logoutCtx, cancel := context.WithTimeout(ctx, s.timing.Logout)
		defer cancel()
		err := client.Logout(logoutCtx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && client.Linked() {
			return fmt.Errorf("log out: %w", err) // the keys are still there
		}
		if err != nil {
			// The phone's list of linked devices is all that is left of the seat.
			s.log.Warn("seat is removed, but WhatsApp could not be told", "error", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	return s.seats.Removed(ctx, s.key)
}

// open returns the seat's client and makes it first if need be.
func (s *Seat) open(ctx context.Context) (Client, error) {
	if client := s.client.Load(); client != nil {
		return *client, nil
	}
	over := make(chan struct{})
	client, err := s.provider.Open(ctx, s.key, s.record.Device, sink{seat: s, over: over})
	if err != nil {
		return nil, fmt.Errorf("open client: %w", err)
	}
	s.over = over
	s.client.Store(&client)
	if err := setProxy(client, s.record.Proxy); err != nil {
		s.closeClient()
		return nil, err
	}
	return client, nil
}

// setProxy makes a client go through a proxy. It fails rather than let the
// client go around it.
func setProxy(client Client, address string) error {
	if address == "" {
		return nil
	}
	proxied, ok := client.(Proxied)
	if !ok {
		return Errorf(CodeProxyFailed, "This seat's client can't go through a proxy. Remove the proxy, or connect the seat with another provider.")
	}
	return proxied.SetProxy(address)
}

// closeClient closes the client, if there is one, and forgets it.
func (s *Seat) closeClient() {
	s.connected.Store(false)
	s.activity.get(s.heard()) // the last that it knows
	client := s.client.Swap(nil)
	if client == nil {
		return
	}
	close(s.over)
	if err := guard((*client).Close); err != nil {
		s.log.Error("client could not be closed", "error", err)
	}
}

// setStatus records a status. One that can't be recorded is recorded later:
// the seat goes on meanwhile. A final one is tried until it is recorded or the
// process ends, since the seat would be started again without it.
func (s *Seat) setStatus(ctx context.Context, status Status) {
	if !status.Final() && (ctx.Err() != nil || status.equal(s.status)) {
		return
	}
	if status.Since.IsZero() {
		status.Since = s.wall()
	}
	s.status = status
	s.recordStatus(ctx)
	for status.Final() && s.unrecorded > 0 {
		wait(s.life, s.timing.Probe.Wait(s.unrecorded))
		if s.life.Err() != nil {
			return
		}
		s.recordAgain(ctx)
	}
}

// recordAgain is for a status that could not be recorded. It doesn't even try
// while the store doesn't work.
func (s *Seat) recordAgain(ctx context.Context) {
	if s.store.works(s.life) {
		s.recordStatus(ctx)
	} else {
		s.again = time.After(s.timing.Outage.Wait(1))
	}
}

// recordStatus records the seat's status once, and plans to do it again if
// that fails. A final status ends the wish to run, unless that is a person's
// doing: they may have wished something else meanwhile.
func (s *Seat) recordStatus(ctx context.Context) {
	status, desired := s.status, Desired("")
	if status.Final() {
		ctx = context.WithoutCancel(ctx) // what ended the seat must not keep it from saying so
		if status.Reason != ReasonRequested {
			desired = DesiredStopped
		}
	}
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	err := guard(func() error { return s.seats.SetStatus(ctx, s.key, status, desired) })
	if err == nil {
		s.unrecorded, s.again = 0, nil
		s.log.Info("seat changed state", "state", status.State, "reason", status.Reason)
		return
	}
	if s.life.Err() != nil {
		return // the process ends, and the next one records anew
	}
	if s.unrecorded++; !s.store.works(s.life) {
		s.unrecorded = 1
	}
	s.again = time.After(s.timing.Probe.Wait(s.unrecorded))
	s.log.Error("seat's status could not be recorded; it is tried again", "state", status.State, "error", err)
}

// call runs fn with the client if the seat is connected. It runs in the
// caller's goroutine and ends with the caller's context or the seat's.
func (s *Seat) call(ctx context.Context, fn func(context.Context, Client) error) error {
	if !s.connected.Load() {
		return Errorf(CodeNotConnected, "This seat is not connected to WhatsApp now. Try again when it is.")
	}
	return s.with(ctx, fn)
}

// callLinking runs fn with the client if a person is linking a phone.
func (s *Seat) callLinking(ctx context.Context, fn func(context.Context, Client) error) error {
	if !s.linking.Load() {
		return Errorf(CodeConflict, "No phone is being linked to this seat now. Start pairing first.")
	}
	return s.with(ctx, fn)
}

// with runs fn with the client, within the caller's time and the seat's life.
func (s *Seat) with(ctx context.Context, fn func(context.Context, Client) error) error {
	client := s.client.Load()
	if client == nil {
		return Errorf(CodeNotConnected, "This seat is not connected to WhatsApp now. Try again when it is.")
	}
	select {
	case s.calls <- struct{}{}:
		defer func() { <-s.calls }()
	default:
		return Errorf(CodeBusy, "This seat has too many requests under way. Try again in a moment.")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.ctx, func() { cancel(context.Cause(s.ctx)) })()
	return guard(func() error { return fn(ctx, *client) })
}
