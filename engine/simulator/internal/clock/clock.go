// Package clock gives a simulator its own time: the real one, which can be driven ahead so that a test sees in a moment
// what takes WhatsApp a minute or a day.
package clock

import (
	"context"
	"sync"
	"time"
)

// Clock runs as the real clock does, plus whatever it was advanced by. The zero value is ready.
type Clock struct {
	mu     sync.Mutex
	ahead  time.Duration
	timers map[*Timer]struct{}
}

// Timer is a call that a Clock makes later.
type Timer struct {
	clock *Clock
	at    time.Time // in the clock's own time
	call  func()
	real  *time.Timer
}

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time { return time.Now().Add(c.ahead) }

// Unix is the clock's time in whole seconds, as stanzas carry it.
func (c *Clock) Unix() int64 { return c.Now().Unix() }

// Until says how long it takes until t.
func (c *Clock) Until(t time.Time) time.Duration { return t.Sub(c.Now()) }

// AfterFunc calls f in a goroutine of its own once d has passed, by itself or because the clock was advanced.
func (c *Clock) AfterFunc(d time.Duration, f func()) *Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timers == nil {
		c.timers = make(map[*Timer]struct{})
	}
	t := &Timer{clock: c, at: c.now().Add(d), call: f}
	c.timers[t] = struct{}{}
	t.real = time.AfterFunc(d, t.fire)
	return t
}

// fire makes the call unless it was made or stopped before.
func (t *Timer) fire() {
	if t.take() {
		t.call()
	}
}

func (t *Timer) take() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	_, waiting := t.clock.timers[t]
	delete(t.clock.timers, t)
	return waiting
}

// Stop prevents the call and says whether it did; false means that the call was made, is being made, or was stopped
// before.
func (t *Timer) Stop() bool {
	t.real.Stop()
	return t.take()
}

// Wait returns true once d has passed, and false if ctx ended before.
func (c *Clock) Wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	done := make(chan struct{})
	timer := c.AfterFunc(d, func() { close(done) })
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// Advance puts the clock ahead by d, which must not be negative, and makes the calls that are due then. It does not
// wait for them.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += max(d, 0)
	now := c.now()
	for t := range c.timers {
		// Sooner than the real timer would; at once if it is due.
		t.real.Reset(max(t.at.Sub(now), 0))
	}
}
