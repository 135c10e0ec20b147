package storetest

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/store"
)

// past is a lead's message of the past, so many minutes after a year ago.
func (b *bundle) past(id, text string, minute int) engine.Incoming {
	return engine.Incoming{
		WhatsAppID: id, Chat: thandi(), Kind: engine.KindText, Text: text, History: true,
		At: now().AddDate(-1, 0, 0).Truncate(time.Hour).Add(time.Duration(minute) * time.Minute),
	}
}

func (b *bundle) importFacts(facts ...engine.Fact) {
	b.t.Helper()
	part := engine.HistoryPart{Seat: b.seat, HistoryNotice: engine.HistoryNotice{Phase: engine.HistoryInitial}}
	require.NoError(b.t, b.store.ImportHistory(b.ctx(), part, facts, 0.5))
}

func (b *bundle) texts(id engine.ConversationID) []string {
	b.t.Helper()
	var texts []string
	for _, m := range b.messages(id) {
		texts = append(texts, m.Text)
	}
	return texts
}

func (b *bundle) historyView() *engine.HistoryView {
	b.t.Helper()
	seat, err := b.rows.Seat(b.ctx(), b.seat.Seat)
	require.NoError(b.t, err)
	return seat.History
}

func importHistory(t *testing.T, b *bundle) {
	require.Nil(t, b.historyView())
	seq := b.lastSeq()
	newer := b.past("P3", "third", 3)
	newer.Unread = true
	mine := b.past("P4", "fourth", 4)
	mine.FromMe, mine.Delivery = true, engine.Read
	b.importFacts(newer, mine)
	b.importFacts(b.past("P1", "first", 1), b.past("P2", "second", 2))
	require.Equal(t, []engine.EventKind{
		engine.EventConversationUpdated, engine.EventSeatHistory, engine.EventConversationUpdated, engine.EventSeatHistory,
	}, b.since(seq), "nothing is told of single messages")
	c := b.only()
	require.Equal(t, []string{"first", "second", "third", "fourth"}, b.texts(c.ID))
	require.Equal(t, "fourth", c.LastMessage.Text)
	require.Equal(t, engine.Read, c.LastMessage.Delivery)
	require.Equal(t, 1, c.Unread, "as the phone counts")
	require.Empty(t, c.Assistant.NeedsPerson)
	require.Nil(t, c.Assistant.PausedUntil)
	require.Equal(t, &engine.HistoryView{Seat: b.seat.Seat, Phase: engine.HistoryInitial, Conversations: 1, Messages: 4}, b.historyView())

	seq = b.lastSeq()
	b.importFacts(newer, mine)
	b.importFacts(b.past("P1", "first", 1), b.past("P2", "second", 2))
	require.Empty(t, b.since(seq), "importing again changes nothing")
	require.Equal(t, c, b.only())
}

// importOrder has messages of one second come in several imports.
func importOrder(t *testing.T, b *bundle) {
	live := b.text(thandi(), "live")
	live.At = b.past("", "", 0).At
	b.record(live)
	for part := 2; part >= 0; part-- {
		var facts []engine.Fact
		for i := range 2 {
			n := part*2 + i
			facts = append(facts, b.past("S"+strconv.Itoa(n), strconv.Itoa(n), 0))
		}
		b.importFacts(facts...)
	}
	c := b.only()
	require.Equal(t, []string{"0", "1", "2", "3", "4", "5", "live"}, b.texts(c.ID))
	require.Equal(t, "live", c.LastMessage.Text)
	seqs := make(map[int64]bool)
	for _, m := range b.messages(c.ID) {
		require.False(t, seqs[m.Seq], "a page must end between any two")
		seqs[m.Seq] = true
	}
	var paged []string
	cursor := ""
	for {
		found, next, err := b.rows.Messages(b.ctx(), c.ID, engine.Page{Limit: 1, Cursor: cursor})
		require.NoError(t, err)
		for _, m := range found {
			paged = append([]string{m.Text}, paged...)
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	require.Equal(t, b.texts(c.ID), paged)
}

// importAfterLive has the past come when people are talking already.
func importAfterLive(t *testing.T, b *bundle) {
	live := b.text(engine.Party{Phone: thandi().Phone, Name: "Thandi"}, "hello")
	b.record(live)
	before := b.only()
	seq := b.lastSeq()
	copied := live
	copied.History, copied.Chat.Name = true, "An older name"
	old := b.past("P1", "long ago", 1)
	old.Chat.Name = "An older name"
	b.importFacts(old, copied)
	c := b.only()
	require.Equal(t, []string{"long ago", "hello"}, b.texts(c.ID), "a live message and its copy are one")
	require.Equal(t, before, c, "neither last message, unread count nor name change")
	require.Equal(t, 1, b.historyView().Messages)
	require.Equal(t, []engine.EventKind{engine.EventConversationUpdated, engine.EventSeatHistory}, b.since(seq))
}

// importChanges has a change come with an earlier batch than what it changes.
func importChanges(t *testing.T, b *bundle) {
	edit := b.past("E1", "corrected", 5)
	edit.Kind, edit.Target = engine.KindEdit, "P1"
	b.importFacts(b.past("P2", "shown", 4), edit)
	reaction := b.past("R1", "👍", 1)
	reaction.Kind, reaction.Target = engine.KindReaction, "P1"
	b.importFacts(b.past("P1", "mistaken", 1), reaction)
	c := b.only()
	require.Equal(t, []string{"corrected", "shown"}, b.texts(c.ID))
	require.Equal(t, "shown", c.LastMessage.Text, "the edit shows no more")
	require.Len(t, b.messages(c.ID)[0].Reactions, 1)
}

// importRoom has a group's past come before anything live of it.
func importRoom(t *testing.T, b *bundle) {
	said := b.past("G1", "hello all", 1)
	said.Chat, said.Sender = engine.Party{Room: "120363000000000001@g.us", Name: "Flats"}, thandi()
	liked := b.past("G2", "👍", 2)
	liked.Chat, liked.Sender = said.Chat, engine.Party{LID: "999888777@lid"}
	liked.Kind, liked.Target, liked.TargetSender = engine.KindReaction, "G1", thandi()
	b.importFacts(said, liked)
	b.importFacts(said, liked)
	c := b.only()
	require.Equal(t, engine.ChatGroup, c.Type)
	require.Equal(t, "Flats", c.Contact.Name)
	messages := b.messages(c.ID)
	require.Len(t, messages, 1)
	require.Equal(t, "27821234567", messages[0].Sender.Phone)
	require.Len(t, messages[0].Reactions, 1)
}

// importArranged has the history tell how chats were arranged, before and after
// app state does.
func importArranged(t *testing.T, b *bundle) {
	before := engine.MessageRef{At: now().Add(-time.Hour)}
	until := now().Add(time.Hour)
	arranged := engine.ChatChange{
		Chat: thandi(), Archived: is(true), MutedUntil: &until, Read: is(false), Last: before, History: true,
	}
	b.importFacts(b.past("P1", "first", 1), arranged)
	c := b.only()
	require.True(t, c.Archived)
	require.True(t, c.MarkedUnread)
	require.Equal(t, until, *c.MutedUntil)

	// A later part of the history says what was true when the phone was linked.
	b.record(engine.ChatChange{Chat: thandi(), Archived: is(false)}, engine.ChatChange{Chat: thandi(), MutedUntil: &time.Time{}})
	require.NoError(t, b.rows.MarkRead(b.ctx(), c.ID))
	seq := b.lastSeq()
	b.importFacts(arranged)
	require.Empty(t, b.since(seq))
	c = b.conversation(c.ID)
	require.False(t, c.Archived)
	require.False(t, c.MarkedUnread)
	require.Nil(t, c.MutedUntil)

	// App state that comes first wins, also of a chat that nobody has seen yet.
	b.record(engine.ChatChange{Chat: sipho(), Archived: is(false)}, engine.ChatChange{Chat: sipho(), Pinned: is(true)})
	past := b.past("S1", "hello", 1)
	past.Chat = sipho()
	b.importFacts(past, engine.ChatChange{Chat: sipho(), Archived: is(true), MutedUntil: &until, Last: before, History: true})
	with := func(name string) engine.ConversationView {
		all := b.conversations()
		i := slices.IndexFunc(all, func(c engine.ConversationView) bool { return c.Contact.Name == name })
		require.GreaterOrEqual(t, i, 0, name)
		return all[i]
	}
	c = with("Sipho")
	require.False(t, c.Archived)
	require.True(t, c.Pinned, "the history doesn't have it")
	require.Equal(t, until, *c.MutedUntil, "of which app state says nothing")

	// What was said since brings a chat back, if the account is set so.
	b.record(engine.AccountChange{Unarchive: is(true)}, b.text(lerato(), "live"))
	b.importFacts(engine.ChatChange{Chat: lerato(), Archived: is(true), Read: is(false), Pinned: is(true), Last: before, History: true})
	c = with("Lerato")
	require.Equal(t, "live", c.LastMessage.Text)
	require.False(t, c.Archived)
	require.False(t, c.MarkedUnread)
	require.True(t, c.Pinned)

	// A chat of which there is nothing to show.
	b.importFacts(engine.ChatChange{Chat: engine.Party{Phone: engine.PhoneAddress("27830000009")}, Archived: is(true), History: true})
	require.Len(t, b.conversations(), 3)
}

// importLeavers has the history tell who left a group.
func importLeavers(t *testing.T, b *bundle) {
	b.record(b.founded())
	live := b.news(engine.NoticeLeft, "", lerato())
	live.Actor = lerato()
	b.record(live)
	b.record(b.news(engine.NoticeAdded, "", lerato()))
	c := b.only()
	gone := func(id string, code engine.NoticeCode, who engine.Party, at time.Time) engine.RoomNews {
		return engine.RoomNews{
			Room: group(), ID: id, At: at, History: true, Changes: []engine.RoomChange{{Code: code, People: []engine.Party{who}}},
		}
	}
	long := now().Add(-48 * time.Hour).Truncate(time.Second)
	same := gone("G1", engine.NoticeLeft, lerato(), live.At.Truncate(time.Second))
	removed := gone("G2", engine.NoticeRemoved, sipho(), long)
	seq := b.lastSeq()
	b.importFacts(same, removed)
	require.Equal(t, []engine.EventKind{engine.EventConversationUpdated}, b.since(seq))
	messages := b.messages(c.ID)
	require.Len(t, messages, 4, "what was told live is told once")
	require.Equal(t, long, messages[0].At)
	require.Equal(t, engine.NoticeRemoved, messages[0].Content.Notice.Code)
	require.Equal(t, "Sipho", messages[0].Content.Notice.People[0].Name)
	require.True(t, messages[0].History)
	require.Equal(t, map[string]engine.Role{"self": engine.RoleMember, "Sipho": engine.RoleSuperAdmin, "Lerato": engine.RoleMember}, b.members(c.ID),
		"who is in the group now is known better")
	require.Equal(t, c.LastMessage, b.only().LastMessage)
	seq = b.lastSeq()
	b.importFacts(same, removed)
	require.Empty(t, b.since(seq))

	elsewhere := gone("G3", engine.NoticeLeft, thandi(), long)
	elsewhere.Room = engine.Party{Room: "120363000000000009@g.us"}
	b.importFacts(elsewhere)
	require.Len(t, b.conversations(), 1, "a group without messages is not on the list for that")
}

// importResolves has a message that waited for its sender come with the
// history: somebody waits for it.
func importResolves(t *testing.T, b *bundle) {
	waiting := b.text(thandi(), "")
	waiting.Kind = engine.KindWaiting
	b.record(waiting)
	seq := b.lastSeq()
	found := waiting
	found.Kind, found.Text, found.History = engine.KindText, "readable", true
	b.importFacts(found)
	require.Contains(t, b.since(seq), engine.EventMessageUpdated)
	require.Equal(t, []string{"readable"}, b.texts(b.only().ID))
}

// partWorker takes the jobs of parts.
type partWorker struct {
	river.WorkerDefaults[engine.HistoryImportArgs]

	worked chan engine.HistoryImportArgs
}

// Work implements river.Worker.
func (w *partWorker) Work(ctx context.Context, job *river.Job[engine.HistoryImportArgs]) error {
	select {
	case w.worked <- job.Args:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// parts starts a worker that takes the jobs of parts.
func (b *bundle) parts() <-chan engine.HistoryImportArgs {
	b.t.Helper()
	worked := make(chan engine.HistoryImportArgs, 10)
	workers := river.NewWorkers()
	river.AddWorker(workers, &partWorker{worked: worked})
	jobs, err := b.store.StartJobs(b.ctx(), workers, store.JobsConfig{})
	require.NoError(b.t, err)
	b.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(b.t, jobs.Stop(ctx))
	})
	return worked
}

func (b *bundle) part(worked <-chan engine.HistoryImportArgs) engine.HistoryPart {
	b.t.Helper()
	select {
	case args := <-worked:
		part, err := b.store.HistoryPart(b.ctx(), args.Tenant, args.Part)
		require.NoError(b.t, err)
		return part
	case <-time.After(patience):
		require.Fail(b.t, "no job for the part")
		return engine.HistoryPart{}
	}
}

func historyParts(t *testing.T, b *bundle) {
	worked := b.parts()
	account := engine.Account{Device: "device", Phone: engine.PhoneAddress("27825550000")}
	require.NoError(t, b.store.Claim(b.ctx(), b.seat, account))
	notice := func(id string, phase engine.HistoryPhase, percent int) engine.HistoryNotice {
		return engine.HistoryNotice{WhatsAppID: id, Phase: phase, Order: 1, Percent: percent, Raw: []byte{0, 1, 255}}
	}
	seq := b.lastSeq()
	b.record(notice("N1", engine.HistoryInitial, 40))
	b.record(notice("N1", engine.HistoryInitial, 40)) // delivered twice
	first := b.part(worked)
	require.Equal(t, engine.HistoryPart{ID: first.ID, Seat: b.seat, Linked: true, HistoryNotice: notice("N1", engine.HistoryInitial, 40)}, first)
	require.Equal(t, []engine.EventKind{engine.EventSeatHistory}, b.since(seq))
	require.Equal(t, &engine.HistoryView{Seat: b.seat.Seat, Phase: engine.HistoryInitial}, b.historyView())
	_, err := b.store.HistoryPart(b.ctx(), b.newAgency("other").user.Tenant, first.ID)
	requireCode(t, engine.CodeNotFound, err)

	imported := 0
	imports := func(part engine.HistoryPart, done float64) int {
		imported++
		facts := []engine.Fact{b.past("P"+strconv.Itoa(imported), "of the past", imported)}
		require.NoError(t, b.store.ImportHistory(b.ctx(), part, facts, done))
		return b.historyView().Percent
	}
	require.Equal(t, 20, imports(first, 0.5))
	require.Equal(t, 39, imports(first, 1), "not all, before the part has ended")
	require.Equal(t, 39, imports(first, 0.1), "it never goes back")

	b.record(notice("N2", engine.HistoryInitial, 100))
	second := b.part(worked)
	require.NoError(t, b.store.EndHistory(b.ctx(), first, ""))
	require.Equal(t, 40, b.historyView().Percent)
	require.False(t, b.historyView().Done)
	require.Equal(t, 70, imports(second, 0.5))
	_, err = b.store.HistoryPart(b.ctx(), b.seat.Tenant, first.ID)
	requireCode(t, engine.CodeNotFound, err)
	b.record(notice("N3", engine.HistoryOther, 100))
	require.NoError(t, b.store.EndHistory(b.ctx(), b.part(worked), ""))
	require.False(t, b.historyView().Done)
	require.NoError(t, b.store.EndHistory(b.ctx(), second, ""))
	found := engine.HistoryView{Seat: b.seat.Seat, Conversations: 1, Messages: imported}
	found.Phase, found.Percent, found.Done = engine.HistoryInitial, 100, true
	require.Equal(t, &found, b.historyView())

	// A part that comes, or ends, after a later one, and after something else was shown.
	b.record(notice("L2", engine.HistoryFull, 100))
	require.NoError(t, b.store.EndHistory(b.ctx(), b.part(worked), ""))
	require.True(t, b.historyView().Done)
	b.record(notice("L1", engine.HistoryFull, 60))
	require.NoError(t, b.store.SetBacklog(b.ctx(), b.seat, 50))
	require.NoError(t, b.store.SetBacklog(b.ctx(), b.seat, 100))
	require.False(t, b.historyView().Done)
	require.NoError(t, b.store.EndHistory(b.ctx(), b.part(worked), ""))
	found.Phase = engine.HistoryFull
	require.Equal(t, &found, b.historyView())

	b.record(notice("N4", engine.HistoryRecent, 100))
	found.Phase, found.Percent, found.Done = engine.HistoryRecent, 0, false
	require.Equal(t, &found, b.historyView())
	require.NoError(t, b.store.ClearDevice(b.ctx(), b.seat))
	unlinked := b.part(worked)
	require.False(t, unlinked.Linked)
	require.NoError(t, b.store.EndHistory(b.ctx(), unlinked, "It is gone."))
	require.Equal(t, "It is gone.", b.historyView().Failure)

	events, err := b.rows.Events(b.ctx(), seq, 1000)
	require.NoError(t, err)
	i := slices.IndexFunc(events, func(e engine.Event) bool { return e.Kind == engine.EventSeatHistory })
	var told engine.HistoryView
	require.NoError(t, json.Unmarshal(events[i].Data, &told))
	require.Equal(t, engine.HistoryView{Seat: b.seat.Seat, Phase: engine.HistoryInitial}, told)
}

// historyAsked has a part's file be gone, so that the phone is asked for it.
func historyAsked(t *testing.T, b *bundle) {
	worked := b.parts()
	require.NoError(t, b.store.Claim(b.ctx(), b.seat, engine.Account{Device: "device", Phone: engine.PhoneAddress("27825550000")}))
	notice := engine.HistoryNotice{WhatsAppID: "N1", Phase: engine.HistoryRecent, Order: 2, Percent: 100, Raw: []byte("gone")}
	b.record(notice)
	id := b.part(worked).ID
	part := func() engine.HistoryPart {
		p, err := b.store.HistoryPart(b.ctx(), b.seat.Tenant, id)
		require.NoError(t, err)
		return p
	}
	require.Zero(t, part().Asked)
	seq := b.lastSeq()
	require.NoError(t, b.store.AskedHistory(b.ctx(), part()))
	require.Equal(t, []engine.EventKind{engine.EventSeatHistory}, b.since(seq))
	require.Equal(t, 1, part().Asks)
	require.WithinDuration(t, now(), part().Asked, time.Minute)
	require.Equal(t, engine.HistoryAsked, b.historyView().Failure)
	require.False(t, b.historyView().Done)

	before := part()
	again := notice
	again.WhatsAppID, again.Again, again.Raw = "N2", "N1", []byte("there")
	b.record(again, again) // delivered twice
	require.Zero(t, part().Asked)
	require.Equal(t, 1, part().Asks)
	require.Equal(t, "N2", part().WhatsAppID)
	require.Equal(t, []byte("there"), part().Raw)
	require.Empty(t, b.historyView().Failure)

	// The answer to a second request comes before that one is recorded.
	second := part()
	again.WhatsAppID, again.Again = "N3", "N2"
	b.record(again)
	require.NoError(t, b.store.AskedHistory(b.ctx(), second))
	require.NoError(t, b.store.AskedHistory(b.ctx(), before))
	require.Zero(t, part().Asked)
	require.Equal(t, 2, part().Asks)
	require.Empty(t, b.historyView().Failure)

	require.NoError(t, b.store.EndHistory(b.ctx(), part(), ""))
	require.Equal(t, &engine.HistoryView{Seat: b.seat.Seat, Phase: engine.HistoryRecent, Percent: 100, Done: true}, b.historyView())

	// What answers a part that is not waited for is news.
	again.WhatsAppID, again.Again = "N4", "N3"
	b.record(again)
	require.Equal(t, "N4", b.part(worked).WhatsAppID)
}

func backlog(t *testing.T, b *bundle) {
	require.NoError(t, b.store.SetBacklog(b.ctx(), b.seat, 0))
	require.NoError(t, b.store.SetBacklog(b.ctx(), b.seat, 40))
	require.Equal(t, &engine.HistoryView{Seat: b.seat.Seat, Phase: engine.HistoryBacklog, Percent: 40}, b.historyView())
	require.NoError(t, b.store.SetBacklog(b.ctx(), b.seat, 100))
	require.Equal(t, &engine.HistoryView{Seat: b.seat.Seat, Phase: engine.HistoryBacklog, Percent: 100, Done: true}, b.historyView())
	require.NoError(t, b.store.SetBacklog(b.ctx(), b.seat, 10))
	require.Equal(t, &engine.HistoryView{Seat: b.seat.Seat, Phase: engine.HistoryBacklog, Percent: 10}, b.historyView(), "the next one")
}

func late(t *testing.T, b *bundle) {
	m := b.text(thandi(), "are you there?")
	m.Late = true
	b.record(m)
	c := b.only()
	require.True(t, c.LastMessage.Late)
	require.Equal(t, 1, c.Unread)
	require.NotEmpty(t, c.Assistant.NeedsPerson)
	seq := b.lastSeq()
	m.WhatsAppID = "LATE2"
	b.record(m)
	require.Equal(t, []engine.EventKind{engine.EventMessageCreated, engine.EventConversationUpdated}, b.since(seq))
	phone := b.text(thandi(), "yes")
	phone.FromMe = true
	b.record(phone)
	require.Empty(t, b.only().Assistant.NeedsPerson, "the agent answered on the phone")
}
