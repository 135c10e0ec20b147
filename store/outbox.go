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
	m.At, m.Times.Queued = fromMillis(max(millis(outTime(t.now)), v.lastAt)), fromMillis(millis(t.now))
	added, err := t.insertMessage(ctx, &m)
	if err != nil {
		return engine.MessageView{}, err
	}
	if !added {
		return engine.MessageView{}, errors.New("a random ID came twice")
	}
	if err := t.useMedia(ctx, &m); err != nil {
		return engine.MessageView{}, err
	}
	if !m.Hidden {
		v.show(&m)
	}
	if m.Author == engine.AuthorUser {
		if err := t.tellRead(ctx, v); err != nil { // who answers has read
			return engine.MessageView{}, err
		}
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
	requeueQuery = `UPDATE messages SET delivery = 'queued', failure = '', failure_code = '', attempts = 0, send_at = 0
WHERE tenant = $1 AND id = $2`
)

// messageIn loads a message of a conversation, and the conversation.
func (t *tx) messageIn(ctx context.Context, id engine.ConversationID, messageID engine.MessageID) (thread, message, error) {
	v, err := t.thread(ctx, id)
	if err != nil {
		return thread{}, message{}, err
	}
	m, err := one(ctx, t, scanMessage, messageQuery, t.tenant, messageID)
	if err == nil && m.Conversation != v.id {
		err = errNoRow
	}
	return v, m, orNotFound(err, "message")
}

// Retry implements api.Tenant.
func (n *Tenant) Retry(ctx context.Context, id engine.ConversationID, messageID engine.MessageID) (engine.MessageView, error) {
	var view engine.MessageView
	err := n.inTx(ctx, func(ctx context.Context, t *tx) error {
		v, m, err := t.messageIn(ctx, id, messageID)
		if err != nil {
			return err
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
		m.Delivery, m.Failure, m.FailureCode, m.SendAt = engine.Queued, "", "", time.Time{}
		view = m.view()
		return t.showMessage(&m)
	})
	if err != nil {
		return engine.MessageView{}, err
	}
	return view, nil
}

const draftColumns = `SELECT m.id, m.conversation, m.whatsapp_id, m.kind, m.text, m.content, m.target, m.target_from_me, m.attempts,
m.author, m.at, m.send_at, m.waiting, m.waiting_until, v.lead_at,
c.phone, c.lid, c.room, c.name, COALESCE(w.phone, ''), COALESCE(w.lid, ''), COALESCE(w.name, '') FROM messages m
JOIN conversations v ON v.tenant = m.tenant AND v.id = m.conversation
JOIN contacts c ON c.tenant = v.tenant AND c.id = v.contact
LEFT JOIN contacts w ON w.tenant = m.tenant AND w.id = m.target_sender AND m.target_sender <> ''
WHERE m.tenant = $1 AND m.seat = $2 AND m.`

// The first of each conversation, so that one with many doesn't hide the others.
const (
	firstDrafts = draftColumns + `id IN (SELECT q.id FROM (SELECT p.id, p.seq, p.conversation,
ROW_NUMBER() OVER (PARTITION BY p.conversation ORDER BY p.seq) AS place FROM messages p
WHERE p.tenant = $1 AND p.seat = $2 AND p.delivery IN ('queued', 'sending')) q `
	outboxQuery = firstDrafts + `WHERE q.place <= $4 ORDER BY q.seq LIMIT $3) ORDER BY m.seq`
	// Conversations that wait for nothing, so that thousands which keep to the
	// seat's pace don't hide them, and of either kind those in which a person
	// waits. All are whole: what is before the person's message goes before it.
	urgency = `(v.lead_at > $5) DESC, EXISTS (SELECT 1 FROM messages u
WHERE u.conversation = v.id AND u.delivery IN ('queued', 'sending') AND u.author = 'user') DESC, `
	urgentQuery = firstDrafts + `JOIN conversations v ON v.tenant = $1 AND v.id = q.conversation
WHERE q.place <= $4 ORDER BY ` + urgency + `q.seq LIMIT $3) ORDER BY ` + urgency + `m.seq`
	outboxOfQuery = draftColumns + `conversation = COALESCE(
(SELECT a.conversation FROM conversation_aliases a WHERE a.tenant = $1 AND a.id = $3), $3) AND m.delivery IN ('queued', 'sending') ORDER BY m.seq LIMIT $4`
)

func scanDraft(row scanner, d *engine.Draft) error {
	var content string
	var at, sendAt, waitingUntil, leadAt int64
	err := row.Scan(&d.ID, &d.Conversation, &d.WhatsAppID, &d.Kind, &d.Text, &content, &d.Target, &d.TargetFromMe, &d.Attempts,
		&d.Author, &at, &sendAt, &d.Waiting.Reason, &waitingUntil, &leadAt,
		&d.To.Phone, &d.To.LID, &d.To.Room, &d.To.Name, &d.TargetSender.Phone, &d.TargetSender.LID, &d.TargetSender.Name)
	if err != nil {
		return err
	}
	d.At = fromMillis(at)
	d.SendAt, d.Waiting.Until, d.LeadAt = fromMillis(sendAt), fromMillis(waitingUntil), fromMillis(leadAt)
	return decodePart(content, &d.Content)
}

// Outbox implements engine.MessageRecords. What is urgent is looked for only if
// not everything is read anyway.
func (s *Store) Outbox(ctx context.Context, seat engine.SeatKey, limit int) ([]engine.Draft, error) {
	limit = max(limit, 1)
	drafts, err := list(ctx, s.db, scanDraft, outboxQuery, seat.Tenant, seat.Seat, limit, engine.OutboxEach)
	if err == nil && len(drafts) == limit {
		drafts, err = list(ctx, s.db, scanDraft, urgentQuery, seat.Tenant, seat.Seat, limit, engine.OutboxEach,
			millis(s.now().Add(-engine.OpenTime)))
	}
	return drafts, translate(err)
}

// OutboxOf implements engine.MessageRecords.
func (s *Store) OutboxOf(ctx context.Context, seat engine.SeatKey, conversation engine.ConversationID) ([]engine.Draft, error) {
	drafts, err := list(ctx, s.db, scanDraft, outboxOfQuery, seat.Tenant, seat.Seat, conversation, engine.OutboxEach)
	return drafts, translate(err)
}

// changeOutbound loads a message that the seat sends, lets change work on it,
// and shows it if change says that it looks different.
func (s *Store) changeOutbound(ctx context.Context, seat engine.SeatKey, id engine.MessageID,
	change func(ctx context.Context, t *tx, m *message) (shown bool, err error),
) error {
	return s.together(ctx, seat.Tenant, func(ctx context.Context, t *tx) error {
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

const (
	setSendingQuery = `UPDATE messages SET delivery = 'sending', attempts = attempts + 1, waiting = '', waiting_until = 0
WHERE tenant = $1 AND seat = $2 AND id = $3 AND direction = 'out' AND delivery IN ('queued', 'sending')`
	outboundQuery = `SELECT COUNT(*) FROM messages m WHERE m.tenant = $1 AND m.seat = $2 AND m.id = $3 AND m.direction = 'out'`
)

// SetSending implements engine.MessageRecords. It is one statement without an
// event, since every message pays for it: it is what keeps a person from
// taking back what is on its way, and counts the tries.
func (s *Store) SetSending(ctx context.Context, seat engine.SeatKey, id engine.MessageID) error {
	marked := int64(0)
	err := s.together(ctx, seat.Tenant, func(ctx context.Context, t *tx) (err error) {
		marked, err = t.exec(ctx, setSendingQuery, seat.Tenant, seat.Seat, id)
		return err
	})
	if err != nil || marked > 0 {
		return translate(err)
	}
	exists, err := one(ctx, s.db, column[int], outboundQuery, seat.Tenant, seat.Seat, id)
	if err != nil {
		return translate(err)
	}
	if exists == 0 {
		return notFound("message")
	}
	return engine.Errorf(engine.CodeConflict, "The message is not waiting to be sent any more.")
}

const setDeliveryQuery = `UPDATE messages SET delivery = $3, failure = $4, failure_code = $5, at = $6, sent_at = $7,
waiting = '', waiting_until = 0 WHERE tenant = $1 AND id = $2`

func (t *tx) saveDelivery(ctx context.Context, m *message) error {
	return t.later(ctx, setDeliveryQuery, t.tenant, m.ID, m.Delivery, m.Failure, m.FailureCode, millis(m.At),
		millis(m.Times.Sent))
}

// SetSent implements engine.MessageRecords. A receipt may have come before
// it, and is further.
func (s *Store) SetSent(ctx context.Context, seat engine.SeatKey, id engine.MessageID, accepted engine.Accepted) error {
	return s.changeOutbound(ctx, seat, id, func(ctx context.Context, t *tx, m *message) (bool, error) {
		before := m.Message
		at := roundMillis(accepted.At)
		if proved := m.Times.Sent; !proved.IsZero() && proved.Before(at) {
			at = proved // this acknowledgement is that of a second try
		}
		if !at.IsZero() {
			m.At = at
		}
		if err := t.sentChange(ctx, m); err != nil {
			return false, err
		}
		if err := t.countSent(ctx, seat, accepted.Reach); err != nil {
			return false, err
		}
		if m.Delivery.Rank() < engine.Sent.Rank() {
			m.Delivery, m.Failure, m.FailureCode = engine.Sent, "", ""
		}
		if m.Times.Sent.IsZero() {
			m.Times.Sent = m.At
		}
		shown := m.Delivery != before.Delivery || !m.At.Equal(before.At) || m.Times != before.Times
		if shown {
			if err := t.saveDelivery(ctx, m); err != nil {
				return false, err
			}
		}
		if err := t.moved(ctx, m, before.At); err != nil {
			return false, err
		}
		return shown, t.learn(ctx, m, accepted.To)
	})
}

const pushBackQuery = `UPDATE messages SET at = $4 WHERE tenant = $1 AND seat = $2 AND conversation = $3
AND delivery IN ('queued', 'sending') AND seq > $5 AND at < $4 RETURNING ` + messageNames

// moved puts a conversation into order after a message of ours has got
// WhatsApp's time in place of ours. What is sent after it stands after it,
// whatever becomes of that.
func (t *tx) moved(ctx context.Context, m *message, before time.Time) error {
	if m.At.Equal(before) {
		return nil
	}
	if m.At.After(before) {
		pushed, err := list(ctx, t, scanMessage, pushBackQuery, t.tenant, m.Seat, m.Conversation, millis(m.At), m.Seq)
		if err != nil {
			return err
		}
		if err := t.showMessages(pushed); err != nil {
			return err
		}
	}
	return t.reorder(ctx, m)
}

// reorder finds the last message of a conversation in which the time of one has
// changed.
func (t *tx) reorder(ctx context.Context, m *message) error {
	v, err := t.thread(ctx, m.Conversation)
	if err != nil {
		return err
	}
	before := v
	if v.lastMessage == m.ID && millis(m.At) >= v.lastAt { // it still is
		v.lastAt = millis(m.At)
	} else if err := t.findLast(ctx, &v); err != nil {
		return err
	}
	if v == before {
		return nil
	}
	return t.saveThread(ctx, &v)
}

// learn links the addresses that WhatsApp told of a message's recipient.
func (t *tx) learn(ctx context.Context, m *message, to engine.Party) error {
	if to.Phone == "" && to.LID == "" { // as after nearly every message
		return nil
	}
	v, err := t.thread(ctx, m.Conversation)
	if err != nil {
		return err
	}
	who, err := one(ctx, t, scanContact, contactQuery, t.tenant, v.contact)
	if err != nil {
		return err
	}
	if who.room != "" { // it has one address
		return nil
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
func (s *Store) SetFailed(ctx context.Context, seat engine.SeatKey, id engine.MessageID, failure *engine.Error) error {
	return s.changeOutbound(ctx, seat, id, func(ctx context.Context, t *tx, m *message) (bool, error) {
		if m.Delivery.Rank() > engine.Failed.Rank() {
			return false, nil
		}
		m.Delivery, m.Failure, m.FailureCode = engine.Failed, clean(failure.Message), failure.Code
		if m.Hidden { // nothing shows it now but itself
			if err := t.unhide(ctx, m); err != nil {
				return false, err
			}
		}
		return true, t.saveDelivery(ctx, m)
	})
}

const failOutboxQuery = `UPDATE messages SET delivery = 'failed', failure = $3, failure_code = $4, waiting = '', waiting_until = 0
WHERE tenant = $1 AND seat = $2 AND delivery IN ('queued', 'sending', 'scheduled') RETURNING ` + messageNames

// failOutbox gives up whatever a seat was still to send, now or later.
func (t *tx) failOutbox(ctx context.Context, seat engine.SeatKey, failure *engine.Error) error {
	failed, err := list(ctx, t, scanMessage, failOutboxQuery, seat.Tenant, seat.Seat, failure.Message, failure.Code)
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

// Only what was handed to WhatsApp, in a chat that the address is of.
const sentQuery = draftColumns + `whatsapp_id = $3 AND m.direction = 'out'
AND m.delivery NOT IN ('scheduled', 'queued', 'cancelled') AND EXISTS (SELECT 1 FROM contact_addresses a
WHERE a.tenant = m.tenant AND a.contact = v.contact AND a.address IN ($4, $5, $6)) LIMIT 1`

// Sent implements engine.MessageRecords.
func (s *Store) Sent(ctx context.Context, seat engine.SeatKey, chat engine.Party, whatsAppID string) (engine.Draft, bool, error) {
	draft, err := one(ctx, s.db, scanDraft, sentQuery, seat.Tenant, seat.Seat, whatsAppID, chat.Phone, chat.LID, chat.Room)
	if errors.Is(err, errNoRow) {
		return engine.Draft{}, false, nil
	}
	return draft, err == nil, translate(err)
}

// outTime is the time of a message that we write: WhatsApp's times are whole
// seconds, and a finer one would put ours behind an answer of the same second.
func outTime(now time.Time) time.Time { return now.Truncate(time.Second) }
