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

// photo is a message with a file.
func (b *bundle) photo(caption string) engine.Incoming {
	fact := b.text(thandi(), caption)
	fact.Kind, fact.Raw = engine.KindImage, []byte("raw "+caption)
	fact.Content = &engine.Content{Media: &engine.Media{MIMEType: "image/jpeg", Size: 7, Preview: []byte("small")}}
	return fact
}

// fetches takes note of the files that jobs are to fetch.
type fetches struct {
	river.WorkerDefaults[engine.MediaDownloadArgs]

	ids chan engine.MediaID
}

// Work implements river.Worker.
func (f *fetches) Work(_ context.Context, job *river.Job[engine.MediaDownloadArgs]) error {
	f.ids <- job.Args.Media
	return nil
}

func (b *bundle) fetches() <-chan engine.MediaID {
	b.t.Helper()
	worker := &fetches{ids: make(chan engine.MediaID, 100)}
	workers := river.NewWorkers()
	river.AddWorker(workers, worker)
	jobs, err := b.store.StartJobs(b.ctx(), workers, store.JobsConfig{Queues: map[string]int{engine.MediaQueue: 2}})
	require.NoError(b.t, err)
	b.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(b.t, jobs.Stop(ctx))
	})
	return worker.ids
}

func (b *bundle) fetched(ids <-chan engine.MediaID, want engine.MediaID) {
	b.t.Helper()
	select {
	case got := <-ids:
		require.Equal(b.t, want, got)
	case <-time.After(patience):
		require.Fail(b.t, "no job fetches the file")
	}
}

func (b *bundle) media(id engine.MediaID) engine.MediaFile {
	b.t.Helper()
	f, err := b.store.Media(b.ctx(), b.user.Tenant, id)
	require.NoError(b.t, err)
	return f
}

func mediaOfMessages(t *testing.T, b *bundle) {
	ids := b.fetches()
	fact := b.photo("the front")
	b.record(fact, fact)
	c := b.only()
	shown := b.messages(c.ID)[0]
	about := *shown.Content.Media
	require.Equal(t, engine.Media{ID: about.ID, State: engine.MediaWaiting, Thumbnail: true, MIMEType: "image/jpeg", Size: 7}, about)
	b.fetched(ids, about.ID)
	require.Equal(t, engine.MediaID(""), fact.Content.Media.ID, "the fact is as it was")

	f := b.media(about.ID)
	require.Equal(t, b.seat, f.Seat)
	require.Equal(t, shown.ID, f.Message)
	require.Equal(t, fact.WhatsAppID, f.WhatsAppID)
	require.Equal(t, fact.Raw, f.Raw)
	require.Equal(t, []byte("small"), f.Preview)
	require.Equal(t, thandi().Phone, f.Chat.Phone)

	seq := b.lastSeq()
	about.Width, about.Height = 4, 3
	require.NoError(t, b.store.SetMediaStored(b.ctx(), b.user.Tenant, about.ID, "hash", "thumb", about))
	require.Equal(t, []engine.EventKind{engine.EventMessageUpdated}, b.since(seq))
	stored := b.message(c.ID, shown.ID).Content.Media
	require.Equal(t, engine.MediaStored, stored.State)
	require.Equal(t, 4, stored.Width)
	require.Equal(t, engine.MediaStored, b.only().LastMessage.Content.Media.State)
	require.Equal(t, "hash", b.media(about.ID).Hash)

	other := b.newAgency("other")
	_, err := b.store.Media(b.ctx(), other.user.Tenant, about.ID)
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))

	once, past := b.photo("once"), b.photo("long ago")
	once.Content.ViewOnce, past.History = true, true
	b.record(once, past)
	for _, m := range b.messages(c.ID) {
		switch m.Text {
		case "once":
			require.Equal(t, engine.MediaViewOnce, m.Content.Media.State)
			require.Empty(t, m.Content.Media.ID)
			_, err := b.rows.DownloadMedia(b.ctx(), c.ID, m.ID)
			require.Equal(t, engine.CodeForbidden, engine.CodeOf(err))
		case "long ago":
			require.Equal(t, engine.MediaOffered, m.Content.Media.State)
			view, err := b.rows.DownloadMedia(b.ctx(), c.ID, m.ID)
			require.NoError(t, err)
			require.Equal(t, engine.MediaWaiting, view.Content.Media.State)
			b.fetched(ids, m.Content.Media.ID)
		}
	}

	b.record(b.changing(engine.KindRevoke, shown, 5, ""))
	_, err = b.store.Media(b.ctx(), b.user.Tenant, about.ID)
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err), "a deleted message takes its file with it")

	wait := b.text(thandi(), "")
	wait.Kind = engine.KindWaiting
	b.record(wait)
	late := b.photo("it came after all")
	late.WhatsAppID, late.At = wait.WhatsAppID, wait.At
	b.record(late)
	for _, m := range b.messages(c.ID) {
		if m.Text == late.Text {
			b.fetched(ids, m.Content.Media.ID)
		}
	}
}

// mediaOfGroups: the phone that is asked for a file is told the group.
func mediaOfGroups(t *testing.T, b *bundle) {
	ids := b.fetches()
	fact := b.photo("the roof")
	fact.Chat, fact.Sender = group(), sipho()
	b.record(fact)
	id := b.only().LastMessage.Content.Media.ID
	b.fetched(ids, id)
	file := b.media(id)
	require.Equal(t, group().Room, file.Chat.Room)
	require.Equal(t, sipho().LID, file.Sender.LID)
}

func mediaAnswers(t *testing.T, b *bundle) {
	ids := b.fetches()
	fact := b.photo("gone")
	b.record(fact)
	id := b.only().LastMessage.Content.Media.ID
	b.fetched(ids, id)

	require.NoError(t, b.store.SetMediaAsked(b.ctx(), b.user.Tenant, id, time.Now().Add(time.Hour), "The phone was asked."))
	require.Equal(t, 1, b.media(id).Asked)
	require.Equal(t, "The phone was asked.", b.only().LastMessage.Content.Media.Note)
	b.record(engine.MediaAnswer{WhatsAppID: "unknown", Answer: []byte("x")})
	b.record(engine.MediaAnswer{WhatsAppID: fact.WhatsAppID, FromMe: true, Answer: []byte("x")})
	require.Nil(t, b.media(id).Answer)
	b.record(engine.MediaAnswer{WhatsAppID: fact.WhatsAppID, Answer: []byte("answer")})
	b.fetched(ids, id)
	require.Equal(t, []byte("answer"), b.media(id).Answer)
	require.NoError(t, b.store.SetMediaPath(b.ctx(), b.user.Tenant, id, "/new"))
	require.Nil(t, b.media(id).Answer)
	require.Equal(t, "/new", b.media(id).Path)

	require.NoError(t, b.store.SetMediaPercent(b.ctx(), b.user.Tenant, id, 40))
	about := b.only().LastMessage.Content.Media
	require.Equal(t, []any{engine.MediaLoading, 40, ""}, []any{about.State, about.Percent, about.Note})
	last := b.only().LastMessage
	view, err := b.rows.DownloadMedia(b.ctx(), last.Conversation, last.ID)
	require.NoError(t, err)
	require.Equal(t, engine.MediaLoading, view.Content.Media.State, "it is being fetched already")
	b.record(engine.MediaAnswer{WhatsAppID: fact.WhatsAppID, Answer: []byte("in between")})
	b.fetched(ids, id)
	require.NoError(t, b.store.SetMediaState(b.ctx(), b.user.Tenant, id, engine.MediaWaiting, ""))
	require.Equal(t, []byte("in between"), b.media(id).Answer, "an answer is not lost when a download fails")

	require.NoError(t, b.store.ParkMedia(b.ctx(), b.user.Tenant, id, "It waits for its seat."))
	require.Equal(t, "It waits for its seat.", b.only().LastMessage.Content.Media.Note)
	seats, err := b.store.ParkedSeats(b.ctx())
	require.NoError(t, err)
	require.Equal(t, []engine.SeatKey{b.seat}, seats)
	require.NoError(t, b.store.UnparkMedia(b.ctx(), b.seat))
	b.fetched(ids, id)
	seats, err = b.store.ParkedSeats(b.ctx())
	require.NoError(t, err)
	require.Empty(t, seats)

	require.NoError(t, b.store.SetMediaState(b.ctx(), b.user.Tenant, id, engine.MediaFailed, "It failed."))
	require.NoError(t, b.store.SetMediaPercent(b.ctx(), b.user.Tenant, id, 50))
	require.Equal(t, engine.MediaFailed, b.only().LastMessage.Content.Media.State, "what has ended doesn't go on")

	require.NoError(t, b.store.SetMediaState(b.ctx(), b.user.Tenant, id, engine.MediaWaiting, ""))
	require.NoError(t, b.store.ParkMedia(b.ctx(), b.user.Tenant, id, "It waits for its seat."))
	require.NoError(t, b.store.Removed(b.ctx(), b.seat))
	b.fetched(ids, id)
	require.NoError(t, b.store.ParkMedia(b.ctx(), b.user.Tenant, id, "It waits for its seat."))
	about = b.only().LastMessage.Content.Media
	require.Equal(t, engine.MediaFailed, about.State, "a seat that is gone will not fetch it")
	require.Contains(t, about.Note, "removed")
	seats, err = b.store.ParkedSeats(b.ctx())
	require.NoError(t, err)
	require.Empty(t, seats)
}

// uploaded stores a file that was uploaded.
func (b *bundle) uploaded(hash string) engine.MediaID {
	b.t.Helper()
	id := engine.MediaID(engine.NewID())
	require.NoError(b.t, b.store.AddUpload(b.ctx(), b.user.Tenant, engine.MediaFile{
		ID: id, Hash: hash, Source: "from " + hash,
		Media: engine.Media{ID: id, State: engine.MediaStored, MIMEType: "image/png", Name: "plan.png"},
	}))
	return id
}

func mediaSent(t *testing.T, b *bundle) {
	c := b.talk("can I see it?")
	id := b.uploaded("h1")
	found, ok, err := b.store.MediaBySource(b.ctx(), b.user.Tenant, "from h1")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, id, found.ID)
	_, ok, err = b.store.MediaBySource(b.ctx(), b.user.Tenant, "from h2")
	require.NoError(t, err)
	require.False(t, ok)

	draft := engine.NewMessage{User: b.user.ID, Kind: engine.KindImage, Text: "Here", Content: &engine.Content{Media: &engine.Media{ID: id}}}
	view, err := b.rows.Send(b.ctx(), c.ID, draft)
	require.NoError(t, err)
	require.Equal(t, "image/png", view.Content.Media.MIMEType)
	drafts, err := b.store.Outbox(b.ctx(), b.seat, 10)
	require.NoError(t, err)
	require.Equal(t, *view.Content.Media, *drafts[0].Content.Media)

	_, ok, err = b.store.Uploaded(b.ctx(), b.seat, id, "image")
	require.NoError(t, err)
	require.False(t, ok)
	upload := engine.Upload{URL: "https://x", Path: "/p", Key: []byte{1}, SHA256: []byte{2}, EncSHA256: []byte{3}, Size: 4, At: now(), MediaType: "image"}
	require.NoError(t, b.store.KeepUpload(b.ctx(), b.seat, id, upload))
	require.NoError(t, b.store.KeepUpload(b.ctx(), b.seat, id, upload))
	kept, ok, err := b.store.Uploaded(b.ctx(), b.seat, id, "image")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, upload, kept)

	other := b.newAgency("other")
	theirs := b.talk("another")
	_, err = other.rows.Send(b.ctx(), theirs.ID, draft)
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
	draft.Content.Media.ID = engine.MediaID(engine.NewID())
	_, err = b.rows.Send(b.ctx(), c.ID, draft)
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))

	key, err := b.rows.LinkKey(b.ctx())
	require.NoError(t, err)
	require.Len(t, key, 32)
	again, err := b.rows.LinkKey(b.ctx())
	require.NoError(t, err)
	require.Equal(t, key, again)
	require.NoError(t, b.rows.NewLinkKey(b.ctx()))
	again, err = b.rows.LinkKey(b.ctx())
	require.NoError(t, err)
	require.NotEqual(t, key, again)
}

// A file that is sent in a month must be there in a month.
func mediaScheduled(t *testing.T, b *bundle) {
	c := b.talk("hello")
	id, at := b.uploaded("plan"), now().Add(30*24*time.Hour)
	view, err := b.rows.Send(b.ctx(), c.ID, engine.NewMessage{
		User: b.user.ID, Kind: engine.KindImage, SendAt: at, Content: &engine.Content{Media: &engine.Media{ID: id}},
	})
	require.NoError(t, err)
	require.Equal(t, engine.Scheduled, view.Delivery)
	require.Equal(t, id, view.Content.Media.ID)
	for _, find := range []func(context.Context, time.Time, int) ([]engine.BlobOwner, error){b.store.UnusedMedia, b.store.AgedMedia} {
		owners, err := find(b.ctx(), at, 10)
		require.NoError(t, err)
		require.Empty(t, owners)
	}
	caption := ""
	_, err = b.rows.Reschedule(b.ctx(), c.ID, view.ID, engine.ScheduleChange{Text: &caption})
	require.NoError(t, err, "a file needs no words")
}

func mediaCleaned(t *testing.T, b *bundle) {
	c := b.talk("hello")
	sent, unused := b.uploaded("same"), b.uploaded("same")
	view, err := b.rows.Send(b.ctx(), c.ID, engine.NewMessage{
		User: b.user.ID, Kind: engine.KindImage, Content: &engine.Content{Media: &engine.Media{ID: sent}},
	})
	require.NoError(t, err)
	later := time.Now().Add(time.Hour)
	owners, err := b.store.UnusedMedia(b.ctx(), later, 10)
	require.NoError(t, err)
	require.Equal(t, []engine.BlobOwner{{Tenant: b.user.Tenant, Media: unused}}, owners)
	free, err := b.store.DropMedia(b.ctx(), b.user.Tenant, unused)
	require.NoError(t, err)
	require.Empty(t, free, "another file has the same content")
	owners, err = b.store.UnusedMedia(b.ctx(), time.Now().Add(-time.Hour), 10)
	require.NoError(t, err)
	require.Empty(t, owners)

	orphans, err := b.store.OrphanBlobs(b.ctx(), b.user.Tenant, []string{"same", "left", "same", "by a crash"})
	require.NoError(t, err)
	require.Equal(t, []string{"left", "by a crash"}, orphans)
	orphans, err = b.store.OrphanBlobs(b.ctx(), "of-another-database", []string{"left"})
	require.NoError(t, err)
	require.Empty(t, orphans)

	owners, err = b.store.AgedMedia(b.ctx(), later, 10)
	require.NoError(t, err)
	require.Empty(t, owners, "it is still to be sent")
	require.NoError(t, b.store.SetSending(b.ctx(), b.seat, view.ID))
	require.NoError(t, b.store.SetSent(b.ctx(), b.seat, view.ID, engine.Accepted{At: now()}))
	owners, err = b.store.AgedMedia(b.ctx(), later, 10)
	require.NoError(t, err)
	require.Equal(t, []engine.BlobOwner{{Tenant: b.user.Tenant, Media: sent}}, owners)
	free, err = b.store.ExpireMedia(b.ctx(), b.user.Tenant, sent, "Its time was over.")
	require.NoError(t, err)
	require.Equal(t, []string{"same"}, free)
	about := b.message(c.ID, view.ID).Content.Media
	require.Equal(t, engine.MediaExpired, about.State)
	require.Equal(t, "Its time was over.", about.Note)
	_, err = b.rows.DownloadMedia(b.ctx(), c.ID, view.ID)
	require.Equal(t, engine.CodeConflict, engine.CodeOf(err))

	b.record(b.photo("to be deleted"))
	var photo engine.MessageView
	for _, m := range b.messages(c.ID) {
		if m.Text == "to be deleted" {
			photo = m
		}
	}
	b.record(b.changing(engine.KindRevoke, photo, 5, ""))
	owners, err = b.store.UnusedMedia(b.ctx(), later, 10)
	require.NoError(t, err)
	require.Equal(t, []engine.BlobOwner{{Tenant: b.user.Tenant, Media: photo.Content.Media.ID}}, owners)
	_, err = b.store.DropMedia(b.ctx(), b.user.Tenant, photo.Content.Media.ID)
	require.NoError(t, err)
}
