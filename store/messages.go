package store

import (
	"context"
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
const messageNames = `id, seat, conversation, whatsapp_id, direction, author, user_id, kind, text, target,
raw, delivery, failure, history, attempts, at, seq`

const messageColumns = `m.id, m.seat, m.conversation, m.whatsapp_id, m.direction, m.author, m.user_id, m.kind, m.text, m.target,
m.raw, m.delivery, m.failure, m.history, m.attempts, m.at, m.seq`

// rawMessage holds what is converted after a row was scanned.
type rawMessage struct{ at int64 }

// columns are the destinations of messageColumns.
func (r *rawMessage) columns(m *message) []any {
	return []any{
		&m.ID, &m.Seat, &m.Conversation, &m.WhatsAppID, &m.Direction, &m.Author, &m.User, &m.Kind, &m.Text, &m.Target,
		&m.Raw, &m.Delivery, &m.Failure, &m.history, &m.attempts, &r.at, &m.Seq,
	}
}

func (r *rawMessage) finish(m *message) { m.At = fromMillis(r.at) }

func scanMessage(row scanner, m *message) error {
	var scan rawMessage
	err := row.Scan(scan.columns(m)...)
	scan.finish(m)
	return err
}

func (m *message) view() engine.MessageView {
	return engine.MessageView{
		ID: m.ID, WhatsAppID: m.WhatsAppID, Seat: m.Seat, Conversation: m.Conversation, Direction: m.Direction,
		Author: m.Author, Kind: m.Kind, Text: m.Text, Target: m.Target, Delivery: m.Delivery, Failure: m.Failure,
		History: m.history, At: m.At, Seq: m.Seq,
	}
}

const insertMessageQuery = `INSERT INTO messages (tenant, id, seat, conversation, whatsapp_id, direction, author, user_id, kind,
text, target, raw, delivery, failure, history, unread, attempts, idempotency_key, at, seq)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', $14, $15, 0, $16, $17, $18)
ON CONFLICT (seat, whatsapp_id, direction, conversation) DO NOTHING`

// insertMessage stores a message under the number of the event that will tell
// of it. It returns false if the message is stored already.
func (t *tx) insertMessage(ctx context.Context, m *message) (bool, error) {
	m.ID, m.Seq = engine.MessageID(engine.NewID()), t.nextSeq()
	added, err := t.exec(ctx, insertMessageQuery, t.tenant, m.ID, m.Seat, m.Conversation, m.WhatsAppID, m.Direction, m.Author,
		m.User, m.Kind, m.Text, m.Target, m.Raw, m.Delivery, m.history, m.unread, m.key, millis(m.At), m.Seq)
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
WHERE ` + byConversation + ` AND (m.at < $3 OR m.at = $3 AND m.seq < $4) ORDER BY m.at DESC, m.seq DESC LIMIT $5`
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
