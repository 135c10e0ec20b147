package engine

import (
	"context"
	"strings"
	"sync"
	"time"
)

// Restriction is what WhatsApp does to a number that wrote to too many people
// who had not written to it: until it ends, the number can't begin chats.
// Those in which the other side wrote go on. The zero value is none.
type Restriction struct {
	Kind  string    // WhatsApp's name for it, such as "DEFAULT"; may be empty
	Until time.Time // when it ends; zero: there is none
}

// Active says whether the restriction holds.
func (r Restriction) Active(now time.Time) bool { return now.Before(r.Until) }

// Sentence says to a person what the restriction means and what to do.
func (r Restriction) Sentence() string {
	const means = "WhatsApp restricts this number: until then it can't write to people who have not written to it. " +
		"Conversations that a lead began go on."
	if strings.Contains(r.Kind, "COMPANION") { // RESTRICT_ALL_COMPANIONS, WEB_COMPANION_ONLY
		return means + " The phone itself can still write to new people."
	}
	return means + " Messages to others wait until it ends; write to fewer strangers afterwards."
}

// View returns the restriction as the outside sees it; nil if it has ended.
func (r Restriction) View(now time.Time) *RestrictionView {
	if !r.Active(now) {
		return nil
	}
	return &RestrictionView{Type: r.Kind, Until: r.Until, Sentence: r.Sentence()}
}

// RestrictionChanged tells that WhatsApp restricts the number, or with the
// zero value that it does so no more.
type RestrictionChanged struct{ Restriction Restriction }

func (RestrictionChanged) signal() {}

// restriction keeps what a seat knows of its number's restriction.
type restriction struct {
	mu  sync.Mutex
	now Restriction
}

func (r *restriction) get() Restriction {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *restriction) set(next Restriction) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = next
}

// restrictedUntil is until when WhatsApp doesn't let the seat write to people
// who have not written to it; zero or past: it does.
func (s *Seat) restrictedUntil() time.Time { return s.restriction.get().Until }

// restrict takes a restriction that WhatsApp told.
func (s *Seat) restrict(ctx context.Context, next Restriction) {
	if s.restriction.get() == next {
		return
	}
	s.restriction.set(next)
	s.log.Warn("WhatsApp changed what the number may do", "restriction", next.Kind, "until", next.Until)
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	if err := guard(func() error { return s.seats.SetRestriction(ctx, s.key, next) }); err != nil {
		s.log.Error("restriction could not be recorded", "error", err)
	}
	s.outbox.wake("") // what it held may go, or what it would hold is found
}
