package store

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

const (
	askedPartQuery = `UPDATE history_parts SET asks = asks + 1, asked_at = $4
WHERE tenant = $1 AND id = $2 AND whatsapp_id = $3 AND state = 'waiting'`
	// An answer may come before it is recorded that the phone was asked.
	replacePartQuery = `UPDATE history_parts SET whatsapp_id = $4, raw = $5, asks = CASE WHEN asked_at = 0 THEN asks + 1 ELSE asks END,
asked_at = 0 WHERE tenant = $1 AND seat = $2 AND whatsapp_id = $3 AND state = 'waiting'`
	awaitedPartsQuery = `SELECT COUNT(*) FROM history_parts WHERE tenant = $1 AND seat = $2 AND asked_at > 0 AND state = 'waiting'`
)

// AskedHistory implements history.Records. A phone that has answered by now
// was quicker.
func (s *Store) AskedHistory(ctx context.Context, part engine.HistoryPart) error {
	return s.inTx(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockSeat(ctx, part.Seat); err != nil {
			return err
		}
		asked, err := t.exec(ctx, askedPartQuery, t.tenant, part.ID, part.WhatsAppID, millis(t.now))
		if err != nil || asked == 0 {
			return err
		}
		return t.changeHistory(ctx, part.Seat, func(v engine.HistoryView) (engine.HistoryView, error) {
			v.Failure = engine.HistoryAsked
			return v, nil
		})
	})
}

// replacePart notes that the phone has uploaded a part again, which its job
// goes on with. It reports false if it is not waited for.
func (t *tx) replacePart(ctx context.Context, seat engine.SeatID, fact *engine.HistoryNotice) (bool, error) {
	replaced, err := t.exec(ctx, replacePartQuery, t.tenant, seat, clean(fact.Again), clean(fact.WhatsAppID), fact.Raw)
	if err != nil || replaced == 0 {
		return false, err
	}
	key := engine.SeatKey{Tenant: t.tenant, Seat: seat}
	if err := t.resumeJobs(ctx, key); err != nil {
		return false, err
	}
	return true, t.changeHistory(ctx, key, func(v engine.HistoryView) (engine.HistoryView, error) {
		awaited, err := one(ctx, t, column[int], awaitedPartsQuery, t.tenant, seat)
		if awaited == 0 && v.Failure == engine.HistoryAsked {
			v.Failure = ""
		}
		return v, err
	})
}
