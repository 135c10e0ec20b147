package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/myaibud/aibud/engine"
)

// details is what is known of a contact beyond name and addresses.
type details struct {
	saved, first, business, about, picture string
	keysAt                                 int64
	seenAt                                 int64
}

const detailColumns = `c.saved_name, c.first_name, c.business_name, c.about, c.picture, c.keys_changed_at, c.last_seen_at`

// columns are the destinations of detailColumns.
func (d *details) columns() []any {
	return []any{&d.saved, &d.first, &d.business, &d.about, &d.picture, &d.keysAt, &d.seenAt}
}

func (d *details) view() engine.ContactDetails {
	return engine.ContactDetails{
		SavedName: d.saved, BusinessName: d.business, About: d.about, PictureID: d.picture,
		KeysChangedAt: timePointer(fromMillis(d.keysAt)), LastSeenAt: timePointer(fromMillis(d.seenAt)),
	}
}

const (
	contactRowQuery  = `SELECT c.id, c.name, c.phone, c.lid, c.room, c.created_at, ` + detailColumns + ` FROM contacts c WHERE c.tenant = $1 AND c.id = $2`
	saveDetailsQuery = `UPDATE contacts SET saved_name = $3, first_name = $4, business_name = $5, about = $6, picture = $7,
keys_changed_at = $8 WHERE tenant = $1 AND id = $2`
)

func scanContactRow(row scanner, c *contact) error {
	return row.Scan(append([]any{&c.id, &c.name, &c.phone, &c.lid, &c.room, &c.created}, c.details.columns()...)...)
}

// contactOf returns the contact that a fact is about. One that nobody knows is
// made on request.
func (t *tx) contactOf(ctx context.Context, seat engine.SeatID, who engine.Party, create bool) (c contact, found bool, err error) {
	k, added, err := t.named(ctx, seat, who, create)
	if err != nil || k == nil {
		return c, false, err
	}
	if added {
		return k.contact, true, nil
	}
	c, err = one(ctx, t, scanContactRow, contactRowQuery, t.tenant, k.contact.id)
	return c, err == nil, err
}

// recordContact stores what is known of somebody.
func (t *tx) recordContact(ctx context.Context, seat engine.SeatID, fact engine.ContactChange) error {
	c, found, err := t.contactOf(ctx, seat, fact.Party, fact.SavedName != nil && *fact.SavedName != "")
	if err != nil || !found {
		return err
	}
	if fact.StatusMuted != nil {
		if err := t.setSeatContact(ctx, muteStatusQuery, seat, c.id, *fact.StatusMuted); err != nil {
			return err
		}
	}
	now := c.details
	for _, field := range []struct {
		is   *string
		into *string
	}{
		{fact.SavedName, &now.saved},
		{fact.FirstName, &now.first},
		{fact.BusinessName, &now.business},
		{fact.About, &now.about},
		{fact.PictureID, &now.picture},
	} {
		if field.is != nil {
			*field.into = clean(*field.is)
		}
	}
	return t.saveDetails(ctx, seat, &c, now, bool(fact.Synced))
}

// saveDetails stores and shows what is new of a contact. What is no news shows
// in conversations only.
func (t *tx) saveDetails(ctx context.Context, seat engine.SeatID, c *contact, now details, synced bool) error {
	if now == c.details {
		return nil
	}
	c.details = now
	_, err := t.exec(ctx, saveDetailsQuery, t.tenant, c.id, now.saved, now.first, now.business, now.about, now.picture, now.keysAt)
	if err != nil {
		return err
	}
	if !synced {
		if err := t.append(engine.EventContactUpdated, seat, "", c.view()); err != nil {
			return err
		}
	}
	return t.showContact(ctx, c.id)
}

// recordKeys stores that somebody has new keys.
func (t *tx) recordKeys(ctx context.Context, seat engine.SeatID, fact engine.KeysChanged) error {
	c, found, err := t.contactOf(ctx, seat, fact.Party, false)
	if err != nil || !found {
		return err
	}
	now := c.details
	at := fact.At
	if at.IsZero() {
		at = t.now
	}
	now.keysAt = max(now.keysAt, millis(at))
	return t.saveDetails(ctx, seat, &c, now, false)
}

const (
	blockQuery = `INSERT INTO seat_contacts (tenant, seat, contact, blocked, status_muted) VALUES ($1, $2, $3, $4, false)
ON CONFLICT (tenant, seat, contact) DO UPDATE SET blocked = excluded.blocked WHERE seat_contacts.blocked <> excluded.blocked`
	muteStatusQuery = `INSERT INTO seat_contacts (tenant, seat, contact, blocked, status_muted) VALUES ($1, $2, $3, false, $4)
ON CONFLICT (tenant, seat, contact) DO UPDATE SET status_muted = excluded.status_muted`
	isBlockedQuery = `SELECT COUNT(*) FROM seat_contacts s WHERE s.tenant = $1 AND s.seat = $2 AND s.contact = $3 AND s.blocked`
	blockedQuery   = `SELECT s.contact FROM seat_contacts s WHERE s.tenant = $1 AND s.seat = $2 AND s.blocked ORDER BY s.contact`
	threadOfQuery  = `SELECT v.id FROM conversations v WHERE v.tenant = $1 AND v.seat = $2 AND v.contact = $3 AND v.listed`
)

func (t *tx) setSeatContact(ctx context.Context, query string, seat engine.SeatID, who engine.ContactID, on bool) error {
	_, err := t.exec(ctx, query, t.tenant, seat, who, on)
	return err
}

// recordBlocked stores that the seat blocks somebody, or does so no more.
func (t *tx) recordBlocked(ctx context.Context, seat engine.SeatID, fact engine.Blocked) error {
	c, found, err := t.contactOf(ctx, seat, fact.Party, fact.On)
	if err != nil || !found {
		return err
	}
	return t.block(ctx, seat, c.id, fact.On)
}

// block stores and shows whether a contact is blocked.
func (t *tx) block(ctx context.Context, seat engine.SeatID, who engine.ContactID, on bool) error {
	blocked, err := one(ctx, t, column[int], isBlockedQuery, t.tenant, seat, who)
	if err != nil || (blocked > 0) == on {
		return err
	}
	if err := t.setSeatContact(ctx, blockQuery, seat, who, on); err != nil {
		return err
	}
	threads, err := list(ctx, t, column[engine.ConversationID], threadOfQuery, t.tenant, seat, who)
	if err != nil {
		return err
	}
	for _, id := range threads {
		if _, err := t.showConversation(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// recordBlockList stores whom the seat blocks, and that it blocks nobody else.
func (t *tx) recordBlockList(ctx context.Context, seat engine.SeatID, fact engine.BlockList) error {
	now := make(map[engine.ContactID]bool, len(fact.Parties))
	for _, party := range fact.Parties {
		c, _, err := t.contactOf(ctx, seat, party, true)
		if err != nil {
			return err
		}
		now[c.id] = true
		if err := t.block(ctx, seat, c.id, true); err != nil {
			return err
		}
	}
	before, err := list(ctx, t, column[engine.ContactID], blockedQuery, t.tenant, seat)
	if err != nil {
		return err
	}
	for _, id := range before {
		if !now[id] {
			if err := t.block(ctx, seat, id, false); err != nil {
				return err
			}
		}
	}
	return nil
}

const saveAccountQuery = `UPDATE seats SET push_name = $3, unarchive = $4, privacy = $5 WHERE tenant = $1 AND id = $2`

// recordAccount stores what is set on the seat's account.
func (t *tx) recordAccount(ctx context.Context, id engine.SeatID, fact engine.AccountChange) error {
	key := engine.SeatKey{Tenant: t.tenant, Seat: id}
	row, err := seat(ctx, t, key)
	if err != nil {
		return err
	}
	settings, err := one(ctx, t, scanSettings, seatSettingsQuery, t.tenant, id)
	if err != nil {
		return err
	}
	name, unarchive, privacy := row.pushName, settings.Unarchive, settings.privacy
	if fact.Name != nil {
		name = clean(*fact.Name)
	}
	if fact.Unarchive != nil {
		unarchive = *fact.Unarchive
	}
	if fact.Privacy != nil {
		text, err := json.Marshal(fact.Privacy)
		if err != nil {
			return fmt.Errorf("encode privacy settings: %w", err)
		}
		privacy = string(text)
	}
	if name == row.pushName && unarchive == settings.Unarchive && privacy == settings.privacy {
		return nil
	}
	if _, err := t.exec(ctx, saveAccountQuery, t.tenant, id, name, unarchive, privacy); err != nil || row.hidden() {
		return err
	}
	row.pushName = name
	return t.append(engine.EventSeatUpdated, id, "", row.view(t.now))
}

const (
	mergeDetailsQuery = `UPDATE contacts SET saved_name = CASE WHEN contacts.saved_name = '' THEN g.saved_name ELSE contacts.saved_name END,
first_name = CASE WHEN contacts.first_name = '' THEN g.first_name ELSE contacts.first_name END,
business_name = CASE WHEN contacts.business_name = '' THEN g.business_name ELSE contacts.business_name END,
about = CASE WHEN contacts.about = '' THEN g.about ELSE contacts.about END,
picture = CASE WHEN contacts.picture = '' THEN g.picture ELSE contacts.picture END,
keys_changed_at = CASE WHEN contacts.keys_changed_at < g.keys_changed_at THEN g.keys_changed_at ELSE contacts.keys_changed_at END,
last_seen_at = CASE WHEN contacts.last_seen_at < g.last_seen_at THEN g.last_seen_at ELSE contacts.last_seen_at END
FROM contacts g WHERE g.tenant = $1 AND g.id = $2 AND contacts.tenant = $1 AND contacts.id = $3`
	joinSeatContactsQuery = `UPDATE seat_contacts SET blocked = seat_contacts.blocked OR g.blocked, status_muted = seat_contacts.status_muted OR g.status_muted
FROM seat_contacts g WHERE g.tenant = $1 AND g.contact = $2 AND seat_contacts.tenant = $1 AND seat_contacts.contact = $3
AND seat_contacts.seat = g.seat`
	dropSeatContactTwinsQuery = `DELETE FROM seat_contacts WHERE tenant = $1 AND contact = $2 AND EXISTS (
SELECT 1 FROM seat_contacts k WHERE k.tenant = $1 AND k.contact = $3 AND k.seat = seat_contacts.seat)`
	moveSeatContactsQuery = `UPDATE seat_contacts SET contact = $3 WHERE tenant = $1 AND contact = $2`
	moveCallersQuery      = `UPDATE calls SET caller = $3 WHERE tenant = $1 AND caller = $2`
)

// mergeDetails makes what is known of gone kept's.
func (t *tx) mergeDetails(ctx context.Context, kept, gone engine.ContactID) error {
	for _, step := range []string{
		mergeDetailsQuery, joinSeatContactsQuery, dropSeatContactTwinsQuery, moveSeatContactsQuery, moveCallersQuery,
	} {
		if _, err := t.exec(ctx, step, t.tenant, gone, kept); err != nil {
			return err
		}
	}
	return nil
}

const moveCallsQuery = `UPDATE calls SET conversation = $3 WHERE tenant = $1 AND conversation = $2`

// mergeState joins what is set on two conversations, before gone is deleted.
// The caller saves the thread that is kept.
func (t *tx) mergeState(ctx context.Context, kept, gone *thread) error {
	a, err := one(ctx, t, scanState, stateQuery, t.tenant, kept.id)
	if err != nil {
		return err
	}
	b, err := one(ctx, t, scanState, stateQuery, t.tenant, gone.id)
	if err != nil {
		return err
	}
	switch {
	case !kept.listed:
		kept.archived = gone.archived
	case gone.listed:
		kept.archived = kept.archived && gone.archived
	}
	kept.listed, kept.marked = kept.listed || gone.listed, kept.marked || gone.marked
	a.pinned, a.muted, a.told = a.pinned || b.pinned, max(a.muted, b.muted), a.told|b.told
	if err := t.saveState(ctx, kept.id, &a); err != nil {
		return err
	}
	if _, err := t.exec(ctx, saveThreadLabelsQuery, t.tenant, kept.id, string(a.labels.union(b.labels))); err != nil {
		return err
	}
	_, err = t.exec(ctx, moveCallsQuery, t.tenant, gone.id, kept.id)
	return err
}

// Contact implements api.Tenant.
func (n *Tenant) Contact(ctx context.Context, id engine.ContactID) (engine.ContactView, engine.Party, error) {
	c, err := one(ctx, n.store.db, scanContactRow, contactRowQuery, n.id, id)
	if err != nil {
		return engine.ContactView{}, engine.Party{}, orNotFound(err, "contact")
	}
	return c.view(), c.party(), nil
}

const blockedContactsQuery = `SELECT c.id, c.name, c.phone, c.lid, c.room, c.created_at, ` + detailColumns + ` FROM seat_contacts s
JOIN contacts c ON c.tenant = s.tenant AND c.id = s.contact WHERE s.tenant = $1 AND s.seat = $2 AND s.blocked ORDER BY c.id`

// Blocked implements api.Tenant.
func (n *Tenant) Blocked(ctx context.Context, seat engine.SeatID) ([]engine.ContactView, error) {
	if _, err := n.Seat(ctx, seat); err != nil {
		return nil, err
	}
	found, err := list(ctx, n.store.db, scanContactRow, blockedContactsQuery, n.id, seat)
	if err != nil {
		return nil, translate(err)
	}
	views := make([]engine.ContactView, len(found))
	for i := range found {
		views[i] = found[i].view()
	}
	return views, nil
}
