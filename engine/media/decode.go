package media

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"runtime"

	"github.com/myaibud/aibud/engine"
)

// muchDecoded is so much memory that it isn't left lying about for the next
// picture to add to.
const muchDecoded = 64 << 20

// errNoPicture is that a file is no picture, or none that is decoded here.
var errNoPicture = errors.New("not a picture that can be decoded")

// decoded decodes a picture and lets use have it, as the camera saw it and with
// how it was held: a small picture is turned faster. It does one at a time, and
// none that takes too much memory. use may not decode another. Errors:
// [errNoPicture], and those of use.
func (s *Service) decoded(ctx context.Context, file io.ReadSeeker, use func(image.Image, orientation) error) error {
	size, err := engine.DecodedSize(file)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoPicture, err)
	}
	release, err := take(ctx, s.picture)
	if err != nil {
		return err
	}
	defer release()
	if size > muchDecoded {
		defer runtime.GC()
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	picture, format, err := image.Decode(file)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoPicture, err)
	}
	return use(picture, orientationOf(file, "image/"+format))
}
