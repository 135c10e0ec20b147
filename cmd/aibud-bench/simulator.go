package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"text/tabwriter"
)

// simulatorCommand measures the simulator itself: what a crowd of connected
// clients costs it.
type simulatorCommand struct {
	Clients  int     `help:"Clients that are linked and connected." default:"10000"`
	Rate     int     `help:"Texts a second across them, each way." default:"20"`
	Seconds  float64 `help:"How long they write." default:"30"`
	JSON     bool    `name:"json" help:"Print one line of JSON per figure instead of the table."`
	Aibud    string  `help:"The aibud binary; built if not given." type:"path"`
	KeepLogs bool    `help:"Leave the folder with the processes' logs."`
}

// amount is a figure without a baseline.
type amount struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Reach string  `json:"reach,omitempty"`
}

// Run starts the simulator and the crowd, measures, and prints.
func (c *simulatorCommand) Run(ctx context.Context) (err error) {
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
	amounts, err := c.measure(ctx, folder)
	if err != nil {
		return err
	}
	return printAmounts(amounts, c.JSON)
}

// program gives the aibud binary, built if none is given.
func program(ctx context.Context, folder, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	built := filepath.Join(folder, "aibud")
	build := exec.CommandContext(ctx, "go", "build", "-o", built, "./cmd/aibud")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build aibud: %w", err)
	}
	return built, nil
}

func (c *simulatorCommand) measure(ctx context.Context, folder string) (out []amount, err error) {
	sim, err := startSimulation(ctx, folder, c.Aibud)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, sim.stop()) }()
	crowd, input, err := startSwarm(ctx, folder, sim, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, input.Close(), crowd.stop()) }()
	var linked, wrote swarmLine
	if err = crowd.decode(&linked); err != nil {
		return nil, err
	}
	if err = pause(ctx, settleTime); err != nil {
		return nil, err
	}
	idle, err := sim.proc.memory()
	if err != nil {
		return nil, err
	}
	cpuBefore, err := sim.proc.cpu()
	if err != nil {
		return nil, err
	}
	if _, err = fmt.Fprintln(input, "write"); err != nil {
		return nil, err
	}
	if err = crowd.decode(&wrote); err != nil {
		return nil, err
	}
	if wrote.Errors > 0 || wrote.Received != wrote.Sent {
		return nil, fmt.Errorf("%d texts sent, %d received, %d failed: %s", wrote.Sent, wrote.Received, wrote.Errors, wrote.LastErr)
	}
	busy, err := sim.proc.memory()
	if err != nil {
		return nil, err
	}
	cpuAfter, err := sim.proc.cpu()
	if err != nil {
		return nil, err
	}
	return []amount{
		{Name: "clients connected", Value: float64(linked.LoggedIn), Reach: "10,000"},
		{Name: "clients linked a second", Unit: "/s", Value: float64(linked.LoggedIn) / linked.Seconds},
		{Name: "memory, idle", Unit: "MB", Value: idle / 1024, Reach: "< 1,024"},
		{Name: "memory, busy", Unit: "MB", Value: busy / 1024, Reach: "< 1,024"},
		{Name: "memory per client", Unit: "KB", Value: idle / float64(c.Clients)},
		{Name: "texts a second, all of which arrived", Unit: "/s", Value: float64(wrote.Sent) / c.Seconds},
		{Name: "CPU time per text", Unit: "µs", Value: float64((cpuAfter - cpuBefore).Microseconds()) / float64(wrote.Sent)},
	}, nil
}

func printAmounts(amounts []amount, asJSON bool) error {
	if asJSON {
		for _, a := range amounts {
			if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "simulator\tvalue\tto reach")
	for _, a := range amounts {
		fmt.Fprintf(table, "%s\t%.1f %s\t%s\n", a.Name, a.Value, a.Unit, a.Reach)
	}
	return table.Flush()
}
