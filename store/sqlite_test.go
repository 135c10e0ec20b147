package store

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// openSmall opens a SQLite store that waits briefly for other writers, with
// an agency that has a seat.
func openSmall(t *testing.T, folder string) (*Store, engine.SeatKey) {
	t.Helper()
	s, err := Open(t.Context(), Config{DataDir: folder, BusyTimeout: 50 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s, newSeat(t, s)
}

func newSeat(t *testing.T, s *Store) engine.SeatKey {
	t.Helper()
	user, err := s.SignUp(t.Context(), engine.NewAccount{Agency: "A", Name: "B", Email: engine.NewID(), PasswordHash: "h"}, true)
	require.NoError(t, err)
	seat, err := s.Tenant(user.Tenant).CreateSeat(t.Context(), "seat")
	require.NoError(t, err)
	return engine.SeatKey{Tenant: user.Tenant, Seat: seat.ID}
}

func incoming(id, text string) []engine.Fact {
	return []engine.Fact{engine.Incoming{
		WhatsAppID: id, Chat: engine.Party{Phone: engine.PhoneAddress("27821234567")}, Kind: engine.KindText, Text: text, At: time.Now(),
	}}
}

func countMessages(t *testing.T, s *Store) int {
	t.Helper()
	n, err := one(t.Context(), s.db, column[int], `SELECT COUNT(*) FROM messages`)
	require.NoError(t, err)
	return n
}

func TestSQLiteLocked(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s, seat := openSmall(t, folder)
	other, err := openSQLiteFile(t.Context(), filepath.Join(folder, "aibud.db"), time.Second, 1, otherCache, false)
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	lock, err := other.BeginTx(t.Context(), nil)
	require.NoError(t, err)

	err = s.Record(t.Context(), seat, incoming("1", "hi"))
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(err), "%v", err)
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(s.Ping(t.Context())))
	_, err = s.Tenant(seat.Tenant).Seats(t.Context())
	require.NoError(t, err, "reading goes on")
	require.NoError(t, lock.Rollback())
	require.NoError(t, s.Ping(t.Context()))
	require.NoError(t, s.Record(t.Context(), seat, incoming("1", "hi")))
	require.Equal(t, 1, countMessages(t, s))
}

func TestSQLiteFull(t *testing.T) {
	t.Parallel()
	s, seat := openSmall(t, t.TempDir())
	db, ok := s.db.(*sqliteDB)
	require.True(t, ok)
	pages := func(limit int) {
		var got int
		require.NoError(t, db.writer.QueryRowContext(t.Context(), "PRAGMA max_page_count = "+strconv.Itoa(limit)).Scan(&got))
	}
	var used int
	require.NoError(t, db.writer.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&used))
	pages(used)
	before, err := s.Tenant(seat.Tenant).LastSeq(t.Context())
	require.NoError(t, err)
	err = s.Record(t.Context(), seat, incoming("1", strings.Repeat("x", 60_000)))
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(err), "%v", err)
	require.Zero(t, countMessages(t, s), "nothing half stored")
	after, err := s.Tenant(seat.Tenant).LastSeq(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after)

	pages(1 << 30)
	require.NoError(t, s.Record(t.Context(), seat, incoming("1", strings.Repeat("x", 60_000))))
	require.Equal(t, 1, countMessages(t, s))
}

func TestSQLiteFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Open(t.Context(), Config{DataDir: filepath.Join(file, "data")})
	require.ErrorContains(t, err, "data folder")
	_, err = Open(t.Context(), Config{DataDir: "/proc/aibud"})
	require.ErrorContains(t, err, "data folder")
	_, err = Open(t.Context(), Config{URL: "mysql://x"})
	require.ErrorContains(t, err, "DATABASE_URL")

	odd := filepath.Join(folder, "a?b#c%41 d")
	s, err := Open(t.Context(), Config{DataDir: odd})
	require.NoError(t, err)
	defer s.Close()
	info, err := os.Stat(filepath.Join(odd, "aibud.db"))
	require.NoError(t, err, "the folder's name is taken as it is")
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NotZero(t, info.Size())
}

func TestSQLitePragmas(t *testing.T) {
	t.Parallel()
	s, seat := openSmall(t, t.TempDir())
	db, ok := s.db.(*sqliteDB)
	require.True(t, ok)
	require.NoError(t, checkPragmas(t.Context(), db.writer, 50*time.Millisecond))
	require.NoError(t, checkPragmas(t.Context(), db.reader, 50*time.Millisecond))
	_, err := db.reader.ExecContext(t.Context(), "DELETE FROM settings")
	require.Error(t, err, "the readers don't write")
	_, err = s.db.exec(t.Context(), `INSERT INTO turns (tenant, conversation, opened_at, due, last_seq) VALUES ($1, 'x', 0, 0, 0)`, seat.Tenant)
	require.ErrorContains(t, err, "FOREIGN KEY")
	keys, _, err := s.KeysDB(t.Context())
	require.NoError(t, err)
	require.NoError(t, checkPragmas(t.Context(), keys, 50*time.Millisecond))
}

// TestSQLiteStatements makes sure that statements are kept prepared and that
// each is used by one result at a time.
func TestSQLiteStatements(t *testing.T) {
	t.Parallel()
	s, _ := openSmall(t, t.TempDir())
	db, ok := s.db.(*sqliteDB)
	require.True(t, ok)
	conn, err := db.writer.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	const query = `SELECT $1 + 1 UNION ALL SELECT $1 + 2`
	first, err := conn.QueryContext(t.Context(), query, 1)
	require.NoError(t, err)
	require.True(t, first.Next())
	second, err := conn.QueryContext(t.Context(), query, 10)
	require.NoError(t, err)
	require.Equal(t, []int{11, 12}, ints(t, second))
	require.Equal(t, []int{3}, ints(t, first), "the first goes on where it was")
	require.NoError(t, conn.Raw(func(raw any) error {
		kept, ok := raw.(*keepingConn)
		require.True(t, ok)
		require.Contains(t, kept.idle, query)
		return nil
	}))
	_, err = conn.ExecContext(t.Context(), "nonsense")
	require.Error(t, err)
}

func ints(t *testing.T, rows *sql.Rows) (found []int) {
	t.Helper()
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var n int
		require.NoError(t, rows.Scan(&n))
		found = append(found, n)
	}
	require.NoError(t, rows.Err())
	return found
}

func TestCancelledWhileWaiting(t *testing.T) {
	t.Parallel()
	s, seat := openSmall(t, t.TempDir())
	inside, h, err := s.db.begin(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Record(ctx, seat, incoming("1", "hi")) }()
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	h.rollback(inside)
	require.NoError(t, s.Record(t.Context(), seat, incoming("1", "hi")))
}

// Giving memory back takes the connections for a moment only.
func TestSQLiteReturnsMemory(t *testing.T) {
	s, _ := openSmall(t, t.TempDir())
	keys, _, err := s.KeysDB(t.Context())
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, s.ReturnMemory(t.Context()))
		db := s.db.(*sqliteDB)
		for _, pool := range []*sql.DB{db.writer, db.reader, keys} {
			require.Zero(t, pool.Stats().InUse)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.ReturnMemory(ctx), context.Canceled)
	require.NoError(t, s.SetSetting(t.Context(), "a", "setting"))
}
