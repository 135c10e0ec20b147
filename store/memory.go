package store

import (
	"context"
	"database/sql"
	"errors"
)

// ReturnMemory gives back the pages that SQLite's connections keep, which many
// seats that began at once have filled. PostgreSQL has its own. A store that was
// closed meanwhile stays closed.
func (s *Store) ReturnMemory(ctx context.Context) error {
	db, ok := s.db.(*sqliteDB)
	if !ok {
		return nil
	}
	s.keysMu.Lock() // two at a time would wait for each other's connections
	defer s.keysMu.Unlock()
	if s.keys == nil {
		return nil
	}
	return errors.Join(shrink(ctx, db.writer, 1), shrink(ctx, db.reader, sqliteReaders), shrink(ctx, s.keys, keysConns))
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
