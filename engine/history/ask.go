package history

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/myaibud/aibud/engine"
)

const (
	// maxAsks is how often the phone is asked for a part.
	maxAsks = 4
	// askAgain is how long it has time to answer: a phone may be off.
	askAgain = 6 * time.Hour
)

// lost goes on after a part that could not be had from WhatsApp, or not be
// read: the phone, which has it all, is asked to upload it again. What came
// again and still can't be read never will.
func (w *Worker) lost(ctx context.Context, job *river.Job[engine.HistoryImportArgs], part engine.HistoryPart, why error) error {
	if part.Asks >= maxAsks || part.Asks > 0 && engine.CodeOf(why) == engine.CodeInvalid {
		return w.giveUp(ctx, part, why)
	}
	err := engine.Call(ctx, w.clients, part.Seat, func(ctx context.Context, client engine.HistoryClient) error {
		return client.AskForHistory(ctx, part.HistoryNotice)
	})
	switch {
	case engine.CodeOf(err) == engine.CodeUnsupported:
		return w.giveUp(ctx, part, why)
	case err != nil:
		return w.again(ctx, job, part, err)
	}
	// The phone may have answered by now, so that is not recorded with a context
	// that ends with the seat.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if err := w.records.AskedHistory(ctx, part); err != nil {
		return err
	}
	return river.JobSnooze(shortestWait)
}

// await goes on while the phone's answer is waited for.
func (w *Worker) await(ctx context.Context, job *river.Job[engine.HistoryImportArgs], part engine.HistoryPart) error {
	waited := time.Since(part.Asked)
	if waited < askAgain {
		return river.JobSnooze(min(max(waited/10, shortestWait), longestWait))
	}
	return w.lost(ctx, job, part, engine.Errorf(engine.CodeNotFound,
		"A part of the phone's history is not at WhatsApp any more, and the phone has not sent it again. Link the phone again to get it."))
}

func (w *Worker) giveUp(ctx context.Context, part engine.HistoryPart, why error) error {
	w.log.Warn("part of a phone's history is missing", "seat", part.Seat.Seat, "phase", part.Phase, "error", why)
	return w.end(ctx, part, engine.MessageOf(why))
}
