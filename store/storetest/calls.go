package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func (b *bundle) calls() []engine.CallView {
	b.t.Helper()
	found, next, err := b.rows.Calls(b.ctx(), b.seat.Seat, engine.Page{Limit: 100})
	require.NoError(b.t, err)
	require.Empty(b.t, next)
	return found
}

// ring is a call that comes in.
func ring(id string) engine.CallChange {
	chat := thandi()
	chat.Name = "Thandi"
	return engine.CallChange{Call: id, Chat: chat, Video: true, State: engine.CallRinging, At: now()}
}

func becomes(call engine.CallChange, state engine.CallState, seconds int) engine.CallChange {
	call.State, call.At = state, call.At.Add(time.Duration(seconds)*time.Second)
	return call
}

func missedCall(t *testing.T, b *bundle) {
	seq := b.lastSeq()
	call := ring("C1")
	b.record(call, call)
	require.Equal(t, []engine.EventKind{
		engine.EventMessageCreated, engine.EventConversationUpdated, engine.EventCallUpdated,
	}, b.since(seq), "once")
	c := b.only()
	require.Equal(t, "Thandi", c.Contact.Name, "a lead who calls is a lead")
	require.Zero(t, c.Unread)
	require.Equal(t, engine.KindCall, c.LastMessage.Kind)
	require.Equal(t, &engine.CallLine{Call: b.calls()[0].ID, Video: true, State: engine.CallRinging}, c.LastMessage.Content.Call)

	seq = b.lastSeq()
	b.record(becomes(call, engine.CallEnded, 20), becomes(call, engine.CallAccepted, 21))
	require.Equal(t, []engine.EventKind{
		engine.EventMessageUpdated, engine.EventConversationUpdated, engine.EventCallUpdated,
	}, b.since(seq), "once it is over, nothing changes it")
	got := b.calls()[0]
	require.Equal(t, engine.CallMissed, got.State, "nobody had taken it")
	require.Equal(t, call.At.Add(20*time.Second), *got.EndedAt)
	require.Equal(t, 1, b.only().Unread)
	require.Equal(t, engine.CallMissed, b.only().LastMessage.Content.Call.State)
}

// callLikeAMessage has somebody give a message the ID of the call that follows:
// both are there, and the call is delivered but once.
func callLikeAMessage(t *testing.T, b *bundle) {
	text := b.text(thandi(), "hi")
	text.WhatsAppID = "C1"
	b.record(text)
	b.record(ring("C1"))
	b.record(becomes(ring("C1"), engine.CallEnded, 20))
	require.Equal(t, engine.CallMissed, b.calls()[0].State)
	require.Equal(t, []string{"hi"}, b.texts(b.only().ID))
}

func callsEnd(t *testing.T, b *bundle) {
	for i, end := range []struct{ told, is engine.CallState }{
		{engine.CallElsewhere, engine.CallElsewhere}, {engine.CallRejected, engine.CallRejected}, {engine.CallMissed, engine.CallMissed},
	} {
		call := ring(string(rune('A' + i)))
		b.record(call, becomes(call, end.told, 5))
		require.Equal(t, end.is, b.calls()[0].State)
	}
	call := ring("D")
	b.record(call, becomes(call, engine.CallAccepted, 3), becomes(call, engine.CallEnded, 63))
	require.Equal(t, engine.CallEnded, b.calls()[0].State)
	require.Equal(t, 60, b.only().LastMessage.Content.Call.Seconds)
	b.record(becomes(ring("E"), engine.CallEnded, 0)) // of whose beginning nobody told
	require.Equal(t, engine.CallMissed, b.calls()[0].State)
	require.Equal(t, 2, b.only().Unread)

	old := ring("F")
	old.At = now().Add(-time.Hour)
	b.record(old)
	b.record(ring("G"))
	for _, call := range b.calls() {
		require.Equal(t, call.Message == b.only().LastMessage.ID, call.State == engine.CallRinging, "a call of whose end nobody told was missed")
	}
	view, err := b.rows.Call(b.ctx(), b.calls()[0].ID)
	require.NoError(t, err)
	require.Equal(t, b.calls()[0], view)
	other := b.newAgency("other")
	_, err = other.rows.Call(b.ctx(), view.ID)
	requireCode(t, engine.CodeNotFound, err)
	_, _, err = other.rows.CallRef(b.ctx(), view.ID)
	requireCode(t, engine.CodeNotFound, err)
	seat, ref, err := b.rows.CallRef(b.ctx(), view.ID)
	require.NoError(t, err)
	require.Equal(t, b.seat, seat)
	require.Equal(t, "G", ref.Call)
	require.Equal(t, thandi().Phone, ref.Chat.Phone)
}

func refusedCalls(t *testing.T, b *bundle) {
	_, err := b.rows.SetSeatSettings(b.ctx(), b.seat.Seat, engine.SeatSettings{
		Presence: engine.PresenceUnavailable, RejectCalls: true, RejectText: "Please write.",
	})
	require.NoError(t, err)
	b.record(ring("A"))
	require.True(t, b.calls()[0].Refused)
	require.Equal(t, engine.CallRinging, b.calls()[0].State, "until it was refused")
	drafts := b.drafts()
	require.Len(t, drafts, 1)
	require.Equal(t, "Please write.", drafts[0].Text)
	require.Equal(t, thandi().Phone, drafts[0].To.Phone)
	require.Nil(t, b.only().Assistant.PausedUntil, "no person wrote")
	b.record(ring("B"))
	require.True(t, b.calls()[0].Refused)
	require.Len(t, b.drafts(), 1, "at most once an hour")
	late := ring("C")
	late.At = now().Add(-2 * time.Minute)
	b.record(late)
	for _, call := range b.calls() {
		require.Equal(t, !call.At.Equal(late.At), call.Refused, "it rings no more")
	}
	group := ring("D")
	group.Chat, group.Caller = engine.Party{Room: "120363000000000001@g.us"}, thandi()
	b.record(group)
	for _, call := range b.calls() {
		if call.Caller != nil {
			require.False(t, call.Refused, "a group's calls are the group's")
			require.Equal(t, "27821234567", call.Caller.Phone)
		}
	}
}
