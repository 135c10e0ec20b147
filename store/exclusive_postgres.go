package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/myaibud/aibud/engine"
)

const (
	// watchInterval is how often the connection that holds the lock is looked
	// at, and how often a lost one is made anew.
	watchInterval = 2 * time.Second
	// watchTimeout bounds each look.
	watchTimeout = 5 * time.Second
)

// onlyServer is a lock that belongs to a connection of its own. PostgreSQL
// gives it up with the connection, so it is watched and taken again.
type onlyServer struct {
	db   *postgresDB
	log  *slog.Logger
	conn *pgx.Conn
	lost chan struct{}
}

func exclusivePostgres(ctx context.Context, db *postgresDB, log *slog.Logger) (release func() error, lost <-chan struct{}, err error) {
	o := &onlyServer{db: db, log: log, lost: make(chan struct{})}
	if err := o.take(ctx, exclusiveWait); err != nil {
		return nil, nil, err
	}
	if err := o.fence(ctx); err != nil {
		return nil, nil, errors.Join(err, o.close())
	}
	watching, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		o.watch(watching)
	}()
	return func() error {
		cancel()
		<-done
		return o.close()
	}, o.lost, nil
}

const (
	// fencePace is how often it is looked whether all connections of a server
	// that is gone have ended.
	fencePace = 20 * time.Millisecond
	// maxServerName leaves room in the 63 characters of a connection's name.
	maxServerName = 40
)

const fenceQuery = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
AND left(application_name, length($1)) = $1 AND application_name <> $2`

// fence ends what the server before this one has left behind: PostgreSQL goes
// on with what it was asked for, a commit say, after the process was killed. On
// a busy machine that could be after we have read what it is about to change,
// such as keys and jobs. Servers know each other by their connections' names.
func (o *onlyServer) fence(ctx context.Context) error {
	id := engine.NewID()
	servers := o.db.name[:min(len(o.db.name), maxServerName)] + " server "
	ours := servers + id[len(id)-12:]
	o.db.only.Store(&ours)
	o.db.pool.Reset()
	ctx, cancel := context.WithTimeout(ctx, exclusiveWait)
	defer cancel()
	for {
		left, err := o.conn.Exec(ctx, fenceQuery, servers, ours)
		if err != nil {
			return translate(fmt.Errorf("end what the server before has left: %w", err))
		}
		if left.RowsAffected() == 0 {
			return nil
		}
		select {
		case <-time.After(fencePace):
		case <-ctx.Done():
			return translate(fmt.Errorf("what the server before has left does not end: %w", ctx.Err()))
		}
	}
}

// take connects and waits for the lock.
func (o *onlyServer) take(ctx context.Context, wait time.Duration) error {
	conn, err := pgx.ConnectConfig(ctx, o.db.pool.Config().ConnConfig)
	if err != nil {
		return translate(fmt.Errorf("connect for the server's lock: %w", err))
	}
	o.conn = conn
	_, err = conn.Exec(ctx, fmt.Sprintf(`SET lock_timeout = %d`, wait.Milliseconds()))
	if err == nil {
		_, err = conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(exclusiveLock))
	}
	if err == nil {
		return nil
	}
	_ = o.close()
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == pgLockNotAvailable {
		return errNotAlone(err)
	}
	return translate(err)
}

// watch takes the lock again when it was lost, until ctx ends or another
// server has it.
func (o *onlyServer) watch(ctx context.Context) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if o.holds(ctx) || ctx.Err() != nil {
			continue
		}
		o.log.Warn("the lock of the only server was lost with its connection; it is taken again")
		_ = o.close() // it is gone
		err := o.take(ctx, watchInterval)
		if engine.CodeOf(err) == engine.CodeConflict {
			close(o.lost)
			return
		}
		if err != nil && ctx.Err() == nil {
			o.log.Error("the lock of the only server could not be taken again; it is tried further", "error", err)
		}
	}
}

// holds asks whether the connection, and with it the lock, is still there.
func (o *onlyServer) holds(ctx context.Context) bool {
	if o.conn == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, watchTimeout)
	defer cancel()
	return o.conn.Ping(ctx) == nil
}

func (o *onlyServer) close() error {
	if o.conn == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), watchTimeout)
	defer cancel()
	conn := o.conn
	o.conn = nil
	return conn.Close(ctx)
}
