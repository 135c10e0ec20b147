package media_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os/exec"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/media"
)

// place is what a picture says of where it was taken: it must not be sent.
const place = "26.2041 S, 28.0473 E"

// exif says how a camera was held, and where it was.
func exif(held int) []byte {
	text := []byte("II*\x00\x08\x00\x00\x00\x02\x00")
	for _, entry := range [][4]uint32{{0x0112, 3, 1, uint32(held)}, {0x010E, 2, uint32(len(place)), 38}} { // where it was, as a description
		text = binary.LittleEndian.AppendUint16(text, uint16(entry[0]))
		text = binary.LittleEndian.AppendUint16(text, uint16(entry[1]))
		text = binary.LittleEndian.AppendUint32(text, entry[2])
		text = binary.LittleEndian.AppendUint32(text, entry[3])
	}
	return append(append(text, 0, 0, 0, 0), place...)
}

func segment(marker byte, content []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(len(content)+2)), content...)
}

// scene is a picture of 60 × 40 pixels with red at its upper left.
func scene() image.Image {
	made := image.NewRGBA(image.Rect(0, 0, 60, 40))
	for x := range 60 {
		for y := range 40 {
			made.Set(x, y, color.White)
			if x < 20 && y < 20 {
				made.Set(x, y, color.RGBA{R: 255, A: 255})
			}
		}
	}
	return made
}

var profile = segment(0xE2, []byte("ICC_PROFILE\x00\x01\x01 what colours mean"))

// photo is the scene as a phone stores it that was held in some way.
func photo(t testing.TB, held int) []byte {
	t.Helper()
	var text bytes.Buffer
	require.NoError(t, jpeg.Encode(&text, scene(), &jpeg.Options{Quality: 95}))
	made := append([]byte{0xFF, 0xD8}, segment(0xE1, append([]byte("Exif\x00\x00"), exif(held)...))...)
	made = append(made, profile...)
	made = append(made, segment(0xFE, []byte(place))...)
	made = append(made, text.Bytes()[2:]...)
	return append(made, "a film of "+place...)
}

// red says in which corner of a picture it is red.
func red(t testing.TB, content io.Reader) (corner string, size image.Point) {
	t.Helper()
	picture, _, err := image.Decode(content)
	require.NoError(t, err)
	bounds := picture.Bounds()
	for name, at := range map[string]image.Point{
		"upper left": {4, 4}, "upper right": {bounds.Dx() - 5, 4}, "lower left": {4, bounds.Dy() - 5}, "lower right": {bounds.Dx() - 5, bounds.Dy() - 5},
	} {
		if _, g, _, _ := picture.At(at.X, at.Y).RGBA(); g < 0x8000 {
			require.Empty(t, corner, "one corner")
			corner = name
		}
	}
	return corner, bounds.Size()
}

func (b *bench) content(id engine.MediaID, small bool) ([]byte, engine.MediaFile) {
	b.t.Helper()
	content, file, err := b.service.Content(b.t.Context(), b.user.Tenant, id, small)
	require.NoError(b.t, err)
	text, err := io.ReadAll(content)
	require.NoError(b.t, err)
	require.NoError(b.t, content.Close())
	return text, file
}

func TestPicturesAreShownAsTheCameraWasHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for held, want := range map[int]string{
		1: "upper left", 2: "upper right", 3: "lower right", 4: "lower left", 5: "upper left", 6: "upper right", 7: "lower right", 8: "lower left", 9: "upper left",
	} {
		size := image.Pt(60, 40)
		if held >= 5 && held <= 8 {
			size = image.Pt(40, 60)
		}
		id := b.add(fmt.Sprintf("%d.jpg", held), photo(t, held))
		small, file := b.content(id, true)
		corner, got := red(t, bytes.NewReader(small))
		require.Equal(t, []any{want, size}, []any{corner, got}, held)
		require.Equal(t, size, image.Pt(file.Media.Width, file.Media.Height), held)

		sent, kind, err := b.service.Prepare(t.Context(), b.user.Tenant, id, engine.KindImage, false)
		require.NoError(t, err)
		require.Equal(t, engine.KindImage, kind)
		require.Equal(t, size, image.Pt(sent.Media.Width, sent.Media.Height), held)
		text, _ := b.content(sent.ID, false)
		corner, got = red(t, bytes.NewReader(text))
		require.Equal(t, []any{want, size}, []any{corner, got}, held)
		require.NotContains(t, string(text), place, "nobody learns where it was taken")
		require.NotContains(t, string(text), "Exif")
		require.Equal(t, 1, bytes.Count(text, profile), "its colours stay what they are")

		as, _, err := b.service.Prepare(t.Context(), b.user.Tenant, id, engine.KindDocument, false)
		require.NoError(t, err)
		text, _ = b.content(as.ID, false)
		require.Equal(t, photo(t, held), text, "a document is sent as it is")
	}
}

// FFmpeg reads what is left as it reads the original: nothing of the picture is
// lost.
func TestStrippingLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	program := ffmpeg(t)
	pixels := func(text []byte) string {
		command := exec.CommandContext(t.Context(), program, "-v", "error", "-f", "image2pipe", "-i", "-", "-frames:v", "1", "-f", "md5", "-")
		command.Stdin = bytes.NewReader(text)
		out, err := command.Output()
		require.NoError(t, err)
		return string(out)
	}
	progressive, err := exec.CommandContext(t.Context(), program, "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240", "-frames:v", "1",
		"-metadata", "comment="+place, "-huffman", "optimal", "-f", "image2pipe", "-c:v", "mjpeg", "-").Output()
	require.NoError(t, err)
	for name, text := range map[string][]byte{"photo.jpg": photo(t, 1), "drawn.jpg": append(progressive, "behind"...)} {
		made, _, err := b.service.Prepare(t.Context(), b.user.Tenant, b.add(name, text), engine.KindImage, false)
		require.NoError(t, err)
		got, _ := b.content(made.ID, false)
		require.Less(t, len(got), len(text), name)
		require.Equal(t, pixels(text), pixels(got), name)
	}
}

func TestPNGsAreStripped(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var plain bytes.Buffer
	require.NoError(t, png.Encode(&plain, scene()))
	chunk := func(kind string, content []byte) []byte {
		made := append([]byte(kind), content...)
		framed := append(binary.BigEndian.AppendUint32(nil, uint32(len(content))), made...)
		return binary.BigEndian.AppendUint32(framed, crc32.ChecksumIEEE(made))
	}
	said := slices.Concat(chunk("eXIf", exif(1)), chunk("tEXt", []byte("Comment\x00"+place)))
	text := slices.Insert(slices.Clone(plain.Bytes()), 33, said...)
	id := b.add("plan.png", append(text, place...))
	made, _, err := b.service.Prepare(t.Context(), b.user.Tenant, id, engine.KindImage, false)
	require.NoError(t, err)
	got, _ := b.content(made.ID, false)
	require.Equal(t, plain.Bytes(), got)

	id = b.add("plain.png", plain.Bytes())
	made, _, err = b.service.Prepare(t.Context(), b.user.Tenant, id, engine.KindImage, false)
	require.NoError(t, err)
	require.Equal(t, id, made.ID, "there was nothing to leave out")

	turned := slices.Insert(slices.Clone(plain.Bytes()), 33, chunk("eXIf", exif(6))...)
	made, _, err = b.service.Prepare(t.Context(), b.user.Tenant, b.add("turned.png", turned), engine.KindImage, false)
	require.NoError(t, err)
	got, _ = b.content(made.ID, false)
	corner, size := red(t, bytes.NewReader(got))
	require.Equal(t, []any{"upper right", image.Pt(40, 60)}, []any{corner, size})
}

// What is damaged is refused or sent, but never ends the process.
func FuzzPictures(f *testing.F) {
	f.Add(photo(f, 6))
	f.Add(photo(f, 1))
	damaged, _ := hex.DecodeString("ffd8ffe1ffff45786966000049492a00")
	f.Add(damaged)
	f.Fuzz(func(t *testing.T, text []byte) {
		b := newBench(t, func(c *media.Config) { c.MaxBytes = 1 << 20 })
		file, err := b.service.Upload(context.Background(), b.user.Tenant, bytes.NewReader(text), "x.jpg")
		if err != nil {
			return
		}
		_, _, err = b.service.Prepare(context.Background(), b.user.Tenant, file.ID, engine.KindImage, false)
		if code := engine.CodeOf(err); err != nil && code != engine.CodeInvalid {
			t.Fatal(err)
		}
	})
}
