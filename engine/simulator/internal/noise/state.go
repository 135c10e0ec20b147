package noise

import (
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"

	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/hkdf"
)

// state is the symmetric state of a Noise handshake.
type state struct {
	hash    []byte
	salt    []byte
	key     cipher.AEAD
	counter uint32
}

func newState(prologue []byte) (*state, error) {
	// The pattern's name is exactly 32 bytes long, so by the Noise specification it is the first hash itself.
	name := []byte(socket.NoiseStartPattern)
	key, err := gcmutil.Prepare(name)
	if err != nil {
		return nil, fmt.Errorf("prepare handshake cipher: %w", err)
	}
	s := &state{hash: name, salt: name, key: key}
	s.mixHash(prologue)
	return s, nil
}

func (s *state) mixHash(data []byte) {
	h := sha256.New()
	h.Write(s.hash)
	h.Write(data)
	s.hash = h.Sum(nil)
}

func (s *state) mixShared(private, public [32]byte) error {
	secret, err := curve25519.X25519(private[:], public[:])
	if err != nil {
		return fmt.Errorf("agree on a shared secret: %w", err)
	}
	salt, key, err := s.expand(secret)
	if err != nil {
		return err
	}
	s.salt, s.counter = salt, 0
	if s.key, err = gcmutil.Prepare(key); err != nil {
		return fmt.Errorf("prepare handshake cipher: %w", err)
	}
	return nil
}

func (s *state) expand(secret []byte) (first, second []byte, err error) {
	reader := hkdf.New(sha256.New, secret, s.salt, nil)
	out := make([]byte, 64)
	if _, err = io.ReadFull(reader, out); err != nil {
		return nil, nil, fmt.Errorf("derive keys: %w", err)
	}
	return out[:32], out[32:], nil
}

func (s *state) encrypt(plaintext []byte) []byte {
	ciphertext := s.key.Seal(nil, nonce(s.counter), plaintext, s.hash)
	s.counter++
	s.mixHash(ciphertext)
	return ciphertext
}

func (s *state) decrypt(ciphertext []byte) ([]byte, error) {
	plaintext, err := s.key.Open(nil, nonce(s.counter), ciphertext, s.hash)
	if err != nil {
		return nil, fmt.Errorf("decrypt handshake field: %w", err)
	}
	s.counter++
	s.mixHash(ciphertext)
	return plaintext, nil
}

func nonce(counter uint32) []byte {
	iv := make([]byte, 12)
	binary.BigEndian.PutUint32(iv[8:], counter)
	return iv
}
