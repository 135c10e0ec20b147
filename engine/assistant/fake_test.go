package assistant_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/assistant"
)

func TestMain(m *testing.M) {
	// A library of genai's starts one goroutine for the life of the process.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}

const (
	tenant       = engine.TenantID("tenant")
	conversation = engine.ConversationID("conversation")
	leadText     = "secret words of the lead"
)

// fakeRecords are the rows of one conversation, in memory.
type fakeRecords struct {
	mu       sync.Mutex
	messages []engine.Message
	turn     *engine.Turn
	first    time.Time
	paused   bool
	replies  []string    // what was answered
	times    []time.Time // when
	why      []string    // what was given up

	turnErr, answerErr, giveUpErr error
}

var _ assistant.Records = (*fakeRecords)(nil)

func (r *fakeRecords) OpenTurn(_ context.Context, _ engine.Tx, _ engine.TenantID, _ engine.ConversationID,
	seq int64, now time.Time, quiet, longest time.Duration,
) (bool, time.Time, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paused {
		return false, time.Time{}, nil
	}
	created := r.turn == nil
	if created {
		r.turn = &engine.Turn{Agency: "Protea Homes", Seat: engine.SeatKey{Tenant: tenant, Seat: "seat"}}
		r.first = now
	}
	r.turn.LastSeq, r.turn.Due = seq, now.Add(quiet)
	if latest := r.first.Add(longest); r.turn.Due.After(latest) {
		r.turn.Due = latest
	}
	return created, r.turn.Due, nil
}

func (r *fakeRecords) Turn(_ context.Context, _ engine.TenantID, _ engine.ConversationID, history int) (engine.Turn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.turnErr != nil:
		return engine.Turn{}, r.turnErr
	case r.turn == nil:
		return engine.Turn{}, engine.Errorf(engine.CodeNotFound, "There is no turn.")
	}
	turn := *r.turn
	turn.Messages = append(turn.Messages, r.messages[max(len(r.messages)-history, 0):]...)
	return turn, nil
}

func (r *fakeRecords) Answer(_ context.Context, _ engine.TenantID, _ engine.ConversationID, lastSeq int64, text string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answerErr != nil || r.turn == nil || r.turn.LastSeq != lastSeq {
		return false, r.answerErr
	}
	r.turn = nil
	r.replies, r.times = append(r.replies, text), append(r.times, time.Now())
	r.messages = append(r.messages, engine.Message{Direction: engine.Outbound, Author: engine.AuthorAssistant, Kind: engine.KindText, Text: text})
	return true, nil
}

func (r *fakeRecords) GiveUp(ctx context.Context, _ engine.TenantID, _ engine.ConversationID, why string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := errors.Join(r.giveUpErr, ctx.Err()); err != nil {
		return err
	}
	r.turn = nil
	r.why = append(r.why, why)
	return nil
}

// takeOver is what a person's reply does.
func (r *fakeRecords) takeOver() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paused, r.turn = true, nil
}

// add stores a lead's message and returns its event.
func (r *fakeRecords) add(text string) engine.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	seq := int64(len(r.messages) + 1)
	message := engine.Message{
		WhatsAppID: "wa-" + text, Direction: engine.Inbound, Author: engine.AuthorLead, Kind: engine.KindText,
		Text: text, At: time.Now(), Seq: seq, Delivery: engine.Received,
	}
	r.messages = append(r.messages, message)
	return event(engine.MessageView{
		Conversation: conversation, Direction: message.Direction, Author: message.Author, Kind: message.Kind,
		Text: text, At: message.At, Seq: seq,
	})
}

// fakeSeats note what the lead would see.
type fakeSeats struct {
	mu    sync.Mutex
	start time.Time
	seen  []string // "typing 10s", "clear 12s", "read a,b"
	hang  bool
	late  bool // it has not caught up
}

func (s *fakeSeats) setLate(late bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = late
}

func (s *fakeSeats) CaughtUp(engine.SeatKey) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.late
}

func (s *fakeSeats) SetTyping(ctx context.Context, _ engine.SeatKey, _ engine.Party, typing bool) error {
	what := "clear "
	if typing {
		what = "typing "
	}
	return s.note(ctx, what+time.Since(s.start).String())
}

func (s *fakeSeats) MarkRead(ctx context.Context, _ engine.SeatKey, _ engine.Party, ids []string) error {
	return s.note(ctx, "read "+strings.Join(ids, ","))
}

func (s *fakeSeats) note(ctx context.Context, what string) error {
	if s.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, what)
	return nil
}

// fakeModel is a model made of a function.
type fakeModel func(ctx context.Context, prompt assistant.Prompt) (string, error)

func (m fakeModel) Generate(ctx context.Context, prompt assistant.Prompt) (string, error) {
	return m(ctx, prompt)
}

// fakeTx notes what was enqueued.
type fakeTx struct {
	args    []engine.JobArgs
	options []engine.JobOptions
}

func (tx *fakeTx) Enqueue(_ context.Context, args engine.JobArgs, options engine.JobOptions) error {
	tx.args, tx.options = append(tx.args, args), append(tx.options, options)
	return nil
}

// bundle is an assistant on fakes.
type bundle struct {
	records *fakeRecords
	seats   *fakeSeats
	tx      *fakeTx
	log     *bytes.Buffer
	*assistant.Assistant
}

func setup(model assistant.Model, config assistant.Config) *bundle {
	b := &bundle{records: &fakeRecords{}, seats: &fakeSeats{start: time.Now()}, tx: &fakeTx{}, log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b.Assistant = assistant.New(b.records, b.seats, model, config, log)
	return b
}

// hear lets the assistant read the event of a lead's text.
func (b *bundle) hear(t *testing.T, text string) {
	t.Helper()
	require.NoError(t, b.Handle(t.Context(), b.tx, []engine.Event{b.records.add(text)}))
}

// job returns the job of the conversation's turn.
func job(attempt int) *river.Job[assistant.ReplyArgs] {
	return &river.Job[assistant.ReplyArgs]{
		JobRow: &rivertype.JobRow{Attempt: attempt, MaxAttempts: 5},
		Args:   assistant.ReplyArgs{Tenant: tenant, Conversation: conversation},
	}
}

// work does what the queue does with the job that was enqueued last, until it
// ends. It returns how many attempts failed.
func (b *bundle) work(t *testing.T) (failed int) {
	t.Helper()
	require.NotEmpty(t, b.tx.options, "nothing was enqueued")
	job, worker := job(1), b.Worker()
	wait(time.Until(b.tx.options[len(b.tx.options)-1].At))
	for {
		err := worker.Work(t.Context(), job)
		snooze, snoozed := errors.AsType[*river.JobSnoozeError](err)
		switch {
		case err == nil:
			return failed
		case snoozed:
			wait(snooze.Duration)
			continue
		}
		failed++
		require.Less(t, job.Attempt, job.MaxAttempts, "the last attempt must end the turn: %v", err)
		wait(time.Until(worker.NextRetry(job)))
		job.Attempt++
	}
}

// wait waits in the fake time of a synctest bubble.
func wait(d time.Duration) { <-time.After(d) }
