package store

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/myaibud/aibud/engine"
)

// maxSeatName is how long a seat's name may be, in characters.
const maxSeatName = 80

const seatColumns = `s.tenant, s.id, s.name, s.desired, s.state, s.reason, s.since, s.until, s.detail, s.device, s.phone,
s.push_name, s.pairing_step, s.pairing_code, s.pairing_expires, s.history, s.created_at, s.removed_at, s.pairing_phone, s.proxy,
s.restriction, s.restricted_until, s.last_frame_at, s.last_message_at, s.reconnects, s.reconnects_day, s.presence`

// seatRow is a row of seats.
type seatRow struct {
	engine.SeatRecord

	phone    engine.Address
	pushName string
	pairing  engine.PairingCode
	presence engine.PresenceMode
	history  string // see migrations, seats.history
	created  time.Time
	removed  time.Time // when the engine was done with it
}

func scanSeat(row scanner, s *seatRow) error {
	var since, until, expires, created, removed, restricted, frame, message int64
	err := row.Scan(&s.Key.Tenant, &s.Key.Seat, &s.Name, &s.Desired, &s.Status.State, &s.Status.Reason, &since, &until,
		&s.Status.Detail, &s.Device, &s.phone, &s.pushName, &s.pairing.Step, &s.pairing.Text, &expires, &s.history, &created, &removed,
		&s.PairPhone, &s.Proxy, &s.Restriction.Kind, &restricted, &frame, &message, &s.Activity.Reconnects, &s.Activity.Day, &s.presence)
	s.Status.Since, s.Status.Until, s.pairing.Expires = fromMillis(since), fromMillis(until), fromMillis(expires)
	s.created, s.removed = fromMillis(created), fromMillis(removed)
	s.Restriction.Until = fromMillis(restricted)
	s.Activity.LastFrame, s.Activity.LastMessage = fromMillis(frame), fromMillis(message)
	return err
}

// hidden says whether people still get to see the seat.
func (s *seatRow) hidden() bool { return s.Desired == engine.DesiredRemoved }

func (s *seatRow) view(now time.Time) engine.SeatView {
	view := engine.SeatView{
		ID: s.Key.Seat, Name: s.Name, Phone: s.phone.Number(), PushName: s.pushName, Linked: s.Device != "", Presence: s.presence,
		Status: s.Status.View(), History: s.historyView(), CreatedAt: s.created, Restriction: s.Restriction.View(now), Proxy: engine.ViewProxy(s.Proxy),
	}
	if !view.Linked {
		view.Status = view.Status.Unlinked()
	}
	s.Activity.Show(&view, now)
	if s.Status.State == engine.StatePairing && s.pairing.Text != "" && now.Before(s.pairing.Expires) {
		view.Pairing = s.pairingView()
	}
	return view
}

func (s *seatRow) pairingView() *engine.PairingView {
	view := &engine.PairingView{Seat: s.Key.Seat, Step: s.pairing.Step, Code: s.pairing.Text, ExpiresAt: s.pairing.Expires}
	switch view.Step {
	case engine.PairPasskey:
		view.Passkey, view.Code = engine.PasskeyOptionsOf(s.pairing.Text), ""
	case engine.PairCode:
		view.Phone = s.PairPhone
	case engine.PairQR, engine.PairConfirm:
	default:
		view.Step = engine.PairQR
	}
	return view
}

const seatsQuery = `SELECT ` + seatColumns + ` FROM seats s WHERE s.tenant = $1 AND s.desired <> 'removed' ORDER BY s.id`

// Seats implements api.Tenant.
func (n *Tenant) Seats(ctx context.Context) ([]engine.SeatView, error) {
	seats, err := list(ctx, n.store.db, scanSeat, seatsQuery, n.id)
	if err != nil {
		return nil, translate(err)
	}
	views := make([]engine.SeatView, len(seats))
	for i := range seats {
		views[i] = seats[i].view(n.store.now())
	}
	return views, nil
}

const seatQuery = `SELECT ` + seatColumns + ` FROM seats s WHERE s.tenant = $1 AND s.id = $2`

// seat loads a seat, hidden or not.
func seat(ctx context.Context, q querier, key engine.SeatKey) (seatRow, error) {
	row, err := one(ctx, q, scanSeat, seatQuery, key.Tenant, key.Seat)
	return row, orNotFound(err, "seat")
}

// shownSeat loads a seat that people get to see.
func shownSeat(ctx context.Context, q querier, key engine.SeatKey) (seatRow, error) {
	row, err := seat(ctx, q, key)
	if err == nil && row.hidden() {
		err = notFound("seat")
	}
	return row, err
}

// Seat implements api.Tenant.
func (n *Tenant) Seat(ctx context.Context, id engine.SeatID) (engine.SeatView, error) {
	row, err := shownSeat(ctx, n.store.db, engine.SeatKey{Tenant: n.id, Seat: id})
	if err != nil {
		return engine.SeatView{}, err
	}
	return row.view(n.store.now()), nil
}

const insertSeatQuery = `INSERT INTO seats (tenant, id, name, desired, state, reason, since, until, detail, device, phone, lid,
platform, push_name, pairing_code, pairing_expires, created_at, removed_at)
VALUES ($1, $2, $3, 'stopped', 'stopped', '', $4, 0, '', '', '', '', '', '', '', 0, $4, 0)`

// CreateSeat implements api.Tenant.
func (n *Tenant) CreateSeat(ctx context.Context, name string) (engine.SeatView, error) {
	name, err := seatName(name)
	if err != nil {
		return engine.SeatView{}, err
	}
	key := engine.SeatKey{Tenant: n.id, Seat: engine.SeatID(engine.NewID())}
	return n.changeSeat(ctx, key.Seat, engine.EventSeatCreated, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, insertSeatQuery, key.Tenant, key.Seat, name, millis(t.now))
		return err
	})
}

func seatName(name string) (string, error) {
	name = strings.TrimSpace(clean(name))
	if name == "" {
		return "", engine.Errorf(engine.CodeInvalid, "The seat needs a name.")
	}
	if utf8.RuneCountInString(name) > maxSeatName {
		return "", engine.Errorf(engine.CodeInvalid, "The seat's name may have at most %d characters. Shorten it.", maxSeatName)
	}
	return name, nil
}

const renameSeatQuery = `UPDATE seats SET name = $3 WHERE tenant = $1 AND id = $2`

// RenameSeat implements api.Tenant.
func (n *Tenant) RenameSeat(ctx context.Context, id engine.SeatID, name string) (engine.SeatView, error) {
	name, err := seatName(name)
	if err != nil {
		return engine.SeatView{}, err
	}
	return n.changeSeat(ctx, id, engine.EventSeatUpdated, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, renameSeatQuery, n.id, id, name)
		return err
	})
}

// changeSeat runs change, appends an event with the seat as it is then, and
// returns it.
func (n *Tenant) changeSeat(ctx context.Context, id engine.SeatID, kind engine.EventKind,
	change func(ctx context.Context, t *tx) error,
) (engine.SeatView, error) {
	var view engine.SeatView
	err := n.inTx(ctx, func(ctx context.Context, t *tx) error {
		if err := change(ctx, t); err != nil {
			return err
		}
		row, err := shownSeat(ctx, t, engine.SeatKey{Tenant: n.id, Seat: id})
		if err != nil {
			return err
		}
		view = row.view(t.now)
		return t.append(kind, id, "", view)
	})
	if err != nil {
		return engine.SeatView{}, err
	}
	return view, nil
}

const pairingPhoneQuery = `UPDATE seats SET pairing_phone = $3 WHERE tenant = $1 AND id = $2`

// Pair implements api.Tenant.
func (n *Tenant) Pair(ctx context.Context, id engine.SeatID, number string) (engine.SeatView, error) {
	var view engine.SeatView
	err := n.inTx(ctx, func(ctx context.Context, t *tx) error {
		row, err := shownSeat(ctx, t, engine.SeatKey{Tenant: n.id, Seat: id})
		if err != nil {
			return err
		}
		if row.Device != "" {
			return engine.Errorf(engine.CodeConflict, "A phone is linked to this seat already. Start the seat instead, or unlink it on the phone first.")
		}
		if _, err := t.exec(ctx, pairingPhoneQuery, n.id, id, number); err != nil {
			return err
		}
		if _, err := t.exec(ctx, setDesiredQuery, n.id, id, engine.DesiredRunning); err != nil {
			return err
		}
		row.Desired, row.PairPhone = engine.DesiredRunning, number
		view, err = t.showDesired(ctx, &row)
		return err
	})
	if err != nil {
		return engine.SeatView{}, err
	}
	return view, nil
}

const setProxyQuery = `UPDATE seats SET proxy = $3 WHERE tenant = $1 AND id = $2`

// SetProxy implements api.Tenant.
func (n *Tenant) SetProxy(ctx context.Context, id engine.SeatID, address string) (engine.SeatView, error) {
	if err := engine.CheckProxy(address); err != nil {
		return engine.SeatView{}, err
	}
	return n.changeSeat(ctx, id, engine.EventSeatUpdated, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, setProxyQuery, n.id, id, address)
		return err
	})
}

const setDesiredQuery = `UPDATE seats SET desired = $3 WHERE tenant = $1 AND id = $2`

// SetDesired implements api.Tenant.
func (n *Tenant) SetDesired(ctx context.Context, id engine.SeatID, desired engine.Desired) (engine.SeatView, error) {
	switch desired {
	case engine.DesiredRunning, engine.DesiredStopped, engine.DesiredRemoved:
	default:
		return engine.SeatView{}, engine.Errorf(engine.CodeInvalid, "A seat can be running, stopped or removed.")
	}
	var view engine.SeatView
	err := n.inTx(ctx, func(ctx context.Context, t *tx) error {
		row, err := shownSeat(ctx, t, engine.SeatKey{Tenant: n.id, Seat: id})
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, setDesiredQuery, n.id, id, desired); err != nil {
			return err
		}
		row.Desired = desired
		view, err = t.showDesired(ctx, &row)
		return err
	})
	if err != nil {
		return engine.SeatView{}, err
	}
	return view, nil
}

// showDesired makes a wish visible before the engine acts on it, and appends
// the event by which the supervisor hears of it.
func (t *tx) showDesired(ctx context.Context, row *seatRow) (engine.SeatView, error) {
	if row.Desired == engine.DesiredRunning && row.Status.Final() {
		row.Status = engine.Status{State: engine.StateStarting, Since: t.now.Truncate(time.Millisecond)}
		row.pairing = engine.PairingCode{}
		if err := t.saveStatus(ctx, row); err != nil {
			return engine.SeatView{}, err
		}
		if err := t.append(engine.EventSeatState, row.Key.Seat, "", row.view(t.now)); err != nil {
			return engine.SeatView{}, err
		}
	}
	kind := engine.EventSeatUpdated
	if row.Desired == engine.DesiredRemoved {
		kind = engine.EventSeatRemoved
	}
	view := row.view(t.now)
	return view, t.append(kind, row.Key.Seat, "", view)
}
