package store

import (
	"context"
	"errors"
	"time"

	"github.com/myaibud/aibud/engine"
)

const (
	// exclusiveWait is how long a server waits for the one before it, which may
	// have been killed a moment ago.
	exclusiveWait = 5 * time.Second
	// exclusiveLock is the key of PostgreSQL's advisory lock.
	exclusiveLock = migrationLock + 1
	// pgLockNotAvailable is PostgreSQL's code for a lock_timeout.
	pgLockNotAvailable = "55P03"
)

// Exclusive makes this the only server on the database until release is
// called or the process ends: WhatsApp allows one connection a device. It
// fails with [engine.CodeConflict] if another server doesn't go away. Other
// programs may still use the database.
//
// lost is closed if another server has become the only one since, which can
// happen when PostgreSQL ended our connections; this one must stop then.
func (s *Store) Exclusive(ctx context.Context) (release func() error, lost <-chan struct{}, err error) {
	if db, ok := s.db.(*postgresDB); ok {
		return exclusivePostgres(ctx, db, s.config.Log)
	}
	release, err = exclusiveSQLite(ctx, s.config.DataDir)
	return release, nil, err
}

func errNotAlone(err error) error {
	return &engine.Error{
		Code:    engine.CodeConflict,
		Message: "Another Aibud server is using this database. Stop it first, or give this one a database of its own.",
		Err:     err,
	}
}

func exclusiveSQLite(ctx context.Context, folder string) (func() error, error) {
	release, err := lockFile(ctx, folder, "aibud.lock", exclusiveWait)
	if err != nil {
		return nil, errNotAlone(err)
	}
	return release, nil
}

// lockFile waits for a lock that this process then holds, on a file of its
// own: SQLite knows how to lock files on every system.
func lockFile(ctx context.Context, folder, name string, wait time.Duration) (release func() error, err error) {
	path, err := dataFile(folder, name)
	if err != nil {
		return nil, err
	}
	db, err := openSQLiteFile(ctx, path, wait, 1, otherCache, false)
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil) // immediate: see the DSN
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return func() error { return errors.Join(tx.Rollback(), db.Close()) }, nil
}
