package simulator_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"
	_ "modernc.org/sqlite"

	"github.com/myaibud/aibud/engine/simulator"
)

// patience is how long a test waits for what must happen, also on a machine that is busy with other things.
const patience = time.Minute

func background() context.Context { return context.Background() }

func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func start(t *testing.T, change ...func(*simulator.Config)) *simulator.Server {
	t.Helper()
	cfg := simulator.Config{RootSeed: &rootSeed}
	for _, f := range change {
		f(&cfg)
	}
	s, err := simulator.Start(background(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func phone(t *testing.T, s *simulator.Server, number, name string) *simulator.Phone {
	t.Helper()
	p, err := s.AddPhone(number, name)
	require.NoError(t, err)
	return p
}

// toSimulator sends what is meant for WhatsApp's hosts to the simulator.
type toSimulator struct {
	host string
	next *http.Transport
}

func (rt toSimulator) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", rt.host
	return rt.next.RoundTrip(r)
}

// client is an unmodified whatsmeow client that keeps what happened to it.
type client struct {
	*whatsmeow.Client
	t         *testing.T
	container *sqlstore.Container
	dsn       string // of its database
	server    *simulator.Server

	mu      sync.Mutex
	seen    []any
	changed chan struct{}
	fail    func(evt any) bool // makes the handler report failure
	log     waLog.Logger       // what open gives the library; nil for the usual
}

func newClient(t *testing.T, s *simulator.Server) *client {
	t.Helper()
	dsn := "file:" + filepath.Join(t.TempDir(), "wa.db") +
		"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=synchronous(NORMAL)&_txlock=immediate"
	container, err := sqlstore.New(background(), "sqlite", dsn, waLog.Noop)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, container.Close()) })
	c := &client{t: t, container: container, dsn: dsn, server: s, changed: make(chan struct{})}
	c.open()
	return c
}

// open makes a client on the store, as a process that starts does.
func (c *client) open() {
	device, err := c.container.GetFirstDevice(background())
	require.NoError(c.t, err)
	log := waLog.Noop
	if testing.Verbose() {
		log = waLog.Stdout("client", "DEBUG", false)
	}
	if c.log != nil {
		log = c.log
	}
	c.Client = whatsmeow.NewClient(device, log)
	target, err := url.Parse(c.server.MediaURL())
	require.NoError(c.t, err)
	transport := &http.Transport{}
	h := &http.Client{Transport: toSimulator{target.Host, transport}}
	c.SetWebsocketHTTPClient(h)
	c.SetPreLoginHTTPClient(h)
	c.SetMediaHTTPClient(h)
	c.SynchronousAck = true
	c.EnableDecryptedEventBuffer = true
	c.AddEventHandlerWithSuccessStatus(c.note)
	cli := c.Client
	c.t.Cleanup(func() {
		cli.Disconnect()
		transport.CloseIdleConnections()
	})
}

// internals is what the library has no method for: stanzas that other clients send, or broken ones.
func (c *client) internals() *whatsmeow.DangerousInternalClient {
	//lint:ignore SA1019 a test of the server has to say what the library never would
	return c.DangerousInternals()
}

func (c *client) note(evt any) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, evt)
	close(c.changed)
	c.changed = make(chan struct{})
	return c.fail == nil || !c.fail(evt)
}

// await returns the first event from the index that match accepts.
func await[E any](c *client, match func(E) bool) E {
	c.t.Helper()
	evt, ok := look(c, match, patience)
	if !ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		var names []string
		for _, evt := range c.seen {
			names = append(names, fmt.Sprintf("%T", evt))
		}
		c.t.Fatalf("no such %T; seen: %s", evt, strings.Join(names, ", "))
	}
	return evt
}

func look[E any](c *client, match func(E) bool, limit time.Duration) (E, bool) {
	timeout := time.After(limit)
	for {
		c.mu.Lock()
		for _, evt := range c.seen {
			if typed, ok := evt.(E); ok && (match == nil || match(typed)) {
				c.mu.Unlock()
				return typed, true
			}
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-timeout:
			var none E
			return none, false
		}
	}
}

func (c *client) forgetEvents() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = nil
}

// forgotten waits until a client that was logged out has deleted what it had stored, which it does after it said so.
func (c *client) forgotten() {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		devices, err := c.container.GetAllDevices(background())
		return err == nil && len(devices) == 0
	}, patience, time.Millisecond)
}

func (c *client) connect() {
	c.t.Helper()
	require.NoError(c.t, c.Connect())
}

// code connects an unlinked client and returns its first QR text.
func (c *client) code() string {
	c.t.Helper()
	c.connect()
	return await[*events.QR](c, nil).Codes[0]
}

// pair links the client to a phone and waits until it is ready.
func (c *client) pair(p *simulator.Phone) simulator.Device {
	c.t.Helper()
	d, err := p.Scan(patient(c.t), c.code())
	require.NoError(c.t, err)
	await[*events.Connected](c, nil)
	return d
}

func linked(t *testing.T, s *simulator.Server, p *simulator.Phone) *client {
	t.Helper()
	c := newClient(t, s)
	c.pair(p)
	return c
}

func text(want string) func(*events.Message) bool {
	return func(m *events.Message) bool {
		return m.Message.GetConversation() == want || m.Message.GetExtendedTextMessage().GetText() == want
	}
}

func says(want string) func(simulator.Message) bool {
	return func(m simulator.Message) bool { return m.Text == want }
}
