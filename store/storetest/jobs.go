package storetest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/store"
)

// patience bounds how long a job may take to start on a busy machine.
const patience = 30 * time.Second

type testArgs struct {
	Number int `json:"number"`
}

// Kind implements engine.JobArgs.
func (testArgs) Kind() string { return "store_test" }

type testWorker struct {
	river.WorkerDefaults[testArgs]

	worked chan int
}

// Work implements river.Worker.
func (w *testWorker) Work(ctx context.Context, job *river.Job[testArgs]) error {
	select {
	case w.worked <- job.Args.Number:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// enqueue adds jobs in the transaction of a reader, which ends with outcome.
func (b *bundle) enqueue(options engine.JobOptions, outcome error, numbers ...int) {
	b.t.Helper()
	_, err := b.store.Advance(b.ctx(), "enqueuer "+engine.NewID(), b.user.Tenant, 1, func(ctx context.Context, tx engine.Tx, _ []engine.Event) error {
		for _, n := range numbers {
			if err := tx.Enqueue(ctx, testArgs{n}, options); err != nil {
				return err
			}
		}
		return outcome
	})
	require.ErrorIs(b.t, err, outcome)
}

func (b *bundle) startJobs() (*store.Jobs, <-chan int) {
	b.t.Helper()
	worked := make(chan int, 100)
	workers := river.NewWorkers()
	river.AddWorker(workers, &testWorker{worked: worked})
	jobs, err := b.store.StartJobs(b.ctx(), workers, store.JobsConfig{})
	require.NoError(b.t, err)
	b.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(b.t, jobs.Stop(ctx))
	})
	return jobs, worked
}

func (b *bundle) await(worked <-chan int) int {
	b.t.Helper()
	select {
	case n := <-worked:
		return n
	case <-time.After(patience):
		require.Fail(b.t, "no job was worked")
		return 0
	}
}

func jobs(t *testing.T, b *bundle) {
	b.enqueue(engine.JobOptions{}, nil, 1) // before anybody works
	running, worked := b.startJobs()
	require.Equal(t, 1, b.await(worked))
	b.enqueue(engine.JobOptions{MaxAttempts: 3}, nil, 2)
	require.Equal(t, 2, b.await(worked))
	due := time.Now().Add(300 * time.Millisecond)
	b.enqueue(engine.JobOptions{At: due}, nil, 3)
	require.Equal(t, 3, b.await(worked))
	require.False(t, time.Now().Before(due), "not before its time")
	require.Less(t, time.Since(due), 4*time.Second, "and not only when River looks for what is due")

	page, err := running.UI(slog.New(slog.DiscardHandler), "/admin/jobs")
	require.NoError(t, err)
	for _, path := range []string{"/admin/jobs/", "/admin/jobs/api/jobs?state=completed"} {
		answer := httptest.NewRecorder()
		page.ServeHTTP(answer, httptest.NewRequestWithContext(b.ctx(), http.MethodGet, path, nil))
		require.Equal(t, http.StatusOK, answer.Code, "%s: %s", path, answer.Body)
	}
}

func jobsRollBack(t *testing.T, b *bundle) {
	_, worked := b.startJobs()
	b.enqueue(engine.JobOptions{}, errors.New("changed my mind"), 1, 2)
	b.enqueue(engine.JobOptions{}, nil, 3)
	require.Equal(t, 3, b.await(worked))
	require.Empty(t, worked)
}

// offlineWorker works the jobs of a seat that is offline until it is connected.
type offlineWorker struct {
	river.WorkerDefaults[engine.ReadMarkArgs]

	connected atomic.Bool
	worked    chan int
}

// Work implements river.Worker.
func (w *offlineWorker) Work(ctx context.Context, job *river.Job[engine.ReadMarkArgs]) error {
	select {
	case w.worked <- len(job.Args.Messages):
	case <-ctx.Done():
		return ctx.Err()
	}
	if !w.connected.Load() {
		return river.JobSnooze(time.Hour)
	}
	return nil
}

// jobsResumed has jobs of two seats wait for an hour, until one has connected.
func jobsResumed(t *testing.T, b *bundle) {
	worker := &offlineWorker{worked: make(chan int, 100)}
	workers := river.NewWorkers()
	river.AddWorker(workers, worker)
	jobs, err := b.store.StartJobs(b.ctx(), workers, store.JobsConfig{})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, jobs.Stop(ctx))
	})
	within := func(do func(ctx context.Context, tx engine.Tx) error) {
		_, err := b.store.Advance(b.ctx(), "reader "+engine.NewID(), b.user.Tenant, 1, func(ctx context.Context, tx engine.Tx, _ []engine.Event) error {
			return do(ctx, tx)
		})
		require.NoError(t, err)
	}
	within(func(ctx context.Context, tx engine.Tx) error {
		for n, seat := range []engine.SeatID{b.seat.Seat, "another"} {
			args := engine.ReadMarkArgs{Tenant: b.user.Tenant, Seat: seat, Messages: make([]engine.MessageID, n+1)}
			if err := tx.Enqueue(ctx, args, engine.JobOptions{}); err != nil {
				return err
			}
		}
		return nil
	})
	require.Equal(t, 3, b.await(worker.worked)+b.await(worker.worked))
	worker.connected.Store(true)
	require.Eventually(t, func() bool { // once River has written that it waits
		within(func(ctx context.Context, tx engine.Tx) error { return store.ResumeJobs(ctx, tx, b.seat) })
		return len(worker.worked) > 0
	}, patience, 50*time.Millisecond)
	require.Equal(t, 1, b.await(worker.worked))
	require.Empty(t, worker.worked, "the other seat's job goes on waiting")
}
