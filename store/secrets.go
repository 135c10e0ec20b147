package store

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

// maxSecrets bounds how many messages of one ID are looked at: their writers
// choose it.
const maxSecrets = 16

const secretsQuery = `SELECT m.secret FROM messages m
WHERE m.tenant = $1 AND m.seat = $2 AND m.whatsapp_id = $3 AND m.secret IS NOT NULL ORDER BY m.seq LIMIT $4`

// Secrets implements engine.MessageRecords.
func (s *Store) Secrets(ctx context.Context, seat engine.SeatKey, whatsAppID string) ([][]byte, error) {
	found, err := list(ctx, s.db, column[[]byte], secretsQuery, seat.Tenant, seat.Seat, clean(whatsAppID), maxSecrets)
	return found, translate(err)
}
