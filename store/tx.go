package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/myaibud/aibud/engine"
)

// maxTries is how often a transaction runs that PostgreSQL gives up in favour
// of another one.
const maxTries = 4

// tx is a transaction. It collects the events that it causes and writes them
// at its end.
type tx struct {
	handle
	store  *Store
	now    time.Time // one time for all that happens in it
	tenant engine.TenantID
	seq    int64 // of the tenant's last event
	events []engine.Event
	jobs   bool // one was enqueued
	quiet  *quiet
}

var _ engine.Tx = (*tx)(nil)

// inTx runs fn in a transaction, which commits if fn returns nil. fn may run
// several times.
func (s *Store) inTx(ctx context.Context, fn func(ctx context.Context, t *tx) error) error {
	for try := 1; ; try++ {
		err := s.tryTx(ctx, fn)
		if try == maxTries || !isCrossed(err) {
			return translate(err)
		}
	}
}

func (s *Store) tryTx(ctx context.Context, fn func(ctx context.Context, t *tx) error) error {
	inside, h, err := s.db.begin(ctx)
	if err != nil {
		return err
	}
	t := &tx{handle: h, store: s, now: s.now().UTC()}
	ended := false
	defer func() {
		if !ended { // also if fn panics
			h.rollback(inside)
		}
	}()
	if err := fn(inside, t); err != nil {
		return err
	}
	if err := t.writeEvents(inside); err != nil {
		return err
	}
	ended = true
	if err := h.commit(inside); err != nil {
		return err
	}
	t.publish()
	return nil
}

// publish tells of what was committed.
func (t *tx) publish() {
	if t.jobs {
		t.store.jobs.committed()
	}
	if t.store.feed != nil {
		t.store.feed.Publish(t.events)
	}
}

const lockTenantQuery = `SELECT t.last_seq FROM tenants t WHERE t.id = $1`

// lock makes the tenant's writes wait for the end of this transaction. It
// must come before anything that is read in order to be written.
func (t *tx) lock(ctx context.Context, tenant engine.TenantID) error {
	if t.tenant == tenant {
		return nil
	}
	if t.tenant != "" {
		return errors.New("a transaction writes one tenant's rows")
	}
	seq, err := one(ctx, t, column[int64], lockTenantQuery+t.store.db.lock("t"), tenant)
	if err != nil {
		return orNotFound(err, "account")
	}
	t.tenant, t.seq = tenant, seq
	return nil
}

const lockSeatQuery = `SELECT t.last_seq FROM tenants t JOIN seats s ON s.tenant = t.id WHERE t.id = $1 AND s.id = $2`

// lockSeat is lock for a seat, which must exist. Seats are never deleted, so
// one that was found once is not looked for again.
func (t *tx) lockSeat(ctx context.Context, seat engine.SeatKey) error {
	if _, known := t.store.seats.Load(seat); known {
		return t.lock(ctx, seat.Tenant)
	}
	if err := t.findSeat(ctx, seat); err != nil {
		return err
	}
	t.store.seats.Store(seat, struct{}{})
	return nil
}

func (t *tx) findSeat(ctx context.Context, seat engine.SeatKey) error {
	if t.tenant != "" { // locked already
		if _, err := one(ctx, t, column[int64], lockSeatQuery, seat.Tenant, seat.Seat); err != nil {
			return orNotFound(err, "seat")
		}
		return t.lock(ctx, seat.Tenant)
	}
	seq, err := one(ctx, t, column[int64], lockSeatQuery+t.store.db.lock("t"), seat.Tenant, seat.Seat)
	if err != nil {
		return orNotFound(err, "seat")
	}
	t.tenant, t.seq = seat.Tenant, seq
	return nil
}

// nextSeq is the number that the next event will have.
func (t *tx) nextSeq() int64 { return t.seq + 1 }

// append adds an event to the tenant's log.
func (t *tx) append(kind engine.EventKind, seat engine.SeatID, conversation engine.ConversationID, view any) error {
	if t.tenant == "" {
		return errors.New("an event needs the tenant's lock")
	}
	if t.quiet.takes(kind, conversation, view) {
		return nil
	}
	data, err := json.Marshal(view)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	t.seq++
	t.events = append(t.events, engine.Event{
		Tenant: t.tenant, Seq: t.seq, Kind: kind, Seat: seat, Conversation: conversation,
		At: t.now.Truncate(time.Millisecond), Data: data,
	})
	return nil
}

const (
	insertEventQuery = `INSERT INTO events (tenant, seq, kind, seat, conversation, at, data) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	setLastSeqQuery  = `UPDATE tenants SET last_seq = $2 WHERE id = $1`
)

func (t *tx) writeEvents(ctx context.Context) error {
	if len(t.events) == 0 {
		return nil
	}
	for _, e := range t.events {
		err := t.later(ctx, insertEventQuery, e.Tenant, e.Seq, e.Kind, e.Seat, e.Conversation, millis(e.At), string(e.Data))
		if err != nil {
			return fmt.Errorf("append event: %w", err)
		}
	}
	if err := t.later(ctx, setLastSeqQuery, t.tenant, t.seq); err != nil {
		return fmt.Errorf("count events: %w", err)
	}
	return nil
}

// Enqueue implements engine.Enqueuer.
func (t *tx) Enqueue(ctx context.Context, args engine.JobArgs, options engine.JobOptions) error {
	if err := t.store.jobs.enqueue(ctx, t.handle, args, options); err != nil {
		return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	t.jobs = true
	return nil
}
