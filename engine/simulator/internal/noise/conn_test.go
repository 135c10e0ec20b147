package noise

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"
)

var errGone = errors.New("peer is gone")

// script is a websocket whose peer says what is in the list, and then what answer makes of the server's frames.
type script struct {
	in     [][]byte
	out    [][]byte
	answer func(frame []byte) [][]byte
	kind   int
}

func (s *script) NextReader() (int, io.Reader, error) {
	if len(s.in) == 0 {
		return 0, nil, errGone
	}
	next := s.in[0]
	s.in = s.in[1:]
	if s.kind != 0 {
		return s.kind, bytes.NewReader(next), nil
	}
	return websocket.BinaryMessage, bytes.NewReader(next), nil
}

func (s *script) WriteMessage(_ int, data []byte) error {
	s.out = append(s.out, data)
	if s.answer != nil {
		s.in = append(s.in, s.answer(data)...)
	}
	return nil
}

func (s *script) WriteControl(int, []byte, time.Time) error { return nil }
func (s *script) SetReadLimit(int64)                        {}
func (s *script) SetReadDeadline(time.Time) error           { return nil }
func (s *script) SetWriteDeadline(time.Time) error          { return nil }
func (s *script) Close() error                              { return nil }

func framed(data []byte) []byte {
	return append([]byte{byte(len(data) >> 16), byte(len(data) >> 8), byte(len(data))}, data...)
}

// split cuts what a peer writes into websocket messages of at most size bytes; 0 leaves it whole.
func split(size int, data []byte) [][]byte {
	if size <= 0 {
		return [][]byte{data}
	}
	var out [][]byte
	for len(data) > size {
		out = append(out, data[:size])
		data = data[size:]
	}
	return append(out, data)
}

// initiator is a client's half of the handshake; a field that is not nil takes the place of what a client would say.
type initiator struct {
	prologue, hello, static, payload, finish []byte
	cut                                      int
	own, noiseKey                            *keys.KeyPair
}

func (i *initiator) socket() *script {
	i.own, i.noiseKey = keys.NewKeyPair(), keys.NewKeyPair()
	header := socket.WAConnHeader
	if i.prologue != nil {
		header = i.prologue
	}
	hello := i.hello
	if hello == nil {
		hello = encoded(&waWa6.HandshakeMessage{ClientHello: &waWa6.HandshakeMessage_ClientHello{Ephemeral: i.own.Pub[:]}})
	}
	s := &script{in: split(i.cut, append(append([]byte{}, header...), framed(hello)...))}
	s.answer = func(frame []byte) [][]byte {
		s.answer = nil
		return split(i.cut, framed(i.finishing(frame)))
	}
	return s
}

// finishing is the client's last handshake message.
func (i *initiator) finishing(frame []byte) []byte {
	if i.finish != nil {
		return i.finish
	}
	var message waWa6.HandshakeMessage
	if len(frame) < lengthSize || proto.Unmarshal(frame[lengthSize:], &message) != nil {
		return nil
	}
	hello := message.GetServerHello()
	nh := socket.NewNoiseHandshake()
	nh.Start(socket.NoiseStartPattern, socket.WAConnHeader)
	nh.Authenticate(i.own.Pub[:])
	nh.Authenticate(hello.GetEphemeral())
	theirs, err := i.secrets(nh, hello)
	if err != nil {
		return nil
	}
	static := nh.Encrypt(orElse(i.static, i.noiseKey.Pub[:]))
	if err = nh.MixSharedSecretIntoKey(*i.noiseKey.Priv, theirs); err != nil {
		return nil
	}
	return encoded(&waWa6.HandshakeMessage{ClientFinish: &waWa6.HandshakeMessage_ClientFinish{
		Static: static, Payload: nh.Encrypt(orElse(i.payload, encoded(&waWa6.ClientPayload{Passive: proto.Bool(true)}))),
	}})
}

func (i *initiator) secrets(nh *socket.NoiseHandshake, hello *waWa6.HandshakeMessage_ServerHello) ([32]byte, error) {
	theirs := [32]byte(hello.GetEphemeral())
	if err := nh.MixSharedSecretIntoKey(*i.own.Priv, theirs); err != nil {
		return theirs, err
	}
	static, err := nh.Decrypt(hello.GetStatic())
	if err != nil {
		return theirs, err
	}
	if err = nh.MixSharedSecretIntoKey(*i.own.Priv, [32]byte(static)); err != nil {
		return theirs, err
	}
	_, err = nh.Decrypt(hello.GetPayload())
	return theirs, err
}

func orElse(data, otherwise []byte) []byte {
	if data != nil {
		return data
	}
	return otherwise
}

func encoded(m proto.Message) []byte {
	raw, err := proto.Marshal(m)
	if err != nil {
		panic(err)
	}
	return raw
}

func authority(t testing.TB) *Authority {
	t.Helper()
	a, err := NewAuthority([32]byte{1}, time.Now())
	require.NoError(t, err)
	return a
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	a := authority(t)
	routed := append([]byte{'E', 'D', 0, 1, 0, 0, 3, 'a', 'b', 'c'}, socket.WAConnHeader...)
	for name, i := range map[string]*initiator{
		"plain": {}, "in messages of one byte": {cut: 1}, "with routing information": {prologue: routed, cut: 5},
	} {
		conn, peer, err := a.Accept(i.socket(), Limits{})
		require.NoError(t, err, name)
		require.NotNil(t, conn)
		require.Equal(t, *i.noiseKey.Pub, peer.NoiseKey)
		require.True(t, peer.Payload.GetPassive())
	}
}

func TestHandshakeRefuses(t *testing.T) {
	t.Parallel()
	a := authority(t)
	short := encoded(&waWa6.HandshakeMessage{ClientHello: &waWa6.HandshakeMessage_ClientHello{Ephemeral: []byte{1, 2}}})
	low := encoded(&waWa6.HandshakeMessage{ClientHello: &waWa6.HandshakeMessage_ClientHello{Ephemeral: make([]byte, 32)}})
	altered := encoded(&waWa6.HandshakeMessage{ClientFinish: &waWa6.HandshakeMessage_ClientFinish{
		Static: make([]byte, 48), Payload: make([]byte, 20),
	}})
	for name, i := range map[string]*initiator{
		"another prologue": {prologue: []byte("GET ")}, "an older dictionary": {prologue: []byte{'W', 'A', 6, 2}},
		"hello of noise": {hello: bytes.Repeat([]byte{0xff}, 40)}, "empty hello": {hello: []byte{}},
		"short ephemeral key": {hello: short}, "ephemeral key of low order": {hello: low},
		"hello that is too large": {hello: make([]byte, maxHandshakeFrame+1)},
		"finish of noise":         {finish: bytes.Repeat([]byte{0xff}, 40)}, "empty finish": {finish: []byte{}},
		"altered finish": {finish: altered}, "static key that is too short": {static: []byte{1}},
		"static key of another": {static: make([]byte, 32)}, "payload that is no protobuf": {payload: []byte{0xff, 0xff}},
	} {
		_, _, err := a.Accept(i.socket(), Limits{})
		require.ErrorIs(t, err, ErrProtocol, name)
	}
	_, _, err := a.Accept(&script{in: [][]byte{{'W'}}}, Limits{})
	require.ErrorIs(t, err, errGone)
	_, _, err = a.Accept(&script{in: [][]byte{[]byte("text")}, kind: websocket.TextMessage}, Limits{})
	require.ErrorIs(t, err, ErrProtocol)
}

// pair is a server's connection and a client's writer to it.
func pair(t testing.TB, in ...[]byte) (*Conn, func(counter uint32, data []byte) []byte) {
	t.Helper()
	key, err := gcmutil.Prepare(make([]byte, 32))
	require.NoError(t, err)
	seal := func(counter uint32, data []byte) []byte { return framed(key.Seal(nil, nonce(counter), data, nil)) }
	return &Conn{ws: &script{in: in}, readKey: key, writeKey: key}, seal
}

func TestFrames(t *testing.T) {
	t.Parallel()
	c, seal := pair(t)
	ws := c.ws.(*script)
	both := append(seal(0, []byte("one")), seal(1, []byte("two"))...)
	ws.in = append(split(3, both), seal(2, nil))
	for _, want := range []string{"one", "two", ""} {
		got, err := c.ReadStanza()
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	_, err := c.ReadStanza()
	require.ErrorIs(t, err, errGone)
	require.NoError(t, c.WriteStanza([]byte("three")))
	require.Equal(t, seal(0, []byte("three")), ws.out[0])
	require.Error(t, c.writeFrame(make([]byte, MaxFrame+1)))
}

func TestFramesThatAreRefused(t *testing.T) {
	t.Parallel()
	_, seal := pair(t)
	altered := seal(0, []byte("one"))
	altered[len(altered)-1] ^= 1
	for name, in := range map[string][][]byte{
		"altered":  {altered},
		"replayed": {seal(0, []byte("one")), seal(0, []byte("one"))},
		"skipped":  {seal(1, []byte("two"))},
		"empty":    {framed(nil)},
		"short":    {framed([]byte{1, 2, 3})},
	} {
		c, _ := pair(t, in...)
		var err error
		for err == nil {
			_, err = c.ReadStanza()
		}
		require.ErrorIs(t, err, ErrProtocol, name)
	}
}
