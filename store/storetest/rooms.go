package storetest

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

const groupAddress = engine.Address("120363041234567890@g.us")

func group() engine.Party { return engine.Party{Room: groupAddress} }

func sipho() engine.Party {
	return engine.Party{Phone: engine.PhoneAddress("27830000001"), LID: "555@lid", Name: "Sipho"}
}

func lerato() engine.Party { return engine.Party{LID: "777000@lid", Name: "Lerato"} }

// said is what somebody wrote in the group.
func (b *bundle) said(who engine.Party, text string) engine.Incoming {
	fact := b.text(group(), text)
	fact.Sender = who
	return fact
}

// about makes a fact of somebody's about another message in the group.
func (b *bundle) about(who engine.Party, kind engine.Kind, target engine.Incoming, seconds int, text string) engine.Incoming {
	fact := b.said(who, text)
	fact.Kind, fact.Target, fact.TargetFromMe, fact.TargetSender = kind, target.WhatsAppID, target.FromMe, target.Sender
	fact.At = target.At.Add(time.Duration(seconds) * time.Second)
	return fact
}

// found returns the message of a fact.
func (b *bundle) found(c engine.ConversationID, fact engine.Incoming) engine.MessageView {
	b.t.Helper()
	for _, m := range b.messages(c) {
		if m.WhatsAppID == fact.WhatsAppID {
			return m
		}
	}
	require.Fail(b.t, "no such message")
	return engine.MessageView{}
}

func groupMessages(t *testing.T, b *bundle) {
	first := b.said(sipho(), "who is coming?")
	first.Chat.Name = "Flat viewing"
	b.record(first)
	c := b.only()
	require.Equal(t, engine.ChatGroup, c.Type)
	require.Equal(t, groupAddress, c.Room.Address)
	require.Equal(t, "Flat viewing", c.Contact.Name)
	require.Empty(t, c.Contact.Phone)
	require.Equal(t, 1, c.Unread)
	require.False(t, c.Assistant.Enabled, "the assistant answers direct chats only")
	got := *c.LastMessage
	require.Equal(t, "Sipho", got.Sender.Name)
	require.Equal(t, "27830000001", got.Sender.Phone)

	same := b.said(lerato(), "two members may choose one ID")
	same.WhatsAppID, same.At = first.WhatsAppID, first.At.Add(time.Second)
	b.record(same, same)
	mine := b.said(engine.Party{}, "and so may the agent")
	mine.WhatsAppID, mine.FromMe, mine.At = first.WhatsAppID, true, first.At.Add(2*time.Second)
	b.record(mine, mine)
	found := b.messages(c.ID)
	require.Len(t, found, 3)
	require.Empty(t, found[1].Sender.Phone)
	require.Equal(t, "Lerato", found[1].Sender.Name)
	require.Nil(t, found[2].Sender)
	require.Equal(t, engine.AuthorPhone, found[2].Author)
	require.Zero(t, b.only().Unread, "who writes has read")
	require.Nil(t, b.only().Assistant.PausedUntil)

	// They call themselves otherwise now, and their number is known.
	again := b.said(engine.Party{LID: lerato().LID, Phone: engine.PhoneAddress("27830000002"), Name: "Lerato M."}, "again")
	again.At = first.At.Add(3 * time.Second)
	b.record(again)
	found = b.messages(c.ID)
	require.Equal(t, "Lerato", found[1].Sender.Name, "the name as of then")
	require.Equal(t, "27830000002", found[1].Sender.Phone)
	require.Equal(t, "Lerato M.", found[3].Sender.Name)
	require.Equal(t, found[1].Sender.Contact, found[3].Sender.Contact)

	// Who writes directly later is the same person.
	b.record(b.text(sipho(), "in private"))
	all := b.conversations()
	require.Len(t, all, 2)
	for _, each := range all {
		if each.Type == engine.ChatDirect {
			require.Equal(t, got.Sender.Contact, each.Contact.ID)
			require.Nil(t, each.Room)
			require.True(t, each.Assistant.Enabled)
		}
	}
	_, err := b.rows.SetAssistant(b.ctx(), c.ID, true)
	requireCode(t, engine.CodeInvalid, err)
	require.False(t, b.openTurn(c.ID, b.lastSeq()).created)

	waiting := b.said(sipho(), "")
	waiting.Kind = engine.KindWaiting
	came := waiting
	came.Kind, came.Text = engine.KindText, "can be read now"
	other := came
	other.Sender, other.Text = lerato(), "another one's of the same ID"
	b.record(waiting, other, came, came)
	require.Equal(t, "can be read now", b.textOf(c.ID, waiting.WhatsAppID, "Sipho"))
	require.Equal(t, "another one's of the same ID", b.textOf(c.ID, waiting.WhatsAppID, "Lerato"))
}

func (b *bundle) textOf(c engine.ConversationID, id, sender string) string {
	b.t.Helper()
	for _, m := range b.messages(c) {
		if m.WhatsAppID == id && m.Sender != nil && m.Sender.Name == sender {
			return m.Text
		}
	}
	require.Fail(b.t, "no such message")
	return ""
}

func roomTypes(t *testing.T, b *bundle) {
	rooms := map[engine.ChatType]engine.Address{
		engine.ChatGroup: groupAddress, engine.ChatChannel: "120363@newsletter",
		engine.ChatStatus: engine.StatusAddress, engine.ChatBroadcast: "1650000000@broadcast",
	}
	b.record(b.text(thandi(), "direct"))
	for chat, address := range rooms {
		fact := b.text(engine.Party{Room: address}, string(chat))
		switch chat {
		case engine.ChatBroadcast:
			fact.FromMe = true
		case engine.ChatGroup, engine.ChatStatus:
			fact.Sender = sipho()
		case engine.ChatDirect, engine.ChatChannel:
		}
		b.record(fact, fact)
	}
	require.Len(t, b.conversations(), 5)
	for chat, address := range rooms {
		for _, seat := range []engine.SeatID{"", b.seat.Seat} {
			found, next, err := b.rows.Conversations(b.ctx(), engine.ConversationFilter{Seat: seat, Type: chat}, engine.Page{})
			require.NoError(t, err)
			require.Empty(t, next)
			require.Len(t, found, 1)
			require.Equal(t, chat, found[0].Type)
			require.Equal(t, address, found[0].Room.Address)
			require.Equal(t, string(chat), found[0].LastMessage.Text)
		}
	}
	// The same room on another seat is another conversation.
	second := b.newSeat(b.agency, "second")
	fact := b.said(sipho(), "seen by two")
	require.NoError(t, b.store.Record(b.ctx(), second, []engine.Fact{fact}))
	found, _, err := b.rows.Conversations(b.ctx(), engine.ConversationFilter{Type: engine.ChatGroup}, engine.Page{})
	require.NoError(t, err)
	require.Len(t, found, 2)
}

func groupMarks(t *testing.T, b *bundle) {
	poll := b.said(sipho(), "When?")
	poll.Kind, poll.Content = engine.KindPoll, &engine.Content{Poll: &engine.Poll{Options: []string{"Sat", "Sun"}, Selectable: 1}}
	twin := b.said(lerato(), "another one's of the same ID")
	twin.WhatsAppID = poll.WhatsAppID
	b.record(poll, twin)
	c := b.only().ID
	vote := func(who engine.Party, seconds int, option string) engine.Incoming {
		fact := b.about(who, engine.KindVote, poll, seconds, "")
		sum := sha256.Sum256([]byte(option))
		fact.Content = &engine.Content{Vote: &engine.Vote{Options: []string{}, Hashes: [][]byte{sum[:]}}}
		return fact
	}
	own := b.about(engine.Party{}, engine.KindReaction, poll, 3, "👍")
	own.FromMe = true
	b.record(
		b.about(sipho(), engine.KindReaction, poll, 1, "❤️"), b.about(lerato(), engine.KindReaction, poll, 2, "😀"), own,
		b.about(lerato(), engine.KindReaction, poll, 4, "🎉"),
		vote(sipho(), 1, "Sat"), vote(lerato(), 2, "Sat"), vote(lerato(), 3, "Sun"),
	)
	var found []engine.MessageView
	for _, m := range b.messages(c) {
		if m.Kind == engine.KindPoll {
			found = append(found, m)
		} else {
			require.Empty(t, m.Reactions, "it was about the other one")
		}
	}
	require.Len(t, found, 1)
	require.Len(t, found[0].Reactions, 3)
	require.Equal(t, "❤️", found[0].Reactions[0].Emoji)
	require.Equal(t, "Sipho", found[0].Reactions[0].Name)
	require.Equal(t, found[0].Sender.Contact, found[0].Reactions[0].Contact)
	require.True(t, found[0].Reactions[1].FromMe)
	require.Equal(t, "🎉", found[0].Reactions[2].Emoji)
	require.Len(t, found[0].Ballots, 2)
	require.Equal(t, []string{"Sat"}, found[0].Ballots[0].Options)
	require.Equal(t, []string{"Sun"}, found[0].Ballots[1].Options)

	// What was said of a message that comes only later, as in the history.
	late := b.said(sipho(), "from before")
	late.History, late.At = true, now().Add(-time.Hour)
	b.record(b.about(lerato(), engine.KindReaction, late, 1, "👀"))
	b.record(late)
	require.Equal(t, "👀", b.found(c, late).Reactions[0].Emoji)
}

func groupRevokes(t *testing.T, b *bundle) {
	said, edited := b.said(sipho(), "spam"), b.said(sipho(), "I want to bye")
	b.record(said, edited)
	c := b.only().ID
	b.record(b.about(lerato(), engine.KindEdit, edited, 1, "words in their mouth"))
	require.Equal(t, "I want to bye", b.found(c, edited).Text)
	b.record(b.about(sipho(), engine.KindEdit, edited, 2, "I want to buy"))
	require.Equal(t, "I want to buy", b.found(c, edited).Text)

	// As long as the members are not known, an admin is whoever deletes.
	b.record(b.about(lerato(), engine.KindRevoke, said, 1, ""))
	require.NotNil(t, b.found(c, said).RevokedAt)

	// The agent is an admin and deletes on the phone.
	more := b.said(lerato(), "more spam")
	b.record(more)
	mine := b.about(engine.Party{}, engine.KindRevoke, more, 1, "")
	mine.FromMe, mine.Sender = true, engine.Party{}
	b.record(mine)
	require.NotNil(t, b.found(c, more).RevokedAt)

	// In a direct chat nobody deletes the other one's.
	b.record(b.text(thandi(), "hello"))
	direct := b.conversations()
	for _, each := range direct {
		if each.Type != engine.ChatDirect {
			continue
		}
		theirs := b.changing(engine.KindRevoke, *each.LastMessage, 1, "")
		theirs.FromMe = true
		b.record(theirs)
		require.Nil(t, b.message(each.ID, each.LastMessage.ID).RevokedAt)
	}
}

func (b *bundle) roomReceipt(id string, who engine.Party, delivery engine.Delivery) engine.Receipt {
	return engine.Receipt{Chat: group(), Sender: who, WhatsAppIDs: []string{id}, Delivery: delivery, At: now()}
}

func groupReceipts(t *testing.T, b *bundle) {
	marks := b.readMarks()
	b.record(b.said(sipho(), "who is coming?"), b.said(lerato(), "I am"))
	c := b.only().ID
	m := b.send(c, "so am I")
	require.Len(t, b.toldRead(marks).Senders, 2, "who answers has read")
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, m.ID))
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, m.ID, engine.Accepted{At: now(), To: group()}))
	b.record(b.roomReceipt(m.WhatsAppID, sipho(), engine.Read))
	require.Equal(t, engine.Sent, b.message(c, m.ID).Delivery, "who else is in the group is not known yet")

	status := b.text(engine.Party{Room: engine.StatusAddress}, "a day at the office")
	status.FromMe = true
	b.record(status)
	seen := b.roomReceipt(status.WhatsAppID, sipho(), engine.Read)
	seen.Chat = status.Chat
	b.record(seen)
	found, _, err := b.rows.Conversations(b.ctx(), engine.ConversationFilter{Type: engine.ChatStatus}, engine.Page{})
	require.NoError(t, err)
	require.Equal(t, engine.Read, found[0].LastMessage.Delivery, "anybody counts")

	// The agent reads in the dashboard, and each of the writers is told.
	one, two := b.said(sipho(), "one"), b.said(lerato(), "two")
	one.At, two.At = now().Add(time.Second), now().Add(time.Second)
	b.record(one, two)
	require.NoError(t, b.rows.MarkRead(b.ctx(), c))
	read := b.toldRead(marks)
	require.Empty(t, read.WhatsAppIDs)
	require.Equal(t, []engine.SenderMessages{
		{Sender: sipho(), WhatsAppIDs: []string{one.WhatsAppID}}, {Sender: lerato(), WhatsAppIDs: []string{two.WhatsAppID}},
	}, read.Senders)

	// The agent reads others' messages on the phone.
	last := b.said(sipho(), "good")
	last.At = now().Add(time.Second)
	b.record(last)
	require.Equal(t, 1, b.conversation(c).Unread)
	b.record(engine.Receipt{Chat: group(), WhatsAppIDs: []string{last.WhatsAppID}, Delivery: engine.Read, FromMe: true, At: now()})
	require.Zero(t, b.conversation(c).Unread)
}

func groupSends(t *testing.T, b *bundle) {
	question := b.said(sipho(), "is it sold?")
	b.record(question)
	c := b.only()
	reply, err := b.rows.Send(b.ctx(), c.ID, engine.NewMessage{User: b.user.ID, Text: "no", ReplyTo: c.LastMessage.ID})
	require.NoError(t, err)
	require.Equal(t, sipho().LID, reply.Content.Quote.Sender)
	_, err = b.rows.Send(b.ctx(), c.ID, engine.NewMessage{User: b.user.ID, Kind: engine.KindReaction, Text: "👍", Target: c.LastMessage.ID})
	require.NoError(t, err)
	drafts := b.drafts()
	require.Len(t, drafts, 2)
	require.Equal(t, groupAddress, drafts[0].To.Room)
	require.Equal(t, engine.ChatGroup, drafts[0].To.Type())
	require.Equal(t, sipho(), drafts[1].TargetSender)
	require.False(t, drafts[1].TargetFromMe)
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, drafts[1].ID))
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, drafts[1].ID, engine.Accepted{At: now(), To: drafts[1].To}))
	got := b.found(c.ID, question)
	require.True(t, got.Reactions[0].FromMe)
	require.Empty(t, got.Reactions[0].Contact)
}

func mergeInGroups(t *testing.T, b *bundle) {
	byPhone, byLID := thandi(), engine.Party{LID: thandisLID, Name: "Thandi"}
	poll := b.said(sipho(), "When?")
	poll.Kind, poll.Content = engine.KindPoll, &engine.Content{Poll: &engine.Poll{Options: []string{"Sat", "Sun"}}}
	twice := b.said(byPhone, "twice")
	twin := twice
	twin.Sender = byLID
	b.record(poll, twice, b.about(byPhone, engine.KindReaction, poll, 1, "❤️"), twin, b.about(byLID, engine.KindReaction, poll, 2, "🎉"),
		b.about(sipho(), engine.KindReaction, twin, 1, "👀"))
	c := b.only()
	require.Equal(t, 3, c.Unread)
	m := b.send(c.ID, "Saturday")
	b.record(b.roomReceipt(m.WhatsAppID, byPhone, engine.Delivered), b.roomReceipt(m.WhatsAppID, byLID, engine.Read))
	require.Len(t, b.found(c.ID, poll).Reactions, 2)

	b.record(engine.Identity{Party: both()})
	require.Len(t, b.messages(c.ID), 3, "the twin is gone")
	reactions := b.found(c.ID, poll).Reactions
	require.Len(t, reactions, 1)
	require.Equal(t, "🎉", reactions[0].Emoji, "what came later counts")
	require.Equal(t, b.found(c.ID, twice).Sender.Contact, reactions[0].Contact)
	b.record(b.about(both(), engine.KindReaction, poll, 3, ""))
	require.Empty(t, b.found(c.ID, poll).Reactions)
	b.record(twin, twice)
	require.Len(t, b.messages(c.ID), 3)
}
