package storetest

import (
	"crypto/sha256"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// changing makes a fact about another message, some seconds after it.
func (b *bundle) changing(kind engine.Kind, target engine.MessageView, seconds int, text string) engine.Incoming {
	fact := b.text(thandi(), text)
	fact.Kind, fact.Target, fact.TargetFromMe = kind, target.WhatsAppID, target.Direction == engine.Outbound
	fact.At = target.At.Add(time.Duration(seconds) * time.Second)
	return fact
}

func contentKept(t *testing.T, b *bundle) {
	fact := b.text(thandi(), "see you \x00 there")
	fact.Kind, fact.Content = engine.KindLocation, &engine.Content{
		Location: &engine.Location{Latitude: -33.9, Longitude: 18.4, Name: "Sea\x00 Point \xff"},
		Quote:    &engine.Quote{WhatsAppID: "Q", FromMe: true, Kind: engine.KindText, Text: "where?"},
		Mentions: []engine.Address{"27821234567@s.whatsapp.net"}, Forwarded: 2, ExpiresIn: 86400,
	}
	b.record(fact)
	got := b.messages(b.only().ID)[0]
	require.Equal(t, "Sea\x00 Point \uFFFD", got.Content.Location.Name)
	got.Content.Location.Name = fact.Content.Location.Name
	require.Equal(t, fact.Content, got.Content)
}

func reactions(t *testing.T, b *bundle) {
	c := b.talk("is it sold?")
	question := b.messages(c.ID)[0]
	answer := b.text(thandi(), "not yet")
	answer.FromMe = true
	b.record(answer)
	mine := b.messages(c.ID)[1]

	seq := b.lastSeq()
	heart := b.changing(engine.KindReaction, mine, 2, "❤️")
	b.record(heart, heart)
	require.Equal(t, []engine.EventKind{engine.EventMessageUpdated}, b.since(seq), "a reaction shows on its target, once")
	require.Len(t, b.messages(c.ID), 2)
	require.Equal(t, []engine.Reaction{{Emoji: "❤️", At: heart.At}}, b.message(c.ID, mine.ID).Reactions)
	require.Zero(t, b.only().Unread)
	require.Equal(t, mine.ID, b.only().LastMessage.ID)

	late := b.changing(engine.KindReaction, mine, 1, "😀")
	b.record(late)
	require.Equal(t, "❤️", b.message(c.ID, mine.ID).Reactions[0].Emoji, "what came later counts")
	own := b.changing(engine.KindReaction, question, 3, "👍")
	own.FromMe = true
	b.record(own)
	require.Equal(t, []engine.Reaction{{FromMe: true, Emoji: "👍", At: own.At}}, b.message(c.ID, question.ID).Reactions)
	b.record(b.changing(engine.KindReaction, mine, 4, ""))
	require.Empty(t, b.message(c.ID, mine.ID).Reactions)
	b.record(b.changing(engine.KindReaction, mine, 3, "🏡"))
	require.Empty(t, b.message(c.ID, mine.ID).Reactions, "one that was taken back since")
}

func editsAndRevokes(t *testing.T, b *bundle) {
	c := b.talk("I want to bye")
	said := b.messages(c.ID)[0]
	edit := b.changing(engine.KindEdit, said, 5, "I want to buy")
	b.record(edit)
	got := b.message(c.ID, said.ID)
	require.Equal(t, "I want to buy", got.Text)
	require.Equal(t, edit.At, *got.EditedAt)
	b.record(b.changing(engine.KindEdit, said, 3, "an older edit"))
	require.Equal(t, "I want to buy", b.message(c.ID, said.ID).Text)
	require.Equal(t, "I want to buy", b.only().LastMessage.Text)

	theirs := b.changing(engine.KindEdit, said, 6, "words in their mouth")
	theirs.FromMe = true
	b.record(theirs)
	require.Equal(t, "I want to buy", b.message(c.ID, said.ID).Text, "only who wrote it edits it")

	revoke := b.changing(engine.KindRevoke, said, 7, "")
	b.record(revoke)
	got = b.message(c.ID, said.ID)
	require.Empty(t, got.Text)
	require.Equal(t, revoke.At, *got.RevokedAt)
	b.record(b.changing(engine.KindEdit, said, 8, "back again"))
	require.Empty(t, b.message(c.ID, said.ID).Text)
}

func votes(t *testing.T, b *bundle) {
	poll := b.text(thandi(), "When?")
	poll.Kind, poll.Content = engine.KindPoll, &engine.Content{Poll: &engine.Poll{Options: []string{"Sat", "Sun"}, Selectable: 1}}
	b.record(poll)
	c := b.only()
	asked := b.messages(c.ID)[0]
	vote := func(seconds int, options ...string) engine.Incoming {
		fact := b.changing(engine.KindVote, asked, seconds, "")
		chosen := &engine.Vote{Options: []string{}}
		for _, option := range options {
			sum := sha256.Sum256([]byte(option))
			chosen.Hashes = append(chosen.Hashes, sum[:])
		}
		fact.Content = &engine.Content{Vote: chosen}
		return fact
	}
	b.record(vote(1, "Sat"), vote(2, "Sun", "never heard of"))
	require.Equal(t, []engine.Ballot{{Options: []string{"Sun"}, At: asked.At.Add(2 * time.Second)}}, b.message(c.ID, asked.ID).Ballots)
	b.record(vote(3))
	require.Empty(t, b.message(c.ID, asked.ID).Ballots)
}

func waiting(t *testing.T, b *bundle) {
	c := b.talk("hello")
	fact := b.text(thandi(), "")
	fact.Kind, fact.At = engine.KindWaiting, now().Add(time.Second)
	b.record(fact, fact)
	require.Len(t, b.messages(c.ID), 2)
	require.Equal(t, engine.KindWaiting, b.only().LastMessage.Kind)
	require.Equal(t, 2, b.only().Unread)
	placeholder := b.messages(c.ID)[1]
	b.record(b.changing(engine.KindReaction, placeholder, 2, "👍"))

	seq := b.lastSeq()
	came := fact
	came.Kind, came.Text = engine.KindText, "what I wanted to say"
	b.record(came)
	require.Equal(t, []engine.EventKind{engine.EventMessageUpdated, engine.EventConversationUpdated}, b.since(seq))
	events, err := b.rows.Events(b.ctx(), seq, 1)
	require.NoError(t, err)
	var told engine.MessageView
	require.NoError(t, json.Unmarshal(events[0].Data, &told))
	require.True(t, told.Resolved)
	require.Equal(t, placeholder.ID, told.ID)
	require.Equal(t, told.Seq, events[0].Seq)
	require.Equal(t, "what I wanted to say", told.Text)
	require.Len(t, told.Reactions, 1)
	require.Equal(t, "what I wanted to say", b.only().LastMessage.Text)
	require.Equal(t, 2, b.only().Unread)

	seq = b.lastSeq()
	b.record(came, fact)
	require.Empty(t, b.since(seq), "it is there already")
}

func changeBeforeTarget(t *testing.T, b *bundle) {
	c := b.talk("hello")
	old := engine.MessageView{WhatsAppID: "OLD", Direction: engine.Inbound, At: now().Add(-time.Hour)}
	edit := b.changing(engine.KindEdit, old, 60, "the new words")
	heart := b.changing(engine.KindReaction, old, 61, "❤️")
	heart.FromMe = true
	b.record(edit, heart)
	require.Len(t, b.messages(c.ID), 3, "what we don't have can't show its changes")
	require.Zero(t, b.only().Unread, "the agent's reaction on the phone: they have read")

	first := b.text(thandi(), "the old words")
	first.WhatsAppID, first.At, first.History = old.WhatsAppID, old.At, true
	seq := b.lastSeq()
	b.record(first)
	require.Equal(t, []engine.EventKind{engine.EventMessageCreated, engine.EventMessageUpdated, engine.EventMessageUpdated}, b.since(seq))
	found := b.messages(c.ID)
	require.Len(t, found, 2)
	require.Equal(t, "the new words", found[0].Text)
	require.Len(t, found[0].Reactions, 1)
}

func sendChange(t *testing.T, b *bundle) {
	c := b.talk("is it sold?")
	question := b.messages(c.ID)[0]
	react := engine.NewMessage{User: b.user.ID, Kind: engine.KindReaction, Text: "👍", Target: question.ID}
	m, err := b.rows.Send(b.ctx(), c.ID, react)
	require.NoError(t, err)
	require.True(t, m.Hidden)
	draft := b.drafts()[0]
	require.Equal(t, question.WhatsAppID, draft.Target)
	require.False(t, draft.TargetFromMe)
	require.Empty(t, b.message(c.ID, question.ID).Reactions, "not before WhatsApp has it")
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, m.ID))
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, m.ID, engine.Accepted{At: now()}))
	require.Equal(t, "👍", b.message(c.ID, question.ID).Reactions[0].Emoji)
	require.Equal(t, question.ID, b.only().LastMessage.ID)

	react.Text = "😀"
	m, err = b.rows.Send(b.ctx(), c.ID, react)
	require.NoError(t, err)
	require.NoError(t, b.store.SetFailed(b.ctx(), b.seat, m.ID, engine.Errorf(engine.CodeInvalid, "No.")))
	require.Len(t, b.messages(c.ID), 2, "a failed one is seen")
	_, err = b.rows.Retry(b.ctx(), c.ID, m.ID)
	require.NoError(t, err)
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, m.ID, engine.Accepted{At: now()}))
	require.Len(t, b.messages(c.ID), 1)
	require.Equal(t, "😀", b.message(c.ID, question.ID).Reactions[0].Emoji)

	for _, bad := range []engine.NewMessage{
		{Kind: engine.KindEdit, Text: "x", Target: question.ID},
		{Kind: engine.KindRevoke, Target: question.ID},
	} {
		_, err = b.rows.Send(b.ctx(), c.ID, bad)
		requireCode(t, engine.CodeForbidden, err)
	}
	_, err = b.rows.Send(b.ctx(), c.ID, engine.NewMessage{Kind: engine.KindVote, Target: question.ID, Content: &engine.Content{Vote: &engine.Vote{}}})
	requireCode(t, engine.CodeInvalid, err)
	_, err = b.rows.Send(b.ctx(), c.ID, engine.NewMessage{Kind: engine.KindReaction, Target: "nothing"})
	requireCode(t, engine.CodeNotFound, err)
	waiting := b.send(c.ID, "not sent yet")
	_, err = b.rows.Send(b.ctx(), c.ID, engine.NewMessage{Kind: engine.KindEdit, Text: "x", Target: waiting.ID})
	requireCode(t, engine.CodeConflict, err)
}

func sendContent(t *testing.T, b *bundle) {
	c := b.talk("where is it?")
	question := b.messages(c.ID)[0]
	place := &engine.Content{Location: &engine.Location{Latitude: -33.9, Longitude: 18.4, Name: "Sea Point"}}
	m, err := b.rows.Send(b.ctx(), c.ID, engine.NewMessage{
		User: b.user.ID, Kind: engine.KindLocation, Content: place, ReplyTo: question.ID,
	})
	require.NoError(t, err)
	want := &engine.Quote{WhatsAppID: question.WhatsAppID, Kind: engine.KindText, Text: "where is it?"}
	require.Equal(t, want, m.Content.Quote)
	draft := b.drafts()[0]
	require.Equal(t, engine.KindLocation, draft.Kind)
	require.Equal(t, place.Location, draft.Content.Location)
	require.Equal(t, want, draft.Content.Quote)
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, m.ID))
	again, found, err := b.store.Sent(b.ctx(), b.seat, thandi(), m.WhatsAppID)
	require.NoError(t, err)
	require.True(t, found)
	draft.Attempts = 1
	require.Equal(t, draft, again)

	poll := engine.NewMessage{User: b.user.ID, Kind: engine.KindPoll, Text: "When?", Content: &engine.Content{
		Poll: &engine.Poll{Options: []string{"Sat", "Sun"}, Selectable: 1},
	}}
	_, err = b.rows.Send(b.ctx(), c.ID, poll)
	require.NoError(t, err)
	poll.Content.Poll.Options = []string{"Sat", "Sat"}
	_, err = b.rows.Send(b.ctx(), c.ID, poll)
	requireCode(t, engine.CodeInvalid, err)
}
