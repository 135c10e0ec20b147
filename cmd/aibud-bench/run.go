package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// sizes say how much is measured.
type sizes struct {
	Idle      []int   `help:"Idle seats of the memory and boot figures." default:"100,1000"`
	Crowd     int     `help:"Seats at most of the run that fills 1 GB." default:"6000"`
	Seats     int     `help:"Seats of the figures for texts." default:"50"`
	Leads     int     `help:"Leads that write to each of them." default:"2"`
	Texts     int     `help:"Texts of each figure for texts." default:"20000"`
	Rush      int     `help:"Seats of the figure for texts a second." default:"500"`
	Rates     []int   `help:"Texts a second of the latency figures." default:"50,200,500"`
	Seconds   float64 `help:"How long each of those rates is kept up." default:"15"`
	Sockets   int     `help:"Dashboards of the fan-out figure." default:"1000"`
	Frames    int     `help:"Texts of the fan-out figure." default:"50"`
	Messages  int     `help:"Messages of the large database." default:"1000000"`
	Questions int     `help:"How often its pages are read." default:"300"`
}

// runCommand measures everything, or the sections that are named.
type runCommand struct {
	sizes

	Only     []string `help:"Sections to measure: idle, inbound, outgoing, rush, latency, fanout, million, crowd. By default all but crowd, which takes long."`
	Postgres string   `help:"URL of a PostgreSQL database whose tables may be dropped, for the figures on PostgreSQL." env:"TEST_POSTGRES_URL"`
	Runs     int      `help:"How often the sections with CPU times are run; the median counts." default:"1"`
	JSON     bool     `name:"json" help:"Print one line of JSON per figure instead of the table."`
	Aibud    string   `help:"The aibud binary; built if not given." type:"path"`
	KeepLogs bool     `help:"Leave the folder with the processes' logs."`

	settle time.Duration // see settleTime; shorter in tests
}

// settleTime is how long a process is left alone before its memory is read:
// until what its seats do after their logins is done.
const settleTime = 30 * time.Second

// section is a part of the benchmarks that can be run by itself.
type section struct {
	name    string
	measure func(*bench, context.Context) ([]figure, error)
	asked   bool // only if named
	repeat  bool // as often as Runs says
}

// sections are all there are, in the order in which they run.
func sections() []section {
	return []section{
		{name: "idle", measure: (*bench).idle},
		{name: "inbound", measure: (*bench).inbound, repeat: true},
		{name: "outgoing", measure: (*bench).outgoing, repeat: true},
		{name: "rush", measure: (*bench).rush, repeat: true},
		{name: "latency", measure: (*bench).latency},
		{name: "fanout", measure: (*bench).fanout},
		{name: "million", measure: (*bench).million},
		{name: "crowd", measure: (*bench).crowd, asked: true},
	}
}

// Run starts simulators, baselines and servers, measures, and prints.
func (c *runCommand) Run(ctx context.Context) (err error) {
	for _, name := range c.Only {
		if !slices.ContainsFunc(sections(), func(s section) bool { return s.name == name }) {
			return fmt.Errorf("there is no section %q", name)
		}
	}
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
	c.settle = settleTime
	figures, err := (&bench{runCommand: *c, folder: folder}).all(ctx)
	if len(figures) > 0 { // of the sections before the one that failed, too
		err = errors.Join(err, report(os.Stdout, figures, c.JSON))
	}
	return err
}

// bench is one run.
type bench struct {
	runCommand
	folder string
	count  int // of folders
}

func (b *bench) all(ctx context.Context) (figures []figure, err error) {
	for _, s := range sections() {
		if len(b.Only) == 0 && s.asked || len(b.Only) > 0 && !slices.Contains(b.Only, s.name) {
			continue
		}
		var runs [][]figure
		for range max(1, b.Runs) {
			fmt.Fprintln(os.Stderr, "measuring", s.name)
			found, err := s.measure(b, ctx)
			if err != nil {
				return figures, fmt.Errorf("%s: %w", s.name, err)
			}
			runs = append(runs, found)
			if !s.repeat {
				break
			}
		}
		figures = append(figures, median(runs)...)
	}
	return figures, nil
}

// median takes of each figure the run whose ratio, or value if it has none, is
// in the middle.
func median(runs [][]figure) []figure {
	key := func(f figure) float64 {
		if f.Ratio != nil {
			return *f.Ratio
		}
		return f.Value
	}
	out := make([]figure, len(runs[0]))
	for i := range out {
		same := make([]figure, len(runs))
		for k := range runs {
			same[k] = runs[k][i]
		}
		slices.SortFunc(same, func(a, b figure) int { return int(key(a)/key(b)*1e6) - 1e6 })
		out[i] = same[len(same)/2]
	}
	return out
}

// database is where a subject keeps its data.
type database struct {
	name string
	url  string // of PostgreSQL; empty for SQLite
}

// databases are those that texts are measured on.
func (b *bench) databases() []database {
	all := []database{{name: "SQLite"}}
	if b.Postgres != "" {
		all = append(all, database{name: "PostgreSQL", url: b.Postgres})
	}
	return all
}

// subject is what is measured: the server, or the bare clients. Its methods
// may be called at the same time.
type subject interface {
	// link links one more WhatsApp number and returns once it is logged in.
	link(ctx context.Context, sim *simulation, number string) error
	// texts tells the text of each message that was taken.
	texts() <-chan string
	// write sends the k-th text, from some seat to some lead who wrote to it.
	write(ctx context.Context, k int, text string) error
	// sent tells of each text that WhatsApp accepted.
	sent() <-chan struct{}
	// restart ends the process and starts it anew. It returns how long it
	// takes from the start until that many seats are connected.
	restart(ctx context.Context, seats int) (seconds float64, err error)
	process() *process
	stop() error
}

// kind is a kind of subject.
type kind string

const (
	kindAibud kind = "aibud"
	kindBare  kind = "bare"
)

// both are the kinds in the order in which they run. Baseline and server never
// run at once, so that neither takes the other's CPU; a simulator runs beside
// each.
func both() []kind { return []kind{kindBare, kindAibud} }

// with starts a simulator and a subject, and ends both after use.
func (b *bench) with(ctx context.Context, k kind, db database, env []string, use func(*simulation, subject) error) (err error) {
	b.count++
	folder := filepath.Join(b.folder, fmt.Sprintf("%02d-%s", b.count, k))
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	if db.url != "" {
		if err := emptyPostgres(ctx, db.url); err != nil {
			return err
		}
	}
	sim, err := startSimulation(ctx, folder, b.Aibud)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sim.stop()) }()
	var s subject
	if k == kindBare {
		s, err = startBare(ctx, folder, db, env, sim)
	} else {
		s, err = startServe(ctx, folder, db, env, b.Aibud, sim)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", k, err)
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := use(sim, s); err != nil {
		return fmt.Errorf("%s on %s: %w", k, strings.TrimSpace(db.name), err)
	}
	return nil
}
