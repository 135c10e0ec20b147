package store

import (
	"context"
	"errors"

	"github.com/myaibud/aibud/engine"
)

// contact is a person, with the addresses that WhatsApp used last, or stands
// for a room.
type contact struct {
	id      engine.ContactID
	name    string
	phone   engine.Address // may be empty
	lid     engine.Address // may be empty
	room    engine.Address // of a room; empty for a person
	created int64
	details details // only where they are shown
}

func (c *contact) view() engine.ContactView {
	return engine.ContactView{ID: c.id, Name: c.name, Phone: c.phone.Number(), ContactDetails: c.details.view()}
}

func (c *contact) party() engine.Party {
	return engine.Party{Phone: c.phone, LID: c.lid, Room: c.room, Name: c.name}
}

// known is a contact that an address belongs to, with its conversation on
// the seat in question, if there is one.
type known struct {
	address engine.Address
	contact contact
	thread  thread
}

const findContactQuery = `SELECT a.address, c.id, c.name, c.phone, c.lid, c.room, c.created_at, ` + optionalThreadColumns + `
FROM contact_addresses a
JOIN contacts c ON c.tenant = a.tenant AND c.id = a.contact
LEFT JOIN conversations v ON v.tenant = c.tenant AND v.contact = c.id AND v.seat = $2
LEFT JOIN turns u ON u.tenant = v.tenant AND u.conversation = v.id
WHERE a.tenant = $1 AND a.address IN ($3, $4)`

func scanKnown(row scanner, k *known) error {
	c, v := &k.contact, &k.thread
	v.seat = "" // set by the caller
	err := row.Scan(append([]any{&k.address, &c.id, &c.name, &c.phone, &c.lid, &c.room, &c.created}, v.columns()...)...)
	v.contact = c.id
	return err
}

// find returns the contacts that a party's addresses belong to now, either of
// which may be nil, and both of which may be the same.
func (t *tx) find(ctx context.Context, seat engine.SeatID, party engine.Party) (byPhone, byLID *known, err error) {
	if party.Phone != "" && party.LID != "" { // as nearly always: then one row tells all
		k, err := one(ctx, t, scanKnown, findContactQuery, t.tenant, seat, party.LID, party.LID)
		if err == nil && k.contact.lid == party.LID && k.contact.phone == party.Phone {
			k.thread.seat = seat
			return &k, &k, nil
		}
		if err != nil && !errors.Is(err, errNoRow) {
			return nil, nil, err
		}
	}
	found, err := list(ctx, t, scanKnown, findContactQuery, t.tenant, seat, party.Phone, party.LID)
	if err != nil {
		return nil, nil, err
	}
	for i := range found {
		k := &found[i]
		k.thread.seat = seat
		if k.address == party.Phone {
			byPhone = k
		} else if k.address == party.LID {
			byLID = k
		}
	}
	if byPhone != nil && byLID != nil && byPhone.contact.id == byLID.contact.id {
		byLID = byPhone
	}
	return byPhone, byLID, nil
}

// resolve returns the contact that a party is, with its conversation on the
// seat, and writes down what the party tells anew: an address, a name, or that
// two contacts are one person. If nobody has these addresses it returns
// errNoRow. changed says whether the contact looks different from before.
func (t *tx) resolve(ctx context.Context, seat engine.SeatID, party engine.Party) (k *known, changed bool, err error) {
	if party.Room != "" {
		return t.resolveRoom(ctx, seat, party)
	}
	byPhone, byLID, err := t.find(ctx, seat, party)
	if err != nil {
		return nil, false, err
	}
	switch {
	case byPhone == nil && byLID == nil:
		return nil, false, errNoRow
	case byPhone != nil && byLID != nil && byPhone != byLID:
		k, err = t.join(ctx, seat, party, byPhone, byLID)
		changed = true
	case byPhone != nil:
		k = byPhone
		if party.LID != "" && k.contact.lid != "" && k.contact.lid != party.LID {
			// The number went to somebody else.
			return nil, false, t.freePhone(ctx, &k.contact, party.Phone)
		}
	default:
		k = byLID
	}
	if err != nil {
		return nil, false, err
	}
	updated, err := t.updateContact(ctx, &k.contact, party)
	return k, changed || updated, err
}

// named is resolve for a party that a fact names: it shows what looks different,
// and makes a contact of one whom nobody knows, on request. Otherwise that one
// is nil.
func (t *tx) named(ctx context.Context, seat engine.SeatID, who engine.Party, create bool) (k *known, added bool, err error) {
	party, err := cleanParty(who)
	if err != nil {
		return nil, false, err
	}
	k, changed, err := t.resolve(ctx, seat, party)
	switch {
	case errors.Is(err, errNoRow) && !create:
		return nil, false, nil
	case errors.Is(err, errNoRow):
		c, err := t.addContact(ctx, party)
		return &known{contact: c}, true, err
	case err == nil && changed: // in a direct conversation, if there is one
		err = t.showContact(ctx, k.contact.id)
	}
	return k, false, err
}

// resolveRoom is resolve for a room, which has one address for ever.
func (t *tx) resolveRoom(ctx context.Context, seat engine.SeatID, party engine.Party) (*known, bool, error) {
	k, err := one(ctx, t, scanKnown, findContactQuery, t.tenant, seat, party.Room, party.Room)
	if err != nil {
		return nil, false, err
	}
	k.thread.seat = seat
	changed, err := t.updateContact(ctx, &k.contact, party)
	return &k, changed, err
}

// join makes one contact of two, unless the phone number merely went from one
// person to another: a LID stands for an account as long as it exists, while
// numbers are given out again.
func (t *tx) join(ctx context.Context, seat engine.SeatID, party engine.Party, byPhone, byLID *known) (*known, error) {
	if byPhone.contact.lid != "" && byPhone.contact.lid != party.LID {
		if err := t.freePhone(ctx, &byPhone.contact, party.Phone); err != nil && !errors.Is(err, errNoRow) {
			return nil, err
		}
		return byLID, nil
	}
	older, younger := &byPhone.contact, &byLID.contact
	if younger.created < older.created || younger.created == older.created && younger.id < older.id {
		older, younger = younger, older
	}
	if err := t.mergeContacts(ctx, older, younger); err != nil {
		return nil, err
	}
	phone, lid, err := t.find(ctx, seat, party) // the conversation may be another one now
	if err != nil {
		return nil, err
	}
	if phone == nil || phone != lid {
		return nil, errors.New("two contacts that were merged are still two")
	}
	return phone, nil
}

const (
	freePhoneQuery     = `DELETE FROM contact_addresses WHERE tenant = $1 AND address = $2`
	saveContactQuery   = `UPDATE contacts SET name = $3, phone = $4, lid = $5 WHERE tenant = $1 AND id = $2`
	insertContactQuery = `INSERT INTO contacts (tenant, id, name, phone, lid, room, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	setAddressQuery    = `INSERT INTO contact_addresses (tenant, address, contact) VALUES ($1, $2, $3)
ON CONFLICT (tenant, address) DO UPDATE SET contact = excluded.contact`
)

// freePhone takes a number from a contact that doesn't have it any more. It
// returns errNoRow, since nobody has it then.
func (t *tx) freePhone(ctx context.Context, c *contact, phone engine.Address) error {
	if _, err := t.exec(ctx, freePhoneQuery, t.tenant, phone); err != nil {
		return err
	}
	if c.phone == phone {
		c.phone = ""
		if _, err := t.exec(ctx, saveContactQuery, t.tenant, c.id, c.name, c.phone, c.lid); err != nil {
			return err
		}
	}
	return errNoRow
}

// updateContact writes down what a party tells anew about a contact. A name
// that is empty tells nothing.
func (t *tx) updateContact(ctx context.Context, c *contact, party engine.Party) (changed bool, err error) {
	before := *c
	if party.Name != "" && (c.name == "" || t.quiet == nil) { // history's names are older ones
		c.name = party.Name
	}
	if party.Phone != "" {
		c.phone = party.Phone
	}
	if party.LID != "" {
		c.lid = party.LID
	}
	if *c == before {
		return false, nil
	}
	if _, err := t.exec(ctx, saveContactQuery, t.tenant, c.id, c.name, c.phone, c.lid); err != nil {
		return false, err
	}
	return true, t.setAddresses(ctx, c, before)
}

func (t *tx) setAddresses(ctx context.Context, c *contact, before contact) error {
	for _, address := range []struct{ now, before engine.Address }{{c.phone, before.phone}, {c.lid, before.lid}, {c.room, before.room}} {
		if address.now == address.before || address.now == "" {
			continue
		}
		if _, err := t.exec(ctx, setAddressQuery, t.tenant, address.now, c.id); err != nil {
			return err
		}
	}
	return nil
}

// addContact makes a contact of a party that nobody knows, or of a new room.
func (t *tx) addContact(ctx context.Context, party engine.Party) (contact, error) {
	c := contact{
		id: engine.ContactID(engine.NewID()), name: party.Name, phone: party.Phone, lid: party.LID, room: party.Room,
		created: millis(t.now),
	}
	if _, err := t.exec(ctx, insertContactQuery, t.tenant, c.id, c.name, c.phone, c.lid, c.room, c.created); err != nil {
		return contact{}, err
	}
	return c, t.setAddresses(ctx, &c, contact{})
}

// cleanParty makes a party's strings fit for the database and refuses one
// without an address.
func cleanParty(p engine.Party) (engine.Party, error) {
	p = engine.Party{
		Phone: engine.Address(clean(string(p.Phone))), LID: engine.Address(clean(string(p.LID))),
		Room: engine.Address(clean(string(p.Room))), Name: clean(p.Name),
	}
	if p.Room != "" {
		p.Phone, p.LID = "", ""
	} else if p.Phone == "" && p.LID == "" {
		return p, errors.New("a chat without an address")
	}
	return p, nil
}
