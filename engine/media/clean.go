package media

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/myaibud/aibud/engine"
)

const (
	// cleanEvery is how often files are let go, and cleanBatch how many are
	// looked for at once.
	cleanEvery = time.Hour
	cleanBatch = 200
	cleanTime  = 10 * time.Minute

	noteExpired = "The file was deleted after the time for which this server keeps files. Look at it on the phone."
)

// CleanArgs names the job that lets files go.
type CleanArgs struct{}

// Kind returns the job's name.
func (CleanArgs) Kind() string { return "media_clean" }

// Cleaner works the job that lets files go. Register it with river.AddWorker.
type Cleaner struct {
	river.WorkerDefaults[CleanArgs]
	service *Service
}

var _ river.Worker[CleanArgs] = (*Cleaner)(nil)

// Cleaner returns the worker of the job that lets files go.
func (s *Service) Cleaner() *Cleaner { return &Cleaner{service: s} }

// Periodic returns the job that comes every hour, and at the start.
func (s *Service) Periodic() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(cleanEvery), func() (river.JobArgs, *river.InsertOpts) {
		return CleanArgs{}, &river.InsertOpts{Queue: engine.MediaQueue, MaxAttempts: 1}
	}, &river.PeriodicJobOpts{RunOnStart: true})
}

// Timeout returns how long the job may take.
func (c *Cleaner) Timeout(*river.Job[CleanArgs]) time.Duration { return cleanTime }

// Work lets go what has had its time or is not used, and fetches what still
// waits for a seat that is connected.
func (c *Cleaner) Work(ctx context.Context, _ *river.Job[CleanArgs]) error {
	return c.service.Clean(ctx)
}

// Clean lets files go whose time is over, and those that no message shows.
func (s *Service) Clean(ctx context.Context) error {
	if s.config.Keep > 0 {
		err := s.letGo(ctx, time.Now().Add(-s.config.Keep), s.config.Records.AgedMedia, func(ctx context.Context, owner engine.BlobOwner) ([]string, error) {
			return s.config.Records.ExpireMedia(ctx, owner.Tenant, owner.Media, noteExpired)
		})
		if err != nil {
			return err
		}
	}
	err := s.letGo(ctx, time.Now().Add(-s.config.Unused), s.config.Records.UnusedMedia, func(ctx context.Context, owner engine.BlobOwner) ([]string, error) {
		return s.config.Records.DropMedia(ctx, owner.Tenant, owner.Media)
	})
	if err != nil {
		return err
	}
	return s.unpark(ctx)
}

// letGo goes through the files that find finds. One that can't be let go stays
// until the next time.
func (s *Service) letGo(ctx context.Context, before time.Time,
	find func(context.Context, time.Time, int) ([]engine.BlobOwner, error),
	release func(context.Context, engine.BlobOwner) ([]string, error),
) error {
	for {
		owners, err := find(ctx, before, cleanBatch)
		if err != nil {
			return err
		}
		done := 0
		for _, owner := range owners {
			if err := s.release(ctx, owner, release); err != nil {
				s.log.Warn("a file could not be deleted; it is tried again later", "media", owner.Media, "error", err)
				continue
			}
			done++
		}
		if len(owners) < cleanBatch || done == 0 {
			return ctx.Err()
		}
	}
}

// release lets one file go, and deletes what nothing refers to any more. See
// stripe. After a crash in between, content is left that nothing refers to: see
// [Service.Sweep].
func (s *Service) release(ctx context.Context, owner engine.BlobOwner, release func(context.Context, engine.BlobOwner) ([]string, error)) error {
	stripe := s.stripe(owner.Tenant)
	stripe.Lock()
	defer stripe.Unlock()
	free, err := release(ctx, owner)
	if err != nil {
		return err
	}
	for _, hash := range free {
		if err := s.config.Blobs.Delete(ctx, engine.BlobKey{Tenant: owner.Tenant, Hash: hash}); err != nil {
			return err
		}
	}
	return nil
}

// unpark fetches what waits for seats that are connected. They have been told
// of already, unless a file was parked in the very moment.
func (s *Service) unpark(ctx context.Context) error {
	seats, err := s.config.Records.ParkedSeats(ctx)
	if err != nil {
		return err
	}
	for _, seat := range seats {
		if !s.connected(ctx, seat) {
			continue
		}
		if err := s.config.Records.UnparkMedia(ctx, seat); err != nil {
			return err
		}
	}
	return nil
}
