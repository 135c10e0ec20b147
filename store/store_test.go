package store_test

import (
	"testing"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/store"
	"github.com/myaibud/aibud/store/storetest"
)

// That a store is an assistant.Records too shows in cmd: importing that package
// starts a goroutine of OpenCensus which never ends.
var (
	_ api.Accounts         = (*store.Store)(nil)
	_ api.Tenant           = (*store.Tenant)(nil)
	_ scs.CtxStore         = (*store.Sessions)(nil)
	_ scs.IterableStore    = (*store.Sessions)(nil)
	_ scs.IterableCtxStore = (*store.Sessions)(nil)
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) *store.Store { return storetest.Open(t, storetest.SQLite) })
}

func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) *store.Store { return storetest.Open(t, storetest.PostgreSQL) })
}

func openConfig(t *testing.T, config store.Config) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}
