// Package history takes in what a phone leaves to be fetched of its past.
//
// A notice of the phone is a fact (engine.HistoryNotice): it is stored, with
// the job that imports the part, before it is acknowledged. The job fetches the
// part through the seat's client and stores it in batches, each in a short
// transaction of its own, with pauses between them: the tenant's live messages
// wait for no more than one batch. Importing a part again changes nothing, so
// a job that a crash has interrupted simply begins anew. A part that WhatsApp
// doesn't have any more the phone is asked for.
package history

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/myaibud/aibud/engine"
)

// Records are the parts and what is made of them. Package store implements it.
type Records interface {
	// HistoryPart returns a part that waits, or [engine.CodeNotFound].
	HistoryPart(ctx context.Context, tenant engine.TenantID, id engine.HistoryID) (engine.HistoryPart, error)

	// ImportHistory stores facts of a part in one transaction and wakes nobody;
	// done is how much of the part has been read with them, from 0 to 1. A fact
	// that is stored already changes nothing.
	ImportHistory(ctx context.Context, part engine.HistoryPart, facts []engine.Fact, done float64) error

	// AskedHistory records that the phone was asked for a part anew. The part
	// waits until it answers with a notice that names it.
	AskedHistory(ctx context.Context, part engine.HistoryPart) error

	// EndHistory records that nothing more is to be done for a part: it is
	// imported, or will not be for the reason given, a sentence.
	EndHistory(ctx context.Context, part engine.HistoryPart, failure string) error
}

const (
	// timeLimit is how long one attempt may take: the phone's whole past at
	// the pace of a slow disk.
	timeLimit = time.Hour
	// recordTime bounds what is written at the end of an attempt, whatever
	// ended it.
	recordTime = 30 * time.Second
	// longestPause bounds the pause between two batches.
	longestPause = 500 * time.Millisecond
	// shortestWait and longestWait bound the wait for a seat to connect, when
	// the job is resumed in any case (store.ResumeJobs), and for the phone's
	// answer, upon which it is too.
	shortestWait = time.Second
	longestWait  = time.Hour
	// firstRetry and lastRetry bound the waits after a failure.
	firstRetry = 2 * time.Second
	lastRetry  = 10 * time.Minute
)

// Worker works the jobs of parts. Register it with river.AddWorker. Each seat
// imports one part at a time, which keeps their messages in order.
type Worker struct {
	river.WorkerDefaults[engine.HistoryImportArgs]

	records Records
	clients engine.Clients
	log     *slog.Logger

	mu   sync.Mutex
	busy map[engine.SeatKey]struct{}
}

var _ river.Worker[engine.HistoryImportArgs] = (*Worker)(nil)

// New returns a worker.
func New(records Records, clients engine.Clients, log *slog.Logger) *Worker {
	return &Worker{records: records, clients: clients, log: log, busy: make(map[engine.SeatKey]struct{})}
}

// Timeout returns how long one attempt may take.
func (w *Worker) Timeout(*river.Job[engine.HistoryImportArgs]) time.Duration { return timeLimit }

// NextRetry returns when a failed attempt is repeated.
func (w *Worker) NextRetry(job *river.Job[engine.HistoryImportArgs]) time.Time {
	wait := engine.Backoff{First: firstRetry, Longest: lastRetry}.Wait(job.Attempt)
	return time.Now().Add(wait)
}

// Work imports a part, or waits until its seat is connected, or gives it up.
func (w *Worker) Work(ctx context.Context, job *river.Job[engine.HistoryImportArgs]) error {
	part, err := w.records.HistoryPart(ctx, job.Args.Tenant, job.Args.Part)
	switch {
	case engine.CodeOf(err) == engine.CodeNotFound:
		return nil
	case err != nil:
		return fmt.Errorf("load the part: %w", err)
	case !part.Linked:
		return w.end(ctx, part, "The phone was unlinked before all of its history was fetched. Link it again to get the rest.")
	}
	if !part.Asked.IsZero() {
		return w.await(ctx, job, part)
	}
	if !w.take(part.Seat) {
		return river.JobSnooze(shortestWait)
	}
	defer w.release(part.Seat)
	err = engine.Call(ctx, w.clients, part.Seat, func(ctx context.Context, client engine.HistoryClient) error {
		return w.fetch(ctx, client, part)
	})
	return w.ended(ctx, job, part, err)
}

// ended says how a job goes on after an attempt.
func (w *Worker) ended(ctx context.Context, job *river.Job[engine.HistoryImportArgs], part engine.HistoryPart, err error) error {
	if err == nil {
		return nil
	}
	switch engine.CodeOf(err) { //nolint:exhaustive // the others are tried again
	case engine.CodeNotFound, engine.CodeInvalid:
		return w.lost(ctx, job, part, err)
	case engine.CodeUnsupported:
		return w.giveUp(ctx, part, err)
	}
	return w.again(ctx, job, part, err)
}

// again tries once more later, unless that was done often enough.
func (w *Worker) again(ctx context.Context, job *river.Job[engine.HistoryImportArgs], part engine.HistoryPart, err error) error {
	switch code := engine.CodeOf(err); {
	case code == engine.CodeBusy:
		return river.JobSnooze(shortestWait)
	case code == engine.CodeNotConnected:
		return river.JobSnooze(min(max(time.Since(job.CreatedAt)/10, shortestWait), longestWait))
	case errors.Is(ctx.Err(), context.Canceled):
		return river.JobSnooze(0) // the server is stopping
	case ctx.Err() == nil && errors.Is(err, context.Canceled):
		return river.JobSnooze(shortestWait) // the seat is
	case job.Attempt < job.MaxAttempts:
		return err
	}
	w.log.Error("part of a phone's history is given up", "seat", part.Seat.Seat, "phase", part.Phase, "error", err)
	return w.end(ctx, part, "A part of the phone's history could not be fetched, however often it was tried. Link the phone again to get it.")
}

func (w *Worker) end(ctx context.Context, part engine.HistoryPart, failure string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	return w.records.EndHistory(ctx, part, failure)
}

// fetch imports a part through the seat's client. It is recorded as imported
// before it is deleted from WhatsApp: after a crash in between it would be
// taken for missing.
func (w *Worker) fetch(ctx context.Context, client engine.HistoryClient, part engine.HistoryPart) error {
	err := client.FetchHistory(ctx, part.HistoryNotice, func(ctx context.Context, facts []engine.Fact, done float64) error {
		begun := time.Now()
		if err := w.records.ImportHistory(ctx, part, facts, done); err != nil {
			return err
		}
		return pause(ctx, min(time.Since(begun), longestPause))
	})
	if err != nil {
		return err
	}
	if err := w.end(ctx, part, ""); err != nil {
		return err
	}
	if err := client.ForgetHistory(ctx, part.HistoryNotice); err != nil {
		// WhatsApp deletes it by itself some time.
		w.log.Info("an imported part of a phone's history could not be deleted from WhatsApp", "seat", part.Seat.Seat, "error", err)
	}
	return nil
}

// pause waits, so that others get the database as long as an import does.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take reserves a seat for one part. It reports false if another one is being
// imported.
func (w *Worker) take(seat engine.SeatKey) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, busy := w.busy[seat]; busy {
		return false
	}
	w.busy[seat] = struct{}{}
	return true
}

func (w *Worker) release(seat engine.SeatKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.busy, seat)
}
