package media_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/media"
	"github.com/myaibud/aibud/store"
	"github.com/myaibud/aibud/store/blob"
	"github.com/myaibud/aibud/store/storetest"
)

// phone is a seat's client, and how to reach it.
type phone struct {
	engine.Client

	mu      sync.Mutex
	offline bool
	content []byte
	errs    []error // what the next downloads fail with
	paths   []string
	asked   int
	// slow, if it is there, holds a download up when half of the file is here,
	// until what it fails with comes.
	slow chan error
}

func (p *phone) WithClient(ctx context.Context, _ engine.SeatKey, fn func(context.Context, engine.Client) error) error {
	p.mu.Lock()
	offline := p.offline
	p.mu.Unlock()
	if offline {
		return engine.Errorf(engine.CodeNotConnected, "offline")
	}
	return fn(ctx, p)
}

func (p *phone) Download(_ context.Context, _ []byte, path string, _ int64, into *os.File) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paths = append(p.paths, path)
	if len(p.errs) > 0 {
		err := p.errs[0]
		p.errs = p.errs[1:]
		return err
	}
	if p.slow != nil {
		if _, err := into.Write(p.content[:len(p.content)/2]); err != nil {
			return err
		}
		if err := <-p.slow; err != nil {
			return err
		}
		_, err := into.Write(p.content[len(p.content)/2:])
		return err
	}
	_, err := into.Write(p.content)
	return err
}

func (p *phone) AskForFile(context.Context, engine.MediaFile) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	return nil
}

func (p *phone) ReadAnswer(_, answer []byte) (string, error) {
	if string(answer) == "lost" {
		return "", engine.ErrMediaLost
	}
	return string(answer), nil
}

// bench is a service with one seat and a message with a file.
type bench struct {
	t       *testing.T
	store   *store.Store
	phone   *phone
	service *media.Service
	seat    engine.SeatKey
	user    engine.User
	file    engine.MediaID
	blobs   *blob.Folder
}

func newBench(t *testing.T, change ...func(*media.Config)) *bench {
	t.Helper()
	b := &bench{t: t, store: storetest.Open(t, storetest.SQLite), phone: &phone{content: picture(t, 60, 40)}}
	var err error
	b.blobs, err = blob.OpenFolder(t.TempDir())
	require.NoError(t, err)
	config := media.Config{Records: b.store, Blobs: b.blobs, Clients: b.phone, Log: slog.New(slog.DiscardHandler), MaxBytes: 8 << 20}
	for _, c := range change {
		c(&config)
	}
	b.service = media.New(config)
	b.user, err = b.store.SignUp(t.Context(), engine.NewAccount{Agency: "A", Name: "T", Email: "t@a.example", PasswordHash: "x"}, true)
	require.NoError(t, err)
	seat, err := b.store.Tenant(b.user.Tenant).CreateSeat(t.Context(), "Sales")
	require.NoError(t, err)
	b.seat = engine.SeatKey{Tenant: b.user.Tenant, Seat: seat.ID}
	require.NoError(t, b.store.Record(t.Context(), b.seat, []engine.Fact{engine.Incoming{
		WhatsAppID: "A1", Chat: engine.Party{Phone: engine.PhoneAddress("27831111111")}, Kind: engine.KindImage, Raw: []byte{1}, At: time.Now(),
		Content: &engine.Content{Media: &engine.Media{MIMEType: "image/png", Size: int64(len(b.phone.content))}},
	}}))
	b.file = b.message().Content.Media.ID
	return b
}

func (b *bench) message() engine.MessageView {
	b.t.Helper()
	talks, _, err := b.store.Tenant(b.user.Tenant).Conversations(b.t.Context(), engine.ConversationFilter{}, engine.Page{})
	require.NoError(b.t, err)
	return *talks[0].LastMessage
}

// work runs the job once.
func (b *bench) work(attempt int) error {
	b.t.Helper()
	return b.service.Worker().Work(b.t.Context(), &river.Job[engine.MediaDownloadArgs]{
		JobRow: &rivertype.JobRow{Attempt: attempt, MaxAttempts: engine.MediaAttempts},
		Args:   engine.MediaDownloadArgs{Tenant: b.user.Tenant, Media: b.file},
	})
}

func (b *bench) state() engine.MediaState { return b.message().Content.Media.State }

func (b *bench) add(name string, content []byte) engine.MediaID {
	b.t.Helper()
	file, err := b.service.Upload(b.t.Context(), b.user.Tenant, bytes.NewReader(content), name)
	require.NoError(b.t, err)
	return file.ID
}

func picture(t testing.TB, width, height int) []byte {
	t.Helper()
	var text bytes.Buffer
	require.NoError(t, png.Encode(&text, image.NewNRGBA(image.Rect(0, 0, width, height))))
	return text.Bytes()
}

func TestDownload(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	require.NoError(t, b.work(1))
	about := b.message().Content.Media
	require.Equal(t, engine.Media{
		ID: b.file, State: engine.MediaStored, Thumbnail: true, MIMEType: "image/png", Size: int64(len(b.phone.content)), Width: 60, Height: 40,
	}, *about)
	content, _, err := b.service.Content(t.Context(), b.user.Tenant, b.file, false)
	require.NoError(t, err)
	got, err := io.ReadAll(content)
	require.NoError(t, err)
	require.NoError(t, content.Close())
	require.Equal(t, b.phone.content, got)
	_, _, err = b.service.Content(t.Context(), "another", b.file, false)
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
	require.NoError(t, b.work(1), "a second job finds nothing to do")
	require.Len(t, b.phone.paths, 1)
}

// What takes longer says how far it is, and only as long as that is so.
func TestProgressIsShown(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *media.Config) { c.Progress = time.Millisecond })
	b.phone.slow = make(chan error)
	for _, failure := range []error{errors.New("the network"), nil} {
		done := make(chan error)
		go func() { done <- b.work(1) }()
		require.Eventually(t, func() bool { return b.state() == engine.MediaLoading }, 30*time.Second, time.Millisecond)
		require.Eventually(t, func() bool { p := b.message().Content.Media.Percent; return p >= 49 && p <= 50 }, 30*time.Second, time.Millisecond)
		b.phone.slow <- failure
		require.ErrorIs(t, <-done, failure)
		about := b.message().Content.Media
		require.Zero(t, about.Percent)
		if failure != nil {
			require.Equal(t, engine.MediaWaiting, about.State)
		} else {
			require.Equal(t, engine.MediaStored, about.State)
		}
	}

	b = newBench(t)
	require.NoError(t, b.store.SetMediaPercent(t.Context(), b.user.Tenant, b.file, 40)) // and then the process was killed
	b.phone.errs = []error{errors.New("the network")}
	require.Error(t, b.work(1))
	require.Equal(t, engine.MediaWaiting, b.state())
	require.NoError(t, b.store.SetMediaPercent(t.Context(), b.user.Tenant, b.file, 40))
	b.phone.offline = true
	require.NoError(t, b.work(2))
	require.Equal(t, engine.MediaWaiting, b.state())
	require.Contains(t, b.message().Content.Media.Note, "connected")
	b.phone.offline = false
	require.NoError(t, b.work(2))
	require.Equal(t, engine.MediaStored, b.state())
}

func TestPhoneIsAskedSomeTimes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for asked := 1; asked <= 3; asked++ {
		b.phone.errs = []error{engine.ErrMediaGone}
		require.NoError(t, b.work(1))
		require.Equal(t, engine.MediaWaiting, b.state())
		require.Equal(t, asked, b.phone.asked)
		require.Contains(t, b.message().Content.Media.Note, "The phone was asked")
	}
	b.phone.errs = []error{engine.ErrMediaGone}
	require.NoError(t, b.work(1))
	require.Equal(t, engine.MediaGone, b.state())
	require.Equal(t, 3, b.phone.asked)
	// The phone comes online after all.
	require.NoError(t, b.store.Record(t.Context(), b.seat, []engine.Fact{engine.MediaAnswer{WhatsAppID: "A1", Answer: []byte("/new")}}))
	require.NoError(t, b.work(1))
	require.Equal(t, engine.MediaStored, b.state())
	require.Equal(t, "/new", b.phone.paths[len(b.phone.paths)-1])
}

func TestPhoneHasLostIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.phone.errs = []error{engine.ErrMediaGone}
	require.NoError(t, b.work(1))
	require.NoError(t, b.store.Record(t.Context(), b.seat, []engine.Fact{engine.MediaAnswer{WhatsAppID: "A1", Answer: []byte("lost")}}))
	require.NoError(t, b.work(1))
	require.Equal(t, engine.MediaGone, b.state())
	m := b.message()
	_, err := b.store.Tenant(b.user.Tenant).DownloadMedia(t.Context(), m.Conversation, m.ID)
	require.NoError(t, err)
	require.NoError(t, b.work(1))
	require.Equal(t, engine.MediaStored, b.state(), "an old answer is no answer to a new question")
}

func TestDownloadsThatFail(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.phone.errs = []error{engine.ErrMediaDamaged, engine.ErrMediaDamaged}
	require.Error(t, b.work(1))
	require.NoError(t, b.work(3))
	require.Equal(t, engine.MediaFailed, b.state())

	b = newBench(t)
	b.phone.errs = []error{errors.New("the network"), errors.New("the network")}
	require.Error(t, b.work(1))
	require.Equal(t, engine.MediaWaiting, b.state())
	require.NoError(t, b.work(engine.MediaAttempts))
	require.Equal(t, engine.MediaFailed, b.state())

	b = newBench(t)
	b.phone.errs = []error{engine.ErrMediaTooLarge}
	require.NoError(t, b.work(1))
	require.Equal(t, engine.MediaTooLarge, b.state())
	require.Contains(t, b.message().Content.Media.Note, "8 MB")
}

func TestFileWaitsForItsSeat(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.phone.offline = true
	require.NoError(t, b.work(1))
	parked, err := b.store.ParkedSeats(t.Context())
	require.NoError(t, err)
	require.Equal(t, []engine.SeatKey{b.seat}, parked)
	b.phone.offline = false
	require.NoError(t, b.service.Clean(t.Context()))
	parked, err = b.store.ParkedSeats(t.Context())
	require.NoError(t, err)
	require.Empty(t, parked, "a job is on its way")
	require.NoError(t, b.work(1))
	require.Equal(t, engine.MediaStored, b.state())
}

func TestCleaning(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *media.Config) { c.Keep, c.Unused = time.Nanosecond, time.Nanosecond })
	require.NoError(t, b.work(1))
	before, err := b.store.Media(t.Context(), b.user.Tenant, b.file)
	require.NoError(t, err)
	unused := b.add("again.png", b.phone.content)
	require.Eventually(t, func() bool { // times are whole milliseconds: some must have passed
		require.NoError(t, b.service.Clean(t.Context()))
		_, err := b.store.Media(t.Context(), b.user.Tenant, unused)
		return b.state() == engine.MediaExpired && engine.CodeOf(err) == engine.CodeNotFound
	}, time.Minute, 2*time.Millisecond)
	for _, hash := range []string{before.Hash, before.Thumbnail} {
		_, _, err = b.blobs.Open(t.Context(), engine.BlobKey{Tenant: b.user.Tenant, Hash: hash})
		require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
	}
}

// What a crash has left is found, and nothing else is touched.
func TestSweeping(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	require.NoError(t, b.work(1))
	file, err := b.store.Media(t.Context(), b.user.Tenant, b.file)
	require.NoError(t, err)
	put := func(tenant engine.TenantID, hash string) {
		temp, err := b.blobs.Temp()
		require.NoError(t, err)
		_, err = temp.WriteString("left by a crash")
		require.NoError(t, err)
		require.NoError(t, b.blobs.Put(t.Context(), engine.BlobKey{Tenant: tenant, Hash: hash}, temp))
	}
	there := func(tenant engine.TenantID, hash string) bool {
		content, _, err := b.blobs.Open(t.Context(), engine.BlobKey{Tenant: tenant, Hash: hash})
		if err == nil {
			require.NoError(t, content.Close())
		}
		return err == nil
	}
	hash := func(n int) string { return fmt.Sprintf("%064x", n) }
	const many = 450 // more than are looked at at once
	for n := range many {
		put(b.user.Tenant, hash(n))
	}
	put("of-another-database", hash(0))
	require.NoError(t, b.service.Sweep(t.Context()))
	require.True(t, there(b.user.Tenant, hash(0)), "its row may be on its way")

	old := media.New(media.Config{
		Records: b.store, Blobs: b.blobs, Clients: b.phone, Log: slog.New(slog.DiscardHandler), Orphaned: -time.Minute,
	})
	require.NoError(t, old.Sweeper().Work(t.Context(), nil))
	for n := range many {
		require.False(t, there(b.user.Tenant, hash(n)), n)
	}
	require.True(t, there("of-another-database", hash(0)))
	require.True(t, there(b.user.Tenant, file.Hash))
	require.True(t, there(b.user.Tenant, file.Thumbnail))
}

// A PNG of a few bytes that says that it has billions of pixels is measured,
// and not decoded.
func TestBombs(t *testing.T) {
	t.Parallel()
	bomb := picture(t, 1, 1)
	binary.BigEndian.PutUint32(bomb[16:], 60_000)
	binary.BigEndian.PutUint32(bomb[20:], 60_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	b := newBench(t)
	file, err := b.service.Upload(t.Context(), b.user.Tenant, bytes.NewReader(bomb), "bomb.png")
	require.NoError(t, err)
	require.Equal(t, 60_000, file.Media.Width)
	require.False(t, file.Media.Thumbnail)
	_, _, err = b.service.Prepare(t.Context(), b.user.Tenant, file.ID, engine.KindSticker, false)
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(err))
	_, err = b.service.Upload(t.Context(), b.user.Tenant, bytes.NewReader(make([]byte, 9<<20)), "large")
	require.ErrorIs(t, err, engine.ErrMediaTooLarge)
}

func ffmpeg(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	require.NoError(t, err, "run .ci/deps, which installs FFmpeg")
	return path
}

func wav(seconds int) []byte {
	const rate = 8000
	head := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x00\x00\x00\x00")
	samples := make([]byte, 2*rate*seconds)
	for i := range rate * seconds {
		level := int16(0)
		if i > rate*seconds/2 { // loud in its second half
			level = int16(16_000 * (1 - 2*(i/20%2)))
		}
		binary.LittleEndian.PutUint16(samples[2*i:], uint16(level))
	}
	binary.LittleEndian.PutUint32(head[4:], uint32(36+len(samples)))
	binary.LittleEndian.PutUint32(head[40:], uint32(len(samples)))
	return append(head, samples...)
}

func TestConverting(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *media.Config) { c.FFmpeg = ffmpeg(t) })
	prepare := func(id engine.MediaID, kind engine.Kind, gif bool) engine.MediaFile {
		t.Helper()
		file, got, err := b.service.Prepare(t.Context(), b.user.Tenant, id, kind, gif)
		require.NoError(t, err)
		require.Equal(t, kind, got)
		again, _, err := b.service.Prepare(t.Context(), b.user.Tenant, id, kind, gif)
		require.NoError(t, err)
		require.Equal(t, file.ID, again.ID, "it is made once")
		return file
	}
	voice := prepare(b.add("note.wav", wav(2)), engine.KindVoice, false).Media
	require.Equal(t, "audio/ogg; codecs=opus", voice.MIMEType)
	require.InDelta(t, 2, voice.Seconds, 1)
	require.Len(t, voice.Waveform, 64)
	require.Less(t, voice.Waveform[5], byte(20))
	require.Greater(t, voice.Waveform[55], byte(60))

	sticker := prepare(b.add("face.png", picture(t, 300, 200)), engine.KindSticker, false).Media
	require.Equal(t, engine.Media{
		ID: sticker.ID, State: engine.MediaStored, MIMEType: "image/webp", Name: "face.png", Size: sticker.Size, Width: 512, Height: 512, Thumbnail: true,
	}, sticker)

	var moving bytes.Buffer
	require.NoError(t, gif.Encode(&moving, image.NewGray(image.Rect(0, 0, 63, 41)), nil))
	playing := prepare(b.add("wave.gif", moving.Bytes()), engine.KindVideo, true).Media
	require.Equal(t, "video/mp4", playing.MIMEType)
	require.True(t, playing.Animated)
	require.Equal(t, 62, playing.Width)
	require.True(t, playing.Thumbnail, "a picture of its beginning")

	for _, kind := range []engine.Kind{engine.KindVoice, engine.KindAudio, engine.KindVideo, engine.KindImage, engine.KindSticker} {
		_, _, err := b.service.Prepare(t.Context(), b.user.Tenant, b.add("a.txt", []byte("#EXTM3U\nfile:///etc/passwd")), kind, false)
		require.Equal(t, engine.CodeInvalid, engine.CodeOf(err), kind)
	}
}

func TestWithoutFFmpeg(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for kind, id := range map[engine.Kind]engine.MediaID{
		engine.KindVoice: b.add("a.wav", wav(1)), engine.KindAudio: b.add("b.wav", wav(1)), engine.KindSticker: b.add("c.png", picture(t, 9, 9)),
	} {
		_, _, err := b.service.Prepare(t.Context(), b.user.Tenant, id, kind, false)
		require.Equal(t, engine.CodeInvalid, engine.CodeOf(err), kind)
		require.Contains(t, engine.MessageOf(err), "FFmpeg", kind)
	}
	var photo bytes.Buffer
	require.NoError(t, jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 8, 8)), nil))
	id := b.add("a.jpg", photo.Bytes())
	file, kind, err := b.service.Prepare(t.Context(), b.user.Tenant, id, "", false)
	require.NoError(t, err)
	require.Equal(t, engine.KindImage, kind)
	require.Equal(t, id, file.ID, "it is fit as it is")
	require.NoError(t, b.work(1))
	forwarded, _, err := b.service.Prepare(t.Context(), b.user.Tenant, b.file, "", false)
	require.NoError(t, err)
	require.NotEqual(t, b.file, forwarded.ID, "it outlives the message that it came with")
}

// full is a store of files whose disk takes no more.
type full struct{ *blob.Folder }

func (f full) Temp() (*os.File, error) {
	file, err := f.Folder.Temp()
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	return os.Open(file.Name()) // which fails to be written as a full disk does
}

// That the disk is full is ours to mend, and passes; that a body breaks off is
// not ours.
func TestDiskThatIsFull(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(config *media.Config) {
		folder, err := blob.OpenFolder(t.TempDir())
		require.NoError(t, err)
		config.Blobs = full{folder}
	})
	_, err := b.service.Upload(t.Context(), b.user.Tenant, bytes.NewReader(picture(t, 60, 40)), "front.png")
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(err))
	b = newBench(t)
	_, err = b.service.Upload(t.Context(), b.user.Tenant, iotest.ErrReader(io.ErrUnexpectedEOF), "front.png")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NotEqual(t, engine.CodeUnavailable, engine.CodeOf(err))
}
