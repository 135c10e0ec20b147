package simulator

import (
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"github.com/myaibud/aibud/engine/simulator/internal/media"
)

// attachment is the file of a message: its kind and where it is. The message may be wrapped, as view-once and
// disappearing ones are.
func attachment(m *waE2E.Message) (media.Kind, media.Described, bool) {
	m = unwrapped(m)
	switch {
	case m.GetImageMessage() != nil:
		return media.Image, m.GetImageMessage(), true
	case m.GetVideoMessage() != nil:
		return media.Video, m.GetVideoMessage(), true
	case m.GetPtvMessage() != nil:
		return media.Video, m.GetPtvMessage(), true
	case m.GetAudioMessage() != nil:
		return media.Audio, m.GetAudioMessage(), true
	case m.GetDocumentMessage() != nil:
		return media.Document, m.GetDocumentMessage(), true
	case m.GetStickerMessage() != nil:
		return media.Image, m.GetStickerMessage(), true
	case m.GetStickerPackMessage() != nil:
		return media.StickerPack, m.GetStickerPackMessage(), true
	default:
		return "", nil, false
	}
}

// maxWraps is how deep a message may be wrapped before the phone looks no further.
const maxWraps = 4

// unwrapped is the message inside the wrappings that change nothing of its content.
func unwrapped(m *waE2E.Message) *waE2E.Message {
	for range maxWraps {
		inner := m.GetEphemeralMessage()
		for _, next := range []*waE2E.FutureProofMessage{
			m.GetViewOnceMessage(), m.GetViewOnceMessageV2(), m.GetViewOnceMessageV2Extension(),
			m.GetDocumentWithCaptionMessage(), m.GetLottieStickerMessage(), m.GetEditedMessage(),
		} {
			if inner == nil {
				inner = next
			}
		}
		if inner.GetMessage() == nil {
			return m
		}
		m = inner.GetMessage()
	}
	return m
}

// upload encrypts a file and puts it on the media hosts, as the phone's own.
func (p *Phone) upload(kind media.Kind, plain []byte) (media.File, error) {
	file, err := p.server().media.Put(p.Number(), kind, plain)
	return file, mediaError(err)
}

// download gets the file that a message describes and checks and decrypts it.
func (p *Phone) download(m *waE2E.Message) ([]byte, error) {
	kind, file, ok := attachment(m)
	if !ok {
		return nil, fmt.Errorf("file in this message %w", ErrNotFound)
	}
	plain, err := p.server().media.Get(storedKind(kind, file), file)
	return plain, mediaError(err)
}

// storedKind is the kind as which a file is stored: those of channels are not encrypted.
func storedKind(kind media.Kind, file media.Described) media.Kind {
	if len(file.GetMediaKey()) == 0 {
		return kind.Newsletter()
	}
	return kind
}

// mediaError words what the media hosts say as the simulator's errors do.
func mediaError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, media.ErrUnknown), errors.Is(err, media.ErrGone):
		return fmt.Errorf("file %w: %w", ErrNotFound, err)
	case errors.Is(err, media.ErrFull):
		return fmt.Errorf("%w: %w; give the simulator more with Config.MediaBytes", ErrRefused, err)
	default:
		return fmt.Errorf("%w file: %w", ErrInvalid, err)
	}
}
