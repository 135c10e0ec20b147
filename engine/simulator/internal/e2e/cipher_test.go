package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/util/optional"

	"github.com/myaibud/aibud/engine/simulator/internal/e2e"
)

func pair(t testing.TB) (a, b *e2e.Store, toA, toB *protocol.SignalAddress) {
	t.Helper()
	a, err := e2e.New()
	require.NoError(t, err)
	b, err = e2e.New()
	require.NoError(t, err)
	toA, toB = protocol.NewSignalAddress("a", 0), protocol.NewSignalAddress("b", 0)
	signed, one := b.SignedPreKey(), b.NewPreKeys(1)[0]
	bundle := prekey.NewBundle(b.RegistrationID(), 0, optional.NewOptionalUint32(one.KeyID), signed.KeyID,
		ecc.NewDjbECPublicKey(*one.Pub), ecc.NewDjbECPublicKey(*signed.Pub), *signed.Signature,
		identity.NewKey(ecc.NewDjbECPublicKey(b.IdentityKey())))
	require.NoError(t, a.Process(t.Context(), toB, bundle))
	return a, b, toA, toB
}

func TestConversation(t *testing.T) {
	a, b, toA, toB := pair(t)
	require.False(t, b.Has(toA))
	_, _, err := b.Encrypt(t.Context(), toA, []byte("x"))
	require.ErrorIs(t, err, e2e.ErrNoSession)
	first, initial, err := a.Encrypt(t.Context(), toB, []byte("hello"))
	require.NoError(t, err)
	require.True(t, initial)

	damaged := append([]byte(nil), first...)
	damaged[len(damaged)/2] ^= 1
	_, err = b.Decrypt(t.Context(), toA, true, damaged)
	require.Error(t, err)
	plain, err := b.Decrypt(t.Context(), toA, true, first)
	require.NoError(t, err, "a failed try leaves no trace")
	require.Equal(t, "hello", string(plain))
	_, err = b.Decrypt(t.Context(), toA, true, first)
	require.ErrorIs(t, err, e2e.ErrDuplicate)

	answer, initial, err := b.Encrypt(t.Context(), toA, nil)
	require.NoError(t, err)
	require.False(t, initial)
	plain, err = a.Decrypt(t.Context(), toB, false, answer)
	require.NoError(t, err)
	require.Empty(t, plain)
	b.Forget(toA)
	_, err = b.Decrypt(t.Context(), toA, false, answer)
	require.ErrorIs(t, err, e2e.ErrNoSession)
}

func FuzzDecrypt(f *testing.F) {
	a, b, toA, toB := pair(f)
	first, _, err := a.Encrypt(f.Context(), toB, []byte("hello"))
	require.NoError(f, err)
	f.Add(true, first)
	f.Add(false, first)
	f.Add(true, []byte{})
	f.Add(false, []byte{0x33})
	f.Fuzz(func(t *testing.T, initial bool, data []byte) {
		// Errors are expected; only a panic or a hang is a fault.
		_, _ = b.Decrypt(t.Context(), toA, initial, data)
	})
}
