package store

import (
	"context"
	"time"

	"github.com/myaibud/aibud/engine"
)

// earlyTime is how long a receipt is kept for a message that is not here: long
// enough for what comes late, and no longer, since most are for messages from
// before the seat was linked.
const earlyTime = 24 * time.Hour

const (
	keepEarlyQuery = `INSERT INTO early_receipts (tenant, seat, whatsapp_id, contact, delivery, at, noted_at)
SELECT $1, $2, $3, $4, $5, CAST($6 AS bigint), CAST($7 AS bigint) WHERE NOT EXISTS (SELECT 1 FROM messages m
WHERE m.tenant = $1 AND m.seat = $2 AND m.whatsapp_id = $3 AND m.direction = 'out') ON CONFLICT DO NOTHING`
	forgetEarlyQuery = `DELETE FROM early_receipts WHERE tenant = $1 AND seat = $2 AND noted_at < $3`
	takeEarlyQuery   = `DELETE FROM early_receipts WHERE tenant = $1 AND seat = $2 AND whatsapp_id = $3 RETURNING contact, delivery, at`
)

// receipt is what one receipt tells.
type receipt struct {
	contact  engine.ContactID // in a room: whose it is
	delivery engine.Delivery
	at       int64
}

func scanReceipt(row scanner, r *receipt) error { return row.Scan(&r.contact, &r.delivery, &r.at) }

// keepEarly keeps a receipt if its message is not here.
func (t *tx) keepEarly(ctx context.Context, seat engine.SeatID, id string, r receipt) error {
	kept, err := t.exec(ctx, keepEarlyQuery, t.tenant, seat, id, r.contact, r.delivery, r.at, millis(t.now))
	if err != nil || kept == 0 {
		return err
	}
	_, err = t.exec(ctx, forgetEarlyQuery, t.tenant, seat, millis(t.now.Add(-earlyTime)))
	return err
}

// takeEarly notes what receipts have told of a message that has come only now.
func (t *tx) takeEarly(ctx context.Context, seat engine.SeatID, id string, chat engine.Party) error {
	kept, err := list(ctx, t, scanReceipt, takeEarlyQuery, t.tenant, seat, id)
	if err != nil {
		return err
	}
	for _, r := range kept {
		if chat.Room == "" {
			_, err = t.moveDelivery(ctx, seat, id, r.delivery, fromMillis(r.at))
		} else {
			_, err = t.noteInRoom(ctx, seat, id, chat, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
