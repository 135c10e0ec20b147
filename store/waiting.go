package store

import (
	"context"
	"time"

	"github.com/myaibud/aibud/engine"
)

// What was done to a message while it waited is done again by catchUp, to what
// it turns out to be.
const resolveQuery = `UPDATE messages SET kind = $6, text = $7, content = $8, raw = $9, at = $10, seq = $11, sender_name = $12,
target = $14, target_from_me = $15, target_sender = $16, hidden = $17, unread = unread AND NOT $18,
marks = '', edited_at = 0, revoked_at = 0, secret = $19
WHERE tenant = $1 AND seat = $2 AND whatsapp_id = $3 AND direction = $4 AND conversation = $5 AND sender = $13 AND kind = 'waiting'
AND deleted_at = 0
RETURNING ` + messageNames

// decipher writes what a message is that could not be decrypted until now. It
// reports false if no such message waits. It gets a new number, as if it came
// only now: whoever waits for messages has not seen it.
func (t *tx) decipher(ctx context.Context, m *message) (bool, error) {
	content, err := encodeContent(m.Content)
	if err != nil {
		return false, err
	}
	found, err := list(ctx, t, scanMessage, resolveQuery, t.tenant, m.Seat, m.WhatsAppID, m.Direction, m.Conversation,
		m.Kind, m.Text, content, m.Raw, millis(m.At), t.nextSeq(), m.Sender.Name, m.Sender.Contact,
		m.Target, m.TargetFromMe, m.TargetSender, m.Hidden, m.Kind.Amends(), m.secret)
	if err != nil || len(found) == 0 {
		return false, err
	}
	history, file := m.history, m.file
	*m = found[0]
	m.history, m.file = m.history || history, file
	return true, t.addFile(ctx, m)
}

// resolveWaiting makes of a message that could not be decrypted what it is,
// now that it came again. It does nothing to one that was stored as it is.
func (t *tx) resolveWaiting(ctx context.Context, v *thread, m *message) (resolved bool, err error) {
	if resolved, err = t.decipher(ctx, m); err != nil || !resolved {
		return false, err
	}
	if m.Kind.Amends() { // of a message that we don't have
		v.early++
		v.unread = max(v.unread-1, 0)
	}
	hidden, err := t.catchUp(ctx, v, m)
	if err != nil {
		return false, err
	}
	if err := t.showResolved(m); err != nil {
		return false, err
	}
	if err := t.showMessages(hidden); err != nil {
		return false, err
	}
	return true, t.resolved(ctx, v, m)
}

// resolveAmending is resolveWaiting for what turns out to change another
// message, which then shows it.
func (t *tx) resolveAmending(ctx context.Context, v *thread, m *message) error {
	resolved, err := t.decipher(ctx, m)
	if err != nil || !resolved {
		return err
	}
	if m.Direction == engine.Inbound && !m.history {
		v.unread = max(v.unread-1, 0)
	}
	if err := t.showResolved(m); err != nil {
		return err
	}
	if err := t.resolved(ctx, v, m); err != nil {
		return err
	}
	target, err := t.target(ctx, m)
	if err != nil {
		return err
	}
	if err := t.apply(ctx, m, &target); err != nil {
		return err
	}
	_, err = t.showConversation(ctx, v.id)
	return err
}

// showResolved tells that a message is not waiting any more.
func (t *tx) showResolved(m *message) error {
	view := m.view()
	view.Resolved = true
	return t.append(engine.EventMessageUpdated, m.Seat, m.Conversation, view)
}

// resolved does to a conversation what a message does to it that was resolved.
func (t *tx) resolved(ctx context.Context, v *thread, m *message) error {
	if err := t.findLast(ctx, v); err != nil {
		return err
	}
	if m.Author == engine.AuthorPhone && !m.history {
		if err := t.takeOver(ctx, v, m.At, m.Seq); err != nil {
			return err
		}
	}
	return t.saveThread(ctx, v)
}

const (
	// waitingAge is how long a phone is asked for a message: it keeps no more
	// for its clients than about that. For what is to be seen once, which alone
	// has content while it waits, it is not asked: it would not give it.
	waitingAge = 14 * 24 * time.Hour

	waitingQuery = `SELECT m.whatsapp_id, m.direction, c.phone, c.lid, c.room, COALESCE(s.phone, ''), COALESCE(s.lid, '')
FROM messages m
JOIN conversations v ON v.tenant = m.tenant AND v.id = m.conversation
JOIN contacts c ON c.tenant = v.tenant AND c.id = v.contact
LEFT JOIN contacts s ON s.tenant = m.tenant AND s.id = m.sender
WHERE m.tenant = $1 AND m.seat = $2 AND m.kind = 'waiting' AND m.content = '' AND m.at > $3 ORDER BY m.at DESC, m.seq DESC LIMIT $4`
)

func scanWaiting(row scanner, w *engine.Undecrypted) error {
	var direction engine.Direction
	err := row.Scan(&w.WhatsAppID, &direction, &w.Chat.Phone, &w.Chat.LID, &w.Chat.Room, &w.Sender.Phone, &w.Sender.LID)
	w.FromMe = direction == engine.Outbound
	return err
}

// Undecrypted implements engine.MessageRecords.
func (s *Store) Undecrypted(ctx context.Context, seat engine.SeatKey, limit int) ([]engine.Undecrypted, error) {
	since := millis(s.now().Add(-waitingAge))
	found, err := list(ctx, s.db, scanWaiting, waitingQuery, seat.Tenant, seat.Seat, since, max(limit, 1))
	return found, translate(err)
}
