package store

import (
	"context"
	"errors"
	"time"

	"github.com/myaibud/aibud/engine"
)

// A receipt only moves a message forward: see engine.Delivery.Rank. A time is
// set once, also by a receipt that comes after a further one.
const (
	receiptStart = `UPDATE messages SET sent_at = CASE WHEN sent_at = 0 THEN $5 ELSE sent_at END, `
	receiptRows  = ` WHERE tenant = $1 AND seat = $2 AND whatsapp_id = $3 AND direction = 'out'
AND delivery IN ('sent', 'delivered', 'read', 'played') AND `
	returnMessage = ` RETURNING ` + messageNames

	deliveredQuery = receiptStart + `delivered_at = CASE WHEN delivered_at = 0 THEN $5 ELSE delivered_at END,
delivery = CASE WHEN delivery IN ('delivered', 'read', 'played') THEN delivery ELSE $4 END` +
		receiptRows + `(delivery NOT IN ('delivered', 'read', 'played') OR delivered_at = 0)` + returnMessage
	readQuery = receiptStart + `read_at = CASE WHEN read_at = 0 THEN $5 ELSE read_at END,
delivery = CASE WHEN delivery IN ('read', 'played') THEN delivery ELSE $4 END` +
		receiptRows + `(delivery NOT IN ('read', 'played') OR read_at = 0)` + returnMessage
	playedQuery = receiptStart + `played_at = CASE WHEN played_at = 0 THEN $5 ELSE played_at END, delivery = $4` +
		receiptRows + `played_at = 0` + returnMessage
)

func (t *tx) recordReceipt(ctx context.Context, seat engine.SeatID, fact engine.Receipt) error {
	if fact.FromMe {
		return t.recordRead(ctx, seat, fact)
	}
	if fact.Chat.Room != "" {
		return t.recordRoomReceipt(ctx, seat, fact)
	}
	r := receipt{delivery: fact.Delivery, at: millis(fact.At)}
	if r.at == 0 {
		r.at = millis(outTime(t.now))
	}
	for _, id := range fact.WhatsAppIDs {
		moved, err := t.moveDelivery(ctx, seat, clean(id), r.delivery, fromMillis(r.at))
		if err == nil && !moved {
			err = t.keepEarly(ctx, seat, clean(id), r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// moveDelivery notes how far a message has come, and shows it. It reports
// false if that is no further than before, or if there is no such message.
func (t *tx) moveDelivery(ctx context.Context, seat engine.SeatID, id string, delivery engine.Delivery, at time.Time) (bool, error) {
	var query string
	switch delivery {
	case engine.Delivered:
		query = deliveredQuery
	case engine.Read:
		query = readQuery
	case engine.Played:
		query = playedQuery
	default: // WhatsApp tells of no other
		return true, nil
	}
	args := []any{t.tenant, seat, id, delivery, millis(at)}
	moved, err := list(ctx, t, scanMessage, query, args...)
	if err == nil && len(moved) == 0 {
		var proved bool
		if proved, err = t.proveSent(ctx, seat, id, at); proved {
			moved, err = list(ctx, t, scanMessage, query, args...)
		}
	}
	if err != nil {
		return false, err
	}
	return len(moved) > 0, t.showMessages(moved)
}

const (
	unacknowledgedQuery = `SELECT ` + messageColumns + ` FROM messages m WHERE m.tenant = $1 AND m.seat = $2 AND m.whatsapp_id = $3
AND m.direction = 'out' AND m.delivery IN ('queued', 'sending', 'failed')`
	proveSentQuery = `UPDATE messages SET delivery = 'sent', failure = '', failure_code = '', waiting = '', waiting_until = 0,
at = $3, sent_at = $4 WHERE tenant = $1 AND id = $2`
)

// proveSent does what SetSent does, for a message of which a receipt told
// before an acknowledgement did, which may never come. It reports whether there
// is such a message. One that had failed stays where it is: nobody knows when
// it was sent.
func (t *tx) proveSent(ctx context.Context, seat engine.SeatID, id string, at time.Time) (proved bool, err error) {
	unacknowledged, err := list(ctx, t, scanMessage, unacknowledgedQuery, t.tenant, seat, id)
	if err != nil {
		return false, err
	}
	for i := range unacknowledged {
		m := &unacknowledged[i]
		before := m.At
		if m.Delivery != engine.Failed {
			m.At = at
		}
		if err := t.sentChange(ctx, m); err != nil {
			return false, err
		}
		if _, err := t.exec(ctx, proveSentQuery, t.tenant, m.ID, millis(m.At), millis(at)); err != nil {
			return false, err
		}
		if err := t.moved(ctx, m, before); err != nil {
			return false, err
		}
	}
	return len(unacknowledged) > 0, nil
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
