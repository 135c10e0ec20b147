package whatsmeow_test

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// clubWorld is a seat that is in a group with two others.
type clubWorld struct {
	*world
	s                  *seat
	agent, lead, third *simulator.Phone
	club               engine.Party
}

func newClub(t *testing.T, byNumber bool, adjust ...func(*whatsmeow.Config)) *clubWorld {
	t.Helper()
	c := &clubWorld{world: newWorld(t, adjust...)}
	c.agent, c.lead, c.third = c.phone(t, agentNumber, "Thandi"), c.phone(t, leadNumber, "Sipho"), c.phone(t, thirdNumber, "Lerato")
	c.s = c.pair(t, c.agent)
	made, _, err := c.agent.CreateGroup(t.Context(), simulator.NewGroup{
		Subject: "Viewing", Members: []string{leadNumber, thirdNumber}, ByNumber: byNumber,
	})
	require.NoError(t, err)
	c.club = engine.Party{Room: engine.Address(made.JID)}
	return c
}

// party is a phone's person under both addresses.
func party(p *simulator.Phone, name string) engine.Party {
	return engine.Party{Phone: engine.PhoneAddress(p.Number()), LID: engine.Address(p.LID().ToNonAD().String()), Name: name}
}

func (c *clubWorld) text(t *testing.T, p *simulator.Phone, words string) engine.Incoming {
	t.Helper()
	_, err := p.SendText(t.Context(), string(c.club.Room), words)
	require.NoError(t, err)
	return c.s.message(t, words)
}

// draft is something to send to the group.
func (c *clubWorld) draft(kind engine.Kind, text string) engine.Draft {
	return engine.Draft{WhatsAppID: engine.NewWhatsAppID(), To: c.club, Kind: kind, Text: text}
}

func (c *clubWorld) give(t *testing.T, draft engine.Draft) engine.Draft {
	t.Helper()
	accepted, err := c.s.Send(t.Context(), draft)
	require.NoError(t, err)
	require.Equal(t, draft.To.Room, accepted.To.Room)
	return draft
}

// about waits for a message of a kind about another one.
func (m *memory) about(t *testing.T, kind engine.Kind, target string) engine.Incoming {
	t.Helper()
	var found engine.Incoming
	m.until(t, string(kind), func() bool {
		for _, message := range m.messages {
			if message.Kind == kind && message.Target == target {
				found = message
				return true
			}
		}
		return false
	})
	return found
}

func TestGroups(t *testing.T) {
	for name, byNumber := range map[string]bool{"by LID": false, "by number": true} {
		t.Run(name, func(t *testing.T) {
			c := newClub(t, byNumber)
			textsInGroup(t, c)
			changesInGroup(t, c)
			pollsInGroup(t, c)
			changesByTheSeat(t, c)
		})
	}
}

func textsInGroup(t *testing.T, c *clubWorld) {
	t.Helper()
	got := c.text(t, c.lead, "Who is coming?")
	require.Equal(t, c.club, got.Chat)
	require.Equal(t, party(c.lead, "Sipho"), got.Sender)
	require.False(t, got.FromMe)
	own := c.text(t, c.agent, "I am.")
	require.True(t, own.FromMe)
	require.Equal(t, c.club, own.Chat)
	require.Zero(t, own.Sender)

	sent := c.give(t, c.draft(engine.KindText, "So is the owner."))
	for _, reader := range []*simulator.Phone{c.lead, c.third, c.agent} {
		seen := sees(t, reader, sent.Text)
		require.Equal(t, sent.WhatsAppID, seen.ID)
		require.Equal(t, agentNumber, seen.From)
	}
	receipt := c.s.receipt(t, sent.WhatsAppID, engine.Delivered)
	require.Equal(t, c.club, receipt.Chat)
	require.Contains(t, []engine.Address{engine.PhoneAddress(leadNumber), engine.PhoneAddress(thirdNumber)}, receipt.Sender.Phone)
	require.NoError(t, c.third.Read(t.Context(), sent.WhatsAppID))
	receipt = c.s.receipt(t, sent.WhatsAppID, engine.Read)
	require.False(t, receipt.FromMe)
	require.Equal(t, party(c.third, ""), receipt.Sender)

	require.NoError(t, c.s.Client.(engine.RoomReader).MarkReadFrom(t.Context(), c.club, got.Sender, []string{got.WhatsAppID}))
	waitFor(t, c.lead, func(m simulator.Message) bool { return m.ID == got.WhatsAppID && m.Has(simulator.ReceiptRead) })
	more := c.text(t, c.lead, "Read this on the phone.")
	sees(t, c.agent, more.Text)
	require.NoError(t, c.agent.Read(t.Context(), more.WhatsAppID))
	receipt = c.s.receipt(t, more.WhatsAppID, engine.Read)
	require.True(t, receipt.FromMe)
	require.Equal(t, c.club, receipt.Chat)
}

func changesInGroup(t *testing.T, c *clubWorld) {
	t.Helper()
	room := string(c.club.Room)
	theirs, mine := c.text(t, c.lead, "Is it sold?"), c.text(t, c.agent, "Not yet.")
	sees(t, c.third, theirs.Text)
	sees(t, c.third, mine.Text)
	for _, step := range []struct {
		from   *simulator.Phone
		what   simulator.Content
		kind   engine.Kind
		target engine.Incoming
	}{
		{c.third, simulator.Reaction{MessageID: theirs.WhatsAppID, Emoji: "👍"}, engine.KindReaction, theirs},
		{c.lead, simulator.Reaction{MessageID: mine.WhatsAppID, Emoji: "😀", Encrypted: true}, engine.KindReaction, mine},
		{c.lead, simulator.Edit{MessageID: theirs.WhatsAppID, Text: "Is it sold yet?"}, engine.KindEdit, theirs},
		{c.agent, simulator.Edit{MessageID: mine.WhatsAppID, Text: "No."}, engine.KindEdit, mine},
		{c.agent, simulator.Revoke{MessageID: theirs.WhatsAppID}, engine.KindRevoke, theirs},
	} {
		_, err := step.from.Send(t.Context(), room, step.what)
		require.NoError(t, err)
		got := c.s.about(t, step.kind, step.target.WhatsAppID)
		require.Equal(t, c.club, got.Chat)
		require.Equal(t, step.from == c.agent, got.FromMe)
		require.Equal(t, step.from == c.agent, got.Sender.Phone == "")
		require.Equal(t, step.target.FromMe, got.TargetFromMe, step.kind)
		require.Equal(t, step.target.Sender.Phone, got.TargetSender.Phone, step.kind)
		require.Equal(t, step.target.Sender.LID, got.TargetSender.LID, step.kind)
	}
}

func pollsInGroup(t *testing.T, c *clubWorld) {
	t.Helper()
	room := string(c.club.Room)
	asked, err := c.lead.Send(t.Context(), room, simulator.Poll{Name: "When?", Options: []string{"Sat", "Sun"}, Selectable: 1})
	require.NoError(t, err)
	poll := c.s.message(t, "When?")
	waitFor(t, c.third, func(m simulator.Message) bool { return m.ID == asked })
	c.s.reconnect(t) // what opens a vote is kept
	_, err = c.third.Send(t.Context(), room, simulator.Vote{MessageID: asked, Options: []string{"Sun"}})
	require.NoError(t, err)
	vote := c.s.about(t, engine.KindVote, asked)
	sum := sha256.Sum256([]byte("Sun"))
	require.Equal(t, [][]byte{sum[:]}, vote.Content.Vote.Hashes)
	require.Equal(t, party(c.third, "Lerato"), vote.Sender)
	require.Equal(t, party(c.lead, ""), vote.TargetSender)

	choice := c.draft(engine.KindVote, "")
	choice.Target, choice.TargetSender = asked, poll.Sender
	choice.Content = &engine.Content{Vote: &engine.Vote{Options: []string{"Sat"}}}
	c.give(t, choice)
	for _, reader := range []*simulator.Phone{c.lead, c.third} {
		seen := waitFor(t, reader, func(m simulator.Message) bool { return m.Kind == simulator.KindVote && m.From == agentNumber })
		require.Equal(t, []string{"Sat"}, seen.Options)
	}

	own := c.draft(engine.KindPoll, "Where?")
	own.Content = &engine.Content{Poll: &engine.Poll{Options: []string{"Here", "There"}}}
	c.give(t, own)
	waitFor(t, c.lead, func(m simulator.Message) bool { return m.ID == own.WhatsAppID })
	_, err = c.lead.Send(t.Context(), room, simulator.Vote{MessageID: own.WhatsAppID, Options: []string{"Here"}})
	require.NoError(t, err)
	require.True(t, c.s.about(t, engine.KindVote, own.WhatsAppID).TargetFromMe)
}

func changesByTheSeat(t *testing.T, c *clubWorld) {
	t.Helper()
	theirs := c.text(t, c.lead, "I have a question")
	sees(t, c.third, theirs.Text)
	react := c.draft(engine.KindReaction, "🎉")
	react.Target, react.TargetSender = theirs.WhatsAppID, theirs.Sender
	c.give(t, react)
	answer := c.draft(engine.KindText, "Ask @"+thirdNumber)
	answer.Content = &engine.Content{
		Quote:    &engine.Quote{WhatsAppID: theirs.WhatsAppID, Sender: theirs.Sender.LID, Kind: engine.KindText, Text: theirs.Text},
		Mentions: []engine.Address{engine.PhoneAddress(thirdNumber)}, Forwarded: 1,
	}
	c.give(t, answer)
	for _, reader := range []*simulator.Phone{c.lead, c.third} {
		waitFor(t, reader, func(m simulator.Message) bool {
			return m.ID == theirs.WhatsAppID && len(m.Reactions) == 1 && m.Reactions[0].Emoji == "🎉"
		})
		seen := waitFor(t, reader, func(m simulator.Message) bool { return m.ID == answer.WhatsAppID })
		require.Equal(t, theirs.WhatsAppID, seen.ReplyTo)
		require.Equal(t, []string{thirdNumber}, seen.Mentions)
		require.Equal(t, 1, seen.Forwarded)
	}
	edit := c.draft(engine.KindEdit, "Ask me")
	edit.Target, edit.TargetFromMe = answer.WhatsAppID, true
	c.give(t, edit)
	waitFor(t, c.third, func(m simulator.Message) bool { return m.ID == answer.WhatsAppID && m.Text == "Ask me" })
	for _, target := range []engine.Draft{
		{Target: answer.WhatsAppID, TargetFromMe: true},
		{Target: theirs.WhatsAppID, TargetSender: theirs.Sender}, // the seat made the group
	} {
		revoke := c.draft(engine.KindRevoke, "")
		revoke.Target, revoke.TargetFromMe, revoke.TargetSender = target.Target, target.TargetFromMe, target.TargetSender
		c.give(t, revoke)
		waitFor(t, c.third, func(m simulator.Message) bool { return m.ID == target.Target && m.Revoked })
	}
	said := c.text(t, c.lead, "Another one")
	sees(t, c.third, said.Text)
	_, err := c.third.Send(t.Context(), string(c.club.Room), simulator.Text{Body: "About that"}, simulator.ReplyTo(said.WhatsAppID))
	require.NoError(t, err)
	quote := c.s.message(t, "About that").Content.Quote
	require.Equal(t, said.WhatsAppID, quote.WhatsAppID)
	require.False(t, quote.FromMe)
	require.Contains(t, []engine.Address{said.Sender.LID, said.Sender.Phone}, quote.Sender)
}
