package storetest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/store"
)

// Dialect names a database that the store runs on.
type Dialect string

// The dialects.
const (
	SQLite     Dialect = "sqlite"
	PostgreSQL Dialect = "postgres"
)

// dropTimeout bounds the removal of a test's database.
const dropTimeout = 30 * time.Second

// Open opens a fresh store that is closed, and whose database is removed,
// when the test ends. PostgreSQL is the server at TEST_POSTGRES_URL, on which
// the test makes a database; the test fails if that is not set.
func Open(t testing.TB, dialect Dialect, change ...func(*store.Config)) *store.Store {
	t.Helper()
	config := Config(t, dialect)
	for _, apply := range change {
		apply(&config)
	}
	s, err := store.Open(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

// Config returns the settings of a fresh, empty database that is removed when
// the test ends. Stores on it must be closed before that.
func Config(t testing.TB, dialect Dialect) store.Config {
	t.Helper()
	config := store.Config{DataDir: t.TempDir(), Feed: &engine.Feed{}}
	if dialect == PostgreSQL {
		config.URL = newDatabase(t)
	}
	return config
}

// newDatabase makes a PostgreSQL database and returns its URL.
func newDatabase(t testing.TB) string {
	t.Helper()
	server := os.Getenv("TEST_POSTGRES_URL")
	require.NotEmpty(t, server, "TEST_POSTGRES_URL is not set. Run the tests by 'make test', or set it to the URL of a "+
		"PostgreSQL user who may create databases.")
	address, err := url.Parse(server)
	require.NoError(t, err, "TEST_POSTGRES_URL")
	name := "test_" + fmt.Sprintf("%x", time.Now().UnixNano()) + "_" + engine.NewID()[24:]
	quoted := pgx.Identifier{name}.Sanitize()
	run(t, server, "CREATE DATABASE "+quoted)
	t.Cleanup(func() { run(t, server, "DROP DATABASE "+quoted+" WITH (FORCE)") })
	address.Path = "/" + name
	settings := address.Query()
	settings.Set("synchronous_commit", "off") // nobody pulls the plug on a test
	address.RawQuery = settings.Encode()
	return address.String()
}

func run(t testing.TB, server, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), dropTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	require.NoError(t, err, "TEST_POSTGRES_URL")
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, statement)
	require.NoError(t, err)
}
