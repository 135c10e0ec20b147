package engine

import (
	"context"
	"sync"
	"time"
)

const (
	// outboxBatch is how many drafts are read at a time.
	outboxBatch = 32
	// sendAttempts is after how many tries that got no clear answer a message
	// is given up. Waiting for a connection is no try.
	sendAttempts = 12
)

// outbox sends a seat's queued messages, in order. It has a goroutine only
// while there is something to send, so that an idle seat costs none.
type outbox struct {
	seat  *Seat
	wakes chan struct{} // capacity 1: there may be something to send

	mu      sync.Mutex
	running bool
	closed  bool
	working sync.WaitGroup
}

// wake starts sending, if the seat is connected and not sending yet.
func (o *outbox) wake() {
	if !o.seat.connected.Load() {
		return // connecting wakes it again
	}
	select {
	case o.wakes <- struct{}{}:
	default: // woken already
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.running || o.closed {
		return
	}
	o.running = true
	o.working.Go(o.run)
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
			s.reportPanic("panic while sending", err)
			wait(s.ctx, s.timing.Resend.Wait(1))
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
	for round := 1; ctx.Err() == nil && s.connected.Load(); {
		drafts, err := s.messages.Outbox(ctx, s.key, outboxBatch)
		if err == nil && len(drafts) == 0 {
			return
		}
		if err != nil {
			s.log.Error("outbox could not be read", "error", err)
		} else if o.sendAll(ctx, drafts) {
			round = 1
			continue
		}
		o.rest(ctx, round)
		round++
	}
}

// rest waits before what failed is tried again, or until there is something
// new to send.
func (o *outbox) rest(ctx context.Context, round int) {
	timer := time.NewTimer(o.seat.timing.Resend.Wait(round))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-o.wakes:
	}
}

// sendAll sends drafts in order. After one that has to be tried again, the
// others of its conversation wait, so that their order is kept, and the rest
// goes on. It reports whether everything was dealt with.
func (o *outbox) sendAll(ctx context.Context, drafts []Draft) bool {
	held := make(map[ConversationID]bool)
	for _, draft := range drafts {
		if ctx.Err() != nil || !o.seat.connected.Load() {
			return false
		}
		if held[draft.Conversation] {
			continue
		}
		if !o.send(ctx, draft) {
			held[draft.Conversation] = true
		}
	}
	return len(held) == 0
}

// send hands one draft to WhatsApp and records what came of it. It reports
// false if the draft has to be tried again.
func (o *outbox) send(ctx context.Context, draft Draft) bool {
	s := o.seat
	client := s.client.Load()
	if client == nil {
		return false
	}
	if err := s.messages.SetSending(ctx, s.key, draft.ID); err != nil {
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
	ctx, cancelRecord := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancelRecord()
	if err == nil {
		return o.recorded(draft, s.messages.SetSent(ctx, s.key, draft.ID, accepted))
	}
	s.log.Warn("message was not accepted", "message", draft.ID, "code", CodeOf(err), "attempt", draft.Attempts+1, "error", err)
	failure, final := failureOf(err, draft.Attempts+1)
	if !final {
		return false
	}
	return o.recorded(draft, s.messages.SetFailed(ctx, s.key, draft.ID, failure))
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
