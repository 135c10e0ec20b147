package whatsmeow

import (
	"cmp"
	"context"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine"
)

// fileMessage makes a message with a file.
func (s *session) fileMessage(ctx context.Context, chat types.JID, draft engine.Draft, around *waE2E.ContextInfo) (*waE2E.Message, error) {
	upload, err := s.fileOnWhatsApp(ctx, chat, draft)
	if err != nil {
		return nil, err
	}
	media := draft.Content.Media
	if draft.Kind == engine.KindDocument {
		return documentMessage(draft, upload, around), nil
	}
	once := draft.Content.ViewOnce
	switch draft.Kind {
	case engine.KindImage:
		image := &waE2E.ImageMessage{
			URL: &upload.URL, DirectPath: &upload.Path, MediaKey: upload.Key, MediaKeyTimestamp: proto.Int64(upload.At.Unix()),
			FileSHA256: upload.SHA256, FileEncSHA256: upload.EncSHA256, FileLength: &upload.Size,
			Mimetype: proto.String(media.MIMEType), Caption: orNil(draft.Text), Width: pixels(media.Width), Height: pixels(media.Height),
			JPEGThumbnail: upload.Preview, ContextInfo: around,
		}
		return seenOnce(&waE2E.Message{ImageMessage: image}, once, func() { image.ViewOnce = proto.Bool(true) }), nil
	case engine.KindVideo:
		video := &waE2E.VideoMessage{
			URL: &upload.URL, DirectPath: &upload.Path, MediaKey: upload.Key, MediaKeyTimestamp: proto.Int64(upload.At.Unix()),
			FileSHA256: upload.SHA256, FileEncSHA256: upload.EncSHA256, FileLength: &upload.Size,
			Mimetype: proto.String(media.MIMEType), Caption: orNil(draft.Text), Width: pixels(media.Width), Height: pixels(media.Height),
			Seconds: pixels(media.Seconds), JPEGThumbnail: upload.Preview, ContextInfo: around,
		}
		if media.Animated {
			video.GifPlayback = proto.Bool(true)
		}
		return seenOnce(&waE2E.Message{VideoMessage: video}, once, func() { video.ViewOnce = proto.Bool(true) }), nil
	case engine.KindSticker:
		return &waE2E.Message{StickerMessage: &waE2E.StickerMessage{
			URL: &upload.URL, DirectPath: &upload.Path, MediaKey: upload.Key, MediaKeyTimestamp: proto.Int64(upload.At.Unix()),
			FileSHA256: upload.SHA256, FileEncSHA256: upload.EncSHA256, FileLength: &upload.Size,
			Mimetype: proto.String(media.MIMEType), Width: pixels(media.Width), Height: pixels(media.Height),
			IsAnimated: proto.Bool(media.Animated), StickerSentTS: proto.Int64(upload.At.UnixMilli()), ContextInfo: around,
		}}, nil
	default:
		return audioMessage(draft, upload, around), nil
	}
}

func audioMessage(draft engine.Draft, upload engine.Upload, around *waE2E.ContextInfo) *waE2E.Message {
	media := draft.Content.Media
	audio := &waE2E.AudioMessage{
		URL: &upload.URL, DirectPath: &upload.Path, MediaKey: upload.Key, MediaKeyTimestamp: proto.Int64(upload.At.Unix()),
		FileSHA256: upload.SHA256, FileEncSHA256: upload.EncSHA256, FileLength: &upload.Size,
		Mimetype: proto.String(media.MIMEType), Seconds: pixels(media.Seconds), PTT: proto.Bool(draft.Kind == engine.KindVoice), ContextInfo: around,
	}
	message := &waE2E.Message{AudioMessage: audio}
	if draft.Kind != engine.KindVoice {
		return message
	}
	audio.Waveform = media.Waveform
	if draft.Content.ViewOnce {
		audio.ViewOnce = proto.Bool(true)
		return &waE2E.Message{ViewOnceMessageV2Extension: &waE2E.FutureProofMessage{Message: message}}
	}
	return message
}

// documentMessage wraps a document that has a caption, as WhatsApp's own
// clients do: old ones then show it without.
func documentMessage(draft engine.Draft, upload engine.Upload, around *waE2E.ContextInfo) *waE2E.Message {
	media := draft.Content.Media
	name := proto.String(cmp.Or(media.Name, "file"))
	message := &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
		URL: &upload.URL, DirectPath: &upload.Path, MediaKey: upload.Key, MediaKeyTimestamp: proto.Int64(upload.At.Unix()),
		FileSHA256: upload.SHA256, FileEncSHA256: upload.EncSHA256, FileLength: &upload.Size,
		Mimetype: proto.String(media.MIMEType), Caption: orNil(draft.Text), FileName: name, Title: name, PageCount: pixels(media.Pages),
		JPEGThumbnail: upload.Preview, ContextInfo: around,
	}}
	if draft.Text == "" {
		return message
	}
	return &waE2E.Message{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: message}}
}

// seenOnce makes a picture or video one that is to be seen once.
func seenOnce(message *waE2E.Message, once bool, mark func()) *waE2E.Message {
	if !once {
		return message
	}
	mark()
	return &waE2E.Message{ViewOnceMessageV2: &waE2E.FutureProofMessage{Message: message}}
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// pixels is a measure that is left out if it is unknown.
func pixels(n int) *uint32 {
	if n <= 0 {
		return nil
	}
	return proto.Uint32(uint32(min(n, 1<<30))) // it is in range
}
