package passkey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

const (
	// RelyingParty is whom the passkey belongs to.
	RelyingParty = "whatsapp.com"
	// Lifetime is how long a challenge may be answered.
	Lifetime = 10 * time.Minute
	// MaxResponse bounds a client's answer.
	MaxResponse = 16 << 10

	maxCredentialID = 1023 // WebAuthn's own bound

	flagPresent  = 0x01
	flagVerified = 0x04
	headLength   = 32 + 1 + 4 // hash of the relying party, flags, counter
)

// Errors that callers tell apart.
var (
	// ErrMalformed means bytes that make no sense.
	ErrMalformed = errors.New("malformed")
	// ErrRefused means an answer that proves nothing: another key, challenge or site.
	ErrRefused = errors.New("assertion refused")
)

// Credential is a passkey as a server knows it: ES256, which every authenticator can.
type Credential struct {
	ID  []byte
	Key *ecdsa.PublicKey
}

// NewCredential takes a credential's id and its public key as authenticators hand it out (SubjectPublicKeyInfo, DER).
func NewCredential(id, der []byte) (Credential, error) {
	if len(id) == 0 || len(id) > maxCredentialID {
		return Credential{}, fmt.Errorf("%w credential id: 1 to %d bytes", ErrMalformed, maxCredentialID)
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return Credential{}, fmt.Errorf("%w public key: %w", ErrMalformed, err)
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return Credential{}, fmt.Errorf("%w public key: ES256 (P-256) is the only kind", ErrMalformed)
	}
	return Credential{ID: bytes.Clone(id), Key: key}, nil
}

// NewChallenge draws what an authenticator has to sign.
func NewChallenge() []byte {
	out := make([]byte, 32)
	// Never fails: crypto/rand ends the program instead (Go 1.24).
	_, _ = rand.Read(out)
	return out
}

// Options are the request for an assertion as the server words it. No credential is named: the authenticator knows which
// it has for the site.
func Options(challenge []byte) ([]byte, error) {
	raw, err := json.Marshal(struct {
		Challenge        string         `json:"challenge"`
		Timeout          int64          `json:"timeout"`
		RelyingParty     string         `json:"rpId"`
		AllowCredentials []string       `json:"allowCredentials"`
		UserVerification string         `json:"userVerification"`
		Extensions       map[string]any `json:"extensions"`
	}{
		base64.RawURLEncoding.EncodeToString(challenge), Lifetime.Milliseconds(), RelyingParty,
		[]string{},
		"required",
		map[string]any{"uvm": true},
	})
	if err != nil {
		return nil, fmt.Errorf("encode options: %w", err)
	}
	return raw, nil
}

// Assertion is an authenticator's answer, in the form of a browser's PublicKeyCredential.toJSON.
type Assertion struct {
	ID       string `json:"id"`
	RawID    text   `json:"rawId"`
	Type     string `json:"type"`
	Response struct {
		ClientData        text `json:"clientDataJSON"`
		AuthenticatorData text `json:"authenticatorData"`
		Signature         text `json:"signature"`
	} `json:"response"`
}

// text is base64 for URLs, with or without padding.
type text []byte

// UnmarshalJSON decodes a string of base64.
func (t *text) UnmarshalJSON(raw []byte) error {
	var encoded string
	if err := json.Unmarshal(raw, &encoded); err != nil {
		return fmt.Errorf("base64 string: %w", err)
	}
	decoded, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		return fmt.Errorf("base64: %w", err)
	}
	*t = decoded
	return nil
}

// ParseAssertion reads an answer.
func ParseAssertion(raw []byte) (*Assertion, error) {
	if len(raw) > MaxResponse {
		return nil, fmt.Errorf("%w assertion: too long", ErrMalformed)
	}
	out := new(Assertion)
	if err := json.Unmarshal(raw, out); err != nil {
		return nil, fmt.Errorf("%w assertion: %w", ErrMalformed, err)
	}
	if out.Type != "public-key" || len(out.Response.AuthenticatorData) < headLength {
		return nil, fmt.Errorf("%w assertion", ErrMalformed)
	}
	return out, nil
}

// Verify checks an answer to challenge and returns the authenticator's use counter, which must have grown beyond last
// unless the authenticator doesn't count (0).
func (c Credential) Verify(a *Assertion, challenge []byte, last uint32) (counter uint32, err error) {
	if subtle.ConstantTimeCompare(a.RawID, c.ID) != 1 || a.ID != base64.RawURLEncoding.EncodeToString(c.ID) {
		return 0, fmt.Errorf("%w: another credential", ErrRefused)
	}
	if err = checkClientData(a.Response.ClientData, challenge); err != nil {
		return 0, err
	}
	data := a.Response.AuthenticatorData
	site := sha256.Sum256([]byte(RelyingParty))
	if !bytes.Equal(data[:32], site[:]) {
		return 0, fmt.Errorf("%w: made for another site", ErrRefused)
	}
	if data[32]&flagPresent == 0 || data[32]&flagVerified == 0 {
		return 0, fmt.Errorf("%w: the person was not verified", ErrRefused)
	}
	counter = binary.BigEndian.Uint32(data[33:headLength])
	if (counter != 0 || last != 0) && counter <= last {
		return 0, fmt.Errorf("%w: the use counter went back", ErrRefused)
	}
	hash := sha256.Sum256(a.Response.ClientData)
	signed := sha256.Sum256(append(bytes.Clone(data), hash[:]...))
	if !ecdsa.VerifyASN1(c.Key, signed[:], a.Response.Signature) {
		return 0, fmt.Errorf("%w: wrong signature", ErrRefused)
	}
	return counter, nil
}

func checkClientData(raw, challenge []byte) error {
	var data struct {
		Type      string `json:"type"`
		Challenge text   `json:"challenge"`
		Origin    string `json:"origin"`
	}
	if err := json.Unmarshal(raw, &data); err != nil {
		return fmt.Errorf("%w client data: %w", ErrMalformed, err)
	}
	if data.Type != "webauthn.get" {
		return fmt.Errorf("%w: not made for a login", ErrRefused)
	}
	if subtle.ConstantTimeCompare(data.Challenge, challenge) != 1 {
		return fmt.Errorf("%w: answers another challenge", ErrRefused)
	}
	origin, err := url.Parse(data.Origin)
	if err != nil || origin.Scheme != "https" ||
		(origin.Hostname() != RelyingParty && !strings.HasSuffix(origin.Hostname(), "."+RelyingParty)) {
		return fmt.Errorf("%w: made on another site", ErrRefused)
	}
	return nil
}
