package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/myaibud/aibud/engine"
)

const (
	// What came under either address before it was known that they are one
	// person's is there twice.
	dropSenderTwinsQuery = `DELETE FROM messages WHERE tenant = $1 AND sender = $2 AND EXISTS (
SELECT 1 FROM messages k WHERE k.tenant = $1 AND k.sender = $3 AND k.conversation = messages.conversation AND k.seat = messages.seat
AND k.direction = messages.direction AND k.whatsapp_id = messages.whatsapp_id) RETURNING conversation`
	moveSenderQuery       = `UPDATE messages SET sender = $3 WHERE tenant = $1 AND sender = $2`
	moveTargetSenderQuery = `UPDATE messages SET target_sender = $3 WHERE tenant = $1 AND target_sender = $2`

	joinReceiptsQuery = `UPDATE receipts SET
delivered_at = CASE WHEN receipts.delivered_at = 0 THEN g.delivered_at ELSE receipts.delivered_at END,
read_at = CASE WHEN receipts.read_at = 0 THEN g.read_at ELSE receipts.read_at END,
played_at = CASE WHEN receipts.played_at = 0 THEN g.played_at ELSE receipts.played_at END
FROM receipts g WHERE g.tenant = $1 AND g.contact = $2 AND receipts.tenant = $1 AND receipts.contact = $3 AND receipts.message = g.message`
	dropReceiptTwinsQuery = `DELETE FROM receipts WHERE tenant = $1 AND contact = $2 AND EXISTS (
SELECT 1 FROM receipts k WHERE k.tenant = $1 AND k.contact = $3 AND k.message = receipts.message)`
	moveReceiptsQuery = `UPDATE receipts SET contact = $3 WHERE tenant = $1 AND contact = $2`

	dropMemberTwinsQuery = `DELETE FROM room_members WHERE tenant = $1 AND contact = $2 AND EXISTS (
SELECT 1 FROM room_members k WHERE k.tenant = $1 AND k.contact = $3 AND k.conversation = room_members.conversation)`
	moveMembersQuery = `UPDATE room_members SET contact = $3 WHERE tenant = $1 AND contact = $2`
)

// mergeInRooms makes what gone is in rooms kept's: what they wrote, what they
// did to others' messages, what they have received, and where they are.
func (t *tx) mergeInRooms(ctx context.Context, kept, gone *contact) error {
	if err := t.mergeMarks(ctx, kept.id, gone.id); err != nil {
		return err
	}
	dropped, err := list(ctx, t, column[engine.ConversationID], dropSenderTwinsQuery, t.tenant, gone.id, kept.id)
	if err != nil {
		return err
	}
	for _, step := range []string{
		moveSenderQuery, moveTargetSenderQuery, joinReceiptsQuery, dropReceiptTwinsQuery, moveReceiptsQuery,
		dropMemberTwinsQuery, moveMembersQuery,
	} {
		if _, err := t.exec(ctx, step, t.tenant, gone.id, kept.id); err != nil {
			return err
		}
	}
	slices.Sort(dropped)
	for _, id := range slices.Compact(dropped) {
		if err := t.recount(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// recount finds a conversation's last message and counts the unread anew, and
// shows it.
func (t *tx) recount(ctx context.Context, id engine.ConversationID) error {
	v, err := t.thread(ctx, id)
	if err != nil {
		return err
	}
	if v.unread, err = one(ctx, t, column[int], unreadCountQuery, t.tenant, v.id); err != nil {
		return err
	}
	if err := t.findLast(ctx, &v); err != nil {
		return err
	}
	if err := t.saveThread(ctx, &v); err != nil {
		return err
	}
	_, err = t.showConversation(ctx, v.id)
	return err
}

const markedByQuery = `SELECT ` + messageColumns + ` FROM messages m
WHERE m.tenant = $1 AND m.sender = $2 AND m.kind IN ('reaction', 'vote')`

// mergeMarks makes the reactions and votes of gone kept's. Of two on one
// message the later counts.
func (t *tx) mergeMarks(ctx context.Context, kept, gone engine.ContactID) error {
	said, err := list(ctx, t, scanMessage, markedByQuery, t.tenant, gone)
	if err != nil {
		return err
	}
	for i := range said {
		target, err := t.target(ctx, &said[i])
		if errors.Is(err, errNoRow) {
			continue
		}
		if err != nil {
			return err
		}
		if !renameMarks(&target.Marks, kept, gone) { // done with another one of theirs
			continue
		}
		if err := t.saveAmended(ctx, &target); err != nil {
			return err
		}
		if err := t.showMessage(&target); err != nil {
			return err
		}
	}
	return nil
}

func renameMarks(marks *engine.Marks, kept, gone engine.ContactID) (changed bool) {
	for i := range marks.Reactions {
		if r := &marks.Reactions[i]; r.Contact == gone {
			r.Contact, changed = kept, true
		}
	}
	for i := range marks.Ballots {
		if b := &marks.Ballots[i]; b.Contact == gone {
			b.Contact, changed = kept, true
		}
	}
	marks.Reactions = latest(marks.Reactions, kept, func(r engine.Reaction) (engine.ContactID, time.Time) { return r.Contact, r.At })
	marks.Ballots = latest(marks.Ballots, kept, func(b engine.Ballot) (engine.ContactID, time.Time) { return b.Contact, b.At })
	return changed
}

// latest leaves one mark of a person: the latest.
func latest[T any](marks []T, who engine.ContactID, of func(T) (engine.ContactID, time.Time)) []T {
	best := -1
	for i := range marks {
		contact, at := of(marks[i])
		if contact != who {
			continue
		}
		if best >= 0 {
			if _, before := of(marks[best]); before.After(at) {
				continue
			}
		}
		best = i
	}
	var left []T
	for i := range marks {
		if contact, _ := of(marks[i]); contact != who || i == best {
			left = append(left, marks[i])
		}
	}
	return left
}
