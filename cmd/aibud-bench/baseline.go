package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"sync"

	_ "github.com/jackc/pgx/v5/stdlib" // the drivers of the baseline's stores
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"
	_ "modernc.org/sqlite"
)

// bareCommand is the baseline: whatsmeow clients as its documentation shows
// them, on its own store, that decrypt, acknowledge and send, and nothing
// else. It reads orders from standard input and answers on standard output,
// one JSON line each.
type bareCommand struct {
	Media    string `required:""`
	RootKey  string `required:""`
	Store    string `required:"" help:"File of the SQLite store."`
	Postgres string `help:"URL of the PostgreSQL store that is used instead."`
}

// bareOrder is what the baseline is to do: to link a client, to connect those
// that it finds linked, or to send a text.
type bareOrder struct {
	Link   bool   `json:"link,omitempty"`
	Boot   bool   `json:"boot,omitempty"`
	Number string `json:"number,omitempty"` // which the client has
	To     string `json:"to,omitempty"`
	Text   string `json:"text,omitempty"`
}

// bareLine is what the baseline prints.
type bareLine struct {
	Number string `json:"number,omitempty"`
	Code   string `json:"code,omitempty"`   // a QR code to scan
	Linked bool   `json:"linked,omitempty"` // the client is logged in
	From   string `json:"from,omitempty"`
	Text   string `json:"text,omitempty"` // was decrypted
	Sent   bool   `json:"sent,omitempty"` // a text was accepted
	Error  string `json:"error,omitempty"`
}

// baseline is the running baseline.
type baseline struct {
	container *sqlstore.Container
	http      *http.Client
	lines     chan bareLine

	mu      sync.Mutex
	clients map[string]*bareClient
}

// bareClient is a client with the texts that it has to send, one after the
// other, as the library does it.
type bareClient struct {
	*whatsmeow.Client
	orders chan bareOrder
}

// Run takes orders until standard input ends.
func (c *bareCommand) Run(ctx context.Context) error {
	if err := trust(c.RootKey); err != nil {
		return err
	}
	container, err := c.open(ctx)
	if err != nil {
		return err
	}
	b := &baseline{
		container: container, http: &http.Client{Transport: redirect(c.Media)},
		lines: make(chan bareLine, 1<<16), clients: make(map[string]*bareClient),
	}
	go func() {
		out := json.NewEncoder(os.Stdout)
		for line := range b.lines {
			_ = out.Encode(line)
		}
	}()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var order bareOrder
		if err := json.Unmarshal(in.Bytes(), &order); err != nil {
			return err
		}
		if err := b.obey(ctx, order); err != nil {
			return err
		}
	}
	for _, client := range b.clients {
		client.Disconnect()
	}
	return container.Close()
}

// open opens the library's own store as its documentation shows it.
func (c *bareCommand) open(ctx context.Context) (*sqlstore.Container, error) {
	driver, dsn, dialect := "sqlite", "file:"+c.Store+
		"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=synchronous(NORMAL)&_txlock=immediate", "sqlite3"
	if c.Postgres != "" {
		driver, dsn, dialect = "pgx", c.Postgres, "postgres"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	if c.Postgres != "" {
		db.SetMaxOpenConns(20) // as many as the server has
		db.SetMaxIdleConns(20)
	}
	container := sqlstore.NewWithDB(db, dialect, nil)
	return container, container.Upgrade(ctx)
}

func (b *baseline) obey(ctx context.Context, order bareOrder) error {
	switch {
	case order.Link:
		client := b.client(ctx, b.container.NewDevice(), order.Number)
		go b.connect(ctx, client)
	case order.Boot:
		devices, err := b.container.GetAllDevices(ctx)
		if err != nil {
			return err
		}
		go b.boot(ctx, devices)
	default:
		b.mu.Lock()
		client := b.clients[order.Number]
		b.mu.Unlock()
		if client == nil {
			return errors.New("a text of a client that was not linked")
		}
		client.orders <- order
	}
	return nil
}

// bootAtOnce is how many clients connect at the same time, as many as of the
// server.
const bootAtOnce = 50

func (b *baseline) boot(ctx context.Context, devices []*store.Device) {
	var group errgroup.Group
	group.SetLimit(bootAtOnce)
	for _, device := range devices {
		client := b.client(ctx, device, device.GetJID().User)
		group.Go(func() error { b.connect(ctx, client); return nil })
	}
	_ = group.Wait() // failures were told
}

func (b *baseline) connect(ctx context.Context, client *bareClient) {
	if err := client.ConnectContext(ctx); err != nil {
		b.lines <- bareLine{Error: err.Error()}
	}
}

// client makes a client that prints its QR code, and then what it takes.
func (b *baseline) client(ctx context.Context, device *store.Device, number string) *bareClient {
	client := &bareClient{Client: whatsmeow.NewClient(device, nil), orders: make(chan bareOrder, 1<<12)}
	client.SetPreLoginHTTPClient(b.http)
	client.SetWebsocketHTTPClient(b.http)
	client.SetMediaHTTPClient(b.http)
	var sender sync.Once
	client.AddEventHandler(func(event any) {
		switch event := event.(type) {
		case *events.QR:
			b.lines <- bareLine{Number: number, Code: event.Codes[0]}
		case *events.Connected:
			b.lines <- bareLine{Number: number, Linked: true}
		case *events.Message:
			if event.Info.IsFromMe {
				return
			}
			sender.Do(func() { go b.send(ctx, client) }) // an idle client has no goroutine for it
			from := event.Info.Sender
			if event.Info.SenderAlt.Server == types.DefaultUserServer {
				from = event.Info.SenderAlt
			}
			b.lines <- bareLine{Number: number, From: from.User, Text: event.Message.GetConversation() + event.Message.GetExtendedTextMessage().GetText()}
		}
	})
	b.mu.Lock()
	b.clients[number] = client
	b.mu.Unlock()
	return client
}

// send sends what a client is ordered to.
func (b *baseline) send(ctx context.Context, client *bareClient) {
	for order := range client.orders {
		to := types.NewJID(order.To, types.DefaultUserServer)
		_, err := client.SendMessage(ctx, to, &waE2E.Message{Conversation: proto.String(order.Text)})
		if err != nil {
			b.lines <- bareLine{Error: err.Error()}
			return
		}
		b.lines <- bareLine{Sent: true}
	}
}

// trust makes clients take the simulator for WhatsApp.
func trust(rootKey string) error {
	key, err := hex.DecodeString(rootKey)
	if err != nil || len(key) != len(whatsmeow.WACertPubKey) {
		return errors.New("the root key is not 64 hex digits")
	}
	copy(whatsmeow.WACertPubKey[:], key)
	return nil
}

// redirect sends WhatsApp's addresses to the simulator, which serves the
// websocket and media on one port.
func redirect(media string) http.RoundTripper {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	target, err := url.Parse(media)
	if err != nil {
		target = &url.URL{}
	}
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.URL.Scheme, r.URL.Host = target.Scheme, target.Host
		return transport.RoundTrip(r)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
