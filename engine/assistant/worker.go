package assistant

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"

	"github.com/myaibud/aibud/engine"
)

const (
	// recordsTime is what a job may take beside the model's answer.
	recordsTime = 30 * time.Second
	// giveUpTime is how long ending a turn may take after its job has timed out.
	giveUpTime = 10 * time.Second
	// leastSnooze keeps a job from running again and again without a pause.
	leastSnooze = time.Second
	// longestSnooze is after how long a job looks again at when its turn is due,
	// which changes when the clock is set.
	longestSnooze = time.Minute
	// catchUpWait is after how long it is looked again whether a seat has
	// caught up with what waited at WhatsApp.
	catchUpWait = time.Second
	// giveUpAgain is the wait before a turn that could not be ended is tried again.
	giveUpAgain = time.Minute
	// longestWait is the longest wait that a model may ask for. Who has waited
	// longer than this is better served by a person.
	longestWait = 5 * time.Minute
	// growth is how much longer each wait between attempts is.
	growth = 3
)

// ReplyArgs names the job that answers a conversation's turn.
type ReplyArgs struct {
	Tenant       engine.TenantID       `json:"tenant"`
	Conversation engine.ConversationID `json:"conversation"`

	// after is the wait that the model asked for when it failed. It goes
	// from Work to NextRetry, which the queue calls with the same job.
	after time.Duration
}

// Kind returns the job's name.
func (ReplyArgs) Kind() string { return "assistant_reply" }

// Worker works the jobs of turns. Register it with river.AddWorker.
type Worker struct {
	river.WorkerDefaults[ReplyArgs]
	assistant *Assistant
}

var _ river.Worker[ReplyArgs] = (*Worker)(nil)

// Worker returns the worker of the assistant's jobs.
func (a *Assistant) Worker() *Worker { return &Worker{assistant: a} }

// Timeout returns how long one attempt may take.
func (w *Worker) Timeout(*river.Job[ReplyArgs]) time.Duration {
	return w.assistant.config.Timeout + recordsTime
}

// NextRetry returns when a failed attempt is repeated: after the wait that the
// model asked for, or after one that grows with the attempts. Each is off by up
// to a fifth, so that the conversations that failed together don't all come
// back together.
func (w *Worker) NextRetry(job *river.Job[ReplyArgs]) time.Time {
	wait := w.assistant.config.Backoff
	for range min(job.Attempt, job.MaxAttempts) - 1 {
		wait *= growth
	}
	if job.Args.after > 0 {
		return time.Now().Add(spread(job.Args.after, 1, 1.2))
	}
	return time.Now().Add(spread(wait, 0.8, 1.2))
}

// spread returns d times a random factor between low and high.
func spread(d time.Duration, low, high float64) time.Duration {
	return time.Duration(float64(d) * (low + (high-low)*rand.Float64()))
}

// Work answers the turn, or waits until it is due, or ends it.
func (w *Worker) Work(ctx context.Context, job *river.Job[ReplyArgs]) error {
	err := w.assistant.reply(ctx, job.Args)
	_, snoozed := errors.AsType[*river.JobSnoozeError](err)
	switch {
	case err == nil, snoozed:
		return err
	case errors.Is(context.Cause(ctx), river.ErrJobCancelledRemotely):
		return w.assistant.giveUp(ctx, job, &ModelError{Sentence: "an administrator cancelled it.", Detail: "job cancelled"})
	case errors.Is(ctx.Err(), context.Canceled):
		return river.JobSnooze(0) // the server is stopping; that is not the turn's fault
	}
	failure, ok := errors.AsType[*ModelError](err)
	if ok && failure.After > longestWait {
		failure.Retry = false
	}
	if job.Attempt < job.MaxAttempts && (!ok || failure.Retry) {
		if ok {
			job.Args.after = failure.After
		}
		return err
	}
	return w.assistant.giveUp(ctx, job, err)
}

// giveUp ends the turn of a job that failed with cause.
func (a *Assistant) giveUp(ctx context.Context, job *river.Job[ReplyArgs], cause error) error {
	log := a.log.With("tenant", job.Args.Tenant, "conversation", job.Args.Conversation, "attempt", job.Attempt)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveUpTime)
	defer cancel()
	err := a.records.GiveUp(ctx, job.Args.Tenant, job.Args.Conversation, sentence(cause))
	switch {
	case err == nil:
		log.Warn("no answer; flagged for a person", "error", cause)
		return nil
	case engine.CodeOf(err) == engine.CodeNotFound:
		return nil // somebody took over meanwhile
	}
	// The turn must not stay open without a job, so the job stays.
	log.Error("turn could not be ended; will try again", "cause", cause, "error", err)
	return river.JobSnooze(giveUpAgain)
}

// sentence says to the agent why the assistant did not answer.
func sentence(cause error) string {
	why := "something went wrong on our side."
	if failure, ok := errors.AsType[*ModelError](cause); ok {
		why = failure.Sentence
	}
	return "The assistant could not answer: " + why + " Please reply to the lead yourself."
}

// snoozeUntil returns the error that puts a job off until due.
func snoozeUntil(due time.Time) error {
	return river.JobSnooze(min(max(time.Until(due), leastSnooze), longestSnooze))
}

// reply answers the turn if it is due. It returns nil if there is nothing left
// to do, and a snooze if the turn is due later.
func (a *Assistant) reply(ctx context.Context, args ReplyArgs) (err error) {
	defer func() {
		// A panic's text may hold what the model wrote, so only its type is told.
		if p := recover(); p != nil {
			err = fmt.Errorf("panic with a %T while answering", p)
		}
	}()
	turn, err := a.records.Turn(ctx, args.Tenant, args.Conversation, a.config.History)
	switch {
	case engine.CodeOf(err) == engine.CodeNotFound:
		return nil
	case err != nil:
		return fmt.Errorf("load the turn: %w", err)
	case time.Now().Before(turn.Due):
		return river.JobSnooze(min(max(time.Until(turn.Due), 0), longestSnooze))
	}
	if !a.seats.CaughtUp(turn.Seat) {
		if time.Since(turn.Due) > a.config.Patience {
			return &ModelError{Sentence: "this seat was not connected for too long.", Detail: "seat offline"}
		}
		return river.JobSnooze(catchUpWait)
	}
	text, err := a.generate(ctx, turn)
	if err != nil {
		return err
	}
	answered, err := a.records.Answer(ctx, args.Tenant, args.Conversation, turn.LastSeq, text)
	switch {
	case err != nil:
		return fmt.Errorf("answer the turn: %w", err)
	case answered:
		return nil
	}
	return a.overtaken(ctx, args)
}

// overtaken is what happens when the turn changed while the model was writing:
// the lead wrote again, so the turn is due later, or a person took over.
func (a *Assistant) overtaken(ctx context.Context, args ReplyArgs) error {
	turn, err := a.records.Turn(ctx, args.Tenant, args.Conversation, 1)
	switch {
	case engine.CodeOf(err) == engine.CodeNotFound:
		return nil
	case err != nil:
		return fmt.Errorf("load the turn again: %w", err)
	}
	return snoozeUntil(turn.Due)
}

// generate lets the model write the reply to a turn while the lead sees that
// the messages were read and that an answer is being typed.
func (a *Assistant) generate(ctx context.Context, turn engine.Turn) (string, error) {
	if a.model == nil {
		return "", &ModelError{Sentence: "it is switched off because there is no Gemini API key.", Detail: "no model"}
	}
	prompt, err := newPrompt(turn, time.Now())
	if err != nil {
		return "", err
	}
	stop := a.show(ctx, turn)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, a.config.Timeout)
	defer cancel()
	text, err := a.model.Generate(ctx, prompt)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "", late()
	case err != nil:
		return "", err
	}
	return polish(text)
}
