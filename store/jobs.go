package store

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"riverqueue.com/riverui"

	"github.com/myaibud/aibud/engine"
)

// JobsConfig says how jobs are worked. The zero value is fine.
type JobsConfig struct {
	// MaxWorkers is how many jobs run at once; 0: 50. A job that answers a
	// lead mostly waits for the network.
	MaxWorkers int
	// HistoryWorkers is how many parts of phones' histories are imported at
	// once; 0: 2.
	HistoryWorkers int
	// FetchCooldown is how long after a fetch the next one may follow, which
	// bounds the start of a job while others come in; 0: 50 ms.
	FetchCooldown time.Duration
	// FetchPollInterval is how late a job may start that was scheduled for a
	// time; others start at once. 0: 500 ms.
	FetchPollInterval time.Duration
	// MaxAttempts is how often a job runs whose options don't say; 0: 10.
	MaxAttempts int
	// Queues are further queues, with how many of their jobs run at once.
	Queues map[string]int
	// Periodic are jobs that come again and again.
	Periodic []*river.PeriodicJob
	// Now is the clock by which jobs become due; nil: the database's.
	Now func() time.Time
	// Timeout is how long a job may run whose worker doesn't say; 0: 2 minutes.
	Timeout time.Duration
	// TakeUpAgain is when, after the start, jobs are taken up once more that a
	// process left which was killed just before; 0: 10 s. On PostgreSQL only.
	TakeUpAgain time.Duration
}

// client is a River client that works jobs.
type client interface {
	id() string
	stop(ctx context.Context) error
	ui(log *slog.Logger, prefix string) (*riverui.Handler, error)
}

// Jobs works the jobs that transactions have enqueued, until it is stopped.
type Jobs struct {
	client  client
	endUIs  context.CancelFunc
	startUI func(*riverui.Handler) error
	again   *time.Timer // nil: nothing is taken up again
}

// A process that was killed leaves its jobs marked as running. Nobody else
// works on this database (see Store.Exclusive), so they are taken up again at
// once; River would take them for stuck an hour later.
const takeUpJobsQuery = `UPDATE river_job SET state = 'available' WHERE state = 'running'`

// What the process had asked PostgreSQL for when it was killed is done all the
// same, and may be done late: it may mark more jobs as running.
const takeUpLateJobsQuery = `UPDATE river_job SET state = 'available' WHERE state = 'running' AND $1 <> ALL (attempted_by)`

// StartJobs begins to work jobs. workers has one for each kind of job; its
// jobs may run more than once, and at the same time as others. Cancelling ctx
// stops nothing: [Jobs.Stop] must be called, before [Store.Close].
func (s *Store) StartJobs(ctx context.Context, workers *river.Workers, config JobsConfig) (*Jobs, error) {
	if _, err := s.db.exec(ctx, takeUpJobsQuery); err != nil {
		return nil, translate(fmt.Errorf("take up interrupted jobs: %w", err))
	}
	s.jobsOurs = config.Now != nil
	base, end := context.WithCancel(context.WithoutCancel(ctx))
	started, err := s.jobs.start(context.WithoutCancel(ctx), workers, config)
	if err != nil {
		end()
		return nil, translate(fmt.Errorf("start jobs: %w", err))
	}
	jobs := &Jobs{
		client: started, endUIs: end,
		startUI: func(h *riverui.Handler) error { return h.Start(base) },
	}
	if _, ok := s.db.(*postgresDB); ok {
		jobs.again = time.AfterFunc(cmp.Or(config.TakeUpAgain, 10*time.Second), func() {
			if _, err := s.db.exec(base, takeUpLateJobsQuery, started.id()); err != nil && base.Err() == nil {
				s.config.Log.Error("interrupted jobs could not be taken up; they are in an hour", "error", err)
			}
		})
	}
	return jobs, nil
}

// Jobs that wait for a seat and name it. The time is any that has passed.
const resumeJobsQuery = `UPDATE river_job SET state = 'available', scheduled_at = '2000-01-01 00:00:00'
WHERE state = 'scheduled' AND kind IN ('read_mark', 'history_import') AND args ->> 'tenant' = $1 AND args ->> 'seat' = $2`

// ResumeJobs lets the jobs that wait for a seat to connect run now, in a
// transaction of the store.
func ResumeJobs(ctx context.Context, within engine.Tx, seat engine.SeatKey) error {
	t, ok := within.(*tx)
	if !ok {
		return fmt.Errorf("not a transaction of the store: %T", within)
	}
	return t.resumeJobs(ctx, seat)
}

func (t *tx) resumeJobs(ctx context.Context, seat engine.SeatKey) error {
	resumed, err := t.exec(ctx, resumeJobsQuery, seat.Tenant, seat.Seat)
	t.jobs = t.jobs || resumed > 0
	return err
}

// Stop takes no more jobs and waits for those that run. When ctx ends it
// cancels them; they will be run again after a start.
func (j *Jobs) Stop(ctx context.Context) error {
	j.endUIs()
	if j.again != nil {
		j.again.Stop()
	}
	return j.client.stop(ctx)
}

// UI returns the queue's page for the platform's administrator, to be served
// below prefix. It shows the jobs' arguments and can cancel and retry them; it
// checks nobody's identity. [Jobs.Stop] ends what it does in the background.
func (j *Jobs) UI(log *slog.Logger, prefix string) (http.Handler, error) {
	handler, err := j.client.ui(slog.New(warnings{log.Handler()}), prefix)
	if err != nil {
		return nil, fmt.Errorf("job page: %w", err)
	}
	if err := j.startUI(handler); err != nil {
		return nil, fmt.Errorf("start job page: %w", err)
	}
	return handler, nil
}

type riverClient[TTx any] struct{ *river.Client[TTx] }

func (q *riverQueue[TTx]) start(ctx context.Context, workers *river.Workers, config JobsConfig) (client, error) {
	queues := map[string]river.QueueConfig{
		river.QueueDefault:  {MaxWorkers: cmp.Or(config.MaxWorkers, 50)},
		engine.HistoryQueue: {MaxWorkers: cmp.Or(config.HistoryWorkers, 2)},
	}
	for name, workers := range config.Queues {
		queues[name] = river.QueueConfig{MaxWorkers: workers}
	}
	var test river.TestConfig
	if config.Now != nil {
		test.Time = jobClock{config.Now}
	}
	c, err := river.NewClient(q.driver, &river.Config{
		Test:              test,
		Logger:            q.log,
		Workers:           workers,
		Queues:            queues,
		PeriodicJobs:      config.Periodic,
		FetchCooldown:     cmp.Or(config.FetchCooldown, 50*time.Millisecond),
		FetchPollInterval: cmp.Or(config.FetchPollInterval, 500*time.Millisecond),
		MaxAttempts:       cmp.Or(config.MaxAttempts, 10),
		JobTimeout:        cmp.Or(config.Timeout, 2*time.Minute),
		Hooks:             []rivertype.Hook{&soonHook{}},
	})
	if err != nil {
		return nil, err
	}
	if err := c.Start(ctx); err != nil {
		return nil, err
	}
	return riverClient[TTx]{c}, nil
}

func (c riverClient[TTx]) id() string { return c.ID() }

// hardStop is how long jobs have to notice that they were cancelled.
const hardStop = 3 * time.Second

func (c riverClient[TTx]) stop(ctx context.Context) error {
	err := c.Stop(ctx)
	if err == nil || ctx.Err() == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hardStop)
	defer cancel()
	return c.StopAndCancel(ctx)
}

func (c riverClient[TTx]) ui(log *slog.Logger, prefix string) (*riverui.Handler, error) {
	return riverui.NewHandler(&riverui.HandlerOpts{
		Endpoints: riverui.NewEndpoints(c.Client, nil), Logger: log, Prefix: prefix,
	})
}

// jobClock is a clock by which jobs become due.
type jobClock struct{ now func() time.Time }

// Now implements rivertype.TimeGenerator.
func (c jobClock) Now() time.Time { return c.now().UTC() }

// NowOrNil implements rivertype.TimeGenerator.
func (c jobClock) NowOrNil() *time.Time {
	now := c.Now()
	return &now
}
