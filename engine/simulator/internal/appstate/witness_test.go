package appstate_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	waLog "go.mau.fi/whatsmeow/util/log"
	"google.golang.org/protobuf/proto"

	ours "github.com/myaibud/aibud/engine/simulator/internal/appstate"
)

// witness is whatsmeow's own implementation, on a store in memory.
type witness struct {
	*appstate.Processor
	store.AppStateStore
	store.AppStateSyncKeyStore

	keys    map[string][]byte
	macs    map[string][]byte
	version uint64
	hash    [128]byte
}

func newWitness(keys ...ours.Key) *witness {
	w := &witness{keys: make(map[string][]byte), macs: make(map[string][]byte)}
	for _, k := range keys {
		w.keys[string(k.ID())] = k.Data[:]
	}
	w.Processor = appstate.NewProcessor(&store.Device{AppState: w, AppStateKeys: w}, waLog.Noop)
	return w
}

func (w *witness) GetAppStateSyncKey(_ context.Context, id []byte) (*store.AppStateSyncKey, error) {
	if data := w.keys[string(id)]; data != nil {
		return &store.AppStateSyncKey{Data: data}, nil
	}
	return nil, nil
}

func (w *witness) PutAppStateVersion(_ context.Context, _ string, version uint64, hash [128]byte) error {
	w.version, w.hash = version, hash
	return nil
}

func (w *witness) DeleteAppStateVersion(context.Context, string) error {
	clear(w.macs)
	return nil
}

func (w *witness) PutAppStateMutationMACs(_ context.Context, _ string, _ uint64, macs []store.AppStateMutationMAC) error {
	for _, m := range macs {
		w.macs[string(m.IndexMAC)] = m.ValueMAC
	}
	return nil
}

func (w *witness) DeleteAppStateMutationMACs(_ context.Context, _ string, macs [][]byte) error {
	for _, m := range macs {
		delete(w.macs, string(m))
	}
	return nil
}

func (w *witness) GetAppStateMutationMAC(_ context.Context, _ string, mac []byte) ([]byte, error) {
	return w.macs[string(mac)], nil
}

func (w *witness) state() appstate.HashState {
	return appstate.HashState{Version: w.version, Hash: w.hash}
}

const collection = appstate.WAPatchRegularLow

func (w *witness) read(t *testing.T, raws ...[]byte) ([]appstate.Mutation, error) {
	t.Helper()
	list := &appstate.PatchList{Name: collection}
	for _, raw := range raws {
		patch := new(waServerSync.SyncdPatch)
		require.NoError(t, proto.Unmarshal(raw, patch))
		list.Patches = append(list.Patches, patch)
	}
	out, _, err := w.DecodePatches(t.Context(), list, w.state(), true)
	return out, err
}

func (w *witness) write(t *testing.T, key ours.Key, info appstate.PatchInfo) []byte {
	t.Helper()
	raw, err := w.EncodePatch(t.Context(), key.ID(), w.state(), info)
	require.NoError(t, err)
	return raw
}

func key(t *testing.T, epoch uint32) ours.Key {
	t.Helper()
	k, err := ours.NewKey(0, epoch, time.Now())
	require.NoError(t, err)
	return k
}

func mutation(chat types.JID, on bool) ours.Mutation {
	info := appstate.BuildPin(chat, on).Mutations[0]
	return ours.Mutation{Index: info.Index, Value: info.Value, Version: info.Version}
}

func person(user string) types.JID { return types.NewJID(user, types.HiddenUserServer) }

// network is a server's log with one device of ours and whatsmeow's beside it.
type network struct {
	t    *testing.T
	log  ours.Log
	ring *ours.Ring
	own  *ours.Replica
	them *witness
}

func newNetwork(t *testing.T, keys ...ours.Key) *network {
	t.Helper()
	return &network{
		t: t, ring: ours.NewRing(keys...), own: ours.NewReplica(string(collection)), them: newWitness(keys...),
	}
}

// change lets our device write, and both read.
func (n *network) change(mutations ...ours.Mutation) []appstate.Mutation {
	n.t.Helper()
	patch, err := n.own.Patch(n.ring, 0, mutations)
	require.NoError(n.t, err)
	raw, err := proto.Marshal(patch)
	require.NoError(n.t, err)
	return n.spread(raw)
}

// spread brings a patch to the server and from there to both devices.
func (n *network) spread(raw []byte) []appstate.Mutation {
	n.t.Helper()
	require.NoError(n.t, n.log.Append(n.log.Version(), raw, nil))
	page, err := n.log.After(n.log.Version() - 1)
	require.NoError(n.t, err)
	require.Len(n.t, page.Patches, 1)
	_, err = n.own.Apply(n.ring, page.Patches[0], nil)
	require.NoError(n.t, err)
	read, err := n.them.read(n.t, page.Patches[0])
	require.NoError(n.t, err)
	return read
}

func (n *network) entries() map[string]bool {
	out := make(map[string]bool)
	for m := range n.own.Entries() {
		out[m.Index[1]] = m.Value.GetPinAction().GetPinned()
	}
	return out
}

func TestBothImplementationsReadWhatTheOtherWrites(t *testing.T) {
	t.Parallel()
	k := key(t, 7)
	n := newNetwork(t, k)
	a, b, c := person("1"), person("2"), person("3")

	read := n.change(mutation(a, true), mutation(b, true))
	require.Len(t, read, 2)
	require.Equal(t, []string{"pin_v1", a.String()}, read[0].Index)
	require.True(t, read[0].Action.GetPinAction().GetPinned())

	n.spread(n.them.write(t, k, appstate.BuildPin(c, true)))
	n.spread(n.them.write(t, k, appstate.BuildPin(a, false)))
	require.Equal(t, map[string]bool{a.String(): false, b.String(): true, c.String(): true}, n.entries())

	gone := mutation(b, false)
	gone.Remove = true
	read = n.change(gone)
	require.Equal(t, waServerSync.SyncdMutation_REMOVE, read[0].Operation)
	require.Equal(t, map[string]bool{a.String(): false, c.String(): true}, n.entries())
	require.EqualValues(t, 4, n.own.Version())

	patch, err := n.own.Patch(n.ring, 0, []ours.Mutation{gone})
	require.NoError(t, err)
	require.Nil(t, patch, "there is nothing left to remove")
}

func TestSnapshotOfTheServer(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, key(t, 1))
	empty, err := n.log.Snapshot()
	require.NoError(t, err)
	require.Nil(t, empty)
	n.change(mutation(person("1"), true))
	n.change(mutation(person("2"), true), mutation(person("1"), false))
	raw, err := n.log.Snapshot()
	require.NoError(t, err)

	fresh := ours.NewReplica(string(collection))
	require.NoError(t, fresh.Restore(n.ring, raw))
	require.EqualValues(t, 2, fresh.Version())

	snapshot := new(waServerSync.SyncdSnapshot)
	require.NoError(t, proto.Unmarshal(raw, snapshot))
	them := newWitness(n.ring.All()...)
	read, _, err := them.DecodePatches(t.Context(), &appstate.PatchList{Name: collection, Snapshot: snapshot}, appstate.HashState{}, true)
	require.NoError(t, err)
	require.Len(t, read, 2)
	require.Equal(t, n.them.state(), them.state())

	snapshot.Mac[3] ^= 1
	spoilt, err := proto.Marshal(snapshot)
	require.NoError(t, err)
	require.ErrorIs(t, fresh.Restore(n.ring, spoilt), ours.ErrMAC)
	require.EqualValues(t, 2, fresh.Version())
}

func TestRotationKeepsOldRecordsReadable(t *testing.T) {
	t.Parallel()
	first := key(t, 1)
	n := newNetwork(t, first)
	n.change(mutation(person("1"), true), mutation(person("2"), true))
	second := key(t, 2)
	n.ring.Add(second)
	require.Equal(t, second, n.ring.Active())

	patch, err := n.own.Patch(n.ring, 0, []ours.Mutation{mutation(person("1"), false)})
	require.NoError(t, err)
	raw, err := proto.Marshal(patch)
	require.NoError(t, err)
	numbered := proto.CloneOf(patch)
	numbered.Version = &waServerSync.SyncdVersion{Version: proto.Uint64(2)}
	unread, err := proto.Marshal(numbered)
	require.NoError(t, err)
	_, err = n.them.read(t, unread)
	require.ErrorIs(t, err, appstate.ErrKeyNotFound)
	require.Equal(t, [][]byte{second.ID()}, n.them.GetMissingKeyIDs(t.Context(), &appstate.PatchList{
		Name: collection, Patches: []*waServerSync.SyncdPatch{numbered},
	}))
	other := ours.NewReplica(string(collection))
	_, err = other.Apply(ours.NewRing(first), unread, nil)
	require.ErrorIs(t, err, ours.ErrInvalid, "a patch is skipped")

	n.them.keys[string(second.ID())] = second.Data[:]
	read := n.spread(raw)
	require.Len(t, read, 2, "the record under the old key is removed")
	require.Equal(t, map[string]bool{person("1").String(): false, person("2").String(): true}, n.entries())

	recovered, err := n.own.Recovery()
	require.NoError(t, err)
	parsed, err := appstate.ParseRecovery(&waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult_SyncDSnapshotFatalRecoveryResponse{
		CollectionSnapshot: recovered, IsCompressed: proto.Bool(true),
	})
	require.NoError(t, err)
	them := newWitness(first, second)
	mutations, err := them.ProcessRecovery(t.Context(), parsed)
	require.NoError(t, err)
	require.Len(t, mutations, 2)
	require.Equal(t, n.them.state(), them.state())
	require.Equal(t, n.them.macs, them.macs)
}

func TestMutationsOutsideThePatch(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, key(t, 1))
	patch, err := n.own.Patch(n.ring, 0, []ours.Mutation{mutation(person("1"), true)})
	require.NoError(t, err)
	list, err := proto.Marshal(&waServerSync.SyncdMutations{Mutations: patch.Mutations})
	require.NoError(t, err)
	patch.Mutations, patch.ExternalMutations = nil, &waServerSync.ExternalBlobReference{DirectPath: proto.String("/x")}
	raw, err := proto.Marshal(patch)
	require.NoError(t, err)
	fetch := func(ref *waServerSync.ExternalBlobReference) ([]byte, error) {
		require.Equal(t, "/x", ref.GetDirectPath())
		return list, nil
	}
	require.ErrorIs(t, n.log.Append(0, raw, nil), ours.ErrInvalid)
	lost := errors.New("lost")
	require.ErrorIs(t, n.log.Append(0, raw, func(*waServerSync.ExternalBlobReference) ([]byte, error) { return nil, lost }), lost)
	require.NoError(t, n.log.Append(0, raw, fetch))
	page, err := n.log.After(0)
	require.NoError(t, err)
	read, err := n.own.Apply(n.ring, page.Patches[0], fetch)
	require.NoError(t, err)
	require.Len(t, read, 1)
	snapshot, err := n.log.Snapshot()
	require.NoError(t, err)
	require.NoError(t, ours.NewReplica(string(collection)).Restore(n.ring, snapshot))
}
