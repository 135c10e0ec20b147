package simulator_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/simulator"
)

// TestStickerPack fetches a pack and a sticker of it.
//
// covers: FetchStickerPack
func TestStickerPack(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := linked(t, s, phone(t, s, agentNumber, "Thandi"))
	ctx := patient(t)
	data := []byte("RIFF, which would be a picture")
	made := do(t, s, "POST", "/sticker-packs", `{"name":"Ships","publisher":"Harbour","stickers":[{"data":"`+
		base64.StdEncoding.EncodeToString(data)+`","emojis":["⛵"],"text":"a boat"}]}`).(map[string]any)
	pack, err := c.FetchStickerPack(ctx, made["id"].(string))
	require.NoError(t, err)
	require.Equal(t, "Ships", pack.Name)
	require.Len(t, pack.Stickers, 1)
	require.Equal(t, []string{"⛵"}, pack.Stickers[0].Emojis)
	require.Equal(t, 512, pack.Stickers[0].Width)
	got, err := c.Download(ctx, pack.Stickers[0])
	require.NoError(t, err)
	require.Equal(t, data, got)
	_, err = c.FetchStickerPack(ctx, "none")
	require.Error(t, err)
	status, _ := call(t, s, "POST", "/sticker-packs", `{"name":"Ships"}`)
	require.Equal(t, http.StatusBadRequest, status)
	for what, pack := range map[string]simulator.StickerPack{
		"no name":  {Stickers: []simulator.Sticker{{Data: data}}},
		"no data":  {Name: "x", Stickers: []simulator.Sticker{{}}},
		"too big":  {Name: "x", Stickers: []simulator.Sticker{{Data: make([]byte, 1<<20+1)}}},
		"too wide": {Name: "x", Stickers: []simulator.Sticker{{Data: data, Width: 5000, Height: 1}}},
		"too many": {Name: "x", Stickers: make([]simulator.Sticker, 61)},
	} {
		_, err = s.AddStickerPack(pack)
		require.ErrorIs(t, err, simulator.ErrInvalid, what)
	}
}
