package media

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/gif" // which people send
	"image/jpeg"
	_ "image/png" // which people send
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/gabriel-vasile/mimetype"
	scale "golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // which people send

	"github.com/myaibud/aibud/engine"
)

const (
	// maxSide bounds what is taken for a measure.
	maxSide = 1 << 16

	smallSide, smallQuality     = 480, 75 // of the picture that the dashboard shows
	previewSide, previewQuality = 96, 50  // of the one that goes with a message that we send
)

// found is what was found out about a file, beside what [engine.Media] says.
type found struct {
	small   []byte // a small JPEG; nil: none
	preview []byte // a smaller one; nil: none
}

// look finds out what a file is, in the format that its first bytes have, and
// completes what is known of it. What can't be found out is left out: a file
// is kept whatever is in it.
func (s *Service) look(ctx context.Context, file *os.File, kind engine.Kind, about *engine.Media) (f found) {
	defer func() {
		if p := recover(); p != nil { // of a decoder: the file is somebody's
			s.log.Warn("panic while a file was looked at", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			f = found{}
		}
	}()
	format := sniff(file)
	about.MIMEType = cmp.Or(about.MIMEType, format)
	switch {
	case strings.HasPrefix(format, "image/"):
		return s.lookAtPicture(ctx, file, format, about)
	case strings.HasPrefix(format, "video/"):
		return s.lookAtVideo(ctx, file, format, about)
	case strings.HasPrefix(format, "audio/"):
		s.listen(ctx, file, format, kind, about)
	}
	return found{}
}

// sniff returns the type of a file by its first bytes, without parameters.
func sniff(file io.ReadSeeker) string {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return octets
	}
	detected, err := mimetype.DetectReader(file)
	if err != nil {
		return octets
	}
	plain, _, _ := strings.Cut(detected.String(), ";")
	switch plain {
	case "application/ogg": // of which voice notes are
		return "audio/ogg"
	case "audio/x-m4a":
		return "audio/mp4"
	case "audio/x-wav":
		return "audio/wav"
	}
	return plain
}

// octets is the type of what is unknown.
const octets = "application/octet-stream"

// lookAtPicture measures a picture and makes it small.
func (s *Service) lookAtPicture(ctx context.Context, file *os.File, format string, about *engine.Media) found {
	width, height, animated, ok := sizeOf(file, format)
	if !ok {
		return found{}
	}
	about.Width, about.Height = width, height
	if orientationOf(file, format).lying() {
		about.Width, about.Height = height, width
	}
	about.Animated = about.Animated || animated && format == "image/webp"
	return s.shrunk(ctx, file)
}

// shrunk makes both small pictures of one, or none.
func (s *Service) shrunk(ctx context.Context, file io.ReadSeeker) (f found) {
	if err := s.decoded(ctx, file, func(picture image.Image, held orientation) error {
		f = shrink(held.turn(fit(picture, smallSide)))
		return nil
	}); err != nil {
		return found{}
	}
	return f
}

// sizeOf reads how large a picture is, without decoding it.
func sizeOf(file io.ReadSeeker, format string) (width, height int, animated, ok bool) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, 0, false, false
	}
	if format == "image/webp" {
		head := make([]byte, webPHead)
		n, _ := io.ReadFull(file, head) // a short one is what WebP makes of it
		width, height, animated, ok = webPSize(head[:n])
		return width, height, animated, ok
	}
	config, _, err := image.DecodeConfig(file)
	if err != nil || config.Width <= 0 || config.Height <= 0 || config.Width > maxSide || config.Height > maxSide {
		return 0, 0, false, false
	}
	return config.Width, config.Height, false, true
}

// shrink makes both small pictures.
func shrink(picture image.Image) found {
	small := fit(picture, smallSide)
	return found{small: encodeJPEG(small, smallQuality), preview: encodeJPEG(fit(small, previewSide), previewQuality)}
}

// fit makes a picture at most so wide and high, on white. One that is smaller
// keeps its size.
func fit(picture image.Image, side int) *image.RGBA {
	bounds := picture.Bounds()
	width, height := bounds.Dx(), bounds.Dy()
	if longest := max(width, height); longest > side {
		width, height = max(1, width*side/longest), max(1, height*side/longest)
	}
	made := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(made, made.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	scale.ApproxBiLinear.Scale(made, made.Bounds(), picture, bounds, scale.Over, nil)
	return made
}

func encodeJPEG(picture image.Image, quality int) []byte {
	var text bytes.Buffer
	if err := jpeg.Encode(&text, picture, &jpeg.Options{Quality: quality}); err != nil {
		return nil // a picture without pixels
	}
	return text.Bytes()
}
