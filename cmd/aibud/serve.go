package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"
)

// shutdownTime bounds a clean shutdown.
const shutdownTime = 10 * time.Second

// gcPercent lets the heap grow to three times of what is in use before it is
// collected (Go's own default is twice): the server's heap is small, and
// messages make garbage fast. GOGC in the environment overrides it.
const gcPercent = 200

// serveCommand runs the server.
type serveCommand struct {
	settings
}

// welcome says where the server is and what a newcomer has to do next.
func (c *serveCommand) welcome(ctx context.Context, io streams, s *server) {
	fmt.Fprintf(io.out, "Aibud is ready at %s\n", s.url())
	if empty, err := s.store.Empty(ctx); err == nil && empty {
		fmt.Fprintln(io.out, "Open it in a browser and create the first account; it administers this server.")
	}
	if c.GeminiKey == "" {
		fmt.Fprintln(io.out, "The assistant is off: set GEMINI_API_KEY to let it answer leads.")
	}
}

// Run serves until ctx ends, and then shuts down cleanly.
func (c *serveCommand) Run(ctx context.Context, io streams) error {
	if err := c.validate(); err != nil {
		return err
	}
	log := c.logger(io.err)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if address := os.Getenv("AIBUD_PPROF"); address != "" { // for those who measure: no setting
		if err := serveProfiles(ctx, address); err != nil {
			return err
		}
	}
	server, err := startServer(ctx, c.settings, extras{}, log)
	if err != nil {
		return err
	}
	c.welcome(ctx, io, server)
	select {
	case <-ctx.Done():
	case <-server.lost:
		err = errors.New("another Aibud server has taken over this database, so this one ends")
	}
	log.Info("shutting down")
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	return errors.Join(err, server.stop(stopCtx))
}
