package store

import (
	"context"
	"errors"

	"github.com/myaibud/aibud/engine"
)

// OpenConversation implements api.Tenant.
func (n *Tenant) OpenConversation(ctx context.Context, seat engine.SeatID, with engine.Party) (view engine.ConversationView, err error) {
	if with, err = cleanParty(with); err != nil {
		return view, err
	}
	err = n.inTx(ctx, func(ctx context.Context, t *tx) error {
		if _, err := shownSeat(ctx, t, engine.SeatKey{Tenant: t.tenant, Seat: seat}); err != nil {
			return err
		}
		id, err := t.openThread(ctx, seat, with)
		if err != nil {
			return err
		}
		view, err = conversation(ctx, t, t.tenant, id, millis(t.now))
		return err
	})
	return view, err
}

// openThread finds the conversation with somebody or begins it, and puts it on
// the list.
func (t *tx) openThread(ctx context.Context, seat engine.SeatID, with engine.Party) (engine.ConversationID, error) {
	k, err := t.meet(ctx, seat, with)
	if err != nil {
		return "", err
	}
	v := k.thread
	if v.id == "" {
		if v, err = t.newThread(ctx, seat, &k.contact); err != nil {
			return "", err
		}
	} else if v.listed {
		return v.id, nil
	}
	v.listed = true
	if v.lastMessage == "" { // it stands where it was opened
		v.lastAt = millis(t.now)
	}
	if err := t.saveThread(ctx, &v); err != nil {
		return "", err
	}
	_, err = t.showConversation(ctx, v.id)
	return v.id, err
}

// meet finds the contact of a person or makes it. The party's name is only for
// somebody who has none: it doesn't replace what people call themselves.
func (t *tx) meet(ctx context.Context, seat engine.SeatID, with engine.Party) (*known, error) {
	addresses := with
	addresses.Name = ""
	k, changed, err := t.resolve(ctx, seat, addresses)
	if errors.Is(err, errNoRow) {
		c, err := t.addContact(ctx, with)
		return &known{contact: c}, err
	}
	if err != nil {
		return nil, err
	}
	if k.contact.name == "" && with.Name != "" {
		if _, err := t.updateContact(ctx, &k.contact, engine.Party{Name: with.Name}); err != nil {
			return nil, err
		}
		changed = true
	}
	if changed {
		err = t.showContact(ctx, k.contact.id)
	}
	return k, err
}

const withNumberQuery = conversationQuery + `v.tenant = $1 AND v.seat = $2 AND v.listed AND c.phone IN ($3, $4) ORDER BY v.last_at DESC LIMIT 1`

// ConversationWith implements api.Tenant.
func (n *Tenant) ConversationWith(ctx context.Context, seat engine.SeatID, number, other string) (engine.ConversationView, error) {
	found, err := one(ctx, n.store.db, scanConversation, withNumberQuery, n.id, seat, engine.PhoneAddress(number), engine.PhoneAddress(other))
	if err != nil {
		return engine.ConversationView{}, orNotFound(err, "conversation")
	}
	return found.view(millis(n.store.now())), nil
}

const (
	tenantSettingsQuery    = `SELECT t.region FROM tenants t WHERE t.id = $1`
	setTenantSettingsQuery = `UPDATE tenants SET region = $2 WHERE id = $1`
)

func scanTenantSettings(row scanner, s *engine.TenantSettings) error { return row.Scan(&s.Region) }

// Settings implements api.Tenant.
func (n *Tenant) Settings(ctx context.Context) (engine.TenantSettings, error) {
	settings, err := one(ctx, n.store.db, scanTenantSettings, tenantSettingsQuery, n.id)
	return settings, orNotFound(err, "account")
}

// SetSettings implements api.Tenant.
func (n *Tenant) SetSettings(ctx context.Context, settings engine.TenantSettings) (engine.TenantSettings, error) {
	settings.Region = clean(settings.Region)
	err := n.inTx(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, setTenantSettingsQuery, n.id, settings.Region)
		return err
	})
	if err != nil {
		return engine.TenantSettings{}, err
	}
	return settings, nil
}
