package whatsmeow

import (
	"slices"
	"sync"

	"go.mau.fi/whatsmeow/appstate"

	"github.com/myaibud/aibud/engine"
)

// arrears is what a client has to catch up with, whichever its connection.
type arrears struct {
	mu     sync.Mutex
	behind map[appstate.WAPatchName]int      // collections to fetch, and how often that was told
	empty  map[appstate.WAPatchName]struct{} // collections that had nothing in them when they were fetched
	looked bool                              // for what an earlier process left
	owed   bool                              // what the account's settings are now is still to be read
	later  []engine.Fact                     // acknowledged by the library, but not stored
}

// maxLater bounds the facts that wait in memory.
const maxLater = 256

func (b *arrears) add(names ...appstate.WAPatchName) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.behind == nil {
		b.behind = make(map[appstate.WAPatchName]int)
	}
	for _, name := range names {
		b.behind[name]++
	}
}

// told returns how often it was told that a collection is to be fetched.
func (b *arrears) told(name appstate.WAPatchName) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.behind[name]
}

// owe notes whether the account's settings are still to be read.
func (b *arrears) owe(owed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.owed = owed
}

// done notes that a collection is as it was when it had been told so often that
// there is something to fetch, and whether it is still empty. What was told
// meanwhile is still to be fetched.
func (b *arrears) done(name appstate.WAPatchName, told int, empty bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.behind[name] <= told {
		delete(b.behind, name)
	}
	if !empty {
		return
	}
	if b.empty == nil {
		b.empty = make(map[appstate.WAPatchName]struct{})
	}
	b.empty[name] = struct{}{}
}

// wasEmpty says whether a collection that has no version was empty the last
// time, so that what it has now is news.
func (b *arrears) wasEmpty(name appstate.WAPatchName) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.empty[name]
	return ok
}

func (b *arrears) names() []appstate.WAPatchName {
	b.mu.Lock()
	defer b.mu.Unlock()
	names := make([]appstate.WAPatchName, 0, len(b.behind))
	for _, name := range appstate.AllPatchNames {
		if _, ok := b.behind[name]; ok {
			names = append(names, name)
		}
	}
	return names
}

// deliverLate stores facts that the library acknowledged before they were
// stored, and that could not be. They are kept in memory until they are, and
// are lost if the process ends before.
func (s *session) deliverLate() {
	b := &s.client.arrears
	b.mu.Lock()
	facts := b.later
	b.later = nil
	b.mu.Unlock()
	if len(facts) > 0 && !s.deliver(facts...) {
		s.keepForLater(facts...)
	}
}

func (s *session) keepForLater(facts ...engine.Fact) {
	b := &s.client.arrears
	b.mu.Lock()
	defer b.mu.Unlock()
	b.later = append(b.later, facts...)
	if over := len(b.later) - maxLater; over > 0 {
		b.later = slices.Delete(b.later, 0, over)
		s.client.log.Error("facts that could not be stored were dropped, since there are too many", "count", over)
	}
}
