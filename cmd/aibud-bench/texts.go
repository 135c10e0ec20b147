package main

import (
	"context"
	"time"
)

// work is texts of one direction.
type work func(*crew) func(context.Context, int) (time.Duration, error)

func receivingTexts(c *crew) func(context.Context, int) (time.Duration, error) { return c.receive }

func sendingTexts(c *crew) func(context.Context, int) (time.Duration, error) { return c.send }

// texts measures one direction with both kinds of subject.
func (b *bench) texts(ctx context.Context, db database, seats, leads int, w work) (of map[kind]spent, err error) {
	of = make(map[kind]spent)
	for _, k := range both() {
		err := b.with(ctx, k, db, nil, func(sim *simulation, s subject) error {
			c, err := assemble(ctx, sim, s, seats, leads)
			if err == nil {
				of[k], err = c.cost(ctx, b.Texts, w(c))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return of, nil
}

// inbound measures what it costs to take a text: to decrypt and acknowledge it
// for the baseline, and to store it and push it to a websocket as well for
// Aibud. Many seats at once are the usual case; with a single one, nothing can
// share a commit.
func (b *bench) inbound(ctx context.Context) (figures []figure, err error) {
	for _, db := range b.databases() {
		of, err := b.texts(ctx, db, b.Seats, b.Leads, receivingTexts)
		if err != nil {
			return nil, err
		}
		cpu := against("CPU time per inbound text, "+db.name, "µs", of[kindAibud].cpu, of[kindBare].cpu)
		if db.url == "" {
			cpu = cpu.ratioAtMost(1)
		}
		figures = append(figures, cpu, against("inbound texts a second, "+db.name, "/s", of[kindAibud].rate, of[kindBare].rate))
	}
	of, err := b.texts(ctx, database{name: "SQLite"}, 1, b.Seats*b.Leads, receivingTexts)
	if err != nil {
		return nil, err
	}
	return append(figures,
		against("CPU time per inbound text, SQLite, one seat", "µs", of[kindAibud].cpu, of[kindBare].cpu).ratioAtMost(1),
		against("inbound texts a second, SQLite, one seat", "/s", of[kindAibud].rate, of[kindBare].rate)), nil
}

// outgoing measures what it costs to send a text: the call of the library for
// the baseline; a request to the API, the outbox, and the websocket's events
// for Aibud.
func (b *bench) outgoing(ctx context.Context) (figures []figure, err error) {
	for _, db := range b.databases() {
		of, err := b.texts(ctx, db, b.Seats, b.Leads, sendingTexts)
		if err != nil {
			return nil, err
		}
		cpu := against("CPU time per outgoing text, "+db.name, "µs", of[kindAibud].cpu, of[kindBare].cpu)
		if db.url == "" {
			cpu = cpu.ratioAtMost(1.2)
		}
		figures = append(figures, cpu, against("outgoing texts a second, "+db.name, "/s", of[kindAibud].rate, of[kindBare].rate))
	}
	return figures, nil
}

// rush measures how many texts a second many seats take, with the simulator on
// the same machine. What the CPU times of server and simulator allow on two
// cores tells more on a machine that is shared.
func (b *bench) rush(ctx context.Context) (figures []figure, err error) {
	err = b.with(ctx, kindAibud, database{name: "SQLite"}, nil, func(sim *simulation, s subject) error {
		c, err := assemble(ctx, sim, s, b.Rush, 1)
		if err != nil {
			return err
		}
		cost, err := c.cost(ctx, b.Texts, c.receive)
		figures = append(figures,
			plain("inbound texts a second, many seats", "/s", cost.rate).least(2000),
			plain("… that two cores allow, by CPU time with the simulator", "/s", 2e6/cost.all).least(2000),
			plain("… CPU time per text of the server", "µs", cost.cpu),
			plain("… CPU time per text of server and simulator", "µs", cost.all))
		return err
	})
	return figures, err
}
