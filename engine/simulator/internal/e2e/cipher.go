package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"go.mau.fi/libsignal/keys/prekey"
	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/libsignal/session"
	"go.mau.fi/libsignal/signalerror"
)

// Errors that callers tell apart. Everything else means that a message can't be read.
var (
	// ErrDuplicate means that this ciphertext was decrypted before.
	ErrDuplicate = errors.New("ciphertext was decrypted before")
	// ErrNoSession means that nothing is agreed with the peer yet.
	ErrNoSession = errors.New("no session with this device")
	errUnused    = errors.New("not used by pairwise sessions")
)

// Process begins a session with the device that published bundle. A new identity replaces a remembered one, as a
// phone does when it is told that a contact's security code changed.
func (s *Store) Process(ctx context.Context, address *protocol.SignalAddress, bundle *prekey.Bundle) error {
	builder := s.builder(address)
	err := builder.ProcessBundle(ctx, bundle)
	if errors.Is(err, signalerror.ErrUntrustedIdentity) {
		s.Forget(address)
		err = builder.ProcessBundle(ctx, bundle)
	}
	if err != nil {
		return fmt.Errorf("begin session: %w", err)
	}
	return nil
}

// Encrypt pads and encrypts a message; initial says that the answer carries the session's set-up ("pkmsg").
func (s *Store) Encrypt(ctx context.Context, address *protocol.SignalAddress, plaintext []byte) (ciphertext []byte, initial bool, err error) {
	if !s.Has(address) {
		return nil, false, ErrNoSession
	}
	padded, err := pad(plaintext)
	if err != nil {
		return nil, false, err
	}
	message, err := session.NewCipher(s.builder(address), address).Encrypt(ctx, padded)
	if err != nil {
		return nil, false, fmt.Errorf("encrypt: %w", err)
	}
	return message.Serialize(), message.Type() == protocol.PREKEY_TYPE, nil
}

// Decrypt decrypts and unpads what a peer sent; initial marks a "pkmsg".
func (s *Store) Decrypt(ctx context.Context, address *protocol.SignalAddress, initial bool, ciphertext []byte) (plaintext []byte, err error) {
	defer func() {
		// libsignal indexes into what it was given; a peer's garbage must not end the server.
		if cause := recover(); cause != nil {
			plaintext, err = nil, fmt.Errorf("decrypt: broken ciphertext: %v", cause)
		}
	}()
	padded, err := s.decrypt(ctx, address, initial, ciphertext)
	switch {
	case errors.Is(err, signalerror.ErrOldCounter):
		return nil, ErrDuplicate
	case errors.Is(err, signalerror.ErrNoSessionForUser):
		return nil, ErrNoSession
	case err != nil:
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	return unpad(padded)
}

func (s *Store) decrypt(ctx context.Context, address *protocol.SignalAddress, initial bool, ciphertext []byte) ([]byte, error) {
	cipher := session.NewCipher(s.builder(address), address)
	if !initial {
		message, err := protocol.NewSignalMessageFromBytes(ciphertext, s.serializer.SignalMessage)
		if err != nil {
			return nil, err
		}
		return cipher.Decrypt(ctx, message)
	}
	message, err := protocol.NewPreKeySignalMessageFromBytes(ciphertext, s.serializer.PreKeySignalMessage, s.serializer.SignalMessage)
	if err != nil {
		return nil, err
	}
	plaintext, err := cipher.DecryptMessage(ctx, message)
	if errors.Is(err, signalerror.ErrUntrustedIdentity) {
		s.Forget(address)
		plaintext, err = cipher.DecryptMessage(ctx, message)
	}
	return plaintext, err
}

func (s *Store) builder(address *protocol.SignalAddress) *session.Builder {
	inner := store{s}
	return session.NewBuilder(inner, inner, inner, inner, address, s.serializer)
}

// pad adds 1 to 15 bytes that each say how many they are.
func pad(plaintext []byte) ([]byte, error) {
	var one [1]byte
	if _, err := rand.Read(one[:]); err != nil {
		return nil, fmt.Errorf("draw padding: %w", err)
	}
	count := one[0] & 15
	if count == 0 {
		count = 15
	}
	return append(bytes.Clone(plaintext), bytes.Repeat([]byte{count}, int(count))...), nil
}

func unpad(padded []byte) ([]byte, error) {
	if len(padded) == 0 {
		return nil, errors.New("plaintext is empty")
	}
	count := int(padded[len(padded)-1])
	if count == 0 || count > len(padded) {
		return nil, errors.New("plaintext has a wrong padding")
	}
	return padded[:len(padded)-count], nil
}
