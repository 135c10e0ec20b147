package simulator

import (
	"context"
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"github.com/myaibud/aibud/engine/simulator/internal/media"
)

// fileOf is the file of a message: its kind and where it is.
func fileOf(m *waE2E.Message) (media.Kind, media.Described, bool) {
	m, _ = peel(m)
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

// upload encrypts a file and puts it on the media hosts, as the phone's own.
func (p *Phone) upload(kind media.Kind, plain []byte) (media.File, error) {
	file, err := p.server().media.Put(p.Number(), kind, plain)
	return file, mediaError(err)
}

// File downloads, checks and decrypts the file of a message that the phone sent or received; afterwards the phone has
// it. ErrNotFound: no such message, no file in it, or the file is gone. ErrInvalid: it is not what its message says.
func (p *Phone) File(ctx context.Context, id string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	written, err := p.writtenBy(id)
	if err != nil {
		return nil, err
	}
	kind, file, ok := fileOf(written)
	if !ok {
		return nil, fmt.Errorf("file in message %w", ErrNotFound)
	}
	plain, err := p.server().media.Get(kind, file)
	return plain, mediaError(err)
}

// writtenBy is a message of the phone as it was written, by its id.
func (p *Phone) writtenBy(id string) (*waE2E.Message, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.known(id)
	if m == nil {
		return nil, fmt.Errorf("message %w", ErrNotFound)
	}
	written := m.written()
	if written == nil {
		return nil, fmt.Errorf("message %w: it was revoked", ErrNotFound)
	}
	return written, nil
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
