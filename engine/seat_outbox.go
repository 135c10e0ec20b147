package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// outboxBatch is how many drafts are read at a time, and outboxMost how
	// many to look beyond those that wait for another try.
	outboxBatch = 64
	outboxMost  = 1024
	// OutboxEach is how many drafts of a conversation are read at a time.
	OutboxEach = 32
	// sendAttempts is after how many tries that got no clear answer a message
	// is given up. Waiting for a connection is no try.
	sendAttempts = 12
	// typingTimeout bounds how long to show 'typing…'.
	typingTimeout = 5 * time.Second
)

// outbox sends a seat's queued messages, in order within each conversation. It has a goroutine only
// while there is something to send, so that an idle seat costs none.
type outbox struct {
	seat  *Seat
	wakes chan struct{} // capacity 1: there may be something to send
	fresh atomic.Bool   // there is a new connection: what failed on the last may be tried at once
	// changed says that the settings may be others now, or could not be read.
	changed atomic.Bool
	// clockSet says that the clock was set since the gate last heard of it.
	clockSet atomic.Bool
	gate     *gate // of the goroutine that sends; nil until there was something to send

	awaits atomic.Bool // something in hand waits for a time

	mu      sync.Mutex
	news    map[ConversationID]bool // what may have changed, and whether it has something new to send; "" stands for any
	running bool
	closed  bool
	working sync.WaitGroup
}

// begin starts sending on a new connection.
func (o *outbox) begin() {
	o.fresh.Store(true)
	o.wake("")
}

// wake starts sending, if the seat is connected and not sending yet. It names
// the conversation that has something new, if it is only one.
func (o *outbox) wake(conversation ConversationID) {
	if !o.seat.connected.Load() {
		return // connecting begins
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.news == nil {
		o.news = make(map[ConversationID]bool, 1)
	}
	o.news[conversation] = true
	o.poke()
	if o.running || o.closed {
		return
	}
	o.running = true
	o.working.Go(o.run)
}

// heard tells that there is a message in a conversation, maybe the lead's: what
// waits to be sent there may be a reply now, which waits for nothing.
func (o *outbox) heard(conversation ConversationID) {
	if !o.awaits.Load() {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.news == nil {
		o.news = make(map[ConversationID]bool, 1)
	}
	if !o.news[conversation] { // there may be something to send as well
		o.news[conversation] = false
	}
	o.poke()
}

// takeNews returns what wakes have named since it was last called.
func (o *outbox) takeNews() map[ConversationID]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	news := o.news
	o.news = nil
	return news
}

func (o *outbox) poke() {
	select {
	case o.wakes <- struct{}{}:
	default: // woken already
	}
}

// wait ends the outbox and returns when nothing is being sent any more.
func (o *outbox) wait() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	o.working.Wait()
}

// run sends until nobody has woken it since it last found nothing to do.
func (o *outbox) run() {
	s := o.seat
	for o.goOn() {
		if err := guard(func() error { newDispatch(o).run(s.ctx); return nil }); err != nil {
			s.log.Error("panic in a seat's outbox", "error", err)
			wait(s.ctx, s.timing.Resend.Wait(1))
			o.poke() // there may be more to send
		}
	}
}

func (o *outbox) goOn() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case <-o.wakes:
		return true
	default:
		o.running = false
		return false
	}
}

func (o *outbox) read(ctx context.Context, limit int) ([]Draft, error) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	return o.seat.messages.Outbox(ctx, o.seat.key, limit)
}

func (o *outbox) readOf(ctx context.Context, conversation ConversationID) ([]Draft, error) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	return o.seat.messages.OutboxOf(ctx, o.seat.key, conversation)
}

// openGate makes the seat's gate, or gives it new settings.
func (o *outbox) openGate(ctx context.Context) error {
	if o.gate != nil && !o.changed.Swap(false) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	settings, counts, err := o.seat.messages.Sending(ctx, o.seat.key)
	if err != nil {
		o.changed.Store(true)
		return err
	}
	if o.gate != nil && o.clockSet.Swap(false) {
		o.gate.counts.load(counts, o.seat.wall()) // which were moved with the clock
	}
	if o.gate == nil {
		slowed, err := o.seat.messages.Slowed(ctx, o.seat.key)
		if err != nil {
			o.changed.Store(true)
			return err
		}
		o.gate = newGate(settings, counts, time.Now())
		o.gate.wall = o.seat.wall
		o.gate.slow(slowed, time.Now())
	} else {
		o.gate.set(settings, time.Now())
	}
	return nil
}

// keepSlowed keeps that WhatsApp complained. If that fails, a restart forgets
// it, upon which WhatsApp complains again.
func (o *outbox) keepSlowed() {
	ctx, cancel := context.WithTimeout(o.seat.ctx, recordTimeout)
	defer cancel()
	err := guard(func() error { return o.seat.messages.SetSlowed(ctx, o.seat.key, o.gate.slowed()) })
	if err != nil && ctx.Err() == nil {
		o.seat.log.Warn("that WhatsApp slowed the seat down could not be kept", "error", err)
	}
}

// change makes the outbox read its settings again.
func (o *outbox) change() {
	o.changed.Store(true)
	o.mu.Lock()
	running := o.running
	o.mu.Unlock()
	if running {
		o.wake("")
	}
}

// showTyping shows 'typing…', which the message that follows hides. Whether it
// works changes nothing.
func (o *outbox) showTyping(ctx context.Context, to Party) {
	s := o.seat
	o.working.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, typingTimeout)
		defer cancel()
		err := s.call(ctx, func(ctx context.Context, client Client) error { return client.SetTyping(ctx, to, true) })
		if err != nil && ctx.Err() == nil {
			s.log.Debug("typing could not be shown", "error", err)
		}
	})
}

// send hands one draft to WhatsApp and records what came of it.
func (o *outbox) send(ctx context.Context, draft Draft, reach Reach) result {
	sent := resultAgain
	err := guard(func() error { sent = o.trySend(ctx, draft, reach); return nil })
	if err != nil {
		o.seat.log.Error("panic while a message was sent", "message", draft.ID, "error", err)
	}
	return sent
}

func (o *outbox) trySend(ctx context.Context, draft Draft, reach Reach) result {
	s := o.seat
	client := s.client.Load()
	if client == nil {
		return resultAgain
	}
	if err := o.setSending(ctx, draft); err != nil {
		if code := CodeOf(err); code == CodeConflict || code == CodeNotFound {
			return resultUnsent // somebody took it back, or a receipt told that it has arrived
		}
		s.log.Error("message could not be marked as being sent", "message", draft.ID, "error", err)
		s.awaitStore(ctx)
		return resultAgain
	}
	sendCtx, cancel := context.WithTimeout(ctx, s.timing.Send)
	defer cancel()
	var accepted Accepted
	err := guard(func() (err error) {
		accepted, err = (*client).Send(sendCtx, draft)
		return err
	})
	if err == nil {
		accepted.Reach = reach
		accepted.To = draft.To.learned(accepted.To)
		return o.recorded(draft, o.setSent(ctx, draft, accepted), resultDone)
	}
	attempt := draft.Attempts + 1
	if ctx.Err() != nil {
		attempt = 0 // cut off by ourselves, which says nothing about the message
	}
	s.log.Warn("message was not accepted", "message", draft.ID, "code", CodeOf(err), "attempt", attempt, "error", err)
	failure, final := failureOf(err, attempt)
	if final {
		return o.giveUp(ctx, draft, failure)
	}
	if CodeOf(err) == CodeTooMany {
		return resultSlower
	}
	return resultAgain
}

func (o *outbox) setSending(ctx context.Context, draft Draft) error {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	return o.seat.messages.SetSending(ctx, o.seat.key, draft.ID)
}

// setSent records that WhatsApp took a message, even if the seat is being
// stopped.
func (o *outbox) setSent(ctx context.Context, draft Draft, accepted Accepted) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	return o.seat.messages.SetSent(ctx, o.seat.key, draft.ID, accepted)
}

// giveUp records that a message will not be sent, even if the seat is being
// stopped.
func (o *outbox) giveUp(ctx context.Context, draft Draft, failure *Error) result {
	s := o.seat
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	left := resultUnsent
	if failure.Code == CodeRestricted {
		left = resultRefused
	}
	var recorded result
	err := guard(func() error {
		recorded = o.recorded(draft, s.messages.SetFailed(ctx, s.key, draft.ID, failure), left)
		return nil
	})
	if err != nil {
		s.log.Error("panic while a message was given up", "message", draft.ID, "error", err)
		return resultAgain
	}
	return recorded
}

// recorded returns end if an outcome was recorded. If not, the draft is sent
// again under the same ID, which the recipient's phone shows once.
func (o *outbox) recorded(draft Draft, err error, end result) result {
	if err != nil {
		o.seat.log.Error("outcome of a message could not be recorded", "message", draft.ID, "error", err)
		return resultAgain
	}
	return end
}

// failureOf says whether a failed send is final, and why it failed.
func failureOf(err error, attempt int) (failure *Error, final bool) {
	switch code := CodeOf(err); code {
	case CodeNotConnected, CodeBusy:
		return nil, false
	case CodeNotOnWhatsApp, CodeRestricted, CodeInvalid, CodeForbidden, CodeTooLong, CodeMediaRejected, CodeChatGone,
		CodeNotAdmin, CodeUnsupported, CodeNotFound:
		return &Error{Code: code, Message: MessageOf(err)}, true
	case CodeUnavailable, CodeTooMany:
		if attempt < sendAttempts {
			return nil, false
		}
		return Errorf(code, "WhatsApp did not accept the message after several tries. Try it again later."), true
	default:
		if attempt < sendAttempts {
			return nil, false
		}
		return Errorf(CodeTimeout, "WhatsApp did not accept the message after several tries. Try it again later."), true
	}
}
