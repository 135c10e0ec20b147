package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// listenInterval is how often the jobs' notifications are read if nobody
// rings. Our own transactions ring when they have enqueued; what is left is
// River's talk with itself and buttons of its page.
const listenInterval = time.Second

// sqliteJobs is River's driver for SQLite with another listener. River's own
// reads its table of notifications twenty times a second, for ever, on the
// connection that writes.
type sqliteJobs struct {
	*riversqlite.Driver
	listener *jobListener
}

func newSQLiteJobs(db *sqliteDB) *sqliteJobs {
	return &sqliteJobs{
		Driver:   riversqlite.New(db.writer),
		listener: &jobListener{db: db.reader, bell: make(chan struct{}, 1), topics: map[string]bool{}},
	}
}

// GetListener implements riverdriver.Driver. There is one program per file,
// so one listener is enough.
func (d *sqliteJobs) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return d.listener
}

// jobListener reads notifications when the bell rings, and now and then.
type jobListener struct {
	db   *sql.DB
	bell chan struct{}

	mu      sync.Mutex // protects the rest
	open    bool
	last    int64 // the newest notification that was read
	topics  map[string]bool
	pending []riverdriver.Notification
}

// ring makes the listener look at once.
func (l *jobListener) ring() {
	select {
	case l.bell <- struct{}{}:
	default: // it rings already
	}
}

const lastNotificationQuery = `SELECT COALESCE(MAX(id), 0) FROM river_notification`

// Connect implements riverdriver.Listener.
func (l *jobListener) Connect(ctx context.Context) error {
	var last int64
	if err := l.db.QueryRowContext(ctx, lastNotificationQuery).Scan(&last); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open {
		return errors.New("the listener is connected already")
	}
	l.open, l.last = true, last
	return nil
}

// Close implements riverdriver.Listener.
func (l *jobListener) Close(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open, l.pending = false, nil
	clear(l.topics)
	return nil
}

// Listen implements riverdriver.Listener.
func (l *jobListener) Listen(_ context.Context, topic string) error { return l.set(topic, true) }

// Unlisten implements riverdriver.Listener.
func (l *jobListener) Unlisten(_ context.Context, topic string) error { return l.set(topic, false) }

func (l *jobListener) set(topic string, wanted bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		return errors.New("the listener is not connected")
	}
	l.topics[topic] = wanted
	return nil
}

// Ping implements riverdriver.Listener.
func (l *jobListener) Ping(ctx context.Context) error { return l.db.PingContext(ctx) }

// Schema implements riverdriver.Listener.
func (l *jobListener) Schema() string { return "" }

// SetAfterConnectExec implements riverdriver.Listener; River's tests use it.
func (l *jobListener) SetAfterConnectExec(string) {}

// WaitForNotification implements riverdriver.Listener.
func (l *jobListener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	for {
		if n := l.next(); n != nil {
			return n, nil
		}
		found, err := l.read(ctx)
		if err != nil {
			return nil, err
		}
		if found {
			continue
		}
		timer := time.NewTimer(listenInterval)
		select {
		case <-l.bell:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}

func (l *jobListener) next() *riverdriver.Notification {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.pending) > 0 {
		n := l.pending[0]
		l.pending = l.pending[1:]
		if l.topics[n.Topic] {
			return &n
		}
	}
	return nil
}

const notificationsQuery = `SELECT id, topic, payload FROM river_notification WHERE id > $1 ORDER BY id LIMIT 256`

// read fetches what came since; found says whether there was anything.
func (l *jobListener) read(ctx context.Context) (found bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		return false, errors.New("the listener is not connected")
	}
	// Not to be cancelled half-way: that would cost the connection. See begin.
	rows, err := l.db.QueryContext(context.WithoutCancel(ctx), notificationsQuery, l.last)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var n riverdriver.Notification
		if err := rows.Scan(&l.last, &n.Topic, &n.Payload); err != nil {
			return false, err
		}
		l.pending = append(l.pending, n)
		found = true
	}
	return found, rows.Err()
}
