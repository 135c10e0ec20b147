package simulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator"
)

// ask sends a query of app state as it is.
func (c *client) ask(children ...binary.Node) (*binary.Node, error) {
	return c.internals().SendIQ(patient(c.t), whatsmeow.DangerousInfoQuery{
		Namespace: "w:sync:app:state", Type: "set", To: types.ServerJID,
		Content: []binary.Node{{Tag: "sync", Content: children}},
	})
}

// patch makes a patch on the version that the client knows.
func (c *client) patch(info appstate.PatchInfo) (version uint64, raw []byte) {
	c.t.Helper()
	ctx := patient(c.t)
	version, hash, err := c.Store.AppState.GetAppStateVersion(ctx, string(info.Type))
	require.NoError(c.t, err)
	key, err := c.Store.AppStateKeys.GetLatestAppStateSyncKeyID(ctx)
	require.NoError(c.t, err)
	raw, err = appstate.NewProcessor(c.Store, waLog.Noop).EncodePatch(ctx, key, appstate.HashState{Version: version, Hash: hash}, info)
	require.NoError(c.t, err)
	return version, raw
}

// upload sends a patch without taking note of it.
func (c *client) upload(info appstate.PatchInfo) *binary.Node {
	c.t.Helper()
	version, raw := c.patch(info)
	answer, err := c.ask(uploadNode(string(info.Type), version, raw))
	require.NoError(c.t, err)
	return answer
}

func uploadNode(name string, version any, patches ...[]byte) binary.Node {
	node := binary.Node{Tag: "collection", Attrs: binary.Attrs{"name": name, "version": version, "return_snapshot": false}}
	var children []binary.Node
	for _, raw := range patches {
		children = append(children, binary.Node{Tag: "patch", Content: raw})
	}
	node.Content = children
	return node
}

// TestHostileStateUploads sends what no client would. It is refused, nobody else notices.
func TestHostileStateUploads(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Agent"), phone(t, s, leadNumber, "Lead")
	c, other := withState(t, s, agent), withState(t, s, agent)
	version, good := c.patch(appstate.BuildPin(lead.LID(), true))
	low := string(appstate.WAPatchRegularLow)

	for name, node := range map[string]binary.Node{
		"unknown collection": uploadNode("wallpapers", 0, good),
		"no version":         {Tag: "collection", Attrs: binary.Attrs{"name": low}},
		"version in words":   uploadNode(low, "one", good),
		"negative version":   uploadNode(low, -1, good),
		"two patches":        uploadNode(low, version, good, good),
	} {
		_, err := c.ask(node)
		require.ErrorIs(t, err, whatsmeow.ErrIQBadRequest, name)
	}
	_, err := c.ask()
	require.ErrorIs(t, err, whatsmeow.ErrIQBadRequest)
	_, err = c.ask(uploadNode(low, 0), uploadNode(low, 0))
	require.ErrorIs(t, err, whatsmeow.ErrIQBadRequest)

	numbered := new(waServerSync.SyncdPatch)
	require.NoError(t, proto.Unmarshal(good, numbered))
	numbered.Version = &waServerSync.SyncdVersion{Version: proto.Uint64(77)}
	wrong, err := proto.Marshal(numbered)
	require.NoError(t, err)
	numbered.Version, numbered.Mutations = nil, nil
	numbered.ExternalMutations = &waServerSync.ExternalBlobReference{DirectPath: proto.String("/nowhere"), FileSHA256: []byte("x")}
	lost, err := proto.Marshal(numbered)
	require.NoError(t, err)
	for name, bad := range map[string]struct {
		node binary.Node
		code string
	}{
		"empty":       {uploadNode(low, version, []byte{}), "400"},
		"garbage":     {uploadNode(low, version, []byte("garbage")), "400"},
		"too large":   {uploadNode(low, version, make([]byte, 2<<20)), "400"},
		"own number":  {uploadNode(low, version, wrong), "400"},
		"lost file":   {uploadNode(low, version, lost), "400"},
		"the future":  {uploadNode(low, version+1000, good), "409"},
		"no such one": {uploadNode(low, version+1000), "400"},
	} {
		answer, err := c.ask(bad.node)
		require.NoError(t, err, name)
		collection := answer.GetChildByTag("sync", "collection")
		require.Equal(t, "error", collection.Attrs["type"], name)
		require.Equal(t, bad.code, collection.GetChildByTag("error").Attrs["code"], name)
	}
	require.NoError(t, other.SendAppState(patient(t), appstate.BuildPin(lead.LID(), true)))
	believes(t, agent, func(s simulator.Settings) bool { return s.Chats[leadNumber].Pinned })
	await(c, func(e *events.Pin) bool { return e.Action.GetPinned() })
}

// TestFatalState lets a client upload what no device can read, and another one ask for everything anew: the phone makes
// the collection again out of what it believes, and all clients have to be linked anew.
//
// covers: SendPeerMessage events.LoggedOut
func TestFatalState(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Agent"), phone(t, s, leadNumber, "Lead")
	c, ctx := withState(t, s, agent), t.Context()
	require.NoError(t, c.SendAppState(ctx, appstate.BuildPin(lead.LID(), true)))
	believes(t, agent, func(s simulator.Settings) bool { return s.Chats[leadNumber].Pinned })
	// The phone acts at once, so that the client may be gone before it hears that the message arrived.
	_, _ = c.SendPeerMessage(ctx, whatsmeow.BuildFatalAppStateExceptionNotification(appstate.WAPatchRegularLow))
	await[*events.LoggedOut](c, nil)
	require.Empty(t, agent.Devices())
	settings := agent.Settings()
	require.True(t, settings.Chats[leadNumber].Pinned)
	require.EqualValues(t, 1, settings.Versions[string(appstate.WAPatchRegularLow)])

	bad := withState(t, s, agent)
	require.True(t, await[*events.Pin](bad, nil).Action.GetPinned())
	version, raw := bad.patch(appstate.BuildPin(lead.LID(), false))
	patch := new(waServerSync.SyncdPatch)
	require.NoError(t, proto.Unmarshal(raw, patch))
	patch.PatchMAC[0] ^= 1
	raw, err := proto.Marshal(patch)
	require.NoError(t, err)
	// The answer may come too late for a client that is being logged out.
	_, _ = bad.ask(uploadNode(string(appstate.WAPatchRegularLow), version, raw))
	await[*events.LoggedOut](bad, nil)
	require.True(t, agent.Settings().Chats[leadNumber].Pinned)

	last := withState(t, s, agent)
	require.NoError(t, last.SendAppState(ctx, appstate.BuildPin(lead.LID(), false)))
	believes(t, agent, func(s simulator.Settings) bool { return !s.Chats[leadNumber].Pinned })
}

// TestDirtyBits lets clients miss something and clean up.
//
// covers: MarkNotDirty
func TestDirtyBits(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "Agent")
	phone(t, s, leadNumber, "Lead")
	c, ctx := withState(t, s, agent), t.Context()
	dirty := func() []string { return agent.Devices()[0].Dirty }
	require.Equal(t, []string{simulator.DirtyAccount}, dirty(), "a new device knows nothing")
	require.NoError(t, c.MarkNotDirty(ctx, simulator.DirtyAccount, time.Now().Add(-time.Hour)))
	require.NotEmpty(t, dirty(), "it has read what was there an hour ago")
	require.NoError(t, c.MarkNotDirty(ctx, simulator.DirtyAccount, time.Now()))
	require.Empty(t, dirty())

	c.Disconnect()
	require.Eventually(t, func() bool { return !agent.Devices()[0].Online }, patience, time.Millisecond)
	require.NoError(t, agent.PinChat(ctx, leadNumber, true))
	require.NoError(t, agent.SetAbout(ctx, "away"))
	require.Equal(t, []string{simulator.DirtyAccount, simulator.DirtyAppState}, dirty())
	c.connect()
	await(c, func(e *events.Pin) bool { return e.Action.GetPinned() })
	require.NoError(t, agent.MarkDirty(simulator.DirtyGroups))
	for _, kind := range []string{simulator.DirtyAccount, simulator.DirtyAppState, simulator.DirtyGroups} {
		require.NoError(t, c.MarkNotDirty(ctx, kind, time.Now().Add(time.Minute)))
	}
	require.Empty(t, dirty())
	require.ErrorIs(t, c.MarkNotDirty(ctx, "shoes", time.Now()), whatsmeow.ErrIQBadRequest)
	require.ErrorIs(t, agent.MarkDirty("shoes"), simulator.ErrInvalid)
}
