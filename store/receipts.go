package store

import (
	"context"
	"errors"

	"github.com/myaibud/aibud/engine"
)

// A receipt only moves a message forward: see engine.Delivery.Rank. It may
// come before we know that the message was sent at all.
const (
	moveDelivery = `UPDATE messages SET delivery = $4, failure = ''
WHERE tenant = $1 AND seat = $2 AND whatsapp_id = $3 AND direction = 'out' AND delivery IN `
	returnMessage = ` RETURNING ` + messageNames

	deliveredQuery = moveDelivery + `('queued', 'sending', 'failed', 'sent')` + returnMessage
	readQuery      = moveDelivery + `('queued', 'sending', 'failed', 'sent', 'delivered')` + returnMessage
	playedQuery    = moveDelivery + `('queued', 'sending', 'failed', 'sent', 'delivered', 'read')` + returnMessage
)

func (t *tx) recordReceipt(ctx context.Context, seat engine.SeatID, fact engine.Receipt) error {
	if fact.FromMe {
		return t.recordRead(ctx, seat, fact)
	}
	var query string
	switch fact.Delivery {
	case engine.Delivered:
		query = deliveredQuery
	case engine.Read:
		query = readQuery
	case engine.Played:
		query = playedQuery
	case engine.Received, engine.Queued, engine.Sending, engine.Sent, engine.Failed:
		return nil
	default:
		return nil
	}
	for _, id := range fact.WhatsAppIDs {
		moved, err := list(ctx, t, scanMessage, query, t.tenant, seat, clean(id), fact.Delivery)
		if err != nil {
			return err
		}
		for i := range moved {
			if err := t.showMessage(&moved[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	inboundQuery = `SELECT m.at, m.seq FROM messages m
WHERE m.seat = $2 AND m.whatsapp_id = $3 AND m.direction = 'in' AND m.conversation = $4 AND m.tenant = $1`
	readUpToQuery = `UPDATE messages SET unread = false
WHERE tenant = $1 AND conversation = $2 AND unread AND (at < $3 OR at = $3 AND seq <= $4)`
)

// recordRead notes that the agent read messages on the phone, and with them
// whatever came before them.
func (t *tx) recordRead(ctx context.Context, seat engine.SeatID, fact engine.Receipt) error {
	if fact.Delivery != engine.Read && fact.Delivery != engine.Played {
		return nil
	}
	party, err := cleanParty(fact.Chat)
	if err != nil {
		return err
	}
	k, changed, err := t.resolve(ctx, seat, party)
	if errors.Is(err, errNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	read, err := t.readUpTo(ctx, &k.thread, fact.WhatsAppIDs)
	if err != nil || !read && !changed || k.thread.id == "" {
		return err
	}
	_, err = t.showConversation(ctx, k.thread.id)
	return err
}

func (t *tx) readUpTo(ctx context.Context, v *thread, ids []string) (bool, error) {
	if v.id == "" || v.unread == 0 {
		return false, nil
	}
	var newest place
	for _, id := range ids {
		found, err := list(ctx, t, scanPlace, inboundQuery, t.tenant, v.seat, clean(id), v.id)
		if err != nil {
			return false, err
		}
		for _, p := range found {
			if newest.before(p) {
				newest = p
			}
		}
	}
	read, err := t.exec(ctx, readUpToQuery, t.tenant, v.id, newest.at, newest.seq)
	if err != nil || read == 0 {
		return false, err
	}
	v.unread = max(v.unread-int(read), 0)
	return true, t.saveThread(ctx, v)
}

// place is where a message stands in its conversation.
type place struct{ at, seq int64 }

func scanPlace(row scanner, p *place) error { return row.Scan(&p.at, &p.seq) }

func (p place) before(other place) bool {
	return p.at < other.at || p.at == other.at && p.seq < other.seq
}
