package store

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

const (
	presentQuery = `SELECT v.id, v.contact FROM contact_addresses a
JOIN conversations v ON v.tenant = a.tenant AND v.contact = a.contact AND v.seat = $2 AND v.listed
WHERE a.tenant = $1 AND a.address IN ($3, $4) LIMIT 1`
	presentNameQuery = `SELECT c.name, c.phone FROM contact_addresses a JOIN contacts c ON c.tenant = a.tenant AND c.id = a.contact
WHERE a.tenant = $1 AND a.address IN ($2, $3) ORDER BY c.name DESC LIMIT 1`
	lastSeenQuery = `UPDATE contacts SET last_seen_at = $3 WHERE tenant = $1 AND id = $2 AND last_seen_at < $3`
)

// present is the conversation that a presence is about.
type present struct {
	conversation engine.ConversationID
	contact      engine.ContactID
}

func scanPresent(row scanner, p *present) error { return row.Scan(&p.conversation, &p.contact) }

// SeePresence implements engine.PresenceRecords.
func (s *Store) SeePresence(ctx context.Context, seat engine.SeatKey, news engine.Presence) (engine.ConversationID, string, error) {
	chat, err := cleanParty(news.Chat)
	if err != nil {
		return "", "", err
	}
	first, second := chat.Phone, chat.LID
	if chat.Room != "" {
		first, second = chat.Room, chat.Room
	}
	at, err := one(ctx, s.db, scanPresent, presentQuery, seat.Tenant, seat.Seat, first, second)
	if err != nil {
		return "", "", orNotFound(err, "conversation")
	}
	if news.LastSeen != nil {
		err := s.inTx(ctx, func(ctx context.Context, t *tx) error {
			_, err := t.exec(ctx, lastSeenQuery, seat.Tenant, at.contact, millis(*news.LastSeen))
			return err
		})
		if err != nil {
			return "", "", err
		}
	}
	if chat.Room == "" {
		return at.conversation, "", nil
	}
	who, err := s.presentName(ctx, seat.Tenant, news.Who)
	return at.conversation, who, err
}

// presentName is what to call a member of a room: by name, else by number.
func (s *Store) presentName(ctx context.Context, tenant engine.TenantID, who engine.Party) (string, error) {
	found, err := list(ctx, s.db, func(row scanner, p *engine.Party) error { return row.Scan(&p.Name, &p.Phone) },
		presentNameQuery, tenant, who.Phone, who.LID)
	if err != nil {
		return "", translate(err)
	}
	if len(found) > 0 && found[0].Name != "" {
		return found[0].Name, nil
	}
	return who.Phone.Number(), nil
}
