package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/myaibud/aibud/engine"
)

// The databases' names, for package migrations.
const (
	dialectSQLite   = "sqlite"
	dialectPostgres = "postgres"
)

// Config says where the data is. The zero value of a field has the meaning
// that its comment names.
type Config struct {
	URL     string       // of PostgreSQL: postgres://…; empty: SQLite in DataDir
	DataDir string       // the folder of the SQLite files; made if it is missing
	Log     *slog.Logger // nil: nothing is logged
	Feed    *engine.Feed // told of events after each commit; nil: nobody is
	Now     func() time.Time
	// AssistantPause is how long the assistant keeps out of a conversation
	// after a person wrote in it; 0: 12 hours.
	AssistantPause time.Duration
	// BusyTimeout is how long SQLite waits for another process that writes;
	// 0: 10 seconds.
	BusyTimeout time.Duration
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.AssistantPause == 0 {
		c.AssistantPause = 12 * time.Hour
	}
	if c.BusyTimeout == 0 {
		c.BusyTimeout = 10 * time.Second
	}
	return c
}

// Store is an open database. It implements engine.SeatRecords,
// engine.MessageRecords, engine.LogRecords, api.Accounts and
// assistant.Records.
type Store struct {
	config Config
	db     database
	feed   *engine.Feed
	now    func() time.Time
	jobs   queue
	lanes  *lanes
	ahead  atomic.Int64 // how far PostgreSQL's clock was ahead of ours, in nanoseconds
	seats  sync.Map     // the [engine.SeatKey] of those that exist

	jobsOurs bool // jobs become due by a clock that tests set

	sessionsSwept atomic.Int64 // when, in milliseconds

	keysMu sync.Mutex
	keys   *sql.DB // see KeysDB
}

var (
	_ engine.SeatRecords    = (*Store)(nil)
	_ engine.MessageRecords = (*Store)(nil)
	_ engine.LogRecords     = (*Store)(nil)
)

// Open opens the database, brings its schema up to date and refuses one that
// a newer version of the program has written. [Store.Close] must be called.
func Open(ctx context.Context, config Config) (*Store, error) {
	config = config.withDefaults()
	s := &Store{config: config, feed: config.Feed, now: config.Now}
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		s.db.close()
		return nil, err
	}
	s.lanes = newLanes(s, s.db.dialect() == dialectSQLite)
	return s, nil
}

// Migrate brings the schema of a database up to date and closes it.
func Migrate(ctx context.Context, config Config) error {
	s, err := Open(ctx, config)
	if err != nil {
		return err
	}
	s.Close()
	return nil
}

func (s *Store) connect(ctx context.Context) error {
	switch {
	case s.config.URL == "":
		db, err := openSQLite(ctx, s.config.DataDir, s.config.BusyTimeout)
		if err != nil {
			return err
		}
		s.db = db
		s.jobs, err = newSQLiteQueue(db, s.config.Log)
		return err
	case strings.HasPrefix(s.config.URL, "postgres://"), strings.HasPrefix(s.config.URL, "postgresql://"):
		db, err := openPostgres(ctx, s.config.URL)
		if err != nil {
			return err
		}
		s.db = db
		s.jobs, err = newPostgresQueue(db, s.config.Log)
		return err
	}
	return fmt.Errorf("DATABASE_URL must begin with postgres:// or be empty")
}

// Close closes the database. Nobody may be using the store any more; jobs
// must have been stopped.
func (s *Store) Close() {
	s.lanes.close()
	s.keysMu.Lock()
	defer s.keysMu.Unlock()
	if s.keys != nil {
		_ = s.keys.Close()
		s.keys = nil
	}
	s.db.close()
}
