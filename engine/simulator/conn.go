package simulator

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/myaibud/aibud/engine/simulator/internal/noise"
	"github.com/myaibud/aibud/engine/simulator/internal/stanza"
)

// conn is one client's connection: a reader and a writer.
type conn struct {
	server *Server
	noise  *noise.Conn
	peer   *noise.Peer
	log    *slog.Logger
	host   string                 // by which the client reached the server
	device atomic.Pointer[device] // set by a login
	pair   *pairing               // set by a registration; only the reader touches it

	ctx    context.Context //nolint:containedctx // the connection's own life
	cancel context.CancelFunc

	mu      sync.Mutex
	out     []outgoing
	backlog int  // bytes that are not written yet
	owed    int  // those of them that answer the client itself
	last    bool // nothing may be queued any more
	lost    bool // the server has forgotten the connection, but the socket is open
	wake    chan struct{}
	room    chan struct{} // rings when something was written
}

type outgoing struct {
	data   []byte
	delay  time.Duration
	answer bool // to what the client itself sent
	after  <-chan struct{}
}

func (s *Server) handleWebsocket(w http.ResponseWriter, r *http.Request) {
	if hit := s.faults.next(FaultRefuse, ""); hit != nil {
		http.Error(w, http.StatusText(hit.Code), hit.Code)
		return
	}
	if s.counters.connections.Load() >= int64(s.cfg.MaxConnections) || !s.track() {
		http.Error(w, "service unavailable", http.StatusServiceUnavailable)
		return
	}
	ws, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.log.Debug("websocket upgrade failed", "error", err)
		s.wg.Done()
		return
	}
	s.counters.connectionsTotal.Add(1)
	s.counters.connections.Add(1)
	host := strings.Clone(r.Host)
	// On a goroutine of its own, so that what HTTP needed for the request is freed: half of what an idle client costs.
	go func() {
		defer s.wg.Done()
		defer s.counters.connections.Add(-1)
		s.greet(ws, host)
	}()
}

// greet shakes hands with a client and serves it to its end.
func (s *Server) greet(ws *websocket.Conn, host string) {
	defer func() { _ = ws.Close() }()
	// Ends the handshake too when the server closes.
	stop := context.AfterFunc(s.ctx, func() { _ = ws.Close() })
	defer stop()
	nc, peer, err := s.authority.Accept(ws, noise.Limits{Idle: s.cfg.IdleTimeout, Write: s.cfg.WriteTimeout})
	if errors.Is(err, noise.ErrProtocol) {
		s.log.Warn("handshake failed: client broke the protocol and is cut off", "error", err)
		return
	} else if err != nil {
		s.log.Info("handshake failed", "error", err)
		return
	}
	s.counters.handshakes.Add(1)
	s.run(nc, peer, host)
}

func (s *Server) run(nc *noise.Conn, peer *noise.Peer, host string) {
	c := &conn{
		server: s, noise: nc, peer: peer, host: host, wake: make(chan struct{}, 1), room: make(chan struct{}, 1),
		log: s.log.With("connection", s.ids.Add(1)),
	}
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	if !s.register(c) {
		c.cancel()
		return
	}
	defer s.unregister(c)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.write()
	}()
	if !c.begin() {
		c.finish()
	}
	c.read()
	c.close()
	<-done
	c.leave()
}

func (s *Server) register(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[c] = struct{}{}
	return true
}

func (s *Server) unregister(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

func (c *conn) read() {
	for c.awaitRoom() {
		data, err := c.noise.ReadStanza()
		if err != nil {
			c.readFailed(err)
			return
		}
		if c.ending() {
			continue // it was told to go; what it still sends is nobody's
		}
		node, err := stanza.Decode(data)
		if err != nil {
			c.log.Warn("client broke the protocol and is cut off", "error", err)
			c.end(streamError("xml-not-well-formed", ""))
			continue
		}
		c.server.counters.stanzasIn.Add(1)
		if !c.handle(node) {
			c.finish()
		}
	}
}

// number is whose client it is; "" before the login.
func (c *conn) number() string {
	if d := c.device.Load(); d != nil {
		return d.account.number
	}
	return ""
}

// close cuts the connection without a word.
func (c *conn) close() {
	c.cancel()
	// Closing twice is harmless and its error says nothing.
	_ = c.noise.Close()
}

// abandon forgets the client but leaves its socket open: it is offline for everybody and hears nothing any more.
func (c *conn) abandon() {
	c.mu.Lock()
	c.lost, c.out, c.backlog, c.owed = true, nil, 0, 0
	c.mu.Unlock()
	if d := c.device.Load(); d != nil && d.detach(c) {
		d.account.presenceChanged()
	}
}

func (c *conn) readFailed(err error) {
	var timeout net.Error
	switch {
	case errors.Is(err, noise.ErrProtocol):
		c.log.Warn("client broke the protocol and is cut off", "error", err)
	case c.ctx.Err() == nil && errors.As(err, &timeout) && timeout.Timeout():
		c.log.Warn("client was silent for too long and is cut off")
	default:
		c.log.Debug("connection ended", "error", err)
	}
}
