package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func presence(t *testing.T, b *bundle) {
	see := func(news engine.Presence) (engine.ConversationID, string, error) {
		return b.store.SeePresence(b.ctx(), b.seat, news)
	}
	_, _, err := see(engine.Presence{Chat: thandi(), Doing: engine.Typing})
	requireCode(t, engine.CodeNotFound, err)
	c := b.talk("hi")
	events := b.lastSeq()

	// Under whichever address; when somebody was there only grows.
	whole := thandi()
	whole.LID = "999@lid"
	seen := time.UnixMilli(1_790_000_000_000).UTC()
	for _, at := range []time.Time{seen, seen.Add(-time.Hour)} {
		found, who, err := see(engine.Presence{Chat: whole, LastSeen: &at})
		require.NoError(t, err)
		require.Equal(t, c.ID, found)
		require.Empty(t, who)
	}
	require.Equal(t, seen, *b.only().Contact.LastSeenAt)
	require.Equal(t, events, b.lastSeq(), "it is no event")
	_, _, err = see(engine.Presence{Chat: engine.Party{LID: "998@lid"}})
	requireCode(t, engine.CodeNotFound, err)
	_, _, err = see(engine.Presence{})
	require.Error(t, err)
	other := b.newAgency("other")
	_, _, err = b.store.SeePresence(b.ctx(), engine.SeatKey{Tenant: other.user.Tenant, Seat: b.seat.Seat}, engine.Presence{Chat: thandi(), LastSeen: new(time.Now())})
	requireCode(t, engine.CodeNotFound, err)
	require.Equal(t, seen, *b.only().Contact.LastSeenAt)

	// A merge keeps the later time.
	b.record(b.text(engine.Party{LID: "999@lid"}, "it is me"))
	later := seen.Add(time.Hour)
	_, _, err = see(engine.Presence{Chat: engine.Party{LID: "999@lid"}, LastSeen: &later})
	require.NoError(t, err)
	b.record(engine.Identity{Party: whole})
	require.Equal(t, later, *b.only().Contact.LastSeenAt)
}

func presenceInGroups(t *testing.T, b *bundle) {
	b.record(b.said(sipho(), "hi"))
	c := b.only()
	for _, one := range []struct {
		who  engine.Party
		name string
	}{
		{engine.Party{LID: sipho().LID}, "Sipho"},
		{engine.Party{Phone: engine.PhoneAddress("27839999999"), LID: "1@lid"}, "27839999999"},
		{engine.Party{LID: "1@lid"}, ""},
	} {
		found, who, err := b.store.SeePresence(b.ctx(), b.seat, engine.Presence{Chat: group(), Who: one.who, Doing: engine.Typing})
		require.NoError(t, err)
		require.Equal(t, c.ID, found)
		require.Equal(t, one.name, who)
	}
}

func presenceMode(t *testing.T, b *bundle) {
	seat, err := b.rows.Seat(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Equal(t, engine.PresenceUnavailable, seat.Presence, "the phone's notifications work unless somebody wants otherwise")
	_, err = b.rows.SetSeatSettings(b.ctx(), b.seat.Seat, engine.SeatSettings{Presence: engine.PresenceWatching})
	require.NoError(t, err)
	seat, err = b.rows.Seat(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Equal(t, engine.PresenceWatching, seat.Presence)
	events, err := b.rows.Events(b.ctx(), b.lastSeq()-1, 1)
	require.NoError(t, err)
	require.Equal(t, engine.EventSeatUpdated, events[0].Kind)
	require.Contains(t, string(events[0].Data), `"presence":"watching"`, "the event tells it")
}
