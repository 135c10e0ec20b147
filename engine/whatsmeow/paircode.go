package whatsmeow

import (
	"context"
	"errors"
	"time"

	wm "go.mau.fi/whatsmeow"

	"github.com/myaibud/aibud/engine"
)

const (
	// askCodeTimeout bounds how long WhatsApp may take to accept a code.
	askCodeTimeout = 30 * time.Second
	// codeDisplay is what the phone calls us while it links by code. WhatsApp
	// takes only common browsers on common systems (whatsmeow, PairPhone).
	codeDisplay = "Chrome (Linux)"
)

// PairByCode implements [engine.CodePairer].
func (c *Client) PairByCode(number string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number = number
}

// showLinkCode asks WhatsApp for a code to type into the phone, which holds
// until the connection's QR codes would have expired: WhatsApp closes it then.
// The caller holds mu.
func (s *session) showLinkCode(qrs int) {
	cfg := s.client.provider.cfg
	lifetime := cfg.FirstCode + time.Duration(qrs-1)*cfg.NextCode
	s.codes, s.expires = []string{}, time.Now().Add(lifetime)
	s.setTimer(lifetime, s.codeExpired)
	s.client.provider.background(s.askLinkCode)
}

func (s *session) askLinkCode() {
	ctx, cancel := context.WithTimeout(s.ctx, askCodeTimeout)
	defer cancel()
	var code string
	err := safely(func() (err error) {
		code, err = s.wm.PairPhone(ctx, s.number, true, wm.PairClientChrome, codeDisplay)
		return err
	})
	if err != nil {
		s.client.log.Warn("WhatsApp made no code for a phone", "error", harmless(err))
		s.finish(codeRefusal(err))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over && !s.linked && s.asked == "" {
		s.signal(engine.PairingCode{Step: engine.PairCode, Text: code, Expires: s.expires})
	}
}

// codeRefusal says how pairing goes on without a code.
func codeRefusal(err error) engine.Signal {
	switch {
	case errors.Is(err, wm.ErrIQRateOverLimit):
		return engine.PairingEnded{Reason: engine.ReasonCodeLimit}
	case errors.Is(err, wm.ErrIQNotFound), errors.Is(err, wm.ErrIQBadRequest),
		errors.Is(err, wm.ErrPhoneNumberTooShort), errors.Is(err, wm.ErrPhoneNumberIsNotInternational):
		return engine.PairingEnded{Reason: engine.ReasonNumberUnknown}
	}
	return engine.Disconnected{Detail: "WhatsApp made no code for the phone."}
}
