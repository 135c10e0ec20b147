package simulator_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/store"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator"
)

// TestKeyThatAClientMade writes with a key of the client's own, as WhatsApp Web does at times: the phone can read what
// was written once it has the key. Then the client says that all keys so far are over.
func TestKeyThatAClientMade(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Agent"), phone(t, s, leadNumber, "Lead")
	c, ctx := withState(t, s, agent), t.Context()
	known, err := c.Store.AppStateKeys.GetLatestAppStateSyncKeyID(ctx)
	require.NoError(t, err)
	epoch := binary.BigEndian.Uint32(known[2:]) + 1
	id, data := binary.BigEndian.AppendUint32([]byte{0, 1}, epoch), make([]byte, 32)
	at := time.Now().Add(time.Minute).UnixMilli()
	require.NoError(t, c.Store.AppStateKeys.PutAppStateSyncKey(ctx, id, store.AppStateSyncKey{Data: data, Fingerprint: []byte{}, Timestamp: at}))
	require.NoError(t, c.SendAppState(ctx, appstate.BuildPin(lead.LID(), true)))
	require.False(t, agent.Settings().Chats[leadNumber].Pinned, "the phone lacks the key")
	require.Error(t, agent.ArchiveChat(ctx, leadNumber, true), "and can't write on what it can't read")

	share := func(id []byte) {
		_, err := c.SendPeerMessage(ctx, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE.Enum(),
			AppStateSyncKeyShare: &waE2E.AppStateSyncKeyShare{Keys: []*waE2E.AppStateSyncKey{{
				KeyID:   &waE2E.AppStateSyncKeyId{KeyID: id},
				KeyData: &waE2E.AppStateSyncKeyData{KeyData: data, Timestamp: proto.Int64(at)},
			}}},
		}})
		require.NoError(t, err)
	}
	share([]byte("a key ID of the wrong length"))
	share(id)
	believes(t, agent, func(s simulator.Settings) bool { return s.Chats[leadNumber].Pinned })
	require.NoError(t, agent.ArchiveChat(ctx, leadNumber, true))

	require.NoError(t, c.SendAppState(ctx, appstate.PatchInfo{Type: appstate.WAPatchRegular, Mutations: []appstate.MutationInfo{{
		Index: []string{appstate.IndexSentinel, string(appstate.WAPatchRegular)}, Version: 1,
		Value: &waSyncAction.SyncActionValue{KeyExpiration: &waSyncAction.KeyExpiration{ExpiredKeyEpoch: proto.Int32(int32(epoch))}},
	}}}))
	c.holds(3)
	require.Empty(t, agent.Settings().Others)
}
