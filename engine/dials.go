package engine

import (
	"context"
	"sync"
)

// dials are slots of which a seat holds one while it connects.
type dials struct {
	slots   chan struct{}
	settled func(connects int) // may be nil

	mu       sync.Mutex
	connects int // that have ended since none was under way
}

func newDials(slots int, settled func(int)) *dials {
	return &dials{slots: make(chan struct{}, slots), settled: settled}
}

// take waits for a slot. It reports false if ctx ended first.
func (d *dials) take(ctx context.Context) bool {
	select {
	case d.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// release gives a slot back, and tells if no seat connects any more.
func (d *dials) release() {
	d.mu.Lock()
	<-d.slots
	d.connects++
	connects, busy := d.connects, len(d.slots) > 0
	if !busy {
		d.connects = 0
	}
	d.mu.Unlock()
	if !busy && d.settled != nil {
		d.settled(connects)
	}
}
