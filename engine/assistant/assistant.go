package assistant

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/myaibud/aibud/engine"
)

// Assistant opens turns for what leads write and answers them.
type Assistant struct {
	records Records
	seats   Seats
	model   Model
	config  Config
	log     *slog.Logger
}

// New returns an assistant. A nil model means that it is off: it opens no
// turns, and gives up those that are still open from a time when it was on.
// (A nil *Gemini is not a nil model.)
func New(records Records, seats Seats, model Model, config Config, log *slog.Logger) *Assistant {
	return &Assistant{records: records, seats: seats, model: model, config: config.withDefaults(), log: log}
}

// Handle opens or moves the turns of the conversations in which a lead wrote,
// and enqueues the jobs of new turns, in tx. It is the function that the
// reader [ReaderName] calls for each batch of the log; see
// [engine.LogRecords]. Events that can't be read or whose conversation is gone
// are passed over, since they would otherwise stop the reader for good.
func (a *Assistant) Handle(ctx context.Context, tx engine.Tx, events []engine.Event) error {
	if a.model == nil {
		return nil
	}
	for _, event := range events {
		if event.Kind != engine.EventMessageCreated && event.Kind != engine.EventMessageUpdated {
			continue
		}
		if err := a.hear(ctx, tx, event); err != nil {
			return fmt.Errorf("open the turn for event %d: %w", event.Seq, err)
		}
	}
	return nil
}

// hear handles one event of a message: a new one, or one that can be read only
// now.
func (a *Assistant) hear(ctx context.Context, tx engine.Tx, event engine.Event) error {
	var message engine.MessageView
	if err := json.Unmarshal(event.Data, &message); err != nil {
		// The decoder's error may quote the message, so it is not logged.
		a.log.Error("event can't be read; its message gets no answer", "tenant", event.Tenant, "seq", event.Seq)
		return nil
	}
	now := time.Now()
	if !a.wantsAnswer(event, message, now) {
		return nil
	}
	created, due, err := a.records.OpenTurn(ctx, tx, event.Tenant, message.Conversation, message.Seq,
		now, a.config.Quiet, a.config.Longest)
	switch {
	case engine.CodeOf(err) == engine.CodeNotFound:
		return nil
	case err != nil:
		return err
	case !created:
		return nil
	}
	return tx.Enqueue(ctx, ReplyArgs{Tenant: event.Tenant, Conversation: message.Conversation},
		engine.JobOptions{At: due, MaxAttempts: a.config.MaxAttempts})
}

// wantsAnswer says whether the message is a lead's, recent, and something that
// one answers.
func (a *Assistant) wantsAnswer(event engine.Event, message engine.MessageView, now time.Time) bool {
	if event.Kind == engine.EventMessageUpdated && !message.Resolved {
		return false
	}
	if message.Direction != engine.Inbound || message.Author != engine.AuthorLead || message.Sender != nil || message.History || message.Late {
		return false
	}
	oldest := now.Add(-a.config.Fresh)
	// WhatsApp's clock and ours may differ, so how old a message was when it
	// came is for the seat to say (Late); only one that could not be read for
	// long is judged here.
	if event.At.Before(oldest) || message.Resolved && message.At.Before(oldest) {
		return false
	}
	return answerable(message.Kind)
}

// answerable says whether a message of the kind is something to answer.
// Reactions, edits and deletions are not, nor are stickers: answering a
// thumbs-up with a question goes on for ever.
func answerable(kind engine.Kind) bool {
	switch kind {
	case engine.KindText, engine.KindImage, engine.KindVideo, engine.KindAudio, engine.KindVoice,
		engine.KindDocument, engine.KindLocation, engine.KindContact, engine.KindPoll:
		return true
	case engine.KindSticker, engine.KindReaction, engine.KindEdit, engine.KindRevoke,
		engine.KindVote, engine.KindCall, engine.KindWaiting, engine.KindNotice, engine.KindUnknown:
		return false
	}
	return false
}
