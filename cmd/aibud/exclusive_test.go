package main

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/simulator"
)

const refusal = "Another Aibud server is using this database"

func TestTwoServersDoNotShareADatabase(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := onDatabase(t, database(t))
			first.start()
			first.refusesASecond()
			require.NoError(t, first.stop())
		})
	}
}

// TestTheLockIsTakenAgain has PostgreSQL end all of the server's connections,
// as a restart of it would.
func TestTheLockIsTakenAgain(t *testing.T) {
	t.Parallel()
	database := newPostgres(t)
	p := onDatabase(t, database)
	p.start()
	p.signUp()
	conn, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	holder := func() (pid int) { // 0: nobody
		require.NoError(t, conn.QueryRow(t.Context(), `SELECT coalesce(max(l.pid), 0) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()`).Scan(&pid))
		return pid
	}
	first := holder()
	require.NotZero(t, first)
	_, err = conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	require.NoError(t, err)
	p.until("the lock is held again", func() bool { pid := holder(); return pid != 0 && pid != first })
	p.refusesASecond()
	p.do("GET", "/v1/me", nil, nil)
	require.NoError(t, p.stop())
}

// onDatabase prepares a server without seats.
func onDatabase(t *testing.T, database string) *process {
	t.Helper()
	sim, err := simulator.Start(t.Context(), simulator.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	return newProcess(t, sim, database)
}

// refusesASecond starts another server with the same settings but for the
// address.
func (p *process) refusesASecond() {
	p.t.Helper()
	second := *p
	second.env = append(append([]string{}, p.env...), "AIBUD_LISTEN="+freeAddress(p.t))
	exited, output := second.runToEnd(time.Minute)
	require.Equal(p.t, 1, exited)
	require.Contains(p.t, output, refusal)
}
