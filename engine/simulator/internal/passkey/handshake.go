package passkey

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/hkdfutil"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/linkcode"
)

const (
	keyLength   = 32
	codeBytes   = 5
	nonceLength = 12
	// MaxPrologue bounds what a client opens the exchange with.
	MaxPrologue = 4 << 10
)

// Primary is the phone in one exchange with a client that wants to be linked.
type Primary struct {
	prologue   []byte
	identity   []byte // the client's ephemeral identity, as it encoded it
	commitment []byte
	salt       string
	private    *ecdh.PrivateKey
	client     *ecdh.PublicKey
	nonce      [keyLength]byte
}

// Request is what a client asks for once both sides agree: to be linked under these keys, with this secret.
type Request struct {
	NoiseKey, Identity, Secret []byte
}

// NewPrimary takes the client's prologue; ref is the reference that the server gave it.
func NewPrimary(prologue []byte, ref string) (*Primary, error) {
	var payload waCompanionReg.ProloguePayload
	var identity waCompanionReg.CompanionEphemeralIdentity
	if len(prologue) > MaxPrologue || proto.Unmarshal(prologue, &payload) != nil ||
		proto.Unmarshal(payload.GetCompanionEphemeralIdentity(), &identity) != nil {
		return nil, fmt.Errorf("%w prologue", ErrMalformed)
	}
	client, err := ecdh.X25519().NewPublicKey(identity.GetPublicKey())
	if err != nil || len(payload.GetCommitment().GetHash()) != sha256.Size || ref == "" || identity.GetRef() != ref {
		return nil, fmt.Errorf("%w prologue", ErrMalformed)
	}
	p := &Primary{
		prologue: bytes.Clone(prologue), identity: payload.GetCompanionEphemeralIdentity(), client: client,
		commitment: payload.GetCommitment().GetHash(),
		salt:       fmt.Sprintf("Companion Pairing %d with ref %s", identity.GetDeviceType(), ref),
	}
	if p.private, err = ecdh.X25519().GenerateKey(rand.Reader); err != nil {
		return nil, fmt.Errorf("draw key: %w", err)
	}
	// Never fails: crypto/rand ends the program instead (Go 1.24).
	_, _ = rand.Read(p.nonce[:])
	return p, nil
}

// Hello is the phone's ephemeral identity for the client.
func (p *Primary) Hello() ([]byte, error) {
	raw, err := proto.Marshal(&waCompanionReg.PrimaryEphemeralIdentity{
		PublicKey: p.private.PublicKey().Bytes(), Nonce: p.nonce[:],
	})
	if err != nil {
		return nil, fmt.Errorf("encode identity: %w", err)
	}
	return raw, nil
}

// Proven says whether the client knows the secret under which the phone met it before, by QR or link code; then nobody has
// to compare codes.
func (p *Primary) Proven(secret, proof []byte) bool {
	key := hkdfutil.SHA256(secret, nil, []byte("shortcake-passkey-handoff-v1"), keyLength)
	mac := hmac.New(sha256.New, key)
	mac.Write(p.prologue)
	return hmac.Equal(mac.Sum(nil), proof)
}

// Code takes the nonce that the client is committed to and gives the code that both sides show, with its dash.
func (p *Primary) Code(nonce []byte) (string, error) {
	if len(nonce) != keyLength {
		return "", fmt.Errorf("%w nonce", ErrMalformed)
	}
	sum := sha256.Sum256(append(bytes.Clone(p.identity), nonce...))
	if subtle.ConstantTimeCompare(sum[:], p.commitment) != 1 {
		return "", fmt.Errorf("%w: the client is committed to another nonce", ErrRefused)
	}
	digest := sha256.Sum256(append(bytes.Clone(nonce), p.private.PublicKey().Bytes()...))
	var raw [codeBytes]byte
	for i := range raw {
		raw[i] = p.nonce[i] ^ digest[i]
	}
	code := base32.NewEncoding(linkcode.Alphabet).EncodeToString(raw[:])
	return code[:4] + "-" + code[4:], nil
}

// Open decrypts what the client asks for in the end.
func (p *Primary) Open(raw []byte) (Request, error) {
	var sealed waCompanionReg.EncryptedPairingRequest
	if len(raw) > MaxPrologue || proto.Unmarshal(raw, &sealed) != nil || len(sealed.GetIV()) != nonceLength {
		return Request{}, fmt.Errorf("%w pairing request", ErrMalformed)
	}
	shared, err := p.private.ECDH(p.client)
	if err != nil {
		return Request{}, fmt.Errorf("%w key: %w", ErrRefused, err)
	}
	key := hkdfutil.SHA256(shared, []byte(p.salt), []byte("Pairing Information Encryption Key"), keyLength)
	plain, err := gcmutil.Decrypt(key, sealed.GetIV(), sealed.GetEncryptedPayload(), nil)
	if err != nil {
		return Request{}, fmt.Errorf("%w: the pairing request can't be opened", ErrRefused)
	}
	var request waCompanionReg.PairingRequest
	if proto.Unmarshal(plain, &request) != nil || len(request.GetCompanionPublicKey()) != keyLength ||
		len(request.GetCompanionIdentityKey()) != keyLength || len(request.GetAdvSecret()) != keyLength {
		return Request{}, fmt.Errorf("%w pairing request", ErrMalformed)
	}
	return Request{request.GetCompanionPublicKey(), request.GetCompanionIdentityKey(), request.GetAdvSecret()}, nil
}
