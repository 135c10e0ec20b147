package media_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waE2E"

	"github.com/myaibud/aibud/engine/simulator/internal/media"
)

func described(f media.Sealed) *waE2E.ImageMessage {
	return &waE2E.ImageMessage{MediaKey: f.Key, FileSHA256: f.SHA256, FileEncSHA256: f.EncSHA256}
}

func TestSealAndOpen(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 15, 16, 17, 64 << 10, 200_000} {
		plain := bytes.Repeat([]byte{7}, size)
		sealed, err := media.Seal(media.Video, plain)
		require.NoError(t, err)
		require.EqualValues(t, size, sealed.Length)
		require.Len(t, sealed.Sidecar, 10*((len(sealed.Body)+65535)/65536))
		got, err := media.Open(media.Video, described(sealed), sealed.Body)
		require.NoError(t, err)
		require.Equal(t, plain, append([]byte{}, got...))
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	sealed, err := media.Seal(media.Image, []byte("a picture"))
	require.NoError(t, err)
	damaged := bytes.Clone(sealed.Body)
	damaged[3] ^= 1
	_, err = media.Open(media.Image, described(sealed), damaged)
	require.ErrorIs(t, err, media.ErrHash)
	_, err = media.Open(media.Video, described(sealed), sealed.Body)
	require.ErrorIs(t, err, media.ErrMAC, "another kind has other keys")
	wrong := described(sealed)
	wrong.FileSHA256 = make([]byte, 32)
	_, err = media.Open(media.Image, wrong, sealed.Body)
	require.ErrorIs(t, err, media.ErrHash)
	_, err = media.Open("nonsense", wrong, sealed.Body)
	require.ErrorIs(t, err, media.ErrKind)
	_, err = media.Seal("nonsense", nil)
	require.ErrorIs(t, err, media.ErrKind)
}

func TestPlainKinds(t *testing.T) {
	t.Parallel()
	for _, kind := range []media.Kind{media.NewsletterImage, media.Voice.Newsletter()} {
		require.False(t, kind.Encrypted())
		sealed, err := media.Seal(kind, []byte("for everybody"))
		require.NoError(t, err)
		require.Equal(t, "for everybody", string(sealed.Body))
		require.Nil(t, sealed.Key)
		got, err := media.Open(kind, described(sealed), sealed.Body)
		require.NoError(t, err)
		require.Equal(t, "for everybody", string(got))
	}
	require.True(t, media.Image.Encrypted())
}
