package whatsmeow

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// closeGrace is how long Close lets a fact that is being stored finish.
const closeGrace = 3 * time.Second

// Client is the native client of one seat. It implements [engine.Client].
// Make one with [Provider.Open].
type Client struct {
	provider *Provider
	seat     engine.SeatKey
	sink     engine.Sink
	log      *slog.Logger
	uploads  uploads
	life     context.Context //nolint:containedctx // of the facts being stored; ended by Close
	end      context.CancelFunc

	connecting chan struct{} // has room for whoever makes a session
	available  atomic.Bool   // the seat is to appear online even when it shows nothing
	arrears    arrears

	mu      sync.Mutex
	jid     types.JID // of the linked device; empty if not linked
	session *session  // the last one, over or not; nil before the first
	closed  bool
	number  string        // to be paired with by code; empty: by QR code
	detour  *route        // the seat's own way to WhatsApp; nil: the one that all share
	fresh   *store.Device // the keys as Open read them, for the first connection

	// gate is held for reading while the sink is called. shut, which it
	// guards, says that the sink is not to be called any more.
	gate sync.RWMutex
	shut bool
}

var (
	_ engine.Client        = (*Client)(nil)
	_ engine.Listening     = (*Client)(nil)
	_ engine.CodePairer    = (*Client)(nil)
	_ engine.PasskeyPairer = (*Client)(nil)
	_ engine.Proxied       = (*Client)(nil)
)

func newClient(p *Provider, seat engine.SeatKey, sink engine.Sink) *Client {
	c := &Client{provider: p, seat: seat, sink: sink, log: p.log.With("seat", string(seat.Seat)), connecting: make(chan struct{}, 1)}
	c.life, c.end = context.WithCancel(context.Background())
	return c
}

// link makes a device the one that the client is linked with.
func (c *Client) link(jid types.JID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jid = jid
}

// unlink forgets a device, if it is the client's.
func (c *Client) unlink(jid types.JID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.jid == jid {
		c.jid = types.EmptyJID
	}
}

// linkedAs returns the JID of the linked device, or none.
func (c *Client) linkedAs() types.JID {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.jid
}

// Linked implements [engine.Client].
func (c *Client) Linked() bool { return !c.linkedAs().IsEmpty() }

// Capabilities implements [engine.Client].
func (c *Client) Capabilities() engine.Capabilities {
	return engine.Capabilities{
		PairByQR: true, Typing: true, ReadMark: true,
		Groups: true, Communities: true, Channels: true, Status: true, People: true, Profile: true, Presence: true, Timers: true, HistoryOnDemand: true,
	}
}

// Connect implements [engine.Client]. A connection that is already there stays
// as it is.
func (c *Client) Connect(ctx context.Context) error {
	return c.connect(ctx, c.sink)
}

// connect makes a session whose signals go to the given sink.
func (c *Client) connect(ctx context.Context, sink engine.Sink) error {
	select {
	case c.connecting <- struct{}{}:
		defer func() { <-c.connecting }()
	case <-ctx.Done():
		return connectError(ctx.Err())
	}
	if previous := c.current(); previous != nil {
		if previous.alive() {
			return nil
		}
		if err := previous.gone(ctx); err != nil {
			return connectError(err)
		}
	}
	device, err := c.device(ctx)
	if err != nil {
		return err
	}
	s, err := c.newSession(device, sink)
	if err != nil {
		return err
	}
	return s.dial(ctx)
}

// device returns the keys for a session, read anew each time: some of the
// library's goroutines outlive their session and go on changing what they
// have. Without a linked device the keys are new ones.
func (c *Client) device(ctx context.Context) (*store.Device, error) {
	p := c.provider
	jid := c.linkedAs()
	if jid.IsEmpty() {
		return p.container.NewDevice(), nil
	}
	if device := c.takeFresh(); device != nil {
		return device, nil
	}
	device, err := p.container.GetDevice(ctx, jid)
	if err != nil {
		return nil, &engine.Error{
			Code:    engine.CodeUnavailable,
			Message: "The keys of the linked device could not be read. It is tried again.",
			Err:     err,
		}
	}
	if device == nil {
		c.unlink(jid)
		return p.container.NewDevice(), nil
	}
	return device, nil
}

// takeFresh returns the keys that were read when the client was opened, once:
// a start with thousands of seats reads them all.
func (c *Client) takeFresh() *store.Device {
	c.mu.Lock()
	defer c.mu.Unlock()
	device := c.fresh
	c.fresh = nil
	return device
}

// newSession makes a session the current one.
func (c *Client) newSession(device *store.Device, sink engine.Sink) (*session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errClosed()
	}
	c.session = newSession(c, device, sink)
	return c.session, nil
}

func (c *Client) current() *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session
}

// ready returns the session if it is logged in.
func (c *Client) ready() (*session, error) {
	s := c.current()
	if s == nil || !s.ready() {
		return nil, errNotConnected(nil)
	}
	return s, nil
}

// LastFrame implements [engine.Listening].
func (c *Client) LastFrame() time.Time {
	s := c.current()
	if s == nil || s.wire.seen.Load() == 0 {
		return time.Time{}
	}
	return time.Unix(0, s.wire.seen.Load())
}

// Disconnect implements [engine.Client]. It doesn't wait for the server.
func (c *Client) Disconnect() {
	if s := c.current(); s != nil {
		s.stop()
	}
}

// Close implements [engine.Client]. A fact that is being stored may finish for
// a few seconds. Keys that could not be saved are as they were after a crash.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	grace := time.AfterFunc(closeGrace, c.end)
	c.gate.Lock() // waits for calls of the sink, and lets no more begin
	c.shut = true
	c.gate.Unlock()
	grace.Stop()
	c.end()
	if s := c.current(); s != nil {
		s.finish(nil)
	}
	c.leave()
	if err := c.provider.keeper.flush(c.linkedAs()); err != nil {
		return fmt.Errorf("save the keys: %w", err)
	}
	return nil
}

// guarded calls the sink unless the client is closed. It reports whether it
// did. Calls must not be nested.
func (c *Client) guarded(call func()) bool {
	c.gate.RLock()
	defer c.gate.RUnlock()
	if c.shut {
		return false
	}
	call()
	return true
}
