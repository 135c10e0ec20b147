package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// defaultConns is the size of the pool unless the URL says pool_max_conns.
// whatsmeow's keys and the jobs use it too, and the jobs' listener keeps one.
const defaultConns = 20

// commitTimeout bounds a commit, which its caller's context doesn't end: an
// interrupted one leaves open whether it happened.
const commitTimeout = 10 * time.Second

// postgresDB is PostgreSQL.
type postgresDB struct {
	pool *pgxpool.Pool
	name string                 // of our connections
	only atomic.Pointer[string] // their name once this is the only server; see fence
}

func openPostgres(ctx context.Context, url string) (*postgresDB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = defaultConns
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "aibud"
	}
	d := &postgresDB{name: config.ConnConfig.RuntimeParams["application_name"]}
	config.BeforeConnect = func(_ context.Context, conn *pgx.ConnConfig) error {
		if only := d.only.Load(); only != nil {
			conn.RuntimeParams["application_name"] = *only
		}
		return nil
	}
	if d.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	if err := d.pool.Ping(ctx); err != nil {
		d.pool.Close()
		return nil, fmt.Errorf("PostgreSQL does not answer: %w", err)
	}
	return d, nil
}

func (d *postgresDB) dialect() string { return dialectPostgres }

// lock leaves the row's key alone, so that rows which refer to it can be
// added at the same time.
func (d *postgresDB) lock(alias string) string { return " FOR NO KEY UPDATE OF " + alias }

func (d *postgresDB) close() { d.pool.Close() }

func (d *postgresDB) exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := d.pool.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (d *postgresDB) query(ctx context.Context, query string, args ...any) (rows, error) {
	found, err := d.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgxRows{found}, nil
}

func (d *postgresDB) begin(ctx context.Context) (context.Context, handle, error) {
	tx, err := d.pool.Begin(ctx)
	if err != nil {
		return nil, nil, err
	}
	return ctx, &postgresTx{tx: tx}, nil
}

type postgresTx struct {
	tx      pgx.Tx
	pending pgx.Batch // see handle.later
}

func (t *postgresTx) later(_ context.Context, query string, args ...any) error {
	t.pending.Queue(query, args...)
	return nil
}

// take returns what is pending, with which something else may be sent.
func (t *postgresTx) take() *pgx.Batch {
	batch := t.pending
	t.pending = pgx.Batch{}
	return &batch
}

// send sends what was pending together with a statement, and reads the results
// up to the statement's.
func (t *postgresTx) send(ctx context.Context, query string, args []any) (pgx.BatchResults, error) {
	batch := t.take()
	pending := batch.Len()
	batch.Queue(query, args...)
	results := t.tx.SendBatch(ctx, batch)
	for range pending {
		if _, err := results.Exec(); err != nil {
			return nil, errors.Join(err, results.Close())
		}
	}
	return results, nil
}

func (t *postgresTx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if t.pending.Len() == 0 {
		tag, err := t.tx.Exec(ctx, query, args...)
		return tag.RowsAffected(), err
	}
	results, err := t.send(ctx, query, args)
	if err != nil {
		return 0, err
	}
	tag, err := results.Exec()
	return tag.RowsAffected(), errors.Join(err, results.Close())
}

func (t *postgresTx) query(ctx context.Context, query string, args ...any) (rows, error) {
	if t.pending.Len() == 0 {
		found, err := t.tx.Query(ctx, query, args...)
		if err != nil {
			return nil, err
		}
		return pgxRows{found}, nil
	}
	results, err := t.send(ctx, query, args)
	if err != nil {
		return nil, err
	}
	found, err := results.Query()
	if err != nil {
		return nil, errors.Join(err, results.Close())
	}
	return batchRows{pgxRows{found}, results}, nil
}

// flush sends what is pending.
func (t *postgresTx) flush(ctx context.Context) error {
	if t.pending.Len() == 0 {
		return nil
	}
	return t.tx.SendBatch(ctx, t.take()).Close()
}

func (t *postgresTx) commit(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	if err := t.flush(ctx); err != nil {
		return errors.Join(err, t.tx.Rollback(ctx))
	}
	return t.tx.Commit(ctx)
}

func (t *postgresTx) rollback(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	_ = t.tx.Rollback(ctx) // a lost connection has done it
}

type pgxRows struct{ pgx.Rows }

func (r pgxRows) close() { r.Close() }

// batchRows are the rows of a statement that was sent with others.
type batchRows struct {
	pgxRows
	results pgx.BatchResults
}

func (r batchRows) close() {
	r.Close()
	_ = r.results.Close() // the rows have the error
}
