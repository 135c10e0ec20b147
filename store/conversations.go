package store

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

// thread is a row of conversations, as it is needed to change it.
type thread struct {
	id          engine.ConversationID // empty: there is none yet
	seat        engine.SeatID
	contact     engine.ContactID
	chat        engine.ChatType
	unread      int
	lastMessage engine.MessageID
	lastAt      int64
	lastSeq     int64
	enabled     bool // of the assistant
	pausedUntil int64
	needsPerson string
	answeredSeq int64 // messages of the lead up to this one need no reply of the assistant any more
	created     int64
	early       int // changes of messages that have not come yet, or never will
	archived    bool
	listed      bool  // it is on the list: it has had a message since it began or was deleted
	marked      bool  // as unread, by hand
	leadAt      int64 // of the last thing that the other side wrote
	replying    bool  // there is a turn
}

const (
	threadColumns = `v.id, v.seat, v.contact, v.type, v.unread, v.last_message, v.last_at, v.last_seq, v.assistant_enabled,
v.paused_until, v.needs_person, v.answered_seq, v.created_at, v.early, v.archived, v.listed, v.marked_unread, v.lead_at,
u.conversation IS NOT NULL`
	optionalThreadColumns = `COALESCE(v.id, ''), COALESCE(v.type, ''), COALESCE(v.unread, 0), COALESCE(v.last_message, ''), COALESCE(v.last_at, 0),
COALESCE(v.last_seq, 0), COALESCE(v.assistant_enabled, true), COALESCE(v.paused_until, 0), COALESCE(v.needs_person, ''),
COALESCE(v.answered_seq, 0), COALESCE(v.created_at, 0), COALESCE(v.early, 0), COALESCE(v.archived, false), COALESCE(v.listed, true),
COALESCE(v.marked_unread, false), COALESCE(v.lead_at, 0), u.conversation IS NOT NULL`
)

// columns are the destinations of optionalThreadColumns.
func (v *thread) columns() []any {
	return []any{
		&v.id, &v.chat, &v.unread, &v.lastMessage, &v.lastAt, &v.lastSeq, &v.enabled, &v.pausedUntil, &v.needsPerson,
		&v.answeredSeq, &v.created, &v.early, &v.archived, &v.listed, &v.marked, &v.leadAt, &v.replying,
	}
}

func scanThread(row scanner, v *thread) error {
	return row.Scan(&v.id, &v.seat, &v.contact, &v.chat, &v.unread, &v.lastMessage, &v.lastAt, &v.lastSeq, &v.enabled,
		&v.pausedUntil, &v.needsPerson, &v.answeredSeq, &v.created, &v.early, &v.archived, &v.listed, &v.marked, &v.leadAt, &v.replying)
}

// A conversation is found by its own ID and by those of the conversations
// that were merged into it.
const (
	byConversation = `v.tenant = $1 AND v.id = COALESCE(
(SELECT a.conversation FROM conversation_aliases a WHERE a.tenant = $1 AND a.id = $2), $2)`
	threadQuery = `SELECT ` + threadColumns + ` FROM conversations v
LEFT JOIN turns u ON u.tenant = v.tenant AND u.conversation = v.id WHERE ` + byConversation
)

// thread loads a conversation.
func (t *tx) thread(ctx context.Context, id engine.ConversationID) (thread, error) {
	v, err := one(ctx, t, scanThread, threadQuery, t.tenant, id)
	return v, orNotFound(err, "conversation")
}

const (
	insertThreadQuery = `INSERT INTO conversations (tenant, id, seat, contact, type, unread, last_message, last_at, last_seq,
assistant_enabled, paused_until, needs_person, answered_seq, created_at, early, listed, lead_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`
	saveThreadQuery = `UPDATE conversations SET unread = $3, last_message = $4, last_at = $5, last_seq = $6,
assistant_enabled = $7, paused_until = $8, needs_person = $9, answered_seq = $10, early = $11, archived = $12,
listed = $13, marked_unread = $14, lead_at = $15 WHERE tenant = $1 AND id = $2`
)

func (t *tx) insertThread(ctx context.Context, v *thread) error {
	_, err := t.exec(ctx, insertThreadQuery, t.tenant, v.id, v.seat, v.contact, v.chat, v.unread, v.lastMessage, v.lastAt,
		v.lastSeq, v.enabled, v.pausedUntil, v.needsPerson, v.answeredSeq, v.created, v.early, v.listed, v.leadAt)
	t.quiet.began()
	return err
}

func (t *tx) saveThread(ctx context.Context, v *thread) error {
	return t.later(ctx, saveThreadQuery, t.tenant, v.id, v.unread, v.lastMessage, v.lastAt, v.lastSeq,
		v.enabled, v.pausedUntil, v.needsPerson, v.answeredSeq, v.early, v.archived, v.listed, v.marked, v.leadAt)
}

// show makes a message the last one, if it is.
func (v *thread) show(m *message) {
	at := millis(m.At)
	if v.lastMessage == "" || at > v.lastAt || at == v.lastAt && m.Seq >= v.lastSeq {
		v.lastMessage, v.lastAt, v.lastSeq = m.ID, at, m.Seq
	}
}

// heard notes when the other side wrote. It says whether that is news.
func (v *thread) heard(m *message) bool {
	at := millis(m.At)
	if m.Direction != engine.Inbound || at <= v.leadAt {
		return false
	}
	v.leadAt = at
	return true
}

const optionalRoomColumns = `COALESCE(r.description, ''), COALESCE(r.announce, false), COALESCE(r.locked, false),
COALESCE(r.approval, false), COALESCE(r.ephemeral, 0), COALESCE(r.community, ''), COALESCE(r.role, ''), COALESCE(r.followers, 0),
COALESCE(r.founded_at, 0), COALESCE(r.learned_at, 0), CASE WHEN r.conversation IS NULL THEN 0 ELSE
(SELECT COUNT(*) FROM room_members k WHERE k.tenant = r.tenant AND k.conversation = r.conversation) END`

const conversationQuery = `SELECT ` + threadColumns + `, ` + stateColumns + `, c.id, c.name, c.phone, c.room, ` + optionalRoomColumns + `, ` + detailColumns + `, ` +
	optionalMessageColumns + ` FROM conversations v
LEFT JOIN rooms r ON r.tenant = v.tenant AND r.conversation = v.id
JOIN contacts c ON c.tenant = v.tenant AND c.id = v.contact
LEFT JOIN messages m ON m.tenant = v.tenant AND m.id = v.last_message
LEFT JOIN turns u ON u.tenant = v.tenant AND u.conversation = v.id WHERE `

// conversationRow is a conversation with what is shown of it.
type conversationRow struct {
	thread  thread
	state   chatState
	contact contact
	room    roomRow
	members int
	last    message
}

func scanConversation(row scanner, r *conversationRow) error {
	v, c, m := &r.thread, &r.contact, &r.room
	var scan rawMessage
	into := []any{
		&v.id, &v.seat, &v.contact, &v.chat, &v.unread, &v.lastMessage, &v.lastAt, &v.lastSeq, &v.enabled,
		&v.pausedUntil, &v.needsPerson, &v.answeredSeq, &v.created, &v.early, &v.archived, &v.listed, &v.marked, &v.leadAt, &v.replying,
	}
	into = append(append(into, r.state.columns()...), &c.id, &c.name, &c.phone, &c.room,
		&m.Description, &m.Announce, &m.Locked, &m.Approval, &m.Timer, &m.Community, &m.Role, &m.Followers, &m.founded, &m.learned,
		&r.members)
	err := row.Scan(append(append(into, c.details.columns()...), scan.columns(&r.last)...)...)
	if err != nil {
		return err
	}
	return scan.finish(&r.last)
}

func (r *conversationRow) view(now int64) engine.ConversationView {
	view := engine.ConversationView{
		ID: r.thread.id, Seat: r.thread.seat, Type: r.thread.chat, Contact: r.contact.view(), Unread: r.thread.unread,
		LastMessageAt: fromMillis(r.thread.lastAt),
		Assistant: engine.ConversationAssistant{
			Enabled: r.thread.enabled, Replying: r.thread.replying, NeedsPerson: r.thread.needsPerson,
		},
		ChatState: r.state.view(&r.thread, now),
	}
	if r.last.ID != "" {
		last := r.last.view()
		view.LastMessage, view.LastMessageAt = &last, last.At
	}
	if r.contact.room != "" {
		view.Room = r.roomView()
	}
	if r.thread.pausedUntil > now {
		view.Assistant.PausedUntil = timePointer(fromMillis(r.thread.pausedUntil))
	}
	return view
}

func (r *conversationRow) roomView() *engine.RoomView {
	room := &engine.RoomView{
		Address: r.contact.room, Known: r.room.learned > 0, Description: r.room.Description, Role: r.room.Role,
		Members: r.members, Followers: r.room.Followers, Announce: r.room.Announce, Locked: r.room.Locked,
		Approval: r.room.Approval, Timer: r.room.Timer, Community: r.room.Community,
		FoundedAt: timePointer(fromMillis(r.room.founded)),
	}
	if r.thread.chat == engine.ChatGroup && room.Role != engine.RoleNone {
		room.Members++ // the seat
	}
	return room
}

// conversation loads a conversation as it is shown.
func conversation(ctx context.Context, q querier, tenant engine.TenantID, id engine.ConversationID, now int64) (engine.ConversationView, error) {
	row, err := one(ctx, q, scanConversation, conversationQuery+byConversation, tenant, id)
	if err != nil {
		return engine.ConversationView{}, orNotFound(err, "conversation")
	}
	return row.view(now), nil
}

// showConversation appends that a conversation changed, and returns it.
func (t *tx) showConversation(ctx context.Context, id engine.ConversationID) (engine.ConversationView, error) {
	view, err := conversation(ctx, t, t.tenant, id, millis(t.now))
	if err != nil {
		return view, err
	}
	return view, t.append(engine.EventConversationUpdated, view.Seat, view.ID, view)
}

// Conversation implements api.Tenant.
func (n *Tenant) Conversation(ctx context.Context, id engine.ConversationID) (engine.ConversationView, error) {
	return conversation(ctx, n.store.db, n.id, id, millis(n.store.now()))
}

const (
	conversationsQuery = conversationQuery + `v.tenant = $1 AND v.listed AND (v.last_at < $2 OR v.last_at = $2 AND v.id < $3)`
	newestFirst        = ` ORDER BY v.last_at DESC, v.id DESC LIMIT $4`
)

// Conversations implements api.Tenant.
func (n *Tenant) Conversations(ctx context.Context, filter engine.ConversationFilter, page engine.Page) ([]engine.ConversationView, string, error) {
	from, err := parseCursor(page.Cursor)
	if err != nil {
		return nil, "", err
	}
	limit := pageLimit(page.Limit)
	query, args := filtered(conversationsQuery, []any{n.id, from.at, from.id, limit + 1}, filter)
	query += newestFirst
	found, err := list(ctx, n.store.db, scanConversation, query, args...)
	if err != nil {
		return nil, "", translate(err)
	}
	next := ""
	if len(found) > limit {
		found = found[:limit]
		last := found[limit-1].thread
		next = cursor{at: last.lastAt, id: string(last.id)}.String()
	}
	now := millis(n.store.now())
	views := make([]engine.ConversationView, len(found))
	for i := range found {
		views[i] = found[i].view(now)
	}
	return views, next, nil
}

const readAllQuery = `UPDATE messages SET unread = false WHERE tenant = $1 AND conversation = $2 AND unread
RETURNING id, whatsapp_id, at, seq, sender`

const contactQuery = `SELECT c.id, c.name, c.phone, c.lid, c.room, c.created_at FROM contacts c WHERE c.tenant = $1 AND c.id = $2`

func scanContact(row scanner, c *contact) error {
	return row.Scan(&c.id, &c.name, &c.phone, &c.lid, &c.room, &c.created)
}

// markRead makes every message of a conversation read and returns those that
// were not, the oldest first. The caller saves the thread.
func (t *tx) markRead(ctx context.Context, v *thread) ([]readMessage, error) {
	v.marked = false
	if v.unread == 0 {
		return nil, nil
	}
	v.unread = 0
	return t.readMessages(ctx, readAllQuery, t.tenant, v.id)
}

// SetAssistant implements api.Tenant.
func (n *Tenant) SetAssistant(ctx context.Context, id engine.ConversationID, enabled bool) (engine.ConversationView, error) {
	var view engine.ConversationView
	err := n.inTx(ctx, func(ctx context.Context, t *tx) error {
		v, err := t.thread(ctx, id)
		if err != nil {
			return err
		}
		if enabled && v.chat != engine.ChatDirect {
			return engine.Errorf(engine.CodeInvalid, "The assistant answers direct chats only.")
		}
		v.enabled = enabled
		if enabled {
			v.pausedUntil, v.needsPerson = 0, ""
		} else if err := t.cancelTurn(ctx, &v); err != nil {
			return err
		}
		if err := t.saveThread(ctx, &v); err != nil {
			return err
		}
		view, err = t.showConversation(ctx, v.id)
		return err
	})
	return view, err
}
