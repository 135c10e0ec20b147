package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// runCommand measures everything.
type runCommand struct {
	Seats    int    `help:"Idle seats of the memory figure." default:"150"`
	Texts    int    `help:"Inbound texts of the CPU figure." default:"3000"`
	Probes   int    `help:"Texts of the latency figure." default:"200"`
	JSON     bool   `name:"json" help:"Print one line of JSON per figure instead of the table."`
	Aibud    string `help:"The aibud binary; built if not given." type:"path"`
	KeepLogs bool   `help:"Leave the folder with the processes' logs."`
}

// Run starts simulator, baseline and server, measures, and prints.
func (c *runCommand) Run(ctx context.Context) (err error) {
	folder, err := os.MkdirTemp("", "aibud-bench-")
	if err != nil {
		return err
	}
	if c.KeepLogs {
		fmt.Fprintln(os.Stderr, "logs are in", folder)
	} else {
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	}
	if c.Aibud, err = program(ctx, folder, c.Aibud); err != nil {
		return err
	}
	b := &bench{runCommand: *c, folder: folder}
	figures, err := b.measure(ctx)
	if err != nil {
		return err
	}
	return report(os.Stdout, figures, c.JSON)
}

// bench is one run.
type bench struct {
	runCommand
	folder string
}

// measure takes every figure. Baseline and server never run at once, so that
// neither takes the other's CPU; the simulator runs beside both.
func (b *bench) measure(ctx context.Context) ([]figure, error) {
	bare, err := b.subject(ctx, "bare", func(ctx context.Context, folder string, env []string, sim *simulation) (subject, error) {
		return startBare(ctx, folder, env, sim)
	})
	if err != nil {
		return nil, fmt.Errorf("baseline: %w", err)
	}
	aibud, err := b.subject(ctx, "aibud", func(ctx context.Context, folder string, env []string, sim *simulation) (subject, error) {
		return startServe(ctx, folder, env, b.Aibud, sim)
	})
	if err != nil {
		return nil, fmt.Errorf("aibud: %w", err)
	}
	return []figure{
		{Name: "memory per idle seat", Unit: "KB", Value: aibud.idle, Baseline: bare.idle, Reach: "≤ 1.5 ×"},
		{Name: "CPU time per inbound text", Unit: "µs", Value: aibud.cpu, Baseline: bare.cpu, Reach: "≤ 2 ×"},
		{Name: "inbound texts, wall rate", Unit: "/s", Value: aibud.rate, Baseline: bare.rate},
		{Name: "lead's send to websocket, median", Unit: "ms", Value: aibud.median, Baseline: bare.median, Reach: "< 50 ms"},
		{Name: "lead's send to websocket, p99", Unit: "ms", Value: aibud.p99, Baseline: bare.p99},
	}, nil
}

// results are one subject's figures.
type results struct {
	idle, cpu, rate, median, p99 float64
}

// subject is what is measured: the server, or the bare clients.
type subject interface {
	// seat links one more WhatsApp number and returns once it is logged in.
	seat(ctx context.Context, sim *simulation, number string) error
	// heard blocks until n texts were taken since it last returned.
	heard(ctx context.Context, n int) error
	process() *process
	stop() error
}

// starter starts a subject with its files in a folder and further environment
// variables.
type starter func(ctx context.Context, folder string, env []string, sim *simulation) (subject, error)

// tightHeap keeps garbage out of the memory figure, on both sides. It would
// distort CPU time, which is taken from a process of its own.
const tightHeap = "GOGC=20"

func (b *bench) subject(ctx context.Context, name string, start starter) (r results, err error) {
	err = b.with(ctx, name+"-memory", []string{tightHeap}, start, func(sim *simulation, s subject) error {
		r.idle, err = b.idle(ctx, sim, s)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("memory: %w", err)
	}
	err = b.with(ctx, name+"-speed", nil, start, func(sim *simulation, s subject) error {
		if err := b.prepare(ctx, sim, s); err != nil {
			return err
		}
		if r.median, r.p99, err = b.latency(ctx, sim, s); err != nil {
			return err
		}
		r.cpu, r.rate, err = b.inbound(ctx, sim, s)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("speed: %w", err)
	}
	return r, nil
}

// with starts a simulator and a subject, and ends both after use.
func (b *bench) with(ctx context.Context, name string, env []string, start starter, use func(*simulation, subject) error) (err error) {
	folder := filepath.Join(b.folder, name)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	sim, err := startSimulation(ctx, folder, b.Aibud)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sim.stop()) }()
	s, err := start(ctx, folder, env, sim)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	return use(sim, s)
}
