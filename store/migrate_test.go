package store

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMigrateAgain(t *testing.T) {
	t.Parallel()
	config := Config{DataDir: t.TempDir()}
	require.NoError(t, Migrate(t.Context(), config))
	require.NoError(t, Migrate(t.Context(), config))
}

func TestMigrateRefusesNewer(t *testing.T) {
	t.Parallel()
	config := Config{DataDir: t.TempDir()}
	s, err := Open(t.Context(), config)
	require.NoError(t, err)
	_, err = s.db.exec(t.Context(), addMigrationQuery, 999, "from the future", 0)
	require.NoError(t, err)
	s.Close()
	_, err = Open(t.Context(), config)
	require.ErrorContains(t, err, "update Aibud")
}

func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	config := Config{DataDir: t.TempDir()}
	errs := make([]error, 3)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = Migrate(t.Context(), config) })
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}
