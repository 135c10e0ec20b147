package media

import (
	"context"
	"os"
	"time"

	"github.com/myaibud/aibud/engine"
)

// progressStep is by how many points of a hundred a download must have gone on
// to be shown again: each time is an event.
const progressStep = 5

// follow shows that a file is being fetched, and how much of it is here, once
// that takes a while. stop ends it with the download's outcome: a file that
// didn't come waits again.
func (s *Service) follow(ctx context.Context, file *engine.MediaFile, temp *os.File) (stop func(error)) {
	ctx, cancel := context.WithCancel(ctx)
	shown := file.Media.State == engine.MediaLoading // a process that was killed was at it
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(s.config.Progress)
		defer ticker.Stop()
		last := -progressStep
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			percent := percentOf(temp, file.Media.Size)
			if percent < last+progressStep {
				continue
			}
			if err := s.config.Records.SetMediaPercent(ctx, file.Seat.Tenant, file.ID, percent); err != nil {
				continue // what counts is the file
			}
			shown, last = true, percent
		}
	}()
	return func(outcome error) {
		cancel()
		<-done
		if outcome == nil || !shown {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err := s.config.Records.SetMediaState(ctx, file.Seat.Tenant, file.ID, engine.MediaWaiting, "")
		if err != nil && engine.CodeOf(err) != engine.CodeNotFound {
			s.log.Warn("a file is shown as being fetched that is not", "media", file.ID, "error", err)
		}
	}
}

// percentOf is how much of a file of a size, as its sender says it, is there.
func percentOf(file *os.File, size int64) int {
	info, err := file.Stat()
	if err != nil || size <= 0 {
		return 0
	}
	return int(min(100, 100*info.Size()/size))
}
