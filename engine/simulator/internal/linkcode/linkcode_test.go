package linkcode_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/util/gcmutil"
	"go.mau.fi/whatsmeow/util/hkdfutil"

	"github.com/myaibud/aibud/engine/simulator/internal/linkcode"
)

const code = "ABCD1234"

func key(t *testing.T) *ecdh.PrivateKey {
	t.Helper()
	out, err := ecdh.X25519().GenerateKey(rand.Reader)
	require.NoError(t, err)
	return out
}

// companion is the client's half.
type companion struct {
	ephemeral, identity *ecdh.PrivateKey
	wrapped             []byte
}

func newCompanion(t *testing.T) companion {
	t.Helper()
	c := companion{ephemeral: key(t), identity: key(t)}
	var err error
	c.wrapped, err = linkcode.Wrap(code, c.ephemeral.PublicKey().Bytes())
	require.NoError(t, err)
	return c
}

func (c companion) answer(t *testing.T, hello []byte, primary *ecdh.PublicKey) (bundle, secret []byte) {
	t.Helper()
	raw, err := linkcode.Unwrap(code, hello)
	require.NoError(t, err)
	public, err := ecdh.X25519().NewPublicKey(raw)
	require.NoError(t, err)
	shared, err := c.ephemeral.ECDH(public)
	require.NoError(t, err)
	random := bytes.Repeat([]byte{7}, 32)
	salt, nonce := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 12)
	sealing := hkdfutil.SHA256(shared, salt, []byte("link_code_pairing_key_bundle_encryption_key"), 32)
	plain := bytes.Join([][]byte{c.identity.PublicKey().Bytes(), primary.Bytes(), random}, nil)
	sealed, err := gcmutil.Encrypt(sealing, nonce, plain, nil)
	require.NoError(t, err)
	agreed, err := c.identity.ECDH(primary)
	require.NoError(t, err)
	secret = hkdfutil.SHA256(bytes.Join([][]byte{shared, agreed, random}, nil), nil, []byte("adv_secret"), 32)
	return bytes.Join([][]byte{salt, nonce, sealed}, nil), secret
}

func agreement(own *ecdh.PrivateKey) func([]byte) ([]byte, error) {
	return func(raw []byte) ([]byte, error) {
		public, err := ecdh.X25519().NewPublicKey(raw)
		if err != nil {
			return nil, err
		}
		return own.ECDH(public)
	}
}

func TestBothSidesDeriveTheSameSecret(t *testing.T) {
	t.Parallel()
	client, phone := newCompanion(t), key(t)
	primary, err := linkcode.NewPrimary(code, client.wrapped, phone.PublicKey().Bytes())
	require.NoError(t, err)
	bundle, want := client.answer(t, primary.Hello(), phone.PublicKey())
	got, err := primary.Finish(bundle, client.identity.PublicKey().Bytes(), agreement(phone))
	require.NoError(t, err)
	require.Equal(t, want, got)

	_, err = primary.Finish(bundle, key(t).PublicKey().Bytes(), agreement(phone))
	require.ErrorIs(t, err, linkcode.ErrMalformed, "another client's identity")
	bundle[len(bundle)-1] ^= 1
	_, err = primary.Finish(bundle, client.identity.PublicKey().Bytes(), agreement(phone))
	require.ErrorIs(t, err, linkcode.ErrWrongCode)
	_, err = primary.Finish(bundle[1:], client.identity.PublicKey().Bytes(), agreement(phone))
	require.ErrorIs(t, err, linkcode.ErrMalformed)
}

func TestAnotherCode(t *testing.T) {
	t.Parallel()
	client, phone := newCompanion(t), key(t)
	primary, err := linkcode.NewPrimary("ZZZZ9999", client.wrapped, phone.PublicKey().Bytes())
	require.NoError(t, err, "nothing shows yet")
	bundle, _ := client.answer(t, primary.Hello(), phone.PublicKey())
	_, err = primary.Finish(bundle, client.identity.PublicKey().Bytes(), agreement(phone))
	require.ErrorIs(t, err, linkcode.ErrWrongCode)
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	got, err := linkcode.Normalize(" abcd-1234 ")
	require.NoError(t, err)
	require.Equal(t, code, got)
	for _, bad := range []string{"", "ABCD123", "ABCD12345", "ABCD123O", "ABCD123é"} {
		_, err = linkcode.Normalize(bad)
		require.ErrorIs(t, err, linkcode.ErrCode, bad)
	}
}

func TestMalformedLengths(t *testing.T) {
	t.Parallel()
	_, err := linkcode.Wrap(code, nil)
	require.ErrorIs(t, err, linkcode.ErrMalformed)
	_, err = linkcode.Unwrap(code, make([]byte, 79))
	require.ErrorIs(t, err, linkcode.ErrMalformed)
	_, err = linkcode.NewPrimary(code, make([]byte, 80), nil)
	require.ErrorIs(t, err, linkcode.ErrMalformed)
}
