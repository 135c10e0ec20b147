package store

import (
	"context"
	"errors"
	"time"

	"github.com/myaibud/aibud/engine"
)

// queueMessage puts a text into the outbox, under a WhatsApp ID that is chosen
// now so that a second try after a crash has the same. It saves the thread
// and shows message and conversation.
func (t *tx) queueMessage(ctx context.Context, v *thread, m message) (engine.MessageView, error) {
	m.Seat, m.Conversation, m.WhatsAppID = v.seat, v.id, engine.NewWhatsAppID()
	m.Direction, m.Delivery = engine.Outbound, engine.Queued
	// It comes last, also if WhatsApp's clock is ahead of ours. See SetSent.
	m.At = fromMillis(max(millis(outTime(t.now)), v.lastAt))
	added, err := t.insertMessage(ctx, &m)
	if err != nil {
		return engine.MessageView{}, err
	}
	if !added {
		return engine.MessageView{}, errors.New("a random ID came twice")
	}
	if !m.Hidden {
		v.show(&m)
	}
	if m.Author == engine.AuthorUser {
		if err := t.takeOver(ctx, v, t.now, m.Seq); err != nil {
			return engine.MessageView{}, err
		}
	}
	if err := t.saveThread(ctx, v); err != nil {
		return engine.MessageView{}, err
	}
	if err := t.showNewMessage(&m); err != nil {
		return engine.MessageView{}, err
	}
	_, err = t.showConversation(ctx, v.id)
	return m.view(), err
}

const byKeyQuery = `SELECT ` + messageColumns + ` FROM messages m
WHERE m.tenant = $1 AND m.user_id = $2 AND m.idempotency_key = $3 AND m.idempotency_key <> ''`

// maxKey bounds an idempotency key, which is the caller's.
const maxKey = 200

// Send implements api.Tenant. A key counts for the user who gave it.
func (n *Tenant) Send(ctx context.Context, id engine.ConversationID, draft engine.NewMessage) (engine.MessageView, error) {
	if err := draft.Check(); err != nil {
		return engine.MessageView{}, err
	}
	if key := draft.IdempotencyKey; len(key) > maxKey || clean(key) != key {
		return engine.MessageView{}, engine.Errorf(engine.CodeInvalid, "The idempotency key may have at most %d characters.", maxKey)
	}
	var view engine.MessageView
	err := n.inTx(ctx, func(ctx context.Context, t *tx) error {
		v, err := t.thread(ctx, id)
		if err != nil {
			return err
		}
		if draft.IdempotencyKey != "" {
			before, err := one(ctx, t, scanMessage, byKeyQuery, n.id, draft.User, draft.IdempotencyKey)
			if err == nil {
				view = before.view()
				return sameMessage(&before, &v, draft)
			}
			if !errors.Is(err, errNoRow) {
				return err
			}
		}
		if err := t.checkSeat(ctx, v.seat); err != nil {
			return err
		}
		m, err := t.compose(ctx, &v, draft)
		if err != nil {
			return err
		}
		view, err = t.queueMessage(ctx, &v, m)
		return err
	})
	if err != nil {
		return engine.MessageView{}, err
	}
	return view, nil
}

func sameMessage(before *message, v *thread, draft engine.NewMessage) error {
	if before.Conversation != v.id || before.Text != draft.Text || before.Kind != draft.Kind {
		return engine.Errorf(engine.CodeConflict, "This idempotency key was used for another message. Use a new one.")
	}
	return nil
}

// checkSeat refuses what can never be sent.
func (t *tx) checkSeat(ctx context.Context, id engine.SeatID) error {
	row, err := seat(ctx, t, engine.SeatKey{Tenant: t.tenant, Seat: id})
	if err == nil && row.hidden() {
		err = engine.Errorf(engine.CodeConflict, "This seat was removed. Its conversations can be read, but not answered.")
	}
	return err
}

const (
	messageQuery = `SELECT ` + messageColumns + ` FROM messages m WHERE m.tenant = $1 AND m.id = $2`
	requeueQuery = `UPDATE messages SET delivery = 'queued', failure = '', attempts = 0 WHERE tenant = $1 AND id = $2`
)

// Retry implements api.Tenant.
func (n *Tenant) Retry(ctx context.Context, id engine.ConversationID, messageID engine.MessageID) (engine.MessageView, error) {
	var view engine.MessageView
	err := n.inTx(ctx, func(ctx context.Context, t *tx) error {
		v, err := t.thread(ctx, id)
		if err != nil {
			return err
		}
		m, err := one(ctx, t, scanMessage, messageQuery, n.id, messageID)
		if err == nil && m.Conversation != v.id {
			err = errNoRow
		}
		if err != nil {
			return orNotFound(err, "message")
		}
		if m.Delivery != engine.Failed {
			return engine.Errorf(engine.CodeConflict, "Only a message that failed can be sent again.")
		}
		if err := t.checkSeat(ctx, v.seat); err != nil {
			return err
		}
		if _, err := t.exec(ctx, requeueQuery, n.id, m.ID); err != nil {
			return err
		}
		m.Delivery, m.Failure = engine.Queued, ""
		view = m.view()
		return t.showMessage(&m)
	})
	if err != nil {
		return engine.MessageView{}, err
	}
	return view, nil
}

const draftColumns = `SELECT m.id, m.conversation, m.whatsapp_id, m.kind, m.text, m.content, m.target, m.target_from_me, m.attempts,
c.phone, c.lid, c.name FROM messages m
JOIN conversations v ON v.tenant = m.tenant AND v.id = m.conversation
JOIN contacts c ON c.tenant = v.tenant AND c.id = v.contact
WHERE m.tenant = $1 AND m.seat = $2 AND m.`

const outboxQuery = draftColumns + `delivery IN ('queued', 'sending') ORDER BY m.seq LIMIT $3`

func scanDraft(row scanner, d *engine.Draft) error {
	var content string
	err := row.Scan(&d.ID, &d.Conversation, &d.WhatsAppID, &d.Kind, &d.Text, &content, &d.Target, &d.TargetFromMe, &d.Attempts,
		&d.To.Phone, &d.To.LID, &d.To.Name)
	if err != nil {
		return err
	}
	return decodePart(content, &d.Content)
}

// Outbox implements engine.MessageRecords.
func (s *Store) Outbox(ctx context.Context, seat engine.SeatKey, limit int) ([]engine.Draft, error) {
	drafts, err := list(ctx, s.db, scanDraft, outboxQuery, seat.Tenant, seat.Seat, max(limit, 1))
	return drafts, translate(err)
}

// changeOutbound loads a message that the seat sends, lets change work on it,
// and shows it if change says that it looks different.
func (s *Store) changeOutbound(ctx context.Context, seat engine.SeatKey, id engine.MessageID,
	change func(ctx context.Context, t *tx, m *message) (shown bool, err error),
) error {
	return s.inTx(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockSeat(ctx, seat); err != nil {
			return err
		}
		m, err := one(ctx, t, scanMessage, messageQuery, seat.Tenant, id)
		if err == nil && (m.Seat != seat.Seat || m.Direction != engine.Outbound) {
			err = errNoRow
		}
		if err != nil {
			return orNotFound(err, "message")
		}
		shown, err := change(ctx, t, &m)
		if err != nil || !shown {
			return err
		}
		return t.showMessage(&m)
	})
}

const setSendingQuery = `UPDATE messages SET delivery = 'sending', attempts = attempts + 1 WHERE tenant = $1 AND id = $2`

// SetSending implements engine.MessageRecords. A message that is not in the
// outbox any more is [engine.CodeConflict] and must not be sent.
func (s *Store) SetSending(ctx context.Context, seat engine.SeatKey, id engine.MessageID) error {
	return s.changeOutbound(ctx, seat, id, func(ctx context.Context, t *tx, m *message) (bool, error) {
		if m.Delivery != engine.Queued && m.Delivery != engine.Sending {
			return false, engine.Errorf(engine.CodeConflict, "The message is not waiting to be sent any more.")
		}
		shown := m.Delivery != engine.Sending
		m.Delivery = engine.Sending
		_, err := t.exec(ctx, setSendingQuery, seat.Tenant, id)
		return shown, err
	})
}

const setDeliveryQuery = `UPDATE messages SET delivery = $3, failure = $4, at = $5 WHERE tenant = $1 AND id = $2`

func (t *tx) saveDelivery(ctx context.Context, m *message) error {
	_, err := t.exec(ctx, setDeliveryQuery, t.tenant, m.ID, m.Delivery, m.Failure, millis(m.At))
	return err
}

// SetSent implements engine.MessageRecords. A receipt may have come before
// it, and is further.
func (s *Store) SetSent(ctx context.Context, seat engine.SeatKey, id engine.MessageID, accepted engine.Accepted) error {
	return s.changeOutbound(ctx, seat, id, func(ctx context.Context, t *tx, m *message) (bool, error) {
		before := m.Message
		if err := t.sentChange(ctx, m); err != nil {
			return false, err
		}
		if m.Delivery.Rank() < engine.Sent.Rank() {
			m.Delivery, m.Failure = engine.Sent, ""
		}
		if at := roundMillis(accepted.At); !at.IsZero() {
			m.At = at
		}
		shown := m.Delivery != before.Delivery || !m.At.Equal(before.At)
		if shown {
			if err := t.saveDelivery(ctx, m); err != nil {
				return false, err
			}
		}
		if !m.At.Equal(before.At) {
			if err := t.reorder(ctx, m.Conversation); err != nil {
				return false, err
			}
		}
		return shown, t.learn(ctx, m, accepted.To)
	})
}

// reorder finds the last message of a conversation whose times have changed.
func (t *tx) reorder(ctx context.Context, id engine.ConversationID) error {
	v, err := t.thread(ctx, id)
	if err != nil {
		return err
	}
	before := v
	if err := t.findLast(ctx, &v); err != nil || v == before {
		return err
	}
	return t.saveThread(ctx, &v)
}

// learn links the addresses that WhatsApp told of a message's recipient.
func (t *tx) learn(ctx context.Context, m *message, to engine.Party) error {
	v, err := t.thread(ctx, m.Conversation)
	if err != nil {
		return err
	}
	who, err := one(ctx, t, scanContact, contactQuery, t.tenant, v.contact)
	if err != nil {
		return err
	}
	if to.Phone == "" {
		to.Phone = who.phone
	}
	if to.LID == "" {
		to.LID = who.lid
	}
	if to.Phone == who.phone && to.LID == who.lid {
		return nil
	}
	to, err = cleanParty(engine.Party{Phone: to.Phone, LID: to.LID}) // whose name it is, is not sure
	if err != nil {
		return err
	}
	k, changed, err := t.resolve(ctx, m.Seat, to)
	if errors.Is(err, errNoRow) {
		return nil
	}
	if err != nil || !changed {
		return err
	}
	if v, err = t.thread(ctx, m.Conversation); err != nil {
		return err
	}
	m.Conversation = v.id // it may have been merged into another one
	return t.showContact(ctx, k.contact.id)
}

// SetFailed implements engine.MessageRecords. A message that WhatsApp has
// acknowledged meanwhile has not failed.
func (s *Store) SetFailed(ctx context.Context, seat engine.SeatKey, id engine.MessageID, failure string) error {
	return s.changeOutbound(ctx, seat, id, func(ctx context.Context, t *tx, m *message) (bool, error) {
		if m.Delivery.Rank() > engine.Failed.Rank() {
			return false, nil
		}
		m.Delivery, m.Failure = engine.Failed, clean(failure)
		if m.Hidden { // nothing shows it now but itself
			if err := t.unhide(ctx, m); err != nil {
				return false, err
			}
		}
		return true, t.saveDelivery(ctx, m)
	})
}

const failOutboxQuery = `UPDATE messages SET delivery = 'failed', failure = $3
WHERE tenant = $1 AND seat = $2 AND delivery IN ('queued', 'sending') RETURNING ` + messageNames

// failOutbox gives up whatever a seat was still to send.
func (t *tx) failOutbox(ctx context.Context, seat engine.SeatKey, failure string) error {
	failed, err := list(ctx, t, scanMessage, failOutboxQuery, seat.Tenant, seat.Seat, failure)
	if err != nil {
		return err
	}
	for i := range failed {
		if err := t.showMessage(&failed[i]); err != nil {
			return err
		}
	}
	return nil
}

const sentQuery = draftColumns + `whatsapp_id = $3 AND m.direction = 'out' LIMIT 1`

// Sent implements engine.MessageRecords.
func (s *Store) Sent(ctx context.Context, seat engine.SeatKey, whatsAppID string) (engine.Draft, bool, error) {
	draft, err := one(ctx, s.db, scanDraft, sentQuery, seat.Tenant, seat.Seat, whatsAppID)
	if errors.Is(err, errNoRow) {
		return engine.Draft{}, false, nil
	}
	return draft, err == nil, translate(err)
}

// outTime is the time of a message that we write: WhatsApp's times are whole
// seconds, and a finer one would put ours behind an answer of the same second.
func outTime(now time.Time) time.Time { return now.Truncate(time.Second) }
