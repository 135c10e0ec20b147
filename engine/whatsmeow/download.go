package whatsmeow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waMmsRetry"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine"
)

var _ engine.MediaClient = (*Client)(nil)

// downloadable is the part of a message that says where its file is.
type downloadable interface {
	wm.DownloadableMessage
	proto.Message
}

// fileOf finds the file of a message in WhatsApp's encoding.
func fileOf(raw []byte) (downloadable, error) {
	var message waE2E.Message
	if err := proto.Unmarshal(raw, &message); err != nil {
		return nil, fmt.Errorf("%w: decode the message: %w", engine.ErrMediaDamaged, err)
	}
	msg := opened((&events.Message{RawMessage: &message}).UnwrapRaw().Message)
	switch {
	case msg.GetImageMessage() != nil:
		return msg.GetImageMessage(), nil
	case msg.GetVideoMessage() != nil:
		return msg.GetVideoMessage(), nil
	case msg.GetPtvMessage() != nil:
		return msg.GetPtvMessage(), nil
	case msg.GetAudioMessage() != nil:
		return msg.GetAudioMessage(), nil
	case msg.GetDocumentMessage() != nil:
		return msg.GetDocumentMessage(), nil
	case msg.GetStickerMessage() != nil:
		return msg.GetStickerMessage(), nil
	}
	return nil, fmt.Errorf("%w: it has no file", engine.ErrMediaDamaged)
}

// moved is a file that the phone has uploaded again, elsewhere.
type moved struct {
	downloadable
	path string
}

// GetDirectPath implements [wm.DownloadableMessage].
func (m moved) GetDirectPath() string { return m.path }

// GetMediaType implements [wm.MediaTypeable]; the library would look at the
// type of the message otherwise.
func (m moved) GetMediaType() wm.MediaType { return wm.GetMediaType(m.downloadable) }

// Download implements [engine.MediaClient]. The library writes what it gets
// into the file, checks its hash and MAC, and decrypts it in place, 32 KB at a
// time (download-to-file.go).
func (c *Client) Download(ctx context.Context, raw []byte, path string, limit int64, into *os.File) error {
	s, err := c.ready()
	if err != nil {
		return err
	}
	file, err := fileOf(raw)
	if err != nil {
		return err
	}
	if path != "" {
		file = moved{file, path}
	}
	_, err = await(ctx, s, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.wm.DownloadToFile(ctx, file, &bounded{file: into, left: limit + overhead, limit: limit + overhead})
	})
	return downloadError(err)
}

// downloadError says what a failed download means.
func downloadError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, engine.ErrMediaTooLarge):
		return err
	case errors.Is(err, wm.ErrMediaDownloadFailedWith403), errors.Is(err, wm.ErrMediaDownloadFailedWith404),
		errors.Is(err, wm.ErrMediaDownloadFailedWith410), errors.Is(err, wm.ErrNoURLPresent):
		return fmt.Errorf("%w (%v)", engine.ErrMediaGone, harmless(err))
	case errors.Is(err, wm.ErrInvalidMediaHMAC), errors.Is(err, wm.ErrInvalidMediaEncSHA256), errors.Is(err, wm.ErrInvalidMediaSHA256),
		errors.Is(err, wm.ErrInvalidUnencryptedMediaSHA256), errors.Is(err, wm.ErrTooShortFile):
		return fmt.Errorf("%w (%v)", engine.ErrMediaDamaged, harmless(err))
	}
	return requestError(err)
}

// overhead is how many bytes an encrypted file may have beyond the plain one:
// the padding of its last block and the MAC.
const overhead = 16 + 10

// bounded is a file that takes only so many bytes, whatever a server sends. It
// has no more methods than the library asks for, so that nothing goes around
// Write.
type bounded struct {
	file        *os.File
	left, limit int64
}

var _ wm.File = (*bounded)(nil)

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, engine.ErrMediaTooLarge
	}
	return b.file.Write(p)
}

// Seek is called before the library writes once more from the beginning.
func (b *bounded) Seek(offset int64, whence int) (int64, error) {
	b.left = b.limit
	return b.file.Seek(offset, whence)
}

func (b *bounded) Read(p []byte) (int, error)              { return b.file.Read(p) }
func (b *bounded) ReadAt(p []byte, at int64) (int, error)  { return b.file.ReadAt(p, at) }
func (b *bounded) WriteAt(p []byte, at int64) (int, error) { return b.file.WriteAt(p, at) }
func (b *bounded) Truncate(size int64) error               { return b.file.Truncate(size) }
func (b *bounded) Stat() (os.FileInfo, error)              { return b.file.Stat() }

// AskForFile implements [engine.MediaClient].
func (c *Client) AskForFile(ctx context.Context, file engine.MediaFile) error {
	described, err := fileOf(file.Raw)
	if err != nil {
		return err
	}
	if len(described.GetMediaKey()) == 0 {
		return engine.ErrMediaLost // of a channel: nobody but WhatsApp has it
	}
	info, err := infoOf(file)
	if err != nil {
		return err
	}
	return c.request(ctx, func(ctx context.Context, s *session) error {
		return s.wm.SendMediaRetryReceipt(ctx, info, described.GetMediaKey())
	})
}

// infoOf names a message as its phone knows it.
func infoOf(file engine.MediaFile) (*types.MessageInfo, error) {
	chat, err := recipient(file.Chat)
	if err != nil {
		return nil, err
	}
	info := &types.MessageInfo{ID: file.WhatsAppID, MessageSource: types.MessageSource{Chat: chat, Sender: chat, IsFromMe: file.FromMe}}
	if sender, err := recipient(file.Sender); err == nil {
		info.Sender, info.IsGroup = sender, true
	}
	return info, nil
}

// answer is a phone's answer as the store keeps it.
type answer struct {
	ID         string `json:"id"`
	Ciphertext []byte `json:"ciphertext,omitempty"`
	IV         []byte `json:"iv,omitempty"`
	Code       int    `json:"code,omitempty"`
}

// mediaAnswer stores what the phone answers about a file. The library
// acknowledges the answer even if that fails (notification.go, "mediaretry"),
// so the connection must end before it can.
func (s *session) mediaAnswer(evt *events.MediaRetry) bool {
	kept := answer{ID: evt.MessageID, Ciphertext: evt.Ciphertext, IV: evt.IV}
	if evt.Error != nil {
		kept.Code = evt.Error.Code
	}
	text, err := json.Marshal(kept)
	fact := engine.MediaAnswer{WhatsAppID: clean(evt.MessageID), FromMe: evt.FromMe, Answer: text}
	if s.store(fact, true, err) {
		return true
	}
	s.abort()
	return false
}

// ReadAnswer implements [engine.MediaClient].
func (c *Client) ReadAnswer(raw, text []byte) (string, error) {
	var kept answer
	if err := json.Unmarshal(text, &kept); err != nil {
		return "", fmt.Errorf("decode a phone's answer: %w", err)
	}
	file, err := fileOf(raw)
	if err != nil {
		return "", err
	}
	evt := &events.MediaRetry{MessageID: kept.ID, Ciphertext: kept.Ciphertext, IV: kept.IV}
	if kept.Ciphertext == nil {
		evt.Error = &events.MediaRetryError{Code: kept.Code}
	}
	result, err := wm.DecryptMediaRetryNotification(evt, file.GetMediaKey())
	switch {
	case errors.Is(err, wm.ErrMediaNotAvailableOnPhone), err == nil && result.GetResult() == waMmsRetry.MediaRetryNotification_NOT_FOUND:
		return "", engine.ErrMediaLost
	case err != nil:
		return "", fmt.Errorf("read a phone's answer: %v", harmless(err))
	case result.GetResult() != waMmsRetry.MediaRetryNotification_SUCCESS || result.GetDirectPath() == "":
		return "", fmt.Errorf("the phone could not upload the file again (%s)", result.GetResult())
	}
	return result.GetDirectPath(), nil
}
