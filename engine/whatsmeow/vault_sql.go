package whatsmeow

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"
)

// The tables are the library's (store/sqlstore/upgrades). Here is what its
// store has no method for.
const (
	identityQuery = `SELECT identity FROM whatsmeow_identity_keys WHERE our_jid=$1 AND their_id=$2`
	eventsQuery   = `SELECT ciphertext_hash FROM whatsmeow_event_buffer WHERE our_jid=$1 LIMIT $2`
	putEventQuery = `
		INSERT INTO whatsmeow_event_buffer (our_jid, ciphertext_hash, plaintext, server_timestamp, insert_timestamp)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (our_jid, ciphertext_hash) DO UPDATE SET plaintext=excluded.plaintext`
	deleteEventQuery = `DELETE FROM whatsmeow_event_buffer WHERE our_jid=$1 AND ciphertext_hash=$2`
)

// writeTimeout bounds a transaction on PostgreSQL.
const writeTimeout = 10 * time.Second

// writing returns the context of a transaction, which ctx does not end: an
// interrupted commit would leave open whether it happened. On SQLite nothing
// ends it, since watching a context costs the driver a goroutine a statement,
// and its own busy_timeout bounds the wait.
func writing(ctx context.Context, db *dbutil.Database) (context.Context, context.CancelFunc) {
	ctx = context.WithoutCancel(ctx)
	if db.Dialect == dbutil.SQLite {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, writeTimeout)
}

// loadIdentity reads the key that an address is known by.
func (v *vault) loadIdentity(ctx context.Context, address signalAddress) (key [32]byte, known bool, err error) {
	var found []byte
	err = v.db.QueryRow(ctx, identityQuery, v.jid, address).Scan(&found)
	if errors.Is(err, sql.ErrNoRows) {
		return key, false, nil
	}
	if err != nil {
		return key, false, err
	}
	if copy(key[:], found) != len(key) || len(found) != len(key) {
		return key, false, fmt.Errorf("an identity key of %d bytes", len(found))
	}
	return key, true, nil
}

// writeEvents writes the texts that are not stored yet, and deletes the rows of
// those that are, within a transaction.
func (v *vault) writeEvents(ctx context.Context) error {
	for hash, p := range v.inbox.pending {
		_, err := v.db.Exec(ctx, putEventQuery, v.jid, hash[:], p.text, p.at.Unix(), time.Now().UnixMilli())
		if err != nil {
			return err
		}
	}
	for _, hash := range v.inbox.stored {
		if _, err := v.db.Exec(ctx, deleteEventQuery, v.jid, hash[:]); err != nil {
			return err
		}
	}
	return nil
}

// loadEvents reads which events the database has.
func (v *vault) loadEvents(ctx context.Context) (*rows, error) {
	found, err := v.db.Query(ctx, eventsQuery, v.jid, maxRows+1)
	if err != nil {
		return nil, err
	}
	known := &rows{marks: make(map[uint64]struct{})}
	for found.Next() {
		var text []byte
		if err := found.Scan(&text); err != nil {
			return nil, errors.Join(err, found.Close())
		}
		var h hash
		copy(h[:], text)
		known.add(h)
	}
	return known, errors.Join(found.Err(), found.Close())
}
