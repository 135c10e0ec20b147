package passkey_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/hkdfutil"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/passkey"
)

const ref = "2@reference"

// companion is the client's half.
type companion struct {
	private  *ecdh.PrivateKey
	nonce    []byte
	prologue []byte
}

func newCompanion(t *testing.T) companion {
	t.Helper()
	private, err := ecdh.X25519().GenerateKey(rand.Reader)
	require.NoError(t, err)
	c := companion{private: private, nonce: bytes.Repeat([]byte{3}, 32)}
	identity, err := proto.Marshal(&waCompanionReg.CompanionEphemeralIdentity{
		PublicKey: private.PublicKey().Bytes(), DeviceType: waCompanionReg.DeviceProps_CHROME.Enum(), Ref: proto.String(ref),
	})
	require.NoError(t, err)
	hash := sha256.Sum256(append(bytes.Clone(identity), c.nonce...))
	c.prologue, err = proto.Marshal(&waCompanionReg.ProloguePayload{
		CompanionEphemeralIdentity: identity, Commitment: &waCompanionReg.CompanionCommitment{Hash: hash[:]},
	})
	require.NoError(t, err)
	return c
}

func (c companion) request(t *testing.T, hello []byte, request *waCompanionReg.PairingRequest) []byte {
	t.Helper()
	var primary waCompanionReg.PrimaryEphemeralIdentity
	require.NoError(t, proto.Unmarshal(hello, &primary))
	public, err := ecdh.X25519().NewPublicKey(primary.GetPublicKey())
	require.NoError(t, err)
	shared, err := c.private.ECDH(public)
	require.NoError(t, err)
	salt := fmt.Sprintf("Companion Pairing %d with ref %s", waCompanionReg.DeviceProps_CHROME, ref)
	key := hkdfutil.SHA256(shared, []byte(salt), []byte("Pairing Information Encryption Key"), 32)
	plain, err := proto.Marshal(request)
	require.NoError(t, err)
	iv := make([]byte, 12)
	sealed, err := gcmutil.Encrypt(key, iv, plain, nil)
	require.NoError(t, err)
	raw, err := proto.Marshal(&waCompanionReg.EncryptedPairingRequest{EncryptedPayload: sealed, IV: iv})
	require.NoError(t, err)
	return raw
}

func TestExchange(t *testing.T) {
	t.Parallel()
	client := newCompanion(t)
	phone, err := passkey.NewPrimary(client.prologue, ref)
	require.NoError(t, err)
	hello, err := phone.Hello()
	require.NoError(t, err)

	code, err := phone.Code(client.nonce)
	require.NoError(t, err)
	require.Regexp(t, `^[1-9A-HJ-NP-TV-Z]{4}-[1-9A-HJ-NP-TV-Z]{4}$`, code)
	again, err := phone.Code(client.nonce)
	require.NoError(t, err)
	require.Equal(t, code, again)
	_, err = phone.Code(bytes.Repeat([]byte{4}, 32))
	require.ErrorIs(t, err, passkey.ErrRefused, "the client is bound to its nonce")
	_, err = phone.Code(nil)
	require.ErrorIs(t, err, passkey.ErrMalformed)

	key := func(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }
	raw := client.request(t, hello, &waCompanionReg.PairingRequest{
		CompanionPublicKey: key(1), CompanionIdentityKey: key(2), AdvSecret: key(3),
	})
	request, err := phone.Open(raw)
	require.NoError(t, err)
	require.Equal(t, passkey.Request{NoiseKey: key(1), Identity: key(2), Secret: key(3)}, request)
	_, err = phone.Open(client.request(t, hello, &waCompanionReg.PairingRequest{AdvSecret: key(3)}))
	require.ErrorIs(t, err, passkey.ErrMalformed)
	raw[len(raw)/2] ^= 1
	_, err = phone.Open(raw)
	require.Error(t, err)
	_, err = phone.Open(nil)
	require.ErrorIs(t, err, passkey.ErrMalformed)
}

func TestProof(t *testing.T) {
	t.Parallel()
	client := newCompanion(t)
	phone, err := passkey.NewPrimary(client.prologue, ref)
	require.NoError(t, err)
	secret := bytes.Repeat([]byte{9}, 32)
	mac := hmac.New(sha256.New, hkdfutil.SHA256(secret, nil, []byte("shortcake-passkey-handoff-v1"), 32))
	mac.Write(client.prologue)
	proof := mac.Sum(nil)
	require.True(t, phone.Proven(secret, proof))
	require.False(t, phone.Proven(bytes.Repeat([]byte{8}, 32), proof))
	require.False(t, phone.Proven(secret, nil))
}

func TestProloguesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	client := newCompanion(t)
	_, err := passkey.NewPrimary(client.prologue, "another")
	require.ErrorIs(t, err, passkey.ErrMalformed)
	for _, bad := range [][]byte{nil, []byte("x"), client.prologue[:20], make([]byte, passkey.MaxPrologue+1)} {
		_, err = passkey.NewPrimary(bad, ref)
		require.ErrorIs(t, err, passkey.ErrMalformed)
	}
}
