package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/store"
	"github.com/myaibud/aibud/store/storetest"
)

func TestPostgreSQLStartsAtOnce(t *testing.T) {
	t.Parallel()
	config := storetest.Config(t, storetest.PostgreSQL)
	errs := make([]error, 4)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = store.Migrate(t.Context(), config) })
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}

func TestPostgreSQLLost(t *testing.T) {
	t.Parallel()
	config := storetest.Config(t, storetest.PostgreSQL)
	s, err := store.Open(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	user, err := s.SignUp(t.Context(), engine.NewAccount{Agency: "A", Name: "B", Email: "c", PasswordHash: "h"}, true)
	require.NoError(t, err)
	rows := s.Tenant(user.Tenant)
	seat, err := rows.CreateSeat(t.Context(), "seat")
	require.NoError(t, err)
	key := engine.SeatKey{Tenant: user.Tenant, Seat: seat.ID}
	fact := engine.Incoming{WhatsAppID: "1", Chat: engine.Party{LID: "1@lid"}, Kind: engine.KindText, Text: "hi", At: time.Now()}

	killer, err := pgx.Connect(t.Context(), config.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, killer.Close(t.Context())) }()
	// A lock makes sure that the transaction is under way when it is lost.
	lock, err := killer.Begin(t.Context())
	require.NoError(t, err)
	_, err = lock.Exec(t.Context(), `SELECT 1 FROM tenants FOR UPDATE`)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- s.Record(t.Context(), key, []engine.Fact{fact}) }()
	require.Eventually(t, func() bool {
		var waiting int
		err := lock.QueryRow(t.Context(), `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		return err == nil && waiting > 0
	}, time.Minute, 10*time.Millisecond)
	_, err = lock.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	require.NoError(t, err)
	err = <-done
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(err), "%v", err)
	require.NoError(t, lock.Rollback(t.Context()))

	// The pool finds out by itself which of its connections are gone.
	require.Eventually(t, func() bool { return s.Record(t.Context(), key, []engine.Fact{fact}) == nil }, time.Minute, 10*time.Millisecond)
	found, _, err := rows.Conversations(t.Context(), engine.ConversationFilter{}, engine.Page{})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, 1, found[0].Unread)
}

func TestPostgreSQLUnreachable(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://nobody@127.0.0.1:1/x?connect_timeout=1", "postgres://%zz"} {
		_, err := store.Open(t.Context(), store.Config{URL: url})
		require.Error(t, err)
	}
}

// TestJobsOfAKilledProcess: PostgreSQL may do what a process asked for after the
// process was killed, and the next one has started.
func TestJobsOfAKilledProcess(t *testing.T) {
	t.Parallel()
	config := storetest.Config(t, storetest.PostgreSQL)
	s, err := store.Open(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	other, err := pgx.Connect(t.Context(), config.URL)
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close(t.Context())) }()
	workers := river.NewWorkers()
	s.AddWorkers(workers)
	for _, killed := range []string{"before", "late"} {
		// Nobody works jobs of this kind, so they are seen as they are left.
		insert := func() {
			_, err := other.Exec(t.Context(), `INSERT INTO river_job (args, kind, max_attempts, queue, state, attempt, attempted_at, attempted_by)
VALUES ('{}', $1, 3, 'nobody', 'running', 1, now(), ARRAY['the one that was killed'])`, killed)
			require.NoError(t, err)
		}
		if killed == "before" {
			insert()
		}
		jobs, err := s.StartJobs(t.Context(), workers, store.JobsConfig{TakeUpAgain: time.Second})
		require.NoError(t, err)
		if killed == "late" {
			insert()
		}
		require.Eventually(t, func() bool {
			var state string
			err := other.QueryRow(t.Context(), `SELECT state FROM river_job WHERE kind = $1`, killed).Scan(&state)
			return err == nil && state == "available"
		}, 30*time.Second, 10*time.Millisecond)
		require.NoError(t, jobs.Stop(t.Context()))
	}
}

// TestServersBeforeAreFencedOff: what a server that was killed asked PostgreSQL
// for doesn't happen any more once the next one has begun.
func TestServersBeforeAreFencedOff(t *testing.T) {
	t.Parallel()
	config := storetest.Config(t, storetest.PostgreSQL)
	open := func() *store.Store {
		s, err := store.Open(t.Context(), config)
		require.NoError(t, err)
		t.Cleanup(s.Close)
		return s
	}
	killed, tool := open(), open()
	release, _, err := killed.Exclusive(t.Context())
	require.NoError(t, err)
	keys, _, err := killed.KeysDB(t.Context())
	require.NoError(t, err)
	late, err := keys.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = late.ExecContext(t.Context(), `CREATE TABLE written_late (x int)`)
	require.NoError(t, err)
	require.NoError(t, release()) // only its lock is gone

	next := open()
	release, _, err = next.Exclusive(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, release()) }()
	require.Error(t, late.Commit())
	require.NoError(t, next.SetSetting(t.Context(), "a", "b"))
	require.NoError(t, tool.SetSetting(t.Context(), "a", "c"), "other programs go on")
}
