package msgsecret_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/msgsecret"
)

func bond(t *testing.T) msgsecret.Bond {
	t.Helper()
	secret, err := msgsecret.New()
	require.NoError(t, err)
	require.Len(t, secret, msgsecret.Size)
	return msgsecret.Bond{
		ID: "AC01", Secret: secret,
		Author: types.NewJID("100", types.HiddenUserServer), By: types.NewJID("200", types.HiddenUserServer),
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, use := range []msgsecret.Use{msgsecret.PollVote, msgsecret.Reaction, msgsecret.MessageEdit} {
		b := bond(t)
		ciphertext, nonce, err := b.Seal(use, []byte("secret words"))
		require.NoError(t, err)
		// The device of whoever added plays no part.
		b.By.Device = 7
		plain, err := b.Open(use, ciphertext, nonce)
		require.NoError(t, err)
		require.Equal(t, "secret words", string(plain))
	}
}

func TestNothingElseOpens(t *testing.T) {
	t.Parallel()
	b := bond(t)
	ciphertext, nonce, err := b.Seal(msgsecret.PollVote, []byte("secret words"))
	require.NoError(t, err)
	for name, change := range map[string]func(b *msgsecret.Bond){
		"message":   func(b *msgsecret.Bond) { b.ID = "AC02" },
		"author":    func(b *msgsecret.Bond) { b.Author = b.By },
		"form":      func(b *msgsecret.Bond) { b.Author.Server = types.DefaultUserServer },
		"voter":     func(b *msgsecret.Bond) { b.By = b.Author },
		"secret":    func(b *msgsecret.Bond) { b.Secret = make([]byte, msgsecret.Size) },
		"no secret": func(b *msgsecret.Bond) { b.Secret = nil },
	} {
		other := b
		change(&other)
		_, err = other.Open(msgsecret.PollVote, ciphertext, nonce)
		require.ErrorIs(t, err, msgsecret.ErrUnreadable, name)
	}
	_, err = b.Open(msgsecret.Reaction, ciphertext, nonce)
	require.ErrorIs(t, err, msgsecret.ErrUnreadable)
	_, err = b.Open(msgsecret.PollVote, ciphertext, nonce[:3])
	require.ErrorIs(t, err, msgsecret.ErrUnreadable)
	_, err = b.Open(msgsecret.PollVote, nil, nonce)
	require.ErrorIs(t, err, msgsecret.ErrUnreadable)
}
