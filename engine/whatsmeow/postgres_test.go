package whatsmeow_test

import (
	"database/sql"
	"net/url"
	"os"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// openPostgres makes a database of its own on the server that the tests use.
func openPostgres(t *testing.T) *sql.DB {
	t.Helper()
	server := os.Getenv("TEST_POSTGRES_URL")
	require.NotEmpty(t, server, "set TEST_POSTGRES_URL to the URL of a PostgreSQL database, as make test does through pg_virtualenv")
	admin, err := sql.Open("pgx", server)
	require.NoError(t, err)
	name := "whatsmeow_" + strings.ReplaceAll(engine.NewID(), "-", "")
	_, err = admin.ExecContext(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	own, err := url.Parse(server)
	require.NoError(t, err)
	own.Path = "/" + name
	db, err := sql.Open("pgx", own.String())
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, db.Close())
		// One of the library's goroutines may still have a statement under way.
		_, err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)")
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
	s.set(func(m *memory) { m.failures, m.tries, m.only = 1, 0, messagesOnly })
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
