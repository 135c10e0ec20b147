package simulator

import (
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waServerSync"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/media"
)

// longState is how many patches a collection has when a client that begins gets a snapshot instead of them: what goes
// into one answer needs no download.
const longState = 50

// storedSnapshot is a snapshot on the media hosts.
type storedSnapshot struct {
	version   uint64
	reference []byte
	at        time.Time
}

// fetchState reads the mutations that a device keeps outside its patch, on the media hosts.
func (s *Server) fetchState(ref *waServerSync.ExternalBlobReference) ([]byte, error) {
	raw, err := s.media.Get(media.AppState, ref)
	if err != nil {
		raw, err = s.media.Kept(media.AppState, ref)
	}
	return raw, mediaError(err)
}

// storeState puts mutations or a snapshot of an account on the media hosts. The key that goes with the address keeps
// nothing from the server: what it encrypts is encrypted already.
func (s *Server) storeState(number string, raw []byte) (*waServerSync.ExternalBlobReference, error) {
	file, err := s.media.Put(number, media.AppState, raw)
	if err != nil {
		return nil, mediaError(err)
	}
	return &waServerSync.ExternalBlobReference{
		MediaKey: file.Key, DirectPath: proto.String(file.DirectPath), Handle: proto.String(file.Handle),
		FileSizeBytes: proto.Uint64(file.Length), FileSHA256: file.SHA256, FileEncSHA256: file.EncSHA256,
	}, nil
}

// snapshotOf gives the node that tells where a collection's snapshot is; nil if the collection is short.
func (s *Server) snapshotOf(a *account, name string) (uint64, []binary.Node, error) {
	damaged := false
	a.mu.Lock()
	log, stored := a.state.log(name), a.state.snapshots[name]
	version, long := log.Version(), log.Folded() || log.Version() > longState
	if long {
		damaged = s.faults.take(FaultStateDamaged, a.number)
	}
	var raw []byte
	var err error
	if long && (damaged || stored.version != version || s.clock.Now().After(stored.at.Add(media.Life/2))) {
		raw, err = log.Snapshot()
	}
	a.mu.Unlock()
	if err != nil || !long {
		return version, nil, err
	}
	if raw != nil {
		if stored, err = s.storeSnapshot(a, name, version, raw, damaged); err != nil {
			return version, nil, err
		}
	}
	return version, []binary.Node{{Tag: "snapshot", Content: stored.reference}}, nil
}

// storeSnapshot puts a snapshot on the media hosts; one that a fault damages is for one client only.
func (s *Server) storeSnapshot(a *account, name string, version uint64, raw []byte, damaged bool) (storedSnapshot, error) {
	if damaged {
		raw = damagedSnapshot(raw)
	}
	reference, err := s.storeState(a.number, raw)
	if err != nil {
		return storedSnapshot{}, err
	}
	encoded, err := proto.Marshal(reference)
	if err != nil {
		return storedSnapshot{}, fmt.Errorf("encode reference: %w", err)
	}
	stored := storedSnapshot{version, encoded, s.clock.Now()}
	if damaged {
		return stored, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state.snapshots == nil {
		a.state.snapshots = make(map[string]storedSnapshot)
	}
	a.state.snapshots[name] = stored
	return stored, nil
}

// damagedPatch gives a patch a MAC that does not match, on a copy.
func damagedPatch(raw []byte) []byte {
	patch := new(waServerSync.SyncdPatch)
	if proto.Unmarshal(raw, patch) != nil || len(patch.PatchMAC) == 0 {
		return raw
	}
	patch.PatchMAC[0] ^= 0xff
	return encoded(patch, raw)
}

// damagedSnapshot does the same to a snapshot.
func damagedSnapshot(raw []byte) []byte {
	snapshot := new(waServerSync.SyncdSnapshot)
	if proto.Unmarshal(raw, snapshot) != nil || len(snapshot.Mac) == 0 {
		return raw
	}
	snapshot.Mac[0] ^= 0xff
	return encoded(snapshot, raw)
}

func encoded(m proto.Message, otherwise []byte) []byte {
	raw, err := proto.Marshal(m)
	if err != nil {
		return otherwise
	}
	return raw
}
