package engine

import (
	"slices"
	"sync"
)

// Feed tells those who listen in this process about events that were
// committed, so that nobody has to poll the log. It is a wake-up with the
// events attached, not the log itself: a listener that needs every event
// keeps a position and reads what it missed from the log. Events of one
// tenant may arrive out of order when several transactions commit at once.
type Feed struct {
	mu        sync.RWMutex
	listeners []*listener
}

type listener struct{ tell func([]Event) }

// Publish hands events to every listener. The store calls it after a commit.
func (f *Feed) Publish(events []Event) {
	if len(events) == 0 {
		return
	}
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, l := range f.listeners {
		l.tell(events)
	}
}

// Listen calls tell with the events of each commit until the returned
// function is called. tell runs in the goroutine that committed: it must
// return at once, must not change the events, and must not call Listen or the
// returned function.
func (f *Feed) Listen(tell func([]Event)) (stop func()) {
	l := &listener{tell: tell}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listeners = append(f.listeners, l)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.listeners = slices.DeleteFunc(f.listeners, func(other *listener) bool { return other == l })
	}
}
