package whatsmeow

import (
	"context"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

const (
	// maxTokens bounds the privacy tokens that are kept in memory, of some 100
	// bytes each.
	maxTokens = 256
	// tokenLife is how long one is believed: what it is found by, the LID of a
	// number, may be learned at any time.
	tokenLife = time.Minute
)

// tokens are the privacy tokens of a device that were read a moment ago: the
// library reads the recipient's for each message that it sends. All connections
// of the device share them.
type tokens struct {
	mu    sync.Mutex // held while the database is used, so that none is kept that was replaced
	known map[types.JID]knownToken
}

type knownToken struct {
	store.PrivacyToken
	read time.Time
}

// forget drops all. The database has them.
func (t *tokens) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known = nil
}

// tokenStore is [store.PrivacyTokenStore] over a device's tokens.
type tokenStore struct {
	inner  store.PrivacyTokenStore
	tokens *tokens
}

// PutPrivacyTokens implements [store.PrivacyTokenStore]. A token may be found
// by another address than the one it is put under.
func (s tokenStore) PutPrivacyTokens(ctx context.Context, tokens ...store.PrivacyToken) error {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	s.tokens.known = nil
	return s.inner.PutPrivacyTokens(ctx, tokens...)
}

// GetPrivacyToken implements [store.PrivacyTokenStore].
func (s tokenStore) GetPrivacyToken(ctx context.Context, user types.JID) (*store.PrivacyToken, error) {
	user, now := user.ToNonAD(), time.Now()
	t := s.tokens
	t.mu.Lock()
	defer t.mu.Unlock()
	if token, ok := t.known[user]; ok && now.Sub(token.read) < tokenLife {
		return &token.PrivacyToken, nil // a copy, which the library may change
	}
	token, err := s.inner.GetPrivacyToken(ctx, user)
	if err != nil || token == nil {
		return nil, err
	}
	if t.known == nil || len(t.known) >= maxTokens {
		t.known = make(map[types.JID]knownToken)
	}
	t.known[user] = knownToken{*token, now}
	return token, nil
}

// DeleteExpiredPrivacyTokens implements [store.PrivacyTokenStore].
func (s tokenStore) DeleteExpiredPrivacyTokens(ctx context.Context, cutoff time.Time) (int64, error) {
	s.tokens.forget()
	return s.inner.DeleteExpiredPrivacyTokens(ctx, cutoff)
}
