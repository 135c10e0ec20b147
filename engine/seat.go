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
)

// Limits of a seat.
const (
	// signalInbox is how many signals may wait for the seat's goroutine. A
	// connection tells a handful; a client that tells more waits.
	signalInbox = 64
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
	dials    chan struct{} // a slot is held while connecting
	timing   Timing
	log      *slog.Logger

	signals    chan Signal
	redelivery chan struct{} // capacity 1: a fact could not be stored
	calls      chan struct{} // a slot is held while a call runs
	outbox     outbox

	client    atomic.Pointer[Client] // nil until opened
	connected atomic.Bool

	life   context.Context //nolint:containedctx // the supervisor's
	ctx    context.Context //nolint:containedctx // the seat's own, made in start and ended in stop
	cancel context.CancelCauseFunc
	done   chan struct{}

	// The following belong to the seat's goroutine.
	status       Status
	failures     int // connections that failed since the last that lasted
	pairings     int // connections that were lost while a QR code was shown
	redeliveries int // reconnections for redelivery since the last connection without one
}

func newSeat(record SeatRecord, sv *Supervisor) *Seat {
	s := &Seat{
		key: record.Key, record: record,
		provider: sv.cfg.Provider, seats: sv.cfg.Seats, messages: sv.cfg.Messages,
		dials: sv.dials, timing: sv.cfg.Timing,
		log:        sv.cfg.Log.With("seat", record.Key.Seat),
		signals:    make(chan Signal, signalInbox),
		redelivery: make(chan struct{}, 1),
		calls:      make(chan struct{}, callLimit),
		done:       make(chan struct{}),
		status:     record.Status,
	}
	s.outbox.seat, s.outbox.wakes = s, make(chan struct{}, 1)
	return s
}

// start runs the seat until ctx ends, stop is called, or it reaches a state
// that only a person can end.
// It calls ended, in its goroutine, as the last thing before done is closed.
func (s *Seat) start(ctx context.Context, ended func()) {
	s.life = ctx
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	go func() {
		defer close(s.done)
		defer ended()
		defer s.cancel(nil)
		if err := guard(func() error { s.run(s.ctx); return nil }); err != nil {
			s.reportPanic("seat ended by a panic", err)
		}
	}()
}

// stop asks the seat to end, for the given cause. It doesn't wait: see done.
func (s *Seat) stop(cause error) { s.cancel(cause) }

// run is the seat's goroutine.
func (s *Seat) run(ctx context.Context) {
	defer s.outbox.wait()
	if s.record.Desired == DesiredRemoved {
		s.remove(ctx)
		return
	}
	for ctx.Err() == nil {
		next := s.connection(ctx)
		if ctx.Err() != nil {
			break
		}
		s.setStatus(ctx, next.status)
		if next.status.Final() {
			s.closeClient()
			return
		}
		wait(ctx, next.wait)
	}
	s.closeClient()
	if errors.Is(context.Cause(ctx), errStopRequested) {
		s.setStatus(context.WithoutCancel(ctx), Status{State: StateStopped, Reason: ReasonRequested})
	}
}

// remove unlinks the device and forgets the seat.
func (s *Seat) remove(ctx context.Context) {
	err := guard(func() error {
		client, err := s.open(ctx)
		if err != nil {
			return err
		}
		if !client.Linked() {
			return nil
		}
		logoutCtx, cancel := context.WithTimeout(ctx, s.timing.Logout)
		defer cancel()
		return client.Logout(logoutCtx)
	})
	s.closeClient()
	if ctx.Err() != nil {
		return // it goes on at the next start
	}
	if err != nil {
		// The keys are gone all the same, so that the phone's list of linked
		// devices is all that is left of the seat.
		s.log.Warn("seat removed, but WhatsApp could not be told", "error", err)
	}
	if err := s.seats.Removed(ctx, s.key); err != nil {
		s.log.Error("seat could not be removed; it is tried again", "error", err)
	}
}

// open returns the seat's client and makes it first if need be.
func (s *Seat) open(ctx context.Context) (Client, error) {
	if client := s.client.Load(); client != nil {
		return *client, nil
	}
	client, err := s.provider.Open(ctx, s.key, s.record.Device, sink{s})
	if err != nil {
		return nil, fmt.Errorf("open client: %w", err)
	}
	s.client.Store(&client)
	return client, nil
}

// closeClient closes the client, if there is one, and forgets it.
func (s *Seat) closeClient() {
	s.connected.Store(false)
	client := s.client.Swap(nil)
	if client == nil {
		return
	}
	if err := guard((*client).Close); err != nil {
		s.log.Error("client could not be closed", "error", err)
	}
}

// setStatus records a status. One that can't be recorded is only logged: the
// seat goes on, and its next change is recorded again. A final one is tried
// until it is recorded or the process ends, since the seat would be started
// again without it.
func (s *Seat) setStatus(ctx context.Context, status Status) {
	if status.Since.IsZero() {
		status.Since = time.Now()
	}
	if !status.Final() && status.equal(s.status) {
		return
	}
	s.status = status
	for try := 1; ; try++ {
		err := s.recordStatus(ctx, status)
		if err == nil {
			s.log.Info("seat changed state", "state", status.State, "reason", status.Reason)
			return
		}
		s.log.Error("seat's status could not be recorded", "state", status.State, "error", err)
		if !status.Final() || errors.Is(context.Cause(s.ctx), errShutdown) {
			return
		}
		wait(s.life, s.timing.Probe.Wait(try))
	}
}

func (s *Seat) recordStatus(ctx context.Context, status Status) error {
	desired := Desired("")
	if status.Final() {
		desired = DesiredStopped
	}
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	return s.seats.SetStatus(ctx, s.key, status, desired)
}

// call runs fn with the client if the seat is connected. It runs in the
// caller's goroutine and ends with the caller's context or the seat's.
func (s *Seat) call(ctx context.Context, fn func(context.Context, Client) error) error {
	client := s.client.Load()
	if client == nil || !s.connected.Load() {
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

func (s *Seat) reportPanic(message string, err error) {
	if p, ok := errors.AsType[*panicError](err); ok {
		s.log.Error(message, "error", err, "stack", string(p.stack))
		return
	}
	s.log.Error(message, "error", err)
}
