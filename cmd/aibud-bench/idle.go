package main

import (
	"context"
	"fmt"
)

// idleFirst is how many seats are not counted: they pay for what all share.
const idleFirst = 10

// tightHeap keeps garbage out of the memory figures, on both sides. It would
// distort CPU time, which is taken from processes of their own.
const tightHeap = "GOGC=20"

// idleOf is what idle seats cost one kind of subject.
type idleOf struct {
	memory float64 // KB per seat
	total  float64 // MB of the process
	boot   float64 // seats connected a second after a restart
}

// idle measures the memory of seats that do nothing, in a process that found
// them linked already, and how fast it connected them.
func (b *bench) idle(ctx context.Context) (figures []figure, err error) {
	for _, seats := range b.Idle {
		of := make(map[kind]idleOf)
		for _, k := range both() {
			if of[k], err = b.idleOf(ctx, k, seats); err != nil {
				return nil, err
			}
		}
		memory := against(fmt.Sprintf("memory per idle seat, %d seats", seats), "KB", of[kindAibud].memory, of[kindBare].memory)
		boot := against(fmt.Sprintf("connects a second at boot, %d seats", seats), "/s", of[kindAibud].boot, of[kindBare].boot)
		figures = append(figures, memory.ratioAtMost(1.3), boot.ratioAtLeast(0.9),
			plain(fmt.Sprintf("memory of the process, %d seats", seats), "MB", of[kindAibud].total))
	}
	return figures, nil
}

func (b *bench) idleOf(ctx context.Context, k kind, seats int) (r idleOf, err error) {
	err = b.with(ctx, k, database{name: "SQLite"}, []string{tightHeap}, func(sim *simulation, s subject) error {
		if err := link(ctx, sim, s, 0, idleFirst); err != nil {
			return err
		}
		if _, err := s.restart(ctx, idleFirst); err != nil {
			return err
		}
		before, err := b.resting(ctx, s)
		if err != nil {
			return err
		}
		if err := link(ctx, sim, s, idleFirst, seats); err != nil {
			return err
		}
		seconds, err := s.restart(ctx, seats)
		if err != nil {
			return err
		}
		after, err := b.resting(ctx, s)
		r = idleOf{memory: (after - before) / float64(seats-idleFirst), total: after / 1024, boot: float64(seats) / seconds}
		return err
	})
	return r, err
}

// resting is a subject's memory in KB after a while of doing nothing.
func (b *bench) resting(ctx context.Context, s subject) (float64, error) {
	if err := pause(ctx, b.settle); err != nil {
		return 0, err
	}
	return s.process().memory()
}

// crowdStep is how many seats are linked between two looks at the memory.
const crowdStep = 100

// crowd links seats until the server has a gigabyte of memory.
func (b *bench) crowd(ctx context.Context) (figures []figure, err error) {
	err = b.with(ctx, kindAibud, database{name: "SQLite"}, []string{tightHeap}, func(sim *simulation, s subject) error {
		seats, memory := 0, 0.0
		for seats < b.Crowd {
			step := min(crowdStep, b.Crowd-seats)
			if err := link(ctx, sim, s, seats, seats+step); err != nil {
				return err
			}
			found, err := s.process().memory()
			if err != nil {
				return err
			}
			if found > 1<<20 {
				break
			}
			seats, memory = seats+step, found
		}
		figures = append(figures, plain("seats within 1 GB", "", float64(seats)).least(5000), plain("… memory of the process", "MB", memory/1024))
		return nil
	})
	return figures, err
}
