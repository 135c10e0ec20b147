package engine

import (
	"context"
	"time"
)

const (
	// backlogPatience is after how long a connection counts as caught up even
	// if WhatsApp has not said that its backlog is over.
	backlogPatience = 2 * time.Minute
	// backlogWorth is how many messages must have waited for people to be
	// shown how far they have come in.
	backlogWorth = 10
)

// backlog follows what waited at WhatsApp.
func (c *connection) backlog(ctx context.Context, signal Backlog) {
	s := c.seat
	done := signal.Percent >= 100
	if done {
		s.caughtUp.Store(true)
	}
	shows := signal.Expected >= backlogWorth
	if !shows && (!done || !c.showsBacklog) {
		return
	}
	c.showsBacklog = shows
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	if err := s.seats.SetBacklog(ctx, s.key, signal.Percent); err != nil {
		s.log.Warn("the progress of a backlog could not be recorded", "error", err)
	}
}

// CaughtUp says whether a seat is connected and everything that waited at
// WhatsApp has come in: what is written to a lead before may come amid what
// the lead has written already.
func (sv *Supervisor) CaughtUp(key SeatKey) bool {
	seat := sv.seat(key)
	return seat != nil && seat.connected.Load() && seat.caughtUp.Load()
}
