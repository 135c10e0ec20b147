package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"
)

// swarmCommand is a crowd of whatsmeow clients, each linked to a phone of its
// own. It prints a line once all are logged in; for each line that it reads it
// lets them write to each other and prints what arrived.
type swarmCommand struct {
	Media   string  `required:""`
	Control string  `required:""`
	RootKey string  `required:""`
	Clients int     `required:""`
	Rate    int     `required:"" help:"Texts a second, from clients and from phones each."`
	Seconds float64 `required:"" help:"How long one round of traffic takes."`
}

// swarmLine is what the swarm prints.
type swarmLine struct {
	LoggedIn int     `json:"logged_in,omitempty"`
	Seconds  float64 `json:"seconds"`            // how long it took
	Sent     int64   `json:"sent,omitempty"`     // texts that the server took, of clients and phones
	Received int64   `json:"received,omitempty"` // texts that clients decrypted
	Errors   int64   `json:"errors,omitempty"`
	LastErr  string  `json:"last_error,omitempty"`
}

// swarm is the running crowd.
type swarm struct {
	swarmCommand
	sim      *simulation
	clients  []*whatsmeow.Client
	http     *http.Client
	keys     swarmKeys
	lids     *swarmLIDs
	received atomic.Int64
}

// linkers is how many clients link at once.
const linkers = 16

// Run links the clients and serves rounds of traffic until standard input
// ends.
func (c *swarmCommand) Run(ctx context.Context) error {
	if err := trust(c.RootKey); err != nil {
		return err
	}
	s := &swarm{
		swarmCommand: *c, lids: newSwarmLIDs(), clients: make([]*whatsmeow.Client, c.Clients),
		http: &http.Client{Transport: redirect(c.Media)},
		sim:  &simulation{client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * linkers}}, Control: c.Control},
	}
	out := json.NewEncoder(os.Stdout)
	began := time.Now()
	group, linkCtx := errgroup.WithContext(ctx)
	group.SetLimit(linkers)
	for i := range s.clients {
		group.Go(func() error { return s.link(linkCtx, ctx, i) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := out.Encode(swarmLine{LoggedIn: len(s.clients), Seconds: time.Since(began).Seconds()}); err != nil {
		return err
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		if err := out.Encode(s.traffic(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// swarmNumber is the number of the i-th client's phone.
func swarmNumber(i int) string { return fmt.Sprintf("2783%07d", i) }

// link makes the i-th phone and its client. The client lives as long as life.
func (s *swarm) link(ctx, life context.Context, i int) error {
	number := swarmNumber(i)
	if err := s.sim.phone(ctx, number, "Swarm"); err != nil {
		return err
	}
	client := whatsmeow.NewClient(s.keys.device(s.lids), nil)
	client.SetPreLoginHTTPClient(s.http)
	client.SetWebsocketHTTPClient(s.http)
	codes, ready := make(chan string, 1), make(chan struct{})
	var once sync.Once
	client.AddEventHandler(func(event any) {
		switch event := event.(type) {
		case *events.QR:
			codes <- event.Codes[0]
		case *events.Connected:
			once.Do(func() { close(ready) })
		case *events.Message:
			if !event.Info.IsFromMe {
				s.received.Add(1)
			}
		}
	})
	s.clients[i] = client
	if err := client.ConnectContext(life); err != nil {
		return err
	}
	select {
	case code := <-codes:
		if err := s.sim.scan(ctx, number, code); err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// traffic lets clients and phones write to random others, Rate texts a second
// each, and waits until all arrived.
func (s *swarm) traffic(ctx context.Context) swarmLine {
	var sent, failed atomic.Int64
	var last atomic.Value
	before, began := s.received.Load(), time.Now()
	one := func(send func() error) func() error {
		return func() error {
			if err := send(); err != nil {
				failed.Add(1)
				last.Store(err.Error())
				return nil
			}
			sent.Add(1)
			return nil
		}
	}
	var group errgroup.Group
	rounds := int(float64(s.Rate) * s.Seconds)
	ticker := time.NewTicker(time.Second / time.Duration(s.Rate))
	defer ticker.Stop()
	for range rounds {
		<-ticker.C
		from, to := s.two()
		group.Go(one(func() error { return s.clientWrites(ctx, from, to) }))
		from, to = s.two()
		group.Go(one(func() error {
			return s.sim.text(ctx, swarmNumber(from), swarmNumber(to), "Is the house still available?")
		}))
	}
	_ = group.Wait() // failures are counted
	line := swarmLine{Sent: sent.Load(), Errors: failed.Load()}
	line.LastErr, _ = last.Load().(string)
	for deadline := time.Now().Add(time.Minute); s.received.Load()-before < line.Sent && time.Now().Before(deadline); {
		_ = pause(ctx, 50*time.Millisecond) //nolint:contextcheck // pause returns when ctx ends
	}
	line.Received, line.Seconds = s.received.Load()-before, time.Since(began).Seconds()
	return line
}

// two draws two different clients.
func (s *swarm) two() (from, to int) {
	from = rand.IntN(len(s.clients))
	return from, (from + 1 + rand.IntN(len(s.clients)-1)) % len(s.clients)
}

func (s *swarm) clientWrites(ctx context.Context, from, to int) error {
	jid := types.NewJID(swarmNumber(to), types.DefaultUserServer)
	_, err := s.clients[from].SendMessage(ctx, jid, &waE2E.Message{Conversation: proto.String("Is it still available?")})
	return err
}

// startSwarm starts the crowd as a process of its own.
func startSwarm(ctx context.Context, folder string, sim *simulation, c *simulatorCommand) (*process, *os.File, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	proc, err := launchWith(ctx, folder, "swarm", nil, read, self, "swarm", "--media="+sim.Media, "--control="+sim.Control,
		"--root-key="+sim.RootKey, fmt.Sprintf("--clients=%d", c.Clients), fmt.Sprintf("--rate=%d", c.Rate),
		fmt.Sprintf("--seconds=%f", c.Seconds))
	if err != nil {
		return nil, nil, errors.Join(err, read.Close(), write.Close())
	}
	return proc, write, read.Close()
}
