package assistant_test

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/myaibud/aibud/engine/assistant"
)

// queue starts River on an empty SQLite database with the assistant's worker.
func queue(t *testing.T, b *bundle) *river.Client[*sql.Tx] {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "jobs.db")+
		"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_txlock=immediate")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	db.SetMaxOpenConns(1)
	log := slog.New(slog.DiscardHandler)
	migrator, err := rivermigrate.New(riversqlite.New(db), &rivermigrate.Config{Logger: log})
	require.NoError(t, err)
	_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	require.NoError(t, err)
	workers := river.NewWorkers()
	require.NoError(t, river.AddWorkerSafely(workers, b.Worker()))
	client, err := river.NewClient(riversqlite.New(db), &river.Config{
		Logger: log, Workers: workers, FetchPollInterval: 100 * time.Millisecond,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}},
	})
	require.NoError(t, err)
	return client
}

// next waits for a job's event.
func next(t *testing.T, events <-chan *river.Event) *river.Event {
	t.Helper()
	select {
	case event := <-events:
		return event
	case <-time.After(time.Minute):
		require.Fail(t, "the queue told nothing for a minute")
		return nil
	}
}

// TestQueueKeepsTheWaitThatTheModelAsksFor shows with the real queue that a
// job snoozes until its turn is due, and that its retry waits as long as the
// model said.
func TestQueueKeepsTheWaitThatTheModelAsksFor(t *testing.T) {
	t.Parallel()
	const after = 2 * time.Minute
	b := setup(fakeModel(func(context.Context, assistant.Prompt) (string, error) {
		return "", &assistant.ModelError{Sentence: "Busy.", Detail: "busy", Retry: true, After: after}
	}), assistant.Config{Quiet: 300 * time.Millisecond})
	client := queue(t, b)
	events, cancel := client.Subscribe(river.EventKindJobSnoozed, river.EventKindJobFailed)
	defer cancel()
	require.NoError(t, client.Start(t.Context()))
	defer func() { require.NoError(t, client.Stop(context.WithoutCancel(t.Context()))) }()

	b.hear(t, "Hi")
	_, err := client.Insert(t.Context(), b.tx.args[0].(assistant.ReplyArgs), &river.InsertOpts{MaxAttempts: 3})
	require.NoError(t, err)
	event := next(t, events)
	for event.Kind == river.EventKindJobSnoozed {
		event = next(t, events)
	}
	require.Equal(t, rivertype.JobStateRetryable, event.Job.State)
	require.Equal(t, 1, event.Job.Attempt)
	require.WithinRange(t, event.Job.ScheduledAt, time.Now().Add(after/2), time.Now().Add(2*after))
	require.JSONEq(t, `{"tenant":"tenant","conversation":"conversation"}`, string(event.Job.EncodedArgs))
}
