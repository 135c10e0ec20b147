package simulator_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

// authenticator is a passkey in software.
type authenticator struct {
	t       *testing.T
	key     *ecdsa.PrivateKey
	counter uint32
}

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return &authenticator{t: t, key: key}
}

func (a *authenticator) passkey() *simulator.Passkey {
	a.t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&a.key.PublicKey)
	require.NoError(a.t, err)
	return &simulator.Passkey{ID: []byte("credential"), PublicKey: der}
}

func (a *authenticator) sign(options *types.WebAuthnPublicKey) *types.WebAuthnResponse {
	a.t.Helper()
	a.counter++
	client, err := json.Marshal(map[string]any{
		"type": "webauthn.get", "challenge": base64.RawURLEncoding.EncodeToString(options.Challenge),
		"origin": "https://web.whatsapp.com", "crossOrigin": false,
	})
	require.NoError(a.t, err)
	site := sha256.Sum256([]byte(options.RelyingPartID))
	data := binary.BigEndian.AppendUint32(append(site[:], 5), a.counter)
	hash := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte(nil), data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, signed[:])
	require.NoError(a.t, err)
	id := []byte("credential")
	return &types.WebAuthnResponse{
		ID: base64.RawURLEncoding.EncodeToString(id), RawID: id, Type: "public-key",
		Response: types.WebAuthnResponseData{ClientDataJSON: client, AuthenticatorData: data, Signature: signature},
	}
}

// scan scans the client's code in the background, since a link with a passkey needs the client's help.
func scan(t *testing.T, p *simulator.Phone, qr string) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	ctx := patient(t)
	go func() {
		_, err := p.Scan(ctx, qr)
		done <- err
	}()
	return done
}

// TestLinkByPasskey proves the passkey; since the client knows the secret of the code that was scanned, nobody has to
// compare codes.
//
// covers: SendPasskeyResponse SendPasskeyConfirmation events.PairPasskeyRequest events.PairPasskeyConfirmation
func TestLinkByPasskey(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	key := newAuthenticator(t)
	require.NoError(t, agent.RequirePasskey(key.passkey()))
	c := newClient(t, s)
	done := scan(t, agent, c.code())
	request := await[*events.PairPasskeyRequest](c, nil)
	require.Equal(t, "whatsapp.com", request.PublicKey.RelyingPartID)

	require.ErrorIs(t, c.SendPasskeyResponse(patient(t), newAuthenticator(t).sign(request.PublicKey)), whatsmeow.ErrIQNotAuthorized)
	require.NoError(t, c.SendPasskeyResponse(patient(t), key.sign(request.PublicKey)))
	confirmation := await[*events.PairPasskeyConfirmation](c, nil)
	require.True(t, confirmation.SkipHandoffUX)
	require.NoError(t, c.SendPasskeyConfirmation(patient(t)))
	require.NoError(t, <-done)
	await[*events.Connected](c, nil)
	require.Len(t, agent.Devices(), 1)
	require.Empty(t, agent.Events())
}

func TestCodesOfAPasskeyAreCompared(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	key := newAuthenticator(t)
	require.NoError(t, agent.RequirePasskey(key.passkey()))
	// Both ways: the codes agree, or the person says that they don't.
	for _, agrees := range []bool{false, true} {
		c := newClient(t, s)
		done := scan(t, agent, c.code())
		options := await[*events.PairPasskeyRequest](c, nil).PublicKey
		require.NoError(t, c.SendPasskeyResponse(patient(t), key.sign(options)))
		await[*events.PairPasskeyConfirmation](c, nil)
		// The client has forgotten the first secret and begins anew.
		c.forgetEvents()
		require.NoError(t, c.SendPasskeyResponse(patient(t), key.sign(options)))
		confirmation := await[*events.PairPasskeyConfirmation](c, nil)
		require.False(t, confirmation.SkipHandoffUX)
		_, err := agent.WaitEvent(patient(t), func(e simulator.Event) bool {
			return e.Kind == simulator.EventLinkCode && e.Detail == confirmation.Code
		})
		require.NoError(t, err)
		if !agrees {
			require.ErrorIs(t, agent.ConfirmLink(wrong(confirmation.Code)), simulator.ErrInvalid)
			require.ErrorIs(t, <-done, simulator.ErrRefused)
			require.ErrorIs(t, agent.ConfirmLink(confirmation.Code), simulator.ErrNotFound)
			require.Error(t, c.SendPasskeyConfirmation(patient(t)))
			continue
		}
		require.NoError(t, agent.ConfirmLink(confirmation.Code))
		require.NoError(t, c.SendPasskeyConfirmation(patient(t)))
		require.NoError(t, <-done)
		await[*events.Connected](c, nil)
	}
}

// TestPasskeyOptionsAreFetched has a client ask for the challenge, and fail at it.
//
// covers: events.PairPasskeyError
func TestPasskeyOptionsAreFetched(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	key := newAuthenticator(t)
	fetched := key.passkey()
	fetched.Fetch = true
	require.NoError(t, agent.RequirePasskey(fetched))
	c := newClient(t, s)
	qr := c.code()
	require.NoError(t, s.Inject(simulator.Fault{Kind: simulator.FaultRateLimit, Namespace: "md"}))
	done := scan(t, agent, qr)
	failed := await[*events.PairPasskeyError](c, nil)
	require.ErrorIs(t, failed.Error, whatsmeow.ErrIQRateOverLimit)
	require.NoError(t, s.Advance(11*time.Minute))
	require.Error(t, <-done)

	c = newClient(t, s)
	done = scan(t, agent, c.code())
	require.NoError(t, c.SendPasskeyResponse(patient(t), key.sign(await[*events.PairPasskeyRequest](c, nil).PublicKey)))
	await[*events.PairPasskeyConfirmation](c, nil)
	require.NoError(t, c.SendPasskeyConfirmation(patient(t)))
	require.NoError(t, <-done)
}

func TestPasskeyAfterALinkCodeByControl(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	key := newAuthenticator(t)
	body, err := json.Marshal(key.passkey())
	require.NoError(t, err)
	status, answer := call(t, s, "POST", "/phones/"+agentNumber+"/passkey", string(body))
	require.Equal(t, http.StatusOK, status, answer)
	c := newClient(t, s)
	code := c.linkCode(agentNumber)
	done := make(chan error, 1)
	ctx := patient(t)
	go func() {
		_, err := agent.Link(ctx, code)
		done <- err
	}()
	require.NoError(t, c.SendPasskeyResponse(patient(t), key.sign(await[*events.PairPasskeyRequest](c, nil).PublicKey)))
	require.True(t, await[*events.PairPasskeyConfirmation](c, nil).SkipHandoffUX)
	require.NoError(t, c.SendPasskeyConfirmation(patient(t)))
	require.NoError(t, <-done)

	status, _ = call(t, s, "DELETE", "/phones/"+agentNumber+"/passkey", "")
	require.Equal(t, http.StatusOK, status)
	linked(t, s, agent)
}
