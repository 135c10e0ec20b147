package simulator

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/linkcode"
	"github.com/myaibud/aibud/engine/simulator/internal/noise"
	"github.com/myaibud/aibud/engine/simulator/internal/passkey"
	"github.com/myaibud/aibud/engine/simulator/internal/stanza"
)

// pairingStanzas are queries of clients that are not linked, none of them quite right.
func pairingStanzas(number string) []binary.Node {
	jid := types.NewJID(number, types.DefaultUserServer)
	md := func(kind string, child binary.Node) binary.Node {
		return binary.Node{
			Tag:     "iq",
			Attrs:   binary.Attrs{"id": "1", "xmlns": "md", "type": kind, "to": types.ServerJID},
			Content: []binary.Node{child},
		}
	}
	reg := func(stage string, children ...binary.Node) binary.Node {
		return md("set", binary.Node{
			Tag: "link_code_companion_reg", Attrs: binary.Attrs{"jid": jid, "stage": stage}, Content: children,
		})
	}
	return []binary.Node{
		{Tag: "iq"},
		{Tag: "iq", Attrs: binary.Attrs{"id": "1", "type": "result"}},
		{Tag: "iq", Attrs: binary.Attrs{"id": "1", "type": "error"}, Content: []binary.Node{{Tag: "error"}}},
		{Tag: "message"},
		md("get", binary.Node{Tag: "ref"}),
		md("get", binary.Node{Tag: "passkey_request_options"}),
		md("set", binary.Node{Tag: "companion_nonce", Content: make([]byte, 32)}),
		md("set", binary.Node{Tag: "encrypted_pairing_request", Content: []byte{0x12, 1, 0}}),
		md("set", binary.Node{Tag: "passkey_prologue", Content: []binary.Node{
			{Tag: "credential_id", Content: []byte("id")},
			{Tag: "webauthn_assertion", Content: []byte(`{"id":"aWQ","rawId":"aWQ","type":"public-key"}`)},
			{Tag: "prologue_payload", Content: []byte{0x0a, 0}},
		}}),
		reg("companion_hello",
			binary.Node{Tag: "link_code_pairing_wrapped_companion_ephemeral_pub", Content: make([]byte, linkcode.WrappedLength)},
			binary.Node{Tag: "companion_server_auth_key_pub", Content: make([]byte, 32)},
			binary.Node{Tag: "companion_platform_id", Content: []byte("1")},
			binary.Node{Tag: "companion_platform_display", Content: []byte("Chrome (Linux)")},
		),
		reg("companion_finish",
			binary.Node{Tag: "link_code_pairing_wrapped_key_bundle", Content: make([]byte, linkcode.BundleLength)},
			binary.Node{Tag: "companion_identity_public", Content: make([]byte, 32)},
			binary.Node{Tag: "link_code_pairing_ref", Content: []byte("3@ref")},
		),
		reg("else"),
	}
}

// FuzzPairing gives the connection of a client that is being linked every stanza that can be decoded.
func FuzzPairing(f *testing.F) {
	const number = "27821234567"
	s, err := Start(f.Context(), Config{})
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, s.Close()) })
	p, err := s.AddPhone(number, "")
	require.NoError(f, err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(f, err)
	guard := &accountPasskey{credential: passkey.Credential{ID: []byte("id"), Key: &key.PublicKey}}
	for _, node := range pairingStanzas(number) {
		frame, err := stanza.Encode(node)
		require.NoError(f, err)
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		node, err := stanza.Decode(frame)
		if err != nil {
			return
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c := &conn{
			server: s, ctx: ctx, cancel: cancel, peer: new(noise.Peer), log: slog.New(slog.DiscardHandler),
			wake: make(chan struct{}, 1),
		}
		pair := &pairing{conn: c, props: new(waCompanionReg.DeviceProps), ref: "2@ref"}
		pair.timer = s.clock.AfterFunc(time.Hour, func() {})
		hello := &linkHello{pair: pair, account: p.account, ref: []byte("3@ref"), answer: make(chan []byte, 1)}
		hello.timer = s.clock.AfterFunc(time.Hour, func() {})
		pair.hello = hello
		pair.check = &passkeyCheck{
			pair: pair, phone: p, passkey: guard, challenge: []byte("challenge"), until: s.clock.Now().Add(time.Hour),
			done: make(chan passkeyOutcome, 1),
		}
		c.pair = pair
		c.handle(node)
		s.pairings.remove(pair)
		hello.timer.Stop()
	})
}
