package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// atOnce is how many calls the bench makes at the same time.
const atOnce = 16

// seatNumber is the number of the i-th seat.
func seatNumber(i int) string { return fmt.Sprintf("27825%06d", i) }

// leadNumber is the number of the k-th lead of the i-th seat.
func leadNumber(i, k int) string { return fmt.Sprintf("2782%05d%02d", 60000+i, k) }

// link links seats, several at a time.
func link(ctx context.Context, sim *simulation, s subject, from, to int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := from; i < to; i++ {
		group.Go(func() error {
			if err := sim.phone(ctx, seatNumber(i), "Seat"); err != nil {
				return err
			}
			if err := s.link(ctx, sim, seatNumber(i)); err != nil {
				return fmt.Errorf("seat %d: %w", i+1, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// crew is the seats of a subject with leads that write to them.
type crew struct {
	sim          *simulation
	subject      subject
	seats, leads int
}

// assemble links seats, gives each its leads, and has every lead write often
// enough that sessions, contacts and conversations are made.
func assemble(ctx context.Context, sim *simulation, s subject, seats, leads int) (*crew, error) {
	if err := link(ctx, sim, s, 0, seats); err != nil {
		return nil, err
	}
	c := &crew{sim: sim, subject: s, seats: seats, leads: leads}
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range seats {
		for k := range leads {
			group.Go(func() error { return sim.phone(inner, leadNumber(i, k), "Lead") })
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	_, err := c.receive(ctx, 2*c.pairs())
	return c, err
}

// pairs is how many pairs of a seat and a lead there are.
func (c *crew) pairs() int { return c.seats * c.leads }

// text has the n-th pair's lead write.
func (c *crew) text(ctx context.Context, n int, text string) error {
	n %= c.pairs()
	return c.sim.text(ctx, leadNumber(n%c.seats, n/c.seats), seatNumber(n%c.seats), text)
}

// receive has the leads write n texts in all and returns how long it took
// until all were heard of.
func (c *crew) receive(ctx context.Context, n int) (time.Duration, error) {
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return hear(ctx, c.subject.texts(), n) })
	// A lead writes one text after the other, as people do.
	workers := min(atOnce, c.pairs())
	for w := range workers {
		group.Go(func() error {
			for k := w; k < n; k += workers {
				if err := c.text(ctx, k, fmt.Sprintf("Is the house in street %d still for sale?", k)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return time.Since(began), err
}

// send has the seats write n texts in all and returns how long it took until
// WhatsApp had accepted all.
func (c *crew) send(ctx context.Context, n int) (time.Duration, error) {
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return hear(ctx, c.subject.sent(), n) })
	for w := range atOnce {
		group.Go(func() error {
			for k := w; k < n; k += atOnce {
				if err := c.subject.write(ctx, k, fmt.Sprintf("Number %d is still for sale.", k)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return time.Since(began), err
}

// hear takes n things from a channel.
func hear[T any](ctx context.Context, told <-chan T, n int) error {
	for heard := range n {
		select {
		case _, open := <-told:
			if !open {
				return fmt.Errorf("the process ended after %d of %d", heard, n)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// spent is what work cost a subject, per piece.
type spent struct {
	cpu  float64 // µs of the subject
	all  float64 // µs of subject and simulator together
	rate float64 // pieces a second
}

// cost runs n pieces of work and returns what they cost.
func (c *crew) cost(ctx context.Context, n int, work func(context.Context, int) (time.Duration, error)) (spent, error) {
	cpu := func() (subject, sim time.Duration, err error) {
		if subject, err = c.subject.process().cpu(); err == nil {
			sim, err = c.sim.proc.cpu()
		}
		return subject, sim, err
	}
	subject, sim, err := cpu()
	if err != nil {
		return spent{}, err
	}
	took, err := work(ctx, n)
	if err != nil {
		return spent{}, err
	}
	subjectAfter, simAfter, err := cpu()
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(n) }
	return spent{
		cpu: each(subjectAfter - subject), all: each(subjectAfter - subject + simAfter - sim), rate: float64(n) / took.Seconds(),
	}, err
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
