package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/myaibud/aibud/engine"
)

const countSentQuery = `INSERT INTO sent_counts (tenant, seat, hour, sent, replies, strangers, last_at)
VALUES ($1, $2, $3, 1, $4, $5, $6) ON CONFLICT (tenant, seat, hour) DO UPDATE SET sent = sent_counts.sent + 1,
replies = sent_counts.replies + excluded.replies, strangers = sent_counts.strangers + excluded.strangers, last_at = excluded.last_at`

// countSent counts a message that WhatsApp took. One without a reach was not
// sent by the outbox.
func (t *tx) countSent(ctx context.Context, seat engine.SeatKey, reach engine.Reach) error {
	if reach == "" {
		return nil
	}
	replies, strangers := 0, 0
	switch reach {
	case engine.ReachReply:
		replies = 1
	case engine.ReachStranger:
		strangers = 1
	case engine.ReachKnown:
	}
	return t.later(ctx, countSentQuery, seat.Tenant, seat.Seat, t.now.Unix()/3600, replies, strangers, millis(t.now))
}

// countedFor is how long counts are kept: what the longest limit looks at.
const countedFor = 25 * time.Hour

const (
	countsQuery = `SELECT c.hour, c.sent, c.replies, c.strangers, c.last_at FROM sent_counts c
WHERE c.tenant = $1 AND c.seat = $2 AND c.hour >= $3 ORDER BY c.hour`
	settingsQuery   = `SELECT s.sending FROM seats s WHERE s.tenant = $1 AND s.id = $2`
	dropCountsQuery = `DELETE FROM sent_counts WHERE tenant = $1 AND seat = $2 AND hour < $3`
)

func scanCount(row scanner, c *engine.SentCount) error {
	var hour, last int64
	err := row.Scan(&hour, &c.Sent, &c.Replies, &c.Strangers, &last)
	c.Hour, c.Last = time.Unix(hour*3600, 0).UTC(), fromMillis(last)
	return err
}

// sending reads how fast a seat is to send, and what it has sent lately.
func (s *Store) sending(ctx context.Context, q querier, seat engine.SeatKey) (engine.SendingSettings, []engine.SentCount, error) {
	settings := engine.DefaultSending()
	saved, err := one(ctx, q, column[string], settingsQuery, seat.Tenant, seat.Seat)
	if err != nil {
		return settings, nil, orNotFound(err, "seat")
	}
	if err := decodePart(saved, &settings); err != nil {
		return settings, nil, err
	}
	since := s.now().Add(-countedFor).Unix() / 3600
	counts, err := list(ctx, q, scanCount, countsQuery, seat.Tenant, seat.Seat, since)
	return settings, counts, translate(err)
}

// Sending implements engine.MessageRecords. It is called when a seat begins to
// send and when its settings change, so it also clears away old counts.
func (s *Store) Sending(ctx context.Context, seat engine.SeatKey) (engine.SendingSettings, []engine.SentCount, error) {
	settings, counts, err := s.sending(ctx, s.db, seat)
	if err != nil {
		return settings, nil, err
	}
	_, err = s.db.exec(ctx, dropCountsQuery, seat.Tenant, seat.Seat, s.now().Add(-2*countedFor).Unix()/3600)
	return settings, counts, translate(err)
}

const (
	slowedQuery    = `SELECT s.slowed FROM seats s WHERE s.tenant = $1 AND s.id = $2`
	setSlowedQuery = `UPDATE seats SET slowed = $3 WHERE tenant = $1 AND id = $2`
)

// Slowed implements engine.MessageRecords.
func (s *Store) Slowed(ctx context.Context, seat engine.SeatKey) (slowed engine.Slowed, err error) {
	kept, err := one(ctx, s.db, column[string], slowedQuery, seat.Tenant, seat.Seat)
	if err != nil {
		return slowed, orNotFound(err, "seat")
	}
	return slowed, decodePart(kept, &slowed)
}

// SetSlowed implements engine.MessageRecords.
func (s *Store) SetSlowed(ctx context.Context, seat engine.SeatKey, slowed engine.Slowed) error {
	text, err := json.Marshal(slowed)
	if err != nil {
		return err
	}
	_, err = s.db.exec(ctx, setSlowedQuery, seat.Tenant, seat.Seat, string(text))
	return translate(err)
}

// A partial index has each of the two sets, and none has both.
const (
	queuedCountQuery    = `SELECT COUNT(*) FROM messages m WHERE m.tenant = $1 AND m.seat = $2 AND m.delivery IN ('queued', 'sending')`
	scheduledCountQuery = `SELECT COUNT(*) FROM messages m WHERE m.tenant = $1 AND m.seat = $2 AND m.delivery = 'scheduled'`
)

// SeatSending implements api.Tenant.
func (n *Tenant) SeatSending(ctx context.Context, id engine.SeatID) (engine.SendingView, error) {
	key := engine.SeatKey{Tenant: n.id, Seat: id}
	if _, err := shownSeat(ctx, n.store.db, key); err != nil {
		return engine.SendingView{}, err
	}
	return n.sendingView(ctx, n.store.db, key)
}

func (n *Tenant) sendingView(ctx context.Context, q querier, key engine.SeatKey) (engine.SendingView, error) {
	settings, counts, err := n.store.sending(ctx, q, key)
	if err != nil {
		return engine.SendingView{}, err
	}
	now := n.store.now()
	view := engine.SendingView{
		Settings: settings,
		Hour:     engine.Within(counts, time.Hour, now).View(),
		Day:      engine.Within(counts, 24*time.Hour, now).View(),
	}
	if view.Queued, err = one(ctx, q, column[int], queuedCountQuery, key.Tenant, key.Seat); err != nil {
		return engine.SendingView{}, translate(err)
	}
	view.Scheduled, err = one(ctx, q, column[int], scheduledCountQuery, key.Tenant, key.Seat)
	return view, translate(err)
}

const setSendingSettingsQuery = `UPDATE seats SET sending = $3 WHERE tenant = $1 AND id = $2`

// SetSeatSending implements api.Tenant.
func (n *Tenant) SetSeatSending(ctx context.Context, id engine.SeatID, settings engine.SendingSettings) (engine.SendingView, error) {
	if err := settings.Check(); err != nil {
		return engine.SendingView{}, err
	}
	text, err := json.Marshal(settings)
	if err != nil {
		return engine.SendingView{}, err
	}
	_, err = n.changeSeat(ctx, id, engine.EventSeatUpdated, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, setSendingSettingsQuery, n.id, id, string(text))
		return err
	})
	if err != nil {
		return engine.SendingView{}, err
	}
	return n.SeatSending(ctx, id)
}

const setWaitingQuery = `UPDATE messages SET waiting = $4, waiting_until = $5
WHERE tenant = $1 AND seat = $2 AND id = $3 AND direction = 'out' AND delivery IN ('queued', 'sending') RETURNING ` + messageNames

// SetWaiting implements engine.MessageRecords.
func (s *Store) SetWaiting(ctx context.Context, seat engine.SeatKey, ids []engine.MessageID, waiting engine.Waiting) error {
	return s.inTx(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockSeat(ctx, seat); err != nil {
			return err
		}
		for _, id := range ids {
			changed, err := list(ctx, t, scanMessage, setWaitingQuery, seat.Tenant, seat.Seat, id, waiting.Reason, millis(waiting.Until))
			if err != nil {
				return err
			}
			if err := t.showMessages(changed); err != nil {
				return err
			}
		}
		return nil
	})
}
