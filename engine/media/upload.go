package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/myaibud/aibud/engine"
)

// Upload stores a file that is to be sent, and returns its row. Errors:
// [engine.CodeInvalid] with [engine.ErrMediaTooLarge] if it is too large.
func (s *Service) Upload(ctx context.Context, tenant engine.TenantID, from io.Reader, name string) (engine.MediaFile, error) {
	return s.upload(ctx, tenant, from, name, "")
}

func (s *Service) upload(ctx context.Context, tenant engine.TenantID, from io.Reader, name, source string) (engine.MediaFile, error) {
	temp, err := s.receive(from)
	if err != nil {
		return engine.MediaFile{}, err
	}
	defer engine.Discard(temp)
	return s.add(ctx, tenant, temp, "", engine.Media{Name: engine.FileName(name)}, source)
}

// receive writes what it is given into a file, unless it is too large.
func (s *Service) receive(from io.Reader) (*os.File, error) {
	temp, err := s.config.Blobs.Temp()
	if err != nil {
		return nil, err
	}
	size, err := io.Copy(temp, io.LimitReader(from, s.config.MaxBytes+1))
	switch {
	case err != nil:
		err = diskError(err)
	case size > s.config.MaxBytes:
		err = s.errTooLarge()
	case size == 0:
		err = engine.Errorf(engine.CodeInvalid, "The file is empty. Choose another one.")
	default:
		return temp, nil
	}
	engine.Discard(temp)
	return nil, err
}

// diskError tells an error of our disk from those of whoever sends a file.
func diskError(err error) error {
	if _, ours := errors.AsType[*fs.PathError](err); !ours {
		return err
	}
	return &engine.Error{
		Code: engine.CodeUnavailable, Err: err,
		Message: "The server has no space left for files, or can't write them. Try again later.",
	}
}

func (s *Service) errTooLarge() error {
	return &engine.Error{
		Code: engine.CodeInvalid, Message: fmt.Sprintf("The file is larger than this server takes (%d MB).", s.config.MaxBytes>>20),
		Err: engine.ErrMediaTooLarge,
	}
}

// add stores a file under a new ID, with what can be found out about it. It
// takes the file over.
func (s *Service) add(ctx context.Context, tenant engine.TenantID, temp *os.File, kind engine.Kind, about engine.Media, source string,
) (engine.MediaFile, error) {
	hash, size, err := hashOf(temp)
	if err != nil {
		return engine.MediaFile{}, err
	}
	about.Size = size
	found := s.look(ctx, temp, kind, &about)
	return s.addAs(ctx, tenant, temp, engine.MediaFile{Hash: hash, Preview: found.preview, Source: source, Media: about}, found.small)
}

// addAs stores a row before its content, which the cleaner thus finds even
// after a crash in between. Without a file, the store has the content already.
func (s *Service) addAs(ctx context.Context, tenant engine.TenantID, temp *os.File, file engine.MediaFile, small []byte) (engine.MediaFile, error) {
	file.ID, file.Seat.Tenant = engine.MediaID(engine.NewID()), tenant
	stripe := s.stripe(tenant)
	stripe.RLock()
	defer stripe.RUnlock()
	if small != nil {
		var err error
		if file.Thumbnail, err = s.keepSmall(ctx, tenant, small); err != nil {
			return engine.MediaFile{}, err
		}
	}
	file.Media.ID, file.Media.State, file.Media.Note, file.Media.Thumbnail = file.ID, engine.MediaStored, "", file.Thumbnail != ""
	if err := s.config.Records.AddUpload(ctx, tenant, file); err != nil {
		return engine.MediaFile{}, err
	}
	if temp == nil {
		return file, nil
	}
	return file, s.config.Blobs.Put(ctx, engine.BlobKey{Tenant: tenant, Hash: file.Hash}, temp)
}
