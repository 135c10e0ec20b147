package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// twoFaces stores a message by phone number and a later one by LID, as if
// they were two people's.
func (b *bundle) twoFaces() (older, younger engine.ConversationView) {
	b.t.Helper()
	first, second := b.text(thandi(), "by number"), b.text(engine.Party{LID: thandisLID, Name: "Thandi"}, "by LID")
	second.At = first.At.Add(time.Second)
	b.record(first)
	older = b.only()
	b.record(second)
	found := b.conversations()
	require.Len(b.t, found, 2)
	return older, found[0]
}

func both() engine.Party { return engine.Party{Phone: thandi().Phone, LID: thandisLID} }

func mergeByIdentity(t *testing.T, b *bundle) {
	older, younger := b.twoFaces()
	mine := b.send(younger.ID, "mine")
	more := b.text(engine.Party{LID: thandisLID}, "more")
	more.At = now().Add(2 * time.Second)
	b.record(more)
	seq := b.lastSeq()
	b.record(engine.Identity{Party: both()})
	require.Equal(t, []engine.EventKind{engine.EventConversationUpdated}, b.since(seq))
	c := b.only()
	require.Equal(t, older.ID, c.ID, "the older one stays")
	of, err := b.store.OutboxOf(b.ctx(), b.seat, younger.ID)
	require.NoError(t, err)
	require.Len(t, of, 1, "what waits is found by the ID that is gone")
	require.Equal(t, mine.ID, of[0].ID)
	require.Equal(t, older.ID, of[0].Conversation)
	require.Equal(t, older.Contact.ID, c.Contact.ID)
	require.Equal(t, engine.ContactView{ID: c.Contact.ID, Name: "Thandi", Phone: "27821234567"}, c.Contact)
	require.Equal(t, 2, c.Unread, "one each; the third was read by replying")
	require.Equal(t, "more", c.LastMessage.Text)
	require.NotNil(t, c.Assistant.PausedUntil)
	require.Len(t, b.messages(c.ID), 4)

	require.Equal(t, c, b.conversation(younger.ID), "its ID still leads there")
	require.Len(t, b.messages(younger.ID), 4)
	require.Equal(t, c.ID, b.send(younger.ID, "through the old ID").Conversation)
	drafts := b.drafts()
	require.Len(t, drafts, 2)
	require.Equal(t, mine.ID, drafts[0].ID)
	require.Equal(t, engine.Party{Phone: thandi().Phone, LID: thandisLID, Name: "Thandi"}, drafts[0].To)

	b.record(b.text(thandi(), "x"), b.text(engine.Party{LID: thandisLID}, "y"))
	require.Len(t, b.conversations(), 1)
	seq = b.lastSeq()
	b.record(engine.Identity{Party: both()})
	require.Empty(t, b.since(seq))
}

func mergeByMessage(t *testing.T, b *bundle) {
	first := b.text(thandi(), "twice")
	b.record(first)
	older := b.only()
	twin := first
	twin.Chat = engine.Party{LID: thandisLID}
	b.record(twin) // redelivered under another address, which nobody knows to be the same person's
	require.Len(t, b.conversations(), 2)
	news := b.text(both(), "news")
	news.At = first.At.Add(time.Second)
	b.record(news, news)
	c := b.only()
	require.Equal(t, older.ID, c.ID)
	found := b.messages(c.ID)
	require.Len(t, found, 2, "the twin is gone")
	require.Equal(t, "twice", found[0].Text)
	require.Equal(t, "news", found[1].Text)
	require.Equal(t, 2, c.Unread)
	b.record(twin)
	require.Len(t, b.messages(c.ID), 2)
}

func mergeOneConversation(t *testing.T, b *bundle) {
	b.record(b.text(thandi(), "to the first seat"))
	second := b.newSeat(b.agency, "second")
	require.NoError(t, b.store.Record(b.ctx(), second, []engine.Fact{b.text(engine.Party{LID: thandisLID}, "to the second")}))
	b.record(engine.Identity{Party: both()})
	found, _, err := b.rows.Conversations(b.ctx(), engine.ConversationFilter{}, engine.Page{})
	require.NoError(t, err)
	require.Len(t, found, 2, "one on each seat")
	require.Equal(t, found[0].Contact, found[1].Contact)
}

func mergeTurns(t *testing.T, b *bundle) {
	older, younger := b.twoFaces()
	require.True(t, b.openTurn(younger.ID, b.lastSeq()).created)
	b.record(engine.Identity{Party: both()})
	require.True(t, b.conversation(older.ID).Assistant.Replying)
	turn, err := b.store.Turn(b.ctx(), b.user.Tenant, younger.ID, 10)
	require.NoError(t, err, "the job of the conversation that is gone finds its turn")
	require.Len(t, turn.Messages, 2)
	done, err := b.store.Answer(b.ctx(), b.user.Tenant, younger.ID, turn.LastSeq, "answer")
	require.NoError(t, err)
	require.True(t, done)
	require.Equal(t, older.ID, b.drafts()[0].Conversation)

	again := b.newAgency("again")
	b.agency = again
	older, younger = b.twoFaces()
	b.openTurn(older.ID, b.lastSeq()-1)
	require.True(t, b.openTurn(younger.ID, b.lastSeq()).created)
	b.record(engine.Identity{Party: both()})
	turn, err = b.store.Turn(b.ctx(), again.user.Tenant, older.ID, 10)
	require.NoError(t, err, "two turns are one")
	done, err = b.store.Answer(b.ctx(), again.user.Tenant, older.ID, turn.LastSeq, "answer")
	require.NoError(t, err)
	require.True(t, done)
	_, err = b.store.Turn(b.ctx(), again.user.Tenant, younger.ID, 10)
	requireCode(t, engine.CodeNotFound, err)
}

func numberGivenOutAgain(t *testing.T, b *bundle) {
	b.record(b.text(both(), "the first owner"))
	old := b.only()
	fresh := engine.Party{Phone: thandi().Phone, LID: "999@lid"}
	news := b.text(fresh, "the new owner of the number")
	news.At = now().Add(time.Second)
	b.record(news)
	found := b.conversations()
	require.Len(t, found, 2, "another account is another person")
	require.Equal(t, "27821234567", found[0].Contact.Phone)
	require.Empty(t, b.conversation(old.ID).Contact.Phone)
	b.record(b.text(engine.Party{LID: thandisLID}, "the first owner again"))
	require.Len(t, b.messages(old.ID), 2)

	byLID := b.text(engine.Party{LID: "777@lid"}, "a third")
	b.record(byLID)
	b.record(engine.Identity{Party: engine.Party{Phone: thandi().Phone, LID: "777@lid"}})
	require.Len(t, b.conversations(), 3)
	for _, c := range b.conversations() {
		require.Equal(t, c.LastMessage.Text == "a third", c.Contact.Phone == "27821234567")
	}
}
