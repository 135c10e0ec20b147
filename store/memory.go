package store

import (
	"context"
	"database/sql"
	"errors"
)

// ReturnMemory gives back the pages that SQLite's connections keep, which many
// seats that began at once have filled. PostgreSQL has its own.
func (s *Store) ReturnMemory(ctx context.Context) error {
	db, ok := s.db.(*sqliteDB)
	if !ok {
		return nil
	}
	keys, _, err := s.KeysDB(ctx)
	if err != nil {
		return err
	}
	return errors.Join(shrink(ctx, db.writer, 1), shrink(ctx, db.reader, sqliteReaders), shrink(ctx, keys, keysConns))
}

// shrink takes all of a pool's connections for a moment.
func shrink(ctx context.Context, pool *sql.DB, conns int) (err error) {
	for range conns {
		conn, connErr := pool.Conn(ctx)
		if connErr != nil {
			return errors.Join(err, connErr)
		}
		defer func() { err = errors.Join(err, conn.Close()) }()
		if _, err := conn.ExecContext(ctx, "PRAGMA shrink_memory"); err != nil {
			return err
		}
	}
	return nil
}
