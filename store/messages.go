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

	history  bool
	unread   bool
	attempts int
	key      string // of idempotency
}

// messageNames are messageColumns for a statement that has no alias, such as
// what SQLite allows after RETURNING.
const messageNames = `id, seat, conversation, whatsapp_id, direction, author, user_id, kind, text, content, target,
target_from_me, hidden, marks, edited_at, revoked_at, raw, delivery, failure, history, attempts, at, seq`

const messageColumns = `m.id, m.seat, m.conversation, m.whatsapp_id, m.direction, m.author, m.user_id, m.kind, m.text, m.content,
m.target, m.target_from_me, m.hidden, m.marks, m.edited_at, m.revoked_at, m.raw, m.delivery, m.failure, m.history, m.attempts,
m.at, m.seq`

// rawMessage holds what is converted after a row was scanned.
type rawMessage struct {
	content, marks      string
	at, edited, revoked int64
}

// columns are the destinations of messageColumns.
func (r *rawMessage) columns(m *message) []any {
	return []any{
		&m.ID, &m.Seat, &m.Conversation, &m.WhatsAppID, &m.Direction, &m.Author, &m.User, &m.Kind, &m.Text, &r.content,
		&m.Target, &m.TargetFromMe, &m.Hidden, &r.marks, &r.edited, &r.revoked, &m.Raw, &m.Delivery, &m.Failure, &m.history,
		&m.attempts, &r.at, &m.Seq,
	}
}

func (r *rawMessage) finish(m *message) error {
	m.At, m.EditedAt, m.RevokedAt = fromMillis(r.at), fromMillis(r.edited), fromMillis(r.revoked)
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
		Author: m.Author, Kind: m.Kind, Text: m.Text, Content: m.Content, Target: m.Target, Hidden: m.Hidden, Marks: m.Marks,
		EditedAt: timePointer(m.EditedAt), RevokedAt: timePointer(m.RevokedAt), Delivery: m.Delivery, Failure: m.Failure,
		History: m.history, At: m.At, Seq: m.Seq,
	}
}

const insertMessageQuery = `INSERT INTO messages (tenant, id, seat, conversation, whatsapp_id, direction, author, user_id, kind,
text, content, target, target_from_me, hidden, raw, delivery, failure, history, unread, attempts, idempotency_key, at, seq)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, '', $17, $18, 0, $19, $20, $21)
ON CONFLICT (seat, whatsapp_id, direction, conversation) DO NOTHING`

// insertMessage stores a message under the number of the event that will tell
// of it. It returns false if the message is stored already.
func (t *tx) insertMessage(ctx context.Context, m *message) (bool, error) {
	content, err := encodeContent(m.Content)
	if err != nil {
		return false, err
	}
	m.ID, m.Seq = engine.MessageID(engine.NewID()), t.nextSeq()
	added, err := t.exec(ctx, insertMessageQuery, t.tenant, m.ID, m.Seat, m.Conversation, m.WhatsAppID, m.Direction, m.Author,
		m.User, m.Kind, m.Text, content, m.Target, m.TargetFromMe, m.Hidden, m.Raw, m.Delivery, m.history, m.unread, m.key,
		millis(m.At), m.Seq)
	return added > 0, err
}

func (t *tx) showNewMessage(m *message) error {
	return t.append(engine.EventMessageCreated, m.Seat, m.Conversation, m.view())
}

func (t *tx) showMessage(m *message) error {
	return t.append(engine.EventMessageUpdated, m.Seat, m.Conversation, m.view())
}

// readMessages runs a statement that makes messages read and returns
// WhatsApp's IDs of them, the oldest first.
func (t *tx) readMessages(ctx context.Context, query string, args ...any) ([]string, error) {
	type read struct {
		id      string
		at, seq int64
	}
	found, err := list(ctx, t, func(row scanner, r *read) error { return row.Scan(&r.id, &r.at, &r.seq) }, query, args...)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b read) int {
		if a.at != b.at {
			return int(min(max(a.at-b.at, -1), 1))
		}
		return int(min(max(a.seq-b.seq, -1), 1))
	})
	ids := make([]string, len(found))
	for i, r := range found {
		ids[i] = r.id
	}
	return ids, nil
}

const (
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
