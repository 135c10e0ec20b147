package api

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func TestPicturesDrawWhatCanBeScanned(t *testing.T) {
	t.Parallel()
	p, now := newPictures(), time.Now()
	view := p.pairing(engine.PairingView{Step: engine.PairQR, Code: "2@abc,def,ghi", ExpiresAt: now.Add(time.Minute)}, now)
	data, found := strings.CutPrefix(view.PNG, "data:image/png;base64,")
	require.True(t, found)
	raw, err := base64.StdEncoding.DecodeString(data)
	require.NoError(t, err)
	picture, err := png.Decode(bytes.NewReader(raw))
	require.NoError(t, err)
	require.Greater(t, picture.Bounds().Dx(), 150)

	require.Empty(t, p.pairing(engine.PairingView{Step: engine.PairQR, Code: "2@abc", ExpiresAt: now}, now).PNG, "an expired code is nothing to scan")
	require.Empty(t, p.png(strings.Repeat("x", 5000)), "more than a QR code holds")
	require.Nil(t, p.seat(engine.SeatView{}, now).Pairing)
}

func TestPicturesAreKeptInBounds(t *testing.T) {
	t.Parallel()
	p := newPictures()
	first := p.png("kept")
	for i := range 3 * picturesKept {
		p.png(fmt.Sprint("code ", i))
		require.Equal(t, first, p.png("kept"))
	}
	require.Len(t, p.drawn, picturesKept)
	require.Equal(t, picturesKept, p.order.Len())
}
