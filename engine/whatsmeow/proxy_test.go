package whatsmeow_test

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// gateway is a proxy that counts what goes through it.
type gateway struct {
	address string
	through atomic.Int32
	tunnels atomic.Int32 // of these

	mu    sync.Mutex
	conns []net.Conn
	close func()
}

func (g *gateway) took(conn net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns = append(g.conns, conn)
}

// down ends the proxy and all that goes through it.
func (g *gateway) down() {
	g.close()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, conn := range g.conns {
		_ = conn.Close()
	}
}

// httpGateway is an HTTP proxy that wants a password.
func httpGateway(t *testing.T) *gateway {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	g := &gateway{}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:secret"))
	forward := &httputil.ReverseProxy{Rewrite: func(*httputil.ProxyRequest) {}, Transport: &http.Transport{DisableKeepAlives: true}}
	server := &http.Server{
		ConnState: func(conn net.Conn, state http.ConnState) {
			if state == http.StateNew {
				g.took(conn)
			}
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Proxy-Authorization") != want {
				w.WriteHeader(http.StatusProxyAuthRequired)
				return
			}
			g.through.Add(1)
			if r.Method == http.MethodConnect {
				g.tunnel(w, r.Host)
				return
			}
			forward.ServeHTTP(w, r)
		}),
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(listener) }()
	g.address = "http://me:secret@" + listener.Addr().String()
	g.close = func() { _ = server.Close(); <-ended }
	t.Cleanup(g.down)
	return g
}

// tunnel opens the way to a host, over which only the two ends know what goes.
func (g *gateway) tunnel(w http.ResponseWriter, target string) {
	out, err := net.Dial("tcp", target)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	g.took(out)
	g.tunnels.Add(1)
	conn, in, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = out.Close()
		return
	}
	_, _ = conn.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n"))
	go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
	_, _ = io.Copy(conn, out)
	_ = conn.Close()
}

// overTLS puts a server that speaks TLS before the simulator, as WhatsApp's do.
func overTLS(t *testing.T) func(*whatsmeow.Config) {
	return func(cfg *whatsmeow.Config) {
		to, err := url.Parse(cfg.Endpoint.MediaURL)
		require.NoError(t, err)
		front := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }})
		t.Cleanup(front.Close)
		endpoint := *cfg.Endpoint
		endpoint.WebsocketURL, endpoint.MediaURL = strings.Replace(front.URL, "https", "wss", 1)+"/ws/chat", front.URL
		cfg.Endpoint = &endpoint
	}
}

// As in the world: TLS to WhatsApp, through a tunnel that an HTTP proxy opens.
// The websocket and the files go that way, and it fails closed.
func TestProxyTunnel(t *testing.T) {
	w := newWorld(t, allowPrivateProxies, overTLS(t))
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	g := httpGateway(t)
	s := w.pair(t, agent)
	require.Zero(t, g.through.Load())
	s.through(t, g.address)
	s.reconnect(t)
	require.EqualValues(t, 1, g.tunnels.Load())
	_, err := lead.Send(t.Context(), agentNumber, simulator.Media{Kind: simulator.KindImage, Data: []byte("a picture"), Caption: "Through the tunnel"})
	require.NoError(t, err)
	got := s.message(t, "Through the tunnel")
	into := temp(t)
	require.NoError(t, s.Client.(engine.MediaClient).Download(t.Context(), got.Raw, "", 1<<20, into))
	require.Equal(t, []byte("a picture"), contents(t, into))
	require.Greater(t, g.tunnels.Load(), int32(1), "files go through it as well")
	require.Equal(t, g.through.Load(), g.tunnels.Load(), "nothing is sent in the clear")

	s.set(func(m *memory) { m.signals = nil })
	g.down()
	await[engine.Disconnected](t, s.memory)
	err = s.Connect(t.Context())
	require.Equal(t, engine.CodeProxyFailed, engine.CodeOf(err))
	require.NotContains(t, err.Error(), "secret")

	wrong := httpGateway(t)
	s.through(t, strings.Replace(wrong.address, "me:secret", "me:wrong", 1))
	require.Equal(t, engine.CodeProxyFailed, engine.CodeOf(s.Connect(t.Context())))
	require.Zero(t, wrong.through.Load())
	s.through(t, wrong.address)
	s.connect(t)
	await[engine.Connected](t, s.memory)
}

// socksGateway is a SOCKS5 proxy (RFC 1928).
func socksGateway(t *testing.T) *gateway {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	g := &gateway{address: "socks5://" + listener.Addr().String()}
	var calls sync.WaitGroup
	calls.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			g.took(conn)
			calls.Go(func() { g.serveSOCKS(conn) })
		}
	})
	g.close = func() { _ = listener.Close() }
	t.Cleanup(func() { g.down(); calls.Wait() })
	return g
}

func (g *gateway) serveSOCKS(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	target, err := socksTarget(in, conn)
	if err != nil {
		return
	}
	out, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer func() { _ = out.Close() }()
	g.took(out)
	g.through.Add(1)
	_, _ = conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	done := make(chan struct{})
	go func() { defer close(done); _, _ = io.Copy(out, in); _ = out.Close() }()
	_, _ = io.Copy(conn, out)
	_ = conn.Close()
	<-done
}

// socksTarget reads the greeting and the wish to connect.
func socksTarget(in *bufio.Reader, out io.Writer) (string, error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(in, head); err != nil {
		return "", err
	}
	if _, err := io.CopyN(io.Discard, in, int64(head[1])); err != nil {
		return "", err
	}
	if _, err := out.Write([]byte{5, 0}); err != nil {
		return "", err
	}
	wish := make([]byte, 4)
	if _, err := io.ReadFull(in, wish); err != nil {
		return "", err
	}
	length := 4
	if wish[3] == 3 {
		n, err := in.ReadByte()
		if err != nil {
			return "", err
		}
		length = int(n)
	} else if wish[3] != 1 {
		return "", errors.New("another kind of address")
	}
	host, port := make([]byte, length), make([]byte, 2)
	if _, err := io.ReadFull(in, host); err != nil {
		return "", err
	}
	if _, err := io.ReadFull(in, port); err != nil {
		return "", err
	}
	name := string(host)
	if wish[3] == 1 {
		name = net.IP(host).String()
	}
	return net.JoinHostPort(name, strconv.Itoa(int(binary.BigEndian.Uint16(port)))), nil
}

func (s *seat) through(t *testing.T, address string) {
	t.Helper()
	proxied, ok := s.Client.(engine.Proxied)
	require.True(t, ok)
	require.NoError(t, proxied.SetProxy(address))
}

func allowPrivateProxies(cfg *whatsmeow.Config) { cfg.PrivateProxies = true }

func TestProxy(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *gateway{"http": httpGateway, "socks5": socksGateway} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, allowPrivateProxies)
			agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
			g := open(t)
			s := w.pair(t, agent)
			require.Zero(t, g.through.Load())
			s.through(t, g.address)
			s.reconnect(t)
			require.EqualValues(t, 1, g.through.Load())
			_, err := lead.SendText(t.Context(), agentNumber, "Through the proxy")
			require.NoError(t, err)
			s.message(t, "Through the proxy")

			// It fails closed: without the proxy there is no connection.
			s.set(func(m *memory) { m.signals = nil })
			g.down()
			await[engine.Disconnected](t, s.memory)
			err = s.Connect(t.Context())
			require.Equal(t, engine.CodeProxyFailed, engine.CodeOf(err))
			require.NotContains(t, err.Error(), "secret")

			s.through(t, "")
			s.connect(t)
			await[engine.Connected](t, s.memory)
		})
	}
}

func TestProxyThatWantsAnotherPassword(t *testing.T) {
	w := newWorld(t, allowPrivateProxies)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	g := httpGateway(t)
	s.Disconnect()
	s.through(t, strings.Replace(g.address, "me:secret", "me:wrong", 1))
	require.Equal(t, engine.CodeProxyFailed, engine.CodeOf(s.Connect(t.Context())))
	require.Zero(t, g.through.Load())
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(s.Client.(engine.Proxied).SetProxy("proxy")))
}

// Whoever may set a proxy must not find out what listens in this server's
// network: what is there and what is not get the same answer, uncalled.
func TestProxyInAPrivateNetwork(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	s.Disconnect()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	called := make(chan struct{})
	go func() {
		defer close(called)
		if conn, err := listener.Accept(); err == nil {
			t.Error("the private network was called")
			_ = conn.Close()
		}
	}()
	address := listener.Addr().String()
	for _, proxy := range []string{
		"http://" + address, "https://" + address, "socks5://" + address, "http://" + strings.Replace(address, "127.0.0.1", "localhost", 1),
		"http://127.0.0.1:1", "http://[::ffff:127.0.0.1]:1", "socks5://169.254.169.254:80",
	} {
		s.through(t, proxy)
		err := s.Connect(t.Context())
		require.Equal(t, engine.CodeProxyFailed, engine.CodeOf(err), proxy)
		require.ErrorIs(t, err, engine.ErrPrivate, proxy)
	}
	require.NoError(t, listener.Close())
	<-called
}
