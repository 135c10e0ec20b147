package simulator

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/myaibud/aibud/engine/simulator/internal/clock"
	"github.com/myaibud/aibud/engine/simulator/internal/groups"
	"github.com/myaibud/aibud/engine/simulator/internal/media"
	"github.com/myaibud/aibud/engine/simulator/internal/newsletters"
	"github.com/myaibud/aibud/engine/simulator/internal/noise"
	"github.com/myaibud/aibud/engine/simulator/internal/pictures"
	"github.com/myaibud/aibud/engine/simulator/internal/proxy"
)

// Server is a WhatsApp network of its own: accounts with phones, a websocket for clients, and a control API.
type Server struct {
	cfg       Config
	log       *slog.Logger
	authority *noise.Authority
	listener  net.Listener
	http      *http.Server
	upgrader  websocket.Upgrader
	stop      context.CancelFunc
	proxy     *proxy.Proxy    // nil if there is none
	ctx       context.Context //nolint:containedctx // the server's own life, which bounds what no caller owns

	clock       clock.Clock
	directory   directory
	groups      groups.Registry
	pairings    pairings
	faults      faults
	pictures    pictures.Store
	newsletters newsletters.Store
	links       links
	stickers    stickerPacks
	bots        bots
	calls       calls
	crowds      groupFollowers
	media       *media.Store
	counters    counters
	ids         atomic.Uint64
	minimum     atomic.Pointer[clientVersion] // older clients are turned away

	mu      sync.Mutex
	closed  bool
	webPush string // the public key for pushes to browsers, once it was asked for
	conns   map[*conn]struct{}
	wg      sync.WaitGroup
}

// Ready is the line that a standalone simulator prints once it listens.
type Ready struct {
	Websocket string `json:"websocket"`
	Media     string `json:"media"`
	Control   string `json:"control"`
	RootKey   string `json:"root_key"`
	Proxy     string `json:"proxy,omitempty"`
}

// Start listens and serves until Close, or until ctx ends.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	cfg = cfg.withDefaults()
	if err := cfg.checkListen(); err != nil {
		return nil, err
	}
	var seed [32]byte
	if cfg.RootSeed != nil {
		seed = *cfg.RootSeed
	} else if _, err := rand.Read(seed[:]); err != nil {
		return nil, fmt.Errorf("draw root key: %w", err)
	}
	authority, err := noise.NewAuthority(seed, time.Now())
	if err != nil {
		return nil, fmt.Errorf("make certificates: %w", err)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	s := &Server{
		cfg: cfg, log: cfg.Log, authority: authority, listener: listener,
		conns: make(map[*conn]struct{}),
	}
	s.faults.clock, s.pairings.clock = &s.clock, &s.clock
	if s.media, err = s.newMedia(); err != nil {
		_ = listener.Close()
		return nil, err
	}
	s.ctx, s.stop = context.WithCancel(ctx)
	s.upgrader = websocket.Upgrader{
		ReadBufferSize: 2048, WriteBufferSize: 4096, WriteBufferPool: new(sync.Pool),
		// A client library's Origin is WhatsApp's, which never is the simulator's.
		CheckOrigin: func(*http.Request) bool { return true },
	}
	if err = s.openProxy(ctx); err != nil {
		_ = listener.Close()
		return nil, err
	}
	s.serve()
	return s, nil
}

func (s *Server) serve() {
	s.http = &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.serveProxy()
	s.wg.Add(2)
	go func() {
		defer s.wg.Done()
		if err := s.http.Serve(s.listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("simulator stopped listening", "error", err)
		}
	}()
	go func() {
		defer s.wg.Done()
		<-s.ctx.Done()
		s.shut()
	}()
}

// checkListen refuses addresses that other machines reach, unless they are meant to.
func (c Config) checkListen() error {
	for _, address := range []string{c.Listen, c.Proxy} {
		if address == "" {
			continue
		}
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return fmt.Errorf("%w listening address: %w", ErrInvalid, err)
		}
		ip := net.ParseIP(host)
		if !c.AllowRemote && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return fmt.Errorf("%w: a simulator listens on loopback only unless remote access is allowed", ErrInvalid)
		}
	}
	return nil
}

// Close ends every connection and waits until nothing of the server runs. It may be called more than once.
func (s *Server) Close() error {
	s.stop()
	s.wg.Wait()
	return nil
}

func (s *Server) shut() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.dropAll()
	// The only errors are the listeners', which nobody can act on any more.
	_ = s.http.Close()
	if s.proxy != nil {
		_ = s.proxy.Close()
	}
}

// track counts a goroutine that Close has to wait for; false means that the server is ending.
func (s *Server) track() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Add(1)
	return true
}

// WebsocketURL is where clients connect.
func (s *Server) WebsocketURL() string { return "ws://" + s.listener.Addr().String() + "/ws/chat" }

// MediaURL is the base of the media hosts.
func (s *Server) MediaURL() string { return "http://" + s.listener.Addr().String() }

// ControlURL is the base of the control API.
func (s *Server) ControlURL() string { return s.MediaURL() + "/control" }

// RootKey is what clients must trust in place of WhatsApp's key.
func (s *Server) RootKey() [32]byte { return s.authority.RootKey() }

// Ready describes the running server.
func (s *Server) Ready() Ready {
	root := s.RootKey()
	return Ready{
		Websocket: s.WebsocketURL(), Media: s.MediaURL(), Control: s.ControlURL(), RootKey: hex.EncodeToString(root[:]),
		Proxy: s.ProxyURL(),
	}
}

// Drop cuts the connections of a number's linked devices without a word; "" cuts everybody's.
func (s *Server) Drop(number string) {
	if number == "" {
		s.dropAll()
		return
	}
	for _, c := range s.connsOf(number) {
		c.close()
	}
}

// Restart forgets every connection and pairing that is under way, as a server that was restarted; accounts, devices
// and undelivered messages stay.
func (s *Server) Restart() {
	s.dropAll()
}

// Advance puts the server's clock ahead by d: what WhatsApp does after a time (codes expire, restrictions end) happens
// at once. ErrInvalid if d is negative.
func (s *Server) Advance(d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("%w: a clock is put ahead, never back", ErrInvalid)
	}
	s.clock.Advance(d)
	return nil
}

func (s *Server) dropAll() {
	s.mu.Lock()
	conns := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mu.Unlock()
	for _, c := range conns {
		c.close()
	}
}

// connsOf lists the live connections of a number ("" for all) that are logged in.
func (s *Server) connsOf(number string) []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*conn
	for c := range s.conns {
		if d := c.device.Load(); d != nil && (number == "" || d.account.number == number) {
			out = append(out, c)
		}
	}
	return out
}

func (s *Server) nextID() string {
	return fmt.Sprintf("%d-%d", s.clock.Unix(), s.ids.Add(1))
}
