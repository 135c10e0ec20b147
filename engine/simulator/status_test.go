package simulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

// TestStatusUpdates: a status update reaches those whom its author chose, from a phone and from a client.
//
// covers: GetStatusPrivacy SendMessage
func TestStatusUpdates(t *testing.T) {
	t.Parallel()
	c := newCircle(t)
	second := linked(t, c.s, c.ann)
	require.NoError(t, c.ann.AddContact(t.Context(), leadNumber))
	require.NoError(t, c.ann.AddContact(t.Context(), thirdNumber))
	privacy, err := c.a.GetStatusPrivacy(patient(t))
	require.NoError(t, err)
	require.Equal(t, types.StatusPrivacyTypeContacts, privacy[0].Type)

	id, err := c.ann.SendText(t.Context(), "status@broadcast", "at the sea")
	require.NoError(t, err)
	got := await(c.b, text("at the sea"))
	require.Equal(t, types.StatusBroadcastJID, got.Info.Chat)
	require.Equal(t, c.ann.LID(), got.Info.Sender)
	own := await(c.a, text("at the sea"))
	require.True(t, own.Info.IsFromMe)
	require.ElementsMatch(t, []types.BroadcastRecipient{
		{LID: c.bob.LID(), PN: c.bob.JID()}, {LID: c.cid.LID(), PN: c.cid.JID()},
	}, own.Info.BroadcastRecipients)
	require.NoError(t, c.b.MarkRead(patient(t), []string{id}, got.Info.Timestamp, got.Info.Chat, got.Info.Sender))
	_, err = c.ann.Wait(patient(t), func(m simulator.Message) bool { return m.ID == id && m.Has(simulator.ReceiptRead) })
	require.NoError(t, err)
	await(c.a, func(r *events.Receipt) bool {
		return r.Type == types.ReceiptTypeRead && r.Chat == types.StatusBroadcastJID
	})

	require.NoError(t, c.ann.SetStatusAudience(simulator.StatusExcept, leadNumber))
	_, err = c.ann.SendText(t.Context(), "status@broadcast", "not for Bob")
	require.NoError(t, err)
	_, err = c.cid.Wait(patient(t), says("not for Bob"))
	require.NoError(t, err)
	require.NoError(t, c.ann.SetStatusAudience(simulator.StatusOnly, leadNumber))
	privacy, err = c.a.GetStatusPrivacy(patient(t))
	require.NoError(t, err)
	require.Equal(t, types.StatusPrivacyTypeWhitelist, privacy[0].Type)
	require.Equal(t, []types.JID{c.bob.LID()}, privacy[0].List)
	_, err = c.ann.SendText(t.Context(), "status@broadcast", "for Bob alone")
	require.NoError(t, err)
	await(c.b, text("for Bob alone"))
	for _, m := range c.cid.Messages(0) {
		require.NotEqual(t, "for Bob alone", m.Text)
	}
	_, heard := look(c.b, text("not for Bob"), 0)
	require.False(t, heard)

	// The client takes the audience from the server.
	sent, err := c.a.SendMessage(patient(t), types.StatusBroadcastJID, say("by the client"))
	require.NoError(t, err)
	await(c.b, text("by the client"))
	shown, err := c.bob.Wait(patient(t), says("by the client"))
	require.NoError(t, err)
	require.Equal(t, "status@broadcast", shown.To)
	_, err = c.ann.Wait(patient(t), says("by the client"))
	require.NoError(t, err)
	require.True(t, await(second, text("by the client")).Info.IsFromMe)
	require.NoError(t, c.bob.Read(t.Context(), sent.ID))
	await(c.a, func(r *events.Receipt) bool { return r.Type == types.ReceiptTypeRead && r.MessageIDs[0] == sent.ID })
	_, err = c.a.SendMessage(patient(t), types.StatusBroadcastJID, c.a.BuildRevoke(types.StatusBroadcastJID, types.EmptyJID, sent.ID))
	require.NoError(t, err)
	revoked := await(c.b, func(m *events.Message) bool { return m.Message.GetProtocolMessage().GetKey().GetID() == sent.ID })
	require.Equal(t, types.EditAttributeSenderRevoke, revoked.Info.Edit)

	for _, bad := range []error{
		c.ann.SetStatusAudience("everybody"), c.ann.SetStatusAudience(simulator.StatusContacts, leadNumber),
	} {
		require.ErrorIs(t, bad, simulator.ErrInvalid)
	}
	require.ErrorIs(t, c.ann.SetStatusAudience(simulator.StatusOnly, "27800000000"), simulator.ErrNotFound)
	_, err = c.ann.SendText(t.Context(), "123@broadcast", "x")
	require.ErrorIs(t, err, simulator.ErrUnsupported)
}
