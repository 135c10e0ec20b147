package e2e

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/libsignal/keys/identity"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/serialize"
	"go.mau.fi/libsignal/state/record"
	"go.mau.fi/whatsmeow/util/keys"
)

const signedKeyID = 1

// Store holds the private side of one device.
type Store struct {
	own atomic.Pointer[ownership] // replaced as a whole

	oneTime    map[uint32]*keys.PreKey
	nextKey    uint32
	sessions   map[string][]byte
	identities map[string][32]byte
	senderKeys map[senderKeyID][]byte
	ownKeys    map[string]*ownKey // by group
	serializer *serialize.Serializer
}

// ownership is what makes a device itself.
type ownership struct {
	identity *keys.KeyPair
	regID    uint32
	signed   *keys.PreKey
}

func newOwnership() (*ownership, error) {
	var raw [4]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return nil, fmt.Errorf("draw registration id: %w", err)
	}
	identity := keys.NewKeyPair()
	return &ownership{identity, binary.BigEndian.Uint32(raw[:])%16380 + 1, identity.CreateSignedPreKey(signedKeyID)}, nil
}

// New makes a device with fresh keys and no sessions.
func New() (*Store, error) {
	own, err := newOwnership()
	if err != nil {
		return nil, err
	}
	s := &Store{
		oneTime:    make(map[uint32]*keys.PreKey),
		nextKey:    1,
		sessions:   make(map[string][]byte),
		identities: make(map[string][32]byte),
		senderKeys: make(map[senderKeyID][]byte),
		ownKeys:    make(map[string]*ownKey),
		serializer: newSerializer(),
	}
	s.own.Store(own)
	return s, nil
}

// Renew gives the device new keys, as an app has that was installed anew: what was agreed with others is gone.
func (s *Store) Renew() error {
	own, err := newOwnership()
	if err != nil {
		return err
	}
	s.own.Store(own)
	clear(s.oneTime)
	clear(s.sessions)
	clear(s.identities)
	clear(s.senderKeys)
	clear(s.ownKeys)
	return nil
}

// IdentityKey is the device's public identity. Unlike most methods it may be called at any time, as may Sign, Agree,
// RegistrationID and SignedPreKey.
func (s *Store) IdentityKey() [32]byte { return *s.own.Load().identity.Pub }

// RegistrationID is the device's Signal registration id.
func (s *Store) RegistrationID() uint32 { return s.own.Load().regID }

// SignedPreKey is the device's signed pre-key; only its public half and signature may leave the device.
func (s *Store) SignedPreKey() *keys.PreKey { return s.own.Load().signed }

// NewPreKeys makes count one-time pre-keys.
func (s *Store) NewPreKeys(count int) []*keys.PreKey {
	out := make([]*keys.PreKey, count)
	for i := range out {
		out[i] = keys.NewPreKey(s.nextKey)
		s.oneTime[s.nextKey] = out[i]
		s.nextKey++
	}
	return out
}

// Sign signs data with the identity key.
func (s *Store) Sign(data []byte) [64]byte {
	return ecc.CalculateSignature(ecc.NewDjbECPrivateKey(*s.own.Load().identity.Priv), data)
}

// Agree makes the identity key agree with another's public key (X25519).
func (s *Store) Agree(public []byte) ([]byte, error) {
	own, err := ecdh.X25519().NewPrivateKey(s.own.Load().identity.Priv[:])
	if err != nil {
		return nil, fmt.Errorf("own identity key: %w", err)
	}
	other, err := ecdh.X25519().NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("peer's key: %w", err)
	}
	secret, err := own.ECDH(other)
	if err != nil {
		return nil, fmt.Errorf("agree on a key: %w", err)
	}
	return secret, nil
}

// Has says whether a session with address exists.
func (s *Store) Has(address *protocol.SignalAddress) bool {
	_, ok := s.sessions[address.String()]
	return ok
}

// Forget drops the session with address and its remembered identity.
func (s *Store) Forget(address *protocol.SignalAddress) {
	delete(s.sessions, address.String())
	delete(s.identities, address.String())
	s.forgetHolder(address.String())
}

// store gives libsignal its interfaces without putting their names on Store.
type store struct{ *Store }

func (s store) GetIdentityKeyPair() *identity.KeyPair {
	own := s.own.Load().identity
	return identity.NewKeyPair(identity.NewKey(ecc.NewDjbECPublicKey(*own.Pub)), ecc.NewDjbECPrivateKey(*own.Priv))
}

func (s store) GetLocalRegistrationID() uint32 { return s.RegistrationID() }

func (s store) SaveIdentity(_ context.Context, address *protocol.SignalAddress, key *identity.Key) error {
	s.identities[address.String()] = key.PublicKey().PublicKey()
	return nil
}

func (s store) IsTrustedIdentity(_ context.Context, address *protocol.SignalAddress, key *identity.Key) (bool, error) {
	known, ok := s.identities[address.String()]
	return !ok || known == key.PublicKey().PublicKey(), nil
}

func (s store) LoadPreKey(_ context.Context, id uint32) (*record.PreKey, error) {
	key, ok := s.oneTime[id]
	if !ok {
		return nil, nil
	}
	return record.NewPreKey(id, pair(&key.KeyPair), nil), nil
}

func (s store) RemovePreKey(_ context.Context, id uint32) error {
	delete(s.oneTime, id)
	return nil
}

func (s store) StorePreKey(context.Context, uint32, *record.PreKey) error { return errUnused }

func (s store) ContainsPreKey(_ context.Context, id uint32) (bool, error) {
	_, ok := s.oneTime[id]
	return ok, nil
}

func (s store) LoadSession(_ context.Context, address *protocol.SignalAddress) (*record.Session, error) {
	raw, ok := s.sessions[address.String()]
	if !ok {
		return record.NewSession(s.serializer.Session, s.serializer.State), nil
	}
	return record.NewSessionFromBytes(raw, s.serializer.Session, s.serializer.State)
}

func (s store) GetSubDeviceSessions(context.Context, string) ([]uint32, error) {
	return nil, errUnused
}

// StoreSession keeps the serialized form: libsignal changes a record while it tries to decrypt, and a failed try must
// leave no trace.
func (s store) StoreSession(_ context.Context, address *protocol.SignalAddress, session *record.Session) error {
	s.sessions[address.String()] = session.Serialize()
	return nil
}

func (s store) ContainsSession(_ context.Context, address *protocol.SignalAddress) (bool, error) {
	return s.Has(address), nil
}

func (s store) DeleteSession(_ context.Context, address *protocol.SignalAddress) error {
	delete(s.sessions, address.String())
	return nil
}

func (s store) DeleteAllSessions(context.Context) error {
	clear(s.sessions)
	return nil
}

func (s store) LoadSignedPreKey(_ context.Context, id uint32) (*record.SignedPreKey, error) {
	signed := s.SignedPreKey()
	if id != signed.KeyID {
		return nil, nil
	}
	return record.NewSignedPreKey(id, 0, pair(&signed.KeyPair), *signed.Signature, nil), nil
}

func (s store) LoadSignedPreKeys(context.Context) ([]*record.SignedPreKey, error) {
	return nil, errUnused
}

func (s store) StoreSignedPreKey(context.Context, uint32, *record.SignedPreKey) error {
	return errUnused
}

func (s store) ContainsSignedPreKey(_ context.Context, id uint32) (bool, error) {
	return id == s.SignedPreKey().KeyID, nil
}

func (s store) RemoveSignedPreKey(context.Context, uint32) error { return errUnused }

func pair(key *keys.KeyPair) *ecc.ECKeyPair {
	return ecc.NewECKeyPair(ecc.NewDjbECPublicKey(*key.Pub), ecc.NewDjbECPrivateKey(*key.Priv))
}
