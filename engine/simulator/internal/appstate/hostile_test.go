package appstate_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waServerSync"
	"google.golang.org/protobuf/proto"

	ours "github.com/myaibud/aibud/engine/simulator/internal/appstate"
)

func first(t *testing.T, n *network, mutations ...ours.Mutation) *waServerSync.SyncdPatch {
	t.Helper()
	if mutations == nil {
		mutations = []ours.Mutation{mutation(person("1"), true), mutation(person("2"), true)}
	}
	patch, err := n.own.Patch(n.ring, 0, mutations)
	require.NoError(t, err)
	return patch
}

func TestServerRefusesWhatIsNoPatch(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(p *waServerSync.SyncdPatch){
		"no mutations":    func(p *waServerSync.SyncdPatch) { p.Mutations = nil },
		"no snapshot MAC": func(p *waServerSync.SyncdPatch) { p.SnapshotMAC = nil },
		"short patch MAC": func(p *waServerSync.SyncdPatch) { p.PatchMAC = p.PatchMAC[1:] },
		"no key":          func(p *waServerSync.SyncdPatch) { p.KeyID = nil },
		"own number":      func(p *waServerSync.SyncdPatch) { p.Version = &waServerSync.SyncdVersion{Version: proto.Uint64(9)} },
		"no record":       func(p *waServerSync.SyncdPatch) { p.Mutations[0].Record = nil },
		"no value":        func(p *waServerSync.SyncdPatch) { p.Mutations[0].Record.Value = nil },
		"short value":     func(p *waServerSync.SyncdPatch) { p.Mutations[1].Record.Value.Blob = make([]byte, 31) },
		"no whole blocks": func(p *waServerSync.SyncdPatch) { p.Mutations[1].Record.Value.Blob = make([]byte, 32+33) },
		"short index":     func(p *waServerSync.SyncdPatch) { p.Mutations[0].Record.Index.Blob = []byte{1} },
		"mutation's key":  func(p *waServerSync.SyncdPatch) { p.Mutations[0].Record.KeyID.ID = make([]byte, 65) },
		"unknown operation": func(p *waServerSync.SyncdPatch) {
			p.Mutations[0].Operation = waServerSync.SyncdMutation_SyncdOperation(5).Enum()
		},
		"too large":      func(p *waServerSync.SyncdPatch) { p.ClientDebugData = make([]byte, ours.MaxPatch) },
		"inside and out": func(p *waServerSync.SyncdPatch) { p.ExternalMutations = new(waServerSync.ExternalBlobReference) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, key(t, 1))
			patch := first(t, n)
			change(patch)
			raw, err := proto.Marshal(patch)
			require.NoError(t, err)
			require.ErrorIs(t, n.log.Append(0, raw, nil), ours.ErrInvalid)
			require.Zero(t, n.log.Version())
		})
	}
	var log ours.Log
	require.ErrorIs(t, log.Append(0, nil, nil), ours.ErrInvalid)
	require.ErrorIs(t, log.Append(0, []byte("garbage"), nil), ours.ErrInvalid)
	require.ErrorIs(t, log.Append(1, nil, nil), ours.ErrConflict)
	_, err := log.After(1)
	require.ErrorIs(t, err, ours.ErrInvalid)
}

func TestDeviceRefusesWhatWasAltered(t *testing.T) {
	t.Parallel()
	number := &waServerSync.SyncdVersion{Version: proto.Uint64(1)}
	for name, change := range map[string]func(p *waServerSync.SyncdPatch){
		"patch MAC":    func(p *waServerSync.SyncdPatch) { p.PatchMAC[0] ^= 1 },
		"snapshot MAC": func(p *waServerSync.SyncdPatch) { p.SnapshotMAC[0] ^= 1 },
		"value":        func(p *waServerSync.SyncdPatch) { p.Mutations[0].Record.Value.Blob[20] ^= 1 },
		"value MAC": func(p *waServerSync.SyncdPatch) {
			blob := p.Mutations[0].Record.Value.Blob
			blob[len(blob)-1] ^= 1
		},
		"index":     func(p *waServerSync.SyncdPatch) { p.Mutations[0].Record.Index.Blob[0] ^= 1 },
		"operation": func(p *waServerSync.SyncdPatch) { p.Mutations[0].Operation = waServerSync.SyncdMutation_REMOVE.Enum() },
		"order":     func(p *waServerSync.SyncdPatch) { p.Mutations[0], p.Mutations[1] = p.Mutations[1], p.Mutations[0] },
		"left out":  func(p *waServerSync.SyncdPatch) { p.Mutations = p.Mutations[:1] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, key(t, 1))
			patch := first(t, n)
			patch.Version = number
			change(patch)
			raw, err := proto.Marshal(patch)
			require.NoError(t, err)
			_, err = n.own.Apply(n.ring, raw, nil)
			require.ErrorIs(t, err, ours.ErrMAC)
			require.Zero(t, n.own.Version())
			require.Empty(t, n.entries())
			_, err = n.them.read(t, raw)
			require.Error(t, err, "whatsmeow refuses it too")
		})
	}
}

func TestStorageIsBounded(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, key(t, 1))
	patch := first(t, n)
	patch.ClientDebugData = make([]byte, ours.MaxPatch-2048)
	raw, err := proto.Marshal(patch)
	require.NoError(t, err)
	for range 6 {
		require.NoError(t, n.log.Append(n.log.Version(), raw, nil))
	}
	require.True(t, n.log.Folded())
	_, err = n.log.After(0)
	require.ErrorIs(t, err, ours.ErrGone)
	page, err := n.log.After(4)
	require.NoError(t, err)
	require.Len(t, page.Patches, 1, "an answer is bounded by bytes")
	require.True(t, page.More)
	page, err = n.log.After(6)
	require.NoError(t, err)
	require.Empty(t, page.Patches)
	require.False(t, page.More)
	snapshot, err := n.log.Snapshot()
	require.NoError(t, err)
	require.Less(t, len(snapshot), 2048, "records are kept once")
}

func TestPages(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, key(t, 1))
	for i := range 120 {
		n.change(mutation(person(fmt.Sprint(i)), true))
	}
	fresh := ours.NewReplica(string(collection))
	pages := 0
	for more := true; more; pages++ {
		page, err := n.log.After(fresh.Version())
		require.NoError(t, err)
		for _, raw := range page.Patches {
			_, err = fresh.Apply(n.ring, raw, nil)
			require.NoError(t, err)
		}
		more = page.More
	}
	require.Equal(t, 3, pages)
	require.EqualValues(t, 120, fresh.Version())
}

func TestNewestKey(t *testing.T) {
	t.Parallel()
	a, b, c := ours.Key{Device: 3, Epoch: 2}, ours.Key{Device: 1, Epoch: 2}, ours.Key{Device: 0, Epoch: 1}
	ring := ours.NewRing(a, b, c, ours.Key{Device: 3, Epoch: 2, Data: [32]byte{1}})
	require.Equal(t, b, ring.Active())
	require.Equal(t, []ours.Key{a, b, c}, ring.All())
	require.Equal(t, []byte{0, 3, 0, 0, 0, 2}, a.ID())
}

// FuzzPatch gives server and device what a hostile client or server could send.
func FuzzPatch(f *testing.F) {
	k := ours.Key{Epoch: 1}
	ring := ours.NewRing(k)
	replica := ours.NewReplica(string(collection))
	patch, err := replica.Patch(ring, 0, []ours.Mutation{mutation(person("1"), true)})
	require.NoError(f, err)
	patch.Version = &waServerSync.SyncdVersion{Version: proto.Uint64(1)}
	raw, err := proto.Marshal(patch)
	require.NoError(f, err)
	f.Add(raw)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var log ours.Log
		if log.Append(0, raw, nil) == nil {
			snapshot, err := log.Snapshot()
			require.NoError(t, err)
			// Whether it fits the key is not known; it must not crash.
			_ = ours.NewReplica(string(collection)).Restore(ring, snapshot)
		}
		device := ours.NewReplica(string(collection))
		if _, err := device.Apply(ring, raw, nil); err != nil {
			require.Zero(t, device.Version())
		}
		_ = device.Restore(ring, raw)
	})
}
