package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/myaibud/aibud/engine"
)

// maxEvents bounds how many events one call returns.
const maxEvents = 1000

const eventsQuery = `SELECT tenant, seq, kind, seat, conversation, at, data FROM events
WHERE tenant = $1 AND seq > $2 ORDER BY seq LIMIT $3`

func scanEvent(row scanner, e *engine.Event) error {
	var at int64
	var data string
	if err := row.Scan(&e.Tenant, &e.Seq, &e.Kind, &e.Seat, &e.Conversation, &at, &data); err != nil {
		return err
	}
	e.At, e.Data = fromMillis(at), json.RawMessage(data)
	return nil
}

// Events implements api.Tenant.
func (n *Tenant) Events(ctx context.Context, after int64, limit int) ([]engine.Event, error) {
	events, err := list(ctx, n.store.db, scanEvent, eventsQuery, n.id, after, min(max(limit, 1), maxEvents))
	return events, translate(err)
}

const lastSeqQuery = `SELECT last_seq FROM tenants WHERE id = $1`

// LastSeq implements api.Tenant.
func (n *Tenant) LastSeq(ctx context.Context) (int64, error) {
	seq, err := one(ctx, n.store.db, column[int64], lastSeqQuery, n.id)
	return seq, orNotFound(err, "account")
}

const behindQuery = `SELECT t.id FROM tenants t LEFT JOIN cursors c ON c.tenant = t.id AND c.reader = $1
WHERE t.last_seq > COALESCE(c.seq, 0) ORDER BY t.id`

// Behind implements engine.LogRecords.
func (s *Store) Behind(ctx context.Context, reader string) ([]engine.TenantID, error) {
	tenants, err := list(ctx, s.db, column[engine.TenantID], behindQuery, reader)
	return tenants, translate(err)
}

const (
	insertCursorQuery = `INSERT INTO cursors (reader, tenant, seq) VALUES ($1, $2, 0) ON CONFLICT (reader, tenant) DO NOTHING`
	cursorQuery       = `SELECT c.seq FROM cursors c WHERE c.reader = $1 AND c.tenant = $2`
	moveCursorQuery   = `UPDATE cursors SET seq = $3 WHERE reader = $1 AND tenant = $2`
)

// Advance implements engine.LogRecords. While handle runs it has the only
// transaction of SQLite: it must write through tx and not wait for anything
// else of the store.
func (s *Store) Advance(ctx context.Context, reader string, tenant engine.TenantID, limit int,
	handle func(ctx context.Context, tx engine.Tx, events []engine.Event) error,
) (int, error) {
	count := 0
	err := s.inTx(ctx, func(ctx context.Context, t *tx) error {
		count = 0
		seq, err := t.lockCursor(ctx, reader, tenant)
		if err != nil {
			return err
		}
		events, err := list(ctx, t, scanEvent, eventsQuery, tenant, seq, min(max(limit, 1), maxEvents))
		if err != nil || len(events) == 0 {
			return err
		}
		if err := handle(ctx, t, events); err != nil {
			return err
		}
		count = len(events)
		_, err = t.exec(ctx, moveCursorQuery, reader, tenant, events[count-1].Seq)
		return err
	})
	if err != nil {
		return 0, err
	}
	return count, nil
}

// lockCursor returns where a reader is and keeps others from moving it.
func (t *tx) lockCursor(ctx context.Context, reader string, tenant engine.TenantID) (int64, error) {
	query := cursorQuery + t.store.db.lock("c")
	seq, err := one(ctx, t, column[int64], query, reader, tenant)
	if !errors.Is(err, errNoRow) {
		return seq, err
	}
	if _, err := one(ctx, t, column[int64], lastSeqQuery, tenant); err != nil {
		return 0, orNotFound(err, "account")
	}
	if _, err := t.exec(ctx, insertCursorQuery, reader, tenant); err != nil {
		return 0, err
	}
	return one(ctx, t, column[int64], query, reader, tenant)
}
