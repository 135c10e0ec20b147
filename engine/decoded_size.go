package engine

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"io"
)

const (
	// maxPixels is how many pixels a picture may have to be decoded: as many as
	// phones make, but for the largest.
	maxPixels = 50_000_000
	// maxDecoded is about how much memory decoding a picture may take. A file of
	// some hundred kB can ask for a thousand times of that.
	maxDecoded = 200 << 20
)

// DecodedSize is about how many bytes of memory it takes to decode a picture, in
// the formats that the program has decoders for. It is an error if those are
// too many.
func DecodedSize(file io.ReadSeeker) (int, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	config, format, err := image.DecodeConfig(file)
	if err != nil {
		return 0, err
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxPixels/config.Height {
		return 0, fmt.Errorf("%d × %d pixels are too many", config.Width, config.Height)
	}
	size := config.Width * config.Height
	switch format {
	case "jpeg":
		size *= jpegPixel(config.ColorModel, isProgressive(file))
	case "png":
		size *= pngPixel(config.ColorModel, isInterlaced(file))
	case "webp":
		size *= 8 // without loss; otherwise half of that
	}
	if size > maxDecoded {
		return 0, fmt.Errorf("%d MB are too much memory", size>>20)
	}
	return size, nil
}

// jpegPixel is how many bytes package image/jpeg takes for a pixel at most.
func jpegPixel(model color.Model, progressive bool) int {
	components, bytes := 3, 3
	switch model {
	case color.GrayModel:
		components, bytes = 1, 1
	case color.RGBAModel: // which is made of the components
		bytes = 3 + 4
	case color.CMYKModel:
		components, bytes = 4, 4+4
	}
	if progressive {
		bytes += 4 * components // their coefficients, until all are known
	}
	return bytes
}

// pngPixel is how many bytes package image/png takes for a pixel at most.
func pngPixel(model color.Model, interlaced bool) int {
	bytes := 4 // grey as well, if a shade of it is transparent
	switch model {
	case color.Gray16Model, color.RGBA64Model, color.NRGBA64Model:
		bytes = 8
	}
	if interlaced {
		bytes *= 2 // its seven parts, and the whole
	}
	return bytes
}

// isInterlaced says whether a PNG is (its specification, section 11.2.1).
func isInterlaced(file io.ReadSeeker) bool {
	var method [1]byte
	if _, err := file.Seek(28, io.SeekStart); err != nil {
		return true
	}
	_, err := io.ReadFull(file, method[:])
	return err != nil || method[0] != 0
}

// isProgressive says whether a JPEG is: whether its frame begins with SOF2
// (ITU-T T.81, annex B).
func isProgressive(file io.ReadSeeker) bool {
	if _, err := file.Seek(2, io.SeekStart); err != nil {
		return true
	}
	in := bufio.NewReader(file)
	for {
		before, err := in.ReadByte()
		if err != nil {
			return true
		}
		kind, err := in.ReadByte()
		switch {
		case err != nil, before == 0xff && kind == 0xc2:
			return true
		case before != 0xff || kind == 0xff || kind == 0: // what fills the gap between segments
			_ = in.UnreadByte() // it was just read
			continue
		case kind == 0xc0 || kind == 0xc1:
			return false
		case kind >= 0xd0 && kind <= 0xd9: // alone
			continue
		}
		var length [2]byte
		if _, err := io.ReadFull(in, length[:]); err != nil {
			return true
		}
		if _, err := in.Discard(max(int(binary.BigEndian.Uint16(length[:]))-2, 0)); err != nil {
			return true
		}
	}
}
