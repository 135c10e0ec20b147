package engine

import "time"

// Times says when an outgoing message took each step. A zero time means that
// it has not, or that nobody told: a phone that shows a message at once may
// tell that it was read and never that it was delivered.
type Times struct {
	Queued    time.Time // it came into the outbox
	Sent      time.Time // WhatsApp took it
	Delivered time.Time
	Read      time.Time
	Played    time.Time
}

// TimesView is [Times] as the outside sees it.
type TimesView struct {
	QueuedAt    *time.Time `json:"queued_at,omitempty" doc:"When it came into the outbox"`
	SentAt      *time.Time `json:"sent_at,omitempty" doc:"When WhatsApp took it (one tick)"`
	DeliveredAt *time.Time `json:"delivered_at,omitempty" doc:"When the recipient's phone had it (two ticks)"`
	ReadAt      *time.Time `json:"read_at,omitempty" doc:"When the recipient saw it (two blue ticks)"`
	PlayedAt    *time.Time `json:"played_at,omitempty" doc:"When the recipient listened to it"`
}

// View returns the times as the outside sees them, nil if there is none.
func (t Times) View() *TimesView {
	if t == (Times{}) {
		return nil
	}
	return &TimesView{
		QueuedAt: optional(t.Queued), SentAt: optional(t.Sent), DeliveredAt: optional(t.Delivered),
		ReadAt: optional(t.Read), PlayedAt: optional(t.Played),
	}
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Waiting says why a queued message is not sent yet, and until when it waits
// at least. The zero value means that it is its turn.
type Waiting struct {
	Reason WaitReason
	Until  time.Time
}

// WaitReason is why a queued message waits, for machines.
type WaitReason string

// The reasons.
const (
	WaitPace          WaitReason = "pace"           // the seat sends only so many a minute
	WaitHour          WaitReason = "hour_limit"     // as many as the seat may send in an hour were sent
	WaitDay           WaitReason = "day_limit"      // the same, in 24 hours
	WaitStrangersHour WaitReason = "strangers_hour" // the same for people who never wrote to us, in an hour
	WaitStrangersDay  WaitReason = "strangers_day"  // and in 24 hours
	WaitSlowed        WaitReason = "slowed"         // WhatsApp asked the seat to send more slowly
	WaitRestricted    WaitReason = "restricted"     // WhatsApp doesn't let the seat write to people first
	WaitAgain         WaitReason = "again"          // a try got no clear answer; it is tried again
)

// Sentence says to people why a message waits.
func (r WaitReason) Sentence() string {
	switch r {
	case WaitPace:
		return "The seat sends one message after the other, so that WhatsApp doesn't take it for a machine."
	case WaitHour:
		return "The seat has sent as many messages as it may in an hour."
	case WaitDay:
		return "The seat has sent as many messages as it may in 24 hours."
	case WaitStrangersHour:
		return "The seat has written to as many people who never wrote to it as it may in an hour."
	case WaitStrangersDay:
		return "The seat has written to as many people who never wrote to it as it may in 24 hours."
	case WaitSlowed:
		return "WhatsApp asked this number to send more slowly."
	case WaitRestricted:
		return "WhatsApp doesn't let this number write to people first for now."
	case WaitAgain:
		return "WhatsApp gave no clear answer. It is tried again."
	}
	return ""
}

// WaitingView is [Waiting] as the outside sees it.
type WaitingView struct {
	Reason   WaitReason `json:"reason" enum:"pace,hour_limit,day_limit,strangers_hour,strangers_day,slowed,restricted,again" doc:"Why it is not sent yet"`
	Sentence string     `json:"sentence" doc:"The reason in words"`
	Until    *time.Time `json:"until,omitempty" doc:"Not before this time; absent: nobody knows"`
}

// View returns the wait as the outside sees it, nil if there is none.
func (w Waiting) View() *WaitingView {
	if w.Reason == "" {
		return nil
	}
	return &WaitingView{Reason: w.Reason, Sentence: w.Reason.Sentence(), Until: optional(w.Until)}
}
