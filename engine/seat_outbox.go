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
	outboxBatch = 32
	outboxMost  = 1024
	// sendAttempts is after how many tries that got no clear answer a message
	// is given up. Waiting for a connection is no try.
	sendAttempts = 12
)

// outbox sends a seat's queued messages, in order. It has a goroutine only
// while there is something to send, so that an idle seat costs none.
type outbox struct {
	seat  *Seat
	wakes chan struct{} // capacity 1: there may be something to send
	fresh atomic.Bool   // there is a new connection: what failed on the last may be tried at once

	mu      sync.Mutex
	running bool
	closed  bool
	working sync.WaitGroup
}

// begin starts sending on a new connection.
func (o *outbox) begin() {
	o.fresh.Store(true)
	o.wake()
}

// wake starts sending, if the seat is connected and not sending yet.
func (o *outbox) wake() {
	if !o.seat.connected.Load() {
		return // connecting begins
	}
	o.poke()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.running || o.closed {
		return
	}
	o.running = true
	o.working.Go(o.run)
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
		if err := guard(func() error { o.drain(s.ctx); return nil }); err != nil {
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

// drain sends until the outbox is empty or the seat is not connected.
func (o *outbox) drain(ctx context.Context) {
	s := o.seat
	held := newRetries[ConversationID](s.timing.Resend)
	limit, failures := outboxBatch, 0
	for ctx.Err() == nil && s.connected.Load() {
		if o.fresh.Swap(false) {
			clear(held.failed)
		}
		drafts, err := o.read(ctx, limit)
		if err != nil {
			s.log.Error("outbox could not be read; it is tried again", "error", err)
			failures++
			o.rest(ctx, time.After(s.timing.Resend.Wait(failures)))
			continue
		}
		failures = 0
		if len(drafts) == 0 {
			return
		}
		switch done := o.sendAll(ctx, drafts, held); {
		case done > 0:
			limit = outboxBatch
		case len(drafts) == limit && limit < outboxMost:
			limit *= 2 // others may be behind those that wait
		default:
			o.rest(ctx, held.next())
		}
	}
}

func (o *outbox) read(ctx context.Context, limit int) ([]Draft, error) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	return o.seat.messages.Outbox(ctx, o.seat.key, limit)
}

// rest waits before what failed is tried again, or until there is something
// new to send or a new connection.
func (o *outbox) rest(ctx context.Context, enough <-chan time.Time) {
	select {
	case <-ctx.Done():
	case <-enough:
	case <-o.wakes:
	}
}

// sendAll sends drafts in order. After one that has to be tried again, the
// others of its conversation wait with it, so that their order is kept, and
// the rest goes on. It returns how many were dealt with.
func (o *outbox) sendAll(ctx context.Context, drafts []Draft, held retries[ConversationID]) (done int) {
	now := time.Now()
	defer held.forget(now)
	waiting := make(map[ConversationID]bool)
	for _, draft := range drafts {
		if ctx.Err() != nil || !o.seat.connected.Load() {
			return done
		}
		switch {
		case waiting[draft.Conversation]:
		case held.held(draft.Conversation, now):
			waiting[draft.Conversation] = true
		case o.send(ctx, draft):
			held.succeed(draft.Conversation)
			done++
		default:
			held.fail(draft.Conversation)
			waiting[draft.Conversation] = true
		}
	}
	return done
}

// send hands one draft to WhatsApp and records what came of it. It reports
// false if the draft has to be tried again.
func (o *outbox) send(ctx context.Context, draft Draft) bool {
	s := o.seat
	client := s.client.Load()
	if client == nil {
		return false
	}
	if err := o.setSending(ctx, draft); err != nil {
		s.log.Error("message could not be marked as being sent", "message", draft.ID, "error", err)
		return false
	}
	sendCtx, cancel := context.WithTimeout(ctx, s.timing.Send)
	defer cancel()
	var accepted Accepted
	err := guard(func() (err error) {
		accepted, err = (*client).Send(sendCtx, draft)
		return err
	})
	// What WhatsApp said is recorded even if the seat is being stopped.
	recordCtx, cancelRecord := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancelRecord()
	if err == nil {
		return o.recorded(draft, s.messages.SetSent(recordCtx, s.key, draft.ID, accepted))
	}
	attempt := draft.Attempts + 1
	if ctx.Err() != nil {
		attempt = 0 // cut off by ourselves, which says nothing about the message
	}
	s.log.Warn("message was not accepted", "message", draft.ID, "code", CodeOf(err), "attempt", attempt, "error", err)
	failure, final := failureOf(err, attempt)
	if !final {
		return false
	}
	return o.recorded(draft, s.messages.SetFailed(recordCtx, s.key, draft.ID, failure))
}

func (o *outbox) setSending(ctx context.Context, draft Draft) error {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	return o.seat.messages.SetSending(ctx, o.seat.key, draft.ID)
}

// recorded reports whether an outcome was recorded. If not, the draft is sent
// again under the same ID, which the recipient's phone shows once.
func (o *outbox) recorded(draft Draft, err error) bool {
	if err != nil {
		o.seat.log.Error("outcome of a message could not be recorded", "message", draft.ID, "error", err)
	}
	return err == nil
}

// failureOf says whether a failed send is final, and with which sentence.
func failureOf(err error, attempt int) (failure string, final bool) {
	switch CodeOf(err) {
	case CodeNotConnected, CodeBusy:
		return "", false
	case CodeNotOnWhatsApp, CodeRestricted, CodeInvalid, CodeForbidden:
		return MessageOf(err), true
	default:
		if attempt < sendAttempts {
			return "", false
		}
		return "WhatsApp did not accept the message after several tries. Try it again later.", true
	}
}
