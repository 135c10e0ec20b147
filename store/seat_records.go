package store

import (
	"context"
	"errors"

	"github.com/myaibud/aibud/engine"
)

// The states are those that are not engine.Status.Final.
const seatsToRunQuery = `SELECT ` + seatColumns + ` FROM seats s
WHERE s.removed_at = 0 AND (s.desired <> 'stopped' OR s.state NOT IN ('stopped', 'logged_out', 'replaced', 'failed'))`

// SeatsToRun implements engine.SeatRecords.
func (s *Store) SeatsToRun(ctx context.Context, keys ...engine.SeatKey) ([]engine.SeatRecord, error) {
	if len(keys) == 0 {
		return s.seatsToRun(ctx, seatsToRunQuery+` ORDER BY s.id`)
	}
	var records []engine.SeatRecord
	for _, key := range keys {
		record, err := s.seatsToRun(ctx, seatsToRunQuery+` AND s.tenant = $1 AND s.id = $2`, key.Tenant, key.Seat)
		if err != nil {
			return nil, err
		}
		records = append(records, record...)
	}
	return records, nil
}

func (s *Store) seatsToRun(ctx context.Context, query string, args ...any) ([]engine.SeatRecord, error) {
	rows, err := list(ctx, s.db, scanSeat, query, args...)
	if err != nil {
		return nil, translate(err)
	}
	records := make([]engine.SeatRecord, len(rows))
	for i := range rows {
		records[i] = rows[i].SeatRecord
	}
	return records, nil
}

// changeSeatRow loads a seat, lets change work on it and appends an event,
// unless the seat is hidden or change returns no kind.
func (s *Store) changeSeatRow(ctx context.Context, key engine.SeatKey,
	change func(ctx context.Context, t *tx, row *seatRow) (engine.EventKind, error),
) error {
	return s.together(ctx, key.Tenant, func(ctx context.Context, t *tx) error {
		if err := t.lockSeat(ctx, key); err != nil {
			return err
		}
		row, err := seat(ctx, t, key)
		if err != nil {
			return err
		}
		hidden := row.hidden()
		kind, err := change(ctx, t, &row)
		if err != nil || hidden || kind == "" {
			return err
		}
		if kind == engine.EventSeatPairing {
			return t.append(kind, key.Seat, "", row.pairingView())
		}
		return t.append(kind, key.Seat, "", row.view(t.now))
	})
}

const saveStatusQuery = `UPDATE seats SET state = $3, reason = $4, since = $5, until = $6, detail = $7, desired = $8,
pairing_code = $9, pairing_expires = $10, pairing_step = $11 WHERE tenant = $1 AND id = $2`

func (t *tx) saveStatus(ctx context.Context, row *seatRow) error {
	_, err := t.exec(ctx, saveStatusQuery, row.Key.Tenant, row.Key.Seat, row.Status.State, row.Status.Reason,
		millis(row.Status.Since), millis(row.Status.Until), row.Status.Detail, row.Desired,
		row.pairing.Text, millis(row.pairing.Expires), row.pairing.Step)
	return err
}

// SetStatus implements engine.SeatRecords. A seat that is being removed stays
// so whatever desired says.
func (s *Store) SetStatus(ctx context.Context, key engine.SeatKey, status engine.Status, desired engine.Desired) error {
	return s.changeSeatRow(ctx, key, func(ctx context.Context, t *tx, row *seatRow) (engine.EventKind, error) {
		row.Status = status
		row.Status.Detail = clean(status.Detail)
		row.Status.Since, row.Status.Until = roundMillis(status.Since), roundMillis(status.Until)
		if status.State != engine.StatePairing {
			row.pairing = engine.PairingCode{}
		}
		if desired != "" && !row.hidden() {
			row.Desired = desired
		}
		return engine.EventSeatState, t.saveStatus(ctx, row)
	})
}

const connectedQuery = `SELECT s.tenant, s.id FROM seats s WHERE s.state = 'connected' ORDER BY s.tenant, s.id`

// Disconnected implements engine.SeatRecords.
func (s *Store) Disconnected(ctx context.Context) error {
	keys, err := list(ctx, s.db, scanSeatKey, connectedQuery)
	if err != nil {
		return translate(err)
	}
	for len(keys) > 0 {
		tenant := keys[0].Tenant
		n := 1
		for n < len(keys) && keys[n].Tenant == tenant {
			n++
		}
		some := keys[:n]
		keys = keys[n:]
		if err := s.inTx(ctx, func(ctx context.Context, t *tx) error { return t.disconnect(ctx, tenant, some) }); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) disconnect(ctx context.Context, tenant engine.TenantID, keys []engine.SeatKey) error {
	if err := t.lock(ctx, tenant); err != nil {
		return err
	}
	for _, key := range keys {
		row, err := seat(ctx, t, key)
		if err != nil {
			return err
		}
		row.Status = engine.Status{State: engine.StateConnecting, Since: roundMillis(t.now)}
		if err := t.saveStatus(ctx, &row); err != nil {
			return err
		}
		if row.hidden() {
			continue
		}
		if err := t.append(engine.EventSeatState, key.Seat, "", row.view(t.now)); err != nil {
			return err
		}
	}
	return nil
}

func scanSeatKey(row scanner, key *engine.SeatKey) error { return row.Scan(&key.Tenant, &key.Seat) }

// SetPairingCode implements engine.SeatRecords.
func (s *Store) SetPairingCode(ctx context.Context, key engine.SeatKey, code engine.PairingCode) error {
	return s.changeSeatRow(ctx, key, func(ctx context.Context, t *tx, row *seatRow) (engine.EventKind, error) {
		row.pairing = engine.PairingCode{Step: code.Step, Text: code.Text, Expires: roundMillis(code.Expires)}
		return engine.EventSeatPairing, t.saveStatus(ctx, row)
	})
}

const (
	claimedQuery = `SELECT ` + seatColumns + ` FROM seats s
WHERE s.phone = $1 AND s.device <> '' AND s.desired <> 'removed' AND s.id <> $2`
	claimQuery = `UPDATE seats SET device = $3, phone = $4, lid = $5, platform = $6, push_name = $7 WHERE tenant = $1 AND id = $2`
)

// Claim implements engine.SeatRecords. A unique index decides between two
// seats that claim a number at once.
func (s *Store) Claim(ctx context.Context, key engine.SeatKey, account engine.Account) error {
	if account.Device == "" || account.Phone.Number() == "" {
		return engine.Errorf(engine.CodeInvalid, "WhatsApp did not tell the number of the phone. Try again.")
	}
	err := s.claim(ctx, key, account)
	if isTaken(err) { // by a seat that was faster: now it can be seen
		err = s.claim(ctx, key, account)
	}
	return err
}

func (s *Store) claim(ctx context.Context, key engine.SeatKey, account engine.Account) error {
	return s.changeSeatRow(ctx, key, func(ctx context.Context, t *tx, row *seatRow) (engine.EventKind, error) {
		if row.hidden() {
			return "", engine.Errorf(engine.CodeConflict, "This seat was removed. Add a new one and scan again.")
		}
		other, err := one(ctx, t, scanSeat, claimedQuery, account.Phone, key.Seat)
		switch {
		case err == nil && other.Key.Tenant == key.Tenant:
			return "", &engine.Error{Code: engine.CodeNumberTaken, Message: other.Name}
		case err == nil:
			return "", &engine.Error{Code: engine.CodeNumberTaken}
		case !errors.Is(err, errNoRow):
			return "", err
		}
		row.Device, row.phone, row.pushName = account.Device, account.Phone, clean(account.Name)
		if _, err := t.exec(ctx, forgetPartsQuery, key.Tenant, key.Seat); err != nil {
			return "", err
		}
		_, err = t.exec(ctx, claimQuery, key.Tenant, key.Seat, row.Device, row.phone, account.LID, clean(account.Platform), row.pushName)
		return engine.EventSeatUpdated, err
	})
}

const setRestrictionQuery = `UPDATE seats SET restriction = $3, restricted_until = $4 WHERE tenant = $1 AND id = $2`

// SetRestriction implements engine.SeatRecords.
func (s *Store) SetRestriction(ctx context.Context, key engine.SeatKey, restriction engine.Restriction) error {
	return s.changeSeatRow(ctx, key, func(ctx context.Context, t *tx, row *seatRow) (engine.EventKind, error) {
		row.Restriction = engine.Restriction{Kind: clean(restriction.Kind), Until: roundMillis(restriction.Until)}
		_, err := t.exec(ctx, setRestrictionQuery, key.Tenant, key.Seat, row.Restriction.Kind, millis(row.Restriction.Until))
		return engine.EventSeatUpdated, err
	})
}

const saveActivityQuery = `UPDATE seats SET last_frame_at = $3, last_message_at = $4, reconnects = $5, reconnects_day = $6
WHERE tenant = $1 AND id = $2`

// SaveActivity implements engine.SeatRecords. It locks no tenant: nobody
// else writes these columns.
func (s *Store) SaveActivity(ctx context.Context, seats []engine.SeatActivity) error {
	return s.inTx(ctx, func(ctx context.Context, t *tx) error {
		for _, seat := range seats {
			_, err := t.exec(ctx, saveActivityQuery, seat.Key.Tenant, seat.Key.Seat, millis(seat.LastFrame), millis(seat.LastMessage),
				seat.Reconnects, seat.Day)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

const clearDeviceQuery = `UPDATE seats SET device = '' WHERE tenant = $1 AND id = $2`

// ClearDevice implements engine.SeatRecords.
func (s *Store) ClearDevice(ctx context.Context, key engine.SeatKey) error {
	return s.changeSeatRow(ctx, key, func(ctx context.Context, t *tx, row *seatRow) (engine.EventKind, error) {
		if row.Device == "" {
			return "", nil
		}
		row.Device = ""
		_, err := t.exec(ctx, clearDeviceQuery, key.Tenant, key.Seat)
		return engine.EventSeatUpdated, err
	})
}

// A proxy's URL may hold a password, which nobody needs any more.
const removeSeatQuery = `UPDATE seats SET desired = 'removed', device = '', pairing_code = '', pairing_phone = '', proxy = '', removed_at = $3
WHERE tenant = $1 AND id = $2 AND removed_at = 0`

func errSeatRemoved() *engine.Error {
	return engine.Errorf(engine.CodeConflict, "The seat was removed before the message was sent.")
}

// Removed implements engine.SeatRecords. The event is appended once: here or
// when a person asked for the removal. What was still to be sent fails, and so
// do files that wait for the seat: see ParkMedia.
func (s *Store) Removed(ctx context.Context, key engine.SeatKey) error {
	return s.changeSeatRow(ctx, key, func(ctx context.Context, t *tx, row *seatRow) (engine.EventKind, error) {
		row.Desired, row.Device, row.pairing, row.PairPhone, row.Proxy = engine.DesiredRemoved, "", engine.PairingCode{}, "", ""
		if _, err := t.exec(ctx, removeSeatQuery, key.Tenant, key.Seat, millis(t.now)); err != nil {
			return "", err
		}
		if err := UnparkMedia(ctx, t, key); err != nil {
			return "", err
		}
		return engine.EventSeatRemoved, t.failOutbox(ctx, key, errSeatRemoved())
	})
}
