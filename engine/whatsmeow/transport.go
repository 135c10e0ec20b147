package whatsmeow

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow/socket"

	"github.com/myaibud/aibud/engine"
)

// Endpoint is where a simulator of WhatsApp is.
type Endpoint struct {
	WebsocketURL string // such as "ws://127.0.0.1:7600/ws/chat"
	MediaURL     string // such as "http://127.0.0.1:7600"
	// RootKey is the public key that signs the simulator's certificates. It is
	// for [Configure], since the library knows one for the whole process.
	RootKey [32]byte
}

// dialTimeout bounds the opening of a websocket.
const dialTimeout = 20 * time.Second

// newTransport returns a transport that goes through a proxy. Without one it
// is what all seats share, and takes its proxy from the environment, as
// net/http does. Neither falls back to a direct connection when the proxy
// fails. A proxy that a user named must be on the internet, unless private
// ones are allowed.
func newTransport(endpoint *Endpoint, proxy *url.URL, private bool) (http.RoundTripper, error) {
	defaults, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("http.DefaultTransport is not a *http.Transport")
	}
	transport := defaults.Clone()
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	transport.DialContext = dialer.DialContext
	// Each websocket keeps the buffers that its request went through.
	transport.ReadBufferSize, transport.WriteBufferSize = 1<<10, 1<<10
	if proxy != nil {
		transport.Proxy = http.ProxyURL(proxy) // so that nothing else is dialled
		if !private {
			dialer.Control = engine.OnlyInternet
		}
	}
	if endpoint == nil {
		return transport, nil
	}
	websocket, err := parseURL(endpoint.WebsocketURL)
	if err != nil {
		return nil, err
	}
	media, err := parseURL(endpoint.MediaURL)
	if err != nil {
		return nil, err
	}
	whatsapp, err := parseURL(socket.URL)
	if err != nil {
		return nil, err
	}
	return &redirect{next: transport, whatsapp: whatsapp, websocket: websocket, media: media}, nil
}

// parseURL parses an absolute URL and turns a websocket's scheme into the one
// of the HTTP request that opens it.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("simulator address: %w", err)
	}
	switch u.Scheme {
	case "ws":
		u.Scheme = "http"
	case "wss":
		u.Scheme = "https"
	case "http", "https":
	default:
		return nil, fmt.Errorf("simulator address %q is no http or ws address", text)
	}
	if u.Host == "" {
		return nil, fmt.Errorf("simulator address %q has no host", text)
	}
	return u, nil
}

// redirect sends every request to a simulator. No request reaches another
// host.
type redirect struct {
	next                       http.RoundTripper
	whatsapp, websocket, media *url.URL
}

// RoundTrip implements [http.RoundTripper].
func (r *redirect) RoundTrip(req *http.Request) (*http.Response, error) {
	to := r.media
	if req.URL.Host == r.whatsapp.Host {
		to = r.websocket
	}
	moved := req.Clone(req.Context())
	moved.URL.Scheme, moved.URL.Host, moved.Host = to.Scheme, to.Host, to.Host
	if req.URL.Host == r.whatsapp.Host && req.URL.Path == r.whatsapp.Path {
		moved.URL.Path = r.websocket.Path
	}
	return r.next.RoundTrip(moved)
}

// CloseIdleConnections closes the connections that nobody uses.
func (r *redirect) CloseIdleConnections() {
	if closer, ok := r.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

// wire is the connection below one session's websocket. The library's own
// Disconnect stops reading frames before it closes the socket, so that a frame
// that arrives in between blocks its reading goroutine for ever
// (socket/framesocket.go, frameComplete; noisesocket.go, Stop). Cutting the
// connection below it lets the library end as it does when the server goes.
type wire struct {
	next  http.RoundTripper
	ended func() // called when reading has ended, after all frames were handled

	muted atomic.Bool
	last  atomic.Int64 // when something was last read, see monotonic
	seen  atomic.Int64 // the same by the clock that people see, in Unix nanoseconds
	mu    sync.Mutex
	conn  io.ReadWriteCloser
	gone  bool
}

// RoundTrip implements [http.RoundTripper]. It remembers the connection that a
// websocket goes over.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	conn, ok := resp.Body.(io.ReadWriteCloser)
	if resp.StatusCode != http.StatusSwitchingProtocols || !ok {
		return resp, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.gone {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	w.conn = conn
	w.hear()
	resp.Body = body{ReadWriteCloser: conn, wire: w}
	return resp, nil
}

// hear notes that the server said something.
func (w *wire) hear() {
	now := time.Now()
	w.last.Store(int64(now.Sub(began)))
	w.seen.Store(now.UnixNano())
}

// heard returns when the server last said something, see monotonic.
func (w *wire) heard() time.Duration { return time.Duration(w.last.Load()) }

// cut closes the connection, if there is one, and lets none come into being.
func (w *wire) cut() {
	w.mu.Lock()
	conn := w.conn
	w.gone, w.conn = true, nil
	w.mu.Unlock()
	if conn != nil {
		_ = conn.Close()
	}
}

// body is what the library reads and writes.
type body struct {
	io.ReadWriteCloser
	wire *wire
}

// Close closes the connection. After the server's closing frame nothing is
// read any more, so that Close is the end of reading.
func (b body) Close() error {
	defer b.wire.ended()
	return b.ReadWriteCloser.Close()
}

// Read reads what the server sent, or drops it if the wire is muted.
func (b body) Read(p []byte) (int, error) {
	for {
		n, err := b.ReadWriteCloser.Read(p)
		if err != nil {
			b.wire.ended()
			return n, err
		}
		b.wire.hear()
		if !b.wire.muted.Load() {
			return n, nil
		}
	}
}
