package store

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

// A message in a room has come as far as WhatsApp's own apps show it: in a
// group as far as with every member who was there when it was written (help
// centre, “About read receipts”: the check marks stand for all participants).
// To whom a status update or a list's message went is not known here, so
// these have come as far as with anybody.

const (
	sentInRoomQuery = `SELECT m.id, m.conversation, m.at, m.delivery FROM messages m
WHERE m.tenant = $1 AND m.seat = $2 AND m.whatsapp_id = $3 AND m.direction = 'out'`
	// What was read was delivered, and the first time counts.
	putReceiptQuery = `INSERT INTO receipts (tenant, message, contact, delivered_at, read_at, played_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant, message, contact) DO UPDATE SET
delivered_at = CASE WHEN receipts.delivered_at = 0 THEN excluded.delivered_at ELSE receipts.delivered_at END,
read_at = CASE WHEN receipts.read_at = 0 THEN excluded.read_at ELSE receipts.read_at END,
played_at = CASE WHEN receipts.played_at = 0 THEN excluded.played_at ELSE receipts.played_at END`
	missingQuery = `SELECT COUNT(*), COALESCE(SUM(CASE WHEN COALESCE(r.delivered_at, 0) = 0 THEN 1 ELSE 0 END), 0),
COALESCE(SUM(CASE WHEN COALESCE(r.read_at, 0) = 0 THEN 1 ELSE 0 END), 0),
COALESCE(SUM(CASE WHEN COALESCE(r.played_at, 0) = 0 THEN 1 ELSE 0 END), 0)
FROM room_members k LEFT JOIN receipts r ON r.tenant = k.tenant AND r.message = $3 AND r.contact = k.contact
WHERE k.tenant = $1 AND k.conversation = $2 AND k.since <= $4`
)

// sentInRoom is what is needed of a message to note who has it.
type sentInRoom struct {
	id           engine.MessageID
	conversation engine.ConversationID
	at           int64
	delivery     engine.Delivery
}

func scanSentInRoom(row scanner, s *sentInRoom) error {
	return row.Scan(&s.id, &s.conversation, &s.at, &s.delivery)
}

// recordRoomReceipt notes how far messages have come with one participant.
func (t *tx) recordRoomReceipt(ctx context.Context, seat engine.SeatID, fact engine.Receipt) error {
	switch fact.Delivery {
	case engine.Delivered, engine.Read, engine.Played:
	default: // WhatsApp tells of no other
		return nil
	}
	who, err := t.person(ctx, seat, fact.Sender)
	if err != nil || who.id == "" {
		return err
	}
	r := receipt{contact: who.id, delivery: fact.Delivery, at: millis(roundMillis(fact.At))}
	if r.at == 0 {
		r.at = millis(t.now)
	}
	for _, id := range fact.WhatsAppIDs {
		found, err := t.noteInRoom(ctx, seat, clean(id), fact.Chat, r)
		if err == nil && !found {
			err = t.keepEarly(ctx, seat, clean(id), r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// noteInRoom notes what a receipt says about one message. It reports false if
// there is no such message.
func (t *tx) noteInRoom(ctx context.Context, seat engine.SeatID, id string, chat engine.Party, r receipt) (found bool, err error) {
	sent, err := list(ctx, t, scanSentInRoom, sentInRoomQuery, t.tenant, seat, id)
	if err != nil {
		return false, err
	}
	delivered, read, played := r.at, int64(0), int64(0)
	if r.delivery.Rank() >= engine.Read.Rank() {
		read = r.at
	}
	if r.delivery == engine.Played {
		played = r.at
	}
	for _, m := range sent {
		if _, err := t.exec(ctx, putReceiptQuery, t.tenant, m.id, r.contact, delivered, read, played); err != nil {
			return false, err
		}
		if m.delivery.Rank() < engine.Sent.Rank() { // one member who has it proves as much as all
			if _, err := t.proveSent(ctx, seat, id, fromMillis(r.at)); err != nil {
				return false, err
			}
		}
		if err := t.roomProgress(ctx, seat, m, chat, id, r); err != nil {
			return false, err
		}
	}
	return len(sent) > 0, nil
}

// roomProgress moves a message's own delivery.
func (t *tx) roomProgress(ctx context.Context, seat engine.SeatID, m sentInRoom, chat engine.Party, id string, r receipt) error {
	delivery := r.delivery
	if chat.Type() == engine.ChatGroup {
		var err error
		if delivery, err = t.reachedAll(ctx, m); err != nil || delivery == "" {
			return err
		}
	}
	_, err := t.moveDelivery(ctx, seat, id, delivery, fromMillis(r.at))
	return err
}

// missing counts members of a group, and those whom a message has not reached
// so far.
type missing struct{ members, delivered, read, played int }

func scanMissing(row scanner, m *missing) error {
	return row.Scan(&m.members, &m.delivered, &m.read, &m.played)
}

// reachedAll says how far a message has come with all members of its group,
// or "" if not with all, or if they are not known.
func (t *tx) reachedAll(ctx context.Context, m sentInRoom) (engine.Delivery, error) {
	left, err := one(ctx, t, scanMissing, missingQuery, t.tenant, m.conversation, m.id, m.at)
	switch {
	case err != nil || left.members == 0 || left.delivered > 0:
		return "", err
	case left.read > 0:
		return engine.Delivered, nil
	case left.played > 0:
		return engine.Read, nil
	}
	return engine.Played, nil
}
