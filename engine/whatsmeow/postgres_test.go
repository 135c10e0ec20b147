package whatsmeow_test

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// openPostgres makes a schema of its own in the database that the tests run
// on.
func openPostgres(t *testing.T) *sql.DB {
	t.Helper()
	url := os.Getenv("TEST_POSTGRES_URL")
	require.NotEmpty(t, url, "set TEST_POSTGRES_URL to the URL of a PostgreSQL database, as make test does through pg_virtualenv")
	admin, err := sql.Open("pgx", url)
	require.NoError(t, err)
	schema := "whatsmeow_" + strings.ReplaceAll(engine.NewID(), "-", "")
	_, err = admin.ExecContext(t.Context(), "CREATE SCHEMA "+schema)
	require.NoError(t, err)
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	db, err := sql.Open("pgx", url+separator+"search_path="+schema)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, db.Close())
		_, err := admin.Exec("DROP SCHEMA " + schema + " CASCADE") //nolint:noctx // the test's context has ended
		require.NoError(t, err)
		require.NoError(t, admin.Close())
	})
	return db
}

func TestPostgreSQL(t *testing.T) {
	db := openPostgres(t)
	w := newWorld(t, func(c *whatsmeow.Config) { c.DB, c.Dialect = db, "postgres" })
	w.db = db
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	require.Equal(t, 1, w.devices(t))
	s.set(func(m *memory) { m.failures, m.tries = 1, 0 })
	_, err := lead.SendText(t.Context(), agentNumber, "Hello")
	require.NoError(t, err)
	s.until(t, "the failure", func() bool { return s.tries == 1 })
	s.reconnect(t)
	got := s.message(t, "Hello")
	s.send(t, got.Chat, "Good day")
	sees(t, lead, "Good day")
	settled(t, w)
	require.NoError(t, s.Logout(t.Context()))
	require.Zero(t, w.devices(t))
}
