package whatsmeow

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// table is a store.MsgSecretStore that keeps one secret, or fails.
type table struct {
	store.NoopStore
	rows map[types.MessageID][]byte
	err  error
}

func (t *table) PutMessageSecret(_ context.Context, _, _ types.JID, id types.MessageID, key []byte) error {
	if t.err == nil {
		t.rows[id] = key
	}
	return t.err
}

func (t *table) GetMessageSecret(_ context.Context, _, _ types.JID, id types.MessageID) ([]byte, types.JID, error) {
	return t.rows[id], types.EmptyJID, t.err
}

func TestSecrets(t *testing.T) {
	r := &recorder{}
	s := offline(t, r)
	inner := &table{rows: map[types.MessageID][]byte{}}
	secrets := newSecrets(s, inner)
	ctx := t.Context()
	lead := types.NewJID("27821234567", types.DefaultUserServer)
	key := []byte("a key with spaces in it, as bytes")

	// What the sink took is not written again.
	require.NoError(t, secrets.PutMessageSecret(ctx, lead, lead, "A", key))
	encoded := secrets.take("A")
	require.True(t, secrets.settle(ctx, "A"))
	require.Empty(t, inner.rows)
	require.Empty(t, secrets.fresh)
	decoded, ok := decodeSecret(encoded)
	require.True(t, ok)
	require.Equal(t, secret{chat: lead, sender: lead, key: key}, decoded)

	// In a room the sender is another one.
	room := types.NewJID("120363000000000001", types.GroupServer)
	require.NoError(t, secrets.PutMessageSecret(ctx, room, lead, "B", key))
	decoded, ok = decodeSecret(secrets.take("B"))
	require.True(t, ok)
	require.Equal(t, secret{chat: room, sender: lead, key: key}, decoded)
	require.True(t, secrets.settle(ctx, "B"))
	for _, bad := range []string{"", "x", "x y", "1@lid a:b:c@@ key"} {
		_, ok := decodeSecret([]byte(bad))
		require.False(t, ok, bad)
	}

	// What the sink didn't take is written before the message is acknowledged.
	require.NoError(t, secrets.PutMessageSecret(ctx, lead, lead, "C", key))
	require.True(t, secrets.settle(ctx, "C"))
	require.Equal(t, key, inner.rows["C"])
	require.Nil(t, secrets.take("never"))
	require.True(t, secrets.settle(ctx, "never"))

	// Nor can messages that are never handled fill the memory.
	for i := range 3 * maxFresh {
		require.NoError(t, secrets.PutMessageSecret(ctx, lead, lead, types.MessageID(rune('a'+i)), key))
	}
	require.Len(t, secrets.fresh, maxFresh)

	inner.err = errors.New("full")
	require.False(t, secrets.settle(ctx, "a"), "not acknowledged")
	require.False(t, s.alive())
}
