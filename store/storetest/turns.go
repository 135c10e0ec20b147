package storetest

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

const (
	quiet   = 8 * time.Second
	longest = 20 * time.Second
)

// opened is what OpenTurn said.
type opened struct {
	created bool
	due     time.Time
	paused  bool // neither created nor moved
}

func (b *bundle) openTurn(id engine.ConversationID, seq int64) opened {
	b.t.Helper()
	return b.openTurnAt(id, seq, time.Now())
}

// openTurnAt opens a turn as a reader of the log does.
func (b *bundle) openTurnAt(id engine.ConversationID, seq int64, now time.Time) opened {
	b.t.Helper()
	var got opened
	name := "opener " + engine.NewID()
	_, err := b.store.Advance(b.ctx(), name, b.user.Tenant, 1, func(ctx context.Context, tx engine.Tx, _ []engine.Event) (err error) {
		got.created, got.due, err = b.store.OpenTurn(ctx, tx, b.user.Tenant, id, seq, now, quiet, longest)
		return err
	})
	require.NoError(b.t, err)
	got.paused = got.due.IsZero()
	return got
}

func (b *bundle) turn(id engine.ConversationID) (engine.Turn, error) {
	return b.store.Turn(b.ctx(), b.user.Tenant, id, 10)
}

func (b *bundle) answer(id engine.ConversationID, seq int64) bool {
	b.t.Helper()
	done, err := b.store.Answer(b.ctx(), b.user.Tenant, id, seq, "an answer")
	require.NoError(b.t, err)
	return done
}

func assistantSettings(t *testing.T, b *bundle) {
	settings, err := b.rows.Assistant(b.ctx())
	require.NoError(t, err)
	require.True(t, settings.Enabled)
	require.Contains(t, settings.Persona, "South African")
	require.Empty(t, settings.Business)

	c := b.talk("hello")
	b.openTurn(c.ID, b.lastSeq())
	seq := b.lastSeq()
	want := engine.AssistantView{Persona: "A pirate.", Business: "Houses."}
	got, err := b.rows.UpdateAssistant(b.ctx(), want)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, []engine.EventKind{engine.EventConversationUpdated, engine.EventAssistantUpdated}, b.since(seq))
	_, err = b.turn(c.ID)
	requireCode(t, engine.CodeNotFound, err)
	require.True(t, b.openTurn(c.ID, b.lastSeq()).paused)
	for _, bad := range []engine.AssistantView{{Persona: strings.Repeat("x", 4001)}, {Business: strings.Repeat("x", 16001)}} {
		_, err := b.rows.UpdateAssistant(b.ctx(), bad)
		requireCode(t, engine.CodeInvalid, err)
	}
}

func turns(t *testing.T, b *bundle) {
	first := b.text(engine.Party{Phone: thandi().Phone, Name: "Thandi"}, "hello")
	b.record(first)
	c := b.only()
	begin := now()
	seq := b.lastSeq()
	one := b.openTurnAt(c.ID, seq, begin)
	require.Equal(t, opened{created: true, due: begin.Add(quiet)}, one)
	require.Equal(t, []engine.EventKind{engine.EventConversationUpdated}, b.since(seq))
	require.True(t, b.only().Assistant.Replying)
	seq = b.lastSeq()
	require.Equal(t, opened{due: begin.Add(quiet)}, b.openTurnAt(c.ID, 1, begin.Add(time.Second)), "an old message moves nothing")
	require.Equal(t, opened{due: begin.Add(13 * time.Second)}, b.openTurnAt(c.ID, seq+1, begin.Add(5*time.Second)))
	require.Equal(t, opened{due: begin.Add(longest)}, b.openTurnAt(c.ID, seq+2, begin.Add(15*time.Second)), "never later than the longest")
	require.Empty(t, b.since(seq), "a turn that moves is no news")

	turn, err := b.turn(c.ID)
	require.NoError(t, err)
	require.Equal(t, b.seat, turn.Seat)
	require.Equal(t, engine.Party{Phone: thandi().Phone, Name: "Thandi"}, turn.Chat)
	require.Equal(t, begin.Add(longest), turn.Due)
	require.Equal(t, seq+2, turn.LastSeq)
	require.Equal(t, "first", turn.Agency)
	require.Contains(t, turn.Persona, "South African")
	require.Len(t, turn.Messages, 1)
	require.Equal(t, "hello", turn.Messages[0].Text)

	view, err := b.rows.SetAssistant(b.ctx(), c.ID, false)
	require.NoError(t, err)
	require.False(t, view.Assistant.Enabled)
	require.False(t, view.Assistant.Replying)
	require.True(t, b.openTurn(c.ID, b.lastSeq()).paused)
	view, err = b.rows.SetAssistant(b.ctx(), c.ID, true)
	require.NoError(t, err)
	require.True(t, view.Assistant.Enabled)
	require.True(t, b.openTurn(c.ID, b.lastSeq()).created)
}

// turnLost has a turn whose job was deleted: a message that comes long after it
// was due begins it anew, so that the assistant isn't silent for ever.
func turnLost(t *testing.T, b *bundle) {
	c := b.talk("hello")
	begin, seq := now(), b.lastSeq()
	require.True(t, b.openTurnAt(c.ID, seq, begin).created)
	later := begin.Add(10 * time.Minute)
	require.False(t, b.openTurnAt(c.ID, seq+1, later).created, "the job may only be late")
	later = begin.Add(time.Hour)
	require.Equal(t, opened{created: true, due: later.Add(quiet)}, b.openTurnAt(c.ID, seq+2, later))
	require.False(t, b.openTurnAt(c.ID, seq+3, later.Add(time.Second)).created, "once")
}

func turnAnswered(t *testing.T, b *bundle) {
	c := b.talk("hello")
	told := b.lastSeq() - 1
	b.openTurn(c.ID, told)
	more := b.text(thandi(), "more")
	more.At = now().Add(time.Second)
	b.record(more)
	require.False(t, b.answer(c.ID, told), "there is a newer message, though no reader has seen it")
	turn, err := b.turn(c.ID)
	require.NoError(t, err)
	require.Greater(t, turn.LastSeq, told)
	require.Len(t, turn.Messages, 2)
	require.Equal(t, "more", turn.Messages[1].Text)
	heart := b.text(thandi(), "❤")
	heart.Kind = engine.KindReaction
	b.record(heart)
	seq := b.lastSeq()
	require.True(t, b.answer(c.ID, turn.LastSeq), "a reaction changes nothing")
	require.Equal(t, []engine.EventKind{engine.EventMessageCreated, engine.EventConversationUpdated}, b.since(seq))
	require.False(t, b.answer(c.ID, turn.LastSeq), "once")
	drafts := b.drafts()
	require.Len(t, drafts, 1)
	require.Equal(t, "an answer", drafts[0].Text)
	c = b.only()
	require.False(t, c.Assistant.Replying)
	require.Nil(t, c.Assistant.PausedUntil)
	require.Equal(t, 2, c.Unread, "no person has read it")
	require.Equal(t, engine.AuthorAssistant, c.LastMessage.Author)
	require.True(t, b.openTurn(c.ID, turn.LastSeq).paused, "what was answered opens no turn when the reader comes to it")
	_, err = b.store.Answer(b.ctx(), b.user.Tenant, c.ID, turn.LastSeq, " ")
	requireCode(t, engine.CodeInvalid, err)
	_, err = b.store.Answer(b.ctx(), b.user.Tenant, "nowhere", 1, "x")
	requireCode(t, engine.CodeNotFound, err)
}

func turnTakenOver(t *testing.T, b *bundle) {
	c := b.talk("hello")
	told := b.lastSeq()
	b.openTurn(c.ID, told)
	turn, err := b.turn(c.ID)
	require.NoError(t, err)
	b.send(c.ID, "I am a person")
	require.False(t, b.answer(c.ID, turn.LastSeq))
	require.NoError(t, b.store.GiveUp(b.ctx(), b.user.Tenant, c.ID, "too late"))
	require.Empty(t, b.only().Assistant.NeedsPerson, "a person is there already")
	_, err = b.turn(c.ID)
	requireCode(t, engine.CodeNotFound, err)
	later := b.text(thandi(), "thanks")
	b.record(later)
	require.True(t, b.openTurn(c.ID, b.lastSeq()).paused)
	require.False(t, b.openTurnAt(c.ID, b.lastSeq(), time.Now().Add(13*time.Hour)).paused, "the pause ends")

	other := b.newAgency("other")
	b.agency = other
	c = b.talk("before the reader came")
	seq := b.lastSeq()
	old := b.text(thandi(), "answered on the phone yesterday")
	old.FromMe, old.At = true, now().Add(-24*time.Hour)
	b.record(old)
	require.Nil(t, b.only().Assistant.PausedUntil, "that pause is over")
	require.True(t, b.openTurn(c.ID, seq).paused, "but the message was answered")
}

func turnGivenUp(t *testing.T, b *bundle) {
	c := b.talk("hello")
	b.openTurn(c.ID, b.lastSeq())
	seq := b.lastSeq()
	require.NoError(t, b.store.GiveUp(b.ctx(), b.user.Tenant, c.ID, "The AI did not answer."))
	require.Equal(t, []engine.EventKind{engine.EventConversationUpdated}, b.since(seq))
	assistant := b.only().Assistant
	require.Equal(t, "The AI did not answer.", assistant.NeedsPerson)
	require.False(t, assistant.Replying)
	_, err := b.turn(c.ID)
	requireCode(t, engine.CodeNotFound, err)
	view, err := b.rows.SetAssistant(b.ctx(), c.ID, true)
	require.NoError(t, err)
	require.Empty(t, view.Assistant.NeedsPerson)
	b.record(b.text(thandi(), "hello?"))
	require.True(t, b.openTurn(c.ID, b.lastSeq()).created)
	require.NoError(t, b.store.GiveUp(b.ctx(), b.user.Tenant, c.ID, "Again."))
	b.send(c.ID, "here I am")
	require.Empty(t, b.only().Assistant.NeedsPerson, "a person came")
}

// turnsAtOnce lets answers, messages and a person race.
func turnsAtOnce(t *testing.T, b *bundle) {
	for round := range 8 {
		chat := engine.Party{Phone: engine.PhoneAddress("2782555" + string(rune('0'+round)))}
		b.record(b.text(chat, "hello"))
		var id engine.ConversationID
		for _, c := range b.conversations() {
			if c.Contact.Phone == chat.Phone.Number() {
				id = c.ID
			}
		}
		b.openTurn(id, b.lastSeq())
		turn, err := b.turn(id)
		require.NoError(t, err)
		var all sync.WaitGroup
		answered := make([]bool, 3)
		for i := range answered {
			all.Go(func() {
				answered[i], _ = b.store.Answer(b.ctx(), b.user.Tenant, id, turn.LastSeq, "answer")
			})
		}
		all.Go(func() { _, _ = b.rows.Send(b.ctx(), id, engine.NewMessage{User: b.user.ID, Text: "person"}) })
		all.Go(func() { _ = b.store.Record(b.ctx(), b.seat, []engine.Fact{b.text(chat, "more")}) })
		all.Wait()
		count := 0
		for _, done := range answered {
			if done {
				count++
			}
		}
		var byAssistant int
		person, newer := int64(0), int64(0)
		answer := int64(0)
		for _, m := range b.messages(id) {
			switch {
			case m.Author == engine.AuthorAssistant:
				byAssistant++
				answer = m.Seq
			case m.Author == engine.AuthorUser:
				person = m.Seq
			case m.Text == "more":
				newer = m.Seq
			}
		}
		require.LessOrEqual(t, count, 1)
		require.Equal(t, count, byAssistant)
		if answer > 0 {
			require.Less(t, answer, person, "nothing after a person has taken over")
			require.Less(t, answer, newer, "nothing to a message that was not read")
		}
	}
}
