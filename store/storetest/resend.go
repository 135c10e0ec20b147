package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// sentAgain: whatever a seat sends can be read as it was handed to WhatsApp,
// for a device that asks for it after a restart.
func sentAgain(t *testing.T, b *bundle) {
	ask := b.text(thandi(), "when?")
	ask.Kind, ask.Content = engine.KindPoll, &engine.Content{Poll: &engine.Poll{Options: []string{"Sat", "Sun"}, Selectable: 1}}
	b.record(ask)
	c := b.only()
	poll := b.messages(c.ID)[0].ID
	own := b.send(c.ID, "it is")
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, own.ID, engine.Accepted{At: now()}))
	for _, m := range []engine.NewMessage{
		{Kind: engine.KindText, Text: "hi"},
		{Kind: engine.KindText, Text: "yes", ReplyTo: poll},
		{Kind: engine.KindLocation, Content: &engine.Content{Location: &engine.Location{Latitude: -33.9, Longitude: 18.4, Name: "Sea Point"}}},
		{Kind: engine.KindContact, Content: &engine.Content{Cards: []engine.Card{{Name: "Anna", VCard: "BEGIN:VCARD\nVERSION:3.0\nFN:Anna\nEND:VCARD"}}}},
		{Kind: engine.KindPoll, Text: "When?", Content: &engine.Content{Poll: &engine.Poll{Options: []string{"Sat", "Sun"}, Selectable: 1}}},
		{Kind: engine.KindReaction, Text: "👍", Target: poll},
		{Kind: engine.KindVote, Target: poll, Content: &engine.Content{Vote: &engine.Vote{Options: []string{"Sun"}}}},
		{Kind: engine.KindImage, Text: "Here", Content: &engine.Content{Media: &engine.Media{ID: b.uploaded("h1")}}},
		{Kind: engine.KindDocument, Content: &engine.Content{Media: &engine.Media{ID: b.uploaded("h2")}}},
		{Kind: engine.KindEdit, Text: "it is not", Target: own.ID},
		{Kind: engine.KindRevoke, Target: own.ID},
	} {
		m.User = b.user.ID
		view, err := b.rows.Send(b.ctx(), c.ID, m)
		require.NoError(t, err, m.Kind)
		draft := b.drafts()[0]
		require.Equal(t, view.ID, draft.ID)
		require.NoError(t, b.store.SetSending(b.ctx(), b.seat, view.ID))
		at := now()
		require.NoError(t, b.store.SetSent(b.ctx(), b.seat, view.ID, engine.Accepted{At: at}))
		again, found, err := b.store.Sent(b.ctx(), b.seat, thandi(), view.WhatsAppID)
		require.NoError(t, err)
		require.True(t, found, m.Kind)
		draft.Attempts, draft.At = 1, at
		require.Equal(t, draft, again, m.Kind)
		require.NoError(t, again.Check(), m.Kind)
	}
}

// slowed: how WhatsApp has slowed a seat down outlives the process.
func slowed(t *testing.T, b *bundle) {
	found, err := b.store.Slowed(b.ctx(), b.seat)
	require.NoError(t, err)
	require.Zero(t, found)
	want := engine.Slowed{Refusals: 2, At: now(), Until: now().Add(time.Minute), Strangers: now().Add(time.Hour)}
	require.NoError(t, b.store.SetSlowed(b.ctx(), b.seat, want))
	found, err = b.store.Slowed(b.ctx(), b.seat)
	require.NoError(t, err)
	require.Equal(t, want, found)
	_, err = b.store.Slowed(b.ctx(), engine.SeatKey{Tenant: b.seat.Tenant, Seat: "nowhere"})
	requireCode(t, engine.CodeNotFound, err)
}
