package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/myaibud/aibud/engine"
)

// maxTogether is how many changes share a transaction at most, so that the
// first of them doesn't wait long for the last.
const maxTogether = 128

// togetherTimeout bounds a shared transaction on PostgreSQL.
const togetherTimeout = 30 * time.Second

// together makes a change of a tenant's rows in a transaction that it shares
// with whatever else waits at that moment: one commit costs as much for
// hundred messages as for one. Nobody waits for company: a change that is
// alone begins at once, and those that come meanwhile are the next
// transaction. It returns when the change is committed.
//
// A change that fails takes no other with it: all of them are then made anew,
// each by itself. So run may run several times, as in inTx. It may lock no
// other tenant.
func (s *Store) together(ctx context.Context, tenant engine.TenantID, run func(ctx context.Context, t *tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := &part{ctx: ctx, tenant: tenant, run: run, done: make(chan struct{})}
	l := s.lanes.add(c)
	select {
	case <-c.done:
	case <-ctx.Done():
		if l.withdraw(c) {
			return ctx.Err()
		}
		<-c.done // being made: it takes a moment, and then we know
	}
	if c.panicked != nil {
		panic(c.panicked)
	}
	return c.err
}

// part is one change of a shared transaction.
type part struct {
	ctx    context.Context //nolint:containedctx // of the caller, who waits
	tenant engine.TenantID
	run    func(ctx context.Context, t *tx) error

	done     chan struct{} // closed when the following are set
	err      error
	panicked any
}

// end answers the caller.
func (c *part) end(err error) {
	c.err = err
	close(c.done)
}

// guarded runs the change and keeps its panic for the caller, whose it is.
func (c *part) guarded(ctx context.Context, t *tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.panicked = fmt.Sprintf("%v\n%s", p, debug.Stack())
			err = errPartPanicked
		}
	}()
	return c.run(ctx, t)
}

var errPartPanicked = errors.New("a change panicked")

// lanes are where changes wait. SQLite has one for all, since it writes one
// transaction at a time. PostgreSQL has one for each tenant, whose row would
// make them wait for each other anyway.
type lanes struct {
	store  *Store
	shared bool

	mu      sync.Mutex
	lanes   map[engine.TenantID]*lane
	working sync.WaitGroup
	closing sync.Once
	closed  chan struct{}
}

func newLanes(s *Store, shared bool) *lanes {
	return &lanes{store: s, shared: shared, lanes: make(map[engine.TenantID]*lane), closed: make(chan struct{})}
}

// add puts a change into its lane, and a goroutine to work there.
func (ls *lanes) add(c *part) *lane {
	key := c.tenant
	if ls.shared {
		key = ""
	}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l := ls.lanes[key]
	if l == nil {
		l = &lane{lanes: ls, key: key, wake: make(chan struct{}, 1)}
		ls.lanes[key] = l
		ls.working.Go(l.run)
	}
	l.mu.Lock()
	l.waiting = append(l.waiting, c)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default: // it will look anyway
	}
	return l
}

// leave takes a lane that has nothing to do out of use. It reports false if
// there is something after all.
func (ls *lanes) leave(l *lane) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if !l.empty() {
		return false
	}
	delete(ls.lanes, l.key)
	return true
}

// close ends the lanes. Nothing waits in them any more.
func (ls *lanes) close() {
	ls.closing.Do(func() { close(ls.closed) })
	ls.working.Wait()
}

// lane is a queue of changes with one goroutine, which keeps SQLite's deep
// stack between transactions.
type lane struct {
	lanes *lanes
	key   engine.TenantID
	wake  chan struct{} // capacity 1

	mu      sync.Mutex
	waiting []*part
}

func (l *lane) empty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting) == 0
}

// take returns what waits, as far as it fits into one transaction.
func (l *lane) take() []*part {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.waiting), maxTogether)
	batch := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	return batch
}

// withdraw takes a change out of the lane, unless it is being made.
func (l *lane) withdraw(c *part) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, other := range l.waiting {
		if other == c {
			// A new slice, since a batch may share the old one's array.
			l.waiting = append(append([]*part(nil), l.waiting[:i]...), l.waiting[i+1:]...)
			return true
		}
	}
	return false
}

func (l *lane) run() {
	for {
		if l.empty() {
			if !l.lanes.shared && l.lanes.leave(l) {
				return
			}
			select {
			case <-l.wake:
			case <-l.lanes.closed:
				return
			}
			runtime.Gosched() // others that are about to come share the transaction
			continue
		}
		l.work()
	}
}

// work makes what waits by the time the database has a transaction for it.
func (l *lane) work() {
	s := l.lanes.store
	ctx, cancel := context.WithTimeout(context.Background(), togetherTimeout)
	defer cancel()
	inside, h, err := s.db.begin(ctx)
	batch := l.take()
	if err != nil {
		for _, c := range batch {
			c.end(translate(err))
		}
		return
	}
	if len(batch) == 0 { // all were withdrawn
		h.rollback(inside)
		return
	}
	err = s.commitTogether(inside, h, batch)
	_, one := errors.AsType[*partError](err)
	anew := isCrossed(err) || one && len(batch) > 1
	for _, c := range batch {
		if anew {
			c.end(s.alone(c))
		} else {
			c.end(translate(err))
		}
	}
}

// partError is the failure of one change, as opposed to one of the whole
// transaction.
type partError struct{ error }

func (e *partError) Unwrap() error { return e.error }

// alone makes a change in a transaction of its own.
func (s *Store) alone(c *part) error {
	c.panicked = nil
	return s.inTx(c.ctx, c.guarded)
}

// commitTogether makes changes in a transaction that has begun. It fails with
// a partError if one of them does.
func (s *Store) commitTogether(ctx context.Context, h handle, batch []*part) error {
	ended := false
	defer func() {
		if !ended {
			h.rollback(ctx)
		}
	}()
	now := s.now().UTC()
	txs := make(map[engine.TenantID]*tx, 1)
	order := make([]*tx, 0, 1)
	for _, c := range batch {
		t := txs[c.tenant]
		if t == nil {
			t = &tx{handle: h, store: s, now: now}
			txs[c.tenant], order = t, append(order, t)
		}
		if err := c.guarded(ctx, t); err != nil {
			return &partError{err}
		}
	}
	for _, t := range order {
		if err := t.writeEvents(ctx); err != nil {
			return err
		}
	}
	ended = true
	if err := h.commit(ctx); err != nil {
		return err
	}
	for _, t := range order {
		t.publish()
	}
	return nil
}
