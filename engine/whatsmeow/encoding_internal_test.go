package whatsmeow

import (
	"crypto/rand"
	"testing"

	"github.com/stretchr/testify/require"
	groups "go.mau.fi/libsignal/groups/state/record"
	"go.mau.fi/libsignal/keys/chain"
	"go.mau.fi/libsignal/keys/message"
	"go.mau.fi/libsignal/serialize"
	"go.mau.fi/libsignal/state/record"
	"go.mau.fi/libsignal/util/optional"
)

func drawn(t *testing.T, size int) []byte {
	t.Helper()
	out := make([]byte, size)
	_, err := rand.Read(out)
	require.NoError(t, err)
	return out
}

func sampleChain(t *testing.T) *record.ChainStructure {
	t.Helper()
	return &record.ChainStructure{
		SenderRatchetKeyPublic: drawn(t, 33), ChainKey: &chain.KeyStructure{Key: drawn(t, 32), Index: 7},
		MessageKeys: []*message.KeysStructure{{CipherKey: drawn(t, 32), MacKey: drawn(t, 32), IV: drawn(t, 16), Index: 3}},
	}
}

func sampleState(t *testing.T) *record.StateStructure {
	t.Helper()
	return &record.StateStructure{
		LocalIdentityPublic: drawn(t, 33), LocalRegistrationID: 1 << 30, RemoteIdentityPublic: drawn(t, 33), RootKey: drawn(t, 32),
		PendingPreKey:   &record.PendingPreKeyStructure{PreKeyID: optional.NewOptionalUint32(9), SignedPreKeyID: 1, BaseKey: drawn(t, 33)},
		PreviousCounter: 4, ReceiverChains: []*record.ChainStructure{sampleChain(t), sampleChain(t)},
		SenderBaseKey: drawn(t, 33), SenderChain: sampleChain(t), SessionVersion: 3,
	}
}

// What one of the two encodings has written, the other must read: a database
// may have been written by either.
func TestSessionsAreEncodedAsTheLibraryDoes(t *testing.T) {
	theirs, ours := serialize.NewProtoBufSerializer().Session, sessionEncoding{}
	for name, session := range map[string]*record.SessionStructure{
		"new": {SessionState: &record.StateStructure{}},
		"old": {SessionState: sampleState(t), PreviousStates: []*record.StateStructure{sampleState(t), sampleState(t)}},
	} {
		text := theirs.Serialize(session)
		require.Equal(t, string(text), string(ours.Serialize(session)), name)
		read, err := ours.Deserialize(text)
		require.NoError(t, err, name)
		again, err := theirs.Deserialize(text)
		require.NoError(t, err, name)
		require.Equal(t, again, read, name)
	}
	for _, bad := range []string{"", "{", "[]", `{"SessionState":7}`} {
		_, err := ours.Deserialize([]byte(bad))
		require.Error(t, err, bad)
	}
}

func TestKeysOfGroupsAreEncodedAsTheLibraryDoes(t *testing.T) {
	theirs, ours := serialize.NewProtoBufSerializer().SenderKeyRecord, senderKeyEncoding{}
	key := &groups.SenderKeyStructure{SenderKeyStates: []*groups.SenderKeyStateStructure{{KeyID: 5, SigningKeyPublic: drawn(t, 33)}}}
	text := theirs.Serialize(key)
	require.Equal(t, string(text), string(ours.Serialize(key)))
	read, err := ours.Deserialize(text)
	require.NoError(t, err)
	require.Equal(t, key, read)
	_, err = ours.Deserialize([]byte("{"))
	require.Error(t, err)
}
