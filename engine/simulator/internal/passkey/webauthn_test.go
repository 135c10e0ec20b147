package passkey_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/simulator/internal/passkey"
)

// authenticator is a passkey in software; the fields say what it signs.
type authenticator struct {
	key                         *ecdsa.PrivateKey
	id                          []byte
	challenge                   []byte
	counter                     uint32
	flags                       byte
	kind, origin, site, idField string
}

func newAuthenticator(t *testing.T, challenge []byte) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	id := []byte("credential")
	return &authenticator{
		key: key, id: id, challenge: challenge, counter: 1, flags: 5, kind: "webauthn.get",
		origin: "https://web.whatsapp.com", site: passkey.RelyingParty, idField: base64.RawURLEncoding.EncodeToString(id),
	}
}

func (a *authenticator) credential(t *testing.T) passkey.Credential {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&a.key.PublicKey)
	require.NoError(t, err)
	c, err := passkey.NewCredential(a.id, der)
	require.NoError(t, err)
	return c
}

func (a *authenticator) sign(t *testing.T) []byte {
	t.Helper()
	url := base64.RawURLEncoding.EncodeToString
	client, err := json.Marshal(map[string]any{"type": a.kind, "challenge": url(a.challenge), "origin": a.origin})
	require.NoError(t, err)
	site := sha256.Sum256([]byte(a.site))
	data := binary.BigEndian.AppendUint32(append(site[:], a.flags), a.counter)
	hash := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte(nil), data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, signed[:])
	require.NoError(t, err)
	raw, err := json.Marshal(map[string]any{
		"id": a.idField, "rawId": url(a.id), "type": "public-key",
		"response": map[string]any{
			"clientDataJSON": url(client), "authenticatorData": url(data), "signature": url(signature), "userHandle": nil,
		},
	})
	require.NoError(t, err)
	return raw
}

func TestAssertions(t *testing.T) {
	t.Parallel()
	challenge := passkey.NewChallenge()
	good := newAuthenticator(t, challenge)
	credential := good.credential(t)
	verify := func(a *authenticator) error {
		assertion, err := passkey.ParseAssertion(a.sign(t))
		require.NoError(t, err)
		_, err = credential.Verify(assertion, challenge, 0)
		return err
	}
	require.NoError(t, verify(good))
	for name, change := range map[string]func(*authenticator){
		"another key":       func(a *authenticator) { a.key = newAuthenticator(t, nil).key },
		"another challenge": func(a *authenticator) { a.challenge = passkey.NewChallenge() },
		"another site":      func(a *authenticator) { a.site = "example.com" },
		"another origin":    func(a *authenticator) { a.origin = "https://evilwhatsapp.com" },
		"no TLS":            func(a *authenticator) { a.origin = "http://web.whatsapp.com" },
		"a registration":    func(a *authenticator) { a.kind = "webauthn.create" },
		"not verified":      func(a *authenticator) { a.flags = 1 },
		"another id":        func(a *authenticator) { a.id = []byte("other") },
		"ids differ":        func(a *authenticator) { a.idField = "b3RoZXI" },
	} {
		bad := *good
		change(&bad)
		require.ErrorIs(t, verify(&bad), passkey.ErrRefused, name)
	}
}

func TestCounterNeverGoesBack(t *testing.T) {
	t.Parallel()
	challenge := passkey.NewChallenge()
	a := newAuthenticator(t, challenge)
	a.counter = 7
	assertion, err := passkey.ParseAssertion(a.sign(t))
	require.NoError(t, err)
	counter, err := a.credential(t).Verify(assertion, challenge, 6)
	require.NoError(t, err)
	require.EqualValues(t, 7, counter)
	_, err = a.credential(t).Verify(assertion, challenge, 7)
	require.ErrorIs(t, err, passkey.ErrRefused)
}

func TestOptions(t *testing.T) {
	t.Parallel()
	raw, err := passkey.Options([]byte{0xfb, 0xff})
	require.NoError(t, err)
	require.JSONEq(t, `{"challenge":"-_8","timeout":600000,"rpId":"whatsapp.com","allowCredentials":[],`+
		`"userVerification":"required","extensions":{"uvm":true}}`, string(raw))
}

func TestCredentialsAndAssertionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{``, `{}`, `[]`, `{"type":"public-key"}`, `{"rawId":5}`, `{"rawId":"%%"}`} {
		_, err := passkey.ParseAssertion([]byte(raw))
		require.ErrorIs(t, err, passkey.ErrMalformed, raw)
	}
	_, err := passkey.ParseAssertion(make([]byte, passkey.MaxResponse+1))
	require.ErrorIs(t, err, passkey.ErrMalformed)
	_, err = passkey.NewCredential([]byte("id"), []byte("key"))
	require.ErrorIs(t, err, passkey.ErrMalformed)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&p384.PublicKey)
	require.NoError(t, err)
	_, err = passkey.NewCredential([]byte("id"), der)
	require.ErrorIs(t, err, passkey.ErrMalformed)
	_, err = passkey.NewCredential(nil, der)
	require.ErrorIs(t, err, passkey.ErrMalformed)
}

func FuzzParseAssertion(f *testing.F) {
	f.Add([]byte(`{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"","signature":""}}`))
	f.Add([]byte(`{"rawId":"="}`))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	credential := passkey.Credential{ID: []byte("a"), Key: &key.PublicKey}
	f.Fuzz(func(t *testing.T, raw []byte) {
		assertion, err := passkey.ParseAssertion(raw)
		if err != nil {
			return
		}
		_, err = credential.Verify(assertion, []byte("challenge"), 0)
		require.Error(t, err)
	})
}
