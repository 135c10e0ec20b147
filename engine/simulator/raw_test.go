package simulator_test

import (
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	wabinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/keys"
	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/hkdf"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator"
)

// rawClient speaks the protocol by hand, so that a test can break it wherever it likes.
type rawClient struct {
	t         *testing.T
	ws        *websocket.Conn
	hash, key []byte
	salt      []byte
	counter   uint32
	write     cipher.AEAD
	reader    cipher.AEAD
	sent, got uint32
	pending   []byte
}

// dialRaw opens the websocket and does nothing else.
func dialRaw(t *testing.T, s *simulator.Server) *rawClient {
	t.Helper()
	ws, resp, err := websocket.DefaultDialer.DialContext(patient(t), s.WebsocketURL(), nil)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	t.Cleanup(func() { _ = ws.Close() })
	return &rawClient{t: t, ws: ws}
}

// loginRaw shakes hands as the device of a store.
func loginRaw(t *testing.T, s *simulator.Server, device *store.Device) *rawClient {
	t.Helper()
	c := dialRaw(t, s)
	finish := c.hello()
	payload, err := proto.Marshal(device.GetClientPayload())
	require.NoError(t, err)
	finish(device.NoiseKey, payload)
	return c
}

// hello begins the handshake; what it returns ends it.
func (c *rawClient) hello() func(static *keys.KeyPair, payload []byte) {
	c.t.Helper()
	own := keys.NewKeyPair()
	c.hash, c.salt, c.key = []byte(socket.NoiseStartPattern), []byte(socket.NoiseStartPattern), []byte(socket.NoiseStartPattern)
	c.mix(socket.WAConnHeader)
	c.mix(own.Pub[:])
	c.message(append(append([]byte{}, socket.WAConnHeader...), lengthened(c.marshal(&waWa6.HandshakeMessage{
		ClientHello: &waWa6.HandshakeMessage_ClientHello{Ephemeral: own.Pub[:]},
	}))...))
	frame, err := c.frame()
	require.NoError(c.t, err)
	answer := new(waWa6.HandshakeMessage)
	require.NoError(c.t, proto.Unmarshal(frame, answer))
	theirs := [32]byte(answer.GetServerHello().GetEphemeral())
	c.mix(theirs[:])
	c.shared(*own.Priv, theirs)
	static := c.open(answer.GetServerHello().GetStatic())
	c.shared(*own.Priv, [32]byte(static))
	c.open(answer.GetServerHello().GetPayload())
	return func(static *keys.KeyPair, payload []byte) {
		c.t.Helper()
		sealed := c.seal(static.Pub[:])
		c.shared(*static.Priv, theirs)
		c.message(lengthened(c.marshal(&waWa6.HandshakeMessage{ClientFinish: &waWa6.HandshakeMessage_ClientFinish{
			Static: sealed, Payload: c.seal(payload),
		}})))
		out := c.expand(nil)
		c.write, c.reader = c.aead(out[:32]), c.aead(out[32:])
	}
}

func (c *rawClient) marshal(m proto.Message) []byte {
	c.t.Helper()
	raw, err := proto.Marshal(m)
	require.NoError(c.t, err)
	return raw
}

func (c *rawClient) mix(data []byte) {
	sum := sha256.Sum256(append(append([]byte{}, c.hash...), data...))
	c.hash = sum[:]
}

func (c *rawClient) aead(key []byte) cipher.AEAD {
	c.t.Helper()
	a, err := gcmutil.Prepare(key)
	require.NoError(c.t, err)
	return a
}

func (c *rawClient) expand(secret []byte) []byte {
	c.t.Helper()
	out := make([]byte, 64)
	_, err := io.ReadFull(hkdf.New(sha256.New, secret, c.salt, nil), out)
	require.NoError(c.t, err)
	return out
}

func (c *rawClient) shared(private, public [32]byte) {
	c.t.Helper()
	secret, err := curve25519.X25519(private[:], public[:])
	require.NoError(c.t, err)
	out := c.expand(secret)
	c.salt, c.key, c.counter = out[:32], out[32:], 0
}

func (c *rawClient) seal(data []byte) []byte {
	c.t.Helper()
	sealed := c.aead(c.key).Seal(nil, counted(c.counter), data, c.hash)
	c.counter++
	c.mix(sealed)
	return sealed
}

func (c *rawClient) open(sealed []byte) []byte {
	c.t.Helper()
	data, err := c.aead(c.key).Open(nil, counted(c.counter), sealed, c.hash)
	require.NoError(c.t, err)
	c.counter++
	c.mix(sealed)
	return data
}

func counted(counter uint32) []byte {
	return binary.BigEndian.AppendUint32(make([]byte, 8), counter)
}

func lengthened(data []byte) []byte {
	return append([]byte{byte(len(data) >> 16), byte(len(data) >> 8), byte(len(data))}, data...)
}

// message sends one websocket message. The server may have hung up already.
func (c *rawClient) message(data []byte) { _ = c.ws.WriteMessage(websocket.BinaryMessage, data) }

// sealed is the frame of a stanza with the given counter.
func (c *rawClient) sealed(counter uint32, data []byte) []byte {
	return lengthened(c.write.Seal(nil, counted(counter), data, nil))
}

// send sends what a frame decrypts to.
func (c *rawClient) send(data []byte) {
	c.message(c.sealed(c.sent, data))
	c.sent++
}

func (c *rawClient) sendNode(n wabinary.Node) {
	c.t.Helper()
	data, err := wabinary.Marshal(n)
	require.NoError(c.t, err)
	c.send(data)
}

// frame reads the next frame, which must come in time, however long the ones before took.
func (c *rawClient) frame() ([]byte, error) {
	for {
		if len(c.pending) >= 3 {
			length := int(c.pending[0])<<16 | int(c.pending[1])<<8 | int(c.pending[2])
			if len(c.pending) >= 3+length {
				frame := c.pending[3 : 3+length]
				c.pending = c.pending[3+length:]
				return frame, nil
			}
		}
		if err := c.ws.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return nil, err
		}
		_, data, err := c.ws.ReadMessage()
		if err != nil {
			return nil, err
		}
		c.pending = append(c.pending, data...)
	}
}

// node reads the next stanza.
func (c *rawClient) node() (*wabinary.Node, error) {
	frame, err := c.frame()
	if err != nil {
		return nil, err
	}
	data, err := c.reader.Open(nil, counted(c.got), frame, nil)
	require.NoError(c.t, err)
	c.got++
	data, err = wabinary.Unpack(data)
	require.NoError(c.t, err)
	return wabinary.Unmarshal(data)
}

// await reads until a stanza with this tag comes.
func (c *rawClient) await(tag string) *wabinary.Node {
	c.t.Helper()
	for {
		n, err := c.node()
		require.NoError(c.t, err)
		if n.Tag == tag {
			return n
		}
	}
}

// awaitPong reads until the answer to a ping comes.
func (c *rawClient) awaitPong(id string) {
	c.t.Helper()
	for {
		if c.await("iq").Attrs["id"] == id {
			return
		}
	}
}

// told reads until a last stanza with this tag comes and goes, as clients do.
func (c *rawClient) told(tag string) *wabinary.Node {
	c.t.Helper()
	n := c.await(tag)
	require.NoError(c.t, c.ws.Close())
	return n
}

// rest reads until the server hangs up and returns the tags of what it said.
func (c *rawClient) rest() []string {
	c.t.Helper()
	var tags []string
	for {
		n, err := c.node()
		if err != nil {
			var timeout interface{ Timeout() bool }
			require.False(c.t, errors.As(err, &timeout) && timeout.Timeout(), "the server did not hang up")
			return tags
		}
		tags = append(tags, n.Tag)
	}
}
