package appstate

import (
	"errors"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waServerSync"
	"google.golang.org/protobuf/proto"
)

var (
	// ErrKey means that a patch or snapshot was made with a key that the device doesn't have.
	ErrKey = errors.New("unknown app state key")
	// ErrMAC means that a patch or snapshot was altered, or does not fit the state that it is applied to.
	ErrMAC = errors.New("app state MAC does not match")
	// ErrInvalid means that bytes are no patch or snapshot.
	ErrInvalid = errors.New("invalid app state")
	// ErrConflict means that a patch was made on another version than the newest.
	ErrConflict = errors.New("app state has moved on")
	// ErrGone means that patches after a version are kept no longer, only a snapshot.
	ErrGone = errors.New("app state patches are folded")
	// ErrTooLarge means that a collection would grow beyond all measure.
	ErrTooLarge = errors.New("app state too large")
)

// MissingKeyError is an ErrKey that says which key it is.
type MissingKeyError struct{ ID []byte }

func (e *MissingKeyError) Error() string { return ErrKey.Error() }

// Is makes every MissingKeyError an ErrKey.
func (e *MissingKeyError) Is(target error) bool { return target == ErrKey }

const (
	// MaxPatch is the largest patch that is taken, in bytes.
	MaxPatch = 1 << 20
	// MaxExternal is the largest list of mutations outside a patch, in bytes.
	MaxExternal = 16 << 20
	// MaxMutations bounds one patch.
	MaxMutations = 20_000
	// InlineMutations is how many mutations a patch holds at most; more go outside, as a blob that it refers to
	// (WhatsApp Web's syncd_inline_mutations_max_count, whose default is 100).
	InlineMutations = 100
	maxKeyID        = 64
	block           = 16
)

// parsePatch decodes a patch whose mutations are all inside, or whose others come by fetch.
func parsePatch(raw []byte, fetch Fetch) (*waServerSync.SyncdPatch, []*waServerSync.SyncdMutation, error) {
	if len(raw) == 0 || len(raw) > MaxPatch {
		return nil, nil, fmt.Errorf("%w: patch of %d bytes", ErrInvalid, len(raw))
	}
	patch := new(waServerSync.SyncdPatch)
	if err := proto.Unmarshal(raw, patch); err != nil {
		return nil, nil, fmt.Errorf("%w: patch: %w", ErrInvalid, err)
	}
	mutations := patch.GetMutations()
	if patch.ExternalMutations != nil {
		if len(mutations) > 0 || fetch == nil {
			return nil, nil, fmt.Errorf("%w: patch with mutations outside", ErrInvalid)
		}
		more, err := fetchMutations(patch.ExternalMutations, fetch)
		if err != nil {
			return nil, nil, err
		}
		mutations = more
	}
	if len(patch.GetSnapshotMAC()) != macSize || len(patch.GetPatchMAC()) != macSize || !goodKeyID(patch.GetKeyID()) {
		return nil, nil, fmt.Errorf("%w: patch without MACs or key", ErrInvalid)
	}
	if len(mutations) == 0 || len(mutations) > MaxMutations {
		return nil, nil, fmt.Errorf("%w: patch of %d mutations", ErrInvalid, len(mutations))
	}
	for _, m := range mutations {
		if op := m.GetOperation(); op != waServerSync.SyncdMutation_SET && op != waServerSync.SyncdMutation_REMOVE {
			return nil, nil, fmt.Errorf("%w operation", ErrInvalid)
		}
		if err := checkRecord(m.GetRecord()); err != nil {
			return nil, nil, err
		}
	}
	return patch, mutations, nil
}

func fetchMutations(ref *waServerSync.ExternalBlobReference, fetch Fetch) ([]*waServerSync.SyncdMutation, error) {
	raw, err := fetch(ref)
	if err != nil {
		return nil, fmt.Errorf("%w: mutations outside: %w", ErrInvalid, err)
	}
	list := new(waServerSync.SyncdMutations)
	if len(raw) > MaxExternal {
		return nil, fmt.Errorf("%w: mutations of %d bytes", ErrTooLarge, len(raw))
	}
	if err = proto.Unmarshal(raw, list); err != nil {
		return nil, fmt.Errorf("%w: mutations outside: %w", ErrInvalid, err)
	}
	return list.GetMutations(), nil
}

func goodKeyID(id *waServerSync.KeyId) bool {
	return len(id.GetID()) > 0 && len(id.GetID()) <= maxKeyID
}

// checkRecord says whether a record has the parts that every device reads without asking: an initialisation vector, at
// least one block of ciphertext, and the MAC at its end.
func checkRecord(r *waServerSync.SyncdRecord) error {
	value := r.GetValue().GetBlob()
	body := len(value) - macSize
	if len(r.GetIndex().GetBlob()) != macSize || body < 2*block || body%block != 0 || !goodKeyID(r.GetKeyID()) {
		return fmt.Errorf("%w record", ErrInvalid)
	}
	return nil
}
