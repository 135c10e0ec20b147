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
	Longest time.Duration // before it is spread; less than First: as First
}

// Wait returns the wait before try number n, counted from 1.
func (b Backoff) Wait(n int) time.Duration {
	wait, longest := b.First, max(b.First, b.Longest)
	for range n - 1 {
		if wait > longest/2 {
			wait = longest
			break
		}
		wait *= 2
	}
	if wait <= 0 {
		return 0
	}
	return wait/2 + rand.N(wait)
}

// retries remembers what failed and when it may be tried again, so that one
// thing that fails over and over holds up nothing else. It belongs to one
// goroutine.
type retries[K comparable] struct {
	backoff Backoff
	failed  map[K]retry
}

type retry struct {
	tries int
	at    time.Time
}

func newRetries[K comparable](backoff Backoff) retries[K] {
	return retries[K]{backoff: backoff, failed: make(map[K]retry)}
}

// held says whether key failed and must not be tried yet.
func (r retries[K]) held(key K, now time.Time) bool { return r.failed[key].at.After(now) }

// fail holds key, longer each time.
func (r retries[K]) fail(key K) {
	tries := r.failed[key].tries + 1
	r.failed[key] = retry{tries: tries, at: time.Now().Add(r.backoff.Wait(tries))}
}

// succeed forgets that key failed.
func (r retries[K]) succeed(key K) { delete(r.failed, key) }

// next returns a channel that tells when the first of what failed may be tried
// again, nil if nothing failed.
func (r retries[K]) next() <-chan time.Time {
	var first time.Time
	for _, retry := range r.failed {
		if first.IsZero() || retry.at.Before(first) {
			first = retry.at
		}
	}
	if first.IsZero() {
		return nil
	}
	return time.After(time.Until(first))
}
