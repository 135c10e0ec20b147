package media

import (
	"bytes"
	"context"
	"io"

	"github.com/myaibud/aibud/engine"
)

// Content returns what is in a file, or its small picture, with its row. The
// caller closes it. Errors: [engine.CodeNotFound], and [engine.CodeConflict]
// with a sentence if it is not stored.
func (s *Service) Content(ctx context.Context, tenant engine.TenantID, id engine.MediaID, small bool) (io.ReadSeekCloser, engine.MediaFile, error) {
	file, err := s.config.Records.Media(ctx, tenant, id)
	if err != nil {
		return nil, engine.MediaFile{}, err
	}
	hash := file.Hash
	if small {
		hash = file.Thumbnail
		if hash == "" && len(file.Preview) > 0 {
			return preview{bytes.NewReader(file.Preview)}, file, nil
		}
	}
	if hash == "" {
		return nil, engine.MediaFile{}, absent(file.Media, small)
	}
	content, _, err := s.config.Blobs.Open(ctx, engine.BlobKey{Tenant: tenant, Hash: hash})
	if engine.CodeOf(err) == engine.CodeNotFound {
		s.log.Error("a file is missing in the store of files", "media", id)
		err = engine.Errorf(engine.CodeConflict, "The file is missing in this server's store of files.")
	}
	return content, file, err
}

// absent says why there is no content.
func absent(about engine.Media, small bool) error {
	switch {
	case small && about.State == engine.MediaStored:
		return engine.Errorf(engine.CodeConflict, "There is no small picture of this file.")
	case about.Note != "":
		return engine.Errorf(engine.CodeConflict, "%s", about.Note)
	case about.State == engine.MediaOffered:
		return engine.Errorf(engine.CodeConflict, "The file has not been fetched from WhatsApp. Ask for its download first.")
	default:
		return engine.Errorf(engine.CodeConflict, "The file is still being fetched from WhatsApp. Try again in a moment.")
	}
}

// preview is a picture in memory.
type preview struct{ *bytes.Reader }

// Close implements [io.Closer].
func (preview) Close() error { return nil }
