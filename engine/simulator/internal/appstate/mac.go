package appstate

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"hash"

	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/util/hkdfutil"
)

const (
	macSize  = 32
	hashSize = 128
)

type macValue = [macSize]byte

// Hash is the LTHash of a set of value MACs: the order in which they came and went leaves no trace in it.
type Hash [hashSize]byte

func (h *Hash) add(value macValue)    { h.mix(value, func(a, b uint16) uint16 { return a + b }) }
func (h *Hash) remove(value macValue) { h.mix(value, func(a, b uint16) uint16 { return a - b }) }

func (h *Hash) mix(value macValue, op func(a, b uint16) uint16) {
	long := hkdfutil.SHA256(value[:], nil, []byte("WhatsApp Patch Integrity"), hashSize)
	for i := 0; i < hashSize; i += 2 {
		sum := op(binary.LittleEndian.Uint16(h[i:]), binary.LittleEndian.Uint16(long[i:]))
		binary.LittleEndian.PutUint16(h[i:], sum)
	}
}

func sign(alg func() hash.Hash, secret []byte, parts ...[]byte) macValue {
	h := hmac.New(alg, secret)
	for _, part := range parts {
		h.Write(part)
	}
	return macValue(h.Sum(nil)[:macSize])
}

func equal(want macValue, got []byte) bool { return hmac.Equal(want[:], got) }

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// contentMAC covers an operation's key and ciphertext.
func contentMAC(s *secrets, op waServerSync.SyncdMutation_SyncdOperation, keyID, body []byte) macValue {
	return sign(sha512.New, s.valueMAC, []byte{byte(op) + 1}, keyID, body, number(uint64(len(keyID)+1)))
}

func indexMAC(s *secrets, index []byte) macValue { return sign(sha256.New, s.index, index) }

// snapshotMAC covers a whole collection.
func snapshotMAC(s *secrets, h *Hash, version uint64, name string) macValue {
	return sign(sha256.New, s.snapshot, h[:], number(version), []byte(name))
}

// patchMAC covers a patch's mutations and the state that they lead to.
func patchMAC(s *secrets, state []byte, mutations []*waServerSync.SyncdMutation, version uint64, name string) macValue {
	parts := [][]byte{state}
	for _, m := range mutations {
		value := valueMAC(m.GetRecord())
		parts = append(parts, value[:])
	}
	return sign(sha256.New, s.patch, append(parts, number(version), []byte(name))...)
}

// valueMAC is the end of a record's value. The record must have been checked.
func valueMAC(r *waServerSync.SyncdRecord) macValue {
	blob := r.GetValue().GetBlob()
	return macValue(blob[len(blob)-macSize:])
}
