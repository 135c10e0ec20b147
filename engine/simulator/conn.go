package simulator

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"go.mau.fi/whatsmeow/binary"

	"github.com/myaibud/aibud/engine/simulator/internal/noise"
	"github.com/myaibud/aibud/engine/simulator/internal/stanza"
)

// maxBacklog is how many bytes may wait for a client that reads slowly before it is cut off. Nothing is lost by it:
// what was not acknowledged is delivered at the next login.
const maxBacklog = 256 << 20

// linger is how long a client that was told to go may take to close by itself. Clients read the closing of the socket
// and the stanza before it from different places, so one that is closed at once may never see why.
const linger = 500 * time.Millisecond

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
	backlog int
	last    bool // nothing may be queued any more
	lost    bool // the server has forgotten the connection, but the socket is open
	wake    chan struct{}
}

type outgoing struct {
	data  []byte
	delay time.Duration
}

func (s *Server) handleWebsocket(w http.ResponseWriter, r *http.Request) {
	if hit := s.faults.next(FaultRefuse, ""); hit != nil {
		http.Error(w, http.StatusText(hit.Code), hit.Code)
		return
	}
	if !s.track() {
		http.Error(w, "service unavailable", http.StatusServiceUnavailable)
		return
	}
	ws, err := s.upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.log.Debug("websocket upgrade failed", "error", err)
		s.wg.Done()
		return
	}
	host := strings.Clone(r.Host)
	// On a goroutine of its own, so that what HTTP needed for the request is freed: half of what an idle client costs.
	go func() {
		defer s.wg.Done()
		s.greet(ws, host)
	}()
}

// greet shakes hands with a client and serves it to its end.
func (s *Server) greet(ws *websocket.Conn, host string) {
	defer func() { _ = ws.Close() }()
	// Ends the handshake too when the server closes.
	stop := context.AfterFunc(s.ctx, func() { _ = ws.Close() })
	defer stop()
	s.counters.connectionsTotal.Add(1)
	s.counters.connections.Add(1)
	defer s.counters.connections.Add(-1)
	nc, peer, err := s.authority.Accept(ws, s.cfg.IdleTimeout)
	if err != nil {
		s.log.Info("handshake failed", "error", err)
		return
	}
	s.counters.handshakes.Add(1)
	s.run(nc, peer, host)
}

func (s *Server) run(nc *noise.Conn, peer *noise.Peer, host string) {
	c := &conn{
		server: s, noise: nc, peer: peer, host: host, wake: make(chan struct{}, 1),
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
	for {
		data, err := c.noise.ReadStanza()
		if err != nil {
			if errors.Is(err, noise.ErrProtocol) {
				c.log.Warn("client broke the protocol and is cut off", "error", err)
			} else {
				c.log.Debug("connection ended", "error", err)
			}
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

// send queues a stanza for the client; it never waits.
func (c *conn) send(node binary.Node) { c.sendLater(node, 0) }

func (c *conn) sendLater(node binary.Node, delay time.Duration) {
	data, err := stanza.Encode(node)
	if err != nil {
		c.log.Error("stanza can't be encoded", "tag", node.Tag, "error", err)
		return
	}
	c.queue(data, delay+c.server.faults.hold(FaultSlow, c.number()))
}

func (c *conn) queue(data []byte, delay time.Duration) {
	c.mu.Lock()
	if c.last || c.lost {
		c.mu.Unlock()
		return
	}
	c.out = append(c.out, outgoing{data, delay})
	c.backlog += len(data)
	full := c.backlog > maxBacklog
	c.mu.Unlock()
	if full {
		c.log.Warn("client reads too slowly and is cut off")
		c.close()
		return
	}
	c.ring()
}

// end sends a last stanza and closes once it is written.
func (c *conn) end(node binary.Node) {
	c.send(node)
	c.finish()
}

func (c *conn) finish() {
	c.mu.Lock()
	c.last = true
	c.mu.Unlock()
	c.ring()
}

func (c *conn) ending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last || c.lost
}

// number is whose client it is; "" before the login.
func (c *conn) number() string {
	if d := c.device.Load(); d != nil {
		return d.account.number
	}
	return ""
}

// sendGarbage sends two frames that decrypt and hold no stanza: one that ends too early, one that is not deflated.
func (c *conn) sendGarbage() {
	for _, data := range []string{"\x00\xf8\x05\x13", "\x02garbage"} {
		c.queue([]byte(data), 0)
	}
}

// abandon forgets the client but leaves its socket open: it is offline for everybody and hears nothing any more.
func (c *conn) abandon() {
	c.mu.Lock()
	c.lost, c.out, c.backlog = true, nil, 0
	c.mu.Unlock()
	if d := c.device.Load(); d != nil && d.detach(c) {
		d.account.presenceChanged()
	}
}

func (c *conn) ring() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// close cuts the connection without a word.
func (c *conn) close() {
	c.cancel()
	// Closing twice is harmless and its error says nothing.
	_ = c.noise.Close()
}

func (c *conn) write() {
	defer c.close()
	for {
		batch, last := c.takeOutgoing()
		for _, item := range batch {
			if !c.wait(item.delay) || !c.server.faults.awaitSpeech(c.ctx, c.number()) {
				return
			}
			if err := c.noise.WriteStanza(item.data); err != nil {
				c.log.Debug("write failed", "error", err)
				return
			}
			c.server.counters.stanzasOut.Add(1)
		}
		if last {
			c.wait(linger)
			c.noise.SayGoodbye()
			return
		}
		if len(batch) > 0 {
			continue
		}
		select {
		case <-c.wake:
		case <-c.ctx.Done():
			return
		}
	}
}

func (c *conn) takeOutgoing() ([]outgoing, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	batch := c.out
	c.out, c.backlog = nil, 0
	return batch, c.last && !c.lost
}

func (c *conn) wait(delay time.Duration) bool {
	return c.server.clock.Wait(c.ctx, delay)
}
