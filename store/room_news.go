package store

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/myaibud/aibud/engine"
)

const (
	// A status feed or a broadcast list has a conversation, but no such row.
	addRoomQuery = `INSERT INTO rooms (tenant, conversation, description, announce, locked, approval, ephemeral, community, role,
followers, founded_at, learned_at) VALUES ($1, $2, '', false, false, false, 0, '', '', 0, 0, 0) ON CONFLICT (tenant, conversation) DO NOTHING`
	saveRoomQuery = `UPDATE rooms SET description = $3, announce = $4, locked = $5, approval = $6, ephemeral = $7, community = $8,
role = $9, followers = $10, founded_at = $11, learned_at = $12 WHERE tenant = $1 AND conversation = $2`
	roomQuery = `SELECT r.description, r.announce, r.locked, r.approval, r.ephemeral, r.community, r.role, r.followers, r.founded_at,
r.learned_at FROM rooms r WHERE r.tenant = $1 AND r.conversation = $2`

	membersQuery   = `SELECT k.contact, k.role FROM room_members k WHERE k.tenant = $1 AND k.conversation = $2`
	putMemberQuery = `INSERT INTO room_members (tenant, conversation, contact, role, since) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (tenant, conversation, contact) DO UPDATE SET role = excluded.role`
	dropMemberQuery = `DELETE FROM room_members WHERE tenant = $1 AND conversation = $2 AND contact = $3`
	setRoleQuery    = `UPDATE room_members SET role = $4 WHERE tenant = $1 AND conversation = $2 AND contact = $3`
)

// roomRow is a row of rooms.
type roomRow struct {
	engine.RoomState

	founded, learned int64
}

func scanRoom(row scanner, r *roomRow) error {
	return row.Scan(&r.Description, &r.Announce, &r.Locked, &r.Approval, &r.Timer, &r.Community, &r.Role, &r.Followers,
		&r.founded, &r.learned)
}

// recordRoom notes what happened to a room. What was noted before changes
// nothing.
func (t *tx) recordRoom(ctx context.Context, seat engine.SeatID, fact engine.RoomNews) error {
	party, err := cleanParty(fact.Room)
	if err != nil {
		return err
	}
	if party.Room == "" {
		return errors.New("news of a room that is none")
	}
	if fact.History {
		return t.recordPast(ctx, seat, &fact)
	}
	v, changed, err := t.roomThread(ctx, seat, party)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, addRoomQuery, t.tenant, v.id); err != nil {
		return err
	}
	r, err := one(ctx, t, scanRoom, roomQuery, t.tenant, v.id)
	if err != nil {
		return err
	}
	if fact.State != nil {
		changed = true
		if err := t.setRoom(ctx, v, &r, fact.State); err != nil {
			return err
		}
	}
	for i := range fact.Changes {
		noted, err := t.changeRoom(ctx, v, &r, &fact, i)
		if err != nil {
			return err
		}
		changed = changed || noted
	}
	if !changed {
		return nil
	}
	if err := t.saveRoom(ctx, v.id, &r); err != nil {
		return err
	}
	if err := t.saveThread(ctx, v); err != nil {
		return err
	}
	view, err := t.showConversation(ctx, v.id)
	if err != nil {
		return err
	}
	return t.append(engine.EventGroupUpdated, seat, v.id, view)
}

// roomThread returns a room's conversation, which it begins if there is none.
func (t *tx) roomThread(ctx context.Context, seat engine.SeatID, party engine.Party) (v *thread, changed bool, err error) {
	k, changed, err := t.resolve(ctx, seat, party)
	if errors.Is(err, errNoRow) {
		c, err := t.addContact(ctx, party)
		if err != nil {
			return nil, false, err
		}
		k = &known{contact: c}
	} else if err != nil {
		return nil, false, err
	}
	if k.thread.id != "" {
		return &k.thread, changed, nil
	}
	begun, err := t.newThread(ctx, seat, &k.contact)
	begun.lastAt = begun.created
	return &begun, true, err
}

func (t *tx) saveRoom(ctx context.Context, id engine.ConversationID, r *roomRow) error {
	_, err := t.exec(ctx, saveRoomQuery, t.tenant, id, r.Description, r.Announce, r.Locked, r.Approval, r.Timer, r.Community,
		r.Role, r.Followers, r.founded, r.learned)
	return err
}

// setRoom notes how a room is as a whole.
func (t *tx) setRoom(ctx context.Context, v *thread, r *roomRow, state *engine.RoomState) error {
	r.RoomState, r.learned = *state, millis(t.now)
	r.Description, r.Community = clean(state.Description), engine.Address(clean(string(state.Community)))
	r.founded = millis(state.FoundedAt)
	if v.chat != engine.ChatGroup {
		return nil
	}
	type member struct {
		contact engine.ContactID
		role    engine.Role
	}
	before, err := list(ctx, t, func(row scanner, m *member) error { return row.Scan(&m.contact, &m.role) }, membersQuery, t.tenant, v.id)
	if err != nil {
		return err
	}
	now := make(map[engine.ContactID]bool, len(state.Members))
	for _, m := range state.Members {
		who, err := t.person(ctx, v.seat, m.Party)
		if err != nil {
			return err
		}
		if who.id == "" {
			continue
		}
		now[who.id] = true
		if slices.Contains(before, member{who.id, m.Role}) {
			continue
		}
		if _, err := t.exec(ctx, putMemberQuery, t.tenant, v.id, who.id, m.Role, 0); err != nil {
			return err
		}
	}
	for _, m := range before {
		if now[m.contact] {
			continue
		}
		if _, err := t.exec(ctx, dropMemberQuery, t.tenant, v.id, m.contact); err != nil {
			return err
		}
	}
	return nil
}

// notice is the line that tells of one thing that happened to a room, and whom
// it concerns.
func (t *tx) notice(ctx context.Context, v *thread, fact *engine.RoomNews, i int) (m message, people []contact, err error) {
	change := &fact.Changes[i]
	actor, err := t.person(ctx, v.seat, fact.Actor)
	if err != nil {
		return m, nil, err
	}
	notice := &engine.Notice{Code: change.Code, Value: clean(change.Value), FromMe: fact.FromMe, Self: change.Self}
	for _, party := range change.People {
		who, err := t.person(ctx, v.seat, party)
		if err != nil {
			return m, nil, err
		}
		if who.id == "" {
			continue
		}
		people = append(people, who)
		notice.People = append(notice.People, engine.NoticePerson{Contact: who.id, Name: who.name, Phone: who.phone.Number()})
	}
	m = message{history: fact.History, Message: engine.Message{
		Seat: v.seat, Conversation: v.id, WhatsAppID: clean(fact.ID) + "." + strconv.Itoa(i), Direction: engine.Inbound,
		Author: engine.AuthorSystem, Kind: engine.KindNotice, Content: &engine.Content{Notice: notice}, Delivery: engine.Received,
		At: roundMillis(fact.At), Sender: engine.Sender{Contact: actor.id, Name: actor.name, Phone: actor.phone},
	}}
	if m.At.IsZero() {
		m.At = outTime(t.now)
	}
	return m, people, nil
}

// changeRoom notes one thing that happened to a room and shows it in the
// conversation. It reports false if it was noted before.
func (t *tx) changeRoom(ctx context.Context, v *thread, r *roomRow, fact *engine.RoomNews, i int) (bool, error) {
	m, people, err := t.notice(ctx, v, fact, i)
	if err != nil {
		return false, err
	}
	added, err := t.insertMessage(ctx, &m)
	if err != nil || !added {
		return false, err
	}
	if v.lastMessage == "" { // otherwise a big group would always be on top
		v.show(&m)
	}
	if err := t.applyChange(ctx, v, r, &fact.Changes[i], people, millis(m.At)); err != nil {
		return false, err
	}
	return true, t.showNewMessage(&m)
}

// applyChange changes what is known of a room and its members.
func (t *tx) applyChange(ctx context.Context, v *thread, r *roomRow, change *engine.RoomChange, people []contact, at int64) error {
	on := change.Value == "on"
	switch change.Code {
	case engine.NoticeAdded, engine.NoticeJoined:
		if change.Self && r.Role == engine.RoleNone {
			r.Role = engine.RoleMember
		}
		return each(people, func(id engine.ContactID) error {
			_, err := t.exec(ctx, putMemberQuery, t.tenant, v.id, id, engine.RoleMember, at)
			return err
		})
	case engine.NoticeRemoved, engine.NoticeLeft:
		if change.Self {
			r.Role = engine.RoleNone
		}
		return each(people, func(id engine.ContactID) error {
			_, err := t.exec(ctx, dropMemberQuery, t.tenant, v.id, id)
			return err
		})
	case engine.NoticePromoted:
		return t.setRoles(ctx, v, r, change, people, engine.RoleAdmin)
	case engine.NoticeDemoted:
		return t.setRoles(ctx, v, r, change, people, engine.RoleMember)
	case engine.NoticeDeleted:
		r.Role = engine.RoleNone
	case engine.NoticeDescription:
		r.Description = clean(change.Value)
	case engine.NoticeAnnounce:
		r.Announce = on
	case engine.NoticeLocked:
		r.Locked = on
	case engine.NoticeTimer:
		seconds, err := strconv.Atoi(change.Value)
		if err == nil && seconds >= 0 {
			r.Timer = seconds
		}
	case engine.NoticeCreated, engine.NoticeSubject, engine.NoticeApproval, engine.NoticeLink, engine.NoticeRequested,
		engine.NoticeWithdrawn, engine.NoticeSuspended:
	}
	return nil
}

func each(people []contact, do func(engine.ContactID) error) error {
	for _, who := range people {
		if err := do(who.id); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) setRoles(ctx context.Context, v *thread, r *roomRow, change *engine.RoomChange, people []contact, role engine.Role) error {
	if change.Self {
		r.Role = role
	}
	return each(people, func(id engine.ContactID) error {
		_, err := t.exec(ctx, setRoleQuery, t.tenant, v.id, id, role)
		return err
	})
}

const roomKnownQuery = `SELECT COUNT(*) FROM contact_addresses a
JOIN conversations v ON v.tenant = a.tenant AND v.contact = a.contact AND v.seat = $2
JOIN rooms r ON r.tenant = v.tenant AND r.conversation = v.id
WHERE a.tenant = $1 AND a.address = $3 AND r.learned_at > 0`

// RoomKnown implements engine.MessageRecords.
func (s *Store) RoomKnown(ctx context.Context, seat engine.SeatKey, room engine.Address) (bool, error) {
	known, err := one(ctx, s.db, column[int], roomKnownQuery, seat.Tenant, seat.Seat, room)
	return known > 0, translate(err)
}

const (
	memberViewsQuery = `SELECT c.id, c.name, c.phone, k.role, k.since FROM conversations v
JOIN room_members k ON k.tenant = v.tenant AND k.conversation = v.id
JOIN contacts c ON c.tenant = k.tenant AND c.id = k.contact
WHERE ` + byConversation + ` ORDER BY CASE k.role WHEN 'superadmin' THEN 0 WHEN 'admin' THEN 1 ELSE 2 END, c.name, c.id`
	receiptViewsQuery = `SELECT c.id, c.name, c.phone, r.delivered_at, r.read_at, r.played_at FROM receipts r
JOIN contacts c ON c.tenant = r.tenant AND c.id = r.contact
WHERE r.tenant = $1 AND r.message = $2 ORDER BY r.read_at DESC, r.delivered_at DESC, c.id`
)

// Members implements api.Tenant.
func (n *Tenant) Members(ctx context.Context, id engine.ConversationID) ([]engine.MemberView, error) {
	v, err := n.Conversation(ctx, id)
	if err != nil {
		return nil, err
	}
	members, err := list(ctx, n.store.db, func(row scanner, m *engine.MemberView) error {
		var c contact
		var since int64
		err := row.Scan(&c.id, &c.name, &c.phone, &m.Role, &since)
		view := c.view()
		m.Contact, m.Since = &view, timePointer(fromMillis(since))
		return err
	}, memberViewsQuery, n.id, id)
	if err != nil {
		return nil, translate(err)
	}
	if v.Type == engine.ChatGroup && v.Room.Role != engine.RoleNone {
		members = slices.Insert(members, 0, engine.MemberView{Self: true, Role: v.Room.Role})
	}
	return members, nil
}

// Receipts implements api.Tenant.
func (n *Tenant) Receipts(ctx context.Context, id engine.ConversationID, message engine.MessageID) ([]engine.ReceiptView, error) {
	m, err := n.Message(ctx, id, message)
	if err != nil {
		return nil, err
	}
	receipts, err := list(ctx, n.store.db, func(row scanner, r *engine.ReceiptView) error {
		var c contact
		var delivered, read, played int64
		err := row.Scan(&c.id, &c.name, &c.phone, &delivered, &read, &played)
		r.Contact = c.view()
		r.DeliveredAt, r.ReadAt, r.PlayedAt = timePointer(fromMillis(delivered)), timePointer(fromMillis(read)), timePointer(fromMillis(played))
		return err
	}, receiptViewsQuery, n.id, m.ID)
	return receipts, translate(err)
}
