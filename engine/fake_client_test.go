package engine

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// fakeProvider makes clients that do at once what is asked of them, unless
// shape gives them other habits.
type fakeProvider struct {
	refreshes atomic.Int64

	mu      sync.Mutex
	shape   func(*fakeClient) // runs in Open
	open    func(key SeatKey) error
	refresh func(context.Context) error
	clients []*fakeClient
}

// habits says how the clients that are opened from now on behave.
func (p *fakeProvider) habits(shape func(*fakeClient)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shape = shape
}

// opening says what comes of Open; nil: all goes well.
func (p *fakeProvider) opening(open func(SeatKey) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = open
}

// refreshing says what comes of Refresh; nil: all goes well.
func (p *fakeProvider) refreshing(refresh func(context.Context) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refresh = refresh
}

func (p *fakeProvider) Open(_ context.Context, key SeatKey, device string, sink Sink) (Client, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open != nil {
		if err := p.open(key); err != nil {
			return nil, err
		}
	}
	client := &fakeClient{key: key, device: device, sink: sink, answers: make(chan PasskeyAnswer, 1)}
	client.linked.Store(device != "")
	if p.shape != nil {
		p.shape(client)
	}
	p.clients = append(p.clients, client)
	return client, nil
}

func (p *fakeProvider) Refresh(ctx context.Context) error {
	p.refreshes.Add(1)
	p.mu.Lock()
	refresh := p.refresh
	p.mu.Unlock()
	if refresh != nil {
		return refresh(ctx)
	}
	return nil
}

// opened returns every client of a seat, the first one first.
func (p *fakeProvider) opened(key SeatKey) []*fakeClient {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.clients), func(c *fakeClient) bool { return c.key != key })
}

// client returns the newest client of a seat.
func (p *fakeProvider) client(key SeatKey) *fakeClient {
	opened := p.opened(key)
	return opened[len(opened)-1]
}

// fakeClient logs in, or shows a QR code, as soon as it is connected.
type fakeClient struct {
	key    SeatKey
	device string
	sink   Sink
	linked atomic.Bool

	// Habits; nil: all goes well.
	connect    func(context.Context) error // replaces logging in and pairing
	disconnect func()
	logout     func(context.Context) error
	send       func(context.Context, Draft) (Accepted, error)
	typing     func(context.Context) error
	close      func() error

	byCode, proxy atomic.Value // strings
	heard         atomic.Value // a time.Time
	answers       chan PasskeyAnswer
	confirms      atomic.Int64

	connects, disconnects, logouts, closes atomic.Int64
	dialling, dialledTwice                 atomic.Int64 // calls of Connect under way; those that overlapped

	mu   sync.Mutex
	sent []Draft
}

var _ Client = (*fakeClient)(nil)

func (c *fakeClient) Linked() bool { return c.linked.Load() }

func (c *fakeClient) Connect(ctx context.Context) error {
	c.connects.Add(1)
	if c.dialling.Add(1) > 1 {
		c.dialledTwice.Add(1)
	}
	defer c.dialling.Add(-1)
	switch {
	case c.connect != nil:
		return c.connect(ctx)
	case c.Linked():
		c.sink.Signal(Connected{})
	default:
		code := PairingCode{Text: "code", Expires: time.Now().Add(time.Minute)}
		if number, _ := c.byCode.Load().(string); number != "" {
			code.Step, code.Text = PairCode, "for "+number
		}
		c.sink.Signal(code)
	}
	return nil
}

func (c *fakeClient) Disconnect() {
	c.disconnects.Add(1)
	if c.disconnect != nil {
		c.disconnect()
	}
}

func (c *fakeClient) Logout(ctx context.Context) error {
	c.logouts.Add(1)
	if c.logout != nil {
		return c.logout(ctx)
	}
	c.linked.Store(false)
	return nil
}

func (c *fakeClient) Send(ctx context.Context, draft Draft) (Accepted, error) {
	c.mu.Lock()
	c.sent = append(c.sent, draft)
	c.mu.Unlock()
	if c.send != nil {
		return c.send(ctx, draft)
	}
	return Accepted{At: time.Now()}, nil
}

// sentTexts returns what was handed over, in order.
func (c *fakeClient) sentTexts() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	texts := make([]string, 0, len(c.sent))
	for _, draft := range c.sent {
		texts = append(texts, draft.Text)
	}
	return texts
}

func (c *fakeClient) MarkRead(ctx context.Context, _ Party, _ []string) error {
	return c.SetTyping(ctx, Party{}, false)
}

func (c *fakeClient) SetTyping(ctx context.Context, _ Party, _ bool) error {
	if c.typing != nil {
		return c.typing(ctx)
	}
	return nil
}

func (c *fakeClient) PairByCode(number string) { c.byCode.Store(number) }

func (c *fakeClient) SetProxy(address string) error {
	c.proxy.Store(address)
	return nil
}

func (c *fakeClient) LastFrame() time.Time {
	heard, _ := c.heard.Load().(time.Time)
	return heard
}

func (c *fakeClient) AnswerPasskey(_ context.Context, answer PasskeyAnswer) error {
	c.answers <- answer
	return nil
}

func (c *fakeClient) ConfirmPasskey(context.Context) error {
	c.confirms.Add(1)
	return nil
}

func (c *fakeClient) Capabilities() Capabilities { return Capabilities{} }

func (c *fakeClient) Close() error {
	c.closes.Add(1)
	if c.close != nil {
		return c.close()
	}
	return nil
}
