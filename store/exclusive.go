package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/myaibud/aibud/engine"
)

const (
	// exclusiveLock is the PostgreSQL advisory lock of the process that runs a
	// database's seats ("aibud" in ASCII).
	exclusiveLock = 0x6169627564
	// exclusiveWait is how long to wait for a process that is just ending.
	exclusiveWait = 15 * time.Second
	// exclusiveRetry is how often to look whether it has ended.
	exclusiveRetry = 100 * time.Millisecond
)

// Exclusive reserves the right to run this database's seats for the process,
// until release is called or the process ends in whatever way. WhatsApp allows
// one connection per linked device: two processes would throw each other out
// for ever. It fails with [engine.CodeConflict] if another process holds the
// right for longer than a few seconds.
func (s *Store) Exclusive(ctx context.Context) (release func() error, err error) {
	try := s.trySQLiteLock
	if postgres, ok := s.db.(*postgresDB); ok {
		try = postgres.tryLock
	}
	ctx, cancel := context.WithTimeout(ctx, exclusiveWait)
	defer cancel()
	retry := time.NewTicker(exclusiveRetry)
	defer retry.Stop()
	for {
		release, err := try(ctx)
		if err == nil || !errors.Is(err, errHeld) {
			return release, err
		}
		select {
		case <-retry.C:
		case <-ctx.Done():
			return nil, &engine.Error{
				Code:    engine.CodeConflict,
				Message: "Another Aibud already runs on this database. Stop it first, or give this one a database of its own (AIBUD_DATA or DATABASE_URL).",
				Err:     err,
			}
		}
	}
}

// errHeld says that another process holds the right.
var errHeld = errors.New("held by another process")

// trySQLiteLock holds a write transaction on a file of its own, which the
// operating system ends with the process.
func (s *Store) trySQLiteLock(ctx context.Context) (func() error, error) {
	path, err := dataFile(s.config.DataDir, "aibud.lock")
	if err != nil {
		return nil, err
	}
	query := url.Values{"_pragma": {"busy_timeout(0)", "journal_mode(DELETE)"}, "_txlock": {"exclusive"}}
	db := sql.OpenDB(&keepingConnector{
		driver: &sqlite.Driver{},
		dsn:    "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + query.Encode(),
	})
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		err = errors.Join(err, db.Close())
		if isBusy(err) {
			return nil, fmt.Errorf("%w: %w", errHeld, err)
		}
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	return func() error { return errors.Join(tx.Rollback(), db.Close()) }, nil
}

func isBusy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&primaryCode == sqlite3.SQLITE_BUSY
}

// tryLock holds an advisory lock on a connection of its own, which the
// server gives up with the connection.
func (d *postgresDB) tryLock(ctx context.Context) (func() error, error) {
	conn, err := pgx.ConnectConfig(ctx, d.pool.Config().ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("connect for the lock: %w", err)
	}
	var held bool
	err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, int64(exclusiveLock)).Scan(&held)
	if err == nil && !held {
		err = errHeld
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
		defer cancel()
		return conn.Close(ctx)
	}, nil
}
