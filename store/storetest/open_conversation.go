package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func openConversation(t *testing.T, b *bundle) {
	open := func(with engine.Party) engine.ConversationView {
		t.Helper()
		view, err := b.rows.OpenConversation(b.ctx(), b.seat.Seat, with)
		require.NoError(t, err)
		return view
	}
	with := thandi()
	with.Name = "Thandi, Sea Point"
	first := open(with)
	require.Equal(t, engine.ChatDirect, first.Type)
	require.Equal(t, "Thandi, Sea Point", first.Contact.Name)
	require.Equal(t, "27821234567", first.Contact.Phone)
	require.True(t, first.Assistant.Enabled)
	require.Nil(t, first.LastMessage)
	require.False(t, first.LastMessageAt.IsZero(), "it stands where it was opened")
	require.Equal(t, first, b.only())
	events := b.lastSeq()
	require.Equal(t, first, open(with), "once")
	require.Equal(t, events, b.lastSeq(), "and nothing is told twice")

	// Both names of the person become known, then the person writes.
	whole := thandi()
	whole.LID, whole.Name = "999@lid", "not this"
	require.Equal(t, "Thandi, Sea Point", open(whole).Contact.Name)
	fact := b.text(engine.Party{LID: "999@lid", Name: "T."}, "hi")
	b.record(fact)
	require.Equal(t, first.ID, b.only().ID)
	require.Equal(t, "T.", b.only().Contact.Name, "what people call themselves comes first")
	require.Equal(t, first.ID, open(thandi()).ID)

	found, err := b.rows.ConversationWith(b.ctx(), b.seat.Seat, "1", "27821234567")
	require.NoError(t, err)
	require.Equal(t, first.ID, found.ID)
	_, err = b.rows.ConversationWith(b.ctx(), b.seat.Seat, "27821234568", "")
	requireCode(t, engine.CodeNotFound, err)

	// Deleted from the list, it comes back as it was found.
	b.record(engine.ChatCleared{Chat: thandi(), Deleted: true, Last: engine.MessageRef{WhatsAppID: fact.WhatsAppID, At: fact.At}})
	list, _, err := b.rows.Conversations(b.ctx(), engine.ConversationFilter{}, engine.Page{})
	require.NoError(t, err)
	require.Empty(t, list)
	_, err = b.rows.ConversationWith(b.ctx(), b.seat.Seat, "27821234567", "")
	requireCode(t, engine.CodeNotFound, err)
	again := open(thandi())
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, again, b.only())

	_, err = b.rows.OpenConversation(b.ctx(), "nothing", thandi())
	requireCode(t, engine.CodeNotFound, err)
}

// Whoever was known by a LID alone is the same person once the number is asked for.
func openKnownByLID(t *testing.T, b *bundle) {
	b.record(b.text(lerato(), "hi"))
	before := b.only()
	require.Empty(t, before.Contact.Phone)
	with := lerato()
	with.Phone, with.Name = engine.PhoneAddress("27830000002"), ""
	events := b.lastSeq()
	view, err := b.rows.OpenConversation(b.ctx(), b.seat.Seat, with)
	require.NoError(t, err)
	require.Equal(t, before.ID, view.ID)
	require.Equal(t, "27830000002", view.Contact.Phone)
	require.Equal(t, view, b.only())
	require.Greater(t, b.lastSeq(), events, "the number shows")
}

func tenantSettings(t *testing.T, b *bundle) {
	settings, err := b.rows.Settings(b.ctx())
	require.NoError(t, err)
	require.Equal(t, engine.TenantSettings{Region: "ZA"}, settings)
	_, err = b.rows.SetSettings(b.ctx(), engine.TenantSettings{Region: "GB"})
	require.NoError(t, err)
	settings, err = b.rows.Settings(b.ctx())
	require.NoError(t, err)
	require.Equal(t, "GB", settings.Region)
	theirs, err := b.newAgency("other").rows.Settings(b.ctx())
	require.NoError(t, err)
	require.Equal(t, "ZA", theirs.Region)
	_, err = b.store.Tenant("nobody").SetSettings(b.ctx(), settings)
	requireCode(t, engine.CodeNotFound, err)
}
