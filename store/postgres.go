package store

import (
	"context"
	"fmt"
	"strings"
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
type postgresDB struct{ pool *pgxpool.Pool }

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
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("PostgreSQL does not answer: %w", err)
	}
	return &postgresDB{pool: pool}, nil
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

type postgresTx struct{ tx pgx.Tx }

func (t *postgresTx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := t.tx.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (t *postgresTx) query(ctx context.Context, query string, args ...any) (rows, error) {
	found, err := t.tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgxRows{found}, nil
}

func (t *postgresTx) commit(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	return t.tx.Commit(ctx)
}

func (t *postgresTx) rollback(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	_ = t.tx.Rollback(ctx) // a lost connection has done it
}

type pgxRows struct{ pgx.Rows }

func (r pgxRows) close() { r.Close() }
