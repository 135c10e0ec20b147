package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/libsignal/protocol"

	"github.com/myaibud/aibud/engine/simulator/internal/e2e"
)

const group = "120363000000000001@g.us"

func TestGroupConversation(t *testing.T) {
	t.Parallel()
	a, b, toA, toB := pair(t)
	toC := protocol.NewSignalAddress("c", 7)
	_, err := a.EncryptGroup(t.Context(), group, []byte("x"))
	require.Error(t, err, "no key was made")
	_, err = a.Distribution(group)
	require.ErrorIs(t, err, e2e.ErrNoSenderKey)

	key, lacking, err := a.SenderKey(t.Context(), group, []*protocol.SignalAddress{toB, toC})
	require.NoError(t, err)
	require.Equal(t, []int{0, 1}, lacking)
	first, err := a.EncryptGroup(t.Context(), group, []byte("first"))
	require.NoError(t, err)
	_, err = b.DecryptGroup(t.Context(), group, toA, first)
	require.ErrorIs(t, err, e2e.ErrNoSenderKey)
	require.NoError(t, b.TakeSenderKey(t.Context(), group, toA, key))
	plain, err := b.DecryptGroup(t.Context(), group, toA, first)
	require.NoError(t, err)
	require.Equal(t, "first", string(plain))
	_, err = b.DecryptGroup(t.Context(), group, toA, first)
	require.ErrorIs(t, err, e2e.ErrDuplicate)

	_, lacking, err = a.SenderKey(t.Context(), group, []*protocol.SignalAddress{toB, toC})
	require.NoError(t, err)
	require.Empty(t, lacking, "everybody has the key")
	second, err := a.EncryptGroup(t.Context(), group, []byte("second"))
	require.NoError(t, err)
	third, err := a.EncryptGroup(t.Context(), group, []byte("third"))
	require.NoError(t, err)
	late, err := a.Distribution(group)
	require.NoError(t, err)
	require.NoError(t, b.TakeSenderKey(t.Context(), group, toA, late), "the key is sent again, with what is on its way in mind")
	damaged := append([]byte(nil), third...)
	damaged[len(damaged)-1] ^= 1
	_, err = b.DecryptGroup(t.Context(), group, toA, damaged)
	require.Error(t, err)
	for _, next := range [][]byte{third, second} { // out of order, and after a failed try
		_, err = b.DecryptGroup(t.Context(), group, toA, next)
		require.NoError(t, err)
	}
}

func TestSenderKeyIsRenewedWhenSomebodyLeaves(t *testing.T) {
	t.Parallel()
	a, b, toA, toB := pair(t)
	toC := protocol.NewSignalAddress("c", 0)
	key, _, err := a.SenderKey(t.Context(), group, []*protocol.SignalAddress{toB, toC})
	require.NoError(t, err)
	require.NoError(t, b.TakeSenderKey(t.Context(), group, toA, key))
	_, lacking, err := a.SenderKey(t.Context(), group, []*protocol.SignalAddress{toB})
	require.NoError(t, err)
	require.Equal(t, []int{0}, lacking, "c has gone, so b needs a key that c does not know")
	secret, err := a.EncryptGroup(t.Context(), group, []byte("without c"))
	require.NoError(t, err)
	_, err = b.DecryptGroup(t.Context(), group, toA, secret)
	require.ErrorIs(t, err, e2e.ErrNoSenderKey)

	a.Forget(toB)
	_, lacking, err = a.SenderKey(t.Context(), group, []*protocol.SignalAddress{toB})
	require.NoError(t, err)
	require.Equal(t, []int{0}, lacking, "a device whose session is gone is sent the key again")
}

func FuzzDecryptGroup(f *testing.F) {
	a, b, toA, toB := pair(f)
	key, _, err := a.SenderKey(f.Context(), group, []*protocol.SignalAddress{toB})
	require.NoError(f, err)
	message, err := a.EncryptGroup(f.Context(), group, []byte("hello"))
	require.NoError(f, err)
	f.Add(key, message)
	f.Add(key, []byte{})
	f.Add([]byte{0x33}, message)
	f.Fuzz(func(t *testing.T, key, message []byte) {
		// Errors are expected; only a panic or a hang is a fault.
		_ = b.TakeSenderKey(t.Context(), group, toA, key)
		_, _ = b.DecryptGroup(t.Context(), group, toA, message)
	})
}
