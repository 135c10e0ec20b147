package simulator_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

// TestGroupMessages: what is written in groups, and what becomes of it.
//
// covers: SendMessage events.UndecryptableMessage
func TestGroupMessages(t *testing.T) {
	t.Parallel()
	c := newCircle(t)
	t.Run("by LID", func(t *testing.T) { groupConversation(t, c, false) })
	t.Run("by number", func(t *testing.T) { groupConversation(t, c, true) })
	for _, step := range []struct {
		name  string
		check func(*testing.T, *circle)
	}{
		{"receipts", receiptsAndTyping},
		{"waiting", messagesWait},
		{"rights", whoMayWrite},
		{"additions", groupAdditions},
		{"answers", groupAnswers},
		{"lost key", lostSenderKey},
		{"new keys", keysAreRenewed},
		{"new phone", newPhone},
	} {
		t.Run(step.name, func(t *testing.T) { step.check(t, c) })
	}
}

// groupConversation: clients and phones read each other in a group, whichever way its members are addressed.
func groupConversation(t *testing.T, c *circle, byNumber bool) {
	t.Helper()
	made, _, err := c.ann.CreateGroup(t.Context(), simulator.NewGroup{
		Subject: "Club", Members: []string{leadNumber, thirdNumber}, ByNumber: byNumber,
	})
	require.NoError(t, err)
	club, err := types.ParseJID(made.JID)
	require.NoError(t, err)
	await(c.b, func(j *events.JoinedGroup) bool { return j.JID == club })
	sender, other := c.bob.LID(), c.bob.JID()
	if byNumber {
		sender, other = other, sender
	}
	for i := range 3 {
		words := fmt.Sprint("from a client ", byNumber, i)
		_, err = c.b.SendMessage(patient(t), club, say(words))
		require.NoError(t, err)
		for _, reader := range []*simulator.Phone{c.ann, c.cid, c.bob} {
			got, err := reader.Wait(patient(t), says(words))
			require.NoError(t, err)
			require.Equal(t, leadNumber, got.From)
			require.Equal(t, 1, got.FromDevice)
			require.Equal(t, club.String(), got.To)
			require.Equal(t, reader == c.bob, got.FromMe)
		}
		got := await(c.a, text(words))
		require.Equal(t, club, got.Info.Chat)
		require.True(t, got.Info.IsGroup)
		require.EqualValues(t, 1, got.Info.Sender.Device)
		require.Equal(t, sender.User, got.Info.Sender.User)
		require.Equal(t, other.User, got.Info.SenderAlt.User)
	}
	for i := range 3 {
		words := fmt.Sprint("from a phone ", byNumber, i)
		id, err := c.ann.SendText(t.Context(), club.String(), words)
		require.NoError(t, err)
		for _, reader := range []*client{c.a, c.b} {
			got := await(reader, text(words))
			require.Equal(t, id, got.Info.ID)
			require.Equal(t, reader == c.a, got.Info.IsFromMe)
		}
		got, err := c.cid.Wait(patient(t), says(words))
		require.NoError(t, err)
		require.Equal(t, club.String(), got.To)
	}
	for _, reader := range []*client{c.a, c.b} {
		_, lost := look(reader, func(m *events.UndecryptableMessage) bool { return m.Info.Chat == club }, 0)
		require.False(t, lost, "everybody has the keys")
	}
}

// receiptsAndTyping: who got and read a message in a group, and who is writing there.
func receiptsAndTyping(t *testing.T, c *circle) {
	t.Helper()
	club := c.club(t)
	id, err := c.ann.SendText(t.Context(), club.String(), "who reads this?")
	require.NoError(t, err)
	got := await(c.b, text("who reads this?"))
	require.NoError(t, c.b.MarkRead(patient(t), []string{id}, got.Info.Timestamp, club, got.Info.Sender))
	read, err := c.ann.Wait(patient(t), func(m simulator.Message) bool { return m.ID == id && m.Has(simulator.ReceiptRead) })
	require.NoError(t, err)
	for _, receipt := range read.Receipts {
		if receipt.Type == simulator.ReceiptRead {
			require.Equal(t, leadNumber, receipt.From)
		}
	}
	own := await(c.a, func(r *events.Receipt) bool { return r.Type == types.ReceiptTypeRead && r.MessageIDs[0] == id })
	require.Equal(t, club, own.Chat)
	require.Equal(t, c.bob.LID().User, own.Sender.User)
	require.NoError(t, c.cid.Read(t.Context(), id))
	await(c.a, func(r *events.Receipt) bool {
		return r.Type == types.ReceiptTypeRead && r.Sender.User == c.cid.LID().User
	})

	sent, err := c.a.SendMessage(patient(t), club, say("and this?"))
	require.NoError(t, err)
	await(c.b, text("and this?"))
	require.NoError(t, c.bob.Read(patient(t), sent.ID))
	await(c.a, func(r *events.Receipt) bool { return r.Type == types.ReceiptTypeRead && r.MessageIDs[0] == sent.ID })
	elsewhere := await(c.b, func(r *events.Receipt) bool { return r.Type == types.ReceiptTypeRead && r.MessageIDs[0] == sent.ID })
	require.True(t, elsewhere.IsFromMe, "Bob's client hears that Bob's phone has read it")
	require.Equal(t, c.ann.LID().User, elsewhere.MessageSender.User)

	await[*events.AppStateSyncComplete](c.b, nil)
	require.NoError(t, c.bob.AddContact(patient(t), c.cid.Number()))
	require.NoError(t, c.cid.Follow(t.Context(), leadNumber))
	require.NoError(t, c.b.SendPresence(patient(t), types.PresenceAvailable))
	_, err = c.cid.WaitEvent(patient(t), func(e simulator.Event) bool { return e.Kind == simulator.EventAvailable })
	require.NoError(t, err)
	require.NoError(t, c.ann.Typing(patient(t), club.String(), true))
	typing := await(c.b, func(p *events.ChatPresence) bool { return p.Chat == club })
	require.Equal(t, c.ann.LID(), typing.Sender)
	require.NoError(t, c.b.SendChatPresence(patient(t), club, types.ChatPresenceComposing, types.ChatPresenceMediaText))
	_, err = c.cid.WaitEvent(patient(t), func(e simulator.Event) bool {
		return e.Kind == simulator.EventComposing && e.Chat == club.String() && e.From == leadNumber
	})
	require.NoError(t, err)
}

// lostSenderKey: a client that lost the key of a sender asks, and the sender writes the message again with the key.
func lostSenderKey(t *testing.T, c *circle) {
	t.Helper()
	club := c.club(t)
	_, err := c.cid.SendText(t.Context(), club.String(), "with the key")
	require.NoError(t, err)
	await(c.b, text("with the key"))
	c.b.loseSenderKeys(t)
	_, err = c.cid.SendText(t.Context(), club.String(), "without the key")
	require.NoError(t, err)
	lost := await(c.b, func(m *events.UndecryptableMessage) bool { return m.Info.Chat == club })
	require.True(t, lost.IsUnavailable)
	got := await(c.b, text("without the key"))
	require.Equal(t, club, got.Info.Chat)
	require.Equal(t, c.cid.LID(), got.Info.Sender)
	_, err = c.cid.SendText(t.Context(), club.String(), "and on")
	require.NoError(t, err)
	await(c.b, text("and on"))

	// Between clients; a damaged message, too.
	_, err = c.a.SendMessage(patient(t), club, say("from Ann's client"))
	require.NoError(t, err)
	await(c.b, text("from Ann's client"))
	require.NoError(t, c.s.Inject(simulator.Fault{Kind: simulator.FaultUndecryptable, Number: leadNumber}))
	_, err = c.a.SendMessage(patient(t), club, say("damaged on its way"))
	require.NoError(t, err)
	await(c.b, text("damaged on its way"))
}

// loseSenderKeys makes the client forget what others gave it.
func (c *client) loseSenderKeys(t *testing.T) {
	t.Helper()
	db, err := sql.Open("sqlite", c.dsn)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	_, err = db.ExecContext(t.Context(), "DELETE FROM whatsmeow_sender_keys")
	require.NoError(t, err)
}

// keysAreRenewed: who was removed does not read what is written afterwards, and a new device does.
func keysAreRenewed(t *testing.T, c *circle) {
	t.Helper()
	club := c.club(t)
	_, err := c.ann.SendText(t.Context(), club.String(), "all of us")
	require.NoError(t, err)
	await(c.b, text("all of us"))
	hand, err := c.ann.Group(club.String())
	require.NoError(t, err)
	_, err = hand.Remove(t.Context(), leadNumber)
	require.NoError(t, err)
	changed(c.b, club, func(g *events.GroupInfo) bool { return len(g.Leave) > 0 })
	_, err = c.ann.SendText(t.Context(), club.String(), "without Bob")
	require.NoError(t, err)
	_, err = c.cid.Wait(patient(t), says("without Bob"))
	require.NoError(t, err)
	_, err = c.bob.SendText(t.Context(), club.String(), "let me in")
	require.ErrorIs(t, err, simulator.ErrRefused)

	third := linked(t, c.s, c.cid)
	_, err = c.ann.SendText(t.Context(), club.String(), "with a new device")
	require.NoError(t, err)
	await(third, text("with a new device"))
	// Ann's client does not know of the new device yet, or does: either way the message arrives.
	_, err = c.a.SendMessage(patient(t), club, say("from the client"))
	require.NoError(t, err)
	await(third, text("from the client"))
	for _, m := range c.bob.Messages(0) {
		require.NotContains(t, m.Text, "without Bob")
	}
}

// whoMayWrite: in an announcement group admins only, in a suspended one nobody.
func whoMayWrite(t *testing.T, c *circle) {
	t.Helper()
	club := c.club(t)
	require.NoError(t, c.a.SetGroupAnnounce(patient(t), club, true))
	_, err := c.b.SendMessage(patient(t), club, say("may I?"))
	require.ErrorIs(t, err, whatsmeow.ErrServerReturnedError)
	_, err = c.bob.SendText(t.Context(), club.String(), "may I?")
	require.ErrorIs(t, err, simulator.ErrRefused)
	_, err = c.a.SendMessage(patient(t), club, say("I may"))
	require.NoError(t, err)
	await(c.b, text("I may"))
}

// messagesWait: what was written in a group while a client was away reaches it later, in order.
func messagesWait(t *testing.T, c *circle) {
	t.Helper()
	club := c.club(t)
	c.b.Disconnect()
	for i := range 5 {
		_, err := c.ann.SendText(t.Context(), club.String(), fmt.Sprint("n", i))
		require.NoError(t, err)
	}
	hand, err := c.ann.Group(club.String())
	require.NoError(t, err)
	require.NoError(t, hand.Rename(context.WithoutCancel(t.Context()), "Renamed"))
	c.b.forgetEvents()
	c.b.connect()
	for i := range 5 {
		await(c.b, text(fmt.Sprint("n", i)))
	}
	changed(c.b, club, func(g *events.GroupInfo) bool { return g.Name != nil && g.Name.Name == "Renamed" })
	require.Eventually(t, func() bool { return c.s.Pending(leadNumber) == 0 }, patience, tick)
}

// groupAdditions: reactions, votes, edits and deletions in a group reach everybody, from clients and phones.
func groupAdditions(t *testing.T, c *circle) {
	t.Helper()
	club := c.club(t)
	jid := club.String()
	asked, err := c.cid.Send(t.Context(), jid, simulator.Poll{Name: "When?", Options: []string{"now", "later"}, Selectable: 1})
	require.NoError(t, err)
	// The key for the group comes first, as a message of the same id.
	poll := await(c.b, func(m *events.Message) bool {
		return m.Info.ID == asked && m.Message.GetSenderKeyDistributionMessage() == nil
	})
	vote, err := c.b.BuildPollVote(patient(t), &poll.Info, []string{"later"})
	require.NoError(t, err)
	_, err = c.b.SendMessage(patient(t), club, vote)
	require.NoError(t, err)
	for _, p := range []*simulator.Phone{c.ann, c.cid, c.bob} {
		_, err = p.Wait(patient(t), func(m simulator.Message) bool {
			return m.ID == asked && len(m.Poll.Options[1].Voters) == 1 && m.Poll.Options[1].Voters[0] == leadNumber
		})
		require.NoError(t, err)
	}
	_, err = c.ann.Send(t.Context(), jid, simulator.Vote{MessageID: asked, Options: []string{"now"}})
	require.NoError(t, err)
	voted := await(c.b, func(m *events.Message) bool {
		return m.Info.Chat == club && m.Info.Sender == c.ann.LID() && m.Message.GetPollUpdateMessage() != nil
	})
	choice, err := c.b.DecryptPollVote(patient(t), voted)
	require.NoError(t, err)
	require.Equal(t, whatsmeow.HashPollOptions([]string{"now"}), choice.GetSelectedOptions())

	sent, err := c.b.SendMessage(patient(t), club, say("first draft"))
	require.NoError(t, err)
	_, err = c.ann.Wait(patient(t), says("first draft"))
	require.NoError(t, err)
	_, err = c.ann.Send(t.Context(), jid, simulator.Reaction{MessageID: sent.ID, Emoji: "👍"})
	require.NoError(t, err)
	reaction := await(c.b, func(m *events.Message) bool { return m.Info.Chat == club && m.Message.GetReactionMessage() != nil })
	require.Equal(t, sent.ID, reaction.Message.GetReactionMessage().GetKey().GetID())
	_, err = c.a.SendMessage(patient(t), club, c.a.BuildReaction(club, c.cid.LID(), asked, "🎉"))
	require.NoError(t, err)
	_, err = c.cid.Wait(patient(t), func(m simulator.Message) bool { return m.ID == asked && len(m.Reactions) == 1 })
	require.NoError(t, err)
	_, err = c.b.SendMessage(patient(t), club, c.b.BuildEdit(club, sent.ID, say("second draft")))
	require.NoError(t, err)
	_, err = c.cid.Wait(patient(t), func(m simulator.Message) bool { return m.ID == sent.ID && m.Text == "second draft" })
	require.NoError(t, err)

	_, err = c.bob.Send(t.Context(), jid, simulator.Revoke{MessageID: asked})
	require.Error(t, err, "no admin")
	_, err = c.a.SendMessage(patient(t), club, c.a.BuildRevoke(club, c.bob.LID(), sent.ID))
	require.NoError(t, err)
	for _, p := range []*simulator.Phone{c.bob, c.cid} {
		_, err = p.Wait(patient(t), func(m simulator.Message) bool { return m.ID == sent.ID && m.Revoked })
		require.NoError(t, err)
	}
	_, err = c.ann.Send(t.Context(), jid, simulator.Revoke{MessageID: asked})
	require.NoError(t, err)
	gone := await(c.b, func(m *events.Message) bool { return m.Message.GetProtocolMessage().GetKey().GetID() == asked })
	require.Equal(t, types.EditAttributeAdminRevoke, gone.Info.Edit)

	require.NoError(t, c.a.SetDisappearingTimer(patient(t), club, whatsmeow.DisappearingTimer24Hours, time.Time{}))
	brief, err := c.cid.SendText(t.Context(), jid, "soon gone")
	require.NoError(t, err)
	got := await(c.b, func(m *events.Message) bool {
		return m.Info.ID == brief && m.Message.GetExtendedTextMessage() != nil
	})
	require.EqualValues(t, 86400, got.Message.GetExtendedTextMessage().GetContextInfo().GetExpiration())
}

// groupAnswers: what the server answers to a message in a group that is not as it should be.
func groupAnswers(t *testing.T, c *circle) {
	t.Helper()
	club := c.club(t)
	alone, _, err := c.cid.CreateGroup(t.Context(), simulator.NewGroup{Subject: "Alone"})
	require.NoError(t, err)
	foreign, err := types.ParseJID(alone.JID)
	require.NoError(t, err)
	nobody := types.NewJID("120363999999999999", types.GroupServer)
	for i, given := range []struct {
		to    types.JID
		attrs waBinary.Attrs
		code  int
	}{
		{club, waBinary.Attrs{"phash": "2:outdated"}, 0},
		{club, waBinary.Attrs{"addressing_mode": "pn"}, 421},
		{foreign, nil, 403},
		{nobody, nil, 404},
		{types.NewJID("5", types.BroadcastServer), nil, 404},
	} {
		id := fmt.Sprint("RAW", i)
		attrs := waBinary.Attrs{"id": id, "to": given.to, "type": "text"}
		maps.Copy(attrs, given.attrs)
		internals := c.a.internals()
		answer := internals.WaitResponse(id)
		require.NoError(t, internals.SendNode(patient(t), waBinary.Node{Tag: "message", Attrs: attrs, Content: []waBinary.Node{
			{Tag: "participants"}, {Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": "skmsg"}, Content: []byte("nonsense")},
		}}))
		ack := <-answer
		getter := ack.AttrGetter()
		require.Equal(t, given.code, getter.OptionalInt("error"), given.to)
		require.Equal(t, given.code == 0, getter.OptionalString("phash") != "")
	}
	_, err = c.a.SendMessage(patient(t), club, say("after the nonsense"))
	require.NoError(t, err)
	await(c.b, text("after the nonsense"))
	_, err = c.cid.Wait(patient(t), says("after the nonsense"))
	require.NoError(t, err)
}

// newPhone: somebody whose phone was reinstalled is read by the others in a group, and reads them.
func newPhone(t *testing.T, c *circle) {
	t.Helper()
	club := c.club(t)
	_, err := c.cid.SendText(t.Context(), club.String(), "on the old phone")
	require.NoError(t, err)
	_, err = c.ann.SendText(t.Context(), club.String(), "to the old phone")
	require.NoError(t, err)
	await(c.b, text("on the old phone"))
	require.NoError(t, c.cid.Reinstall(patient(t)))
	_, err = c.cid.SendText(patient(t), club.String(), "on the new phone")
	require.NoError(t, err)
	await(c.b, text("on the new phone"))
	_, err = c.ann.Wait(patient(t), says("on the new phone"))
	require.NoError(t, err)
	_, err = c.ann.SendText(patient(t), club.String(), "to the new phone")
	require.NoError(t, err)
	_, err = c.b.SendMessage(patient(t), club, say("from a client to the new phone"))
	require.NoError(t, err)
	for _, words := range []string{"to the new phone", "from a client to the new phone"} {
		_, err = c.cid.Wait(patient(t), says(words))
		require.NoError(t, err, words)
	}
}
