package store

import (
	"context"
	"strconv"
	"time"

	"github.com/myaibud/aibud/engine"
)

// recordState stores facts about chats, people and calls. It reports false for
// one that is none of these.
func (t *tx) recordState(ctx context.Context, seat engine.SeatID, fact engine.Fact) (known bool, err error) {
	switch fact := fact.(type) {
	case engine.ChatChange:
		err = t.recordChat(ctx, seat, fact)
	case engine.ChatCleared:
		err = t.recordCleared(ctx, seat, fact)
	case engine.Starred:
		err = t.recordStarred(ctx, seat, fact)
	case engine.MessageRemoved:
		err = t.recordRemoved(ctx, seat, fact)
	case engine.LabelChange:
		err = t.recordLabel(ctx, seat, fact)
	case engine.Labelled:
		err = t.recordLabelled(ctx, seat, fact)
	case engine.ContactChange:
		err = t.recordContact(ctx, seat, fact)
	case engine.KeysChanged:
		err = t.recordKeys(ctx, seat, fact)
	case engine.Blocked:
		err = t.recordBlocked(ctx, seat, fact)
	case engine.BlockList:
		err = t.recordBlockList(ctx, seat, fact)
	case engine.AccountChange:
		err = t.recordAccount(ctx, seat, fact)
	case engine.CallChange:
		err = t.recordCall(ctx, seat, fact)
	default:
		return false, nil
	}
	return true, err
}

// chatOf returns the conversation that a fact is about. If there is none yet,
// it is made on request, but is not on the list before its first message.
func (t *tx) chatOf(ctx context.Context, seat engine.SeatID, chat engine.Party, create bool) (v thread, found bool, err error) {
	k, _, err := t.named(ctx, seat, chat, create)
	if err != nil || k == nil {
		return v, false, err
	}
	if k.thread.id != "" || !create {
		return k.thread, k.thread.id != "", nil
	}
	if v, err = t.newThread(ctx, seat, &k.contact); err != nil {
		return v, false, err
	}
	v.listed = false
	return v, true, t.saveThread(ctx, &v)
}

// showListed appends that a conversation changed, if people get to see it.
func (t *tx) showListed(ctx context.Context, v *thread) error {
	if !v.listed {
		return nil
	}
	_, err := t.showConversation(ctx, v.id)
	return err
}

// chatState is what is set on a conversation beyond what its thread has.
type chatState struct {
	pinned  bool
	muted   int64
	told    told
	labels  labelSet
	blocked bool
}

const stateColumns = `v.pinned, v.muted_until, v.told, v.labels, COALESCE((SELECT s.blocked FROM seat_contacts s
WHERE s.tenant = v.tenant AND s.seat = v.seat AND s.contact = v.contact), false)`

// columns are the destinations of stateColumns.
func (s *chatState) columns() []any {
	return []any{&s.pinned, &s.muted, &s.told, &s.labels, &s.blocked}
}

func (s *chatState) view(v *thread, now int64) engine.ChatState {
	view := engine.ChatState{
		Archived: v.archived, Pinned: s.pinned, MarkedUnread: v.marked, Blocked: s.blocked, Labels: s.labels.ids(),
	}
	if s.muted > now {
		view.MutedUntil = timePointer(fromMillis(s.muted))
	}
	return view
}

const (
	stateQuery     = `SELECT ` + stateColumns + ` FROM conversations v WHERE v.tenant = $1 AND v.id = $2`
	saveStateQuery = `UPDATE conversations SET pinned = $3, muted_until = $4, told = $5 WHERE tenant = $1 AND id = $2`
)

func scanState(row scanner, s *chatState) error { return row.Scan(s.columns()...) }

// sets says whether a change has to be kept though there is no conversation yet:
// it sets something that is not so by itself, or that the phone's history, which
// may come later, has in another way.
func sets(fact engine.ChatChange) bool {
	if !bool(fact.Synced) && !fact.History && (fact.Archived != nil || fact.Pinned != nil || fact.MutedUntil != nil) {
		return true
	}
	return fact.Archived != nil && *fact.Archived || fact.Pinned != nil && *fact.Pinned ||
		fact.MutedUntil != nil && !fact.MutedUntil.IsZero() || fact.Read != nil && !*fact.Read
}

// recordChat stores what is set on a chat. WhatsApp's apps take a chat that is
// archived from its place on top.
func (t *tx) recordChat(ctx context.Context, seat engine.SeatID, fact engine.ChatChange) error {
	v, found, err := t.chatOf(ctx, seat, fact.Chat, sets(fact))
	if err != nil || !found {
		return err
	}
	state, err := one(ctx, t, scanState, stateQuery, t.tenant, v.id)
	if err != nil {
		return err
	}
	if fact.History {
		if err := t.news(ctx, &v, state.told, &fact); err != nil {
			return err
		}
	}
	thread, before := v, state
	state.told |= tells(&fact)
	if fact.Pinned != nil {
		state.pinned = *fact.Pinned
	}
	if fact.Archived != nil {
		v.archived = *fact.Archived
		state.pinned = state.pinned && !v.archived
	}
	if fact.MutedUntil != nil {
		state.muted = millis(*fact.MutedUntil)
	}
	if fact.Read != nil {
		if err := t.markChat(ctx, &v, *fact.Read, fact.Last.At); err != nil {
			return err
		}
	}
	if v == thread && state == before {
		return nil
	}
	if err := t.saveState(ctx, v.id, &state); err != nil {
		return err
	}
	if err := t.saveThread(ctx, &v); err != nil {
		return err
	}
	if before.told = state.told; v == thread && state == before {
		return nil // it looks the same
	}
	return t.showListed(ctx, &v)
}

func (t *tx) saveState(ctx context.Context, id engine.ConversationID, s *chatState) error {
	_, err := t.exec(ctx, saveStateQuery, t.tenant, id, s.pinned, s.muted, s.told)
	return err
}

const readBeforeQuery = `UPDATE messages SET unread = false WHERE tenant = $1 AND conversation = $2 AND unread AND at < $3`

// markChat marks a chat as unread, or as read up to a time. The caller saves
// the thread.
func (t *tx) markChat(ctx context.Context, v *thread, read bool, upTo time.Time) error {
	v.marked = !read
	if !read || v.unread == 0 {
		return nil
	}
	count, err := t.exec(ctx, readBeforeQuery, t.tenant, v.id, after(upTo))
	v.unread = max(v.unread-int(count), 0)
	return err
}

// after is the first time that is later than a second, which is how exactly
// WhatsApp tells the times of messages.
func after(at time.Time) int64 { return at.Truncate(time.Second).Add(time.Second).UnixMilli() }

const unarchiveQuery = `SELECT s.unarchive FROM seats s WHERE s.tenant = $1 AND s.id = $2`

// unarchive brings a conversation that has a new message back from the
// archive, if the account is set so. The caller saves the thread.
func (t *tx) unarchive(ctx context.Context, v *thread) error {
	on, err := one(ctx, t, column[bool], unarchiveQuery, t.tenant, v.seat)
	if on {
		v.archived = false
	}
	return err
}

const (
	// Text and content go, as they do from WhatsApp's apps; see migration 011.
	emptied    = `text = '', content = '', raw = NULL, secret = NULL, marks = '', hidden = true, unread = false, starred = false, labels = '', deleted_at = $3`
	clearQuery = `UPDATE messages SET ` + emptied + ` WHERE tenant = $1 AND conversation = $2 AND deleted_at = 0 AND at < $4
AND delivery NOT IN ('scheduled', 'queued', 'sending')`
	keepStarred = ` AND NOT starred`
	countQuery  = `SELECT COUNT(*) FROM messages m WHERE m.tenant = $1 AND m.conversation = $2 AND NOT m.hidden`
)

// recordCleared removes a chat's messages, and the chat itself from the list if
// it was deleted and nothing is left. The files of the messages are not ours to
// remove: who keeps them hears of it by the event.
func (t *tx) recordCleared(ctx context.Context, seat engine.SeatID, fact engine.ChatCleared) error {
	v, found, err := t.chatOf(ctx, seat, fact.Chat, false)
	if err != nil || !found {
		return err
	}
	query := clearQuery
	if fact.KeepStarred {
		query += keepStarred
	}
	cleared, err := t.exec(ctx, query, t.tenant, v.id, millis(t.now), after(fact.Last.At))
	if err != nil {
		return err
	}
	left, err := one(ctx, t, column[int], countQuery, t.tenant, v.id)
	if err != nil {
		return err
	}
	gone := fact.Deleted && left == 0 && v.listed
	if cleared == 0 && !gone {
		return nil
	}
	if err := t.shrink(ctx, &v); err != nil {
		return err
	}
	if gone {
		v.listed, v.archived, v.marked, v.needsPerson = false, false, false, ""
		if err := t.saveState(ctx, v.id, &chatState{told: toldAll}); err != nil {
			return err
		}
	}
	if err := t.saveThread(ctx, &v); err != nil {
		return err
	}
	err = t.append(engine.EventConversationCleared, seat, v.id, engine.ClearedView{
		Conversation: v.id, Before: fact.Last.At.UTC().Truncate(time.Second), KeepStarred: fact.KeepStarred,
		DeleteMedia: fact.DeleteMedia, Deleted: gone,
	})
	if err != nil {
		return err
	}
	return t.showListed(ctx, &v)
}

// shrink counts a conversation's messages and finds its last one anew, after
// some are gone. An empty one keeps its place on the list. There is nothing to
// answer then. The caller saves the thread.
func (t *tx) shrink(ctx context.Context, v *thread) error {
	var err error
	if v.unread, err = one(ctx, t, column[int], unreadCountQuery, t.tenant, v.id); err != nil {
		return err
	}
	place := v.lastAt
	if err := t.findLast(ctx, v); err != nil {
		return err
	}
	if v.lastMessage != "" {
		return nil
	}
	v.lastAt = place
	return t.cancelTurn(ctx, v)
}

const (
	byRef        = ` WHERE tenant = $1 AND conversation = $2 AND whatsapp_id = $4 AND direction = $5 AND deleted_at = 0`
	bySender     = ` AND sender = $6`
	starQuery    = `UPDATE messages SET starred = $3` + byRef + ` AND starred <> $3`
	removeQuery  = `UPDATE messages SET ` + emptied + byRef + ` AND delivery NOT IN ('scheduled', 'queued', 'sending')`
	returningAll = ` RETURNING ` + messageNames
)

// mark runs a statement on the message that a fact names, and returns it if
// that changed it.
func (t *tx) mark(ctx context.Context, v *thread, query string, value any, ref engine.MessageRef) ([]message, error) {
	direction := engine.Inbound
	if ref.FromMe {
		direction = engine.Outbound
	}
	args := []any{t.tenant, v.id, value, clean(ref.WhatsAppID), direction}
	if len(ref.Sender.Addresses()) > 0 {
		who, err := t.person(ctx, v.seat, ref.Sender)
		if err != nil {
			return nil, err
		}
		query, args = query+bySender, append(args, who.id)
	}
	return list(ctx, t, scanMessage, query+returningAll, args...)
}

// recordStarred puts a star on a message, or takes it off.
func (t *tx) recordStarred(ctx context.Context, seat engine.SeatID, fact engine.Starred) error {
	v, found, err := t.chatOf(ctx, seat, fact.Chat, false)
	if err != nil || !found {
		return err
	}
	changed, err := t.mark(ctx, &v, starQuery, fact.On, fact.Message)
	if err != nil {
		return err
	}
	return t.showMessages(changed)
}

// recordRemoved removes a message from the account.
func (t *tx) recordRemoved(ctx context.Context, seat engine.SeatID, fact engine.MessageRemoved) error {
	v, found, err := t.chatOf(ctx, seat, fact.Chat, false)
	if err != nil || !found {
		return err
	}
	removed, err := t.mark(ctx, &v, removeQuery, millis(t.now), fact.Message)
	if err != nil || len(removed) == 0 {
		return err
	}
	for i := range removed {
		if err := t.append(engine.EventMessageDeleted, seat, v.id, removed[i].view()); err != nil {
			return err
		}
	}
	before := v
	if err := t.shrink(ctx, &v); err != nil || v == before {
		return err
	}
	if err := t.saveThread(ctx, &v); err != nil {
		return err
	}
	return t.showListed(ctx, &v)
}

// filtered narrows a query of conversations.
func filtered(query string, args []any, filter engine.ConversationFilter) (string, []any) {
	and := func(condition string, value any) {
		args = append(args, value)
		query += ` AND ` + condition + strconv.Itoa(len(args))
	}
	if filter.Seat != "" {
		and(`v.seat = $`, filter.Seat)
	}
	if filter.Type != "" {
		and(`v.type = $`, filter.Type)
	}
	if filter.Archived != nil {
		and(`v.archived = $`, *filter.Archived)
	}
	if filter.Unread != nil {
		and(`(v.unread > 0 OR v.marked_unread) = $`, *filter.Unread)
	}
	if filter.Label != "" {
		and(`v.labels LIKE $`, `%`+string(labelsOf([]engine.LabelID{filter.Label}))+`%`)
	}
	return query, args
}

const (
	chatEndQuery = `SELECT v.seat, v.last_at, ` + chatColumns + ` FROM conversations v
JOIN contacts c ON c.tenant = v.tenant AND c.id = v.contact LEFT JOIN messages m ON m.tenant = v.tenant AND m.id = v.last_message
LEFT JOIN contacts w ON w.tenant = m.tenant AND w.id = m.sender AND m.sender <> '' WHERE ` + byConversation
	chatMessageQuery = `SELECT v.seat, v.last_at, ` + chatColumns + ` FROM messages m
JOIN conversations v ON v.tenant = m.tenant AND v.id = m.conversation JOIN contacts c ON c.tenant = v.tenant AND c.id = v.contact
LEFT JOIN contacts w ON w.tenant = m.tenant AND w.id = m.sender AND m.sender <> ''
WHERE ` + byConversation + ` AND m.tenant = $1 AND m.id = $3 AND m.deleted_at = 0`
	chatColumns = `c.phone, c.lid, c.room, COALESCE(m.whatsapp_id, ''), COALESCE(m.direction, ''), COALESCE(m.at, 0),
COALESCE(w.phone, ''), COALESCE(w.lid, '')`
)

// chatRef is a conversation as WhatsApp knows it, with one of its messages.
type chatRef struct {
	seat    engine.SeatID
	lastAt  int64
	chat    engine.Party
	message engine.MessageRef
}

func scanChatRef(row scanner, r *chatRef) error {
	var at int64
	var direction engine.Direction
	err := row.Scan(&r.seat, &r.lastAt, &r.chat.Phone, &r.chat.LID, &r.chat.Room, &r.message.WhatsAppID, &direction, &at,
		&r.message.Sender.Phone, &r.message.Sender.LID)
	r.message.FromMe, r.message.At = direction == engine.Outbound, fromMillis(at)
	return err
}

// ChatEnd implements api.Tenant.
func (n *Tenant) ChatEnd(ctx context.Context, id engine.ConversationID) (engine.SeatKey, engine.Party, engine.MessageRef, error) {
	r, err := one(ctx, n.store.db, scanChatRef, chatEndQuery, n.id, id)
	if err != nil {
		return engine.SeatKey{}, engine.Party{}, engine.MessageRef{}, orNotFound(err, "conversation")
	}
	if r.message.WhatsAppID == "" {
		r.message.At = n.store.now()
	}
	return engine.SeatKey{Tenant: n.id, Seat: r.seat}, r.chat, r.message, nil
}

// ChatMessage implements api.Tenant.
func (n *Tenant) ChatMessage(ctx context.Context, id engine.ConversationID, message engine.MessageID) (engine.SeatKey, engine.Party, engine.MessageRef, error) {
	r, err := one(ctx, n.store.db, scanChatRef, chatMessageQuery, n.id, id, message)
	if err != nil {
		return engine.SeatKey{}, engine.Party{}, engine.MessageRef{}, orNotFound(err, "message")
	}
	return engine.SeatKey{Tenant: n.id, Seat: r.seat}, r.chat, r.message, nil
}
