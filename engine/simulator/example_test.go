package simulator_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"

	"github.com/myaibud/aibud/engine/simulator"
)

// A phone scans the code of a whatsmeow client, somebody writes to its number, and the client answers.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := simulator.Start(ctx, simulator.Config{RootSeed: &rootSeed})
	must(err)
	defer func() { must(s.Close()) }()
	thandi, err := s.AddPhone("27821234567", "Thandi")
	must(err)
	pieter, err := s.AddPhone("27839876543", "Pieter")
	must(err)

	whatsmeow.WACertPubKey = s.RootKey()
	client, end := exampleClient(ctx, s)
	defer end()
	sent := make(chan error, 1)
	client.AddEventHandler(func(evt any) {
		switch evt := evt.(type) {
		case *events.QR:
			go func() {
				_, err := thandi.Scan(ctx, evt.Codes[0])
				must(err)
				_, err = pieter.SendText(ctx, "27821234567", "Are you there?")
				must(err)
			}()
		case *events.Message:
			if !evt.Info.IsFromMe {
				fmt.Println(evt.Info.PushName+":", evt.Message.GetConversation())
				go func() {
					_, err := client.SendMessage(ctx, evt.Info.Chat, say("I am."))
					sent <- err
				}()
			}
		}
	})
	must(client.Connect())
	answer, err := pieter.Wait(ctx, func(m simulator.Message) bool { return !m.FromMe })
	must(err)
	must(<-sent)
	fmt.Println("to Pieter:", answer.Text)
	// Output:
	// Pieter: Are you there?
	// to Pieter: I am.
}

// exampleClient is a client whose requests to WhatsApp's hosts reach the simulator.
func exampleClient(ctx context.Context, s *simulator.Server) (client *whatsmeow.Client, end func()) {
	dir, err := os.MkdirTemp("", "example")
	must(err)
	container, err := sqlstore.New(ctx, "sqlite", "file:"+filepath.Join(dir, "wa.db")+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)", waLog.Noop)
	must(err)
	device, err := container.GetFirstDevice(ctx)
	must(err)
	client = whatsmeow.NewClient(device, waLog.Noop)
	target, err := url.Parse(s.MediaURL())
	must(err)
	transport := &http.Transport{}
	h := &http.Client{Transport: toSimulator{target.Host, transport}}
	client.SetWebsocketHTTPClient(h)
	client.SetPreLoginHTTPClient(h)
	client.SetMediaHTTPClient(h)
	return client, func() {
		client.Disconnect()
		transport.CloseIdleConnections()
		must(container.Close())
		must(os.RemoveAll(dir))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
