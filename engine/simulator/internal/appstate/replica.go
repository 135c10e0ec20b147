package appstate

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"go.mau.fi/whatsmeow/proto/waServerSync"
	"google.golang.org/protobuf/proto"
)

// Replica is a device's view of a collection. It is not safe for use by several goroutines.
type Replica struct {
	name    string
	version uint64
	hash    Hash
	entries map[macValue]entry
}

type entry struct {
	Mutation
	keyID string
	value macValue
	at    uint64 // the version that set it
}

// NewReplica begins empty, at version 0.
func NewReplica(name string) *Replica {
	return &Replica{name: name, entries: make(map[macValue]entry)}
}

// Version is the number of the last patch that was applied.
func (r *Replica) Version() uint64 { return r.version }

// Entries gives what the collection holds, what was set last at the end. An index can occur twice, if it was set under
// a new key by a device that did not remove the old record; the later one counts.
func (r *Replica) Entries() iter.Seq[Mutation] {
	all := slices.SortedFunc(maps.Values(r.entries), func(a, b entry) int { return cmp.Compare(a.at, b.at) })
	return func(yield func(Mutation) bool) {
		for _, e := range all {
			if !yield(e.Mutation) {
				return
			}
		}
	}
}

// Patch makes the patch that carries mutations out, under the ring's active key; nil if there is nothing to do. It
// changes nothing here: the patch is applied as any other when it comes back from the server with its number. A SET of
// an index that has a record under an older key removes that record, and a REMOVE is made under the key of the record
// that it removes, since the server knows records by the MAC of their index, which depends on the key.
func (r *Replica) Patch(ring *Ring, device uint32, mutations []Mutation) (*waServerSync.SyncdPatch, error) {
	active := ring.Active().ID()
	next, known := r.state(), r.byIndex()
	var sealed []*waServerSync.SyncdMutation
	for _, m := range mutations {
		batch, err := plan(ring, m, active, known[join(m.Index)])
		if err != nil {
			return nil, err
		}
		for _, one := range batch {
			next.apply(one)
		}
		sealed = append(sealed, batch...)
	}
	if len(sealed) == 0 {
		return nil, nil
	}
	s, err := ring.open(active)
	if err != nil {
		return nil, err
	}
	state := snapshotMAC(s, &next.hash, r.version+1, r.name)
	whole := patchMAC(s, state[:], sealed, r.version+1, r.name)
	return &waServerSync.SyncdPatch{
		Mutations: sealed, SnapshotMAC: state[:], PatchMAC: whole[:],
		KeyID: &waServerSync.KeyId{ID: active}, DeviceIndex: proto.Uint32(device),
	}, nil
}

// byIndex finds the records of an index, of which there can be several under different keys.
func (r *Replica) byIndex() map[string][]entry {
	out := make(map[string][]entry, len(r.entries))
	for _, e := range r.entries {
		out[join(e.Index)] = append(out[join(e.Index)], e)
	}
	return out
}

func join(index []string) string { return strings.Join(index, "\x00") }

// plan seals one mutation and the removals that go with it; known are the records of its index.
func plan(ring *Ring, m Mutation, active []byte, known []entry) ([]*waServerSync.SyncdMutation, error) {
	var out []*waServerSync.SyncdMutation
	for _, e := range known {
		if !m.Remove && e.keyID == string(active) {
			continue
		}
		s, err := ring.open([]byte(e.keyID))
		if err != nil {
			return nil, err
		}
		gone := e.Mutation
		gone.Remove = true
		one, err := gone.seal([]byte(e.keyID), s)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	if m.Remove {
		return out, nil
	}
	s, err := ring.open(active)
	if err != nil {
		return nil, err
	}
	one, err := m.seal(active, s)
	if err != nil {
		return nil, err
	}
	return append(out, one), nil
}

// Apply checks a numbered patch and carries it out. It gives the mutations, in order. ErrKey, ErrMAC, ErrInvalid; then
// nothing has changed.
func (r *Replica) Apply(ring *Ring, raw []byte, fetch Fetch) ([]Mutation, error) {
	patch, sealed, err := parsePatch(raw, fetch)
	if err != nil {
		return nil, err
	}
	version := patch.GetVersion().GetVersion()
	if version != r.version+1 {
		return nil, fmt.Errorf("%w: patch %d after version %d", ErrInvalid, version, r.version)
	}
	s, err := ring.open(patch.GetKeyID().GetID())
	if err != nil {
		return nil, err
	}
	if !equal(patchMAC(s, patch.GetSnapshotMAC(), sealed, version, r.name), patch.GetPatchMAC()) {
		return nil, fmt.Errorf("%w: patch", ErrMAC)
	}
	next := r.state()
	for _, m := range sealed {
		next.apply(m)
	}
	if !equal(snapshotMAC(s, &next.hash, version, r.name), patch.GetSnapshotMAC()) {
		return nil, fmt.Errorf("%w: state after the patch", ErrMAC)
	}
	mutations := make([]Mutation, len(sealed))
	for i, m := range sealed {
		if mutations[i], err = unseal(ring, m.GetOperation(), m.GetRecord()); err != nil {
			return nil, err
		}
	}
	r.version, r.hash = version, next.hash
	for i, m := range sealed {
		r.put(mutations[i], m.GetRecord())
	}
	return mutations, nil
}

// Restore checks a snapshot and puts it in the place of everything. ErrKey, ErrMAC, ErrInvalid; then nothing has
// changed.
func (r *Replica) Restore(ring *Ring, raw []byte) error {
	snapshot := new(waServerSync.SyncdSnapshot)
	if err := proto.Unmarshal(raw, snapshot); err != nil {
		return fmt.Errorf("%w: snapshot: %w", ErrInvalid, err)
	}
	s, err := ring.open(snapshot.GetKeyID().GetID())
	if err != nil {
		return err
	}
	fresh := NewReplica(r.name)
	fresh.version = snapshot.GetVersion().GetVersion()
	for _, record := range snapshot.GetRecords() {
		if err = checkRecord(record); err != nil {
			return err
		}
		m, err := unseal(ring, waServerSync.SyncdMutation_SET, record)
		if err != nil {
			return err
		}
		fresh.hash.add(valueMAC(record))
		fresh.put(m, record)
	}
	if !equal(snapshotMAC(s, &fresh.hash, fresh.version, r.name), snapshot.GetMac()) {
		return fmt.Errorf("%w: snapshot", ErrMAC)
	}
	*r = *fresh
	return nil
}

func (r *Replica) put(m Mutation, record *waServerSync.SyncdRecord) {
	key := macValue(record.GetIndex().GetBlob())
	if m.Remove {
		delete(r.entries, key)
		return
	}
	r.entries[key] = entry{m, string(record.GetKeyID().GetID()), valueMAC(record), r.version}
}

// outlook is a state that is being computed on top of a replica's.
type outlook struct {
	hash    Hash
	replica *Replica
	changed map[macValue]*macValue // value MACs that differ from the replica's; nil: removed
}

func (r *Replica) state() *outlook {
	return &outlook{hash: r.hash, replica: r, changed: make(map[macValue]*macValue)}
}

func (o *outlook) apply(m *waServerSync.SyncdMutation) {
	key := macValue(m.GetRecord().GetIndex().GetBlob())
	if old, ok := o.value(key); ok {
		o.hash.remove(old)
	}
	o.changed[key] = nil
	if m.GetOperation() == waServerSync.SyncdMutation_SET {
		value := valueMAC(m.GetRecord())
		o.hash.add(value)
		o.changed[key] = &value
	}
}

func (o *outlook) value(key macValue) (macValue, bool) {
	if value, known := o.changed[key]; known {
		if value == nil {
			return macValue{}, false
		}
		return *value, true
	}
	e, ok := o.replica.entries[key]
	return e.value, ok
}
