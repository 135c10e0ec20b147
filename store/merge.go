package store

import (
	"context"
	"errors"
	"slices"

	"github.com/myaibud/aibud/engine"
)

const (
	moveAddressesQuery = `UPDATE contact_addresses SET contact = $3 WHERE tenant = $1 AND contact = $2`
	deleteContactQuery = `DELETE FROM contacts WHERE tenant = $1 AND id = $2`
	threadsOfQuery     = `SELECT ` + threadColumns + ` FROM conversations v LEFT JOIN turns u ON u.tenant = v.tenant AND u.conversation = v.id
WHERE v.tenant = $1 AND v.contact = $2`
	moveThreadQuery = `UPDATE conversations SET contact = $3 WHERE tenant = $1 AND id = $2`
)

// mergeContacts moves everything of gone to kept, which turned out to be the
// same person. On a seat where both have a conversation the older one stays.
func (t *tx) mergeContacts(ctx context.Context, kept, gone *contact) error {
	mine, err := list(ctx, t, scanThread, threadsOfQuery, t.tenant, kept.id)
	if err != nil {
		return err
	}
	theirs, err := list(ctx, t, scanThread, threadsOfQuery, t.tenant, gone.id)
	if err != nil {
		return err
	}
	for i := range theirs {
		same := slices.IndexFunc(mine, func(v thread) bool { return v.seat == theirs[i].seat })
		if same >= 0 {
			if err := t.mergeThreads(ctx, mine[same], theirs[i], kept.id); err != nil {
				return err
			}
			continue
		}
		if _, err := t.exec(ctx, moveThreadQuery, t.tenant, theirs[i].id, kept.id); err != nil {
			return err
		}
	}
	if err := t.mergeInRooms(ctx, kept, gone); err != nil {
		return err
	}
	if err := t.mergeDetails(ctx, kept.id, gone.id); err != nil {
		return err
	}
	if _, err := t.exec(ctx, moveAddressesQuery, t.tenant, gone.id, kept.id); err != nil {
		return err
	}
	if _, err := t.exec(ctx, deleteContactQuery, t.tenant, gone.id); err != nil {
		return err
	}
	name := kept.name
	if name == "" {
		name = gone.name
	}
	_, err = t.updateContact(ctx, kept, engine.Party{Phone: gone.phone, LID: gone.lid, Name: name})
	return err
}

const (
	// A message that came under either address before it was known that they
	// are one person's is there twice.
	dropTwinsQuery = `DELETE FROM messages WHERE tenant = $1 AND conversation = $2 AND EXISTS (
SELECT 1 FROM messages k WHERE k.tenant = $1 AND k.conversation = $3 AND k.seat = messages.seat
AND k.direction = messages.direction AND k.whatsapp_id = messages.whatsapp_id)`
	moveMessagesQuery = `UPDATE messages SET conversation = $3 WHERE tenant = $1 AND conversation = $2`
	unreadCountQuery  = `SELECT COUNT(*) FROM messages WHERE tenant = $1 AND conversation = $2 AND unread`
	moveAliasesQuery  = `UPDATE conversation_aliases SET conversation = $3 WHERE tenant = $1 AND conversation = $2`
	dropThreadQuery   = `DELETE FROM conversations WHERE tenant = $1 AND id = $2`
	addAliasQuery     = `INSERT INTO conversation_aliases (tenant, id, conversation) VALUES ($1, $2, $3)`
)

// mergeThreads makes one conversation of two of a seat, which belongs to
// owner. The other one's ID stays an alias, since events, jobs and open pages
// know it.
func (t *tx) mergeThreads(ctx context.Context, kept, gone thread, owner engine.ContactID) error {
	if gone.created < kept.created || gone.created == kept.created && gone.id < kept.id {
		kept, gone = gone, kept
	}
	if err := t.mergeTurns(ctx, &kept, &gone); err != nil {
		return err
	}
	if err := t.mergeState(ctx, &kept, &gone); err != nil {
		return err
	}
	for _, step := range []string{dropTwinsQuery, moveMessagesQuery, moveAliasesQuery} {
		if _, err := t.exec(ctx, step, t.tenant, gone.id, kept.id); err != nil {
			return err
		}
	}
	if _, err := t.exec(ctx, dropThreadQuery, t.tenant, gone.id); err != nil {
		return err
	}
	if _, err := t.exec(ctx, addAliasQuery, t.tenant, gone.id, kept.id); err != nil {
		return err
	}
	if _, err := t.exec(ctx, moveThreadQuery, t.tenant, kept.id, owner); err != nil {
		return err
	}
	var err error
	if kept.unread, err = one(ctx, t, column[int], unreadCountQuery, t.tenant, kept.id); err != nil {
		return err
	}
	kept.early += gone.early
	kept.enabled = kept.enabled && gone.enabled
	kept.pausedUntil = max(kept.pausedUntil, gone.pausedUntil)
	kept.answeredSeq = max(kept.answeredSeq, gone.answeredSeq)
	kept.leadAt = max(kept.leadAt, gone.leadAt)
	if kept.needsPerson == "" {
		kept.needsPerson = gone.needsPerson
	}
	if err := t.findLast(ctx, &kept); err != nil {
		return err
	}
	return t.saveThread(ctx, &kept)
}

const (
	turnQuery     = `SELECT opened_at, due, last_seq FROM turns WHERE tenant = $1 AND conversation = $2`
	moveTurnQuery = `UPDATE turns SET conversation = $3 WHERE tenant = $1 AND conversation = $2`
	dropTurnQuery = `DELETE FROM turns WHERE tenant = $1 AND conversation = $2`
)

// mergeTurns leaves at most one turn, on kept. A job of the other one finds
// it through the alias.
func (t *tx) mergeTurns(ctx context.Context, kept, gone *thread) error {
	if !gone.replying {
		return nil
	}
	if !kept.replying {
		kept.replying = true
		_, err := t.exec(ctx, moveTurnQuery, t.tenant, gone.id, kept.id)
		return err
	}
	a, err := one(ctx, t, scanTurn, turnQuery, t.tenant, kept.id)
	if err != nil {
		return err
	}
	b, err := one(ctx, t, scanTurn, turnQuery, t.tenant, gone.id)
	if err != nil {
		return err
	}
	a.opened, a.due, a.lastSeq = min(a.opened, b.opened), max(a.due, b.due), max(a.lastSeq, b.lastSeq)
	if _, err := t.exec(ctx, dropTurnQuery, t.tenant, gone.id); err != nil {
		return err
	}
	_, err = t.exec(ctx, saveTurnQuery, t.tenant, kept.id, a.opened, a.due, a.lastSeq)
	return err
}

const newestQuery = `SELECT ` + messageColumns + ` FROM messages m WHERE m.tenant = $1 AND m.conversation = $2
AND m.hidden = $3 AND m.deleted_at = 0 AND m.delivery <> 'scheduled' ORDER BY m.at DESC, m.seq DESC LIMIT 1`

// findLast looks for a conversation's last message anew. The caller saves the
// thread.
func (t *tx) findLast(ctx context.Context, v *thread) error {
	m, err := one(ctx, t, scanMessage, newestQuery, t.tenant, v.id, false)
	if errors.Is(err, errNoRow) { // nothing but changes of what we never had
		m, err = one(ctx, t, scanMessage, newestQuery, t.tenant, v.id, true)
	}
	if errors.Is(err, errNoRow) {
		v.lastMessage, v.lastAt, v.lastSeq = "", v.created, 0
		return nil
	}
	if err != nil {
		return err
	}
	v.lastMessage, v.lastAt, v.lastSeq = m.ID, millis(m.At), m.Seq
	return nil
}
