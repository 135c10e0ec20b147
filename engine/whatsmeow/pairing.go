package whatsmeow

import (
	"context"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

// showCodes shows QR codes, one after the other.
func (s *session) showCodes(codes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	if s.number != "" {
		s.showLinkCode(len(codes))
		return
	}
	s.codes = codes
	s.showCode(s.client.provider.cfg.FirstCode)
}

// showCode shows the next QR code. The caller holds mu.
func (s *session) showCode(lifetime time.Duration) {
	if len(s.codes) == 0 {
		return
	}
	code := s.codes[0]
	s.codes = s.codes[1:]
	s.setTimer(lifetime, s.codeExpired)
	s.signal(engine.PairingCode{Text: code, Expires: time.Now().Add(lifetime)})
}

// codeExpired shows the next QR code or ends the pairing.
func (s *session) codeExpired() {
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return
	}
	if len(s.codes) > 0 {
		s.showCode(s.client.provider.cfg.NextCode)
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	s.finish(engine.PairingEnded{Reason: engine.ReasonPairingTimedOut})
}

// claim asks whether the account that scanned may become this seat. The
// library calls it before it saves anything, and tells the phone that linking
// failed if it returns false.
func (s *session) claim(jid types.JID, platform, businessName string) bool {
	refusal := engine.Errorf(engine.CodeInternal, "The link could not be recorded. It has been logged; please try again.")
	s.client.guarded(func() {
		defer s.recovered("a claim")
		refusal = asError(s.sink.Claim(s.client.life, account(jid, types.EmptyJID, platform, businessName)))
	})
	s.mu.Lock()
	s.refusal = refusal
	s.linked = refusal == nil
	s.stopTimer()
	s.mu.Unlock()
	if refusal == nil {
		return true
	}
	// The library disconnects now: see wire.
	s.wire.muted.Store(true)
	return false
}

// pairingFailed ends the pairing after a phone has scanned the code.
func (s *session) pairingFailed() {
	s.mu.Lock()
	refusal := s.refusal
	s.mu.Unlock()
	switch {
	case refusal == nil:
		s.finish(engine.PairingEnded{Reason: engine.ReasonPairingFailed})
	case refusal.Code == engine.CodeNumberTaken:
		s.finish(engine.PairingEnded{Reason: engine.ReasonNumberTaken, Detail: refusal.Message})
	default:
		s.finish(engine.PairingEnded{Reason: engine.ReasonPairingFailed, Detail: refusal.Message})
	}
}

// paired tells that the device is linked. The connection is left to the
// server: it ends it once it knows the device.
func (s *session) paired(evt *events.PairSuccess) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		s.disown(evt.ID) // nobody would ever know of the device
		return
	}
	s.client.provider.keeper.welcome(evt.ID)
	s.client.link(evt.ID)
	s.signal(engine.Linked{Account: account(evt.ID, evt.LID, evt.Platform, evt.BusinessName)})
	s.over, s.linked = true, true
	if s.restarted {
		s.wire.cut()
		return
	}
	s.setTimer(restartTimeout, s.wire.cut)
}

// restart ends a connection that the server wants to be made anew. The one on
// which a device was linked ends so; the library may tell that before it tells
// of the device.
func (s *session) restart() {
	s.mu.Lock()
	pending := s.linked && !s.over
	s.restarted = true
	s.mu.Unlock()
	if !pending {
		s.finish(engine.Disconnected{Detail: "WhatsApp asked to connect again."})
	}
}

// account returns what the sink gets to know of a linked account.
func account(jid, lid types.JID, platform, name string) engine.Account {
	return engine.Account{
		Device:   jid.String(),
		Phone:    address(jid),
		LID:      address(lid),
		Platform: clean(platform),
		Name:     clean(name),
	}
}

// loggedOut forgets the keys of a device that was removed.
func (s *session) loggedOut(detail string) {
	if jid := s.client.linkedAs(); !jid.IsEmpty() {
		s.client.unlink(jid)
		s.disown(jid)
	}
	s.finish(engine.LoggedOut{Detail: detail})
}

// disown deletes the keys of a device. The library does that too in some
// cases, but with the connection's context, which may have ended.
func (s *session) disown(jid types.JID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), forgetTimeout)
	defer cancel()
	if err := s.client.provider.forget(ctx, jid); err != nil {
		s.client.log.Error("keys of a device that is not linked could not be deleted", "error", err)
	}
}
