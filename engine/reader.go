package engine

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// ReaderConfig is what a [Reader] needs. Fields without a default are
// required.
type ReaderConfig struct {
	// Name identifies the reader's cursor: it must never change.
	Name string
	Log  *slog.Logger
	// Records has the log and the cursor.
	Records LogRecords
	Feed    *Feed
	// Handle takes events in order, in the transaction that moves the cursor
	// behind them. If it fails they come again.
	Handle func(ctx context.Context, tx Tx, events []Event) error
	// Interesting says whether a committed event is worth waking up for; nil:
	// every event is. Handle gets the others too, when it wakes.
	Interesting func(Event) bool
	// Linger is how long to gather events before they are read, so that a
	// busy log costs few transactions; default 20 ms.
	Linger time.Duration
	// Interval is how often to look at the log even if nothing seems to have
	// happened; default 1 minute.
	Interval time.Duration
	// Retry are the waits after a failure; default 1 s to 1 minute.
	Retry Backoff
}

// readerBatch is how many events a reader takes in one transaction.
const readerBatch = 200

// Reader follows every tenant's event log from a durable cursor of its own.
// Each event is handled at least once, and exactly once as far as what Handle
// does is in the transaction it is given.
type Reader struct {
	cfg    ReaderConfig
	poke   chan struct{} // capacity 1
	cancel context.CancelFunc
	done   chan struct{}
	unhear func()

	mu    sync.Mutex
	dirty map[TenantID]struct{} // logs that have grown

	failing retries[TenantID] // logs that could not be handled; belongs to the reader's goroutine
}

// NewReader returns a reader that doesn't read yet.
func NewReader(cfg ReaderConfig) *Reader {
	if cfg.Linger == 0 {
		cfg.Linger = 20 * time.Millisecond
	}
	if cfg.Interval == 0 {
		cfg.Interval = time.Minute
	}
	if cfg.Retry == (Backoff{}) {
		cfg.Retry = Backoff{First: time.Second, Longest: time.Minute}
	}
	return &Reader{
		cfg:   cfg,
		poke:  make(chan struct{}, 1),
		done:  make(chan struct{}),
		dirty: make(map[TenantID]struct{}),

		failing: newRetries[TenantID](cfg.Retry),
	}
}

// Start begins to read, from where the cursors stand.
func (r *Reader) Start(ctx context.Context) {
	ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	r.unhear = r.cfg.Feed.Listen(r.hear)
	go func() {
		defer close(r.done)
		r.run(ctx)
	}()
}

// Stop ends the reader and returns when it has ended. What it was handling is
// handled whole or not at all.
func (r *Reader) Stop() {
	if r.cancel == nil {
		return // never started
	}
	r.unhear()
	r.cancel()
	<-r.done
}

// hear runs in the goroutine that committed.
func (r *Reader) hear(events []Event) {
	for _, event := range events {
		if r.cfg.Interesting == nil || r.cfg.Interesting(event) {
			r.mark(event.Tenant)
			r.wake()
		}
	}
}

func (r *Reader) wake() {
	select {
	case r.poke <- struct{}{}:
	default: // it will wake anyway
	}
}

func (r *Reader) run(ctx context.Context) {
	r.lookAround(ctx)
	ticker := time.NewTicker(r.cfg.Interval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		r.readDirty(ctx)
		select {
		case <-ctx.Done():
		case <-ticker.C:
			r.lookAround(ctx)
		case <-r.failing.next():
		case <-r.poke:
			wait(ctx, r.cfg.Linger)
		}
	}
}

// lookAround marks every log that goes beyond the reader's cursor.
func (r *Reader) lookAround(ctx context.Context) {
	var tenants []TenantID
	err := guard(func() (err error) {
		tenants, err = r.cfg.Records.Behind(ctx, r.cfg.Name)
		return err
	})
	if err != nil {
		if ctx.Err() == nil {
			r.cfg.Log.Error("logs to read could not be listed; it is tried again", "reader", r.cfg.Name, "error", err)
		}
		return
	}
	r.mark(tenants...)
}

func (r *Reader) mark(tenants ...TenantID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, tenant := range tenants {
		r.dirty[tenant] = struct{}{}
	}
}

// readDirty reads the logs that have grown, except those that failed lately.
func (r *Reader) readDirty(ctx context.Context) {
	r.mu.Lock()
	dirty := r.dirty
	r.dirty = make(map[TenantID]struct{})
	r.mu.Unlock()
	now := time.Now()
	for tenant := range dirty {
		if r.failing.held(tenant, now) {
			r.mark(tenant)
			continue
		}
		err := guard(func() error { return r.read(ctx, tenant) })
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			r.failing.succeed(tenant)
			continue
		}
		r.cfg.Log.Error("events could not be handled; they come again", "reader", r.cfg.Name, "tenant", tenant, "error", err)
		r.mark(tenant)
		r.failing.fail(tenant)
	}
}

// read handles a tenant's events up to the end of its log.
func (r *Reader) read(ctx context.Context, tenant TenantID) error {
	for {
		n, err := r.cfg.Records.Advance(ctx, r.cfg.Name, tenant, readerBatch, r.cfg.Handle)
		if err != nil {
			return err
		}
		if n < readerBatch {
			return nil
		}
	}
}

// wait waits, or returns early when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
