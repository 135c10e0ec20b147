package assistant_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/assistant"
)

// event returns the event of a message.
func event(message engine.MessageView) engine.Event {
	data, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	return engine.Event{
		Tenant: tenant, Seq: message.Seq, Kind: engine.EventMessageCreated, Conversation: message.Conversation, At: time.Now(), Data: data,
	}
}

func TestHandleOpensATurnForWhatALeadWrote(t *testing.T) {
	t.Parallel()
	lead := engine.MessageView{
		Conversation: conversation, Direction: engine.Inbound, Author: engine.AuthorLead, Kind: engine.KindText, Text: leadText, At: time.Now(), Seq: 7,
	}
	with := func(change func(*engine.MessageView)) engine.Event {
		message := lead
		change(&message)
		return event(message)
	}
	old := event(lead)
	old.At = time.Now().Add(-25 * time.Hour)
	other := event(lead)
	other.Kind = engine.EventMessageUpdated
	garbled := event(lead)
	garbled.Data = json.RawMessage(`{"text":`)
	tests := map[string]struct {
		event engine.Event
		want  bool
	}{
		"text":             {event(lead), true},
		"photo":            {with(func(m *engine.MessageView) { m.Kind = engine.KindImage }), true},
		"voice note":       {with(func(m *engine.MessageView) { m.Kind = engine.KindVoice }), true},
		"reaction":         {with(func(m *engine.MessageView) { m.Kind = engine.KindReaction }), false},
		"edit":             {with(func(m *engine.MessageView) { m.Kind = engine.KindEdit }), false},
		"sticker":          {with(func(m *engine.MessageView) { m.Kind = engine.KindSticker }), false},
		"unknown":          {with(func(m *engine.MessageView) { m.Kind = engine.KindUnknown }), false},
		"new kind":         {with(func(m *engine.MessageView) { m.Kind = "hologram" }), false},
		"history":          {with(func(m *engine.MessageView) { m.History = true }), false},
		"from phone":       {with(func(m *engine.MessageView) { m.Direction, m.Author = engine.Outbound, engine.AuthorPhone }), false},
		"ours":             {with(func(m *engine.MessageView) { m.Direction, m.Author = engine.Outbound, engine.AuthorAssistant }), false},
		"by a wrong clock": {with(func(m *engine.MessageView) { m.At = m.At.Add(-25 * time.Hour) }), true},
		"came late":        {with(func(m *engine.MessageView) { m.Late = true }), false},
		"stored early":     {old, false},
		"other kind":       {other, false},
		"garbled":          {garbled, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(fakeModel(nil), assistant.Config{MaxAttempts: 3})
			require.NoError(t, b.Handle(t.Context(), b.tx, []engine.Event{test.event}))
			require.NotContains(t, b.log.String(), leadText)
			if !test.want {
				require.Empty(t, b.tx.args)
				require.Nil(t, b.records.turn)
				return
			}
			require.Equal(t, []engine.JobArgs{assistant.ReplyArgs{Tenant: tenant, Conversation: conversation}}, b.tx.args)
			require.Equal(t, []engine.JobOptions{{At: b.records.turn.Due, MaxAttempts: 3}}, b.tx.options)
			require.EqualValues(t, 7, b.records.turn.LastSeq)
		})
	}
}

func TestHandleEnqueuesOnceForABurst(t *testing.T) {
	t.Parallel()
	b := setup(fakeModel(nil), assistant.Config{})
	events := []engine.Event{b.records.add("Hi"), b.records.add("is the house"), b.records.add("still there?")}
	require.NoError(t, b.Handle(t.Context(), b.tx, events))
	require.Len(t, b.tx.args, 1)
	require.EqualValues(t, 3, b.records.turn.LastSeq)
}

func TestHandleWithoutAModelDoesNothing(t *testing.T) {
	t.Parallel()
	b := setup(nil, assistant.Config{})
	b.hear(t, "Hi")
	require.Empty(t, b.tx.args)
	require.Nil(t, b.records.turn)
}

func TestHandleInAPausedConversationDoesNothing(t *testing.T) {
	t.Parallel()
	b := setup(fakeModel(nil), assistant.Config{})
	b.records.takeOver()
	b.hear(t, "Hi")
	require.Empty(t, b.tx.args)
}

// brokenRecords can't open turns.
type brokenRecords struct {
	fakeRecords
	err error
}

func (r *brokenRecords) OpenTurn(context.Context, engine.Tx, engine.TenantID, engine.ConversationID,
	int64, time.Time, time.Duration, time.Duration,
) (bool, time.Time, error) {
	return false, time.Time{}, r.err
}

func TestHandleFailsOnlyIfTryingAgainMayHelp(t *testing.T) {
	t.Parallel()
	b := setup(fakeModel(nil), assistant.Config{})
	events := []engine.Event{b.records.add("Hi")}
	records := &brokenRecords{err: errors.New("database is locked")}
	broken := assistant.New(records, b.seats, fakeModel(nil), assistant.Config{}, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, broken.Handle(t.Context(), b.tx, events), records.err)
	records.err = engine.Errorf(engine.CodeNotFound, "The conversation is gone.")
	require.NoError(t, broken.Handle(t.Context(), b.tx, events))
}
