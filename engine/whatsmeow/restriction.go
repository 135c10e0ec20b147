package whatsmeow

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

// endless is for how long a restriction counts whose end WhatsApp didn't tell.
const endless = 24 * time.Hour

// restrictionQuery is the number of the GraphQL query for an account's
// restriction (WhiskeySockets/Baileys, QueryIds in Types/Mex).
const restrictionQuery = "23983697327930364"

// restriction turns WhatsApp's word into ours.
func restriction(evt *events.NotifyAccountReachoutTimelock, now time.Time) engine.Restriction {
	if !evt.IsActive {
		return engine.Restriction{}
	}
	until := evt.TimeEnforcementEnds.Time
	if until.IsZero() || until.Unix() <= 0 {
		until = now.Add(endless)
	}
	return engine.Restriction{Kind: clean(evt.EnforcementType), Until: until}
}

// restricted tells that WhatsApp restricts the number, or does so no more.
func (s *session) restricted(evt *events.NotifyAccountReachoutTimelock) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.signal(engine.RestrictionChanged{Restriction: restriction(evt, time.Now())})
	}
}

// askIfRestricted asks for the number's restriction after a message was
// refused for one: that its beginning was told may have been missed. A refusal
// without a restriction concerns that recipient alone.
func (s *session) askIfRestricted(refusal error) {
	if !errors.Is(refusal, wm.ErrServerReturnedError) || refusalCode(refusal) != codeRestricted {
		return
	}
	s.client.provider.background(func() {
		ctx, cancel := context.WithTimeout(s.ctx, versionTimeout)
		defer cancel()
		err := safely(func() error {
			answer, err := mex(ctx, s.wm, restrictionQuery, map[string]any{})
			if err != nil {
				return err
			}
			var told struct {
				Lock *events.NotifyAccountReachoutTimelock `json:"xwa2_fetch_account_reachout_timelock"`
			}
			if err := json.Unmarshal(answer, &told); err != nil || told.Lock == nil {
				return errors.New("an answer of another form")
			}
			s.restricted(told.Lock)
			return nil
		})
		if err != nil {
			s.client.log.Warn("whether WhatsApp restricts the number could not be asked", "error", harmless(err))
		}
	})
}
