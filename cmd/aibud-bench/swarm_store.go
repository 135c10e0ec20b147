package main

import (
	"context"
	"sync"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/util/keys"
	waLog "go.mau.fi/whatsmeow/util/log"
)

// swarmStore keeps in memory what one client of a swarm needs to exchange
// messages; all else is noted and forgotten.
type swarmStore struct {
	store.NoopStore
	preKeys *swarmKeys

	mu       sync.Mutex
	sessions map[string][]byte
}

// swarmKeys are one-time pre-keys that every client of a swarm publishes as
// its own: making 812 for each would take most of the run, and the server
// can't tell.
type swarmKeys struct {
	mu   sync.Mutex
	list []*keys.PreKey
}

// device makes an unlinked device on a store of its own.
func (k *swarmKeys) device(lids *swarmLIDs) *store.Device {
	own := &swarmStore{preKeys: k, sessions: make(map[string][]byte)}
	identity := keys.NewKeyPair()
	device := &store.Device{
		Log: waLog.Noop, NoiseKey: keys.NewKeyPair(), IdentityKey: identity, SignedPreKey: identity.CreateSignedPreKey(1),
		RegistrationID: 1, AdvSecretKey: keys.NewKeyPair().Priv[:], Container: &own.NoopStore, LIDs: lids,
	}
	device.SetAllStores(own)
	device.Initialized = true
	return device
}

// upTo makes the keys numbered 1 to count, once.
func (k *swarmKeys) upTo(count uint32) []*keys.PreKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	for uint32(len(k.list)) < count {
		k.list = append(k.list, keys.NewPreKey(uint32(len(k.list)+1)))
	}
	return k.list[:count]
}

func (s *swarmStore) GetOrGenPreKeys(_ context.Context, count uint32) ([]*keys.PreKey, error) {
	return s.preKeys.upTo(count), nil
}

func (s *swarmStore) GetPreKey(_ context.Context, id uint32) (*keys.PreKey, error) {
	return s.preKeys.upTo(id)[id-1], nil
}

func (s *swarmStore) IsTrustedIdentity(context.Context, string, [32]byte) (bool, error) {
	return true, nil
}

func (s *swarmStore) GetSession(_ context.Context, address string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[address], nil
}

func (s *swarmStore) HasSession(ctx context.Context, address string) (bool, error) {
	session, err := s.GetSession(ctx, address)
	return session != nil, err
}

func (s *swarmStore) GetManySessions(_ context.Context, addresses []string) (map[string][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := make(map[string][]byte, len(addresses))
	for _, address := range addresses {
		found[address] = s.sessions[address]
	}
	return found, nil
}

func (s *swarmStore) PutSession(ctx context.Context, address string, session []byte) error {
	return s.PutManySessions(ctx, map[string][]byte{address: session})
}

func (s *swarmStore) PutManySessions(_ context.Context, sessions map[string][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for address, session := range sessions {
		s.sessions[address] = session
	}
	return nil
}

func (s *swarmStore) DoDecryptionTxn(ctx context.Context, decrypt func(context.Context) error) error {
	return decrypt(ctx)
}

// swarmLIDs are the hidden addresses that the clients of a swarm have learned.
type swarmLIDs struct {
	mu   sync.Mutex
	byPN map[types.JID]types.JID
	pnOf map[types.JID]types.JID
}

func newSwarmLIDs() *swarmLIDs {
	return &swarmLIDs{byPN: make(map[types.JID]types.JID), pnOf: make(map[types.JID]types.JID)}
}

// PutManyLIDMappings remembers mappings.
func (l *swarmLIDs) PutManyLIDMappings(_ context.Context, mappings []store.LIDMapping) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range mappings {
		l.byPN[m.PN.ToNonAD()], l.pnOf[m.LID.ToNonAD()] = m.LID.ToNonAD(), m.PN.ToNonAD()
	}
	return nil
}

// PutLIDMapping remembers a mapping.
func (l *swarmLIDs) PutLIDMapping(ctx context.Context, lid, pn types.JID) error {
	return l.PutManyLIDMappings(ctx, []store.LIDMapping{{LID: lid, PN: pn}})
}

// GetPNForLID gives a number's address.
func (l *swarmLIDs) GetPNForLID(_ context.Context, lid types.JID) (types.JID, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pnOf[lid.ToNonAD()], nil
}

// GetLIDForPN gives a hidden address.
func (l *swarmLIDs) GetLIDForPN(_ context.Context, pn types.JID) (types.JID, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byPN[pn.ToNonAD()], nil
}

// GetManyLIDsForPNs gives the hidden addresses that are known.
func (l *swarmLIDs) GetManyLIDsForPNs(ctx context.Context, pns []types.JID) (map[types.JID]types.JID, error) {
	found := make(map[types.JID]types.JID, len(pns))
	for _, pn := range pns {
		if lid, err := l.GetLIDForPN(ctx, pn); err != nil {
			return nil, err
		} else if !lid.IsEmpty() {
			found[pn] = lid
		}
	}
	return found, nil
}
