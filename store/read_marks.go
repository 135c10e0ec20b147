package store

import (
	"context"
	"errors"
	"slices"

	"github.com/myaibud/aibud/engine"
)

// readAtOnce is how many messages one job tells of.
const readAtOnce = 100

// MarkRead implements api.Tenant.
func (n *Tenant) MarkRead(ctx context.Context, id engine.ConversationID) error {
	return n.inTx(ctx, func(ctx context.Context, t *tx) error {
		v, err := t.thread(ctx, id)
		if err != nil || v.unread == 0 && !v.marked {
			return err
		}
		if err := t.tellRead(ctx, &v); err != nil {
			return err
		}
		if err := t.saveThread(ctx, &v); err != nil {
			return err
		}
		_, err = t.showConversation(ctx, v.id)
		return err
	})
}

// tellRead marks a conversation as read and has whoever wrote be told.
func (t *tx) tellRead(ctx context.Context, v *thread) error {
	found, err := t.markRead(ctx, v)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(found, readAtOnce) {
		args := engine.ReadMarkArgs{Tenant: t.tenant, Seat: v.seat, Conversation: v.id}
		for _, m := range some {
			args.Messages = append(args.Messages, m.message)
		}
		if err := t.Enqueue(ctx, args, engine.JobOptions{}); err != nil {
			return err
		}
	}
	return nil
}

const (
	readOneQuery = `SELECT m.id, m.whatsapp_id, m.at, m.seq, m.sender FROM messages m
WHERE m.tenant = $1 AND m.conversation = $2 AND m.id = $3`
	seatStaysQuery = `SELECT COUNT(*) FROM seats s WHERE s.tenant = $1 AND s.id = $2 AND s.desired <> 'removed' AND s.removed_at = 0`
)

// ReadMessages implements reads.Records.
func (s *Store) ReadMessages(ctx context.Context, args engine.ReadMarkArgs) (engine.ReadMessages, error) {
	var read engine.ReadMessages
	err := s.inTx(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lock(ctx, args.Tenant); err != nil {
			return err
		}
		v, err := t.thread(ctx, args.Conversation)
		if err != nil {
			return err
		}
		stays, err := one(ctx, t, column[int], seatStaysQuery, t.tenant, v.seat)
		if err != nil {
			return err
		}
		if stays == 0 {
			return notFound("seat")
		}
		who, err := one(ctx, t, scanContact, contactQuery, t.tenant, v.contact)
		if err != nil {
			return err
		}
		read = engine.ReadMessages{Seat: engine.SeatKey{Tenant: t.tenant, Seat: v.seat}, Chat: who.party()}
		var found []readMessage
		for _, id := range args.Messages {
			m, err := one(ctx, t, scanReadMessage, readOneQuery, t.tenant, v.id, id)
			if errors.Is(err, errNoRow) { // one that was there twice: see mergeThreads
				continue
			}
			if err != nil {
				return err
			}
			found = append(found, m)
		}
		return t.readBy(ctx, &v, &read, found)
	})
	return read, err
}
