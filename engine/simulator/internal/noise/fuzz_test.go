package noise

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
)

// FuzzHandshake gives the server what an unknown peer may say before its key is known.
func FuzzHandshake(f *testing.F) {
	hello := encoded(&waWa6.HandshakeMessage{ClientHello: &waWa6.HandshakeMessage_ClientHello{Ephemeral: make([]byte, 32)}})
	f.Add(append([]byte{}, socket.WAConnHeader...), hello, []byte{}, 0)
	f.Add(append([]byte{'E', 'D', 0, 1, 0, 0, 1, 'x'}, socket.WAConnHeader...), []byte{1}, []byte{2}, 1)
	f.Add([]byte{'E', 'D', 0, 1, 0xff, 0xff, 0xff}, []byte{}, []byte{}, 3)
	a := authority(f)
	f.Fuzz(func(t *testing.T, prologue, hello, finish []byte, cut int) {
		// Nothing said is something said here, not what a client would say.
		none := []byte{}
		i := initiator{
			prologue: append(none, prologue...), hello: append(none, hello...), finish: append(none, finish...), cut: cut,
		}
		_, _, err := a.Accept(i.socket(), Limits{})
		require.Error(t, err, "nobody gets in without keys")
	})
}

// FuzzLogin gives the server a handshake that is right but for the two encrypted fields.
func FuzzLogin(f *testing.F) {
	f.Add(make([]byte, 32), encoded(&waWa6.ClientPayload{Passive: new(bool)}), 0)
	f.Add([]byte{}, []byte{0x12, 0x22}, 2)
	a := authority(f)
	f.Fuzz(func(t *testing.T, static, payload []byte, cut int) {
		i := initiator{static: static, cut: cut}
		_, _, err := a.Accept(i.socket(), Limits{})
		require.ErrorIs(t, err, ErrProtocol, "the static key is not the one that the secrets come from")
		i = initiator{payload: payload, cut: cut}
		_, peer, err := a.Accept(i.socket(), Limits{})
		if err != nil {
			require.ErrorIs(t, err, ErrProtocol)
			return
		}
		require.Equal(t, *i.noiseKey.Pub, peer.NoiseKey)
	})
}

// FuzzFrames gives a connection whose keys are agreed on whatever bytes arrive.
func FuzzFrames(f *testing.F) {
	_, seal := pair(f)
	f.Add(append(seal(0, []byte("one")), seal(1, []byte("two"))...), 5)
	f.Add(append(seal(0, []byte("one")), seal(0, []byte("one"))...), 0)
	f.Add([]byte{0xff, 0xff, 0xff, 1}, 1)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		c, _ := pair(t, split(cut, data)...)
		for {
			if _, err := c.ReadStanza(); err != nil {
				return
			}
		}
	})
}
