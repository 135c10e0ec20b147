package store

import (
	"context"
	"errors"

	"github.com/myaibud/aibud/engine"
)

// writers finds who wrote a message in a room, and who the message that it is
// about. People of whom nobody has heard get a contact without a conversation.
func (t *tx) writers(ctx context.Context, m *message, fact engine.Incoming) error {
	if !fact.FromMe {
		who, err := t.person(ctx, m.Seat, fact.Sender)
		if err != nil {
			return err
		}
		m.Sender = engine.Sender{Contact: who.id, Name: who.name, Phone: who.phone}
	}
	if m.Target == "" || m.TargetFromMe {
		return nil
	}
	whose, err := t.person(ctx, m.Seat, fact.TargetSender)
	m.TargetSender = whose.id
	return err
}

// person returns the contact of somebody in a room, or an empty one if nobody
// is named.
func (t *tx) person(ctx context.Context, seat engine.SeatID, party engine.Party) (contact, error) {
	if party.Phone == "" && party.LID == "" {
		return contact{}, nil
	}
	party.Room = ""
	k, _, err := t.named(ctx, seat, party, true)
	if err != nil {
		return contact{}, err
	}
	return k.contact, nil
}

// addressOf returns an address of a contact, or none for no contact: the LID
// if it is known.
func (t *tx) addressOf(ctx context.Context, id engine.ContactID) (engine.Address, error) {
	if id == "" {
		return "", nil
	}
	c, err := one(ctx, t, scanContact, contactQuery, t.tenant, id)
	if err != nil {
		return "", err
	}
	if c.lid != "" {
		return c.lid, nil
	}
	return c.phone, nil
}

const roleQuery = `SELECT COALESCE(k.role, ''), r.learned_at > 0 FROM rooms r
LEFT JOIN room_members k ON k.tenant = r.tenant AND k.conversation = r.conversation AND k.contact = $3
WHERE r.tenant = $1 AND r.conversation = $2`

// judge finds out whether somebody who deletes another one's message may: the
// admins of a group do. The seat's phone has checked that itself, and so did
// the sender's WhatsApp, which is believed as long as we don't know the members.
func (t *tx) judge(ctx context.Context, m, target *message) error {
	if m.Kind != engine.KindRevoke || sameWriter(m, target) {
		return nil
	}
	if m.Direction == engine.Outbound {
		m.admin = m.TargetSender != "" || target.Sender.Contact != ""
		return nil
	}
	if m.Sender.Contact == "" { // in a direct chat nobody deletes the other one's
		return nil
	}
	type answer struct {
		role  string
		known bool
	}
	a, err := one(ctx, t, func(row scanner, a *answer) error { return row.Scan(&a.role, &a.known) }, roleQuery,
		t.tenant, m.Conversation, m.Sender.Contact)
	if errors.Is(err, errNoRow) {
		m.admin = true
		return nil
	}
	m.admin = !a.known || engine.Role(a.role).Admin()
	return err
}

// readBy fills in what to tell WhatsApp of messages that were read: in a room
// each sender is told of their own.
func (t *tx) readBy(ctx context.Context, v *thread, read *engine.ReadMessages, found []readMessage) error {
	if v.chat == engine.ChatDirect {
		for _, m := range found {
			read.WhatsAppIDs = append(read.WhatsAppIDs, m.id)
		}
		return nil
	}
	at := make(map[engine.ContactID]int)
	for _, m := range found {
		i, known := at[m.sender]
		if !known {
			who := contact{}
			if m.sender != "" {
				var err error
				if who, err = one(ctx, t, scanContact, contactQuery, t.tenant, m.sender); err != nil {
					return err
				}
			}
			i = len(read.Senders)
			at[m.sender] = i
			read.Senders = append(read.Senders, engine.SenderMessages{Sender: who.party()})
		}
		read.Senders[i].WhatsAppIDs = append(read.Senders[i].WhatsAppIDs, m.id)
	}
	return nil
}
