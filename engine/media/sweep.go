package media

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"github.com/myaibud/aibud/engine"
)

const (
	// sweepEvery is how often all content is looked at, and sweepBatch how much
	// at once.
	sweepEvery = 24 * time.Hour
	sweepBatch = 200
	sweepTime  = 2 * time.Hour
)

// SweepArgs names the job that deletes content that no row refers to: a crash
// between writing one and the other leaves it behind.
type SweepArgs struct{}

// Kind returns the job's name.
func (SweepArgs) Kind() string { return "media_sweep" }

// Sweeper works the job that deletes such content. Register it with
// river.AddWorker.
type Sweeper struct {
	river.WorkerDefaults[SweepArgs]
	service *Service
}

var _ river.Worker[SweepArgs] = (*Sweeper)(nil)

// Sweeper returns the worker of the job that deletes content that no row
// refers to.
func (s *Service) Sweeper() *Sweeper { return &Sweeper{service: s} }

// PeriodicSweep returns the job that comes once a day, however often the server
// starts.
func (s *Service) PeriodicSweep() *river.PeriodicJob {
	return river.NewPeriodicJob(river.PeriodicInterval(sweepEvery), func() (river.JobArgs, *river.InsertOpts) {
		return SweepArgs{}, &river.InsertOpts{
			Queue: engine.MediaQueue, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByPeriod: sweepEvery},
		}
	}, &river.PeriodicJobOpts{RunOnStart: true})
}

// Timeout returns how long the job may take.
func (w *Sweeper) Timeout(*river.Job[SweepArgs]) time.Duration { return sweepTime }

// Work deletes content that no row refers to.
func (w *Sweeper) Work(ctx context.Context, _ *river.Job[SweepArgs]) error {
	return w.service.Sweep(ctx)
}

// Sweep deletes content that no row refers to and that is not so young that a
// row may be on its way.
func (s *Service) Sweep(ctx context.Context) error {
	var batch []engine.BlobKey
	deleted := 0
	sweep := func() error {
		n, err := s.sweep(ctx, batch)
		deleted, batch = deleted+n, batch[:0]
		return err
	}
	err := s.config.Blobs.List(ctx, time.Now().Add(-s.config.Orphaned), func(key engine.BlobKey) error {
		if len(batch) == sweepBatch || len(batch) > 0 && batch[0].Tenant != key.Tenant {
			if err := sweep(); err != nil {
				return err
			}
		}
		batch = append(batch, key)
		return nil
	})
	if err == nil {
		err = sweep()
	}
	if deleted > 0 {
		s.log.Info("content that no file refers to was deleted", "count", deleted)
	}
	return err
}

// sweep deletes what no row refers to of some content of one tenant.
func (s *Service) sweep(ctx context.Context, keys []engine.BlobKey) (deleted int, err error) {
	if len(keys) == 0 {
		return 0, nil
	}
	tenant, hashes := keys[0].Tenant, make([]string, len(keys))
	for i, key := range keys {
		hashes[i] = key.Hash
	}
	orphans, err := s.config.Records.OrphanBlobs(ctx, tenant, hashes)
	if err != nil || len(orphans) == 0 {
		return 0, err
	}
	stripe := s.stripe(tenant)
	stripe.Lock()
	defer stripe.Unlock()
	orphans, err = s.config.Records.OrphanBlobs(ctx, tenant, orphans) // one may have got a row meanwhile
	if err != nil {
		return 0, err
	}
	for _, hash := range orphans {
		if err := s.config.Blobs.Delete(ctx, engine.BlobKey{Tenant: tenant, Hash: hash}); err != nil {
			return deleted, err
		}
		deleted++
	}
	return deleted, nil
}
