package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"

	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// simulateCommand runs the WhatsApp simulator as a process of its own.
type simulateCommand struct {
	Listen      string `help:"Address for websocket, media and control API." default:"127.0.0.1:7600"`
	AllowRemote bool   `help:"Allow an address that other machines can reach. The control API has no password."`
	Proxy       string `help:"Address for an HTTP proxy that leads to the simulator under WhatsApp's own names, for programs that honour HTTPS_PROXY; needs --ca." placeholder:"HOST:PORT"`
	CA          string `name:"ca" help:"File for the certificate that such programs have to trust (SSL_CERT_FILE)." placeholder:"FILE"`
	Verbose     bool   `help:"Log every connection and whatever a client does wrong."`
}

// Help is what --help says beyond the flags.
func (simulateCommand) Help() string {
	return `Once it listens it prints one line of JSON: the websocket, the base addresses of media and of the control API, and root_key.
A client needs the websocket's address, and root_key to trust in place of WhatsApp's key (whatsmeow: WACertPubKey; Baileys: waWebSocketUrl and WA_CERT_DETAILS). Or leave its addresses as they are and give it the proxy.

Then make phones and let them act:

  curl -d '{"number":"27821234567"}' http://127.0.0.1:7600/control/phones
  curl -d '{"qr":"..."}' http://127.0.0.1:7600/control/phones/27821234567/scan
  curl -d '{"to":"27821234567","text":"hello"}' http://127.0.0.1:7600/control/phones/27839876543/messages
  curl -d '{"kind":"drop"}' http://127.0.0.1:7600/control/faults

docs/simulator.md has every call, every fault, and a client that runs.`
}

// simulateGCPercent is how much garbage the simulator lets grow, in percent of
// what lives.
const simulateGCPercent = 30

// Run serves until ctx ends. Once it listens it prints one line of JSON that
// tells a client how to reach it.
func (c *simulateCommand) Run(ctx context.Context, io streams) error {
	// Keeps the Signal library from printing to standard output, which is read
	// by whoever started us.
	whatsmeow.Configure(whatsmeow.Process{})
	if os.Getenv("GOGC") == "" {
		// What a crowd of clients leaves here stays; collecting earlier costs
		// little and halves what the process holds beyond it.
		debug.SetGCPercent(simulateGCPercent)
	}
	level := slog.LevelWarn
	if c.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: level}))
	if host, _, err := net.SplitHostPort(c.Listen); err == nil && !c.AllowRemote && !isLoopback(host) {
		return fmt.Errorf("%w: other machines could reach %s, and the control API has no password; add --allow-remote if that is meant", errSettings, c.Listen)
	}
	if (c.Proxy == "") != (c.CA == "") {
		return fmt.Errorf("%w: --proxy and --ca go together: who uses the proxy has to trust its certificate", errSettings)
	}
	server, err := simulator.Start(ctx, simulator.Config{Listen: c.Listen, AllowRemote: c.AllowRemote, Proxy: c.Proxy, Log: log})
	if err != nil {
		return fmt.Errorf("start the simulator: %w", err)
	}
	if c.CA != "" {
		if err := os.WriteFile(c.CA, server.ProxyAuthority(), 0o644); err != nil { //nolint:gosec // a certificate is for everybody
			_ = server.Close()
			return fmt.Errorf("write the certificate: %w", err)
		}
	}
	if err := json.NewEncoder(io.out).Encode(server.Ready()); err != nil {
		_ = server.Close()
		return fmt.Errorf("print the addresses: %w", err)
	}
	<-ctx.Done()
	return server.Close()
}

// isLoopback says whether only this machine reaches a listening address.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
