package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/myaibud/aibud/engine/assistant/scripted"
)

// geminiCommand runs the scripted stand-in for Gemini as a process of its own.
type geminiCommand struct {
	Listen string        `help:"Address to listen on." default:"127.0.0.1:7700"`
	Delay  time.Duration `help:"How long to think before each answer." default:"0s"`
}

// Run serves until ctx ends. Once it listens it prints one line of JSON with
// the value for GEMINI_BASE_URL.
func (c *geminiCommand) Run(ctx context.Context, io streams) error {
	server, err := startScripted(ctx, c.Listen, c.Delay)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(io.out).Encode(map[string]string{"base_url": server.url}); err != nil {
		return errors.Join(fmt.Errorf("print the address: %w", err), server.stop())
	}
	<-ctx.Done()
	return server.stop()
}

// scriptedServer is a running stand-in for Gemini.
type scriptedServer struct {
	url  string
	http *http.Server
	done chan struct{}
}

// startScripted listens and serves, thinking for the delay before each answer.
// Call stop to end it.
func startScripted(ctx context.Context, address string, delay time.Duration) (*scriptedServer, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the scripted AI: %w", err)
	}
	s := &scriptedServer{
		url:  "http://" + listener.Addr().String(),
		http: &http.Server{Handler: scripted.New(scripted.Delay(delay)), ReadHeaderTimeout: 10 * time.Second},
		done: make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(listener) // ends with ErrServerClosed by stop
	}()
	return s, nil
}

// stop ends the server and waits for it.
func (s *scriptedServer) stop() error {
	err := s.http.Close()
	<-s.done
	return err
}
