package simulator_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waMediaTransport"
	"go.mau.fi/whatsmeow/proto/waMmsRetry"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator"
)

// picture is a file of some length that is no multiple of a cipher's block.
func picture(seed byte) []byte { return bytes.Repeat([]byte{seed, 'p', 'i', 'c'}, 5001) }

func imageMessage(up whatsmeow.UploadResponse) *waE2E.ImageMessage {
	return &waE2E.ImageMessage{
		Mimetype: proto.String("image/png"), URL: &up.URL, DirectPath: &up.DirectPath, MediaKey: up.MediaKey,
		FileEncSHA256: up.FileEncSHA256, FileSHA256: up.FileSHA256, FileLength: &up.FileLength,
	}
}

func isImage(m *events.Message) bool { return m.Message.ImageMessage != nil }

func scratch(t *testing.T) *os.File {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	return file
}

func contents(t *testing.T, file *os.File) []byte {
	t.Helper()
	_, err := file.Seek(0, io.SeekStart)
	require.NoError(t, err)
	data, err := io.ReadAll(file)
	require.NoError(t, err)
	return data
}

// TestUploadedFileReachesTheOtherSide sends a picture from one client to another one, which gets it in every way that
// the library has.
//
// covers: Upload UploadReader Download DownloadAny DownloadToFile DownloadMediaWithPath DownloadMediaWithPathToFile DownloadMediaWithOnlyPath DownloadMediaWithOnlyPathToFile DownloadFB DownloadFBToFile SetMediaHTTPClient
func TestUploadedFileReachesTheOtherSide(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	sender, receiver := linked(t, s, lead), linked(t, s, agent)
	counting := &counter{next: toSimulator{strings.TrimPrefix(s.MediaURL(), "http://"), &http.Transport{DisableKeepAlives: true}}}
	receiver.SetMediaHTTPClient(&http.Client{Transport: counting})
	ctx, want := patient(t), picture(1)
	up, err := sender.Upload(ctx, want, whatsmeow.MediaImage)
	require.NoError(t, err)
	_, err = sender.SendMessage(ctx, agent.JID(), &waE2E.Message{ImageMessage: imageMessage(up)})
	require.NoError(t, err)
	got := await(receiver, isImage).Message
	image := got.GetImageMessage()
	path := image.GetDirectPath()

	for name, download := range map[string]func() ([]byte, error){
		"Download": func() ([]byte, error) { return receiver.Download(ctx, image) },
		//lint:ignore SA1019 it exists, so it is tested
		"DownloadAny": func() ([]byte, error) { return receiver.DownloadAny(ctx, got) },
		"DownloadMediaWithPath": func() ([]byte, error) {
			return receiver.DownloadMediaWithPath(ctx, path, image.FileEncSHA256, image.FileSHA256, image.MediaKey, whatsmeow.MediaImage, "image", false)
		},
		"DownloadFB": func() ([]byte, error) { return receiver.DownloadFB(ctx, transport(image), whatsmeow.MediaImage) },
	} {
		data, err := download()
		require.NoError(t, err, name)
		require.Equal(t, want, data, name)
	}
	for name, download := range map[string]func(*os.File) error{
		"DownloadToFile": func(f *os.File) error { return receiver.DownloadToFile(ctx, image, f) },
		"DownloadMediaWithPathToFile": func(f *os.File) error {
			return receiver.DownloadMediaWithPathToFile(ctx, path, image.FileEncSHA256, image.FileSHA256, image.MediaKey, whatsmeow.MediaImage, "image", false, f)
		},
		"DownloadFBToFile": func(f *os.File) error {
			return receiver.DownloadFBToFile(ctx, transport(image), whatsmeow.MediaImage, f)
		},
	} {
		file := scratch(t)
		require.NoError(t, download(file), name)
		require.Equal(t, want, contents(t, file), name)
	}
	raw, err := receiver.DownloadMediaWithOnlyPath(ctx, path)
	require.NoError(t, err)
	file := scratch(t)
	require.NoError(t, receiver.DownloadMediaWithOnlyPathToFile(ctx, path, file))
	require.Equal(t, raw, contents(t, file), "both as stored, still encrypted")
	require.NotEqual(t, want, raw)

	require.EqualValues(t, 9, counting.n.Load())

	large := bytes.Repeat([]byte("film"), 1<<18)
	film, err := sender.UploadReader(ctx, bytes.NewReader(large), nil, whatsmeow.MediaVideo)
	require.NoError(t, err)
	data, err := receiver.DownloadMediaWithPath(ctx, film.DirectPath, film.FileEncSHA256, film.FileSHA256, film.MediaKey, whatsmeow.MediaVideo, "", false)
	require.NoError(t, err)
	require.Equal(t, large, data)
}

// counter counts the requests of a client of its own for files.
type counter struct {
	next http.RoundTripper
	n    atomic.Int64
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.next.RoundTrip(r)
}

func transport(image *waE2E.ImageMessage) *waMediaTransport.WAMediaTransport_Integral {
	return &waMediaTransport.WAMediaTransport_Integral{
		DirectPath: image.DirectPath, FileEncSHA256: image.FileEncSHA256, FileSHA256: image.FileSHA256, MediaKey: image.MediaKey,
	}
}

// TestNewsletterFile uploads what is not encrypted, with the handle that a message to a channel needs.
//
// covers: UploadNewsletter UploadNewsletterReader
func TestNewsletterFile(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := linked(t, s, phone(t, s, agentNumber, ""))
	ctx, want := patient(t), picture(2)
	for name, upload := range map[string]func() (whatsmeow.UploadResponse, error){
		"UploadNewsletter": func() (whatsmeow.UploadResponse, error) { return c.UploadNewsletter(ctx, want, whatsmeow.MediaImage) },
		"UploadNewsletterReader": func() (whatsmeow.UploadResponse, error) {
			return c.UploadNewsletterReader(ctx, bytes.NewReader(want), whatsmeow.MediaImage)
		},
	} {
		up, err := upload()
		require.NoError(t, err, name)
		require.NotEmpty(t, up.Handle, name)
		data, err := c.Download(ctx, imageMessage(up))
		require.NoError(t, err, name)
		require.Equal(t, want, data, name)
	}
}

// TestThumbnail has a link's preview on the media hosts.
//
// covers: DownloadThumbnail
func TestThumbnail(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	sender, receiver := linked(t, s, lead), linked(t, s, agent)
	ctx := patient(t)
	up, err := sender.Upload(ctx, picture(3), whatsmeow.MediaLinkThumbnail)
	require.NoError(t, err)
	_, err = sender.SendMessage(ctx, agent.JID(), &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
		Text: proto.String("look: https://example.com"), MatchedText: proto.String("https://example.com"), Title: proto.String("Example"),
		ThumbnailDirectPath: &up.DirectPath, ThumbnailSHA256: up.FileSHA256, ThumbnailEncSHA256: up.FileEncSHA256, MediaKey: up.MediaKey,
	}})
	require.NoError(t, err)
	got := await(receiver, text("look: https://example.com"))
	data, err := receiver.DownloadThumbnail(ctx, got.Message.GetExtendedTextMessage())
	require.NoError(t, err)
	require.Equal(t, picture(3), data)
}

// TestDeletedFileIsGone also takes a file that its owner's limits refuse.
//
// covers: DeleteMedia
func TestDeletedFileIsGone(t *testing.T) {
	t.Parallel()
	s := start(t, func(cfg *simulator.Config) { cfg.MediaBytes = 1 << 20 })
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c, other := linked(t, s, agent), linked(t, s, lead)
	ctx := patient(t)
	up, err := c.Upload(ctx, picture(4), whatsmeow.MediaDocument)
	require.NoError(t, err)
	require.ErrorContains(t, other.DeleteMedia(ctx, whatsmeow.MediaDocument, up.DirectPath, up.FileEncSHA256, ""), "403")
	require.NoError(t, c.DeleteMedia(ctx, whatsmeow.MediaDocument, up.DirectPath, up.FileEncSHA256, ""))
	_, err = c.DownloadMediaWithPath(ctx, up.DirectPath, up.FileEncSHA256, up.FileSHA256, up.MediaKey, whatsmeow.MediaDocument, "", false)
	require.ErrorIs(t, err, whatsmeow.ErrMediaDownloadFailedWith410)
	_, err = c.Upload(ctx, make([]byte, 2<<20), whatsmeow.MediaDocument)
	require.ErrorContains(t, err, "507")
}

func TestMediaFaults(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := linked(t, s, agent)
	ctx := patient(t)
	up, err := c.Upload(ctx, picture(5), whatsmeow.MediaImage)
	require.NoError(t, err)
	for code, want := range map[int]error{
		http.StatusForbidden: whatsmeow.ErrMediaDownloadFailedWith403,
		http.StatusNotFound:  whatsmeow.ErrMediaDownloadFailedWith404,
		http.StatusGone:      whatsmeow.ErrMediaDownloadFailedWith410,
	} {
		require.NoError(t, s.Inject(simulator.Fault{Kind: simulator.FaultMediaGone, Number: agentNumber, Code: code}))
		_, err = c.Download(ctx, imageMessage(up))
		require.ErrorIs(t, err, want)
	}
	// Once for each host that the client tries.
	require.NoError(t, s.Inject(simulator.Fault{Kind: simulator.FaultMediaDamaged, Times: 2}))
	_, err = c.Download(ctx, imageMessage(up))
	require.ErrorIs(t, err, whatsmeow.ErrInvalidMediaEncSHA256)
	require.NoError(t, s.Inject(simulator.Fault{Kind: simulator.FaultMediaDamaged}))
	data, err := c.Download(ctx, imageMessage(up))
	require.NoError(t, err, "the second host gives it whole")
	require.Equal(t, picture(5), data)
	require.NoError(t, s.Inject(simulator.Fault{Kind: simulator.FaultMediaRefused, Code: http.StatusUnauthorized}))
	_, err = c.Upload(ctx, picture(5), whatsmeow.MediaImage)
	require.ErrorContains(t, err, "401")
}

// TestPhoneUploadsAgain lets a client ask its phone for a picture that is gone from the hosts.
//
// covers: SendMediaRetryReceipt events.MediaRetry events.MediaRetryError
func TestPhoneUploadsAgain(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	sender, receiver := linked(t, s, lead), linked(t, s, agent)
	ctx, want := patient(t), picture(6)
	up, err := sender.Upload(ctx, want, whatsmeow.MediaImage)
	require.NoError(t, err)
	_, err = sender.SendMessage(ctx, agent.JID(), &waE2E.Message{ImageMessage: imageMessage(up)})
	require.NoError(t, err)
	got := await(receiver, isImage)
	image := got.Message.GetImageMessage()
	require.NoError(t, s.Advance(31*24*time.Hour))
	_, err = receiver.Download(ctx, image)
	require.ErrorIs(t, err, whatsmeow.ErrMediaDownloadFailedWith410)
	ask := func(info types.MessageInfo, key []byte) *events.MediaRetry {
		t.Helper()
		receiver.forgetEvents()
		require.NoError(t, receiver.SendMediaRetryReceipt(ctx, &info, key))
		return await(receiver, func(e *events.MediaRetry) bool { return e.MessageID == info.ID })
	}

	answer := ask(got.Info, image.GetMediaKey())
	require.Equal(t, got.Info.Chat, answer.ChatID)
	result, err := whatsmeow.DecryptMediaRetryNotification(answer, image.GetMediaKey())
	require.NoError(t, err)
	require.Equal(t, waMmsRetry.MediaRetryNotification_SUCCESS, result.GetResult())
	image.DirectPath = result.DirectPath
	data, err := receiver.Download(ctx, image)
	require.NoError(t, err)
	require.Equal(t, want, data)
	_, err = agent.File(ctx, got.Info.ID)
	require.ErrorIs(t, err, simulator.ErrNotFound, "the message still tells the old address")

	wrongKey := ask(got.Info, make([]byte, 32))
	require.Equal(t, &events.MediaRetryError{Code: 3}, wrongKey.Error)
	unknown := got.Info
	unknown.ID = "UNKNOWN"
	_, err = whatsmeow.DecryptMediaRetryNotification(ask(unknown, image.GetMediaKey()), image.GetMediaKey())
	require.ErrorIs(t, err, whatsmeow.ErrMediaNotAvailableOnPhone)
	require.NoError(t, s.Inject(simulator.Fault{Kind: simulator.FaultMediaLost, Number: agentNumber}))
	require.Equal(t, &events.MediaRetryError{Code: 2}, ask(got.Info, image.GetMediaKey()).Error)
	for code, want := range map[int]waMmsRetry.MediaRetryNotification_ResultType{
		412: waMmsRetry.MediaRetryNotification_DECRYPTION_ERROR, 418: waMmsRetry.MediaRetryNotification_GENERAL_ERROR,
	} {
		require.NoError(t, s.Inject(simulator.Fault{Kind: simulator.FaultMediaLost, Code: code}))
		result, err = whatsmeow.DecryptMediaRetryNotification(ask(got.Info, image.GetMediaKey()), image.GetMediaKey())
		require.NoError(t, err)
		require.Equal(t, want, result.GetResult())
	}
}
