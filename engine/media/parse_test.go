package media

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// oggPage writes a page of an Ogg file.
func oggPage(flags byte, position uint64, packets ...[]byte) []byte {
	head := make([]byte, pageHead)
	copy(head, "OggS")
	head[5] = flags
	binary.LittleEndian.PutUint64(head[6:], position)
	var segments, body []byte
	for _, packet := range packets {
		for left := len(packet); ; left -= 255 {
			segments = append(segments, byte(min(left, 255)))
			if left < 255 {
				break
			}
		}
		body = append(body, packet...)
	}
	head[26] = byte(len(segments))
	return append(append(head, segments...), body...)
}

// opusFile is an Ogg file of Opus that lasts so many samples, with packets of
// these sizes.
func opusFile(samples uint64, sizes ...int) []byte {
	head := append([]byte("OpusHead\x01\x01"), 0x38, 0x01, 0x80, 0xbb, 0, 0, 0, 0, 0) // skip 312
	file := append(oggPage(2, 0, head), oggPage(0, 0, []byte("OpusTags"))...)
	for _, size := range sizes {
		file = append(file, oggPage(0, samples+312, make([]byte, size))...)
	}
	return file
}

func TestOpus(t *testing.T) {
	t.Parallel()
	o, err := readOpus(bytes.NewReader(opusFile(opusRate*5/2, 10, 600, 20)))
	require.NoError(t, err)
	require.Equal(t, 3, o.seconds, "seconds are rounded up, as phones do")
	require.Equal(t, []uint16{10, 600, 20}, o.sizes)
	wave := waveform(o.sizes)
	require.Len(t, wave, bars)
	require.EqualValues(t, 100, wave[32])
	require.EqualValues(t, 2, wave[0])
	require.Nil(t, waveform[uint16](nil))

	for name, bad := range map[string][]byte{
		"nothing": nil, "no Ogg": []byte("RIFF"), "no Opus": oggPage(2, 0, []byte("\x01vorbis, which is another format")),
		"cut off": opusFile(1000, 50)[:70],
	} {
		_, err := readOpus(bytes.NewReader(bad))
		require.Error(t, err, name)
	}
}

func TestWebP(t *testing.T) {
	t.Parallel()
	head := func(chunk string, rest ...byte) []byte {
		return append(append([]byte("RIFF\x00\x00\x00\x00WEBP"), chunk...), append(rest, make([]byte, 32)...)...)[:webPHead]
	}
	width, height, animated, ok := webPSize(head("VP8X", 10, 0, 0, 0, 2, 0, 0, 0, 255, 1, 0, 255, 1, 0))
	require.True(t, ok && animated)
	require.Equal(t, [2]int{512, 512}, [2]int{width, height})
	width, height, animated, ok = webPSize(head("VP8 ", 0, 0, 0, 0, 0, 0, 0, 0x9d, 1, 0x2a, 0x40, 1, 0xf0, 0))
	require.True(t, ok && !animated)
	require.Equal(t, [2]int{320, 240}, [2]int{width, height})
	width, height, _, ok = webPSize(head("VP8L", 0, 0, 0, 0, 0x2f, 0x3f, 0xc1, 0x3b, 0))
	require.True(t, ok)
	require.Equal(t, [2]int{320, 240}, [2]int{width, height})
	for _, bad := range [][]byte{nil, []byte("RIFF"), head("ICCP"), head("VP8 "), head("VP8L"), make([]byte, webPHead)} {
		_, _, _, ok := webPSize(bad)
		require.False(t, ok)
	}
}

func FuzzOpus(f *testing.F) {
	f.Add(opusFile(opusRate, 10, 300))
	f.Add([]byte("OggS"))
	f.Fuzz(func(t *testing.T, file []byte) {
		o, err := readOpus(bytes.NewReader(file))
		if err != nil {
			return
		}
		require.True(t, o.seconds >= 0 && o.seconds <= maxSeconds)
		if wave := waveform(o.sizes); wave != nil {
			require.Len(t, wave, bars)
			for _, level := range wave {
				require.LessOrEqual(t, level, byte(100))
			}
		}
	})
}

func FuzzWebP(f *testing.F) {
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\xff\x01\x00\xff\x01\x00"))
	f.Fuzz(func(t *testing.T, head []byte) {
		width, height, _, ok := webPSize(head)
		require.Equal(t, ok, width > 0 && height > 0 && width <= maxSide && height <= maxSide && ok)
	})
}

func TestWaveformOfSilence(t *testing.T) {
	t.Parallel()
	require.Equal(t, make([]byte, bars), waveform(make([]float64, 1000)))
	require.Len(t, waveform([]float64{math.Pi}), bars)
}
