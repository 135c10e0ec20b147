package engine

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"
)

// A picture is decoded by what that takes, not by its pixels alone: the same
// number takes between one and twenty bytes each.
func TestDecodedSize(t *testing.T) {
	t.Parallel()
	square := image.Rect(0, 0, 100, 100)
	encode := func(picture image.Image) []byte {
		var file bytes.Buffer
		require.NoError(t, png.Encode(&file, picture))
		return file.Bytes()
	}
	var baseline, still bytes.Buffer
	require.NoError(t, jpeg.Encode(&baseline, image.NewRGBA(square), nil))
	require.NoError(t, gif.Encode(&still, image.NewPaletted(square, color.Palette{color.Black, color.White}), nil))
	deep := image.NewNRGBA64(square)
	deep.Set(1, 1, color.NRGBA64{R: 1, A: 2}) // or it were encoded without transparency
	interlaced := encode(deep)
	interlaced[28] = 1
	binary.BigEndian.PutUint32(interlaced[29:], crc32.ChecksumIEEE(interlaced[12:29]))
	progressive := bytes.Replace(baseline.Bytes(), []byte{0xff, 0xc0}, []byte{0xff, 0xc2}, 1)
	for name, test := range map[string]struct {
		file  []byte
		pixel int
	}{
		"GIF": {still.Bytes(), 1}, "JPEG": {baseline.Bytes(), 3}, "progressive JPEG": {progressive, 15},
		"PNG": {encode(image.NewRGBA(square)), 4}, "deep PNG": {encode(deep), 8}, "deep interlaced PNG": {interlaced, 16},
	} {
		size, err := DecodedSize(bytes.NewReader(test.file))
		require.NoError(t, err, name)
		require.Equal(t, test.pixel*100*100, size, name)
	}
	large := func(file []byte, width, height uint32) []byte {
		file = bytes.Clone(file)
		binary.BigEndian.PutUint32(file[16:], width)
		binary.BigEndian.PutUint32(file[20:], height)
		binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
		return file
	}
	_, err := DecodedSize(bytes.NewReader(large(encode(image.NewRGBA(square)), 7000, 7000)))
	require.NoError(t, err)
	_, err = DecodedSize(bytes.NewReader(large(encode(deep), 7000, 7000)))
	require.ErrorContains(t, err, "memory")
	_, err = DecodedSize(bytes.NewReader(large(encode(image.NewRGBA(square)), 9000, 9000)))
	require.ErrorContains(t, err, "pixels")
}

// What fills the gaps of a JPEG hides nothing.
func TestProgressive(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file        []byte
		progressive bool
	}{
		"baseline":    {[]byte{0xff, 0xd8, 0xff, 0xe0, 0, 4, 0xff, 0xc2, 0xff, 0xc0}, false},
		"progressive": {[]byte{0xff, 0xd8, 0xff, 0xe0, 0, 4, 0xff, 0xc0, 0xff, 0xc2}, true},
		"gaps":        {[]byte{0xff, 0xd8, 1, 0xff, 0, 0xff, 0xd0, 0xff, 0xff, 0xff, 0xc0}, false},
		"cut":         {[]byte{0xff, 0xd8, 0xff, 0xe0, 0}, true},
	} {
		require.Equal(t, test.progressive, isProgressive(bytes.NewReader(test.file)), name)
	}
}
