package whatsmeow

import (
	"bytes"
	"context"
	"errors"
)

// sending is one attempt to send a message. The library reads the sessions,
// may ask WhatsApp for keys meanwhile, and writes them back (send.go,
// encryptMessageForDevices). It would undo what was received between, which
// may be a session that the other side has just made, with a key that is then
// used up.
type sending struct {
	read map[signalAddress][]byte // as the library got them
}

type sendingKey struct{}

// errMoved tells that sessions have changed since they were read. Nothing has
// been sent then.
var errMoved = errors.New("a message came in while another was encrypted")

// sendAttempts is how often a message is encrypted, as long as others come in
// each time.
const sendAttempts = 10

// attempt calls send until no session changes under it.
func attempt[T any](ctx context.Context, send func(context.Context) (T, error)) (result T, err error) {
	for range sendAttempts {
		result, err = send(context.WithValue(ctx, sendingKey{}, &sending{}))
		if !errors.Is(err, errMoved) {
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
			return errMoved
		}
	}
	return nil
}
