package whatsmeow

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/store"
)

// errTakenOver is what the library gets to hear when it is about to fetch app
// state by itself: see states.
var errTakenOver = errors.New("app state is fetched by the session")

// stateGuard is the [store.AppStateStore] that the library sees. It keeps the
// library from moving a collection's version on, and tells the session that
// there is something to fetch. Only for a change that the session sends
// (stateSending) it tells the version.
type stateGuard struct {
	store.AppStateStore
	want func(name appstate.WAPatchName)
}

// stateSending is one attempt to change a collection.
type stateSending struct {
	began    bool // the library has read the version that it builds on
	accepted bool // WhatsApp has the change: the library goes on to fetch it
	behind   bool // somebody else was faster: the library was told what it lacks
}

type stateSendingKey struct{}

// GetAppStateVersion implements [store.AppStateStore].
func (g *stateGuard) GetAppStateVersion(ctx context.Context, name string) (version uint64, hash [128]byte, err error) {
	sending, ok := ctx.Value(stateSendingKey{}).(*stateSending)
	switch {
	case ok && !sending.began:
		sending.began = true
		return g.AppStateStore.GetAppStateVersion(ctx, name)
	case ok:
		sending.accepted = true
	default:
		g.want(appstate.WAPatchName(name))
	}
	return 0, hash, errTakenOver
}

// PutAppStateVersion implements [store.AppStateStore].
func (g *stateGuard) PutAppStateVersion(ctx context.Context, name string, _ uint64, _ [128]byte) error {
	if sending, ok := ctx.Value(stateSendingKey{}).(*stateSending); ok {
		sending.behind = true
	} else {
		g.want(appstate.WAPatchName(name))
	}
	return errTakenOver
}

// DeleteAppStateVersion implements [store.AppStateStore].
func (g *stateGuard) DeleteAppStateVersion(context.Context, string) error { return errTakenOver }

// PutAppStateMutationMACs implements [store.AppStateStore].
func (g *stateGuard) PutAppStateMutationMACs(context.Context, string, uint64, []store.AppStateMutationMAC) error {
	return errTakenOver
}

// DeleteAppStateMutationMACs implements [store.AppStateStore].
func (g *stateGuard) DeleteAppStateMutationMACs(context.Context, string, [][]byte) error {
	return errTakenOver
}

// stagedState is a [store.AppStateStore] for one collection that keeps what is
// written to it until it is committed.
type stagedState struct {
	store.AppStateStore // what is committed
	name                string

	reset   bool // what is committed is to be forgotten
	moved   bool
	version uint64
	hash    [128]byte
	removed [][]byte
	added   map[string][]byte // values by index
}

// forget makes the collection begin anew.
func (s *stagedState) forget() { s.reset = true }

// GetAppStateVersion implements [store.AppStateStore].
func (s *stagedState) GetAppStateVersion(ctx context.Context, name string) (uint64, [128]byte, error) {
	if s.moved || s.reset {
		return s.version, s.hash, nil
	}
	return s.AppStateStore.GetAppStateVersion(ctx, name)
}

// PutAppStateVersion implements [store.AppStateStore].
func (s *stagedState) PutAppStateVersion(_ context.Context, _ string, version uint64, hash [128]byte) error {
	s.moved, s.version, s.hash = true, version, hash
	return nil
}

// DeleteAppStateVersion implements [store.AppStateStore].
func (s *stagedState) DeleteAppStateVersion(context.Context, string) error {
	s.forget()
	return nil
}

// PutAppStateMutationMACs implements [store.AppStateStore].
func (s *stagedState) PutAppStateMutationMACs(_ context.Context, _ string, _ uint64, mutations []store.AppStateMutationMAC) error {
	if s.added == nil {
		s.added = make(map[string][]byte, len(mutations))
	}
	for _, m := range mutations {
		s.added[string(m.IndexMAC)] = m.ValueMAC
	}
	return nil
}

// DeleteAppStateMutationMACs implements [store.AppStateStore].
func (s *stagedState) DeleteAppStateMutationMACs(_ context.Context, _ string, indexes [][]byte) error {
	for _, index := range indexes {
		delete(s.added, string(index))
		s.removed = append(s.removed, index)
	}
	return nil
}

// GetAppStateMutationMAC implements [store.AppStateStore].
func (s *stagedState) GetAppStateMutationMAC(ctx context.Context, name string, index []byte) ([]byte, error) {
	if value, ok := s.added[string(index)]; ok {
		return value, nil
	}
	if s.reset || slices.ContainsFunc(s.removed, func(other []byte) bool { return string(other) == string(index) }) {
		return nil, nil
	}
	return s.AppStateStore.GetAppStateMutationMAC(ctx, name, index)
}

// stateBatch bounds the parameters of one statement.
const stateBatch = 400

// commit writes everything in one transaction.
func (s *stagedState) commit(ctx context.Context, db *dbutil.Database) error {
	if !s.moved {
		return nil
	}
	err := db.DoTxn(ctx, nil, func(ctx context.Context) error {
		if s.reset {
			if err := s.AppStateStore.DeleteAppStateVersion(ctx, s.name); err != nil {
				return err
			}
		}
		if err := s.AppStateStore.PutAppStateVersion(ctx, s.name, s.version, s.hash); err != nil {
			return err
		}
		for batch := range slices.Chunk(s.removed, stateBatch) {
			if err := s.AppStateStore.DeleteAppStateMutationMACs(ctx, s.name, batch); err != nil {
				return err
			}
		}
		added := make([]store.AppStateMutationMAC, 0, len(s.added))
		for index, value := range s.added {
			added = append(added, store.AppStateMutationMAC{IndexMAC: []byte(index), ValueMAC: value})
		}
		return s.AppStateStore.PutAppStateMutationMACs(ctx, s.name, s.version, added)
	})
	if err != nil {
		return fmt.Errorf("save the version of app state: %w", err)
	}
	return nil
}
