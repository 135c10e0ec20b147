package engine

import (
	"context"
	"sync"
	"time"
)

const (
	// clockSlack is by how much the clock may be off what it should tell
	// without having been set: it is corrected a little all the time.
	clockSlack = time.Minute
	// clockLook is how often it is looked whether the clock was set.
	clockLook = time.Second
)

// Clock notices when the clock that people see was set. What waits for a while
// would otherwise end early, or a day late.
type Clock struct {
	wall   func() time.Time
	steady func() time.Duration

	mu  sync.Mutex
	was time.Time     // what the clock told at the last look
	at  time.Duration // when that was
}

// NewClock returns a clock. wall is the one that people see; nil: [time.Now].
// steady counts the time that passes, also while the machine sleeps; nil: the
// system's own.
func NewClock(wall func() time.Time, steady func() time.Duration) *Clock {
	if wall == nil {
		wall = time.Now
	}
	if steady == nil {
		steady = sinceBoot
	}
	c := &Clock{wall: wall, steady: steady}
	c.was, c.at = wall().Round(0), steady()
	return c
}

// WasSet says by how much the clock was set since the last call: more than
// zero if it was set forward.
func (c *Clock) WasSet() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, at := c.wall().Round(0), c.steady()
	by := now.Sub(c.was) - (at - c.at)
	c.was, c.at = now, at
	if by > -clockSlack && by < clockSlack {
		return 0
	}
	return by
}

// Watch calls moved with how far the clock was set, each time that it was,
// until ctx ends. If moved fails it is called again.
func (c *Clock) Watch(ctx context.Context, moved func(ctx context.Context, by time.Duration) error) {
	ticker := time.NewTicker(clockLook)
	defer ticker.Stop()
	var owed time.Duration
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if owed += c.WasSet(); owed != 0 && moved(ctx, owed) == nil {
			owed = 0
		}
	}
}

// ClockWasSet is to be called after the clock was set and what seats have sent
// was moved with it in the database.
func (sv *Supervisor) ClockWasSet() {
	for _, seat := range sv.running() {
		seat.outbox.clockSet.Store(true)
		seat.outbox.change()
	}
}
