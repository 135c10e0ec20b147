package whatsmeow_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

func TestUnreadableInAGroup(t *testing.T) {
	c := newClub(t, false)
	c.text(t, c.lead, "With the key")
	require.NoError(t, c.sim.Inject(simulator.Fault{Kind: simulator.FaultUndecryptable, Number: agentNumber}))
	c.s.Disconnect()
	id, err := c.lead.SendText(t.Context(), string(c.club.Room), "Damaged on the way")
	require.NoError(t, err)
	c.s.connect(t)
	c.s.until(t, "the placeholder", func() bool {
		return slices.ContainsFunc(c.s.messages, func(m engine.Incoming) bool {
			return m.WhatsAppID == id && m.Kind == engine.KindWaiting && m.Chat == c.club && m.Sender.Phone == engine.PhoneAddress(leadNumber)
		})
	})
	got := c.s.message(t, "Damaged on the way")
	require.Equal(t, id, got.WhatsAppID)
	require.Equal(t, party(c.lead, "Sipho"), got.Sender)
}

// What the seat sent to a group is sent again to a device that asks, also by a
// process that has not sent it itself.
func TestSentToAGroupIsReadFromTheSink(t *testing.T) {
	c := newClub(t, false)
	other := c.pair(t, c.lead)
	c.give(t, c.draft(engine.KindText, "Hello"))
	other.message(t, "Hello")
	other.Disconnect()
	require.NoError(t, c.sim.Inject(simulator.Fault{Kind: simulator.FaultUndecryptable, Number: leadNumber}))
	sent := c.give(t, c.draft(engine.KindText, "Damaged on the way"))
	c.s.set(func(m *memory) { m.sent[sent.WhatsAppID] = sent.Text })
	sees(t, c.lead, sent.Text)
	c.s.reconnect(t)
	other.connect(t)
	got := other.message(t, sent.Text)
	require.Equal(t, c.club, got.Chat)
	require.Equal(t, engine.PhoneAddress(agentNumber), got.Sender.Phone)
	c.s.until(t, "the device's question", func() bool { return slices.Contains(c.s.asked, sent.WhatsAppID) })
}

// A group may come to name its members in another way.
func TestStaleGroupIsAskedForAgain(t *testing.T) {
	c := newClub(t, false)
	c.give(t, c.draft(engine.KindText, "Hello"))
	require.NoError(t, c.sim.Inject(simulator.Fault{Kind: simulator.FaultNack, Number: agentNumber, Code: 421}))
	sent := c.give(t, c.draft(engine.KindText, "Still there?"))
	require.Equal(t, sent.WhatsAppID, sees(t, c.third, sent.Text).ID)

	require.NoError(t, c.sim.Inject(simulator.Fault{Kind: simulator.FaultNack, Number: agentNumber, Code: 421, Times: 2}))
	_, err := c.s.Send(t.Context(), c.draft(engine.KindText, "And now?"))
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(err), "it is tried again later")
}

func TestWhoMayWriteInAGroup(t *testing.T) {
	c := newClub(t, false)
	hand, err := c.agent.Group(string(c.club.Room))
	require.NoError(t, err)
	_, err = hand.Promote(t.Context(), leadNumber)
	require.NoError(t, err)
	yes := true
	require.NoError(t, hand.Set(t.Context(), simulator.GroupSettings{Announce: &yes}))
	other := c.pair(t, c.third)
	_, err = other.Send(t.Context(), c.draft(engine.KindText, "May I?"))
	require.Equal(t, engine.CodeNotAdmin, engine.CodeOf(err))
	require.NoError(t, hand.Leave(t.Context()))
	waitEvent(t, c.agent, simulator.EventGroup)
	c.s.reconnect(t)
	_, err = c.s.Send(t.Context(), c.draft(engine.KindText, "Am I still here?"))
	require.Equal(t, engine.CodeChatGone, engine.CodeOf(err))
	list := c.draft(engine.KindText, "To a list")
	list.To.Room = "1650000000@broadcast"
	_, err = c.s.Send(t.Context(), list)
	require.Equal(t, engine.CodeUnsupported, engine.CodeOf(err))
}

func TestStatusUpdates(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	require.NoError(t, lead.AddContact(t.Context(), agentNumber))
	id, err := lead.SendText(t.Context(), string(engine.StatusAddress), "At the sea")
	require.NoError(t, err)
	got := s.message(t, "At the sea")
	require.Equal(t, engine.Party{Room: engine.StatusAddress}, got.Chat)
	require.Equal(t, party(lead, "Sipho"), got.Sender)
	require.NoError(t, s.Client.(engine.RoomReader).MarkReadFrom(t.Context(), got.Chat, got.Sender, []string{id}))
	waitFor(t, lead, func(m simulator.Message) bool { return m.ID == id && m.Has(simulator.ReceiptRead) })

	// Whom a status goes to is a choice on the phone.
	require.NoError(t, agent.SetStatusAudience(simulator.StatusOnly, leadNumber))
	draft := engine.Draft{WhatsAppID: engine.NewWhatsAppID(), To: engine.Party{Room: engine.StatusAddress}, Kind: engine.KindText, Text: "Open house today"}
	accepted, err := s.Send(t.Context(), draft)
	require.NoError(t, err)
	require.Equal(t, engine.StatusAddress, accepted.To.Room)
	seen := sees(t, lead, draft.Text)
	require.Equal(t, string(engine.StatusAddress), seen.To)
	require.NoError(t, lead.Read(t.Context(), draft.WhatsAppID))
	receipt := s.receipt(t, draft.WhatsAppID, engine.Read)
	require.Equal(t, engine.StatusAddress, receipt.Chat.Room)
	require.Equal(t, engine.PhoneAddress(leadNumber), receipt.Sender.Phone)
	revoke := draft
	revoke.WhatsAppID, revoke.Kind, revoke.Text = engine.NewWhatsAppID(), engine.KindRevoke, ""
	revoke.Target, revoke.TargetFromMe = draft.WhatsAppID, true
	_, err = s.Send(t.Context(), revoke)
	require.NoError(t, err)
	waitFor(t, lead, func(m simulator.Message) bool { return m.ID == draft.WhatsAppID && m.Revoked })
}

// TestStatusUpdatesReachTheAddressBook: without a choice on the phone, a status
// goes to who is in the phone's address book when it is posted.
func TestStatusUpdatesReachTheAddressBook(t *testing.T) {
	w := newWorld(t)
	agent, lead, third := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho"), w.phone(t, thirdNumber, "Lerato")
	require.NoError(t, agent.AddContact(t.Context(), leadNumber))
	s := w.pair(t, agent)
	post := func(text string) string {
		draft := engine.Draft{WhatsAppID: engine.NewWhatsAppID(), To: engine.Party{Room: engine.StatusAddress}, Kind: engine.KindText, Text: text}
		_, err := s.Send(t.Context(), draft)
		require.NoError(t, err)
		return draft.WhatsAppID
	}
	saved := func(p *simulator.Phone, name string) {
		told(t, s.memory, func(c engine.ContactChange) bool {
			return c.Party.Phone == engine.PhoneAddress(p.Number()) && c.SavedName != nil && *c.SavedName == name
		})
	}
	saved(lead, "Sipho")
	post("Open house today")
	sees(t, lead, "Open house today")
	require.NoError(t, agent.AddContact(t.Context(), thirdNumber))
	saved(third, "Lerato")
	require.NoError(t, agent.RemoveContact(t.Context(), leadNumber))
	saved(lead, "")
	id := post("Open house tomorrow")
	sees(t, third, "Open house tomorrow")
	require.False(t, slices.ContainsFunc(lead.Messages(0), func(m simulator.Message) bool { return m.ID == id }))
}

func TestChannels(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	theirs, err := lead.CreateChannel(t.Context(), "Harbour news", "Ships")
	require.NoError(t, err)
	require.NoError(t, agent.FollowChannel(t.Context(), theirs.JID))
	id, err := lead.SendText(t.Context(), theirs.JID, "The ferry is late")
	require.NoError(t, err)
	got := s.message(t, "The ferry is late")
	require.Equal(t, engine.Party{Room: engine.Address(theirs.JID)}, got.Chat)
	require.Zero(t, got.Sender)
	require.Equal(t, id, got.WhatsAppID)
	require.NoError(t, s.Client.(engine.RoomReader).MarkReadFrom(t.Context(), got.Chat, engine.Party{}, []string{id}))
	_, err = lead.Send(t.Context(), theirs.JID, simulator.Edit{MessageID: id, Text: "The ferry is on time"})
	require.NoError(t, err)
	edit := s.about(t, engine.KindEdit, id)
	require.Equal(t, "The ferry is on time", edit.Text)
	require.NotEqual(t, id, edit.WhatsAppID)
	_, err = lead.Send(t.Context(), theirs.JID, simulator.Revoke{MessageID: id})
	require.NoError(t, err)
	s.about(t, engine.KindRevoke, id)

	mine, err := agent.CreateChannel(t.Context(), "Flats", "New ones every day")
	require.NoError(t, err)
	require.NoError(t, lead.FollowChannel(t.Context(), mine.JID))
	draft := engine.Draft{WhatsAppID: engine.NewWhatsAppID(), To: engine.Party{Room: engine.Address(mine.JID)}, Kind: engine.KindText, Text: "Two rooms in Sea Pont"}
	_, err = s.Send(t.Context(), draft)
	require.NoError(t, err)
	require.Equal(t, draft.WhatsAppID, sees(t, lead, draft.Text).ID)
	change := draft
	change.WhatsAppID, change.Kind, change.Text = engine.NewWhatsAppID(), engine.KindEdit, "Two rooms in Sea Point"
	change.Target, change.TargetFromMe = draft.WhatsAppID, true
	_, err = s.Send(t.Context(), change)
	require.NoError(t, err)
	waitFor(t, lead, func(m simulator.Message) bool { return m.ID == draft.WhatsAppID && m.Text == change.Text })
	change.WhatsAppID, change.Kind, change.Text = engine.NewWhatsAppID(), engine.KindRevoke, ""
	_, err = s.Send(t.Context(), change)
	require.NoError(t, err)
	waitFor(t, lead, func(m simulator.Message) bool { return m.ID == draft.WhatsAppID && m.Revoked })

	draft.To.Room = engine.Address(theirs.JID)
	_, err = s.Send(t.Context(), draft)
	require.Equal(t, engine.CodeNotAdmin, engine.CodeOf(err))
}

// Whoever follows a channel reacts to what is posted there, and votes.
func TestReactionsAndVotesInChannels(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	channel, err := lead.CreateChannel(ctx, "Harbour news", "Ships")
	require.NoError(t, err)
	require.NoError(t, agent.FollowChannel(ctx, channel.JID))
	post, err := lead.SendText(ctx, channel.JID, "The ferry is late")
	require.NoError(t, err)
	poll, err := lead.Send(ctx, channel.JID, simulator.Poll{Name: "When?", Options: []string{"Sat", "Sun"}, Selectable: 1})
	require.NoError(t, err)
	for i := range 120 { // so that it is not on the first page
		_, err := lead.SendText(ctx, channel.JID, fmt.Sprint("More of the harbour ", i))
		require.NoError(t, err)
	}
	to := engine.Party{Room: engine.Address(channel.JID)}
	send := func(kind engine.Kind, text, target string, options ...string) error {
		draft := engine.Draft{WhatsAppID: engine.NewWhatsAppID(), To: to, Kind: kind, Text: text, Target: target}
		if kind == engine.KindVote {
			draft.Content = &engine.Content{Vote: &engine.Vote{Options: options}}
		}
		accepted, err := s.Send(ctx, draft)
		if err == nil {
			require.Equal(t, to, accepted.To)
			require.WithinDuration(t, time.Now(), accepted.At, time.Minute)
		}
		return err
	}
	find := func(id string) simulator.ChannelPost {
		for before := 0; ; {
			page, err := lead.ChannelPosts(ctx, channel.JID, 100, before)
			require.NoError(t, err)
			require.NotEmpty(t, page)
			if i := slices.IndexFunc(page, func(p simulator.ChannelPost) bool { return p.ID == id }); i >= 0 {
				return page[i]
			}
			before = page[0].ServerID
		}
	}
	require.NoError(t, send(engine.KindReaction, "🚢", post))
	require.Equal(t, map[string]int{"🚢": 1}, find(post).Reactions)
	require.NoError(t, send(engine.KindReaction, "", post))
	require.Empty(t, find(post).Reactions)
	require.NoError(t, send(engine.KindVote, "", poll, "Sun"))
	require.Equal(t, 1, find(poll).Votes["Sun"])
	require.NoError(t, send(engine.KindVote, "", poll))
	require.Zero(t, find(poll).Votes["Sun"])
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(send(engine.KindReaction, "🚢", "NOWHERE")))
	require.NoError(t, agent.UnfollowChannel(ctx, channel.JID))
	require.Equal(t, engine.CodeForbidden, engine.CodeOf(send(engine.KindReaction, "🚢", post)))
}

// What the agent writes on the phone is in the conversation with the lead,
// whichever address it goes to.
func TestPhoneMovesToLIDs(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	agent.UsePhoneNumbers(true)
	lead.UsePhoneNumbers(true)
	want := party(lead, "")
	write := func(words string) {
		t.Helper()
		_, err := agent.SendText(t.Context(), leadNumber, words)
		require.NoError(t, err)
		got := s.message(t, words)
		require.True(t, got.FromMe)
		require.Equal(t, want, got.Chat)
		_, err = lead.SendText(t.Context(), agentNumber, "answer to "+words)
		require.NoError(t, err)
		require.Equal(t, party(lead, "Sipho"), s.message(t, "answer to "+words).Chat)
	}
	write("by number")
	s.reconnect(t)
	write("by number, later")
	require.NoError(t, agent.MigrateToLID(t.Context()))
	write("by LID")
	s.reconnect(t)
	lead.UsePhoneNumbers(false)
	write("by LID, later")
}
