package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"go.mau.fi/libsignal/groups"
	"go.mau.fi/libsignal/groups/state/record"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/signalerror"
)

// ErrNoSenderKey means that the sender has not given this device its key for the group, or another one than it used.
var ErrNoSenderKey = errors.New("no sender key of this device")

// ownSender names this device's own key of a group. No peer has such an address.
const ownSender = "self"

// ownKey is who holds this device's key of a group, and the key as it was before the latest message.
type ownKey struct {
	holders map[string]struct{}
	latest  []byte
}

// SenderKey gives what other devices need to read what this one writes in a group. A device that holds the key without
// being among members any more (it left, or was unlinked) makes it a new key, which nobody has yet. lacking lists the
// places in members of those who have to be sent the key; they count as holders from now on.
func (s *Store) SenderKey(ctx context.Context, group string, members []*protocol.SignalAddress) (distribution []byte, lacking []int, err error) {
	names := make(map[string]struct{}, len(members))
	for _, member := range members {
		names[member.String()] = struct{}{}
	}
	own := s.ownKey(group)
	for holder := range own.holders {
		if _, ok := names[holder]; !ok {
			s.forgetOwnKey(group)
			own = s.ownKey(group)
			break
		}
	}
	message, err := s.groupBuilder().Create(ctx, senderName(group, ownSender))
	if err != nil {
		return nil, nil, fmt.Errorf("make sender key: %w", err)
	}
	own.latest = message.Serialize()
	for i, member := range members {
		if _, ok := own.holders[member.String()]; !ok {
			lacking = append(lacking, i)
		}
	}
	maps.Copy(own.holders, names)
	return own.latest, lacking, nil
}

// Distribution is what SenderKey gave last for a group: the key with which the message that was encrypted then, which may
// still be on its way, and all later ones can be read. ErrNoSenderKey if there was no call.
func (s *Store) Distribution(group string) ([]byte, error) {
	own := s.ownKeys[group]
	if own == nil || own.latest == nil {
		return nil, ErrNoSenderKey
	}
	return own.latest, nil
}

// EncryptGroup pads, encrypts and signs a message for everybody who holds this device's key of the group, which
// SenderKey made.
func (s *Store) EncryptGroup(ctx context.Context, group string, plaintext []byte) ([]byte, error) {
	padded, err := pad(plaintext)
	if err != nil {
		return nil, err
	}
	cipher := groups.NewGroupCipher(s.groupBuilder(), senderName(group, ownSender), store{s})
	message, err := cipher.Encrypt(ctx, padded)
	if err != nil {
		return nil, fmt.Errorf("encrypt for group: %w", err)
	}
	return message.SignedSerialize(), nil
}

// TakeSenderKey remembers a peer's key of a group.
func (s *Store) TakeSenderKey(ctx context.Context, group string, sender *protocol.SignalAddress, distribution []byte) (err error) {
	defer caught(&err)
	message, err := protocol.NewSenderKeyDistributionMessageFromBytes(distribution, s.serializer.SenderKeyDistributionMessage)
	if err != nil {
		return fmt.Errorf("decode sender key: %w", err)
	}
	if err = s.groupBuilder().Process(ctx, senderName(group, sender.String()), message); err != nil {
		return fmt.Errorf("take sender key: %w", err)
	}
	return nil
}

// DecryptGroup decrypts and unpads what a peer wrote in a group. ErrNoSenderKey, ErrDuplicate.
func (s *Store) DecryptGroup(ctx context.Context, group string, sender *protocol.SignalAddress, ciphertext []byte) (plaintext []byte, err error) {
	defer caught(&err)
	message, err := protocol.NewSenderKeyMessageFromBytes(ciphertext, s.serializer.SenderKeyMessage)
	if err != nil {
		return nil, fmt.Errorf("decode group message: %w", err)
	}
	cipher := groups.NewGroupCipher(s.groupBuilder(), senderName(group, sender.String()), store{s})
	padded, err := cipher.Decrypt(ctx, message)
	switch {
	case errors.Is(err, signalerror.ErrOldCounter):
		return nil, ErrDuplicate
	case errors.Is(err, signalerror.ErrNoSenderKeyForUser), errors.Is(err, signalerror.ErrNoSenderKeyStateForID):
		return nil, ErrNoSenderKey
	case err != nil:
		return nil, fmt.Errorf("decrypt group message: %w", err)
	}
	return unpad(padded)
}

// caught turns a panic of libsignal, which indexes into what a peer sent, into an error.
func caught(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("broken ciphertext: %v", cause)
	}
}

func (s *Store) groupBuilder() *groups.SessionBuilder {
	return groups.NewGroupSessionBuilder(store{s}, s.serializer)
}

func (s *Store) ownKey(group string) *ownKey {
	own := s.ownKeys[group]
	if own == nil {
		own = &ownKey{holders: make(map[string]struct{})}
		s.ownKeys[group] = own
	}
	return own
}

func (s *Store) forgetOwnKey(group string) {
	delete(s.ownKeys, group)
	delete(s.senderKeys, senderKeyID{group, ownSender})
}

// forgetHolder makes sure that a device whose session is gone is sent every group's key anew.
func (s *Store) forgetHolder(address string) {
	for _, own := range s.ownKeys {
		delete(own.holders, address)
	}
}

type senderKeyID struct{ group, sender string }

// senderName is libsignal's name of a key; the device is part of the text, so its own number stays 0.
func senderName(group, sender string) *protocol.SenderKeyName {
	return protocol.NewSenderKeyName(group, protocol.NewSignalAddress(sender, 0))
}

func keyID(name *protocol.SenderKeyName) senderKeyID {
	return senderKeyID{name.GroupID(), name.Sender().Name()}
}

// StoreSenderKey keeps the serialized form, for the same reason as StoreSession.
func (s store) StoreSenderKey(_ context.Context, name *protocol.SenderKeyName, key *record.SenderKey) error {
	s.senderKeys[keyID(name)] = key.Serialize()
	return nil
}

func (s store) LoadSenderKey(_ context.Context, name *protocol.SenderKeyName) (*record.SenderKey, error) {
	raw, ok := s.senderKeys[keyID(name)]
	if !ok {
		return record.NewSenderKey(s.serializer.SenderKeyRecord, s.serializer.SenderKeyState), nil
	}
	return record.NewSenderKeyFromBytes(raw, s.serializer.SenderKeyRecord, s.serializer.SenderKeyState)
}
