package appstate

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/util/hkdfutil"
)

// Key is a key for app state, which one of the account's devices made and shared with the others.
type Key struct {
	Device uint16 // who made it
	Epoch  uint32 // grows with each rotation
	Data   [32]byte
	Made   time.Time
}

// NewKey draws a key.
func NewKey(device uint16, epoch uint32, now time.Time) (Key, error) {
	k := Key{Device: device, Epoch: epoch, Made: now}
	if _, err := rand.Read(k.Data[:]); err != nil {
		return k, fmt.Errorf("draw app state key: %w", err)
	}
	return k, nil
}

// ID is what names the key in patches: the device and the epoch.
func (k Key) ID() []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(nil, k.Device), k.Epoch)
}

// ParseKeyID reads a key's ID; the key is without data then. ErrInvalid.
func ParseKeyID(id []byte) (Key, error) {
	if len(id) != 6 {
		return Key{}, fmt.Errorf("%w key ID of %d bytes", ErrInvalid, len(id))
	}
	return Key{Device: binary.BigEndian.Uint16(id), Epoch: binary.BigEndian.Uint32(id[2:])}, nil
}

// secrets are the five keys that one Key stands for.
type secrets struct{ index, value, valueMAC, snapshot, patch []byte }

func (k Key) expand() *secrets {
	raw := hkdfutil.SHA256(k.Data[:], nil, []byte("WhatsApp Mutation Keys"), 160)
	return &secrets{raw[:32], raw[32:64], raw[64:96], raw[96:128], raw[128:]}
}

// Ring holds the keys that a device has. It is not safe for use by several goroutines.
type Ring struct {
	keys    []Key
	secrets map[string]*secrets
}

// NewRing begins with these keys.
func NewRing(keys ...Key) *Ring {
	r := new(Ring)
	for _, k := range keys {
		r.Add(k)
	}
	return r
}

// Add puts a key on the ring; one with the same ID stays what it was.
func (r *Ring) Add(k Key) {
	if _, known := r.Find(k.ID()); !known {
		r.keys = append(r.keys, k)
	}
}

// Active is the key to write with: of the highest epoch the lowest device's. The ring must not be empty.
func (r *Ring) Active() Key {
	return slices.MaxFunc(r.keys, func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Epoch, b.Epoch), cmp.Compare(b.Device, a.Device))
	})
}

// All lists the keys, the oldest first.
func (r *Ring) All() []Key { return slices.Clone(r.keys) }

// Find gives the key with this ID.
func (r *Ring) Find(id []byte) (Key, bool) {
	for _, k := range r.keys {
		if string(k.ID()) == string(id) {
			return k, true
		}
	}
	return Key{}, false
}

// open expands a key, once.
func (r *Ring) open(id []byte) (*secrets, error) {
	if s := r.secrets[string(id)]; s != nil {
		return s, nil
	}
	k, ok := r.Find(id)
	if !ok {
		return nil, &MissingKeyError{ID: id}
	}
	if r.secrets == nil {
		r.secrets = make(map[string]*secrets)
	}
	s := k.expand()
	r.secrets[string(id)] = s
	return s, nil
}
