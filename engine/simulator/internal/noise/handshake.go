package noise

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"
)

// handshakeTimeout is as long as whatsmeow's client waits for its half.
const handshakeTimeout = 20 * time.Second

// Peer is what the handshake proved about the other side.
type Peer struct {
	// NoiseKey is the client's static public key, which stays the same over its logins.
	NoiseKey [32]byte
	Payload  *waWa6.ClientPayload
}

// Accept does the server's half of the handshake, for which a peer has a fixed time; limits hold afterwards.
func (a *Authority) Accept(ws Socket, limits Limits) (*Conn, *Peer, error) {
	ws.SetReadLimit(MaxFrame + lengthSize + int64(len(socket.WAConnHeader)))
	conn := &Conn{ws: ws, limits: Limits{Idle: handshakeTimeout, Write: handshakeTimeout}}
	if err := ws.SetReadDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return nil, nil, fmt.Errorf("set read deadline: %w", err)
	}
	if err := conn.readPrologue(); err != nil {
		return nil, nil, err
	}
	st, err := newState(socket.WAConnHeader)
	if err != nil {
		return nil, nil, err
	}
	ephemeral := keys.NewKeyPair()
	if err = a.hello(conn, st, ephemeral); err != nil {
		return nil, nil, err
	}
	peer, err := finish(conn, st, ephemeral)
	if err != nil {
		return nil, nil, err
	}
	conn.limits = limits
	return conn, peer, nil
}

func (c *Conn) readPrologue() error {
	header := make([]byte, len(socket.WAConnHeader))
	if _, err := io.ReadFull(c, header); err != nil {
		return fmt.Errorf("read prologue: %w", err)
	}
	if bytes.Equal(header[:2], []byte("ED")) {
		// Routing information: "ED", 0, 1, a length of three bytes, the information; the prologue follows it.
		if _, err := c.readFrame(maxHandshakeFrame); err != nil {
			return err
		}
		if _, err := io.ReadFull(c, header); err != nil {
			return fmt.Errorf("read prologue: %w", err)
		}
	}
	if !bytes.Equal(header, socket.WAConnHeader) {
		return fmt.Errorf("%w: unknown prologue", ErrProtocol)
	}
	return nil
}

func (a *Authority) hello(conn *Conn, st *state, ephemeral *keys.KeyPair) error {
	message, err := conn.readHandshake()
	if err != nil {
		return err
	}
	theirs := message.GetClientHello().GetEphemeral()
	if len(theirs) != 32 {
		return fmt.Errorf("%w: client hello without ephemeral key", ErrProtocol)
	}
	st.mixHash(theirs)
	st.mixHash(ephemeral.Pub[:])
	if err = st.mixShared(*ephemeral.Priv, [32]byte(theirs)); err != nil {
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	static := st.encrypt(a.static.Pub[:])
	if err = st.mixShared(*a.static.Priv, [32]byte(theirs)); err != nil {
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	answer, err := proto.Marshal(&waWa6.HandshakeMessage{ServerHello: &waWa6.HandshakeMessage_ServerHello{
		Ephemeral: ephemeral.Pub[:],
		Static:    static,
		Payload:   st.encrypt(a.chain),
	}})
	if err != nil {
		return fmt.Errorf("encode server hello: %w", err)
	}
	return conn.writeFrame(answer)
}

func finish(conn *Conn, st *state, ephemeral *keys.KeyPair) (*Peer, error) {
	message, err := conn.readHandshake()
	if err != nil {
		return nil, err
	}
	static, err := st.decrypt(message.GetClientFinish().GetStatic())
	if err != nil || len(static) != 32 {
		return nil, fmt.Errorf("%w: client's static key", ErrProtocol)
	}
	if err = st.mixShared(*ephemeral.Priv, [32]byte(static)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	raw, err := st.decrypt(message.GetClientFinish().GetPayload())
	if err != nil {
		return nil, fmt.Errorf("%w: client's payload", ErrProtocol)
	}
	peer := &Peer{NoiseKey: [32]byte(static), Payload: new(waWa6.ClientPayload)}
	if err = proto.Unmarshal(raw, peer.Payload); err != nil {
		return nil, fmt.Errorf("%w: client's payload: %w", ErrProtocol, err)
	}
	return peer, conn.split(st)
}

func (c *Conn) split(st *state) error {
	// What the client writes with first, the server reads with first.
	read, write, err := st.expand(nil)
	if err != nil {
		return err
	}
	if c.readKey, err = gcmutil.Prepare(read); err != nil {
		return fmt.Errorf("prepare read cipher: %w", err)
	}
	if c.writeKey, err = gcmutil.Prepare(write); err != nil {
		return fmt.Errorf("prepare write cipher: %w", err)
	}
	return nil
}

func (c *Conn) readHandshake() (*waWa6.HandshakeMessage, error) {
	frame, err := c.readFrame(maxHandshakeFrame)
	if err != nil {
		return nil, err
	}
	message := new(waWa6.HandshakeMessage)
	if err = proto.Unmarshal(frame, message); err != nil {
		return nil, fmt.Errorf("%w: handshake message: %w", ErrProtocol, err)
	}
	return message, nil
}
