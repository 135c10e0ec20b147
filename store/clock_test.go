package store_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/store"
	"github.com/myaibud/aibud/store/storetest"
)

// setClock is a clock that a test sets, and lets go on.
type setClock struct{ ahead atomic.Int64 }

func (c *setClock) now() time.Time { return time.Now().Round(0).Add(time.Duration(c.ahead.Load())) }

func (c *setClock) add(d time.Duration) { c.ahead.Add(int64(d)) }

type clockJob struct {
	Name string `json:"name"`
}

func (clockJob) Kind() string { return "clock_test" }

// worked notes which jobs were worked.
type worked struct {
	river.WorkerDefaults[clockJob]

	mu    sync.Mutex
	names []string
}

func (w *worked) Work(_ context.Context, job *river.Job[clockJob]) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names = append(w.names, job.Args.Name)
	return nil
}

func (w *worked) done() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string{}, w.names...)
}

// clockDesk is a store with a conversation, whose clock is set.
type clockDesk struct {
	*store.Store
	clock  *setClock
	config store.Config
	rows   *store.Tenant
	seat   engine.SeatKey
	talk   engine.ConversationID
	user   engine.User
	jobs   *worked
}

func newClockDesk(t *testing.T, dialect storetest.Dialect) *clockDesk {
	t.Helper()
	d := &clockDesk{clock: &setClock{}, jobs: &worked{}}
	d.config = storetest.Config(t, dialect)
	d.config.Now = d.clock.now
	d.open(t)
	ctx := t.Context()
	var err error
	d.user, err = d.SignUp(ctx, engine.NewAccount{Agency: "A", Name: "Thandi", Email: "a@example.com", PasswordHash: "x"}, true)
	require.NoError(t, err)
	d.rows = d.Tenant(d.user.Tenant)
	seat, err := d.rows.CreateSeat(ctx, "Desk")
	require.NoError(t, err)
	d.seat = engine.SeatKey{Tenant: d.user.Tenant, Seat: seat.ID}
	require.NoError(t, d.Record(ctx, d.seat, []engine.Fact{engine.Incoming{
		WhatsAppID: "A1", Chat: engine.Party{Phone: engine.PhoneAddress("27821234567")}, Kind: engine.KindText, Text: "hello", At: d.clock.now(),
	}}))
	found, _, err := d.rows.Conversations(ctx, engine.ConversationFilter{}, engine.Page{Limit: 1})
	require.NoError(t, err)
	d.talk = found[0].ID
	return d
}

func (d *clockDesk) open(t *testing.T) {
	t.Helper()
	var err error
	d.Store, err = store.Open(t.Context(), d.config)
	require.NoError(t, err)
	t.Cleanup(d.Close)
	require.NoError(t, d.StartClock(t.Context()))
	if d.user.Tenant != "" {
		d.rows = d.Tenant(d.user.Tenant)
	}
}

// work begins to work jobs.
func (d *clockDesk) work(t *testing.T) (stop func()) {
	t.Helper()
	workers := river.NewWorkers()
	river.AddWorker(workers, d.jobs)
	d.AddWorkers(workers)
	jobs, err := d.StartJobs(t.Context(), workers, store.JobsConfig{Now: d.clock.now, FetchPollInterval: 50 * time.Millisecond})
	require.NoError(t, err)
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		require.NoError(t, jobs.Stop(ctx))
	}
}

func (d *clockDesk) view(t *testing.T) engine.ConversationView {
	t.Helper()
	view, err := d.rows.Conversation(t.Context(), d.talk)
	require.NoError(t, err)
	return view
}

// advance runs something in a transaction.
func (d *clockDesk) advance(t *testing.T, run func(ctx context.Context, tx engine.Tx) error) {
	t.Helper()
	_, err := d.Advance(t.Context(), "reader "+engine.NewID(), d.user.Tenant, 1, func(ctx context.Context, tx engine.Tx, _ []engine.Event) error {
		return run(ctx, tx)
	})
	require.NoError(t, err)
}

// enqueue enqueues a job that is due after a while.
func (d *clockDesk) enqueue(t *testing.T, name string, after time.Duration) {
	t.Helper()
	d.advance(t, func(ctx context.Context, tx engine.Tx) error {
		return tx.Enqueue(ctx, clockJob{name}, engine.JobOptions{At: d.clock.now().Add(after)})
	})
}

// inClocks runs a test with the clock set by a day, either way, on both
// databases.
func inClocks(t *testing.T, test func(t *testing.T, d *clockDesk, by time.Duration)) {
	t.Helper()
	for name, by := range map[string]time.Duration{"forward": 24 * time.Hour, "back": -24 * time.Hour} {
		for _, dialect := range []storetest.Dialect{storetest.SQLite, storetest.PostgreSQL} {
			t.Run(string(dialect)+" "+name, func(t *testing.T) {
				t.Parallel()
				test(t, newClockDesk(t, dialect), by)
			})
		}
	}
}

// What waits for a while neither ends early nor waits a day longer.
func TestClockIsSet(t *testing.T) {
	t.Parallel()
	inClocks(t, func(t *testing.T, d *clockDesk, by time.Duration) {
		ctx := t.Context()
		stop := d.work(t)
		defer stop()
		var due time.Time
		d.advance(t, func(ctx context.Context, tx engine.Tx) (err error) {
			_, due, err = d.OpenTurn(ctx, tx, d.user.Tenant, d.talk, 1, d.clock.now(), time.Minute, time.Hour)
			return err
		})
		d.enqueue(t, "soon", 10*time.Minute)
		d.clock.add(by)
		require.NoError(t, d.ClockWasSet(ctx, by))
		turn, err := d.Turn(ctx, d.user.Tenant, d.talk, 1)
		require.NoError(t, err)
		require.WithinDuration(t, due.Add(by), turn.Due, time.Second)
		require.Empty(t, d.jobs.done(), "it isn't due")

		// A person's answer pauses the assistant for as long as ever.
		_, err = d.rows.Send(ctx, d.talk, engine.NewMessage{User: d.user.ID, Text: "hi"})
		require.NoError(t, err)
		paused := d.view(t).Assistant.PausedUntil
		require.WithinDuration(t, d.clock.now().Add(12*time.Hour), *paused, time.Minute)
		d.clock.add(by)
		require.NoError(t, d.ClockWasSet(ctx, by))
		require.WithinDuration(t, paused.Add(by), *d.view(t).Assistant.PausedUntil, time.Second)

		d.clock.add(11 * time.Minute)
		require.Eventually(t, func() bool { return len(d.jobs.done()) == 1 }, 30*time.Second, 10*time.Millisecond, "it is due now")
	})
}

// A pause that has ended stays ended.
func TestClockIsSetAfterAPause(t *testing.T) {
	t.Parallel()
	inClocks(t, func(t *testing.T, d *clockDesk, by time.Duration) {
		_, err := d.rows.Send(t.Context(), d.talk, engine.NewMessage{User: d.user.ID, Text: "hi"})
		require.NoError(t, err)
		d.clock.add(13 * time.Hour)
		require.Nil(t, d.view(t).Assistant.PausedUntil)
		d.clock.add(by)
		require.NoError(t, d.ClockWasSet(t.Context(), by))
		if by > 0 {
			require.Nil(t, d.view(t).Assistant.PausedUntil)
		}
	})
}

// A message is sent when the clock says that it is time, whatever it said
// before.
func TestClockIsSetBeforeAScheduledMessage(t *testing.T) {
	t.Parallel()
	inClocks(t, func(t *testing.T, d *clockDesk, by time.Duration) {
		ctx := t.Context()
		stop := d.work(t)
		defer stop()
		at := d.clock.now().Add(time.Hour)
		m, err := d.rows.Send(ctx, d.talk, engine.NewMessage{User: d.user.ID, Text: "tomorrow", SendAt: at})
		require.NoError(t, err)
		sent := func() bool {
			drafts, err := d.Outbox(ctx, d.seat, 10)
			require.NoError(t, err)
			return len(drafts) == 1 && drafts[0].ID == m.ID
		}
		d.clock.add(by)
		require.NoError(t, d.ClockWasSet(ctx, by))
		if by < 0 {
			left, err := d.QueueScheduled(ctx, d.user.Tenant, m.ID)
			require.NoError(t, err)
			require.InDelta(t, 25*time.Hour, left, float64(time.Minute))
			require.False(t, sent())
			d.clock.add(-by + 61*time.Minute)
		}
		require.Eventually(t, sent, 60*time.Second, 50*time.Millisecond)
	})
}

// What a seat has sent within an hour is still so when the clock was set.
func TestClockIsSetAfterSending(t *testing.T) {
	t.Parallel()
	inClocks(t, func(t *testing.T, d *clockDesk, by time.Duration) {
		ctx := t.Context()
		for range 3 {
			m, err := d.rows.Send(ctx, d.talk, engine.NewMessage{User: d.user.ID, Text: "hi"})
			require.NoError(t, err)
			require.NoError(t, d.SetSending(ctx, d.seat, m.ID))
			require.NoError(t, d.SetSent(ctx, d.seat, m.ID, engine.Accepted{At: d.clock.now(), Reach: engine.ReachKnown}))
		}
		d.clock.add(by)
		require.NoError(t, d.ClockWasSet(ctx, by))
		_, counts, err := d.Sending(ctx, d.seat)
		require.NoError(t, err)
		require.Equal(t, 3, engine.Within(counts, 2*time.Hour, d.clock.now()).Sent)
	})
}

// The next process notices that the clock was set back meanwhile.
func TestClockIsSetBackWhileNothingRuns(t *testing.T) {
	t.Parallel()
	for _, dialect := range []storetest.Dialect{storetest.SQLite, storetest.PostgreSQL} {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			d := newClockDesk(t, dialect)
			ctx := t.Context()
			_, err := d.rows.Send(ctx, d.talk, engine.NewMessage{User: d.user.ID, Text: "hi"})
			require.NoError(t, err)
			require.NoError(t, d.KeepClock(ctx))
			paused := *d.view(t).Assistant.PausedUntil
			d.enqueue(t, "soon", 10*time.Minute)
			d.Close()
			d.clock.add(-24 * time.Hour)
			d.open(t)
			require.WithinDuration(t, paused.Add(-24*time.Hour), *d.view(t).Assistant.PausedUntil, time.Minute)
			d.Close()
			d.open(t) // once
			require.WithinDuration(t, paused.Add(-24*time.Hour), *d.view(t).Assistant.PausedUntil, time.Minute)
			if dialect == storetest.SQLite { // PostgreSQL's own clock was not set
				defer d.work(t)()
				d.clock.add(11 * time.Minute)
				require.Eventually(t, func() bool { return len(d.jobs.done()) == 1 }, 30*time.Second, 10*time.Millisecond)
			}
		})
	}
}
