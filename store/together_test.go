package store

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// A lane takes everything that waits into one transaction, a panic reaches
// the caller whose it is, and whoever gives up while waiting is let go.
func TestTogether(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Config{DataDir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	user, err := s.SignUp(t.Context(), engine.NewAccount{Agency: "A", Name: "B", Email: "c", PasswordHash: "h"}, true)
	require.NoError(t, err)
	other, err := s.SignUp(t.Context(), engine.NewAccount{Agency: "D", Name: "E", Email: "f", PasswordHash: "h"}, true)
	require.NoError(t, err)

	// While this one holds the writer, the others gather.
	_, holder, err := s.db.begin(t.Context())
	require.NoError(t, err)
	var mu sync.Mutex
	handles := map[handle]int{}
	var all sync.WaitGroup
	for i := range 10 {
		tenant := user.Tenant
		if i%2 == 1 {
			tenant = other.Tenant
		}
		all.Go(func() {
			err := s.together(t.Context(), tenant, func(ctx context.Context, x *tx) error {
				mu.Lock()
				handles[x.handle]++
				mu.Unlock()
				return x.lock(ctx, tenant)
			})
			require.NoError(t, err) //nolint:testifylint // ends the goroutine, which is as well
		})
	}
	waiting := func() int {
		s.lanes.mu.Lock()
		defer s.lanes.mu.Unlock()
		l := s.lanes.lanes[""]
		if l == nil {
			return 0
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.waiting)
	}
	for waiting() < 10 {
		runtime.Gosched()
	}
	ctx, giveUp := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		gone <- s.together(ctx, user.Tenant, func(context.Context, *tx) error {
			panic("made although nobody waits for it")
		})
	}()
	for waiting() < 11 {
		runtime.Gosched()
	}
	giveUp()
	require.ErrorIs(t, <-gone, context.Canceled)
	holder.rollback(t.Context())
	all.Wait()
	require.Len(t, handles, 1)

	require.PanicsWithValue(t, "mine", func() {
		defer func() {
			if p := recover(); p != nil {
				require.Contains(t, p, "mine")
				panic("mine")
			}
		}()
		_ = s.together(t.Context(), user.Tenant, func(context.Context, *tx) error { panic("mine") })
	})
}
