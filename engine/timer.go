package engine

import (
	"context"
	"time"
)

// Timers sets how long messages stay in chats with one person. A client that
// can implements it ([Capabilities.Timers]); for groups see [Groups].
type Timers interface {
	// SetTimer makes new messages of a chat with a person disappear after a
	// while, for both sides; 0 ends that. The duration is one of [TimerChoices].
	// Setting it twice is harmless. Errors: those of [Client.Send].
	SetTimer(ctx context.Context, chat Party, after time.Duration) error
}

// TimerChoices are the durations after which WhatsApp lets messages
// disappear; 0 is never.
func TimerChoices() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{0, day, 7 * day, 90 * day}
}

// CheckTimer says what is wrong with a duration, as an [Error] with
// [CodeInvalid], or returns nil.
func CheckTimer(after time.Duration) error {
	for _, choice := range TimerChoices() {
		if after == choice {
			return nil
		}
	}
	return Errorf(CodeInvalid, "Messages disappear after a day, 7 days or 90 days, or not at all: 86400, 604800, 7776000 or 0 seconds.")
}
