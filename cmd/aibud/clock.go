package main

import (
	"context"
	"time"

	"github.com/myaibud/aibud/engine"
)

// clockKept is how often the clock is kept for the next process.
const clockKept = time.Minute

// watchClock moves what waits when the clock is set. The returned function
// ends that, and waits until it has ended.
func (s *server) watchClock(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{}, 2)
	clock := engine.NewClock(nil, nil)
	go func() {
		defer func() { done <- struct{}{} }()
		clock.Watch(ctx, func(ctx context.Context, by time.Duration) error {
			if err := s.store.ClockWasSet(ctx, by); err != nil {
				s.log.Error("the clock was set, and what waits could not be moved with it yet", "by", by, "error", err)
				return err
			}
			s.supervisor.ClockWasSet()
			return nil
		})
	}()
	go func() {
		defer func() { done <- struct{}{} }()
		ticker := time.NewTicker(clockKept)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if err := s.store.KeepClock(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("the clock could not be kept", "error", err)
			}
		}
	}()
	return func() {
		cancel()
		<-done
		<-done
	}
}
