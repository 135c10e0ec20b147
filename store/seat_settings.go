package store

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/myaibud/aibud/engine"
)

// seatSettings is how a seat behaves, as the database keeps it.
type seatSettings struct {
	engine.SeatSettings
	privacy string // JSON
}

const (
	seatSettingsQuery = `SELECT s.presence, s.reject_calls, s.reject_text, s.unarchive, s.privacy FROM seats s
WHERE s.tenant = $1 AND s.id = $2`
	saveSeatSettingsQuery = `UPDATE seats SET presence = $3, reject_calls = $4, reject_text = $5 WHERE tenant = $1 AND id = $2`

	maxRejectText = 4000 // characters
)

func scanSettings(row scanner, s *seatSettings) error {
	err := row.Scan(&s.Presence, &s.RejectCalls, &s.RejectText, &s.Unarchive, &s.privacy)
	if err != nil {
		return err
	}
	if err := decodePart(s.privacy, &s.Privacy); err != nil {
		return fmt.Errorf("privacy settings: %w", err)
	}
	return nil
}

// SeatSettings implements api.Tenant.
func (n *Tenant) SeatSettings(ctx context.Context, id engine.SeatID) (engine.SeatSettings, error) {
	if _, err := n.Seat(ctx, id); err != nil {
		return engine.SeatSettings{}, err
	}
	return n.store.SeatSettings(ctx, engine.SeatKey{Tenant: n.id, Seat: id})
}

// SeatSettings returns how a seat behaves.
func (s *Store) SeatSettings(ctx context.Context, key engine.SeatKey) (engine.SeatSettings, error) {
	settings, err := one(ctx, s.db, scanSettings, seatSettingsQuery, key.Tenant, key.Seat)
	return settings.SeatSettings, orNotFound(err, "seat")
}

// SetSeatSettings implements api.Tenant.
func (n *Tenant) SetSeatSettings(ctx context.Context, id engine.SeatID, settings engine.SeatSettings) (engine.SeatSettings, error) {
	switch settings.Presence {
	case engine.PresenceUnavailable, engine.PresenceWatching, engine.PresenceAvailable:
	default:
		return engine.SeatSettings{}, engine.Errorf(engine.CodeInvalid, "A seat's presence is unavailable, watching or available.")
	}
	settings.RejectText = strings.TrimSpace(clean(settings.RejectText))
	if utf8.RuneCountInString(settings.RejectText) > maxRejectText {
		return engine.SeatSettings{}, engine.Errorf(engine.CodeInvalid, "The text for refused calls may have at most %d characters. Shorten it.", maxRejectText)
	}
	err := n.inTx(ctx, func(ctx context.Context, t *tx) error {
		row, err := shownSeat(ctx, t, engine.SeatKey{Tenant: n.id, Seat: id})
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, saveSeatSettingsQuery, n.id, id, settings.Presence, settings.RejectCalls, settings.RejectText)
		if err != nil {
			return err
		}
		row.presence = settings.Presence
		return t.append(engine.EventSeatUpdated, id, "", row.view(t.now))
	})
	if err != nil {
		return engine.SeatSettings{}, err
	}
	return n.SeatSettings(ctx, id)
}
