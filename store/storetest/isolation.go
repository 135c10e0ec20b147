package storetest

import (
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// isolation calls every method of a tenant's rows with another tenant's IDs.
// A new method has to be added here.
func isolation(t *testing.T, b *bundle) {
	conversation := b.talk("secret")
	sent := b.send(conversation.ID, "secret too")
	require.NoError(t, b.store.SetFailed(b.ctx(), b.seat, sent.ID, engine.Errorf(engine.CodeInvalid, "x")))
	b.record(engine.LabelChange{Label: "1", Name: "secret label"}, ring("SECRET"))
	label, call := b.labels()[0], b.calls()[0]
	other := b.newAgency("other").rows
	before := b.lastSeq()
	ctx, seat := b.ctx(), b.seat.Seat

	refused := map[string]func() error{
		"Seat":        func() error { _, err := other.Seat(ctx, seat); return err },
		"RenameSeat":  func() error { _, err := other.RenameSeat(ctx, seat, "mine"); return err },
		"SeatSending": func() error { _, err := other.SeatSending(ctx, seat); return err },
		"SetSeatSending": func() error {
			_, err := other.SetSeatSending(ctx, seat, engine.DefaultSending())
			return err
		},
		"SetDesired":   func() error { _, err := other.SetDesired(ctx, seat, engine.DesiredRemoved); return err },
		"Pair":         func() error { _, err := other.Pair(ctx, seat, ""); return err },
		"SetProxy":     func() error { _, err := other.SetProxy(ctx, seat, ""); return err },
		"Conversation": func() error { _, err := other.Conversation(ctx, conversation.ID); return err },
		"Messages":     func() error { _, _, err := other.Messages(ctx, conversation.ID, engine.Page{}); return err },
		"Message":      func() error { _, err := other.Message(ctx, conversation.ID, sent.ID); return err },
		"Send": func() error {
			_, err := other.Send(ctx, conversation.ID, engine.NewMessage{User: b.user.ID, Text: "hi"})
			return err
		},
		"DownloadMedia": func() error {
			_, err := other.DownloadMedia(ctx, conversation.ID, sent.ID)
			return err
		},
		"Chat":         func() error { _, _, err := other.Chat(ctx, conversation.ID); return err },
		"HistoryStart": func() error { _, _, err := other.HistoryStart(ctx, conversation.ID); return err },
		"StatusConversation": func() error {
			_, err := other.StatusConversation(ctx, seat)
			return err
		},
		"OpenConversation": func() error {
			_, err := other.OpenConversation(ctx, seat, thandi())
			return err
		},
		"ConversationWith": func() error {
			_, err := other.ConversationWith(ctx, seat, thandi().Phone.Number(), "")
			return err
		},
		"Cancel": func() error { _, err := other.Cancel(ctx, conversation.ID, sent.ID); return err },
		"Reschedule": func() error {
			_, err := other.Reschedule(ctx, conversation.ID, sent.ID, engine.ScheduleChange{})
			return err
		},
		"Retry":        func() error { _, err := other.Retry(ctx, conversation.ID, sent.ID); return err },
		"Members":      func() error { _, err := other.Members(ctx, conversation.ID); return err },
		"Receipts":     func() error { _, err := other.Receipts(ctx, conversation.ID, sent.ID); return err },
		"MarkRead":     func() error { return other.MarkRead(ctx, conversation.ID) },
		"ChatEnd":      func() error { _, _, _, err := other.ChatEnd(ctx, conversation.ID); return err },
		"ChatMessage":  func() error { _, _, _, err := other.ChatMessage(ctx, conversation.ID, sent.ID); return err },
		"KnownLabel":   func() error { return other.KnownLabel(ctx, label.ID) },
		"Labels":       func() error { _, err := other.Labels(ctx, seat); return err },
		"Label":        func() error { _, _, err := other.Label(ctx, seat, label.ID); return err },
		"NewLabel":     func() error { _, err := other.NewLabel(ctx, seat, "mine", 1); return err },
		"EditLabel":    func() error { _, err := other.EditLabel(ctx, seat, label.ID, nil, nil); return err },
		"Contact":      func() error { _, _, err := other.Contact(ctx, conversation.Contact.ID); return err },
		"Blocked":      func() error { _, err := other.Blocked(ctx, seat); return err },
		"Call":         func() error { _, err := other.Call(ctx, call.ID); return err },
		"CallRef":      func() error { _, _, err := other.CallRef(ctx, call.ID); return err },
		"SeatSettings": func() error { _, err := other.SeatSettings(ctx, seat); return err },
		"SetSeatSettings": func() error {
			_, err := other.SetSeatSettings(ctx, seat, engine.SeatSettings{Presence: engine.PresenceAvailable})
			return err
		},
		"SetAssistant": func() error { _, err := other.SetAssistant(ctx, conversation.ID, false); return err },
	}
	for name, call := range refused {
		err := call()
		requireCode(t, engine.CodeNotFound, err)
		require.NotContains(t, err.Error(), "secret", name)
	}
	harmless := []string{"Seats", "CreateSeat", "Conversations", "Calls", "Settings", "SetSettings", "Assistant", "UpdateAssistant", "Events", "LastSeq", "LinkKey", "NewLinkKey"}
	rows := reflect.TypeOf(other)
	for i := range rows.NumMethod() {
		name := rows.Method(i).Name
		_, known := refused[name]
		require.True(t, known || slices.Contains(harmless, name), "%s has no test that another tenant can't use it", name)
	}

	seats, err := other.Seats(ctx)
	require.NoError(t, err)
	require.Len(t, seats, 1)
	require.NotEqual(t, seat, seats[0].ID)
	for _, filter := range []engine.ConversationFilter{{}, {Seat: seat}} {
		found, _, err := other.Conversations(ctx, filter, engine.Page{})
		require.NoError(t, err)
		require.Empty(t, found)
	}
	calls, _, err := other.Calls(ctx, seat, engine.Page{})
	require.NoError(t, err)
	require.Empty(t, calls)
	_, err = other.UpdateAssistant(ctx, engine.AssistantView{Persona: "theirs"})
	require.NoError(t, err)
	mine, err := b.rows.Assistant(ctx)
	require.NoError(t, err)
	require.NotEqual(t, "theirs", mine.Persona)
	events, err := other.Events(ctx, 0, 100)
	require.NoError(t, err)
	for _, e := range events {
		require.NotEqual(t, b.user.Tenant, e.Tenant)
	}
	require.Equal(t, before, b.lastSeq(), "nothing happened to the first tenant")

	foreign := engine.SeatKey{Tenant: events[0].Tenant, Seat: seat}
	requireCode(t, engine.CodeNotFound, b.store.Record(ctx, foreign, []engine.Fact{b.text(thandi(), "x")}))
	requireCode(t, engine.CodeNotFound, b.store.SetSending(ctx, foreign, sent.ID))
	nobody := b.store.Tenant("nobody")
	_, err = nobody.CreateSeat(ctx, "x")
	requireCode(t, engine.CodeNotFound, err)
	_, err = nobody.Assistant(ctx)
	requireCode(t, engine.CodeNotFound, err)
	_, err = nobody.LastSeq(ctx)
	requireCode(t, engine.CodeNotFound, err)
}
