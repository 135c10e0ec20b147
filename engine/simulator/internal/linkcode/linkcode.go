package linkcode

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/hkdfutil"
)

const (
	// Alphabet has no 0, I, O and U, which people misread.
	Alphabet = "123456789ABCDEFGHJKLMNPQRSTVWXYZ"
	// Length is how many characters a code has, without its dash.
	Length = 8
	// WrappedLength is a wrapped public key: salt, IV and the encrypted key.
	WrappedLength = saltLength + ivLength + keyLength

	rounds      = 2 << 16
	saltLength  = 32
	ivLength    = 16
	nonceLength = 12
	keyLength   = 32
	tagLength   = 16

	// BundleLength is what the client answers with: salt, nonce, and three sealed keys of 32 bytes.
	BundleLength = saltLength + nonceLength + 3*keyLength + tagLength
)

// Errors that callers tell apart.
var (
	// ErrCode means that a text is no code at all.
	ErrCode = errors.New("malformed code")
	// ErrMalformed means that the peer's bytes make no sense under any code.
	ErrMalformed = errors.New("malformed key exchange")
	// ErrWrongCode means that the two sides did not use the same code.
	ErrWrongCode = errors.New("wrong code")
)

// Normalize gives a code as both sides hash it: upper case, without the dash and blanks that people type.
func Normalize(code string) (string, error) {
	code = strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
	if len(code) != Length || strings.Trim(code, Alphabet) != "" {
		return "", ErrCode
	}
	return code, nil
}

// Wrap hides a public key under a code, so that only one who knows the code sees which key it is.
func Wrap(code string, public []byte) ([]byte, error) {
	if len(public) != keyLength {
		return nil, ErrMalformed
	}
	out := make([]byte, WrappedLength)
	// Never fails: crypto/rand ends the program instead (Go 1.24).
	_, _ = rand.Read(out[:saltLength+ivLength])
	if err := mask(code, out[:saltLength], out[saltLength:saltLength+ivLength], out[saltLength+ivLength:], public); err != nil {
		return nil, err
	}
	return out, nil
}

// Unwrap undoes Wrap. With another code it gives another key and no error: that shows only later.
func Unwrap(code string, wrapped []byte) ([]byte, error) {
	if len(wrapped) != WrappedLength {
		return nil, ErrMalformed
	}
	out := make([]byte, keyLength)
	salt, iv := wrapped[:saltLength], wrapped[saltLength:saltLength+ivLength]
	if err := mask(code, salt, iv, out, wrapped[saltLength+ivLength:]); err != nil {
		return nil, err
	}
	return out, nil
}

func mask(code string, salt, iv, to, from []byte) error {
	key, err := pbkdf2.Key(sha256.New, code, salt, rounds, keyLength)
	if err != nil {
		return fmt.Errorf("derive key from code: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return fmt.Errorf("prepare cipher: %w", err)
	}
	cipher.NewCTR(block, iv).XORKeyStream(to, from)
	return nil
}

// Primary is the phone in one attempt to link a client by code.
type Primary struct {
	identity []byte
	private  *ecdh.PrivateKey
	client   *ecdh.PublicKey
	wrapped  []byte
}

// NewPrimary takes the code that the person typed (normalized), the client's wrapped key and the phone's identity.
func NewPrimary(code string, wrapped, identity []byte) (*Primary, error) {
	if len(identity) != keyLength {
		return nil, ErrMalformed
	}
	raw, err := Unwrap(code, wrapped)
	if err != nil {
		return nil, err
	}
	client, err := ecdh.X25519().NewPublicKey(raw)
	if err != nil {
		return nil, ErrMalformed
	}
	private, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("draw key: %w", err)
	}
	own, err := Wrap(code, private.PublicKey().Bytes())
	if err != nil {
		return nil, err
	}
	return &Primary{identity: identity, private: private, client: client, wrapped: own}, nil
}

// Hello is the phone's wrapped key for the client.
func (p *Primary) Hello() []byte { return p.wrapped }

// Finish opens the client's bundle and derives the secret that authenticates the link. clientIdentity is the identity
// that the client registered with; agree makes the phone's identity key agree with it. ErrWrongCode, ErrMalformed.
func (p *Primary) Finish(bundle, clientIdentity []byte, agree func(public []byte) ([]byte, error)) ([]byte, error) {
	if len(bundle) != BundleLength {
		return nil, ErrMalformed
	}
	shared, err := p.private.ECDH(p.client)
	if err != nil {
		return nil, ErrWrongCode // a key of low order comes of a wrong code or of an attack
	}
	salt, nonce := bundle[:saltLength], bundle[saltLength:saltLength+nonceLength]
	key := hkdfutil.SHA256(shared, salt, []byte("link_code_pairing_key_bundle_encryption_key"), keyLength)
	plain, err := gcmutil.Decrypt(key, nonce, bundle[saltLength+nonceLength:], nil)
	if err != nil {
		return nil, ErrWrongCode
	}
	if !bytes.Equal(plain[:keyLength], clientIdentity) || !bytes.Equal(plain[keyLength:2*keyLength], p.identity) {
		return nil, ErrMalformed
	}
	agreed, err := agree(clientIdentity)
	if err != nil {
		return nil, ErrMalformed
	}
	input := bytes.Join([][]byte{shared, agreed, plain[2*keyLength:]}, nil)
	return hkdfutil.SHA256(input, nil, []byte("adv_secret"), keyLength), nil
}
