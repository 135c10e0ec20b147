package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/myaibud/aibud/engine"
)

// queue hides that River's client is of another type for each database: a job
// joins a pgx.Tx on PostgreSQL and a *sql.Tx on SQLite.
type queue interface {
	migrate(ctx context.Context) error
	enqueue(ctx context.Context, h handle, args engine.JobArgs, options engine.JobOptions) error
	// committed is called after a transaction that enqueued.
	committed()
	start(ctx context.Context, workers *river.Workers, config JobsConfig) (client, error)
}

// riverQueue is the queue on one database, whose transactions River knows as
// TTx.
type riverQueue[TTx any] struct {
	driver riverdriver.Driver[TTx]
	unwrap func(handle) (TTx, bool)
	insert *river.Client[TTx] // works no jobs
	wake   func()
	log    *slog.Logger
}

func newSQLiteQueue(db *sqliteDB, log *slog.Logger) (queue, error) {
	driver := newSQLiteJobs(db)
	return newQueue(driver, log, driver.listener.ring, func(h handle) (*sql.Tx, bool) {
		t, ok := h.(*sqliteTx)
		if !ok {
			return nil, false
		}
		return t.tx, true
	})
}

func newPostgresQueue(db *postgresDB, log *slog.Logger) (queue, error) {
	wake := func() {} // PostgreSQL notifies by itself
	return newQueue(riverpgxv5.New(db.pool), log, wake, func(h handle) (pgx.Tx, bool) {
		t, ok := h.(*postgresTx)
		if !ok {
			return nil, false
		}
		return t.tx, true
	})
}

func newQueue[TTx any](driver riverdriver.Driver[TTx], log *slog.Logger, wake func(), unwrap func(handle) (TTx, bool)) (queue, error) {
	q := &riverQueue[TTx]{driver: driver, unwrap: unwrap, wake: wake, log: slog.New(warnings{log.Handler()})}
	insert, err := river.NewClient(driver, &river.Config{Logger: q.log, Hooks: []rivertype.Hook{&soonHook{}}})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	q.insert = insert
	return q, nil
}

func (q *riverQueue[TTx]) migrate(ctx context.Context) error {
	migrator, err := rivermigrate.New(q.driver, &rivermigrate.Config{Logger: q.log})
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func (q *riverQueue[TTx]) enqueue(ctx context.Context, h handle, args engine.JobArgs, options engine.JobOptions) error {
	t, ok := q.unwrap(h)
	if !ok {
		return fmt.Errorf("a job can't join a transaction of type %T", h)
	}
	_, err := q.insert.InsertTx(ctx, t, args, &river.InsertOpts{
		ScheduledAt: options.At, MaxAttempts: options.MaxAttempts, Queue: options.Queue,
	})
	return err
}

func (q *riverQueue[TTx]) committed() { q.wake() }

// soon is how far ahead a job is put among the available ones at once. River
// looks for jobs whose time has come every 5 seconds; those that are available
// are fetched when they are due.
const soon = time.Minute

// soonHook makes jobs that are due soon start on time instead of up to 5
// seconds late.
type soonHook struct{ river.HookDefaults }

// InsertBegin implements rivertype.HookInsertBegin.
func (*soonHook) InsertBegin(_ context.Context, job *rivertype.JobInsertParams) error {
	if job.State == rivertype.JobStateScheduled && job.ScheduledAt != nil && time.Until(*job.ScheduledAt) < soon {
		job.State = rivertype.JobStateAvailable
	}
	return nil
}

// warnings lets warnings and errors through only: River tells of every loop
// that it starts.
type warnings struct{ slog.Handler }

// Enabled implements slog.Handler.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
