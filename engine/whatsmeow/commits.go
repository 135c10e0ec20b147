package whatsmeow

import (
	"context"
	"errors"
	"sync"

	"go.mau.fi/util/dbutil"
)

const (
	// maxCommit is how many changes share a transaction at most, so that the
	// first doesn't wait long for the last.
	maxCommit = 64
	// commitsAtOnce is how many transactions PostgreSQL gets at a time. SQLite
	// writes one after the other anyway.
	commitsAtOnce = 4
)

// commits makes the changes of all vaults. Those that wait while others are
// made share the next transaction: most of what one costs is its beginning and
// its end. Nobody waits for company.
type commits struct {
	db    *dbutil.Database
	turns chan struct{} // taken while a transaction is made

	mu      sync.Mutex
	waiting []*change
}

// change is what one vault writes.
type change struct {
	ctx  context.Context //nolint:containedctx // of the caller, who waits; only its values count
	run  func(context.Context) error
	done chan struct{} // closed when err is set
	err  error
}

func newCommits(db *dbutil.Database) *commits {
	turns := 1
	if db.Dialect != dbutil.SQLite {
		turns = commitsAtOnce
	}
	return &commits{db: db, turns: make(chan struct{}, turns)}
}

// make makes a change in a transaction that it may share, and returns when
// that has ended. A change that fails takes no other with it: all of them are
// then made anew, each by itself, so run may run twice.
func (c *commits) make(ctx context.Context, run func(context.Context) error) error {
	own := &change{ctx: ctx, run: run, done: make(chan struct{})}
	c.mu.Lock()
	c.waiting = append(c.waiting, own)
	c.mu.Unlock()
	c.turns <- struct{}{}
	c.commit(c.take()) // which may be another's, while ours is being made
	<-c.turns
	<-own.done
	return own.err
}

// take returns what waits, as far as it fits into one transaction.
func (c *commits) take() []*change {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(c.waiting), maxCommit)
	batch := c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	return batch
}

// changeError is the failure of one change, as opposed to one of the whole
// transaction.
type changeError struct{ error }

func (e *changeError) Unwrap() error { return e.error }

func (c *commits) commit(batch []*change) {
	if len(batch) == 0 {
		return
	}
	err := c.transact(batch)
	_, one := errors.AsType[*changeError](err)
	for i, w := range batch {
		w.err = err
		if one && len(batch) > 1 {
			w.err = c.transact(batch[i : i+1])
		}
		close(w.done)
	}
}

func (c *commits) transact(batch []*change) error {
	ctx, cancel := writing(context.Background(), c.db)
	defer cancel()
	return c.db.DoTxn(ctx, nil, func(ctx context.Context) error {
		for _, w := range batch {
			if err := safely(func() error { return w.run(within{Context: ctx, values: w.ctx}) }); err != nil {
				return &changeError{err}
			}
		}
		return nil
	})
}

// within is the context of a transaction for one of those who share it.
type within struct {
	context.Context                 //nolint:containedctx // the transaction's
	values          context.Context //nolint:containedctx // the caller's
}

// Value implements [context.Context].
func (c within) Value(key any) any {
	if value := c.Context.Value(key); value != nil {
		return value
	}
	return c.values.Value(key)
}
