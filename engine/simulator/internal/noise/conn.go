package noise

import (
	"bytes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

const (
	lengthSize = 3
	// MaxFrame is the largest frame that three length bytes can announce.
	MaxFrame = 1<<24 - 1
	// maxHandshakeFrame bounds what an unknown peer may make the server hold.
	maxHandshakeFrame = 64 << 10
)

// ErrProtocol is wrapped by every error that a peer caused by breaking the protocol.
var ErrProtocol = errors.New("noise protocol broken")

// Limits are how long a peer may keep a connection waiting.
type Limits struct {
	Idle  time.Duration // for a frame
	Write time.Duration // with taking one
}

// Conn is an encrypted connection. One goroutine may read and another may write.
type Conn struct {
	ws           Socket
	message      io.Reader
	limits       Limits
	readKey      cipher.AEAD
	writeKey     cipher.AEAD
	readCounter  uint32
	writeCounter uint32
}

// ReadStanza waits for the next frame and decrypts it. A frame that was altered, replayed or lost fails with
// ErrProtocol, because the counter is part of the key schedule.
func (c *Conn) ReadStanza() ([]byte, error) {
	frame, err := c.readFrame(MaxFrame)
	if err != nil {
		return nil, err
	}
	plaintext, err := c.readKey.Open(frame[:0], nonce(c.readCounter), frame, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: frame %d does not decrypt", ErrProtocol, c.readCounter)
	}
	c.readCounter++
	return plaintext, nil
}

// WriteStanza encrypts data and sends it as one frame in one websocket message.
func (c *Conn) WriteStanza(data []byte) error {
	ciphertext := c.writeKey.Seal(nil, nonce(c.writeCounter), data, nil)
	c.writeCounter++
	return c.writeFrame(ciphertext)
}

// Close ends the connection at once; a blocked read returns.
func (c *Conn) Close() error { return c.ws.Close() }

// SayGoodbye sends the websocket's closing message, after which the peer ends the connection.
func (c *Conn) SayGoodbye() {
	text := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	// The connection is closed next whether or not the peer still hears this.
	_ = c.ws.WriteControl(websocket.CloseMessage, text, time.Now().Add(time.Second))
}

func (c *Conn) writeFrame(data []byte) error {
	if len(data) > MaxFrame {
		return fmt.Errorf("frame of %d bytes is too large", len(data))
	}
	frame := make([]byte, lengthSize+len(data))
	frame[0], frame[1], frame[2] = byte(len(data)>>16), byte(len(data)>>8), byte(len(data))
	copy(frame[lengthSize:], data)
	if err := c.ws.SetWriteDeadline(time.Now().Add(c.limits.Write)); err != nil {
		return fmt.Errorf("set write deadline: %w", err)
	}
	if err := c.ws.WriteMessage(websocket.BinaryMessage, frame); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	return nil
}

func (c *Conn) readFrame(limit int) ([]byte, error) {
	if err := c.ws.SetReadDeadline(time.Now().Add(c.limits.Idle)); err != nil {
		return nil, fmt.Errorf("set read deadline: %w", err)
	}
	var head [lengthSize]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil, fmt.Errorf("read frame length: %w", err)
	}
	length := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
	if length > limit {
		return nil, fmt.Errorf("%w: frame of %d bytes where at most %d may come", ErrProtocol, length, limit)
	}
	// Memory grows with what really arrives, not with what the length promises.
	var body bytes.Buffer
	if _, err := io.CopyN(&body, c, int64(length)); err != nil {
		return nil, fmt.Errorf("read frame: %w", err)
	}
	return body.Bytes(), nil
}

// Read joins the websocket's binary messages into one stream, since a frame may be split over several messages.
func (c *Conn) Read(p []byte) (int, error) {
	for {
		if c.message == nil {
			kind, reader, err := c.ws.NextReader()
			if err != nil {
				return 0, readError(err)
			}
			if kind != websocket.BinaryMessage {
				return 0, fmt.Errorf("%w: websocket message is not binary", ErrProtocol)
			}
			c.message = reader
		}
		n, err := c.message.Read(p)
		if errors.Is(err, io.EOF) {
			c.message, err = nil, nil
		} else if err != nil {
			err = readError(err)
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// readError tells a peer that breaks the websocket's own rules, such as with a message of a size that no frame has, from
// one that goes. Gorilla has no type for it, but its own sentences begin alike.
func readError(err error) error {
	var closed *websocket.CloseError
	if strings.HasPrefix(err.Error(), "websocket: ") && !errors.As(err, &closed) {
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return err
}
