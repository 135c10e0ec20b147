package storetest

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func send(t *testing.T, b *bundle) {
	c := b.talk("hello")
	b.openTurn(c.ID, b.lastSeq())
	seq := b.lastSeq()
	m := b.send(c.ID, "hi there")
	require.Equal(t, []engine.EventKind{engine.EventMessageCreated, engine.EventConversationUpdated}, b.since(seq))
	require.Equal(t, engine.Queued, m.Delivery)
	require.Equal(t, engine.AuthorUser, m.Author)
	require.Equal(t, b.user.Name, m.SentBy)
	require.True(t, strings.HasPrefix(m.WhatsAppID, "3EB0"))
	c = b.only()
	require.Zero(t, c.Unread)
	require.False(t, c.Assistant.Replying)
	require.NotNil(t, c.Assistant.PausedUntil)
	require.Equal(t, m, *c.LastMessage)

	_, found, err := b.store.Sent(b.ctx(), b.seat, thandi(), m.WhatsAppID)
	require.NoError(t, err)
	require.False(t, found, "nobody can have got it yet")
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, m.ID))
	_, found, err = b.store.Sent(b.ctx(), b.seat, engine.Party{Phone: engine.PhoneAddress("27829999999")}, m.WhatsAppID)
	require.NoError(t, err)
	require.False(t, found, "it was sent in another chat")
	draft, found, err := b.store.Sent(b.ctx(), b.seat, thandi(), m.WhatsAppID)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "hi there", draft.Text)
	_, found, err = b.store.Sent(b.ctx(), b.seat, thandi(), "LEAD1")
	require.NoError(t, err)
	require.False(t, found)

	for _, bad := range []string{"", " \n ", "a\x00b"} {
		_, err := b.rows.Send(b.ctx(), c.ID, engine.NewMessage{User: b.user.ID, Text: bad})
		requireCode(t, engine.CodeInvalid, err)
	}
	_, err = b.rows.Send(b.ctx(), c.ID, engine.NewMessage{User: b.user.ID, Text: strings.Repeat("x", engine.MaxTextLength+1)})
	requireCode(t, engine.CodeTooLong, err)
	_, err = b.rows.Send(b.ctx(), "nowhere", engine.NewMessage{User: b.user.ID, Text: "x"})
	requireCode(t, engine.CodeNotFound, err)
}

func sendOnce(t *testing.T, b *bundle) {
	c := b.talk("hello")
	message := engine.NewMessage{User: b.user.ID, Text: "once", IdempotencyKey: "key"}
	var all sync.WaitGroup
	sent := make([]engine.MessageView, 6)
	for i := range sent {
		all.Go(func() { sent[i], _ = b.rows.Send(b.ctx(), c.ID, message) })
	}
	all.Wait()
	for _, m := range sent {
		require.Equal(t, sent[0].ID, m.ID)
		require.NotEmpty(t, m.ID)
	}
	require.Len(t, b.drafts(), 1)
	different := message
	different.Text = "twice"
	_, err := b.rows.Send(b.ctx(), c.ID, different)
	requireCode(t, engine.CodeConflict, err)
	b.record(b.text(engine.Party{Phone: engine.PhoneAddress("27829999999")}, "elsewhere"))
	for _, other := range b.conversations() {
		if other.ID != c.ID {
			_, err = b.rows.Send(b.ctx(), other.ID, message)
			requireCode(t, engine.CodeConflict, err)
		}
	}
	message.IdempotencyKey = strings.Repeat("k", 201)
	_, err = b.rows.Send(b.ctx(), c.ID, message)
	requireCode(t, engine.CodeInvalid, err)
}

func outbox(t *testing.T, b *bundle) {
	c := b.talk("hello")
	one, two, three := b.send(c.ID, "1"), b.send(c.ID, "2"), b.send(c.ID, "3")
	drafts := b.drafts()
	require.Len(t, drafts, 3)
	require.Equal(t, engine.Draft{
		ID: one.ID, Conversation: c.ID, WhatsAppID: one.WhatsAppID, To: thandi(), Kind: engine.KindText, Text: "1",
		Author: engine.AuthorUser, At: one.At, LeadAt: drafts[0].LeadAt,
	}, drafts[0])
	require.WithinDuration(t, now(), drafts[0].LeadAt, time.Minute)
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, one.ID))
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, one.ID))
	require.Equal(t, engine.Sending, b.message(c.ID, one.ID).Delivery)
	drafts = b.drafts()
	require.Equal(t, 2, drafts[0].Attempts, "what was being sent when the process ended comes again, first")

	accepted := now().Add(time.Minute)
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, one.ID, engine.Accepted{At: accepted}))
	require.Equal(t, engine.Sent, b.message(c.ID, one.ID).Delivery)
	require.Equal(t, accepted, b.message(c.ID, one.ID).At)
	require.Equal(t, three.ID, b.only().LastMessage.ID, "what is to follow stands after it")
	require.NoError(t, b.store.SetFailed(b.ctx(), b.seat, two.ID, engine.Errorf(engine.CodeInvalid, "No such number.")))
	failed := b.message(c.ID, two.ID)
	require.Equal(t, engine.Failed, failed.Delivery)
	require.Equal(t, "No such number.", failed.Failure)
	drafts = b.drafts()
	require.Len(t, drafts, 1)
	require.Equal(t, three.ID, drafts[0].ID)
	limited, err := b.store.Outbox(b.ctx(), b.seat, 1)
	require.NoError(t, err)
	require.Len(t, limited, 1)
	of, err := b.store.OutboxOf(b.ctx(), b.seat, c.ID)
	require.NoError(t, err)
	require.Equal(t, drafts, of)
	of, err = b.store.OutboxOf(b.ctx(), b.seat, "another")
	require.NoError(t, err)
	require.Empty(t, of)
	of, err = b.store.OutboxOf(b.ctx(), b.newSeat(b.agency, "third"), c.ID)
	require.NoError(t, err)
	require.Empty(t, of)

	requireCode(t, engine.CodeConflict, b.store.SetSending(b.ctx(), b.seat, one.ID))
	requireCode(t, engine.CodeNotFound, b.store.SetSending(b.ctx(), b.seat, "nothing"))
	requireCode(t, engine.CodeNotFound, b.store.SetSent(b.ctx(), b.newSeat(b.agency, "other"), three.ID, engine.Accepted{}))
}

func (b *bundle) receipt(delivery engine.Delivery, ids ...string) engine.Receipt {
	return engine.Receipt{Chat: thandi(), WhatsAppIDs: ids, Delivery: delivery, At: now()}
}

// leadWroteAt is told with each draft, however much was sent since.
func leadWroteAt(t *testing.T, b *bundle) {
	at := now().Add(-time.Hour)
	say := func(minutes int, change func(*engine.Incoming)) {
		fact := b.text(thandi(), "hello")
		fact.At = at.Add(time.Duration(minutes) * time.Minute)
		if change != nil {
			change(&fact)
		}
		b.record(fact)
	}
	say(10, nil)
	c := b.only()
	b.send(c.ID, "1")
	leadAt := func() int { return int(b.drafts()[0].LeadAt.Sub(at).Minutes()) }
	require.Equal(t, 10, leadAt())
	say(5, func(f *engine.Incoming) { f.History = true })
	require.Equal(t, 10, leadAt())
	say(20, func(f *engine.Incoming) { f.FromMe = true })
	require.Equal(t, 10, leadAt(), "that was the agent, on the phone")
	say(30, func(f *engine.Incoming) {
		f.Kind, f.Text, f.Target, f.TargetFromMe = engine.KindReaction, "👍", b.drafts()[0].WhatsAppID, true
	})
	require.Equal(t, 30, leadAt(), "a reaction is a word too")
	say(40, nil)
	require.Equal(t, 40, leadAt())
}

func receiptBeforeSent(t *testing.T, b *bundle) {
	c := b.talk("hello")
	m := b.send(c.ID, "fast")
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, m.ID))
	b.record(b.receipt(engine.Delivered, m.WhatsAppID))
	require.Equal(t, engine.Delivered, b.message(c.ID, m.ID).Delivery)
	require.Empty(t, b.drafts(), "it need not be sent again")
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, m.ID, engine.Accepted{At: now()}))
	require.Equal(t, engine.Delivered, b.message(c.ID, m.ID).Delivery)
	require.NoError(t, b.store.SetFailed(b.ctx(), b.seat, m.ID, engine.Errorf(engine.CodeInvalid, "no")))
	require.Equal(t, engine.Delivered, b.message(c.ID, m.ID).Delivery)

	for range 10 {
		m := b.send(c.ID, "race")
		require.NoError(t, b.store.SetSending(b.ctx(), b.seat, m.ID))
		var all sync.WaitGroup
		all.Go(func() { _ = b.store.Record(b.ctx(), b.seat, []engine.Fact{b.receipt(engine.Read, m.WhatsAppID)}) })
		all.Go(func() { _ = b.store.SetSent(b.ctx(), b.seat, m.ID, engine.Accepted{At: now()}) })
		all.Go(func() {
			_ = b.store.Record(b.ctx(), b.seat, []engine.Fact{b.receipt(engine.Delivered, m.WhatsAppID)})
		})
		all.Wait()
		require.Equal(t, engine.Read, b.message(c.ID, m.ID).Delivery)
	}
}

func receiptsMoveForward(t *testing.T, b *bundle) {
	c := b.talk("hello")
	m, other := b.send(c.ID, "one"), b.send(c.ID, "two")
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, m.ID, engine.Accepted{At: now()}))
	seq := b.lastSeq()
	b.record(b.receipt(engine.Read, m.WhatsAppID, "unknown", other.WhatsAppID))
	require.Equal(t, []engine.EventKind{engine.EventMessageUpdated, engine.EventMessageUpdated}, b.since(seq))
	b.record(b.receipt(engine.Delivered, m.WhatsAppID))
	seq = b.lastSeq()
	b.record(b.receipt(engine.Delivered, m.WhatsAppID), b.receipt(engine.Read, m.WhatsAppID), b.receipt(engine.Delivered, "LEAD1"))
	require.Empty(t, b.since(seq), "never back, and nothing of the lead's")
	require.Equal(t, engine.Read, b.message(c.ID, m.ID).Delivery)
	b.record(b.receipt(engine.Played, m.WhatsAppID))
	require.Equal(t, engine.Played, b.message(c.ID, m.ID).Delivery)

	failed := b.send(c.ID, "failed, it seemed")
	require.NoError(t, b.store.SetFailed(b.ctx(), b.seat, failed.ID, engine.Errorf(engine.CodeInvalid, "No answer.")))
	b.record(b.receipt(engine.Delivered, failed.WhatsAppID))
	got := b.message(c.ID, failed.ID)
	require.Equal(t, engine.Delivered, got.Delivery)
	require.Empty(t, got.Failure)
}

func retry(t *testing.T, b *bundle) {
	c := b.talk("hello")
	m := b.send(c.ID, "again")
	_, err := b.rows.Retry(b.ctx(), c.ID, m.ID)
	requireCode(t, engine.CodeConflict, err)
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, m.ID))
	require.NoError(t, b.store.SetFailed(b.ctx(), b.seat, m.ID, engine.Errorf(engine.CodeInvalid, "No.")))
	got, err := b.rows.Retry(b.ctx(), c.ID, m.ID)
	require.NoError(t, err)
	require.Equal(t, engine.Queued, got.Delivery)
	require.Empty(t, got.Failure)
	drafts := b.drafts()
	require.Len(t, drafts, 1)
	require.Equal(t, m.WhatsAppID, drafts[0].WhatsAppID)
	require.Zero(t, drafts[0].Attempts)
	_, err = b.rows.Retry(b.ctx(), c.ID, "nothing")
	requireCode(t, engine.CodeNotFound, err)
	b.record(b.text(engine.Party{Phone: engine.PhoneAddress("27829999999")}, "elsewhere"))
	for _, other := range b.conversations() {
		if other.ID != c.ID {
			_, err = b.rows.Retry(b.ctx(), other.ID, m.ID)
			requireCode(t, engine.CodeNotFound, err)
		}
	}
}

func learnRecipient(t *testing.T, b *bundle) {
	older, younger := b.twoFaces()
	m := b.send(younger.ID, "who are you?")
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, m.ID, engine.Accepted{At: now(), To: thandi()}))
	c := b.only()
	require.Equal(t, older.ID, c.ID, "the answer told that both are one")
	require.Len(t, b.messages(c.ID), 3)
	events, err := b.rows.Events(b.ctx(), b.lastSeq()-1, 1)
	require.NoError(t, err)
	require.Equal(t, engine.EventMessageUpdated, events[0].Kind)
	require.Equal(t, c.ID, events[0].Conversation)

	other := b.text(engine.Party{Phone: engine.PhoneAddress("27825555555")}, "hi")
	b.record(other)
	for _, c := range b.conversations() {
		if c.Contact.Phone != "27825555555" {
			continue
		}
		m := b.send(c.ID, "hello")
		to := engine.Party{Phone: engine.PhoneAddress("27825555555"), LID: "555@lid"}
		require.NoError(t, b.store.SetSent(b.ctx(), b.seat, m.ID, engine.Accepted{At: now(), To: to}))
		b.record(b.text(engine.Party{LID: "555@lid"}, "by LID"))
		require.Len(t, b.messages(c.ID), 3)
	}
}
