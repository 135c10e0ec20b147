package media

import (
	"image"
	"image/draw"
	"io"

	"github.com/bep/imagemeta"
)

// orientation is how a camera was held, as Exif numbers it from 1, upright, to
// 8. From 5 on, width and height change places.
type orientation int

const upright orientation = 1

// orientationOf reads how a picture is to be turned. What doesn't say so, or
// says nonsense, is upright.
func orientationOf(file io.ReadSeeker, format string) orientation {
	formats := map[string]imagemeta.ImageFormat{
		"image/jpeg": imagemeta.JPEG, "image/png": imagemeta.PNG, "image/webp": imagemeta.WebP,
	}
	known, ok := formats[format]
	if !ok {
		return upright
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return upright
	}
	found := upright
	_, _ = imagemeta.Decode(imagemeta.Options{ // what is damaged says nothing
		R: file, ImageFormat: known, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Tag == "Orientation" && tag.Namespace == "IFD0" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if value, ok := tag.Value.(uint16); ok && value >= 1 && value <= 8 {
				found = orientation(value)
			}
			return imagemeta.ErrStopWalking
		},
	})
	return found
}

// lying says whether width and height change places.
func (o orientation) lying() bool { return o >= 5 }

// turn returns a picture as it is to be seen.
func (o orientation) turn(picture image.Image) image.Image {
	if o == upright {
		return picture
	}
	bounds := picture.Bounds()
	width, height := bounds.Dx(), bounds.Dy()
	size := image.Rect(0, 0, width, height)
	if o.lying() {
		size = image.Rect(0, 0, height, width)
	}
	made, row := image.NewRGBA(size), image.NewRGBA(image.Rect(0, 0, width, 1))
	for y := range height { // a row at a time, since a second copy of a large picture is large
		draw.Draw(row, row.Bounds(), picture, image.Pt(bounds.Min.X, bounds.Min.Y+y), draw.Src)
		for x := range width {
			toX, toY := o.place(x, y, width-1, height-1)
			copy(made.Pix[made.PixOffset(toX, toY):][:4], row.Pix[4*x:][:4])
		}
	}
	return made
}

// place returns where a pixel goes; right and bottom are the last ones.
func (o orientation) place(x, y, right, bottom int) (toX, toY int) {
	switch o {
	case 2: // mirrored
		return right - x, y
	case 3: // upside down
		return right - x, bottom - y
	case 4:
		return x, bottom - y
	case 5: // mirrored and lying
		return y, x
	case 6: // to be turned to the right
		return bottom - y, x
	case 7:
		return bottom - y, right - x
	case 8: // to be turned to the left
		return y, right - x
	default:
		return x, y
	}
}
