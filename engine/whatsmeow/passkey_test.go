package whatsmeow_test

import (
	"context"
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

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// authenticator is a passkey in software.
type authenticator struct {
	key     *ecdsa.PrivateKey
	counter uint32
}

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return &authenticator{key: key}
}

// guard makes a phone's account ask for the passkey.
func (a *authenticator) guard(t *testing.T, phone *simulator.Phone) {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&a.key.PublicKey)
	require.NoError(t, err)
	require.NoError(t, phone.RequirePasskey(&simulator.Passkey{ID: []byte("credential"), PublicKey: der}))
}

// sign answers as a browser does (WebAuthn, PublicKeyCredential.toJSON).
func (a *authenticator) sign(t *testing.T, options engine.PasskeyOptions) engine.PasskeyAnswer {
	t.Helper()
	a.counter++
	client, err := json.Marshal(map[string]any{
		"type": "webauthn.get", "challenge": options.Challenge, "origin": "https://web.whatsapp.com", "crossOrigin": false,
	})
	require.NoError(t, err)
	site := sha256.Sum256([]byte(options.RelyingParty))
	data := binary.BigEndian.AppendUint32(append(site[:], 5), a.counter)
	hash := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte(nil), data...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, signed[:])
	require.NoError(t, err)
	text := base64.RawURLEncoding.EncodeToString
	answer := engine.PasskeyAnswer{ID: text([]byte("credential")), RawID: text([]byte("credential")), Type: "public-key"}
	answer.Response.ClientDataJSON, answer.Response.AuthenticatorData, answer.Response.Signature = text(client), text(data), text(signature)
	return answer
}

// step waits until a person has to take a step, and returns what it shows.
func (s *seat) step(t *testing.T, want engine.PairingStep) (text string) {
	t.Helper()
	s.until(t, string(want), func() bool {
		for _, signal := range s.signals {
			if code, ok := signal.(engine.PairingCode); ok && code.Step == want {
				text = code.Text
			}
		}
		return text != ""
	})
	return text
}

func (s *seat) passkeys(t *testing.T) engine.PasskeyPairer {
	t.Helper()
	pairer, ok := s.Client.(engine.PasskeyPairer)
	require.True(t, ok)
	return pairer
}

// asksForPasskey lets a phone scan the code of a new seat, upon which it is
// asked for the account's passkey.
func (w *world) asksForPasskey(t *testing.T, phone *simulator.Phone) (*seat, engine.PasskeyOptions, func() (simulator.Device, error)) {
	t.Helper()
	s := w.open(t, "", newMemory())
	s.connect(t)
	scanned := s.scan(t, phone)
	options := engine.PasskeyOptionsOf(s.step(t, engine.PairPasskey))
	require.NotNil(t, options)
	require.Equal(t, "whatsapp.com", options.RelyingParty)
	return s, *options, scanned
}

func TestPairWithAPasskey(t *testing.T) {
	w := newWorld(t)
	agent, key := w.phone(t, agentNumber, "Thandi"), newAuthenticator(t)
	key.guard(t, agent)
	s, options, scanned := w.asksForPasskey(t, agent)
	require.Equal(t, engine.CodeConflict, engine.CodeOf(s.passkeys(t).ConfirmPasskey(t.Context())), "nothing is to be compared")
	require.Equal(t, engine.CodeForbidden, engine.CodeOf(s.passkeys(t).AnswerPasskey(t.Context(), newAuthenticator(t).sign(t, options))))
	damaged := key.sign(t, options)
	damaged.Response.Signature = "%%%"
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(s.passkeys(t).AnswerPasskey(t.Context(), damaged)))

	// WhatsApp knows that it is the client that was scanned: nobody has to
	// compare codes.
	require.NoError(t, s.passkeys(t).AnswerPasskey(t.Context(), key.sign(t, options)))
	await[engine.Linked](t, s.memory)
	s.Disconnect()
	s.connect(t)
	await[engine.Connected](t, s.memory)
	_, err := scanned()
	require.NoError(t, err)
	require.Len(t, agent.Devices(), 1)
	require.Equal(t, engine.CodeConflict, engine.CodeOf(s.passkeys(t).AnswerPasskey(t.Context(), key.sign(t, options))))
}

func TestPairByCodeWithAPasskey(t *testing.T) {
	w := newWorld(t)
	agent, key := w.phone(t, agentNumber, "Thandi"), newAuthenticator(t)
	key.guard(t, agent)
	s := w.byCode(t, agentNumber)
	code := s.step(t, engine.PairCode)
	linked := inBackground(t, func(ctx context.Context) error {
		_, err := agent.Link(ctx, code)
		return err
	})
	options := engine.PasskeyOptionsOf(s.step(t, engine.PairPasskey))
	require.NoError(t, s.passkeys(t).AnswerPasskey(t.Context(), key.sign(t, *options)))
	await[engine.Linked](t, s.memory)
	s.Disconnect()
	s.connect(t)
	await[engine.Connected](t, s.memory)
	require.NoError(t, <-linked)
}

// A client that can't prove any more that it is the one that was scanned has
// the person compare codes.
func TestCodesOfAPasskeyAreCompared(t *testing.T) {
	w := newWorld(t)
	agent, key := w.phone(t, agentNumber, "Thandi"), newAuthenticator(t)
	key.guard(t, agent)
	s, options, scanned := w.asksForPasskey(t, agent)
	whatsmeow.ForgetProof(s.Client)
	require.NoError(t, s.passkeys(t).AnswerPasskey(t.Context(), key.sign(t, options)))
	code := s.step(t, engine.PairConfirm)
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	shown, err := agent.WaitEvent(ctx, func(e simulator.Event) bool { return e.Kind == simulator.EventLinkCode })
	require.NoError(t, err)
	require.Equal(t, shown.Detail, code)
	require.NoError(t, agent.ConfirmLink(code))
	require.NoError(t, s.passkeys(t).ConfirmPasskey(t.Context()))
	await[engine.Linked](t, s.memory)
	s.Disconnect()
	s.connect(t)
	await[engine.Connected](t, s.memory)
	_, err = scanned()
	require.NoError(t, err)
}

// What can't be asked for ends the pairing with a reason.
func TestPasskeyThatCannotBeAskedFor(t *testing.T) {
	w := newWorld(t)
	agent, key := w.phone(t, agentNumber, "Thandi"), newAuthenticator(t)
	der, err := x509.MarshalPKIXPublicKey(&key.key.PublicKey)
	require.NoError(t, err)
	require.NoError(t, agent.RequirePasskey(&simulator.Passkey{ID: []byte("credential"), PublicKey: der, Fetch: true}))
	s := w.open(t, "", newMemory())
	s.connect(t)
	s.until(t, "the QR code", func() bool { return len(s.signals) > 0 })
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultRateLimit, Namespace: "md"}))
	s.scan(t, agent)
	require.Equal(t, engine.ReasonPasskeyRefused, await[engine.PairingEnded](t, s.memory).Reason)
}
