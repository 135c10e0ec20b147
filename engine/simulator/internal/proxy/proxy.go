package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	headerPatience = 10 * time.Second
	idlePatience   = 2 * time.Minute
)

// Options say what a Proxy does.
type Options struct {
	Serves  func(host string) bool // hosts that the proxy stands in for, in lower case, without port
	Handler http.Handler           // answers in their place
	Log     *slog.Logger
}

// Proxy takes connections from Serve until Close.
type Proxy struct {
	options   Options
	authority *Authority
	listener  net.Listener
	outer     *http.Server // takes CONNECT
	inner     *http.Server // answers inside
	tunnels   *tunnels
}

// New makes a proxy that will take connections from listener, which is the proxy's to close.
func New(listener net.Listener, o Options) (*Proxy, error) {
	authority, err := NewAuthority()
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		options: o, authority: authority, listener: listener,
		tunnels: &tunnels{conns: make(chan net.Conn), done: make(chan struct{}), addr: listener.Addr()},
	}
	errorLog := slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)
	p.outer = &http.Server{
		Handler: http.HandlerFunc(p.connect), ReadHeaderTimeout: headerPatience, IdleTimeout: idlePatience, ErrorLog: errorLog,
	}
	p.inner = &http.Server{Handler: o.Handler, ReadHeaderTimeout: headerPatience, IdleTimeout: idlePatience, ErrorLog: errorLog}
	return p, nil
}

// Authority is what clients have to trust, in PEM.
func (p *Proxy) Authority() []byte { return p.authority.PEM() }

// URL is what a client's HTTPS_PROXY has to say.
func (p *Proxy) URL() string { return "http://" + p.listener.Addr().String() }

// Serve takes connections until Close.
func (p *Proxy) Serve() error {
	var inner error
	var wg sync.WaitGroup
	wg.Go(func() { inner = p.inner.Serve(p.tunnels) })
	outer := p.outer.Serve(p.listener)
	p.tunnels.close()
	wg.Wait()
	for _, err := range []error{outer, inner} {
		if err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("proxy: %w", err)
		}
	}
	return nil
}

// Close ends the proxy and the connections inside, but not the websockets that were made of them.
func (p *Proxy) Close() error {
	p.tunnels.close()
	return errors.Join(p.outer.Close(), p.inner.Close())
}

// connect opens the way to a host that the proxy stands in for.
func (p *Proxy) connect(w http.ResponseWriter, r *http.Request) {
	host, port, err := net.SplitHostPort(r.Host)
	host = strings.ToLower(host)
	switch {
	case r.Method != http.MethodConnect:
		http.Error(w, "this proxy takes CONNECT only", http.StatusMethodNotAllowed)
		return
	case err != nil || port != "443" || !p.options.Serves(host):
		p.options.Log.Info("proxy refused a host that is not simulated")
		http.Error(w, "this proxy leads to the simulated WhatsApp only", http.StatusForbidden)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		p.options.Log.Warn("proxy can't take a connection over", "error", err)
		return
	}
	// A deadline of the request that brought it here must not end it.
	_ = conn.SetDeadline(time.Time{})
	if _, err = conn.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		_ = conn.Close()
		return
	}
	p.tunnels.add(tls.Server(&ahead{Conn: conn, reader: buffered.Reader}, p.config(host)))
}

// config ends TLS for one host. Clients may name another host than they connected to, but no foreign one.
func (p *Proxy) config(host string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"}, // websockets are opened by it
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			name := strings.ToLower(hello.ServerName)
			if name == "" {
				name = host
			}
			if !p.options.Serves(name) {
				return nil, fmt.Errorf("proxy: %w", errForeign)
			}
			return p.authority.host(name)
		},
	}
}

var errForeign = errors.New("a host that is not simulated")

// ahead is a connection of which some bytes were read already.
type ahead struct {
	net.Conn
	reader *bufio.Reader
}

func (a *ahead) Read(p []byte) (int, error) { return a.reader.Read(p) }

// tunnels is the listener of the connections inside.
type tunnels struct {
	conns chan net.Conn
	addr  net.Addr
	once  sync.Once
	done  chan struct{}
}

func (t *tunnels) add(conn net.Conn) {
	select {
	case t.conns <- conn:
	case <-t.done:
		_ = conn.Close()
	}
}

// Accept gives the next connection.
func (t *tunnels) Accept() (net.Conn, error) {
	select {
	case conn := <-t.conns:
		return conn, nil
	case <-t.done:
		return nil, net.ErrClosed
	}
}

func (t *tunnels) close() { t.once.Do(func() { close(t.done) }) }

// Close ends Accept.
func (t *tunnels) Close() error {
	t.close()
	return nil
}

// Addr is the proxy's own address.
func (t *tunnels) Addr() net.Addr { return t.addr }

// Listen opens a proxy's address.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the proxy: %w", err)
	}
	return listener, nil
}
