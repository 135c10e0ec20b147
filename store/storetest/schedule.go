package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/store"
)

func (b *bundle) schedule(c engine.ConversationID, text string, at time.Time) engine.MessageView {
	b.t.Helper()
	m, err := b.rows.Send(b.ctx(), c, engine.NewMessage{User: b.user.ID, Text: text, SendAt: at})
	require.NoError(b.t, err)
	return m
}

// startSending works the store's own jobs.
func (b *bundle) startSending() {
	b.t.Helper()
	workers := river.NewWorkers()
	b.store.AddWorkers(workers)
	jobs, err := b.store.StartJobs(b.ctx(), workers, store.JobsConfig{})
	require.NoError(b.t, err)
	b.t.Cleanup(func() { require.NoError(b.t, jobs.Stop(context.WithoutCancel(b.ctx()))) })
}

func scheduled(t *testing.T, b *bundle) {
	c := b.talk("hello")
	b.openTurn(c.ID, b.lastSeq())
	at := now().Add(2 * time.Second)
	seq := b.lastSeq()
	m := b.schedule(c.ID, "later", at)
	require.Equal(t, []engine.EventKind{engine.EventMessageCreated}, b.since(seq))
	require.Equal(t, engine.Scheduled, m.Delivery)
	require.Equal(t, at, *m.SendAt)
	require.Equal(t, m, b.message(c.ID, m.ID))
	require.Empty(t, b.drafts())
	require.NotEqual(t, m.ID, b.only().LastMessage.ID)
	require.True(t, b.only().Assistant.Replying, "the assistant goes on")
	view, err := b.rows.SeatSending(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Equal(t, 1, view.Scheduled)

	left, err := b.store.QueueScheduled(b.ctx(), b.user.Tenant, m.ID)
	require.NoError(t, err)
	require.Positive(t, left, "not before its time, whatever a job thinks")
	first := b.send(c.ID, "now")
	b.startSending()
	require.Eventually(t, func() bool { return len(b.drafts()) == 2 }, patience, 20*time.Millisecond)
	require.False(t, time.Now().Before(at))
	drafts := b.drafts()
	require.Equal(t, []engine.MessageID{first.ID, m.ID}, []engine.MessageID{drafts[0].ID, drafts[1].ID}, "in the order in which they came into the outbox")
	require.Equal(t, at, drafts[1].SendAt)
	require.Equal(t, m.ID, b.only().LastMessage.ID)
	queued := b.message(c.ID, m.ID)
	require.Equal(t, engine.Queued, queued.Delivery)
	require.NotNil(t, queued.Times.QueuedAt)
	_, err = b.store.QueueScheduled(b.ctx(), b.user.Tenant, m.ID)
	require.NoError(t, err)
	require.Len(t, b.drafts(), 2, "once")
}

func scheduledTimes(t *testing.T, b *bundle) {
	c := b.talk("hello")
	for _, bad := range []time.Time{now().Add(-time.Minute), now().Add(-100000 * time.Hour), now().Add(367 * 24 * time.Hour)} {
		_, err := b.rows.Send(b.ctx(), c.ID, engine.NewMessage{User: b.user.ID, Text: "x", SendAt: bad})
		requireCode(t, engine.CodeInvalid, err)
	}
	_, err := b.rows.Send(b.ctx(), c.ID, engine.NewMessage{
		User: b.user.ID, Kind: engine.KindReaction, Text: "👍", Target: c.LastMessage.ID, SendAt: now().Add(time.Hour),
	})
	requireCode(t, engine.CodeInvalid, err)
	draft := engine.NewMessage{User: b.user.ID, Text: "x", SendAt: time.Now().Add(150 * time.Millisecond), IdempotencyKey: "key"}
	m, err := b.rows.Send(b.ctx(), c.ID, draft)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return time.Now().After(draft.SendAt) }, patience, 10*time.Millisecond)
	again, err := b.rows.Send(b.ctx(), c.ID, draft)
	require.NoError(t, err, "the same request after its time is still the same")
	require.Equal(t, m.ID, again.ID)
	draft.SendAt = draft.SendAt.Add(time.Hour)
	_, err = b.rows.Send(b.ctx(), c.ID, draft)
	requireCode(t, engine.CodeConflict, err)
}

func reschedule(t *testing.T, b *bundle) {
	c := b.talk("hello")
	m := b.schedule(c.ID, "later", now().Add(time.Hour))
	text, at := "other words", now().Add(48*time.Hour)
	changed, err := b.rows.Reschedule(b.ctx(), c.ID, m.ID, engine.ScheduleChange{Text: &text, SendAt: &at})
	require.NoError(t, err)
	require.Equal(t, text, changed.Text)
	require.Equal(t, at, *changed.SendAt)
	require.Equal(t, changed, b.message(c.ID, m.ID))
	left, err := b.store.QueueScheduled(b.ctx(), b.user.Tenant, m.ID)
	require.NoError(t, err)
	require.Greater(t, left, 47*time.Hour)
	empty, past := " ", now().Add(-time.Hour)
	for _, bad := range []engine.ScheduleChange{{Text: &empty}, {SendAt: &past}} {
		_, err = b.rows.Reschedule(b.ctx(), c.ID, m.ID, bad)
		requireCode(t, engine.CodeInvalid, err)
	}
	_, err = b.rows.Reschedule(b.ctx(), c.ID, b.send(c.ID, "now").ID, engine.ScheduleChange{Text: &text})
	requireCode(t, engine.CodeConflict, err)
	_, err = b.rows.Reschedule(b.ctx(), c.ID, c.LastMessage.ID, engine.ScheduleChange{Text: &text})
	requireCode(t, engine.CodeNotFound, err)
}

func cancel(t *testing.T, b *bundle) {
	c := b.talk("hello")
	later, queued, failed, sending := b.schedule(c.ID, "later", now().Add(time.Hour)), b.send(c.ID, "1"), b.send(c.ID, "2"), b.send(c.ID, "3")
	require.NoError(t, b.store.SetFailed(b.ctx(), b.seat, failed.ID, engine.Errorf(engine.CodeInvalid, "No.")))
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, sending.ID))
	for _, m := range []engine.MessageView{later, queued, failed} {
		got, err := b.rows.Cancel(b.ctx(), c.ID, m.ID)
		require.NoError(t, err)
		require.Equal(t, engine.Cancelled, got.Delivery)
		require.True(t, got.Hidden)
		again, err := b.rows.Cancel(b.ctx(), c.ID, m.ID)
		require.NoError(t, err)
		require.Equal(t, got, again)
	}
	_, err := b.rows.Cancel(b.ctx(), c.ID, sending.ID)
	requireCode(t, engine.CodeConflict, err)
	_, err = b.rows.Cancel(b.ctx(), c.ID, c.LastMessage.ID)
	requireCode(t, engine.CodeNotFound, err)
	requireCode(t, engine.CodeConflict, b.store.SetSending(b.ctx(), b.seat, queued.ID))
	require.Len(t, b.drafts(), 1)
	require.Len(t, b.messages(c.ID), 2)
	require.Equal(t, sending.ID, b.only().LastMessage.ID)
	left, err := b.store.QueueScheduled(b.ctx(), b.user.Tenant, later.ID)
	require.NoError(t, err)
	require.Zero(t, left)
	require.Len(t, b.drafts(), 1)

	last := b.send(c.ID, "last")
	_, err = b.rows.Cancel(b.ctx(), c.ID, last.ID)
	require.NoError(t, err)
	require.Equal(t, sending.ID, b.only().LastMessage.ID)
}

func scheduledOnARemovedSeat(t *testing.T, b *bundle) {
	c := b.talk("hello")
	m := b.schedule(c.ID, "later", now().Add(time.Hour))
	require.NoError(t, b.store.Removed(b.ctx(), b.seat))
	got := b.message(c.ID, m.ID)
	require.Equal(t, engine.Failed, got.Delivery)
	require.NotEmpty(t, got.Failure)
	left, err := b.store.QueueScheduled(b.ctx(), b.user.Tenant, m.ID)
	require.NoError(t, err)
	require.Zero(t, left)
	require.Empty(t, b.drafts())
}
