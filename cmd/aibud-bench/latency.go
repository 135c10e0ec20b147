package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// latency measures how long it takes from a lead's sending until the text is
// at the websocket, or with the baseline's handler, at a steady rate.
func (b *bench) latency(ctx context.Context) (figures []figure, err error) {
	of := make(map[kind][]times)
	for _, k := range both() {
		err := b.with(ctx, k, database{name: "SQLite"}, nil, func(sim *simulation, s subject) error {
			c, err := assemble(ctx, sim, s, b.Seats, b.Leads)
			if err != nil {
				return err
			}
			for _, rate := range b.Rates {
				t, err := c.steady(ctx, rate, b.Seconds)
				if err != nil {
					return fmt.Errorf("%d a second: %w", rate, err)
				}
				of[k] = append(of[k], t)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for i, rate := range b.Rates {
		p99 := against(fmt.Sprintf("lead to websocket at %d a second, p99", rate), "ms", of[kindAibud][i].at(0.99), of[kindBare][i].at(0.99))
		if rate <= 200 {
			p99 = p99.most(100)
		}
		figures = append(figures,
			against(fmt.Sprintf("lead to websocket at %d a second, p50", rate), "ms", of[kindAibud][i].at(0.5), of[kindBare][i].at(0.5)), p99)
	}
	return figures, nil
}

// times are durations in ascending order.
type times []time.Duration

func sorted(all []time.Duration) times {
	slices.Sort(all)
	return all
}

// at returns a quantile in milliseconds.
func (t times) at(quantile float64) float64 {
	return float64(t[int(quantile*float64(len(t)-1))].Microseconds()) / 1000
}

// steady has the leads write at a rate, and returns how long each text took. A
// text that is sent late, because the one before it took long, counts from when
// it was due.
func (c *crew) steady(ctx context.Context, rate int, seconds float64) (times, error) {
	n := max(1, int(float64(rate)*seconds))
	began := time.Now()
	due := func(k int) time.Time { return began.Add(time.Duration(k) * time.Second / time.Duration(rate)) }
	took := make([]time.Duration, 0, n)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		for range n {
			select {
			case text, open := <-c.subject.texts():
				var k int
				if _, err := fmt.Sscanf(text, "text %d", &k); err != nil || !open {
					return fmt.Errorf("%q is not what was sent", text)
				}
				took = append(took, time.Since(due(k)))
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	next, mu := 0, sync.Mutex{}
	for range 4 * atOnce {
		group.Go(func() error {
			for {
				mu.Lock()
				k := next
				next++
				mu.Unlock()
				if k >= n {
					return nil
				}
				if err := pause(ctx, time.Until(due(k))); err != nil {
					return err
				}
				if err := c.text(ctx, k, fmt.Sprintf("text %d", k)); err != nil {
					return err
				}
			}
		})
	}
	err := group.Wait()
	return sorted(took), err
}

// fanout measures how long it takes until a text is at every one of many
// dashboards, and what that costs the server.
func (b *bench) fanout(ctx context.Context) (figures []figure, err error) {
	err = b.with(ctx, kindAibud, database{name: "SQLite"}, nil, func(sim *simulation, s subject) error {
		c, err := assemble(ctx, sim, s, 1, 1)
		if err != nil {
			return err
		}
		server, ok := s.(*served)
		if !ok {
			return errors.New("only the server has dashboards")
		}
		heard := make(chan struct{}, b.Sockets)
		for range b.Sockets {
			socket, err := server.dashboard(ctx, func(frame) { heard <- struct{}{} })
			if err != nil {
				return err
			}
			defer socket.Close()
		}
		before, err := server.proc.cpu()
		if err != nil {
			return err
		}
		took := make([]time.Duration, 0, b.Frames)
		for k := range b.Frames {
			began := time.Now()
			if err := c.text(ctx, k, "To all"); err != nil {
				return err
			}
			if err := hear(ctx, heard, b.Sockets); err != nil {
				return err
			}
			took = append(took, time.Since(began))
		}
		after, err := server.proc.cpu()
		t := sorted(took)
		name := fmt.Sprintf("lead to all of %d dashboards", b.Sockets)
		figures = append(figures, plain(name+", p50", "ms", t.at(0.5)), plain(name+", p99", "ms", t.at(0.99)),
			plain("… CPU time per frame and dashboard", "µs", float64((after-before).Microseconds())/float64(b.Frames*b.Sockets)))
		return err
	})
	return figures, err
}
