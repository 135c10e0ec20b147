package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// bare is the baseline's process, seen from the bench.
type bare struct {
	launch  func(context.Context, *os.File) (*process, error)
	proc    *process
	input   *os.File
	inbound chan string
	out     chan struct{}
	done    chan struct{} // its output has ended

	mu      sync.Mutex
	changed chan struct{} // closed when any of the following changes
	codes   map[string]string
	linked  map[string]bool
	pairs   []bareOrder
	failure string
}

var _ subject = (*bare)(nil)

func startBare(ctx context.Context, folder string, db database, env []string, sim *simulation) (*bare, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b := &bare{inbound: make(chan string, 1<<17), out: make(chan struct{}, 1<<17), codes: make(map[string]string)}
	b.launch = func(ctx context.Context, input *os.File) (*process, error) {
		return launchWith(ctx, folder, "bare", env, input, self, "bare",
			"--media="+sim.Media, "--root-key="+sim.RootKey, "--store="+filepath.Join(folder, "bare.db"), "--postgres="+db.url)
	}
	return b, b.begin(ctx)
}

func (b *bare) begin(ctx context.Context) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	if b.proc, err = b.launch(ctx, read); err != nil {
		return errors.Join(err, write.Close())
	}
	b.mu.Lock()
	b.input, b.linked, b.done, b.changed = write, make(map[string]bool), make(chan struct{}), make(chan struct{})
	b.mu.Unlock()
	go b.read(b.proc, b.done)
	return nil
}

func (b *bare) read(proc *process, done chan struct{}) {
	defer close(done)
	for {
		text, err := proc.line()
		if err != nil {
			return
		}
		var line bareLine
		if json.Unmarshal([]byte(text), &line) != nil {
			continue // the Signal library prints to standard output
		}
		switch {
		case line.Text != "":
			b.taken(line)
		case line.Sent:
			b.out <- struct{}{}
		default:
			b.note(line)
		}
	}
}

func (b *bare) taken(line bareLine) {
	pair := bareOrder{Number: line.Number, To: line.From}
	b.mu.Lock()
	if key := line.Number + " " + line.From; b.codes[key] == "" {
		b.codes[key] = "met"
		b.pairs = append(b.pairs, pair)
	}
	b.mu.Unlock()
	b.inbound <- line.Text
}

func (b *bare) note(line bareLine) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case line.Code != "":
		b.codes[line.Number] = line.Code
	case line.Linked:
		b.linked[line.Number] = true
	case line.Error != "":
		b.failure = line.Error
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// until waits for a condition, which is called with mu held.
func (b *bare) until(ctx context.Context, condition func() bool) error {
	for {
		b.mu.Lock()
		met, changed, failure := condition(), b.changed, b.failure
		b.mu.Unlock()
		if failure != "" {
			return errors.New(failure)
		}
		if met {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-b.done:
			return errors.New("the baseline ended")
		}
	}
}

// order gives the process something to do.
func (b *bare) order(o bareOrder) error {
	line, err := json.Marshal(o)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	_, err = fmt.Fprintf(b.input, "%s\n", line)
	return err
}

func (b *bare) link(ctx context.Context, sim *simulation, number string) error {
	if err := b.order(bareOrder{Link: true, Number: number}); err != nil {
		return err
	}
	code := ""
	if err := b.until(ctx, func() bool { code = b.codes[number]; return code != "" }); err != nil {
		return err
	}
	if err := sim.scan(ctx, number, code); err != nil {
		return err
	}
	return b.until(ctx, func() bool { return b.linked[number] })
}

func (b *bare) texts() <-chan string { return b.inbound }

func (b *bare) sent() <-chan struct{} { return b.out }

func (b *bare) write(_ context.Context, k int, text string) error {
	b.mu.Lock()
	order := b.pairs[k%len(b.pairs)]
	b.mu.Unlock()
	order.Text = text
	return b.order(order)
}

func (b *bare) process() *process { return b.proc }

func (b *bare) restart(ctx context.Context, seats int) (float64, error) {
	if err := b.stop(); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := b.begin(ctx); err != nil {
		return 0, err
	}
	if err := b.order(bareOrder{Boot: true}); err != nil {
		return 0, err
	}
	err := b.until(ctx, func() bool { return len(b.linked) == seats })
	return time.Since(began).Seconds(), err
}

func (b *bare) stop() error {
	_ = b.input.Close()
	err := b.proc.stop()
	<-b.done
	return err
}
