package whatsmeow

import (
	"context"
	"time"

	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// addressJID returns the JID of an address that was checked before.
func addressJID(a engine.Address) types.JID {
	jid, err := types.ParseJID(string(a))
	if err != nil {
		return types.EmptyJID
	}
	return plain(jid)
}

// personJID returns the JID by which to ask for a person: the LID if it is
// known, as WhatsApp's own clients do.
func (s *session) personJID(ctx context.Context, a engine.Address) (types.JID, error) {
	if err := engine.CheckPerson(a); err != nil {
		return types.EmptyJID, err
	}
	jid := addressJID(a)
	party, err := s.party(ctx, jid, types.EmptyJID)
	if err != nil {
		return types.EmptyJID, err
	}
	if party.LID != "" {
		return addressJID(party.LID), nil
	}
	return jid, nil
}

// person names somebody under both addresses, looking up the one that an
// answer doesn't tell. It is nil for nobody.
func (s *session) person(ctx context.Context, jid, alt types.JID) (*engine.Person, error) {
	if !person(jid) {
		if !person(alt) {
			return nil, nil //nolint:nilnil // nobody is an answer
		}
		jid, alt = alt, types.EmptyJID
	}
	party, err := s.party(ctx, jid, alt)
	if err != nil {
		return nil, err
	}
	named := engine.PersonOf(party)
	return &named, nil
}

// roomAddress returns the address of a group or channel, or "".
func roomAddress(jid types.JID) engine.Address {
	a := engine.Address(jid.ToNonAD().String())
	if a.IsGroup() || a.IsChannel() {
		return a
	}
	return ""
}

// since returns a time as views have it: nil for one that WhatsApp doesn't
// tell.
func since(at time.Time) *time.Time {
	if at.IsZero() || at.Unix() <= 0 {
		return nil
	}
	at = at.UTC()
	return &at
}
