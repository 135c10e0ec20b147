package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

const (
	// sweepInterval is how often expired sessions are deleted, while others
	// are written.
	sweepInterval = 10 * time.Minute
	// hashPrefix marks what [Sessions.AllCtx] returns in place of tokens. A
	// cookie can't hold it: tokens are base64.
	hashPrefix = "sha256:"
)

// Sessions keeps sign-ins. It implements scs.CtxStore and
// scs.IterableCtxStore. Tokens are kept as SHA-256 only, so that who reads the
// database, or a backup of it, can't sign in as anybody.
type Sessions struct{ store *Store }

// SessionStore returns the sign-ins.
func (s *Store) SessionStore() *Sessions { return &Sessions{store: s} }

// sessionKey is how a token is kept. What AllCtx returned stands for itself.
func sessionKey(token string) string {
	if hash, ok := strings.CutPrefix(token, hashPrefix); ok {
		return hash
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

const findSessionQuery = `SELECT data FROM sessions WHERE token_hash = $1 AND expires_at > $2`

// FindCtx implements scs.CtxStore.
func (s *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	if strings.HasPrefix(token, hashPrefix) { // it came from a cookie: a hash is no token
		return nil, false, nil
	}
	data, err := one(ctx, s.store.db, column[[]byte], findSessionQuery, sessionKey(token), millis(s.store.now()))
	if errors.Is(err, errNoRow) {
		return nil, false, nil
	}
	return data, err == nil, translate(err)
}

const (
	commitSessionQuery = `INSERT INTO sessions (token_hash, data, expires_at) VALUES ($1, $2, $3)
ON CONFLICT (token_hash) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`
	sweepSessionsQuery = `DELETE FROM sessions WHERE expires_at <= $1`
)

// CommitCtx implements scs.CtxStore. Now and then it deletes what has expired.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	if data == nil {
		data = []byte{}
	}
	return s.store.inTx(ctx, func(ctx context.Context, t *tx) error {
		if _, err := t.exec(ctx, commitSessionQuery, sessionKey(token), data, millis(expiry)); err != nil {
			return err
		}
		now, swept := t.now.UnixMilli(), s.store.sessionsSwept.Load()
		if now-swept < sweepInterval.Milliseconds() || !s.store.sessionsSwept.CompareAndSwap(swept, now) {
			return nil
		}
		_, err := t.exec(ctx, sweepSessionsQuery, now)
		return err
	})
}

const deleteSessionQuery = `DELETE FROM sessions WHERE token_hash = $1`

// DeleteCtx implements scs.CtxStore.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.store.inTx(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, deleteSessionQuery, sessionKey(token))
		return err
	})
}

const allSessionsQuery = `SELECT token_hash, data FROM sessions WHERE expires_at > $1`

type session struct {
	hash string
	data []byte
}

func scanSession(row scanner, s *session) error { return row.Scan(&s.hash, &s.data) }

// AllCtx implements scs.IterableCtxStore. In place of the tokens, which are
// not known, it returns names that DeleteCtx and CommitCtx understand and that
// nobody can sign in with.
func (s *Sessions) AllCtx(ctx context.Context) (map[string][]byte, error) {
	found, err := list(ctx, s.store.db, scanSession, allSessionsQuery, millis(s.store.now()))
	if err != nil {
		return nil, translate(err)
	}
	all := make(map[string][]byte, len(found))
	for _, one := range found {
		all[hashPrefix+one.hash] = one.data
	}
	return all, nil
}

// Find implements scs.Store. It is not used: there is FindCtx.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit implements scs.Store. It is not used: there is CommitCtx.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete implements scs.Store. It is not used: there is DeleteCtx.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

// All implements scs.IterableStore. It is not used: there is AllCtx.
func (s *Sessions) All() (map[string][]byte, error) { return s.AllCtx(context.Background()) }
