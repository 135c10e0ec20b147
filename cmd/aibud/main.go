// Command aibud is the whole product in one binary: the server, the demo, and
// the WhatsApp simulator.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands are what aibud can be asked to do.
type commands struct {
	Serve    serveCommand    `cmd:"" default:"withargs" help:"Run the server (what happens without a command)."`
	Demo     demoCommand     `cmd:"" help:"Run the server with a simulated WhatsApp, two seats and some leads, to try everything without a phone."`
	Simulate simulateCommand `cmd:"" help:"Run the WhatsApp simulator alone, for tests of any client."`
	Gemini   geminiCommand   `cmd:"" help:"Run the scripted stand-in for Gemini alone, for tests and demos without a key."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database to the newest schema and exit."`
	User     userCommand     `cmd:"" help:"Manage accounts from the command line."`
	Health   healthCommand   `cmd:"" help:"Ask a running server whether it is ready; exits 0 if so (for container health checks)."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

// streams are where a command writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// run is the program. It returns the exit code: 0 for success, 1 for a
// failure, 2 for a command line or settings that can't be used.
func run(ctx context.Context, args []string, io streams) int {
	var cli commands
	exit := -1
	parser, err := kong.New(&cli,
		kong.Name("aibud"),
		kong.Description("Aibud: a WhatsApp engine with an AI assistant for estate agents."),
		kong.UsageOnError(),
		kong.Writers(io.out, io.err),
		kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(io),
	)
	if err != nil {
		fmt.Fprintln(io.err, "aibud:", err)
		return 1
	}
	command, err := parser.Parse(args)
	if exit >= 0 { // --help has been printed
		return exit
	}
	if err != nil {
		fmt.Fprintf(io.err, "aibud: %v\nRun “aibud --help” for what is possible.\n", err)
		return 2
	}
	if err := command.Run(); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(io.err, "aibud:", err)
		if errors.Is(err, errSettings) {
			return 2
		}
		return 1
	}
	return 0
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(io streams) error {
	_, err := fmt.Fprintln(io.out, "aibud", version())
	return err
}

// version returns the module's version, or the commit that was built.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			return setting.Value[:12]
		}
	}
	return "development"
}
