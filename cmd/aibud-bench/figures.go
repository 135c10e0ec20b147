package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"
)

// figure is one line of the table.
type figure struct {
	Name     string  `json:"name"`
	Unit     string  `json:"unit"`
	Value    float64 `json:"value"`
	Baseline float64 `json:"baseline"`
	Ratio    float64 `json:"ratio"`
	Reach    string  `json:"reach,omitempty"`
}

func report(w io.Writer, figures []figure, asJSON bool) error {
	if asJSON {
		for _, f := range figures {
			f.Ratio = f.Value / f.Baseline
			if err := json.NewEncoder(w).Encode(f); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "figure\taibud\tbare whatsmeow\tratio\tto reach")
	for _, f := range figures {
		fmt.Fprintf(table, "%s\t%.1f %s\t%.1f %s\t%.2f ×\t%s\n", f.Name, f.Value, f.Unit, f.Baseline, f.Unit, f.Value/f.Baseline, f.Reach)
	}
	return table.Flush()
}

// leadCount is how many leads write at once.
const leadCount = 20

// warmup is how many texts are sent before anything is counted: first
// messages make sessions, contacts and conversations.
const warmup = 5 * leadCount

// settle is how long a process is left alone before its memory is read.
const settle = 5 * time.Second

// idle links the seats and returns how many KB of resident memory each took.
// The first few are not counted: they pay for what all share.
func (b *bench) idle(ctx context.Context, sim *simulation, s subject) (float64, error) {
	const first = 10
	var before float64
	for i := range b.Seats + first {
		if i == first {
			if err := pause(ctx, settle); err != nil {
				return 0, err
			}
			var err error
			if before, err = s.process().memory(); err != nil {
				return 0, err
			}
		}
		if err := addSeat(ctx, sim, s, i); err != nil {
			return 0, err
		}
	}
	if err := pause(ctx, settle); err != nil {
		return 0, err
	}
	after, err := s.process().memory()
	return (after - before) / float64(b.Seats), err
}

// seatNumber is the number of the i-th seat.
func seatNumber(i int) string { return fmt.Sprintf("2782555%04d", i) }

func addSeat(ctx context.Context, sim *simulation, s subject, i int) error {
	if err := sim.phone(ctx, seatNumber(i), "Seat"); err != nil {
		return err
	}
	if err := s.seat(ctx, sim, seatNumber(i)); err != nil {
		return fmt.Errorf("seat %d: %w", i+1, err)
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func lead(i int) string { return fmt.Sprintf("2782666%04d", i) }

// prepare links a seat and has every lead write to it.
func (b *bench) prepare(ctx context.Context, sim *simulation, s subject) error {
	if err := addSeat(ctx, sim, s, 0); err != nil {
		return err
	}
	for i := range leadCount {
		if err := sim.phone(ctx, lead(i), "Lead"); err != nil {
			return err
		}
	}
	_, err := b.send(ctx, sim, s, warmup)
	return err
}

// latency sends one text at a time and returns the median and the 99th
// percentile of the milliseconds until it was heard of.
func (b *bench) latency(ctx context.Context, sim *simulation, s subject) (median, p99 float64, err error) {
	times := make([]float64, 0, b.Probes)
	for i := range b.Probes {
		began := time.Now()
		heard := make(chan error, 1)
		go func() { heard <- s.heard(ctx, 1) }()
		if err := sim.text(ctx, lead(i%leadCount), seatNumber(0), "probe"); err != nil {
			return 0, 0, err
		}
		if err := <-heard; err != nil {
			return 0, 0, err
		}
		times = append(times, float64(time.Since(began).Microseconds())/1000)
	}
	slices.Sort(times)
	return times[len(times)/2], times[len(times)*99/100], nil
}

// inbound sends many texts at once and returns the microseconds of CPU time
// that the process spent on each, and how many it took a second.
func (b *bench) inbound(ctx context.Context, sim *simulation, s subject) (cpu, rate float64, err error) {
	before, err := s.process().cpu()
	if err != nil {
		return 0, 0, err
	}
	took, err := b.send(ctx, sim, s, b.Texts)
	if err != nil {
		return 0, 0, err
	}
	after, err := s.process().cpu()
	if err != nil {
		return 0, 0, err
	}
	return float64((after - before).Microseconds()) / float64(b.Texts), float64(b.Texts) / took.Seconds(), nil
}

// send has the leads write n texts in all and returns how long it took until
// all were heard of.
func (b *bench) send(ctx context.Context, sim *simulation, s subject, n int) (time.Duration, error) {
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.heard(ctx, n) })
	var next atomic.Int64
	for i := range leadCount {
		group.Go(func() error {
			for k := next.Add(1); k <= int64(n); k = next.Add(1) {
				if err := sim.text(ctx, lead(i), seatNumber(0), fmt.Sprintf("Is the house in street %d still for sale?", k)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return time.Since(began), err
}
