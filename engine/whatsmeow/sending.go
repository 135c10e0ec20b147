package whatsmeow

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// sending is one attempt to send a message. The library reads the sessions,
// may ask WhatsApp for keys meanwhile, and writes them back (send.go,
// encryptMessageForDevices). It would undo what was received between, which
// may be a session that the other side has just made, with a key that is then
// used up.
type sending struct {
	read map[signalAddress][]byte // as the library got them
	// secret saves the message's secret. It comes before the sessions and is
	// written with them, in one transaction; nil: there is none to be written.
	secret func(context.Context) error
	// moved says that writing failed with errMoved, which the library doesn't
	// always wrap (send.go, preparePeerMessageNode).
	moved bool
}

// saveSecret writes the secret of the message that is being sent, if it is not
// written yet.
func saveSecret(ctx context.Context) error {
	s, ok := ctx.Value(sendingKey{}).(*sending)
	if !ok || s.secret == nil {
		return nil
	}
	save := s.secret
	s.secret = nil
	return save(ctx)
}

// note notes a session as the library got it.
func (s *sending) note(address signalAddress, session []byte) {
	if s.read == nil {
		s.read = make(map[signalAddress][]byte)
	}
	s.read[address] = session
}

type sendingKey struct{}

// errMoved tells that sessions have changed since they were read. Nothing has
// been sent then.
var errMoved = errors.New("a message came in while another was encrypted")

// sendAttempts is how often a message is encrypted, as long as others come in
// each time.
const sendAttempts = 10

// attempt calls send until no session changes under it, while nothing is sent
// again to a device that asks for it: see resending.
func attempt[T any](ctx context.Context, s *session, send func(context.Context) (T, error)) (result T, err error) {
	if !s.resending.take(ctx, s.ctx) {
		return result, cmp.Or(ctx.Err(), s.ctx.Err())
	}
	defer s.resending.give()
	for range sendAttempts {
		sent := &sending{}
		ctx := context.WithValue(ctx, sendingKey{}, sent)
		result, err = send(ctx)
		if err == nil {
			return result, saveSecret(ctx)
		}
		if !sent.moved && !errors.Is(err, errMoved) {
			break
		}
	}
	return result, err
}

// unmoved fails if sessions to be written are not those that were read. The
// caller holds mu.
func (v *vault) unmoved(ctx context.Context, s *sending, sessions map[signalAddress][]byte) error {
	for address := range sessions {
		now, err := v.session(ctx, address)
		if err != nil {
			return err
		}
		if read, ok := s.read[address]; ok && !bytes.Equal(read, now) {
			s.moved = true
			return errMoved
		}
	}
	return nil
}

// resending lets one message at a time be encrypted, whether it is sent or sent
// again. The library answers each device that asks for a message in a goroutine
// of its own (receipt.go, handleReceipt), and two that encrypt for one device
// at the same moment use the same key: the device takes the second message for
// a copy of the first, and its text is lost.
type resending struct {
	turn chan struct{} // has room for who encrypts

	mu    sync.Mutex
	held  question            // what has the turn, if that is an answer
	sent  bool                // the answer was sent
	asked map[question]*asked // what was not answered yet
}

// question is a device's question for a message.
type question struct {
	id  types.MessageID
	who types.JID
}

// asked is a question as it came, and how often the answer failed.
type asked struct {
	node  *waBinary.Node
	tries int
}

const (
	// maxAsked bounds the questions that are remembered.
	maxAsked = 1024
	// answerTries is how often an answer is tried, and answerAgain how long
	// after a failure that has nothing to do with other messages.
	answerTries = 5
	answerAgain = 2 * time.Second
)

// ask notes a question.
func (r *resending) ask(q question, node *waBinary.Node) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked == nil {
		r.asked = make(map[question]*asked)
	}
	if known := r.asked[q]; known != nil {
		known.node = node
	} else if len(r.asked) < maxAsked {
		r.asked[q] = &asked{node: node}
	}
}

// sending notes that a message is about to be sent, which may be the answer.
func (r *resending) sending(id types.MessageID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = r.sent || r.held.id == id
}

// end gives the turn back, and returns what has to be answered once more: the
// question, if its answer has failed.
func (r *resending) end(q question) *asked {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held != q {
		delete(r.asked, q) // there is no such message
		return nil
	}
	again := r.asked[q]
	if again != nil && !r.sent {
		again.tries++
	}
	if r.sent || again != nil && again.tries >= answerTries {
		delete(r.asked, q)
		again = nil
	}
	r.held, r.sent = question{}, false
	r.give()
	return again
}

// take waits for the turn. It reports false if a context has ended before.
func (r *resending) take(ctx, life context.Context) bool {
	select {
	case r.turn <- struct{}{}:
		return true
	case <-ctx.Done():
	case <-life.Done():
	}
	return false
}

func (r *resending) give() { <-r.turn }

// answering is called before the library encrypts a message for a device that
// asks. It does so for one device after the other (SetMaxParallelRetryReceiptHandling),
// and acknowledges the question when it has sent the answer.
func (s *session) answering(receipt *events.Receipt, _ types.MessageID, _ int, _ *waE2E.Message) bool {
	r := &s.resending
	if r.take(s.ctx, s.ctx) {
		r.mu.Lock()
		r.held = question{receipt.MessageIDs[0], receipt.Sender}
		r.mu.Unlock()
	}
	return true
}

// answered is called when the library acknowledges a device's question, whether
// it was answered or not: it may have failed to get keys for the device.
func (s *session) answered(q question) {
	if again := s.resending.end(q); again != nil {
		s.answer(again.node, time.Duration(again.tries)*answerAgain)
	}
}

// moved is called when an answer could not be sent because a message came in
// while it was encrypted. The library doesn't acknowledge the question then, but
// WhatsApp asks it again only on the next connection.
func (s *session) moved() {
	s.resending.mu.Lock()
	q := s.resending.held
	s.resending.mu.Unlock()
	if q.id == "" {
		return
	}
	if again := s.resending.end(q); again != nil {
		s.answer(again.node, 0)
	}
}

// answer has the library answer a question again.
func (s *session) answer(node *waBinary.Node, after time.Duration) {
	time.AfterFunc(after, func() {
		s.client.provider.background(func() {
			if s.ctx.Err() != nil {
				return
			}
			if err := safely(func() error { handleReceipt(s.ctx, s.wm, node); return nil }); err != nil {
				s.client.log.Error("a device that asks for a message could not be answered", "error", harmless(err))
			}
		})
	})
}

type sessionKey struct{}

// maxLent bounds the sessions that are remembered as they were read.
const maxLent = 64

// lostSession stands for a session that was lent and is not in memory any more.
// It equals none.
var lostSession = []byte("lost") //nolint:gochecknoglobals // constant

// lend notes a session as the library read it outside of sending and
// decrypting, which it does to change it. The caller holds mu.
func (v *vault) lend(address signalAddress, session []byte) {
	if v.lent == nil || len(v.lent) >= maxLent {
		v.lent = make(map[signalAddress][]byte)
	}
	v.lent[address] = session
}

// returned fails if sessions to be written were changed since they were lent.
// The library doesn't acknowledge what it did that for if it takes the error
// for the end of its context (retry.go, tryHandleRetryReceipt). The caller
// holds mu.
func (v *vault) returned(ctx context.Context, sessions map[signalAddress][]byte) error {
	for address := range sessions {
		lent, ok := v.lent[address]
		if !ok {
			continue
		}
		delete(v.lent, address)
		now, err := v.session(ctx, address)
		if err != nil {
			return err
		}
		if !bytes.Equal(lent, now) {
			if s, ok := ctx.Value(sessionKey{}).(*session); ok {
				s.moved()
			}
			return fmt.Errorf("%w: %w", errMoved, context.Canceled)
		}
	}
	return nil
}
