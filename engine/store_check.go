package engine

import (
	"context"
	"time"
)

const (
	// pingTimeout is how long the store may take to say that it works.
	pingTimeout = 5 * time.Second
	// worksFor is how long it counts as working after it has said so.
	worksFor = time.Second
)

// storeCheck asks the store whether it works, for all seats together: when it
// doesn't, all of them want to know.
type storeCheck struct {
	ping  func(context.Context) error
	waits Backoff

	turn   chan struct{} // has room for who looks at the rest, or asks
	failed int           // answers in a row that were none
	next   time.Time     // the last answer holds until then
}

func newStoreCheck(ping func(context.Context) error) *storeCheck {
	return &storeCheck{
		ping: ping, waits: Backoff{First: time.Second, Longest: 3 * time.Second}, turn: make(chan struct{}, 1),
	}
}

// works says whether the store works. It says no if ctx ends first.
func (c *storeCheck) works(ctx context.Context) bool {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return false
	}
	if time.Now().Before(c.next) {
		return c.failed == 0
	}
	pingCtx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	err := guard(func() error { return c.ping(pingCtx) })
	if ctx.Err() != nil {
		return false
	}
	if err == nil {
		c.failed, c.next = 0, time.Now().Add(worksFor)
		return true
	}
	c.failed++
	c.next = time.Now().Add(c.waits.Wait(c.failed))
	return false
}

// awaitStore waits until the store works, if it doesn't, and reports whether it
// had to. What has failed meanwhile says nothing about WhatsApp.
func (s *Seat) awaitStore(ctx context.Context) (waited bool) {
	for !s.store.works(ctx) && ctx.Err() == nil {
		waited = true
		wait(ctx, s.timing.Outage.Wait(1))
	}
	return waited
}
