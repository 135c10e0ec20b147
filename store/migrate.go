package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/myaibud/aibud/migrations"
)

// migrationLock is the key of PostgreSQL's advisory lock that programs which
// start at once take in turn: "aibud" in ASCII.
const migrationLock = 0x6169627564

// migrationWait is how long a program waits for another one's migrations of
// a SQLite file.
const migrationWait = time.Minute

const createMigrationsQuery = `CREATE TABLE IF NOT EXISTS schema_migrations (
	version integer NOT NULL PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL)`

// migrate runs the steps that the database lacks, the jobs' own included.
func (s *Store) migrate(ctx context.Context) (err error) {
	unlock, err := s.lockMigrations(ctx)
	if err != nil {
		return translate(fmt.Errorf("wait for other migrations: %w", err))
	}
	defer func() { err = errors.Join(err, unlock()) }()
	steps, err := migrations.For(s.db.dialect())
	if err != nil {
		return err
	}
	if _, err := s.db.exec(ctx, createMigrationsQuery); err != nil {
		return translate(fmt.Errorf("create the table of migrations: %w", err))
	}
	for _, step := range steps {
		if err := s.apply(ctx, step, len(steps)); err != nil {
			return fmt.Errorf("migration %d (%s): %w", step.Version, step.Name, err)
		}
	}
	if err := s.jobs.migrate(ctx); err != nil {
		return translate(fmt.Errorf("migrate the job queue: %w", err))
	}
	return nil
}

// lockMigrations makes programs that start at once migrate in turn. On
// PostgreSQL the lock belongs to a connection of its own, since a pooled one
// may be needed for the migrations.
func (s *Store) lockMigrations(ctx context.Context) (unlock func() error, err error) {
	db, ok := s.db.(*postgresDB)
	if !ok {
		return lockFile(ctx, s.config.DataDir, "migrate.lock", migrationWait)
	}
	conn, err := pgx.ConnectConfig(ctx, db.pool.Config().ConnConfig)
	if err != nil {
		return nil, err
	}
	unlock = func() error { return conn.Close(context.WithoutCancel(ctx)) } // which gives the lock back
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return nil, errors.Join(err, unlock())
	}
	return unlock, nil
}

const (
	schemaVersionQuery = `SELECT COALESCE(MAX(version), 0) FROM schema_migrations`
	addMigrationQuery  = `INSERT INTO schema_migrations (version, name, applied_at) VALUES ($1, $2, $3)`
)

// apply runs one step unless it was run. newest is the last step that this
// program knows.
func (s *Store) apply(ctx context.Context, step migrations.Migration, newest int) error {
	return s.inTx(ctx, func(ctx context.Context, t *tx) error {
		version, err := one(ctx, t, column[int], schemaVersionQuery)
		if err != nil {
			return err
		}
		if version > newest {
			return fmt.Errorf("the database has schema %d, but this version of Aibud knows %d at most: update Aibud", version, newest)
		}
		if version >= step.Version {
			return nil
		}
		if version != step.Version-1 {
			return errors.New("the step before it is missing")
		}
		if err := t.script(ctx, step.SQL); err != nil {
			return err
		}
		_, err = t.exec(ctx, addMigrationQuery, step.Version, step.Name, millis(t.now))
		return err
	})
}

// script runs several statements without parameters.
func (t *tx) script(ctx context.Context, text string) error {
	if h, ok := t.handle.(*postgresTx); ok {
		// Without a statement's name PostgreSQL takes several at once.
		_, err := h.tx.Conn().PgConn().Exec(ctx, text).ReadAll()
		return err
	}
	_, err := t.exec(ctx, text)
	return err
}
