package noise

import (
	"io"
	"time"
)

// Socket is what a Conn needs of a websocket; gorilla's *websocket.Conn is one.
type Socket interface {
	// NextReader gives the next message; an error is for good.
	NextReader() (kind int, message io.Reader, err error)
	WriteMessage(kind int, data []byte) error
	// WriteControl may be called beside WriteMessage.
	WriteControl(kind int, data []byte, deadline time.Time) error
	SetReadLimit(bytes int64)
	SetReadDeadline(at time.Time) error
	SetWriteDeadline(at time.Time) error
	Close() error
}
