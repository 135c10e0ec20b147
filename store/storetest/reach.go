package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// reachAChat: where a conversation is, from where older messages can be asked
// for, and the conversation of status updates.
func reachAChat(t *testing.T, b *bundle) {
	fact := b.text(sipho(), "Is it still free?")
	b.record(fact)
	c := b.only()
	seat, chat, err := b.rows.Chat(b.ctx(), c.ID)
	require.NoError(t, err)
	require.Equal(t, b.seat, seat)
	require.Equal(t, sipho(), chat)

	seat, request, err := b.rows.HistoryStart(b.ctx(), c.ID)
	require.NoError(t, err)
	require.Equal(t, b.seat, seat)
	require.Equal(t, sipho(), request.Chat)
	require.Equal(t, fact.WhatsAppID, request.WhatsAppID)
	require.False(t, request.FromMe)
	require.WithinDuration(t, fact.At, request.At, time.Second)
	older := b.text(sipho(), "Good morning")
	older.At, older.History, older.FromMe = fact.At.Add(-time.Hour), true, true
	b.record(older)
	_, request, err = b.rows.HistoryStart(b.ctx(), c.ID)
	require.NoError(t, err)
	require.Equal(t, older.WhatsAppID, request.WhatsAppID)
	require.True(t, request.FromMe)

	status, err := b.rows.StatusConversation(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	again, err := b.rows.StatusConversation(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Equal(t, status, again)
	view, err := b.rows.Conversation(b.ctx(), status)
	require.NoError(t, err)
	require.Equal(t, engine.ChatStatus, view.Type)
	require.Equal(t, engine.StatusAddress, view.Room.Address)
	require.WithinDuration(t, time.Now(), view.LastMessageAt, time.Minute)
	_, _, err = b.rows.HistoryStart(b.ctx(), status)
	requireCode(t, engine.CodeConflict, err)
	sent, err := b.rows.Send(b.ctx(), status, engine.NewMessage{User: b.user.ID, Text: "Two new flats"})
	require.NoError(t, err)
	_, _, err = b.rows.HistoryStart(b.ctx(), status)
	requireCode(t, engine.CodeConflict, err) // WhatsApp has not seen it yet
	require.Equal(t, status, sent.Conversation)
	_, err = b.rows.StatusConversation(b.ctx(), engine.SeatID(engine.NewID()))
	requireCode(t, engine.CodeNotFound, err)
	_, _, err = b.rows.Chat(b.ctx(), engine.ConversationID(engine.NewID()))
	requireCode(t, engine.CodeNotFound, err)
}
