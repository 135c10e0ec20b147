// Package reads tells leads which of their messages were read, by a worker of
// jobs.
//
// A job is enqueued in the transaction that makes messages read, so that the
// marks survive a crash and reach the lead also if the seat is offline when a
// user reads. A mark that is told twice does no harm.
package reads

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"github.com/myaibud/aibud/engine"
)

// Records are the messages that were read. Package store implements it.
type Records interface {
	// ReadMessages returns what there is to tell of messages: nothing of those
	// that are gone. It fails with [engine.CodeNotFound] if nobody is to be told
	// any more, since the seat was removed.
	ReadMessages(ctx context.Context, args engine.ReadMarkArgs) (engine.ReadMessages, error)
}

// shortestWait and longestWait bound the wait for a seat to connect, when the
// job is resumed in any case (store.ResumeJobs): it might connect while the job
// finds that it isn't.
const (
	shortestWait = time.Second
	longestWait  = time.Hour
)

// Worker works the jobs. Register it with river.AddWorker.
type Worker struct {
	river.WorkerDefaults[engine.ReadMarkArgs]

	records Records
	clients engine.Clients
	log     *slog.Logger
}

var _ river.Worker[engine.ReadMarkArgs] = (*Worker)(nil)

// New returns a worker.
func New(records Records, clients engine.Clients, log *slog.Logger) *Worker {
	return &Worker{records: records, clients: clients, log: log}
}

// Work tells of some messages, or waits until their seat is connected.
func (w *Worker) Work(ctx context.Context, job *river.Job[engine.ReadMarkArgs]) error {
	read, err := w.records.ReadMessages(ctx, job.Args)
	switch {
	case engine.CodeOf(err) == engine.CodeNotFound:
		return nil
	case err != nil:
		return fmt.Errorf("load read messages: %w", err)
	}
	err = w.tell(ctx, read)
	switch code := engine.CodeOf(err); {
	case err == nil:
		return nil
	case code == engine.CodeBusy:
		return river.JobSnooze(shortestWait)
	case code == engine.CodeNotConnected:
		return river.JobSnooze(min(max(time.Since(job.CreatedAt)/10, shortestWait), longestWait))
	case errors.Is(ctx.Err(), context.Canceled):
		return river.JobSnooze(0) // the server is stopping
	case ctx.Err() == nil && errors.Is(err, context.Canceled):
		return river.JobSnooze(shortestWait) // the seat is
	case code == engine.CodeInvalid || code == engine.CodeUnsupported || job.Attempt >= job.MaxAttempts:
		w.log.Warn("read marks were not sent", "seat", read.Seat.Seat, "error", err)
		return nil
	}
	return err
}

// tell tells the lead, or each of those who wrote in a room.
func (w *Worker) tell(ctx context.Context, read engine.ReadMessages) error {
	if len(read.WhatsAppIDs) > 0 {
		return w.clients.WithClient(ctx, read.Seat, func(ctx context.Context, client engine.Client) error {
			return client.MarkRead(ctx, read.Chat, read.WhatsAppIDs)
		})
	}
	if len(read.Senders) == 0 {
		return nil
	}
	return engine.Call(ctx, w.clients, read.Seat, func(ctx context.Context, client engine.RoomReader) error {
		for _, from := range read.Senders {
			if err := client.MarkReadFrom(ctx, read.Chat, from.Sender, from.WhatsAppIDs); err != nil {
				return err
			}
		}
		return nil
	})
}
