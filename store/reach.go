package store

import (
	"context"
	"errors"

	"github.com/myaibud/aibud/engine"
)

const chatQuery = `SELECT v.id, v.seat, c.phone, c.lid, c.room, c.name FROM conversations v
JOIN contacts c ON c.tenant = v.tenant AND c.id = v.contact WHERE ` + byConversation

// chatRow is where a conversation is.
type chatRow struct {
	id    engine.ConversationID
	seat  engine.SeatID
	party engine.Party
}

func scanChat(row scanner, c *chatRow) error {
	return row.Scan(&c.id, &c.seat, &c.party.Phone, &c.party.LID, &c.party.Room, &c.party.Name)
}

func (n *Tenant) chat(ctx context.Context, id engine.ConversationID) (chatRow, error) {
	c, err := one(ctx, n.store.db, scanChat, chatQuery, n.id, id)
	if errors.Is(err, errNoRow) {
		return c, orNotFound(err, "conversation")
	}
	return c, translate(err)
}

// Chat implements api.Tenant.
func (n *Tenant) Chat(ctx context.Context, id engine.ConversationID) (engine.SeatKey, engine.Party, error) {
	c, err := n.chat(ctx, id)
	return engine.SeatKey{Tenant: n.id, Seat: c.seat}, c.party, err
}

// Messages that WhatsApp has never seen are no place to go back from.
const oldestQuery = `SELECT whatsapp_id, direction, at FROM messages WHERE tenant = $1 AND conversation = $2 AND NOT hidden
AND delivery NOT IN ('scheduled', 'queued', 'sending', 'failed', 'cancelled') ORDER BY at, seq LIMIT 1`

// HistoryStart implements api.Tenant.
func (n *Tenant) HistoryStart(ctx context.Context, id engine.ConversationID) (engine.SeatKey, engine.HistoryRequest, error) {
	c, err := n.chat(ctx, id)
	if err != nil {
		return engine.SeatKey{}, engine.HistoryRequest{}, err
	}
	request, err := one(ctx, n.store.db, func(row scanner, r *engine.HistoryRequest) error {
		var direction engine.Direction
		var at int64
		if err := row.Scan(&r.WhatsAppID, &direction, &at); err != nil {
			return err
		}
		r.FromMe, r.At = direction == engine.Outbound, fromMillis(at)
		return nil
	}, oldestQuery, n.id, c.id)
	if errors.Is(err, errNoRow) {
		return engine.SeatKey{}, request, engine.Errorf(engine.CodeConflict, "There is no message here yet before which older ones could be asked for.")
	}
	request.Chat = c.party
	return engine.SeatKey{Tenant: n.id, Seat: c.seat}, request, translate(err)
}

// StatusConversation implements api.Tenant.
func (n *Tenant) StatusConversation(ctx context.Context, seat engine.SeatID) (id engine.ConversationID, err error) {
	err = n.inTx(ctx, func(ctx context.Context, t *tx) error {
		if _, err := shownSeat(ctx, t, engine.SeatKey{Tenant: t.tenant, Seat: seat}); err != nil {
			return err
		}
		party := engine.Party{Room: engine.StatusAddress}
		k, _, err := t.resolve(ctx, seat, party)
		if errors.Is(err, errNoRow) {
			c, addErr := t.addContact(ctx, party)
			k, err = &known{contact: c}, addErr
		}
		if err != nil {
			return err
		}
		if id = k.thread.id; id != "" {
			return nil
		}
		v, err := t.newThread(ctx, seat, &k.contact)
		if err != nil {
			return err
		}
		id, v.lastAt = v.id, v.created
		if err := t.saveThread(ctx, &v); err != nil {
			return err
		}
		_, err = t.showConversation(ctx, v.id)
		return err
	})
	return id, err
}
