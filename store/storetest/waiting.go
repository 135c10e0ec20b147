package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// waitingChange: what could not be decrypted turns out to change a message,
// which then shows it.
func waitingChange(t *testing.T, b *bundle) {
	c := b.talk("hello")
	first := b.messages(c.ID)[0]
	change := b.changing(engine.KindEdit, first, 2, "good day")
	lost := b.text(thandi(), "")
	lost.WhatsAppID, lost.Kind, lost.At = change.WhatsAppID, engine.KindWaiting, change.At
	b.record(lost)
	require.Equal(t, engine.KindWaiting, b.only().LastMessage.Kind)
	listed, err := b.store.Undecrypted(b.ctx(), b.seat, 10)
	require.NoError(t, err)
	require.Equal(t, []engine.Undecrypted{{WhatsAppID: change.WhatsAppID, Chat: thandi()}}, listed)

	b.record(change, change, lost)
	listed, err = b.store.Undecrypted(b.ctx(), b.seat, 10)
	require.NoError(t, err)
	require.Empty(t, listed)
	require.Len(t, b.messages(c.ID), 1)
	require.Equal(t, "good day", b.message(c.ID, first.ID).Text)
	require.Equal(t, first.ID, b.only().LastMessage.ID)
	require.Equal(t, 1, b.only().Unread)
}

// waitingOnce: the phone is not asked for what is to be seen once, which may
// come all the same.
func waitingOnce(t *testing.T, b *bundle) {
	once := b.text(thandi(), "")
	once.Kind, once.Content = engine.KindWaiting, &engine.Content{ViewOnce: true}
	b.record(once)
	listed, err := b.store.Undecrypted(b.ctx(), b.seat, 10)
	require.NoError(t, err)
	require.Empty(t, listed)
	c := b.only()
	require.True(t, c.LastMessage.Content.ViewOnce)
	require.Equal(t, 1, c.Unread)
	came := once
	came.Kind = engine.KindImage
	b.record(came)
	require.Equal(t, engine.KindImage, b.only().LastMessage.Kind)
}

// waitingOwn: what the agent wrote on the phone and could not be decrypted is
// no echo of what was sent from here.
func waitingOwn(t *testing.T, b *bundle) {
	c := b.talk("hello")
	lost := b.text(thandi(), "")
	lost.FromMe, lost.Kind, lost.At = true, engine.KindWaiting, now().Add(time.Second)
	b.record(lost, b.receipt(engine.Delivered, lost.WhatsAppID))
	came := lost
	came.Kind, came.Text = engine.KindText, "the house is sold"
	b.record(came, came)
	require.Equal(t, []string{"hello", "the house is sold"}, b.texts(c.ID))
	require.Equal(t, engine.Delivered, b.only().LastMessage.Delivery)
	require.Equal(t, engine.AuthorPhone, b.only().LastMessage.Author)
}

// waitingRevoked: a message that is deleted while it can't be decrypted stays
// deleted.
func waitingRevoked(t *testing.T, b *bundle) {
	c := b.talk("hello")
	lost := b.text(thandi(), "")
	lost.Kind, lost.At = engine.KindWaiting, now().Add(time.Second)
	b.record(lost)
	b.record(b.changing(engine.KindRevoke, b.messages(c.ID)[1], 2, ""))

	came := lost
	came.Kind, came.Text = engine.KindText, "which I regret"
	b.record(came)
	require.Empty(t, b.messages(c.ID)[1].Text)
	require.NotNil(t, b.messages(c.ID)[1].RevokedAt)
}

// lateTarget: a change that overtook its message on the way is shown on it
// once it is there.
func lateTarget(t *testing.T, b *bundle) {
	c := b.talk("hello")
	late := b.text(thandi(), "the old words")
	late.WhatsAppID, late.At = "LATE", now().Add(time.Second)
	target := engine.MessageView{WhatsAppID: late.WhatsAppID, Direction: engine.Inbound, At: late.At}
	b.record(b.changing(engine.KindEdit, target, 1, "the new words"))
	require.Len(t, b.messages(c.ID), 2)

	b.record(late)
	require.Len(t, b.messages(c.ID), 2)
	require.Equal(t, "the new words", b.messages(c.ID)[1].Text)
	require.NotNil(t, b.messages(c.ID)[1].EditedAt)
}
