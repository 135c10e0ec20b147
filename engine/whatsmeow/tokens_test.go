package whatsmeow

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// countingTokens has one token and counts how often it is read.
type countingTokens struct {
	token *store.PrivacyToken
	reads int
}

func (c *countingTokens) PutPrivacyTokens(_ context.Context, tokens ...store.PrivacyToken) error {
	c.token = &tokens[0]
	return nil
}

func (c *countingTokens) GetPrivacyToken(context.Context, types.JID) (*store.PrivacyToken, error) {
	c.reads++
	if c.token == nil {
		return nil, nil
	}
	found := *c.token
	return &found, nil
}

func (c *countingTokens) DeleteExpiredPrivacyTokens(context.Context, time.Time) (int64, error) {
	c.token = nil
	return 1, nil
}

func TestTokensAreReadOnce(t *testing.T) {
	inner, lead := &countingTokens{}, types.NewJID("100000000000001", types.HiddenUserServer)
	s := tokenStore{inner: inner, tokens: &tokens{}}
	get := func() string {
		token, err := s.GetPrivacyToken(t.Context(), lead)
		require.NoError(t, err)
		if token == nil {
			return ""
		}
		token.SenderTimestamp = time.Now() // as the library does
		return string(token.Token)
	}
	require.Empty(t, get())
	require.NoError(t, s.PutPrivacyTokens(t.Context(), store.PrivacyToken{User: lead, Token: []byte("one")}))
	for range 3 {
		require.Equal(t, "one", get())
	}
	require.Equal(t, 2, inner.reads, "that there is none is not kept")
	token, err := s.GetPrivacyToken(t.Context(), lead)
	require.NoError(t, err)
	require.Zero(t, token.SenderTimestamp, "each caller has its own")

	require.NoError(t, s.PutPrivacyTokens(t.Context(), store.PrivacyToken{User: lead, Token: []byte("two")}))
	require.Equal(t, "two", get())
	_, err = s.DeleteExpiredPrivacyTokens(t.Context(), time.Now())
	require.NoError(t, err)
	require.Empty(t, get())
}
