package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/myaibud/aibud/engine"
)

// message is a row of messages.
type message struct {
	engine.Message

	secret   []byte // only of one that is being stored: see [Store.Secrets]
	history  bool
	late     bool
	unread   bool
	attempts int
	admin    bool   // who wrote it may delete others' messages; known only after judge
	key      string // of idempotency
	asked    string // the fingerprint of what was asked for under the key
	file     *file  // of one that came in and is not stored yet; nil: it has none to be fetched
	starred  bool
	labels   labelSet
	deleted  int64 // when it was removed from the account; 0: it is there
}

// messageNames are messageColumns for a statement that has no alias, such as
// what SQLite allows after RETURNING.
const messageNames = `id, seat, conversation, whatsapp_id, direction, author, user_id,
CASE WHEN user_id = '' THEN '' ELSE COALESCE((SELECT w.name FROM users w WHERE w.tenant = messages.tenant AND w.id = user_id), '') END,
kind, text, content, sender, sender_name,
CASE WHEN sender = '' THEN '' ELSE COALESCE((SELECT w.phone FROM contacts w WHERE w.tenant = messages.tenant AND w.id = sender), '') END,
target, target_from_me, target_sender, hidden, marks, edited_at, revoked_at, raw, delivery, failure, failure_code, history, late,
attempts, queued_at, sent_at, delivered_at, read_at, played_at, send_at, waiting, waiting_until, fingerprint, at, seq,
starred, labels, deleted_at`

const (
	messageColumns = `m.id, m.seat, m.conversation, m.whatsapp_id, m.direction, m.author, m.user_id, ` + userName + `, m.kind, m.text, m.content,
m.sender, m.sender_name, ` + senderPhone + `, m.target, m.target_from_me, m.target_sender, m.hidden, m.marks, m.edited_at,
m.revoked_at, m.raw, m.delivery, m.failure, m.failure_code, m.history, m.late, m.attempts, m.queued_at, m.sent_at, m.delivered_at,
m.read_at, m.played_at, m.send_at, m.waiting, m.waiting_until, m.fingerprint, m.at, m.seq, m.starred, m.labels,
m.deleted_at`
	senderPhone = `CASE WHEN m.sender = '' THEN '' ELSE
COALESCE((SELECT w.phone FROM contacts w WHERE w.tenant = m.tenant AND w.id = m.sender), '') END`
	userName = `CASE WHEN m.user_id = '' THEN '' ELSE
COALESCE((SELECT w.name FROM users w WHERE w.tenant = m.tenant AND w.id = m.user_id), '') END`
	// A conversation may have no message yet.
	optionalMessageColumns = `COALESCE(m.id, ''), v.seat, v.id, COALESCE(m.whatsapp_id, ''), COALESCE(m.direction, ''),
COALESCE(m.author, ''), COALESCE(m.user_id, ''), COALESCE(` + userName + `, ''), COALESCE(m.kind, ''), COALESCE(m.text, ''), COALESCE(m.content, ''),
COALESCE(m.sender, ''), COALESCE(m.sender_name, ''), COALESCE(` + senderPhone + `, ''), COALESCE(m.target, ''),
COALESCE(m.target_from_me, false), COALESCE(m.target_sender, ''), COALESCE(m.hidden, false), COALESCE(m.marks, ''),
COALESCE(m.edited_at, 0), COALESCE(m.revoked_at, 0), m.raw, COALESCE(m.delivery, ''), COALESCE(m.failure, ''),
COALESCE(m.failure_code, ''), COALESCE(m.history, false), COALESCE(m.late, false), COALESCE(m.attempts, 0), COALESCE(m.queued_at, 0),
COALESCE(m.sent_at, 0), COALESCE(m.delivered_at, 0), COALESCE(m.read_at, 0), COALESCE(m.played_at, 0), COALESCE(m.send_at, 0),
COALESCE(m.waiting, ''), COALESCE(m.waiting_until, 0), COALESCE(m.fingerprint, ''), COALESCE(m.at, 0), COALESCE(m.seq, 0),
COALESCE(m.starred, false), COALESCE(m.labels, ''), COALESCE(m.deleted_at, 0)`
)

// rawMessage holds what is converted after a row was scanned.
type rawMessage struct {
	content, marks      string
	at, edited, revoked int64

	queued, sent, delivered, read, played, sendAt, waitingUntil int64
}

// columns are the destinations of messageColumns.
func (r *rawMessage) columns(m *message) []any {
	return []any{
		&m.ID, &m.Seat, &m.Conversation, &m.WhatsAppID, &m.Direction, &m.Author, &m.User, &m.UserName, &m.Kind, &m.Text, &r.content,
		&m.Sender.Contact, &m.Sender.Name, &m.Sender.Phone, &m.Target, &m.TargetFromMe, &m.TargetSender, &m.Hidden, &r.marks,
		&r.edited, &r.revoked, &m.Raw, &m.Delivery, &m.Failure, &m.FailureCode, &m.history, &m.late, &m.attempts, &r.queued, &r.sent,
		&r.delivered, &r.read, &r.played, &r.sendAt, &m.Waiting.Reason, &r.waitingUntil, &m.asked, &r.at, &m.Seq,
		&m.starred, &m.labels, &m.deleted,
	}
}

func (r *rawMessage) finish(m *message) error {
	m.At, m.EditedAt, m.RevokedAt = fromMillis(r.at), fromMillis(r.edited), fromMillis(r.revoked)
	m.SendAt, m.Waiting.Until = fromMillis(r.sendAt), fromMillis(r.waitingUntil)
	m.Times = engine.Times{
		Queued: fromMillis(r.queued), Sent: fromMillis(r.sent), Delivered: fromMillis(r.delivered),
		Read: fromMillis(r.read), Played: fromMillis(r.played),
	}
	if err := decodePart(r.content, &m.Content); err != nil {
		return fmt.Errorf("content of a message: %w", err)
	}
	if err := decodePart(r.marks, &m.Marks); err != nil {
		return fmt.Errorf("marks of a message: %w", err)
	}
	return nil
}

func scanMessage(row scanner, m *message) error {
	var scan rawMessage
	if err := row.Scan(scan.columns(m)...); err != nil {
		return err
	}
	return scan.finish(m)
}

// decodePart reads a column of JSON, in which ” stands for nothing.
func decodePart(text string, into any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), into)
}

// encodeContent writes a column of JSON, which spells what the databases don't
// take: a zero byte and what is not UTF-8.
func encodeContent(c *engine.Content) (string, error) {
	if c.Empty() {
		return "", nil
	}
	return encodePart(c)
}

func encodeMarks(m engine.Marks) (string, error) {
	if len(m.Reactions) == 0 && len(m.Ballots) == 0 {
		return "", nil
	}
	return encodePart(m)
}

func encodePart(part any) (string, error) {
	text, err := json.Marshal(part)
	return string(text), err
}

func (m *message) view() engine.MessageView {
	return engine.MessageView{
		ID: m.ID, WhatsAppID: m.WhatsAppID, Seat: m.Seat, Conversation: m.Conversation, Direction: m.Direction,
		Author: m.Author, SentBy: m.UserName, Sender: senderView(m.Sender), Kind: m.Kind, Text: m.Text, Content: m.Content, Target: m.Target, Hidden: m.Hidden, Marks: m.Marks,
		EditedAt: timePointer(m.EditedAt), RevokedAt: timePointer(m.RevokedAt), Delivery: m.Delivery, Failure: m.Failure,
		FailureCode: m.FailureCode, Times: m.Times.View(), SendAt: timePointer(m.SendAt), Waiting: m.waitingView(),
		History: m.history, Late: m.late, At: m.At, Seq: m.Seq,
		MessageState: engine.MessageState{Starred: m.starred, Labels: m.labels.ids(), DeletedAt: timePointer(fromMillis(m.deleted))},
	}
}

func senderView(s engine.Sender) *engine.SenderView {
	if s.Contact == "" {
		return nil
	}
	return &engine.SenderView{Contact: s.Contact, Name: s.Name, Phone: s.Phone.Number()}
}

// waitingView says why a message is not sent yet, if there is more to say.
func (m *message) waitingView() *engine.WaitingView {
	if m.Delivery != engine.Queued && m.Delivery != engine.Sending {
		return nil
	}
	return m.Waiting.View()
}

const insertMessageQuery = `INSERT INTO messages (tenant, id, seat, conversation, whatsapp_id, direction, author, user_id, kind,
text, content, target, target_from_me, hidden, raw, delivery, failure, history, unread, attempts, idempotency_key, at, seq,
sender, sender_name, target_sender, queued_at, sent_at, send_at, fingerprint, secret, late)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, '', $17, $18, 0, $19, $20, $21, $22, $23, $24, $25, $26,
$27, $28, $29, $30)
ON CONFLICT (seat, whatsapp_id, direction, conversation, sender) DO NOTHING`

// insertMessage stores a message under the number of the event that will tell
// of it. It returns false if the message is stored already.
func (t *tx) insertMessage(ctx context.Context, m *message) (bool, error) {
	content, err := encodeContent(m.Content)
	if err != nil {
		return false, err
	}
	m.ID, m.Seq = engine.MessageID(engine.NewID()), t.messageSeq(m)
	added, err := t.exec(ctx, insertMessageQuery, t.tenant, m.ID, m.Seat, m.Conversation, m.WhatsAppID, m.Direction, m.Author,
		m.User, m.Kind, m.Text, content, m.Target, m.TargetFromMe, m.Hidden, m.Raw, m.Delivery, m.history, m.unread, m.key,
		millis(m.At), m.Seq, m.Sender.Contact, m.Sender.Name, m.TargetSender, millis(m.Times.Queued), millis(m.Times.Sent),
		millis(m.SendAt), m.asked, m.secret, m.late)
	t.quiet.took(m, added > 0)
	if err != nil || added == 0 {
		return false, err
	}
	return true, t.addFile(ctx, m)
}

func (t *tx) showNewMessage(m *message) error {
	return t.append(engine.EventMessageCreated, m.Seat, m.Conversation, m.view())
}

func (t *tx) showMessage(m *message) error {
	return t.append(engine.EventMessageUpdated, m.Seat, m.Conversation, m.view())
}

// readMessage is a message that was read.
type readMessage struct {
	message engine.MessageID
	id      string // WhatsApp's
	sender  engine.ContactID
	place   place
}

func scanReadMessage(row scanner, r *readMessage) error {
	return row.Scan(&r.message, &r.id, &r.place.at, &r.place.seq, &r.sender)
}

// readMessages runs a statement that makes messages read and returns them, the
// oldest first.
func (t *tx) readMessages(ctx context.Context, query string, args ...any) ([]readMessage, error) {
	found, err := list(ctx, t, scanReadMessage, query, args...)
	slices.SortFunc(found, func(a, b readMessage) int {
		switch {
		case a.place.before(b.place):
			return -1
		case b.place.before(a.place):
			return 1
		}
		return 0
	})
	return found, err
}

// Message implements api.Tenant.
func (n *Tenant) Message(ctx context.Context, conversation engine.ConversationID, id engine.MessageID) (engine.MessageView, error) {
	m, err := one(ctx, n.store.db, scanMessage, oneMessageQuery, n.id, conversation, id)
	if err != nil {
		return engine.MessageView{}, orNotFound(err, "message")
	}
	return m.view(), nil
}

const (
	oneMessageQuery = `SELECT ` + messageColumns + ` FROM messages m JOIN conversations v ON v.tenant = m.tenant AND v.id = m.conversation
WHERE ` + byConversation + ` AND m.id = $3`
	messagesQuery = `SELECT ` + messageColumns + ` FROM messages m JOIN conversations v ON v.tenant = m.tenant AND v.id = m.conversation
WHERE ` + byConversation + ` AND NOT m.hidden AND (m.at < $3 OR m.at = $3 AND m.seq < $4) ORDER BY m.at DESC, m.seq DESC LIMIT $5`
	conversationExistsQuery = `SELECT COUNT(*) FROM conversations v WHERE ` + byConversation
)

// Messages implements api.Tenant.
func (n *Tenant) Messages(ctx context.Context, id engine.ConversationID, page engine.Page) ([]engine.MessageView, string, error) {
	from, err := parseCursor(page.Cursor)
	if err != nil {
		return nil, "", err
	}
	seq, err := from.seq()
	if err != nil {
		return nil, "", err
	}
	limit := pageLimit(page.Limit)
	found, err := list(ctx, n.store.db, scanMessage, messagesQuery, n.id, id, from.at, seq, limit+1)
	if err != nil {
		return nil, "", translate(err)
	}
	if len(found) == 0 {
		exists, err := one(ctx, n.store.db, column[int], conversationExistsQuery, n.id, id)
		if err != nil {
			return nil, "", translate(err)
		}
		if exists == 0 {
			return nil, "", notFound("conversation")
		}
	}
	next := ""
	if len(found) > limit {
		found = found[:limit]
		next = messageCursor(&found[limit-1]).String()
	}
	views := make([]engine.MessageView, len(found))
	for i := range found {
		views[i] = found[i].view()
	}
	return views, next, nil
}
