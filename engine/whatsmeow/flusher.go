package whatsmeow

import (
	"errors"
	"sync"
	"time"
)

// flusher saves what vaults have in memory only, a second after it came, and
// empties those that nobody uses. One goroutine does that for all of them, and
// sleeps when there is nothing to do.
type flusher struct {
	mu     sync.Mutex
	vaults map[*vault]struct{} // those to look after
	wake   chan struct{}
	stop   chan struct{}
	done   sync.WaitGroup
}

func newFlusher() *flusher {
	f := &flusher{vaults: make(map[*vault]struct{}), wake: make(chan struct{}, 1), stop: make(chan struct{})}
	f.done.Go(f.run)
	return f
}

// add looks after a vault from now on.
func (f *flusher) add(v *vault) {
	f.mu.Lock()
	f.vaults[v] = struct{}{}
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// take returns the vaults to look after, which are then not looked after any
// more unless they are added again.
func (f *flusher) take() map[*vault]struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	vaults := f.vaults
	f.vaults = make(map[*vault]struct{}, len(vaults))
	return vaults
}

func (f *flusher) run() {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case <-f.wake:
		case <-f.stop:
			return
		}
		tick.Reset(saveEvery)
		for more := true; more; {
			select {
			case <-tick.C:
			case <-f.stop:
				return
			}
			more = f.round()
		}
		tick.Stop()
	}
}

// round looks at each vault once. It reports whether there is one to look at
// again.
func (f *flusher) round() (more bool) {
	for v := range f.take() {
		if v.look(time.Now()) {
			f.add(v)
			more = true
		}
	}
	return more
}

// close stops the flusher and saves everything.
func (f *flusher) close() error {
	close(f.stop)
	f.done.Wait()
	var failures []error
	for v := range f.take() {
		failures = append(failures, v.flush())
	}
	return errors.Join(failures...)
}
