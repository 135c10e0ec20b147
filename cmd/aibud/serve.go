package main

import (
	"context"
	"fmt"
	"time"
)

// shutdownTime bounds a clean shutdown.
const shutdownTime = 10 * time.Second

// serveCommand runs the server.
type serveCommand struct {
	settings
}

// Run serves until ctx ends, and then shuts down cleanly.
func (c *serveCommand) Run(ctx context.Context, io streams) error {
	if err := c.validate(); err != nil {
		return err
	}
	log := c.logger(io.err)
	server, err := startServer(ctx, c.settings, extras{}, log)
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Aibud is ready at %s\n", server.url())
	<-ctx.Done()
	log.Info("shutting down")
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	return server.stop(stopCtx)
}
