package whatsmeow

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

// App state is what all devices of an account share beyond messages: which
// chats are archived, pinned and muted, stars, labels, the address book. It
// comes as numbered patches of five collections. By itself the library moves a
// collection's version on before it tells what has changed, and acknowledges
// the notice of a new version before it fetches anything (notification.go,
// handleNotification; appstate.go, fetchAppState and applyAppStatePatches), so
// a change that could not be stored would be lost.
//
// Therefore the session fetches app state itself. The library's own attempts
// end at stateGuard, which tells the session that there is something to fetch.
// A collection's new version is saved only after the sink has stored what
// changed: whatever fails, and after a crash, the same changes are fetched
// again, and the sink's store knows those that it has.

// Waits of app state.
const (
	// stateRetry is how long to wait after a collection could not be fetched
	// though the connection is there.
	stateRetry = 2 * time.Minute
	// stateSpread spreads the first look of many seats: it comes up to so many
	// times later than [Config.FirstLook] says.
	stateSpread = 4
)

// stateChunk bounds how many facts of a whole collection are stored at once.
const stateChunk = 200

// states keeps up with app state on one connection.
type states struct {
	session *session
	inner   store.AppStateStore // what is committed
	turn    chan struct{}       // has room for who fetches or changes a collection

	mu     sync.Mutex
	wanted map[appstate.WAPatchName]struct{}
	runs   bool
	whole  map[appstate.WAPatchName]struct{} // those that were damaged, and were fetched anew on this connection
	timer  *time.Timer                       // for the first look, or for another try
	over   bool
}

func newStates(s *session, device *store.Device) *states {
	st := &states{session: s, inner: device.AppState, turn: make(chan struct{}, 1)}
	if device.ID == nil {
		return st
	}
	device.AppState = &stateGuard{AppStateStore: device.AppState, want: func(name appstate.WAPatchName) { st.want(name) }}
	// The library would copy names one statement each, and chats' settings to a
	// table that nobody reads.
	device.Contacts = book{device.Contacts, s}
	device.ChatSettings = nil
	return st
}

// want asks for collections to be fetched soon, on this connection or on the
// next.
func (st *states) want(names ...appstate.WAPatchName) {
	if len(names) == 0 {
		return
	}
	st.session.client.arrears.add(names...)
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.over {
		return
	}
	if st.wanted == nil {
		st.wanted = make(map[appstate.WAPatchName]struct{})
	}
	for _, name := range names {
		st.wanted[name] = struct{}{}
	}
	if !st.runs {
		st.runs = st.session.client.provider.background(st.run)
	}
}

// next returns a collection to fetch, or false, upon which the caller ends.
func (st *states) next() (appstate.WAPatchName, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.over {
		for _, name := range appstate.AllPatchNames {
			if _, ok := st.wanted[name]; ok {
				delete(st.wanted, name)
				return name, true
			}
		}
		clear(st.wanted) // one that this version doesn't know
	}
	st.runs = false
	return "", false
}

func (st *states) run() {
	for {
		name, ok := st.next()
		if !ok {
			return
		}
		if err := safely(func() error { return st.fetch(st.session.ctx, name) }); err != nil && st.session.ctx.Err() == nil {
			st.session.client.log.Warn("app state could not be fetched; it is tried again", "collection", name, "error", harmless(err))
			st.later(stateRetry, func() { st.want(st.session.client.arrears.names()...) })
		}
	}
}

// later does something after a while, if the connection is still there.
func (st *states) later(d time.Duration, do func()) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.over {
		return
	}
	if st.timer != nil {
		st.timer.Stop()
	}
	st.timer = time.AfterFunc(d, do)
}

// stop ends the timer with the session.
func (st *states) stop() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.over = true
	if st.timer != nil {
		st.timer.Stop()
	}
}

// resume goes on after a login with what was left undone before.
func (st *states) resume() {
	client := st.session.client
	st.want(client.arrears.names()...)
	client.arrears.mu.Lock()
	looked, waiting := client.arrears.looked && !client.arrears.owed, len(client.arrears.later) > 0
	client.arrears.mu.Unlock()
	if waiting {
		client.provider.background(st.session.deliverLate)
	}
	if !looked {
		first := max(client.provider.cfg.FirstLook, 1)
		st.later(first+rand.N((stateSpread-1)*first), st.look) // spreading, not a secret
	}
}

// look fetches whatever an earlier process may have been told of and not
// stored. What is not app state (the block list, privacy settings) is read
// whole.
func (st *states) look() {
	client := st.session.client
	client.provider.background(func() {
		err := safely(func() error {
			key, err := st.session.wm.Store.AppStateKeys.GetLatestAppStateSyncKeyID(st.session.ctx)
			if err != nil {
				return fmt.Errorf("read the newest key: %w", err)
			}
			if key != nil { // otherwise the phone gives it soon, upon which everything is fetched
				st.want(appstate.AllPatchNames[:]...)
			}
			return st.session.readAccount(st.session.ctx)
		})
		if err == nil {
			client.arrears.mu.Lock()
			client.arrears.looked, client.arrears.owed = true, false
			client.arrears.mu.Unlock()
		} else if st.session.ctx.Err() == nil {
			client.log.Warn("the account's settings could not be read; it is tried again", "error", harmless(err))
			st.later(stateRetry, st.look)
		}
	})
}

// lookAgain looks again after a while, or after the next login.
func (st *states) lookAgain() {
	st.session.client.arrears.owe(true)
	st.later(stateRetry, st.look)
}

// lock waits for its turn. The caller gives it back with unlock.
func (st *states) lock(ctx context.Context) error {
	select {
	case st.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (st *states) unlock() { <-st.turn }

// fetch brings a collection up to date.
func (st *states) fetch(ctx context.Context, name appstate.WAPatchName) error {
	if err := st.lock(ctx); err != nil {
		return err
	}
	defer st.unlock()
	return st.fetchLocked(ctx, name)
}

// fetchLocked is fetch for who has the turn. A collection that is damaged is
// fetched from its beginning, once on each connection.
func (st *states) fetchLocked(ctx context.Context, name appstate.WAPatchName) error {
	err := st.apply(ctx, name, false)
	if err == nil || ctx.Err() != nil || !damaged(err) {
		return err
	}
	st.mu.Lock()
	_, tried := st.whole[name]
	if st.whole == nil {
		st.whole = make(map[appstate.WAPatchName]struct{})
	}
	st.whole[name] = struct{}{}
	st.mu.Unlock()
	if tried {
		return err
	}
	st.session.client.log.Warn("app state is damaged; it is fetched anew", "collection", name, "error", harmless(err))
	return st.apply(ctx, name, true)
}

// damaged says whether a collection can't be read on from where we are.
func damaged(err error) bool {
	for _, kind := range []error{
		appstate.ErrMismatchingLTHash, appstate.ErrMismatchingPatchMAC,
		appstate.ErrMismatchingContentMAC, appstate.ErrMismatchingIndexMAC,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// apply fetches what is new of a collection, or all of it, hands it to the
// sink and then saves the version.
func (st *states) apply(ctx context.Context, name appstate.WAPatchName, whole bool) error {
	arrears := &st.session.client.arrears
	told := arrears.told(name)
	stage := &stagedState{AppStateStore: st.inner, name: string(name)}
	if whole {
		stage.forget()
	}
	changes, all, err := st.changes(ctx, name, stage)
	if err != nil {
		return err
	}
	facts, err := st.facts(ctx, name, changes, all && (whole || !arrears.wasEmpty(name)))
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(facts, stateChunk) {
		if !st.session.deliver(chunk...) {
			return errUnstored
		}
	}
	if err := stage.commit(ctx, st.session.client.provider.keeper.db); err != nil {
		return err
	}
	arrears.done(name, told, all && !stage.moved)
	return nil
}

// changes fetches and decrypts what is new of a collection; all says that it
// is everything.
func (st *states) changes(ctx context.Context, name appstate.WAPatchName, stage *stagedState) (changes []appstate.Mutation, all bool, err error) {
	cli := st.session.wm
	var state appstate.HashState
	if state.Version, state.Hash, err = stage.GetAppStateVersion(ctx, string(name)); err != nil {
		return nil, false, fmt.Errorf("read the version: %w", err)
	}
	all = state.Version == 0
	reader := appstate.NewProcessor(&store.Device{AppStateKeys: cli.Store.AppStateKeys, AppState: stage}, libraryLog{st.session.client.log})
	for snapshot, more := all, true; more; snapshot = false {
		patches, err := fetchPatches(ctx, cli, name, state.Version, snapshot)
		if err != nil {
			return nil, all, fmt.Errorf("fetch patches: %w", err)
		}
		var page []appstate.Mutation
		page, state, err = reader.DecodePatches(ctx, patches, state, true)
		if errors.Is(err, appstate.ErrKeyNotFound) {
			requestStateKeys(ctx, cli, patches) // when they come, everything is fetched
		}
		if err != nil {
			return nil, all, fmt.Errorf("decrypt patches: %w", err)
		}
		changes = append(changes, page...)
		more = patches.HasMorePatches
	}
	return changes, all, nil
}

// facts turns changes into facts. What the library makes use of itself, such
// as the account's name, it is told.
func (st *states) facts(ctx context.Context, name appstate.WAPatchName, changes []appstate.Mutation, all bool) ([]engine.Fact, error) {
	s := st.session
	if err := s.learnAddresses(ctx, changes); err != nil {
		return nil, err
	}
	if err := s.remember(ctx, changes); err != nil {
		return nil, err
	}
	var facts []engine.Fact
	for i := range changes {
		m := &changes[i]
		if len(m.Index) == 0 {
			continue
		}
		fact, known, err := s.stateFact(ctx, m, engine.Synced(all))
		if err != nil {
			return nil, err
		}
		if fact != nil {
			facts = append(facts, fact)
		}
		if !known || m.Index[0] == appstate.IndexSettingPushName {
			if evt := tellLibrary(ctx, s.wm, name, *m, all); evt != nil {
				s.handle(evt)
			}
		}
	}
	if all {
		s.handle(&events.AppStateSyncComplete{Name: name})
	}
	return facts, nil
}
