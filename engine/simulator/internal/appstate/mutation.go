package appstate

import (
	"crypto/rand"
	"encoding/json"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/util/cbcutil"
	"google.golang.org/protobuf/proto"
)

// Mutation sets or removes one entry of a collection.
type Mutation struct {
	Remove  bool
	Index   []string                      // the action's name, then what it is about
	Value   *waSyncAction.SyncActionValue // nothing that a REMOVE needs
	Version int32                         // of the action's form
}

func (m Mutation) operation() waServerSync.SyncdMutation_SyncdOperation {
	if m.Remove {
		return waServerSync.SyncdMutation_REMOVE
	}
	return waServerSync.SyncdMutation_SET
}

// seal encrypts a mutation under a key.
func (m Mutation) seal(keyID []byte, s *secrets) (*waServerSync.SyncdMutation, error) {
	index, err := json.Marshal(m.Index)
	if err != nil {
		return nil, fmt.Errorf("encode index: %w", err)
	}
	plain, err := proto.Marshal(&waSyncAction.SyncActionData{
		Index: index, Value: m.Value, Padding: []byte{}, Version: proto.Int32(m.Version),
	})
	if err != nil {
		return nil, fmt.Errorf("encode action: %w", err)
	}
	var iv [block]byte
	if _, err = rand.Read(iv[:]); err != nil {
		return nil, fmt.Errorf("draw iv: %w", err)
	}
	ciphertext, err := cbcutil.Encrypt(s.value, iv[:], plain)
	if err != nil {
		return nil, fmt.Errorf("encrypt action: %w", err)
	}
	body := append(iv[:], ciphertext...)
	value, name := contentMAC(s, m.operation(), keyID, body), indexMAC(s, index)
	return &waServerSync.SyncdMutation{
		Operation: m.operation().Enum(),
		Record: &waServerSync.SyncdRecord{
			Index: &waServerSync.SyncdIndex{Blob: name[:]},
			Value: &waServerSync.SyncdValue{Blob: append(body, value[:]...)},
			KeyID: &waServerSync.KeyId{ID: keyID},
		},
	}, nil
}

// unseal checks and decrypts what a device made. The record must have been checked.
func unseal(ring *Ring, op waServerSync.SyncdMutation_SyncdOperation, r *waServerSync.SyncdRecord) (Mutation, error) {
	s, err := ring.open(r.GetKeyID().GetID())
	if err != nil {
		return Mutation{}, err
	}
	blob := r.GetValue().GetBlob()
	body, end := blob[:len(blob)-macSize], blob[len(blob)-macSize:]
	if !equal(contentMAC(s, op, r.GetKeyID().GetID(), body), end) {
		return Mutation{}, fmt.Errorf("%w: value", ErrMAC)
	}
	// Decrypt works in place.
	ciphertext := append([]byte(nil), body[block:]...)
	plain, err := cbcutil.Decrypt(s.value, body[:block], ciphertext)
	if err != nil {
		return Mutation{}, fmt.Errorf("%w: decrypt: %w", ErrInvalid, err)
	}
	data := new(waSyncAction.SyncActionData)
	if err = proto.Unmarshal(plain, data); err != nil {
		return Mutation{}, fmt.Errorf("%w: action: %w", ErrInvalid, err)
	}
	if !equal(indexMAC(s, data.GetIndex()), r.GetIndex().GetBlob()) {
		return Mutation{}, fmt.Errorf("%w: index", ErrMAC)
	}
	m := Mutation{
		Remove: op == waServerSync.SyncdMutation_REMOVE, Value: data.GetValue(), Version: data.GetVersion(),
	}
	if err = json.Unmarshal(data.GetIndex(), &m.Index); err != nil || len(m.Index) == 0 {
		return Mutation{}, fmt.Errorf("%w index", ErrInvalid)
	}
	return m, nil
}
