package simulator

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/gif" // sizes of pictures
	_ "image/jpeg"
	_ "image/png"
	"mime"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/media"
)

// Media is a file with what it is shown with. Kind is KindImage, KindVideo, KindVideoNote, KindAudio, KindVoice,
// KindDocument or KindSticker. Mimetype, and Width and Height of a picture, are found if they are left out.
type Media struct {
	Kind      string `json:"kind"`
	Data      []byte `json:"data"`
	Mimetype  string `json:"mimetype"`
	Caption   string `json:"caption"`  // images, videos and documents
	Filename  string `json:"filename"` // documents
	Seconds   int    `json:"seconds"`  // videos and audio
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	GIF       bool   `json:"gif"`       // a video that plays as one
	Thumbnail []byte `json:"thumbnail"` // a small JPEG
}

// maxMeasure bounds seconds and pixels.
const maxMeasure = 1 << 20

// mediaKind is what the hosts call a kind, and the type that a file of it has if nothing else is said.
func mediaKind(kind string) (media.Kind, string) {
	switch kind {
	case KindImage:
		return media.Image, "image/jpeg"
	case KindVideo, KindVideoNote:
		return media.Video, "video/mp4"
	case KindAudio:
		return media.Audio, "audio/mp4"
	case KindVoice:
		return media.Voice, "audio/ogg; codecs=opus"
	case KindDocument:
		return media.Document, "application/octet-stream"
	case KindSticker:
		return media.Image, "image/webp"
	default:
		return "", ""
	}
}

func (m Media) compose(_ context.Context, d *draft) (*waE2E.Message, error) {
	kind, usual := mediaKind(m.Kind)
	if m.Mimetype == "" {
		m.Mimetype = usual
	}
	if err := m.check(kind); err != nil {
		return nil, err
	}
	m.measure()
	if d.chat.Server == types.NewsletterServer {
		kind = kind.Newsletter()
	}
	file, err := d.phone.upload(kind, m.Data)
	if err != nil {
		return nil, err
	}
	if d.chat.Server == types.NewsletterServer {
		file.EncSHA256 = nil // nothing is encrypted there
	}
	return m.message(file, d.phone.server().clock.Now()), nil
}

func (m Media) check(kind media.Kind) error {
	_, _, err := mime.ParseMediaType(m.Mimetype)
	switch {
	case kind == "":
		return fmt.Errorf("%w media kind: image, video, video_note, audio, voice, document or sticker", ErrInvalid)
	case len(m.Data) == 0:
		return fmt.Errorf("%w media: no data", ErrInvalid)
	case err != nil:
		return fmt.Errorf("%w media type: %w", ErrInvalid, err)
	case len(m.Thumbnail) > maxThumbnail:
		return fmt.Errorf("%w thumbnail: at most %d bytes", ErrInvalid, maxThumbnail)
	case min(m.Seconds, m.Width, m.Height) < 0, max(m.Seconds, m.Width, m.Height) > maxMeasure:
		return fmt.Errorf("%w media: seconds, width and height are 0 to %d", ErrInvalid, maxMeasure)
	}
	return checkTexts(m.Caption, m.Filename)
}

// measure finds a picture's size.
func (m *Media) measure() {
	if m.Width != 0 || m.Height != 0 || (m.Kind != KindImage && m.Kind != KindSticker) {
		return
	}
	if config, _, err := image.DecodeConfig(bytes.NewReader(m.Data)); err == nil {
		m.Width, m.Height = min(config.Width, maxMeasure), min(config.Height, maxMeasure)
	}
}

func (m Media) message(file media.File, at time.Time) *waE2E.Message {
	switch m.Kind {
	case KindImage:
		return &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
			URL: &file.URL, DirectPath: &file.DirectPath, MediaKey: file.Key, FileSHA256: file.SHA256, FileEncSHA256: file.EncSHA256,
			FileLength: &file.Length, MediaKeyTimestamp: proto.Int64(at.Unix()), Mimetype: &m.Mimetype, Caption: orNil(m.Caption),
			Width: number32(m.Width), Height: number32(m.Height), JPEGThumbnail: m.Thumbnail,
		}}
	case KindVideo:
		return &waE2E.Message{VideoMessage: m.video(file, at)}
	case KindVideoNote:
		return &waE2E.Message{PtvMessage: m.video(file, at)}
	case KindAudio, KindVoice:
		return &waE2E.Message{AudioMessage: m.audio(file, at)}
	case KindSticker:
		return &waE2E.Message{StickerMessage: &waE2E.StickerMessage{
			URL: &file.URL, DirectPath: &file.DirectPath, MediaKey: file.Key, FileSHA256: file.SHA256, FileEncSHA256: file.EncSHA256,
			FileLength: &file.Length, MediaKeyTimestamp: proto.Int64(at.Unix()), Mimetype: &m.Mimetype,
			Width: number32(m.Width), Height: number32(m.Height), PngThumbnail: m.Thumbnail, StickerSentTS: proto.Int64(at.UnixMilli()),
		}}
	default:
		return m.document(file, at)
	}
}

func (m Media) video(file media.File, at time.Time) *waE2E.VideoMessage {
	video := &waE2E.VideoMessage{
		URL: &file.URL, DirectPath: &file.DirectPath, MediaKey: file.Key, FileSHA256: file.SHA256, FileEncSHA256: file.EncSHA256,
		FileLength: &file.Length, MediaKeyTimestamp: proto.Int64(at.Unix()), Mimetype: &m.Mimetype, Caption: orNil(m.Caption),
		Seconds: number32(m.Seconds), Width: number32(m.Width), Height: number32(m.Height), JPEGThumbnail: m.Thumbnail,
		StreamingSidecar: file.Sidecar,
	}
	if m.GIF {
		video.GifPlayback = proto.Bool(true)
	}
	return video
}

// waveformSize is how many bars a voice message shows, each from 0 to 100.
const waveformSize = 64

func (m Media) audio(file media.File, at time.Time) *waE2E.AudioMessage {
	audio := &waE2E.AudioMessage{
		URL: &file.URL, DirectPath: &file.DirectPath, MediaKey: file.Key, FileSHA256: file.SHA256, FileEncSHA256: file.EncSHA256,
		FileLength: &file.Length, MediaKeyTimestamp: proto.Int64(at.Unix()), Mimetype: &m.Mimetype, Seconds: number32(m.Seconds),
		PTT: proto.Bool(m.Kind == KindVoice), StreamingSidecar: file.Sidecar,
	}
	if m.Kind == KindVoice {
		audio.Waveform = make([]byte, waveformSize)
		for i := range audio.Waveform {
			audio.Waveform[i] = m.Data[i*len(m.Data)/waveformSize] % 101
		}
	}
	return audio
}

// document is wrapped if it has a caption, so that old clients show it without.
func (m Media) document(file media.File, at time.Time) *waE2E.Message {
	message := &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
		URL: &file.URL, DirectPath: &file.DirectPath, MediaKey: file.Key, FileSHA256: file.SHA256, FileEncSHA256: file.EncSHA256,
		FileLength: &file.Length, MediaKeyTimestamp: proto.Int64(at.Unix()), Mimetype: &m.Mimetype, Caption: orNil(m.Caption),
		FileName: orNil(m.Filename), Title: orNil(m.Filename), JPEGThumbnail: m.Thumbnail,
	}}
	if m.Caption == "" {
		return message
	}
	return &waE2E.Message{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: message}}
}

// number32 leaves a zero out.
func number32(value int) *uint32 {
	if value == 0 {
		return nil
	}
	return proto.Uint32(uint32(value))
}
