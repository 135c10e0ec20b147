package whatsmeow

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // avatars may be PNGs

	"go.mau.fi/whatsmeow/types"
	"golang.org/x/image/draw"

	"github.com/myaibud/aibud/engine"
)

// Bounds of pictures that are set. WhatsApp shows them with 640 pixels a side
// and takes squares only.
const (
	avatarSide    = 640
	avatarQuality = 85
	maxDrawing    = 1 // pictures that are worked on at once, since one may take 200 MB
)

// avatar makes a picture fit for a profile: the middle square of a JPEG or
// PNG, no larger than WhatsApp shows it, on white, and without what the file
// told besides, such as where it was taken. How the camera was held is lost
// too.
func (p *Provider) avatar(ctx context.Context, data []byte) ([]byte, error) {
	if len(data) == 0 || len(data) > engine.MaxPicture {
		return nil, engine.Errorf(engine.CodeInvalid, "A picture has at most %d MB.", engine.MaxPicture>>20)
	}
	if _, _, err := image.DecodeConfig(bytes.NewReader(data)); err != nil {
		return nil, badPicture(err)
	}
	if _, err := engine.DecodedSize(bytes.NewReader(data)); err != nil {
		return nil, engine.Errorf(engine.CodeInvalid, "The picture has too many pixels. Make it smaller; WhatsApp shows %d × %d.", avatarSide, avatarSide)
	}
	select {
	case p.drawing <- struct{}{}:
		defer func() { <-p.drawing }()
	case <-ctx.Done():
		return nil, errTimeout(ctx.Err())
	}
	return square(data)
}

func square(data []byte) ([]byte, error) {
	source, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, badPicture(err)
	}
	bounds := source.Bounds()
	side := min(bounds.Dx(), bounds.Dy())
	corner := bounds.Min.Add(image.Pt((bounds.Dx()-side)/2, (bounds.Dy()-side)/2))
	target := image.NewRGBA(image.Rect(0, 0, min(side, avatarSide), min(side, avatarSide)))
	draw.Draw(target, target.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(target, target.Bounds(), source, image.Rectangle{Min: corner, Max: corner.Add(image.Pt(side, side))}, draw.Over, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, target, &jpeg.Options{Quality: avatarQuality}); err != nil {
		return nil, badPicture(err)
	}
	return out.Bytes(), nil
}

func badPicture(cause error) error {
	return &engine.Error{Code: engine.CodeInvalid, Message: "That is not a picture that can be read. Use a JPEG or a PNG.", Err: cause}
}

// setPicture sets the picture of a group, or of the account itself if there
// is none, and removes it if there is no data.
func (c *Client) setPicture(ctx context.Context, of types.JID, words explain, data []byte) (string, error) {
	var picture []byte
	if len(data) > 0 {
		var err error
		if picture, err = c.provider.avatar(ctx, data); err != nil {
			return "", err
		}
	}
	return ask(ctx, c, words, func(ctx context.Context, s *session) (string, error) {
		id, err := s.wm.SetGroupPhoto(ctx, of, picture)
		if picture == nil {
			id = "" // the library has a word for it
		}
		return clean(id), err
	})
}
