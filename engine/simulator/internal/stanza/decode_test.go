package stanza_test

import (
	"bytes"
	"compress/zlib"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/stanza"
)

func sample(size int) binary.Node {
	return binary.Node{
		Tag: "message",
		Attrs: binary.Attrs{
			"to": types.JID{User: "123456789012345", Device: 7, Server: types.HiddenUserServer}, "id": "3EB0ABCDEF",
			"from": types.NewJID("27821234567", types.DefaultUserServer), "server": types.ServerJID,
			"odd": "123", "hex": "ABCDE", "free": "a longer text, which no dictionary has",
			"interop": types.JID{User: "u", Device: 1, Integrator: 2, Server: types.InteropServer},
			"fb":      types.JID{User: "u", Device: 1, Server: types.MessengerServer},
		},
		Content: []binary.Node{
			{Tag: "enc", Attrs: binary.Attrs{"type": "pkmsg", "v": "2"}, Content: bytes.Repeat([]byte{1, 0, 255}, size)},
			{Tag: "list", Content: manyNodes(size)},
		},
	}
}

func manyNodes(count int) []binary.Node {
	nodes := make([]binary.Node, count)
	for i := range nodes {
		nodes[i] = binary.Node{Tag: "item", Attrs: binary.Attrs{}}
	}
	return nodes
}

func TestDecodeReadsWhatClientsWrite(t *testing.T) {
	want := sample(50_000)
	frame, err := stanza.Encode(want)
	require.NoError(t, err)
	got, err := stanza.Decode(frame)
	require.NoError(t, err)
	want.Content.([]binary.Node)[1].Attrs = binary.Attrs{}
	require.Equal(t, want, *got)

	var deflated bytes.Buffer
	deflated.WriteByte(2)
	w := zlib.NewWriter(&deflated)
	_, err = w.Write(frame[1:])
	require.NoError(t, err)
	require.NoError(t, w.Close())
	got, err = stanza.Decode(deflated.Bytes())
	require.NoError(t, err)
	require.Equal(t, want, *got)
}

func TestDecodeRefuses(t *testing.T) {
	var bomb bytes.Buffer
	bomb.WriteByte(2)
	w := zlib.NewWriter(&bomb)
	_, err := w.Write(make([]byte, stanza.MaxInflated+1))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	nested := "\x00" + strings.Repeat("\xf8\x02\x13\xf8\x01", 100) + "\xf8\x01\x13"
	for name, frame := range map[string]string{
		"nothing": "", "only a flag": "\x00", "empty list": "\x00\xf8\x00", "cut off": "\x00\xf8\x04\x13",
		"node without name": "\x00\xf8\x01\x00", "list for a name": "\x00\xf8\x01\xf8\x00",
		"JID for a name": "\x00\xf8\x01\xfa\x00\x03", "promise of 4 GB": "\x00\xf8\x02\x13\xfe\xff\xff\xff\xff",
		"promise of a list": "\x00\xf9\xff\xff\x13", "bad packed text": "\x00\xf8\x01\xff\x01\xcc",
		"left over": "\x00\xf8\x01\x13\x13", "not deflated": "\x02abc", "bomb": bomb.String(), "nested": nested,
	} {
		_, err := stanza.Decode([]byte(frame))
		require.ErrorIs(t, err, stanza.ErrMalformed, name)
	}
}

func FuzzDecode(f *testing.F) {
	for _, size := range []int{1, 300} {
		frame, err := stanza.Encode(sample(size))
		require.NoError(f, err)
		f.Add(frame)
	}
	f.Add([]byte("\x00\xf8\x02\x13\xf8\x01\xf8\x01\x13"))
	f.Add([]byte("\x02abc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		node, err := stanza.Decode(data)
		if err != nil {
			require.ErrorIs(t, err, stanza.ErrMalformed)
			return
		}
		_, err = stanza.Encode(*node) // whatever was read can be passed on
		require.NoError(t, err)
	})
}

// TestDecodeBoundsWhatItMakes: a frame of some kilobytes must not become nodes or attributes of gigabytes.
func TestDecodeBoundsWhatItMakes(t *testing.T) {
	for name, many := range map[string]string{
		"nodes":      "\xf8\x02\x13\xf9\xff\xff" + strings.Repeat("\xf8\x01\x13", 65_535),
		"attributes": "\xf9\xff\xff\x13" + strings.Repeat("\x13\x13", 32_767),
	} {
		var deflated bytes.Buffer
		deflated.WriteByte(2)
		w := zlib.NewWriter(&deflated)
		_, err := w.Write([]byte("\xf8\x02\x13\xf8\x14" + strings.Repeat(many, 20)))
		require.NoError(t, err)
		require.NoError(t, w.Close())
		_, err = stanza.Decode(deflated.Bytes())
		require.ErrorContains(t, err, "nodes and attributes", name)
	}
}
