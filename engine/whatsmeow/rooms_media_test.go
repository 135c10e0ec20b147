package whatsmeow_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// Files in groups, which are encrypted with their senders' keys instead of for
// each device: what members send is fetched, what the seat sends all can open,
// its own phone too.
func TestFilesInGroups(t *testing.T) {
	for name, byNumber := range map[string]bool{"by LID": false, "by number": true} {
		t.Run(name, func(t *testing.T) {
			files := newShelf(t)
			c := newClub(t, byNumber, func(cfg *whatsmeow.Config) { cfg.Files = files })
			filesFromAGroup(t, c)
			filesToAGroup(t, c, files)
		})
	}
}

func filesFromAGroup(t *testing.T, c *clubWorld) {
	t.Helper()
	client := c.s.mediaClient(t)
	for i, kind := range []string{simulator.KindImage, simulator.KindVideo, simulator.KindDocument} {
		for _, from := range []*simulator.Phone{c.lead, c.third, c.agent} {
			want, caption := photo(30_001+i), kind+" of "+from.Name()
			_, err := from.Send(t.Context(), string(c.club.Room), simulator.Media{Kind: kind, Data: want, Caption: caption, Filename: "f.bin"})
			require.NoError(t, err)
			got := c.s.message(t, caption)
			require.Equal(t, c.club, got.Chat)
			require.Equal(t, from == c.agent, got.FromMe)
			require.EqualValues(t, len(want), got.Content.Media.Size)
			into := temp(t)
			require.NoError(t, client.Download(t.Context(), got.Raw, "", 1<<20, into), caption)
			require.Equal(t, want, contents(t, into), caption)
		}
	}

	// One that WhatsApp has deleted is asked for: the phone is told the group
	// and who wrote there.
	_, err := c.lead.Send(t.Context(), string(c.club.Room), simulator.Media{Kind: simulator.KindImage, Data: photo(9000), Caption: "an old one"})
	require.NoError(t, err)
	got := c.s.message(t, "an old one")
	require.NoError(t, c.sim.Inject(simulator.Fault{Kind: simulator.FaultMediaGone, Number: leadNumber}))
	require.ErrorIs(t, client.Download(t.Context(), got.Raw, "", 1<<20, temp(t)), engine.ErrMediaGone)
	require.NoError(t, client.AskForFile(t.Context(), engine.MediaFile{
		WhatsAppID: got.WhatsAppID, Chat: got.Chat, Sender: got.Sender, Raw: got.Raw,
	}))
	c.s.until(t, "the phone's answer", func() bool { return len(c.s.answers) == 1 })
	path, err := client.ReadAnswer(got.Raw, c.s.answers[0].Answer)
	require.NoError(t, err)
	into := temp(t)
	require.NoError(t, client.Download(t.Context(), got.Raw, path, 1<<20, into))
	require.Equal(t, photo(9000), contents(t, into))
}

func filesToAGroup(t *testing.T, c *clubWorld, files *shelf) {
	t.Helper()
	for i, test := range []struct {
		kind  engine.Kind
		media engine.Media
		text  string
	}{
		{engine.KindImage, engine.Media{MIMEType: "image/jpeg", Width: 4, Height: 3}, "The garden"},
		{engine.KindVideo, engine.Media{MIMEType: "video/mp4", Seconds: 3}, "The drive"},
		{engine.KindVoice, engine.Media{MIMEType: "audio/ogg; codecs=opus", Seconds: 2, Waveform: make([]byte, 64)}, ""},
		{engine.KindDocument, engine.Media{MIMEType: "application/pdf", Name: "lease.pdf"}, "Sign it"},
		{engine.KindSticker, engine.Media{MIMEType: "image/webp", Width: 512, Height: 512}, ""},
	} {
		id, want := engine.MediaID(engine.NewID()), photo(40_000+i)
		files.put(t, id, want)
		draft := fileDraft(test.kind, id, test.media, test.text)
		draft.To = c.club
		c.give(t, draft)
		for _, member := range []*simulator.Phone{c.lead, c.third, c.agent} {
			got := waitFor(t, member, func(m simulator.Message) bool { return m.ID == draft.WhatsAppID })
			require.Equal(t, string(test.kind), got.Kind)
			require.Equal(t, test.text, got.Text)
			content, err := member.File(t.Context(), draft.WhatsAppID)
			require.NoError(t, err, test.kind)
			require.Equal(t, want, content, test.kind)
		}
		c.s.receipt(t, draft.WhatsAppID, engine.Delivered)
	}
}
