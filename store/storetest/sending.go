package storetest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func times(t *testing.T, b *bundle) {
	c := b.talk("hello")
	m := b.send(c.ID, "hi")
	require.NotNil(t, m.Times.QueuedAt)
	require.Nil(t, m.Times.SentAt)
	show := func() engine.TimesView {
		view, err := b.rows.Message(b.ctx(), c.ID, m.ID)
		require.NoError(t, err)
		return *view.Times
	}
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, m.ID))
	sent := now().Add(time.Second)
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, m.ID, engine.Accepted{At: sent}))
	require.Equal(t, sent, *show().SentAt)
	receipt := func(delivery engine.Delivery, at time.Time) {
		b.record(engine.Receipt{Chat: thandi(), WhatsAppIDs: []string{m.WhatsAppID}, Delivery: delivery, At: at})
	}
	read, delivered, played := sent.Add(9*time.Second), sent.Add(5*time.Second), sent.Add(time.Minute)
	receipt(engine.Read, read)
	receipt(engine.Delivered, delivered) // of a slower device
	receipt(engine.Delivered, delivered.Add(time.Hour))
	receipt(engine.Read, read.Add(time.Hour))
	receipt(engine.Played, played)
	require.Equal(t, engine.Played, b.message(c.ID, m.ID).Delivery)
	require.Equal(t, engine.TimesView{
		QueuedAt: m.Times.QueuedAt, SentAt: &sent, DeliveredAt: &delivered, ReadAt: &read, PlayedAt: &played,
	}, show(), "each is set once")

	unanswered := b.send(c.ID, "taken, but nobody said so")
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, unanswered.ID))
	b.record(engine.Receipt{Chat: thandi(), WhatsAppIDs: []string{unanswered.WhatsAppID}, Delivery: engine.Delivered, At: delivered})
	require.Equal(t, delivered, *b.message(c.ID, unanswered.ID).Times.SentAt, "a receipt proves that it was sent")
}

func failures(t *testing.T, b *bundle) {
	c := b.talk("hello")
	m := b.send(c.ID, "hi")
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, m.ID))
	require.NoError(t, b.store.SetFailed(b.ctx(), b.seat, m.ID, engine.Errorf(engine.CodeChatGone, "The chat is gone.")))
	failed := b.message(c.ID, m.ID)
	require.Equal(t, engine.CodeChatGone, failed.FailureCode)
	require.Equal(t, "The chat is gone.", failed.Failure)
	again, err := b.rows.Retry(b.ctx(), c.ID, m.ID)
	require.NoError(t, err)
	require.Empty(t, again.FailureCode)
	require.Equal(t, again, b.message(c.ID, m.ID))
}

// Every way to send takes a key, and what became of the message meanwhile
// changes nothing.
func idempotencyKeys(t *testing.T, b *bundle) {
	c := b.talk("hello")
	question := c.LastMessage.ID
	mine := b.send(c.ID, "at three")
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, mine.ID))
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, mine.ID, engine.Accepted{At: now()}))
	for _, draft := range []engine.NewMessage{
		{Kind: engine.KindText, Text: "hi", ReplyTo: question},
		{Kind: engine.KindReaction, Text: "👍", Target: question},
		{Kind: engine.KindEdit, Text: "at four", Target: mine.ID},
		{Kind: engine.KindLocation, Content: &engine.Content{Location: &engine.Location{Latitude: 1, Longitude: 2}}},
		{Kind: engine.KindRevoke, Target: mine.ID},
	} {
		name := string(draft.Kind)
		draft.User, draft.IdempotencyKey = b.user.ID, name
		var all sync.WaitGroup
		sent := make([]engine.MessageView, 3)
		for i := range sent {
			all.Go(func() { sent[i], _ = b.rows.Send(b.ctx(), c.ID, draft) })
		}
		all.Wait()
		require.NotEmpty(t, sent[0].ID, name)
		require.Equal(t, sent[0].ID, sent[1].ID, name)
		require.Equal(t, sent[0].ID, sent[2].ID, name)
		require.NoError(t, b.store.SetSending(b.ctx(), b.seat, sent[0].ID))
		require.NoError(t, b.store.SetSent(b.ctx(), b.seat, sent[0].ID, engine.Accepted{At: now()}))
		again, err := b.rows.Send(b.ctx(), c.ID, draft)
		require.NoError(t, err, name)
		require.Equal(t, sent[0].ID, again.ID, name)
		require.Equal(t, engine.Sent, again.Delivery, "as it is now")
		for _, other := range []func(*engine.NewMessage){
			func(m *engine.NewMessage) { m.Text += "!" },
			func(m *engine.NewMessage) { m.ReplyTo += "x" },
			func(m *engine.NewMessage) {
				m.Content = &engine.Content{Location: &engine.Location{Latitude: 1, Longitude: 3}}
			},
		} {
			different := draft
			other(&different)
			_, err := b.rows.Send(b.ctx(), c.ID, different)
			require.Error(t, err, name)
			require.Contains(t, []engine.Code{engine.CodeConflict, engine.CodeInvalid}, engine.CodeOf(err), name)
		}
	}
}

func seatSending(t *testing.T, b *bundle) {
	view, err := b.rows.SeatSending(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Equal(t, engine.SendingView{Settings: engine.DefaultSending()}, view)
	faster := engine.DefaultSending()
	faster.PerMinute, faster.Typing = 100, false
	seq := b.lastSeq()
	view, err = b.rows.SetSeatSending(b.ctx(), b.seat.Seat, faster)
	require.NoError(t, err)
	require.Equal(t, faster, view.Settings)
	require.Equal(t, []engine.EventKind{engine.EventSeatUpdated}, b.since(seq), "by which the seat hears of it")
	settings, _, err := b.store.Sending(b.ctx(), b.seat)
	require.NoError(t, err)
	require.Equal(t, faster, settings)
	faster.PerHour = 0
	_, err = b.rows.SetSeatSending(b.ctx(), b.seat.Seat, faster)
	requireCode(t, engine.CodeInvalid, err)
	_, _, err = b.store.Sending(b.ctx(), engine.SeatKey{Tenant: b.seat.Tenant, Seat: "nowhere"})
	requireCode(t, engine.CodeNotFound, err)
}

func sentCounts(t *testing.T, b *bundle) {
	c := b.talk("hello")
	for _, reach := range []engine.Reach{engine.ReachReply, engine.ReachReply, engine.ReachKnown, engine.ReachStranger, ""} {
		m := b.send(c.ID, "hi")
		require.NoError(t, b.store.SetSending(b.ctx(), b.seat, m.ID))
		require.NoError(t, b.store.SetSent(b.ctx(), b.seat, m.ID, engine.Accepted{At: now(), Reach: reach}))
	}
	b.send(c.ID, "still to go")
	_, counts, err := b.store.Sending(b.ctx(), b.seat)
	require.NoError(t, err)
	sum := engine.Within(counts, 24*time.Hour, time.Now())
	require.Equal(t, engine.SentCount{Sent: 4, Replies: 2, Strangers: 1}, sum)
	require.WithinDuration(t, time.Now(), counts[len(counts)-1].Last, time.Minute)
	view, err := b.rows.SeatSending(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Equal(t, engine.SentView{Sent: 4, Replies: 2, Strangers: 1}, view.Day)
	require.Equal(t, 1, view.Queued)
}

func waitingInTheOutbox(t *testing.T, b *bundle) {
	c := b.talk("hello")
	m, gone := b.send(c.ID, "hi"), b.send(c.ID, "gone")
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, gone.ID, engine.Accepted{At: now()}))
	until := now().Add(time.Hour)
	seq := b.lastSeq()
	wait := engine.Waiting{Reason: engine.WaitHour, Until: until}
	require.NoError(t, b.store.SetWaiting(b.ctx(), b.seat, []engine.MessageID{m.ID, gone.ID, "nothing"}, wait))
	require.Equal(t, []engine.EventKind{engine.EventMessageUpdated}, b.since(seq))
	require.Equal(t, wait.View(), b.message(c.ID, m.ID).Waiting)
	require.Equal(t, wait, b.drafts()[0].Waiting)
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, m.ID))
	require.Nil(t, b.message(c.ID, m.ID).Waiting)
	require.Nil(t, b.message(c.ID, gone.ID).Waiting)
}

// Of a long queue, people's messages are read, and what is before them in
// their conversations.
func peopleFirst(t *testing.T, b *bundle) {
	var texts []string
	for i := range 6 {
		chat := engine.Party{Phone: engine.PhoneAddress("2782555000" + string(rune('0'+i)))}
		b.record(b.text(chat, "hello"))
		c := b.conversations()[0]
		b.openTurn(c.ID, b.lastSeq())
		answered, err := b.store.Answer(b.ctx(), b.user.Tenant, c.ID, b.lastSeq(), "machine")
		require.NoError(t, err)
		require.True(t, answered)
		if i == 5 {
			b.send(c.ID, "person")
		}
	}
	drafts, err := b.store.Outbox(b.ctx(), b.seat, 4)
	require.NoError(t, err)
	for _, draft := range drafts {
		texts = append(texts, draft.To.Phone.Number()[10:]+" "+draft.Text)
	}
	require.Equal(t, []string{"5 machine", "5 person", "0 machine", "1 machine"}, texts)
}

// Replies wait for nothing, so they are read before strangers' messages, which
// keep to the seat's pace, however many of those there are.
func repliesBeforeStrangers(t *testing.T, b *bundle) {
	for i := range 6 {
		c, err := b.rows.OpenConversation(b.ctx(), b.seat.Seat, engine.Party{Phone: engine.PhoneAddress("2782555000" + string(rune('0'+i)))})
		require.NoError(t, err)
		b.send(c.ID, "flat to let")
	}
	b.record(b.text(thandi(), "is it free?"))
	conversations := b.conversations()
	i := slices.IndexFunc(conversations, func(c engine.ConversationView) bool { return c.Unread == 1 })
	require.NotEqual(t, -1, i)
	c := conversations[i]
	b.openTurn(c.ID, b.lastSeq())
	require.True(t, b.answer(c.ID, b.lastSeq()))
	drafts, err := b.store.Outbox(b.ctx(), b.seat, 2)
	require.NoError(t, err)
	require.Len(t, drafts, 2)
	require.Equal(t, c.ID, drafts[0].Conversation)
	require.Equal(t, "flat to let", drafts[1].Text)
}
