package appstate

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow/proto/waServerSync"
	"google.golang.org/protobuf/proto"
)

const (
	// keepPatches and keepBytes bound the patches that a collection keeps; older ones are only in the snapshot.
	keepPatches = 1000
	keepBytes   = 4 << 20
	// pagePatches and pageBytes bound one answer.
	pagePatches = 50
	pageBytes   = 1 << 20
	// maxRecords and maxBytes bound what a collection holds.
	maxRecords = 50_000
	maxBytes   = 32 << 20
)

// Fetch reads a blob that a patch refers to, decrypted.
type Fetch func(ref *waServerSync.ExternalBlobReference) ([]byte, error)

// Log is what a server keeps of a collection. The zero value is an empty one. It is not safe for use by several
// goroutines.
type Log struct {
	version uint64
	patches [][]byte // the newest, the last of which led to version
	kept    int      // bytes of patches
	records map[macValue]stored
	bytes   int // of records' values
	mac     []byte
	keyID   []byte
}

type stored struct {
	record *waServerSync.SyncdRecord
	at     uint64 // the version that set it
}

// Version is the number of the last patch.
func (l *Log) Version() uint64 { return l.version }

// Append takes a device's patch, made on version base, and gives it its number, which devices leave to the server.
// ErrConflict, ErrInvalid, ErrTooLarge; then nothing has changed.
func (l *Log) Append(base uint64, raw []byte, fetch Fetch) error {
	if base != l.version {
		return fmt.Errorf("%w: patch on version %d of %d", ErrConflict, base, l.version)
	}
	patch, mutations, err := parsePatch(raw, fetch)
	if err != nil {
		return err
	}
	next := l.version + 1
	if patch.Version != nil && patch.GetVersion().GetVersion() != next {
		return fmt.Errorf("%w: patch numbers itself", ErrInvalid)
	}
	if err = l.fits(mutations); err != nil {
		return err
	}
	patch.Version = &waServerSync.SyncdVersion{Version: proto.Uint64(next)}
	numbered, err := proto.Marshal(patch)
	if err != nil {
		return fmt.Errorf("%w: number patch: %w", ErrInvalid, err)
	}
	l.version = next
	l.mac, l.keyID = patch.GetSnapshotMAC(), patch.GetKeyID().GetID()
	for _, m := range mutations {
		l.apply(m)
	}
	l.keep(numbered)
	return nil
}

func (l *Log) fits(mutations []*waServerSync.SyncdMutation) error {
	more := 0
	for _, m := range mutations {
		more += len(m.GetRecord().GetValue().GetBlob())
	}
	if len(l.records)+len(mutations) > maxRecords || l.bytes+more > maxBytes {
		return fmt.Errorf("%w: %d records", ErrTooLarge, len(l.records))
	}
	return nil
}

func (l *Log) apply(m *waServerSync.SyncdMutation) {
	if l.records == nil {
		l.records = make(map[macValue]stored)
	}
	key := macValue(m.GetRecord().GetIndex().GetBlob())
	if old, ok := l.records[key]; ok {
		l.bytes -= len(old.record.GetValue().GetBlob())
		delete(l.records, key)
	}
	if m.GetOperation() == waServerSync.SyncdMutation_SET {
		l.records[key] = stored{m.GetRecord(), l.version}
		l.bytes += len(m.GetRecord().GetValue().GetBlob())
	}
}

func (l *Log) keep(patch []byte) {
	l.patches = append(l.patches, patch)
	l.kept += len(patch)
	for len(l.patches) > keepPatches || (l.kept > keepBytes && len(l.patches) > 1) {
		l.kept -= len(l.patches[0])
		l.patches[0] = nil
		l.patches = l.patches[1:]
	}
}

// Folded says whether some patches are kept no longer, so that a new device needs a snapshot.
func (l *Log) Folded() bool { return uint64(len(l.patches)) < l.version }

// Page is a part of the patches after a version.
type Page struct {
	Patches [][]byte
	More    bool // there are further ones after these
}

// After gives the patches that follow a version, or the first of them. ErrGone if they are folded, ErrInvalid if there
// never was such a version.
func (l *Log) After(version uint64) (Page, error) {
	first := l.version - uint64(len(l.patches))
	switch {
	case version > l.version:
		return Page{}, fmt.Errorf("%w: version %d of %d", ErrInvalid, version, l.version)
	case version < first:
		return Page{}, fmt.Errorf("%w: version %d is before %d", ErrGone, version, first)
	}
	rest := l.patches[version-first:]
	size := 0
	for i, patch := range rest {
		if size += len(patch); i == pagePatches || (i > 0 && size > pageBytes) {
			return Page{Patches: slices.Clone(rest[:i]), More: true}, nil
		}
	}
	return Page{Patches: slices.Clone(rest)}, nil
}

// Snapshot puts together the collection as it is now; nil if it was never written to. The order of the records is that
// in which they were set.
func (l *Log) Snapshot() ([]byte, error) {
	if l.version == 0 {
		return nil, nil
	}
	all := make([]stored, 0, len(l.records))
	for _, r := range l.records {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b stored) int {
		return cmp.Or(cmp.Compare(a.at, b.at), bytes.Compare(a.record.GetIndex().GetBlob(), b.record.GetIndex().GetBlob()))
	})
	snapshot := &waServerSync.SyncdSnapshot{
		Version: &waServerSync.SyncdVersion{Version: proto.Uint64(l.version)},
		Mac:     l.mac,
		KeyID:   &waServerSync.KeyId{ID: l.keyID},
	}
	for _, r := range all {
		snapshot.Records = append(snapshot.Records, r.record)
	}
	raw, err := proto.Marshal(snapshot)
	if err != nil {
		return nil, fmt.Errorf("%w: encode snapshot: %w", ErrInvalid, err)
	}
	return raw, nil
}
