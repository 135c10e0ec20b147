package storetest

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/store"
)

func incoming(t *testing.T, b *bundle) {
	seq := b.lastSeq()
	first := b.text(engine.Party{Phone: thandi().Phone, LID: thandisLID, Name: "Thandi"}, "hello")
	b.record(first)
	require.Equal(t, []engine.EventKind{engine.EventMessageCreated, engine.EventConversationUpdated}, b.since(seq))
	c := b.only()
	require.Equal(t, engine.ContactView{ID: c.Contact.ID, Name: "Thandi", Phone: "27821234567"}, c.Contact)
	require.Equal(t, 1, c.Unread)
	require.True(t, c.Assistant.Enabled)
	require.Equal(t, first.At, c.LastMessageAt)

	seq = b.lastSeq()
	second := b.text(thandi(), "a photo")
	second.Kind, second.Raw, second.Target, second.At = engine.KindImage, []byte{0, 1, 255}, "T", now().Add(time.Second)
	b.record(second)
	require.Equal(t, []engine.EventKind{engine.EventMessageCreated}, b.since(seq), "the dashboard counts the unread itself")
	found := b.messages(c.ID)
	require.Len(t, found, 2)
	want := engine.MessageView{
		ID: found[1].ID, WhatsAppID: second.WhatsAppID, Seat: b.seat.Seat, Conversation: c.ID, Direction: engine.Inbound,
		Author: engine.AuthorLead, Kind: engine.KindImage, Text: "a photo", Target: "T", Delivery: engine.Received, At: second.At, Seq: seq + 1,
	}
	require.Equal(t, want, found[1])
	c = b.only()
	require.Equal(t, 2, c.Unread)
	require.Equal(t, &want, c.LastMessage)

	events, err := b.rows.Events(b.ctx(), seq, 10)
	require.NoError(t, err)
	require.Len(t, events, 1)
	var told engine.MessageView
	require.NoError(t, json.Unmarshal(events[0].Data, &told))
	require.Equal(t, want, told)
	require.Equal(t, c.ID, events[0].Conversation)

	late := b.text(thandi(), "was on its way")
	late.At = first.At.Add(-time.Hour)
	b.record(late)
	require.Equal(t, "a photo", b.only().LastMessage.Text, "an older one is not the last")
	require.Equal(t, "was on its way", b.messages(c.ID)[0].Text)
}

func factsOnce(t *testing.T, b *bundle) {
	fact := b.text(thandi(), "once")
	b.record(fact, fact)
	seq := b.lastSeq()
	b.record(fact)
	require.Empty(t, b.since(seq))
	c := b.only()
	require.Equal(t, 1, c.Unread)

	mine := b.send(c.ID, "mine")
	same := b.text(thandi(), "a lead may choose our ID")
	same.WhatsAppID = mine.WhatsAppID
	other := b.text(engine.Party{Phone: engine.PhoneAddress("27829999999")}, "and another lead this one's")
	other.WhatsAppID = fact.WhatsAppID
	b.record(same, other)
	require.Len(t, b.messages(c.ID), 3)
	require.Len(t, b.conversations(), 2)

	var all sync.WaitGroup
	again := b.text(thandi(), "many at once")
	for range 8 {
		all.Go(func() { _ = b.store.Record(b.ctx(), b.seat, []engine.Fact{again}) })
	}
	all.Wait()
	require.Len(t, b.messages(c.ID), 4)
}

func factsAllOrNone(t *testing.T, b *bundle) {
	seq := b.lastSeq()
	bad := b.text(engine.Party{}, "no address")
	require.Error(t, b.store.Record(b.ctx(), b.seat, []engine.Fact{b.text(thandi(), "fine"), bad}))
	require.Empty(t, b.conversations())
	require.Equal(t, seq, b.lastSeq())
	require.NoError(t, b.store.Record(b.ctx(), b.seat, nil))
}

func hostileText(t *testing.T, b *bundle) {
	fact := b.text(engine.Party{Phone: thandi().Phone, Name: "nul\x00\xff"}, "a\x00b\xffc \U0001F600 '; DROP TABLE messages; --")
	fact.WhatsAppID, fact.Target = "id\x00\xfe", "\x00"
	b.record(fact)
	b.record(fact)
	c := b.only()
	require.Equal(t, "nul\uFFFD", c.Contact.Name)
	found := b.messages(c.ID)
	require.Len(t, found, 1)
	require.Equal(t, "ab\uFFFDc \U0001F600 '; DROP TABLE messages; --", found[0].Text)
}

func fromPhone(t *testing.T, b *bundle) {
	c := b.talk("is it still for sale?")
	b.openTurn(c.ID, b.lastSeq())
	require.True(t, b.only().Assistant.Replying)
	seq := b.lastSeq()
	reply := b.text(thandi(), "yes it is")
	reply.FromMe, reply.Chat.Name = true, "The Agent"
	b.record(reply)
	require.Equal(t, []engine.EventKind{engine.EventMessageCreated, engine.EventConversationUpdated}, b.since(seq))
	c = b.only()
	require.Zero(t, c.Unread, "who replies has read")
	require.False(t, c.Assistant.Replying)
	require.NotNil(t, c.Assistant.PausedUntil)
	require.WithinDuration(t, reply.At.Add(12*time.Hour), *c.Assistant.PausedUntil, time.Second)
	require.Empty(t, c.Contact.Name, "the writer's name is not the lead's")
	last := *c.LastMessage
	require.Equal(t, engine.Outbound, last.Direction)
	require.Equal(t, engine.AuthorPhone, last.Author)
	require.Equal(t, engine.Sent, last.Delivery)

	mine := b.send(c.ID, "from the dashboard")
	seq = b.lastSeq()
	echo := b.text(engine.Party{LID: thandisLID}, "from the dashboard")
	echo.WhatsAppID, echo.FromMe = mine.WhatsAppID, true
	b.record(echo)
	require.Empty(t, b.since(seq), "an echo is no news")
	require.Len(t, b.conversations(), 1)
	require.Equal(t, engine.Queued, b.message(c.ID, mine.ID).Delivery)
}

func history(t *testing.T, b *bundle) {
	old := b.text(thandi(), "last year")
	old.History, old.At = true, now().AddDate(-1, 0, 0)
	mine := b.text(thandi(), "so long ago")
	mine.History, mine.FromMe, mine.At = true, true, old.At.Add(time.Minute)
	b.record(old, mine)
	c := b.only()
	require.Zero(t, c.Unread)
	require.Nil(t, c.Assistant.PausedUntil)
	for _, m := range b.messages(c.ID) {
		require.True(t, m.History)
	}
	require.False(t, b.openTurnAt(c.ID, 1, time.Now()).paused)
}

func readOnPhone(t *testing.T, b *bundle) {
	var ids []string
	for i := range 3 {
		m := b.text(thandi(), "hi")
		m.At = now().Add(time.Duration(i) * time.Second)
		b.record(m)
		ids = append(ids, m.WhatsAppID)
	}
	seq := b.lastSeq()
	read := engine.Receipt{Chat: thandi(), WhatsAppIDs: ids[1:2], Delivery: engine.Read, FromMe: true, At: now()}
	b.record(read)
	require.Equal(t, 1, b.only().Unread, "up to the one that was read")
	require.Equal(t, []engine.EventKind{engine.EventConversationUpdated}, b.since(seq))
	seq = b.lastSeq()
	b.record(read)
	stranger := read
	stranger.Chat = engine.Party{LID: "404@lid"}
	b.record(stranger)
	unknown := read
	unknown.WhatsAppIDs = []string{"unknown"}
	b.record(unknown)
	require.Empty(t, b.since(seq))
	read.WhatsAppIDs = ids
	b.record(read)
	require.Zero(t, b.only().Unread)
}

func markRead(t *testing.T, b *bundle) {
	one, two := b.text(thandi(), "1"), b.text(thandi(), "2")
	two.At = one.At.Add(time.Second)
	two.Chat.LID, two.Chat.Name = thandisLID, "Thandi"
	b.record(one, two)
	c := b.only()
	marks := b.readMarks()
	seq := b.lastSeq()
	require.NoError(t, b.rows.MarkRead(b.ctx(), c.ID))
	read := b.toldRead(marks)
	require.Equal(t, engine.ReadMessages{
		Seat: b.seat, Chat: engine.Party{Phone: thandi().Phone, LID: thandisLID, Name: "Thandi"},
		WhatsAppIDs: []string{one.WhatsAppID, two.WhatsAppID},
	}, read)
	require.Equal(t, []engine.EventKind{engine.EventConversationUpdated}, b.since(seq))
	require.Zero(t, b.only().Unread)
	seq = b.lastSeq()
	require.NoError(t, b.rows.MarkRead(b.ctx(), c.ID))
	require.Empty(t, b.since(seq))
	var many []engine.Fact
	for i := range 150 {
		m := b.text(thandi(), "more")
		m.At = two.At.Add(time.Duration(i) * time.Second)
		many = append(many, m)
	}
	b.record(many...)
	require.NoError(t, b.rows.MarkRead(b.ctx(), c.ID))
	first, second := b.toldRead(marks), b.toldRead(marks) // of which either may be worked first
	require.Equal(t, 150, len(first.WhatsAppIDs)+len(second.WhatsAppIDs), "and nothing of those that were told before")

	last := b.text(thandi(), "one more")
	b.record(last)
	_, err := b.rows.Send(b.ctx(), c.ID, engine.NewMessage{Text: "an answer"})
	require.NoError(t, err)
	args := b.readMark(marks) // who answers has read
	read, err = b.store.ReadMessages(b.ctx(), args)
	require.NoError(t, err)
	require.Equal(t, []string{last.WhatsAppID}, read.WhatsAppIDs)
	require.Zero(t, b.only().Unread)
	gone := args
	gone.Messages = []engine.MessageID{engine.MessageID(engine.NewID())}
	read, err = b.store.ReadMessages(b.ctx(), gone)
	require.NoError(t, err)
	require.Empty(t, read.WhatsAppIDs)
	require.NoError(t, b.store.Removed(b.ctx(), b.seat))
	_, err = b.store.ReadMessages(b.ctx(), args)
	requireCode(t, engine.CodeNotFound, err)
}

// readMarkWorker takes the jobs that tell of read messages.
type readMarkWorker struct {
	river.WorkerDefaults[engine.ReadMarkArgs]

	worked chan engine.ReadMarkArgs
}

// Work implements river.Worker.
func (w *readMarkWorker) Work(_ context.Context, job *river.Job[engine.ReadMarkArgs]) error {
	w.worked <- job.Args
	return nil
}

// readMarks starts a worker that takes those jobs.
func (b *bundle) readMarks() <-chan engine.ReadMarkArgs {
	b.t.Helper()
	worked := make(chan engine.ReadMarkArgs, 10)
	workers := river.NewWorkers()
	river.AddWorker(workers, &readMarkWorker{worked: worked})
	jobs, err := b.store.StartJobs(b.ctx(), workers, store.JobsConfig{})
	require.NoError(b.t, err)
	b.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(b.t, jobs.Stop(ctx))
	})
	return worked
}

func (b *bundle) readMark(worked <-chan engine.ReadMarkArgs) engine.ReadMarkArgs {
	b.t.Helper()
	select {
	case args := <-worked:
		return args
	case <-time.After(patience):
		require.Fail(b.t, "no job tells of what was read")
		return engine.ReadMarkArgs{}
	}
}

// toldRead is what a job tells.
func (b *bundle) toldRead(worked <-chan engine.ReadMarkArgs) engine.ReadMessages {
	b.t.Helper()
	read, err := b.store.ReadMessages(b.ctx(), b.readMark(worked))
	require.NoError(b.t, err)
	return read
}

func names(t *testing.T, b *bundle) {
	c := b.talk("hi")
	require.Empty(t, c.Contact.Name)
	seq := b.lastSeq()
	b.record(engine.Identity{Party: engine.Party{Phone: thandi().Phone, Name: "Thandi"}})
	require.Equal(t, []engine.EventKind{engine.EventConversationUpdated}, b.since(seq))
	seq = b.lastSeq()
	b.record(engine.Identity{Party: engine.Party{Phone: thandi().Phone, Name: "Thandi"}})
	b.record(engine.Identity{Party: engine.Party{Phone: engine.PhoneAddress("1"), Name: "Nobody"}})
	require.Empty(t, b.since(seq))
	b.record(b.text(thandi(), "again"))
	require.Equal(t, "Thandi", b.only().Contact.Name, "no name says nothing about the name")
	require.Len(t, b.conversations(), 1)
}
