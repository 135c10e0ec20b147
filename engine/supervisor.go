package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// SupervisorConfig is what a [Supervisor] needs. Fields without a default are
// required.
type SupervisorConfig struct {
	Seats    SeatRecords
	Messages MessageRecords
	Provider Provider
	Feed     *Feed
	Calls    CallRecords // nil: no call is refused by itself
	// Presence takes what people do at the moment, and returns at once. Nil:
	// nobody wants to know.
	Presence func(SeatKey, Presence)
	Log      *slog.Logger

	// Dials is how many seats may be connecting at a time, so that a start
	// with thousands of seats is no storm; default 50, the knee measured
	// against whatsmeow on two cores.
	Dials int
	// Settled is called when seats have connected, or failed to, and none is
	// about to any more, with how many those were. It must return at once. Nil:
	// nobody wants to know.
	Settled func(connects int)
	// Interval is how often the seats are reconciled even if nothing seems to
	// have changed; default 15 s.
	Interval time.Duration
	// Timing are the waits of each seat.
	Timing Timing
	// ActivityInterval is how often it is saved what seats did last; default
	// 5 minutes.
	ActivityInterval time.Duration
	// Now is the clock that people see, which may be set; default [time.Now].
	Now func() time.Time
}

// Supervisor runs the seats of this machine: those that the database says
// should run, and no others.
type Supervisor struct {
	cfg   SupervisorConfig
	dials *dials
	store *storeCheck
	woken woken

	reconciling sync.Mutex // held by Reconcile

	mu    sync.RWMutex
	seats map[SeatKey]*Seat // those that run; one that has ended stays until the next Reconcile
	life  context.Context   //nolint:containedctx // the supervisor's own life, from Start to Stop; nil before and after

	cancel   context.CancelCauseFunc
	done     chan struct{}
	unhear   func()
	refusals sync.WaitGroup // calls that are being refused
}

// NewSupervisor returns a supervisor that runs nothing yet.
func NewSupervisor(cfg SupervisorConfig) *Supervisor {
	if cfg.Dials == 0 {
		cfg.Dials = 50
	}
	if cfg.Interval == 0 {
		cfg.Interval = 15 * time.Second
	}
	if cfg.ActivityInterval == 0 {
		cfg.ActivityInterval = 5 * time.Minute
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Timing = cfg.Timing.withDefaults()
	return &Supervisor{
		cfg:   cfg,
		dials: newDials(cfg.Dials, cfg.Settled),
		store: newStoreCheck(cfg.Messages.Ping),
		woken: woken{poke: make(chan struct{}, 1)},
		seats: make(map[SeatKey]*Seat),
		done:  make(chan struct{}),
	}
}

// Start records that no seat is connected yet, learns the version that WhatsApp
// accepts, and begins to run seats. Once it returns nobody is told that a seat
// is connected which isn't; seats connect meanwhile. Call [Supervisor.Stop] to
// end it.
func (sv *Supervisor) Start(ctx context.Context) {
	sv.forgetConnections(ctx)
	ctx, sv.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	sv.mu.Lock()
	sv.life = ctx
	sv.mu.Unlock()
	sv.unhear = sv.cfg.Feed.Listen(sv.hear)
	go func() {
		defer close(sv.done)
		sv.run(ctx)
	}()
}

// forgetConnections records that no seat is connected. Each would record it
// when it begins to connect, but thousands begin one after the other.
func (sv *Supervisor) forgetConnections(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	if err := guard(func() error { return sv.cfg.Seats.Disconnected(ctx) }); err != nil {
		sv.cfg.Log.Warn("it could not be recorded that no seat is connected yet; each seat does when it connects", "error", err)
	}
}

// run reconciles until the supervisor is stopped.
func (sv *Supervisor) run(ctx context.Context) {
	sv.refresh(ctx)
	ticker := time.NewTicker(sv.cfg.Interval)
	defer ticker.Stop()
	activity := time.NewTicker(sv.cfg.ActivityInterval)
	defer activity.Stop()
	var keys []SeatKey // all
	for {
		if err := guard(func() error { return sv.Reconcile(ctx, keys...) }); err != nil && ctx.Err() == nil {
			sv.cfg.Log.Error("seats could not be reconciled; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			keys = nil
		case <-sv.woken.poke:
			keys = sv.woken.take()
		case <-activity.C:
			sv.saveActivity(ctx, sv.running())
			keys = nil
		}
	}
}

func (sv *Supervisor) refresh(ctx context.Context) {
	refreshCtx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	if err := guard(func() error { return sv.cfg.Provider.Refresh(refreshCtx) }); err != nil && ctx.Err() == nil {
		sv.cfg.Log.Warn("WhatsApp's current version could not be learned; the last known one is used", "error", err)
	}
}

// hear follows what was committed. It runs in the committing goroutine.
func (sv *Supervisor) hear(events []Event) {
	for _, event := range events {
		switch event.Kind {
		case EventMessageCreated, EventMessageUpdated:
			sv.wakeOutbox(event)
		case EventSeatCreated, EventSeatUpdated, EventSeatRemoved:
			sv.Wake(SeatKey{Tenant: event.Tenant, Seat: event.Seat})
			sv.changeOutbox(event)
		case EventCallUpdated:
			sv.refuse(event)
		case EventSeatState, EventSeatPairing, EventSeatHistory, EventConversationUpdated, EventConversationCleared, EventMessageDeleted,
			EventContactUpdated, EventLabelUpdated, EventGroupUpdated, EventAssistantUpdated:
		}
	}
}

// queuedMark stands in the data of every event that wakeOutbox is for.
var queuedMark = []byte(`"` + Queued + `"`) //nolint:gochecknoglobals // constant

// wakeOutbox makes a seat send, if the event put a message into its outbox, or
// may have made a reply of one that waits there.
func (sv *Supervisor) wakeOutbox(event Event) {
	seat := sv.seat(SeatKey{Tenant: event.Tenant, Seat: event.Seat})
	if seat == nil {
		return
	}
	if !bytes.Contains(event.Data, queuedMark) { // decoding every message that comes in is not free
		if event.Kind == EventMessageCreated {
			seat.outbox.heard(event.Conversation)
		}
		return
	}
	var message struct {
		Delivery Delivery         `json:"delivery"`
		Waiting  *json.RawMessage `json:"waiting"` // the seat itself has just said why
	}
	if err := json.Unmarshal(event.Data, &message); err != nil || message.Delivery != Queued || message.Waiting != nil {
		return
	}
	seat.outbox.wake(event.Conversation)
}

// changeOutbox makes a seat read how fast it is to send.
func (sv *Supervisor) changeOutbox(event Event) {
	if seat := sv.seat(SeatKey{Tenant: event.Tenant, Seat: event.Seat}); seat != nil {
		seat.outbox.change()
	}
}

func (sv *Supervisor) seat(key SeatKey) *Seat {
	sv.mu.RLock()
	defer sv.mu.RUnlock()
	return sv.seats[key]
}

// WithClient implements [Clients].
func (sv *Supervisor) WithClient(ctx context.Context, key SeatKey, fn func(context.Context, Client) error) error {
	seat := sv.seat(key)
	if seat == nil {
		return Errorf(CodeNotConnected, "This seat is not running. Start it first.")
	}
	return seat.call(ctx, fn)
}

// AnswerPasskey hands WhatsApp what a passkey signed, for a phone that is
// being linked. Errors: as [PasskeyPairer], [CodeConflict] if no phone is
// being linked, and [CodeUnsupported].
func (sv *Supervisor) AnswerPasskey(ctx context.Context, key SeatKey, answer PasskeyAnswer) error {
	return sv.callLinking(ctx, key, func(ctx context.Context, pairer PasskeyPairer) error {
		return pairer.AnswerPasskey(ctx, answer)
	})
}

// ConfirmPasskey says that a person has compared the codes of a phone that is
// being linked. It fails as [Supervisor.AnswerPasskey] does.
func (sv *Supervisor) ConfirmPasskey(ctx context.Context, key SeatKey) error {
	return sv.callLinking(ctx, key, func(ctx context.Context, pairer PasskeyPairer) error {
		return pairer.ConfirmPasskey(ctx)
	})
}

func (sv *Supervisor) callLinking(ctx context.Context, key SeatKey, fn func(context.Context, PasskeyPairer) error) error {
	seat := sv.seat(key)
	if seat == nil {
		return Errorf(CodeConflict, "No phone is being linked to this seat now. Start pairing first.")
	}
	return seat.callLinking(ctx, func(ctx context.Context, client Client) error {
		pairer, ok := client.(PasskeyPairer)
		if !ok {
			return Errorf(CodeUnsupported, "This seat's connection to WhatsApp can't use passkeys. Connect the seat with another provider.")
		}
		return fn(ctx, pairer)
	})
}

// SetTyping shows or clears 'typing…' on a lead's phone. It fails with
// [CodeNotConnected] if the seat has no connection now and with [CodeBusy] if
// it has too much to do.
func (sv *Supervisor) SetTyping(ctx context.Context, key SeatKey, chat Party, typing bool) error {
	return sv.WithClient(ctx, key, func(ctx context.Context, client Client) error {
		return client.SetTyping(ctx, chat, typing)
	})
}

// MarkRead tells a lead that messages were read. It fails as
// [Supervisor.SetTyping] does.
func (sv *Supervisor) MarkRead(ctx context.Context, key SeatKey, chat Party, whatsAppIDs []string) error {
	return sv.WithClient(ctx, key, func(ctx context.Context, client Client) error {
		return client.MarkRead(ctx, chat, whatsAppIDs)
	})
}

// Stop ends every seat, all at once, and returns when they have ended or ctx
// has. What a seat was storing is stored whole or not at all; what it was
// sending is sent again at the next start under the same ID.
func (sv *Supervisor) Stop(ctx context.Context) error {
	if sv.cancel == nil {
		return nil // never started
	}
	sv.unhear()
	sv.mu.Lock()
	sv.life = nil
	sv.mu.Unlock()
	running := sv.running()
	sv.cancel(errShutdown)
	sv.refusals.Wait() // they end with the context
	left := 0
	for _, seat := range running {
		if !ended(ctx, seat.done) {
			left++
		}
	}
	sv.saveActivity(ctx, running)
	if left > 0 {
		return fmt.Errorf("%d seats did not end in time: %w", left, ctx.Err())
	}
	if !ended(ctx, sv.done) {
		return fmt.Errorf("the supervisor did not end in time: %w", ctx.Err())
	}
	return nil
}

// ended waits for done. It reports false if ctx ended first.
func ended(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-ctx.Done():
	}
	select {
	case <-done: // both had: it is no matter of chance
		return true
	default:
		return false
	}
}
