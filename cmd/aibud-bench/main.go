// Command aibud-bench measures Aibud against a bare whatsmeow client on the
// same simulator, each in a process of its own, and prints ratios.
//
// Times on a shared machine are noisy: what counts are the ratios of CPU time
// and memory, of which both sides are taken in the same run.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

type commands struct {
	Run       runCommand       `cmd:"" default:"withargs" help:"Measure everything and print the table."`
	Simulator simulatorCommand `cmd:"" help:"Measure what a crowd of clients costs the simulator."`
	Swarm     swarmCommand     `cmd:"" hidden:"" help:"Be the crowd of clients. Started by simulator."`
	Bare      bareCommand      `cmd:"" hidden:"" help:"Be the baseline: bare whatsmeow clients. Started by run."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cli commands
	command := kong.Parse(&cli,
		kong.Name("aibud-bench"),
		kong.Description("Measures Aibud against a bare whatsmeow client."),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err := command.Run(); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "aibud-bench:", err)
		os.Exit(1) //nolint:gocritic // stop was called
	}
}
