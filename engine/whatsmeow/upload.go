package whatsmeow

import (
	"context"
	"fmt"
	"sync"
	"time"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

const (
	// uploadLife is how long an upload is used again. WhatsApp keeps files for
	// weeks; a phone that comes online later than that asks for them again.
	uploadLife = 7 * 24 * time.Hour
	// uploadTime bounds one upload, and uploadWait how long a message waits for
	// its own before others may go first.
	uploadTime = 15 * time.Minute
	uploadWait = 10 * time.Second
)

// uploads are those that run, by file and kind, so that a message that is
// tried again joins the one that it waits for.
type uploads struct {
	mu      sync.Mutex
	running map[string]*uploading
}

type uploading struct {
	done   chan struct{} // closed when the rest is set
	upload engine.Upload
	err    error
}

type uploadedKey struct{}

// uploaded returns a context in which nothing is uploaded: a message that is
// sent again to a device that asks for it has the file of the first time.
func uploaded(ctx context.Context) context.Context {
	return context.WithValue(ctx, uploadedKey{}, true)
}

// mediaTypeOf says how WhatsApp encrypts the files of a kind (whatsmeow,
// classToMediaType).
func mediaTypeOf(kind engine.Kind) wm.MediaType {
	switch kind {
	case engine.KindImage, engine.KindSticker:
		return wm.MediaImage
	case engine.KindVideo:
		return wm.MediaVideo
	case engine.KindAudio, engine.KindVoice:
		return wm.MediaAudio
	default:
		return wm.MediaDocument
	}
}

// channelMark tells uploads to channels, which nothing encrypts, from others.
const channelMark = "channel "

// uploadType is what an upload is kept under.
func uploadType(chat types.JID, kind engine.Kind) string {
	if chat.Server == types.NewsletterServer {
		return channelMark + string(mediaTypeOf(kind))
	}
	return string(mediaTypeOf(kind))
}

// fileOnWhatsApp returns where WhatsApp has a draft's file, uploading it if it
// must. The result is kept before the message is sent, so that a second try
// neither uploads it again nor sends another message.
func (s *session) fileOnWhatsApp(ctx context.Context, chat types.JID, draft engine.Draft) (engine.Upload, error) {
	files, id := s.client.provider.cfg.Files, draft.Content.Media.ID
	if files == nil {
		return engine.Upload{}, engine.Errorf(engine.CodeInvalid, "Files can't be sent: this server keeps none.")
	}
	mediaType := uploadType(chat, draft.Kind)
	known, found, err := files.Uploaded(ctx, s.client.seat, id, mediaType)
	if err != nil {
		return engine.Upload{}, err
	}
	again := ctx.Value(uploadedKey{}) != nil
	if found && (again || time.Since(known.At) < uploadLife) {
		return known, nil
	}
	if again {
		return engine.Upload{}, engine.Errorf(engine.CodeUnavailable, "The file has not been uploaded yet.")
	}
	u := s.client.uploads.begin(s, id, mediaType, draft.Kind)
	wait := time.NewTimer(uploadWait)
	defer wait.Stop()
	select {
	case <-u.done:
		upload := u.upload // which others may wait for too
		upload.Preview = known.Preview
		return upload, u.err
	case <-wait.C:
		return engine.Upload{}, engine.Errorf(engine.CodeBusy, "The file is still being uploaded.")
	case <-ctx.Done():
		return engine.Upload{}, errTimeout(ctx.Err())
	}
}

// begin uploads a file in the background, unless that is going on already.
func (u *uploads) begin(s *session, id engine.MediaID, mediaType string, kind engine.Kind) *uploading {
	key := string(id) + " " + mediaType
	u.mu.Lock()
	defer u.mu.Unlock()
	if running := u.running[key]; running != nil {
		return running
	}
	started := &uploading{done: make(chan struct{})}
	if u.running == nil {
		u.running = make(map[string]*uploading)
	}
	u.running[key] = started
	end := func() {
		u.mu.Lock()
		delete(u.running, key)
		u.mu.Unlock()
		close(started.done)
	}
	ok := s.client.provider.background(func() {
		defer end()
		ctx, cancel := context.WithTimeout(s.ctx, uploadTime)
		defer cancel()
		started.err = safely(func() (err error) {
			started.upload, err = s.upload(ctx, id, mediaType, kind)
			return err
		})
		if started.err != nil {
			started.err = requestError(started.err)
		}
	})
	if !ok {
		delete(u.running, key)
		started.err = errClosed()
		close(started.done)
	}
	return started
}

// upload gives a file to WhatsApp and keeps where it is. The library encrypts
// it into another file and sends that, never whole in memory (upload.go).
func (s *session) upload(ctx context.Context, id engine.MediaID, mediaType string, kind engine.Kind) (engine.Upload, error) {
	files := s.client.provider.cfg.Files
	content, err := files.OpenFile(ctx, s.client.seat.Tenant, id)
	if err != nil {
		return engine.Upload{}, err
	}
	defer func() { _ = content.Close() }() // only read
	var got wm.UploadResponse
	if mediaType == string(mediaTypeOf(kind)) {
		temp, err := files.Temp()
		if err != nil {
			return engine.Upload{}, fmt.Errorf("make a file to encrypt into: %w", err)
		}
		defer engine.Discard(temp)
		got, err = s.wm.UploadReader(ctx, content, temp, mediaTypeOf(kind))
		if err != nil {
			return engine.Upload{}, uploadRefusal(err)
		}
	} else if got, err = s.wm.UploadNewsletterReader(ctx, content, mediaTypeOf(kind)); err != nil {
		return engine.Upload{}, uploadRefusal(err)
	}
	upload := engine.Upload{
		URL: got.URL, Path: got.DirectPath, Handle: got.Handle, Key: got.MediaKey, SHA256: got.FileSHA256,
		EncSHA256: got.FileEncSHA256, Size: got.FileLength, At: time.Now().UTC(), MediaType: mediaType,
	}
	return upload, files.KeepUpload(ctx, s.client.seat, id, upload)
}

// mediaHandle is what a channel wants to hear of a message's file.
func (s *session) mediaHandle(ctx context.Context, chat types.JID, draft engine.Draft) (string, error) {
	if chat.Server != types.NewsletterServer || draft.Content == nil || draft.Content.Media == nil {
		return "", nil
	}
	upload, err := s.fileOnWhatsApp(ctx, chat, draft)
	return upload.Handle, err
}
