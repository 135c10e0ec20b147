package store

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5/stdlib"
)

// KeysDB returns the database for the keys of the linked devices and the
// name by which whatsmeow knows its dialect. On PostgreSQL it is the same
// database through the same connections. On SQLite it is a file of its own,
// so that the keys' many small writes and ours don't queue behind each other.
// The store closes it.
func (s *Store) KeysDB(ctx context.Context) (db *sql.DB, dialect string, err error) {
	s.keysMu.Lock()
	defer s.keysMu.Unlock()
	if s.keys == nil {
		if s.keys, err = s.openKeys(ctx); err != nil {
			return nil, "", err
		}
	}
	if s.db.dialect() == dialectPostgres {
		return s.keys, "postgres", nil
	}
	return s.keys, "sqlite3", nil
}

func (s *Store) openKeys(ctx context.Context) (*sql.DB, error) {
	if db, ok := s.db.(*postgresDB); ok {
		return stdlib.OpenDBFromPool(db.pool), nil
	}
	path, err := dataFile(s.config.DataDir, "keys.db")
	if err != nil {
		return nil, err
	}
	return openSQLiteFile(ctx, path, s.config.BusyTimeout, keysConns, otherCache, false)
}
