package pictures_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/simulator/internal/pictures"
)

func picture(t testing.TB, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, width, height)), nil))
	return out.Bytes()
}

func TestOnePictureForEachOwner(t *testing.T) {
	t.Parallel()
	var s pictures.Store
	now := time.Unix(1_700_000_000, 0)
	_, ok := s.Get("thandi")
	require.False(t, ok)
	data := picture(t, 640, 320)
	first, err := s.Set("thandi", data, now)
	require.NoError(t, err)
	require.Equal(t, "1700000000", first.ID)
	got, ok := s.Fetch(first.Full.Path)
	require.True(t, ok)
	require.Equal(t, data, got)
	got, ok = s.Fetch(first.Preview.Path)
	require.True(t, ok)
	head, err := jpeg.DecodeConfig(bytes.NewReader(got))
	require.NoError(t, err)
	require.Equal(t, []int{96, 48}, []int{head.Width, head.Height})

	second, err := s.Set("thandi", picture(t, 8, 8), now)
	require.NoError(t, err)
	require.Equal(t, "1700000001", second.ID, "a change at the same second has an id of its own")
	_, ok = s.Fetch(first.Full.Path)
	require.False(t, ok, "a replaced picture is gone")
	require.True(t, s.Remove("thandi"))
	require.False(t, s.Remove("thandi"))
	_, ok = s.Fetch(second.Preview.Path)
	require.False(t, ok)
}

func TestOnlyUsableJPEGs(t *testing.T) {
	t.Parallel()
	var s pictures.Store
	var other bytes.Buffer
	require.NoError(t, png.Encode(&other, image.NewGray(image.Rect(0, 0, 8, 8))))
	whole := picture(t, 64, 64)
	for name, bad := range map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "another format": other.Bytes(), "cut off": whole[:len(whole)/2],
		"too wide": picture(t, 2049, 1), "too many bytes": make([]byte, pictures.MaxSize+1),
	} {
		_, err := s.Set("thandi", bad, time.Now())
		require.ErrorIs(t, err, pictures.ErrFormat, name)
	}
	_, ok := s.Get("thandi")
	require.False(t, ok)
}

func FuzzSet(f *testing.F) {
	f.Add(picture(f, 16, 16))
	f.Add([]byte("\xff\xd8\xff"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		var s pictures.Store
		_, _ = s.Set("thandi", data, time.Unix(0, 0))
	})
}
