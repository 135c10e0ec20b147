package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// healthCommand asks a running server whether it is ready.
type healthCommand struct {
	Listen string `help:"Address that the server listens on." env:"AIBUD_LISTEN" default:"127.0.0.1:3000"`
}

// Run fails if the server doesn't answer that it is ready.
func (c *healthCommand) Run(ctx context.Context) error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("%w: AIBUD_LISTEN must be host:port: %w", errSettings, err)
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/ready", nil)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	client := &http.Client{}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the server is not ready: it answered %s", response.Status)
	}
	return nil
}
