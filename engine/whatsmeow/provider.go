package whatsmeow

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"golang.org/x/sync/singleflight"

	"github.com/myaibud/aibud/engine"
)

// Config says what a [Provider] works with.
type Config struct {
	// DB holds the keys of all linked devices. It stays the caller's to close.
	DB *sql.DB
	// Dialect of DB: "sqlite3" (with foreign keys on) or "postgres".
	Dialect string
	// Log takes what goes wrong. It gets no texts, numbers, codes or keys.
	Log *slog.Logger
	// Versions keeps the version of the web client; nil keeps none.
	Versions Versions
	// VersionOverride, such as "2.3000.1023456789", is used in place of the
	// version that WhatsApp names; empty to ask WhatsApp.
	VersionOverride string
	// Endpoint is a simulator to talk to; nil is WhatsApp.
	Endpoint *Endpoint
	// PrivateProxies lets seats use proxies in private networks.
	PrivateProxies bool
	// Files has the files to be sent; nil sends none.
	Files engine.Files
	// FirstCode and NextCode are how long QR codes are shown: the first of a
	// connection, and each that follows. By default 60 and 20 seconds, as
	// WhatsApp's own web client does (whatsmeow, events.QR).
	FirstCode, NextCode time.Duration
	// KeepAliveFailures is after how many unanswered pings in a row, each 20 to
	// 30 seconds apart, a connection is given up. By default 3.
	KeepAliveFailures int
	// SkipHistory takes no messages from the phone's history, only what the
	// protocol needs of it.
	SkipHistory bool
	// Silence is after how long without a byte of WhatsApp a connection is
	// asked for a sign of life, and Answer how long it may take to give one
	// before it is given up. By default 35 and 10 seconds: the library pings
	// every 20 to 30, so that a good connection is never asked.
	Silence, Answer time.Duration
	// FirstLook is when a seat looks, after its first login in this process, for
	// changes of chats and people that an earlier process was told of but did
	// not store. Seats spread that over three times as long. By default 20
	// seconds.
	FirstLook time.Duration
	// BacklogAge is how old a message may be when it comes in for somebody to
	// be woken by it. By default 10 minutes.
	BacklogAge time.Duration
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.FirstCode == 0 {
		c.FirstCode = 60 * time.Second
	}
	if c.NextCode == 0 {
		c.NextCode = 20 * time.Second
	}
	if c.BacklogAge == 0 {
		c.BacklogAge = 10 * time.Minute
	}
	if c.KeepAliveFailures == 0 {
		c.KeepAliveFailures = 3
	}
	if c.Silence == 0 {
		c.Silence = 35 * time.Second
	}
	if c.Answer == 0 {
		c.Answer = 10 * time.Second
	}
	if c.FirstLook == 0 {
		c.FirstLook = 20 * time.Second
	}
	return c
}

// Provider opens native clients. It implements [engine.Provider].
type Provider struct {
	cfg       Config
	log       *slog.Logger
	container *sqlstore.Container
	keeper    *keeper
	watchdog  *watchdog
	janitor   *janitor
	transport http.RoundTripper
	pages     *http.Client // for everything but websockets
	version   atomic.Pointer[store.WAVersionContainer]
	refresh   singleflight.Group
	drawing   chan struct{}   // has room for whoever works on a picture: see avatar
	life      context.Context //nolint:containedctx // of requests that several callers share; ended by Close
	end       context.CancelFunc

	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup // see background
}

var _ engine.Provider = (*Provider)(nil)

// New returns a provider, after bringing the tables of its key store up to
// date. It connects to nothing yet.
func New(ctx context.Context, cfg Config) (*Provider, error) {
	cfg = cfg.withDefaults()
	db, err := dbutil.NewWithDB(cfg.DB, cfg.Dialect)
	if err != nil {
		return nil, fmt.Errorf("key store: %w", err)
	}
	transport, err := newTransport(cfg.Endpoint, nil, true)
	if err != nil {
		return nil, err
	}
	p := &Provider{
		cfg:       cfg,
		log:       cfg.Log,
		container: newContainer(db, cfg.Log),
		transport: transport,
		pages:     &http.Client{Transport: transport},
		drawing:   make(chan struct{}, maxDrawing),
	}
	p.janitor = &janitor{log: cfg.Log}
	if err := upgradeKeys(ctx, db, p.container); err != nil {
		return nil, fmt.Errorf("bring the key store up to date: %w", err)
	}
	if err := p.loadVersion(ctx); err != nil {
		return nil, err
	}
	p.life, p.end = context.WithCancel(context.WithoutCancel(ctx))
	p.keeper = newKeeper(db, p.container)
	p.watchdog = newWatchdog(cfg.Silence, cfg.Answer)
	return p, nil
}

// Open implements [engine.Provider]. The device is the text form of the JID
// that WhatsApp gave to the linked device, as [engine.Account] told it. If its
// keys are gone, the client is not linked.
func (p *Provider) Open(ctx context.Context, seat engine.SeatKey, device string, sink engine.Sink) (engine.Client, error) {
	if p.isClosed() {
		return nil, errClosed()
	}
	c := newClient(p, seat, sink)
	if device == "" {
		return c, nil
	}
	jid, err := types.ParseJID(device)
	if err != nil {
		return nil, fmt.Errorf("the name of the linked device is malformed: %w", errors.Unwrap(err))
	}
	keys, err := p.container.GetDevice(ctx, jid)
	if err != nil {
		return nil, fmt.Errorf("read the keys of the linked device: %w", err)
	}
	if keys != nil {
		c.link(jid)
		c.fresh = keys
	}
	return c, nil
}

// Close waits for what clients may have left behind, and saves their keys.
// They must be closed before; DB must still be open. If it fails, the keys are
// as they were after a crash, in which nothing is lost.
func (p *Provider) Close() error {
	p.mu.Lock()
	again := p.closed
	p.closed = true
	p.mu.Unlock()
	if again {
		return nil
	}
	p.watchdog.close()
	p.end()
	p.calls.Wait()
	p.pages.CloseIdleConnections()
	if err := p.keeper.flusher.close(); err != nil {
		return fmt.Errorf("save the keys: %w", err)
	}
	return nil
}

func (p *Provider) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// background runs a dial or a request that may outlive its caller, since the
// library does not always look at its context: it waits up to 20 seconds for
// the answer to its handshake (whatsmeow, NoiseHandshakeResponseTimeout), and
// for its lock on sending. It reports false if the provider is closed.
func (p *Provider) background(call func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.calls.Go(call)
	return true
}

// forget deletes the keys of a device.
func (p *Provider) forget(ctx context.Context, jid types.JID) error {
	// A device of our own, since the library may be using the one it has.
	if err := p.keeper.DeleteDevice(ctx, &store.Device{ID: &jid}); err != nil {
		return fmt.Errorf("delete the keys of the linked device: %w", err)
	}
	return nil
}
