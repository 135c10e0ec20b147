package whatsmeow

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	wm "go.mau.fi/whatsmeow"

	"github.com/myaibud/aibud/engine"
)

// askSoon asks the phone for what waits once senders have had the time to send
// it again.
func (s *session) askSoon() { s.askAfter(wm.RequestFromPhoneDelay) }

const (
	// askRetry is how long after the phone could not be asked it is asked again.
	askRetry = 10 * time.Second
	// askLongest is the longest wait until it is asked for a message again.
	askLongest = time.Hour
)

// asks are the questions for what waits on one connection. What is asked for
// again waits twice as long each time: the phone may not have it, or answer
// with what still can't be read, and whoever writes may make that so.
type asks struct {
	mu    sync.Mutex
	timer *time.Timer
	due   time.Time // when the timer fires; zero: it is not set
	known map[string]patience
}

// plan says that the phone is to be asked at a time, unless it is earlier.
func (a *asks) plan(due time.Time, ask func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.due.IsZero() && !due.Before(a.due) {
		return
	}
	if a.timer != nil {
		a.timer.Stop()
	}
	a.due = due
	a.timer = time.AfterFunc(time.Until(due), func() {
		a.mu.Lock()
		mine := a.due.Equal(due)
		if mine {
			a.due = time.Time{}
		}
		a.mu.Unlock()
		if mine {
			ask()
		}
	})
}

// turn counts a question for a message, or says until when that has to wait.
func (a *asks) turn(id string, now time.Time) (wait time.Time, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.known[id]
	if now.Before(p.next) {
		return p.next, false
	}
	if a.known == nil {
		a.known = make(map[string]patience)
	}
	p.wait = min(max(2*p.wait, wm.RequestFromPhoneDelay), askLongest)
	p.next = now.Add(p.wait)
	a.known[id] = p
	return time.Time{}, true
}

// failed says that a question could not be asked, so that it has its turn again.
func (a *asks) failed(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p, ok := a.known[id]; ok {
		p.wait, p.next = p.wait/2, time.Time{}
		a.known[id] = p
	}
}

// keep forgets what doesn't wait any more.
func (a *asks) keep(waiting []engine.Undecrypted) {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.known, func(id string, _ patience) bool {
		return !slices.ContainsFunc(waiting, func(w engine.Undecrypted) bool { return w.WhatsAppID == id })
	})
}

// patience is when a message may be asked for again.
type patience struct {
	wait time.Duration
	next time.Time
}

func (s *session) askAfter(wait time.Duration) { s.asks.plan(time.Now().Add(wait), s.askAgain) }

// askAgain asks the phone for messages that could not be decrypted. The
// library asks once, when it meets one that comes without a ciphertext; that
// request or the answer is lost if the connection ends meanwhile.
func (s *session) askAgain() {
	if !s.ready() {
		return
	}
	s.client.provider.background(func() {
		var waiting []engine.Undecrypted
		s.client.guarded(func() {
			defer s.recovered("listing what waits")
			waiting = s.sink.Undecrypted(s.ctx)
		})
		s.asks.keep(waiting)
		var later time.Time
		for _, message := range slices.Backward(waiting) { // what is about another one comes after it
			if next, ok := s.asks.turn(message.WhatsAppID, time.Now()); !ok {
				if later.IsZero() || next.Before(later) {
					later = next
				}
				continue
			}
			err := safely(func() error { return s.askPhone(s.ctx, message) })
			if engine.CodeOf(err) == engine.CodeInvalid {
				continue // nobody can be asked for it
			}
			if err != nil {
				s.client.log.Warn("the phone could not be asked for a message that waits", "error", harmless(err))
				s.asks.failed(message.WhatsAppID)
				s.askAfter(askRetry)
				return
			}
		}
		if !later.IsZero() {
			s.askAfter(time.Until(later))
		}
	})
}

// askPhone asks the phone for one message. It answers with one of its own.
func (s *session) askPhone(ctx context.Context, message engine.Undecrypted) error {
	chat, err := recipient(message.Chat)
	if err != nil {
		return err
	}
	sender := chat
	switch {
	case message.FromMe:
		sender = plain(s.wm.Store.GetJID())
	case message.Chat.Room != "":
		if sender, err = recipient(message.Sender); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	_, err = attempt(ctx, s, func(ctx context.Context) (wm.SendResponse, error) {
		return s.wm.SendPeerMessage(ctx, s.wm.BuildUnavailableMessageRequest(chat, sender, message.WhatsAppID))
	})
	return err
}

// askTimeout bounds one request to the phone.
const askTimeout = 20 * time.Second
