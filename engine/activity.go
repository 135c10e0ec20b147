package engine

import "time"

// Activity is what a seat's connection did last. A seat keeps it in memory;
// the supervisor saves it now and then, so that after a crash the last
// minutes of it may be missing.
type Activity struct {
	LastFrame   time.Time // when WhatsApp was last heard at all; zero: never
	LastMessage time.Time // when a message last came or went; zero: never
	Day         string    // the day whose reconnections are counted, by the server's clock: 2006-01-02
	Reconnects  int       // how often the connection was lost and made anew on that day
}

// SeatActivity is the activity of one seat.
type SeatActivity struct {
	Key SeatKey
	Activity
}

// Listening is a client that knows when it last heard anything of WhatsApp,
// answers to its pings included.
type Listening interface {
	// LastFrame is zero before the first connection.
	LastFrame() time.Time
}

// dayOf names the day of a time, for [Activity].
func dayOf(now time.Time) string { return now.Format(time.DateOnly) }

// Show puts the activity into a seat's view, unless the view has newer times.
func (a Activity) Show(view *SeatView, now time.Time) {
	view.LastFrameAt = newer(view.LastFrameAt, a.LastFrame)
	view.LastMessageAt = newer(view.LastMessageAt, a.LastMessage)
	if a.Day == dayOf(now) {
		view.ReconnectsToday = max(view.ReconnectsToday, a.Reconnects)
	}
}

func newer(shown *time.Time, at time.Time) *time.Time {
	if at.IsZero() || shown != nil && !at.After(*shown) {
		return shown
	}
	at = at.UTC().Truncate(time.Millisecond)
	return &at
}
