package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// ordered has three messages wait, of which the first is accepted a while
// later, and returns them.
func (b *bundle) ordered() (c engine.ConversationID, one, two, three engine.MessageView) {
	b.t.Helper()
	c = b.talk("hello").ID
	one, two, three = b.send(c, "1"), b.send(c, "2"), b.send(c, "3")
	require.NoError(b.t, b.store.SetSending(b.ctx(), b.seat, one.ID))
	require.NoError(b.t, b.store.SetSent(b.ctx(), b.seat, one.ID, engine.Accepted{At: now().Add(time.Minute)}))
	return c, one, two, three
}

// orderOfSending is kept while messages get WhatsApp's times one by one.
func orderOfSending(t *testing.T, b *bundle) {
	c, _, two, three := b.ordered()
	require.Equal(t, []string{"hello", "1", "2", "3"}, b.texts(c), "what is to follow has moved along")
	require.Equal(t, three.ID, b.only().LastMessage.ID)
	require.NoError(t, b.store.SetFailed(b.ctx(), b.seat, two.ID, engine.Errorf(engine.CodeInvalid, "No such number.")))
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, three.ID))
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, three.ID, engine.Accepted{At: now().Add(2 * time.Minute)}))
	require.Equal(t, []string{"hello", "1", "2", "3"}, b.texts(c))
}

// orderByReceipts is the same for messages whose acknowledgement is lost, or
// comes again for a second try.
func orderByReceipts(t *testing.T, b *bundle) {
	c, _, two, three := b.ordered()
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, two.ID))
	receipt := b.receipt(engine.Delivered, two.WhatsAppID)
	receipt.At = now().Add(2 * time.Minute)
	b.record(receipt)
	got := b.message(c, two.ID)
	require.Equal(t, receipt.At, got.At, "it was sent then, at the latest")
	require.Equal(t, receipt.At, *got.Times.SentAt)
	require.Equal(t, three.ID, b.only().LastMessage.ID)

	answer := b.text(thandi(), "and you?")
	answer.At = now().Add(3 * time.Minute)
	b.record(answer)
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, two.ID, engine.Accepted{At: now().Add(4 * time.Minute)}))
	require.Equal(t, receipt.At, b.message(c, two.ID).At, "the first time counts")
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, three.ID))
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, three.ID, engine.Accepted{At: now().Add(5 * time.Minute)}))
	require.Equal(t, []string{"hello", "1", "2", "and you?", "3"}, b.texts(c))
	require.Equal(t, three.ID, b.only().LastMessage.ID)
}

// changeByReceipt applies a change of which only a receipt tells that it was
// sent.
func changeByReceipt(t *testing.T, b *bundle) {
	c := b.talk("is it sold?")
	question := b.messages(c.ID)[0]
	m, err := b.rows.Send(b.ctx(), c.ID, engine.NewMessage{User: b.user.ID, Kind: engine.KindReaction, Text: "👍", Target: question.ID})
	require.NoError(t, err)
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, m.ID))
	b.record(b.receipt(engine.Delivered, m.WhatsAppID))
	require.Equal(t, "👍", b.message(c.ID, question.ID).Reactions[0].Emoji)
	require.Empty(t, b.drafts())
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, m.ID, engine.Accepted{At: now()}))
	require.Len(t, b.message(c.ID, question.ID).Reactions, 1)
}

// receiptsBeforeTheirMessage are kept until it comes.
func receiptsBeforeTheirMessage(t *testing.T, b *bundle) {
	c := b.talk("hello").ID
	written := b.text(thandi(), "from the phone")
	written.FromMe = true
	b.record(b.receipt(engine.Delivered, written.WhatsAppID), b.receipt(engine.Read, written.WhatsAppID), b.receipt(engine.Read, "NEVER"))
	b.record(written, written)
	got := b.found(c, written)
	require.Equal(t, engine.Read, got.Delivery)
	require.NotNil(t, got.Times.DeliveredAt)
	require.NotNil(t, got.Times.ReadAt)

	b.record(b.founded())
	inGroup := b.said(engine.Party{}, "from the phone, to all")
	inGroup.FromMe, inGroup.At = true, now().Add(time.Minute)
	b.record(b.roomReceipt(inGroup.WhatsAppID, sipho(), engine.Read), b.roomReceipt(inGroup.WhatsAppID, lerato(), engine.Delivered))
	b.record(inGroup)
	for _, conversation := range b.conversations() {
		if conversation.Type == engine.ChatGroup {
			require.Equal(t, engine.Delivered, b.found(conversation.ID, inGroup).Delivery)
		}
	}
}
