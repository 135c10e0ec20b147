package store

import (
	"context"
	"errors"
	"strconv"
)

const settingQuery = `SELECT value FROM settings WHERE key = $1`

// Setting returns a value of the whole installation, or "" if it was never
// set.
func (s *Store) Setting(ctx context.Context, key string) (string, error) {
	value, err := one(ctx, s.db, column[string], settingQuery, key)
	if errors.Is(err, errNoRow) {
		return "", nil
	}
	return value, translate(err)
}

const setSettingQuery = `INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value`

// SetSetting keeps a value of the whole installation.
func (s *Store) SetSetting(ctx context.Context, key, value string) error {
	return s.inTx(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, setSettingQuery, key, value)
		return err
	})
}

// Ping implements engine.MessageRecords: it writes, since a full disk and a
// locked database can still be read.
func (s *Store) Ping(ctx context.Context) error {
	return s.SetSetting(ctx, "ping", strconv.FormatInt(s.now().UnixMilli(), 10))
}
