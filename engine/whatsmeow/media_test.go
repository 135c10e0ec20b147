package whatsmeow_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// shelf is a store of files to be sent.
type shelf struct {
	folder string

	mu      sync.Mutex
	files   map[engine.MediaID]string
	kept    map[engine.MediaID]engine.Upload
	opened  int
	keeping error // what KeepUpload returns
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	return &shelf{folder: t.TempDir(), files: map[engine.MediaID]string{}, kept: map[engine.MediaID]engine.Upload{}}
}

func (s *shelf) put(t *testing.T, id engine.MediaID, content []byte) {
	t.Helper()
	path := filepath.Join(s.folder, string(id))
	require.NoError(t, os.WriteFile(path, content, 0o600))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[id] = path
}

func (s *shelf) Uploaded(_ context.Context, _ engine.SeatKey, id engine.MediaID, _ string) (engine.Upload, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	upload, found := s.kept[id]
	upload.Preview = []byte("a small picture")
	return upload, found, nil
}

func (s *shelf) KeepUpload(_ context.Context, _ engine.SeatKey, id engine.MediaID, upload engine.Upload) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keeping != nil {
		return s.keeping
	}
	s.kept[id] = upload
	return nil
}

func (s *shelf) OpenFile(_ context.Context, _ engine.TenantID, id engine.MediaID) (io.ReadSeekCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened++
	return os.Open(s.files[id])
}

func (s *shelf) Temp() (*os.File, error) { return os.CreateTemp(s.folder, "temp-*") }

func temp(t *testing.T) *os.File {
	t.Helper()
	file, err := os.CreateTemp(t.TempDir(), "file-*")
	require.NoError(t, err)
	t.Cleanup(func() { engine.Discard(file) })
	return file
}

func contents(t *testing.T, file *os.File) []byte {
	t.Helper()
	content, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	return content
}

// photo is a file of some length that is no multiple of a cipher's block.
func photo(length int) []byte { return bytes.Repeat([]byte("photo"), length/5+1)[:length] }

func (s *seat) mediaClient(t *testing.T) engine.MediaClient {
	t.Helper()
	client, ok := s.Client.(engine.MediaClient)
	require.True(t, ok)
	return client
}

func TestDownloadEveryKind(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	for i, kind := range []string{
		simulator.KindImage, simulator.KindVideo, simulator.KindVideoNote, simulator.KindAudio, simulator.KindVoice,
		simulator.KindDocument, simulator.KindSticker,
	} {
		want := photo(70_001 + i)
		_, err := lead.Send(t.Context(), agentNumber, simulator.Media{Kind: kind, Data: want, Filename: "f.bin", Thumbnail: []byte("small")})
		require.NoError(t, err)
		var got engine.Incoming
		s.until(t, kind, func() bool {
			if len(s.messages) == i+1 {
				got = s.messages[i]
			}
			return len(s.messages) == i+1
		})
		require.NotEmpty(t, got.Raw, kind)
		require.EqualValues(t, len(want), got.Content.Media.Size, kind)
		if kind != simulator.KindAudio && kind != simulator.KindVoice {
			require.Equal(t, []byte("small"), got.Content.Media.Preview, kind)
		}
		file := temp(t)
		require.NoError(t, s.mediaClient(t).Download(t.Context(), got.Raw, "", 1<<20, file), kind)
		require.Equal(t, want, contents(t, file), kind)
		require.ErrorIs(t, s.mediaClient(t).Download(t.Context(), got.Raw, "", 60_000, temp(t)), engine.ErrMediaTooLarge, kind)
	}
}

// receivedPhoto lets the lead send a photo.
func receivedPhoto(t *testing.T, s *seat, lead *simulator.Phone, content []byte) engine.Incoming {
	t.Helper()
	_, err := lead.Send(t.Context(), agentNumber, simulator.Media{Kind: simulator.KindImage, Data: content, Caption: "the photo"})
	require.NoError(t, err)
	return s.message(t, "the photo")
}

func TestFileThatIsGoneIsAskedFor(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	want := photo(20_000)
	got := receivedPhoto(t, s, lead, want)
	client := s.mediaClient(t)

	for _, code := range []int{403, 404, 410} {
		require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultMediaGone, Number: leadNumber, Code: code}))
		require.ErrorIs(t, client.Download(t.Context(), got.Raw, "", 1<<20, temp(t)), engine.ErrMediaGone)
	}
	ask := engine.MediaFile{WhatsAppID: got.WhatsAppID, Chat: got.Chat, Raw: got.Raw}
	require.NoError(t, client.AskForFile(t.Context(), ask))
	s.until(t, "the phone's answer", func() bool { return len(s.answers) == 1 })
	require.Equal(t, got.WhatsAppID, s.answers[0].WhatsAppID)

	settled(t, w)  // or the answer would come again
	s.reconnect(t) // nothing of it is in memory only
	path, err := client.ReadAnswer(got.Raw, s.answers[0].Answer)
	require.NoError(t, err)
	require.NotEmpty(t, path)
	file := temp(t)
	require.NoError(t, client.Download(t.Context(), got.Raw, path, 1<<20, file))
	require.Equal(t, want, contents(t, file))

	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultMediaLost, Number: agentNumber}))
	require.NoError(t, client.AskForFile(t.Context(), ask))
	s.until(t, "the phone's second answer", func() bool { return len(s.answers) == 2 })
	_, err = client.ReadAnswer(got.Raw, s.answers[1].Answer)
	require.ErrorIs(t, err, engine.ErrMediaLost)
}

// TestFileOfAGroupIsAskedFor: the phone is told the group and who wrote there.
func TestFileOfAGroupIsAskedFor(t *testing.T) {
	c := newCircle(t)
	_, err := c.lead.Send(t.Context(), string(c.group), simulator.Media{Kind: simulator.KindImage, Data: photo(1000), Caption: "the photo"})
	require.NoError(t, err)
	got := c.s.message(t, "the photo")
	ask := engine.MediaFile{WhatsAppID: got.WhatsAppID, Chat: got.Chat, Sender: got.Sender, Raw: got.Raw}
	require.NoError(t, c.s.mediaClient(t).AskForFile(t.Context(), ask))
	c.s.until(t, "the phone's answer", func() bool { return len(c.s.answers) == 1 })
	path, err := c.s.mediaClient(t).ReadAnswer(got.Raw, c.s.answers[0].Answer)
	require.NoError(t, err)
	require.NotEmpty(t, path)
}

// The library acknowledges an answer even if it could not be stored.
func TestAnswerThatCannotBeStoredComesAgain(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	got := receivedPhoto(t, s, lead, photo(1000))
	s.set(func(m *memory) {
		m.failures = 1
		m.only = func(fact engine.Fact) bool { _, ok := fact.(engine.MediaAnswer); return ok }
	})
	require.NoError(t, s.mediaClient(t).AskForFile(t.Context(), engine.MediaFile{WhatsAppID: got.WhatsAppID, Chat: got.Chat, Raw: got.Raw}))
	await[engine.Disconnected](t, s.memory)
	s.reconnect(t)
	s.until(t, "the answer once more", func() bool { return len(s.answers) == 1 })
}

func TestDamagedFileIsRefused(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	want := photo(20_000)
	got := receivedPhoto(t, s, lead, want)
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultMediaDamaged, Number: leadNumber}))
	require.ErrorIs(t, s.mediaClient(t).Download(t.Context(), got.Raw, "", 1<<20, temp(t)), engine.ErrMediaDamaged)
	file := temp(t)
	require.NoError(t, s.mediaClient(t).Download(t.Context(), got.Raw, "", 1<<20, file))
	require.Equal(t, want, contents(t, file))
	require.ErrorIs(t, s.mediaClient(t).Download(t.Context(), []byte{0xff}, "", 1<<20, temp(t)), engine.ErrMediaDamaged)
	require.ErrorIs(t, s.mediaClient(t).Download(t.Context(), nil, "", 1<<20, temp(t)), engine.ErrMediaDamaged)
}

func fileDraft(kind engine.Kind, id engine.MediaID, media engine.Media, text string) engine.Draft {
	media.ID = id
	return engine.Draft{
		ID: engine.MessageID(engine.NewID()), WhatsAppID: engine.NewWhatsAppID(), To: number(leadNumber),
		Kind: kind, Text: text, Content: &engine.Content{Media: &media},
	}
}

func TestSendEveryKindOfFile(t *testing.T) {
	files := newShelf(t)
	w := newWorld(t, func(c *whatsmeow.Config) { c.Files = files })
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	for i, test := range []struct {
		kind    engine.Kind
		media   engine.Media
		text    string
		once    bool
		shownAs string
	}{
		{engine.KindImage, engine.Media{MIMEType: "image/jpeg", Width: 4, Height: 3}, "The garden", false, simulator.KindImage},
		{engine.KindImage, engine.Media{MIMEType: "image/png"}, "", true, simulator.KindImage},
		{engine.KindVideo, engine.Media{MIMEType: "video/mp4", Seconds: 3}, "The drive", false, simulator.KindVideo},
		{engine.KindVideo, engine.Media{MIMEType: "video/mp4", Animated: true}, "", false, simulator.KindVideo},
		{engine.KindAudio, engine.Media{MIMEType: "audio/mpeg", Seconds: 9}, "", false, simulator.KindAudio},
		{engine.KindVoice, engine.Media{MIMEType: "audio/ogg; codecs=opus", Seconds: 2, Waveform: make([]byte, 64)}, "", false, simulator.KindVoice},
		{engine.KindVoice, engine.Media{MIMEType: "audio/ogg; codecs=opus"}, "", true, simulator.KindVoice},
		{engine.KindDocument, engine.Media{MIMEType: "application/pdf", Name: "lease.pdf"}, "", false, simulator.KindDocument},
		{engine.KindDocument, engine.Media{MIMEType: "application/pdf", Name: "lease.pdf"}, "Sign it", false, simulator.KindDocument},
		{engine.KindSticker, engine.Media{MIMEType: "image/webp", Width: 512, Height: 512}, "", false, simulator.KindSticker},
	} {
		id, want := engine.MediaID(engine.NewID()), photo(40_000+i)
		files.put(t, id, want)
		draft := fileDraft(test.kind, id, test.media, test.text)
		draft.Content.ViewOnce = test.once
		_, err := s.Send(t.Context(), draft)
		require.NoError(t, err, test.kind)
		got := waitFor(t, lead, func(m simulator.Message) bool { return m.ID == draft.WhatsAppID })
		require.Equal(t, test.shownAs, got.Kind)
		require.Equal(t, test.text, got.Text, test.kind)
		require.Equal(t, test.once, got.ViewOnce, test.kind)
		require.Equal(t, test.media.MIMEType, got.Media.Mimetype)
		content, err := lead.File(t.Context(), draft.WhatsAppID)
		require.NoError(t, err, test.kind)
		require.Equal(t, want, content, test.kind)
	}
}

// A second try, as after a crash between the upload and the send, doesn't
// upload the file again; neither does a device that asks for the message.
func TestFileIsUploadedOnce(t *testing.T) {
	files := newShelf(t)
	w := newWorld(t, func(c *whatsmeow.Config) { c.Files = files })
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	id := engine.MediaID(engine.NewID())
	files.put(t, id, photo(5000))
	draft := fileDraft(engine.KindImage, id, engine.Media{MIMEType: "image/jpeg"}, "Once")

	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultLoseAck, Number: agentNumber}))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, 1)
	go func() {
		_, err := s.Send(ctx, draft)
		failed <- err
	}()
	waitFor(t, lead, func(m simulator.Message) bool { return m.ID == draft.WhatsAppID })
	cancel()
	require.Equal(t, engine.CodeTimeout, engine.CodeOf(<-failed))
	again := w.open(t, s.device, newMemory()) // as after a crash
	s.Disconnect()
	again.connect(t)
	await[engine.Connected](t, again.memory)
	_, err := again.Send(t.Context(), draft)
	require.NoError(t, err)
	waitFor(t, lead, func(m simulator.Message) bool { return m.ID == draft.WhatsAppID && m.Duplicates == 1 })
	require.Equal(t, 1, files.opened)
}

func TestUploadThatIsRefused(t *testing.T) {
	files := newShelf(t)
	w := newWorld(t, func(c *whatsmeow.Config) { c.Files = files })
	agent := w.phone(t, agentNumber, "Thandi")
	w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	id := engine.MediaID(engine.NewID())
	files.put(t, id, photo(5000))
	draft := fileDraft(engine.KindDocument, id, engine.Media{MIMEType: "text/plain", Name: "a.txt"}, "")
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultMediaRefused, Number: agentNumber}))
	_, err := s.Send(t.Context(), draft)
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(err))
	for status, code := range map[int]engine.Code{
		413: engine.CodeTooLong, 415: engine.CodeMediaRejected, 400: engine.CodeMediaRejected, 503: engine.CodeUnavailable,
	} {
		require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultMediaRefused, Number: agentNumber, Code: status}))
		_, err = s.Send(t.Context(), draft)
		require.Equal(t, code, engine.CodeOf(err), status)
	}
	_, err = s.Send(t.Context(), draft)
	require.NoError(t, err)
	left, err := filepath.Glob(filepath.Join(files.folder, "temp-*"))
	require.NoError(t, err)
	require.Empty(t, left, "what a file was encrypted into is removed")
}
