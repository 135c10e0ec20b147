package main

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types/events"
	_ "modernc.org/sqlite" // the driver of the baseline's store
)

// bareCommand is the baseline: whatsmeow clients as its documentation shows
// them, on its own SQLite store, that decrypt and acknowledge and nothing
// else. It reads commands from standard input and answers on standard output,
// one JSON line each.
type bareCommand struct {
	Media   string `required:""`
	RootKey string `required:""`
	Store   string `required:""`
}

// bareLine is what the baseline prints.
type bareLine struct {
	Code   string `json:"code,omitempty"`   // a QR code to scan
	Linked bool   `json:"linked,omitempty"` // the client is logged in
	Text   bool   `json:"text,omitempty"`   // a text was decrypted
}

// Run serves commands until standard input ends: each line links a client.
func (c *bareCommand) Run(ctx context.Context) error {
	if err := trust(c.RootKey); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+c.Store+
		"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=synchronous(NORMAL)&_txlock=immediate")
	if err != nil {
		return err
	}
	container := sqlstore.NewWithDB(db, "sqlite3", nil)
	if err := container.Upgrade(ctx); err != nil {
		return err
	}
	clients := &http.Client{Transport: redirect(c.Media)}
	lines := make(chan bareLine, 1<<16)
	go func() {
		out := json.NewEncoder(os.Stdout)
		for line := range lines {
			_ = out.Encode(line)
		}
	}()
	var running []*whatsmeow.Client
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		client, err := link(ctx, container, clients, lines)
		if err != nil {
			return err
		}
		running = append(running, client)
	}
	for _, client := range running {
		client.Disconnect()
	}
	return container.Close()
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

// link makes a client that prints its QR code, and then what it takes.
func link(ctx context.Context, container *sqlstore.Container, clients *http.Client, lines chan<- bareLine) (*whatsmeow.Client, error) {
	client := whatsmeow.NewClient(container.NewDevice(), nil)
	client.SetPreLoginHTTPClient(clients)
	client.SetWebsocketHTTPClient(clients)
	client.SetMediaHTTPClient(clients)
	client.AddEventHandler(func(event any) {
		switch event := event.(type) {
		case *events.QR:
			lines <- bareLine{Code: event.Codes[0]}
		case *events.Connected:
			lines <- bareLine{Linked: true}
		case *events.Message:
			lines <- bareLine{Text: true}
		}
	})
	return client, client.ConnectContext(ctx)
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

// bare is the baseline's process, seen from the bench.
type bare struct {
	proc   *process
	input  *os.File
	texts  chan struct{}
	codes  chan string
	linked chan struct{}
	done   chan struct{}
}

func startBare(ctx context.Context, folder string, env []string, sim *simulation) (*bare, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	proc, err := launchWith(ctx, folder, "bare", env, read, self, "bare",
		"--media="+sim.Media, "--root-key="+sim.RootKey, "--store="+filepath.Join(folder, "bare.db"))
	if err != nil {
		return nil, err
	}
	b := &bare{
		proc: proc, input: write,
		texts: make(chan struct{}, 1<<16), codes: make(chan string, 16), linked: make(chan struct{}, 16), done: make(chan struct{}),
	}
	go b.read()
	return b, nil
}

func (b *bare) read() {
	defer close(b.done)
	for {
		var line bareLine
		if err := b.proc.decode(&line); err != nil {
			return
		}
		switch {
		case line.Text:
			b.texts <- struct{}{}
		case line.Code != "":
			b.codes <- line.Code
		case line.Linked:
			b.linked <- struct{}{}
		}
	}
}

func (b *bare) process() *process { return b.proc }

func (b *bare) seat(ctx context.Context, sim *simulation, number string) error {
	if _, err := fmt.Fprintln(b.input, "link"); err != nil {
		return err
	}
	for {
		select {
		case code := <-b.codes:
			if err := sim.scan(ctx, number, code); err != nil {
				return err
			}
		case <-b.linked:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-b.done:
			return errors.New("the baseline ended")
		}
	}
}

func (b *bare) heard(ctx context.Context, n int) error {
	for range n {
		select {
		case <-b.texts:
		case <-ctx.Done():
			return ctx.Err()
		case <-b.done:
			return errors.New("the baseline ended")
		}
	}
	return nil
}

func (b *bare) stop() error {
	_ = b.input.Close()
	err := b.proc.stop()
	<-b.done
	return err
}
