package engine

import (
	"math/rand/v2"
	"time"
)

// Backoff says how long to wait before the next try: the first wait doubles
// from try to try up to the longest, and each is spread by up to half of
// itself either way, so that seats that failed together don't return together.
type Backoff struct {
	First   time.Duration
	Longest time.Duration
}

// Wait returns the wait before try number n, counted from 1.
func (b Backoff) Wait(n int) time.Duration {
	wait := b.First
	for range n - 1 {
		wait *= 2
		if wait >= b.Longest {
			wait = b.Longest
			break
		}
	}
	if wait <= 0 {
		return 0
	}
	return wait/2 + rand.N(wait)
}
