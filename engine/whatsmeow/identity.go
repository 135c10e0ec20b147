package whatsmeow

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// Somebody who registers WhatsApp anew has new keys. The server tells it (acks),
// or the library finds a key that is not the one we know, and tells it in a
// goroutine of its own, maybe after it has acknowledged the message that showed
// it (message.go, clearUntrustedIdentity). So it is stored where the known key is
// taken back: in the vault, before the new one is kept.

// renewed stores that somebody has new keys. If a message that came in has shown
// it, a failure cuts the connection, so that the message is not acknowledged
// and comes again.
func (s *session) renewed(address signalAddress, received bool) error {
	party, ok, err := s.anyChat(s.ctx, holder(address), types.EmptyJID)
	fact := engine.KeysChanged{Party: party, At: time.Now()}
	if !received {
		s.afterAck(fact, ok, err)
		return nil
	}
	if s.prompt(fact, ok, err) {
		return nil
	}
	return fmt.Errorf("new keys could not be stored: %w", context.Canceled) // which the library takes for the end
}

// holder returns whose session has an address: "user:device", or for one that is
// not a number "user_domain:device" (whatsmeow, JID.SignalAddress).
func holder(address signalAddress) types.JID {
	name, _, _ := strings.Cut(address, ":")
	user, domain, _ := strings.Cut(name, "_")
	number, err := strconv.ParseUint(domain, 10, 8)
	if err != nil {
		number = uint64(types.WhatsAppDomain)
	}
	return types.NewADJID(user, uint8(number), 0)
}
