package simulator

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/simulator/internal/noise"
	"github.com/myaibud/aibud/engine/simulator/internal/stanza"
)

// FuzzHandle gives a linked client's connection every stanza that can be decoded.
func FuzzHandle(f *testing.F) {
	const agent, lead = "27821234567", "27839876543"
	s, err := Start(f.Context(), Config{})
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, s.Close()) })
	p, err := s.AddPhone(agent, "")
	require.NoError(f, err)
	_, err = s.AddPhone(lead, "")
	require.NoError(f, err)
	for _, node := range OddStanzas(lead) {
		frame, err := stanza.Encode(node)
		require.NoError(f, err)
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		node, err := stanza.Decode(frame)
		if err != nil {
			return
		}
		d := &device{account: p.account, id: 1, loggedIn: make(chan struct{}), greeted: true}
		d.keys.identity = p.keys.IdentityKey()
		p.account.mu.Lock()
		p.account.devices[1] = d
		p.account.mu.Unlock()
		c := &conn{server: s, ctx: t.Context(), log: slog.New(slog.DiscardHandler), wake: make(chan struct{}, 1)}
		c.device.Store(d)
		d.attach(c)
		d.flush(c)
		c.handle(node)
	})
}

// FuzzCode reads what somebody holds before a phone's camera.
func FuzzCode(f *testing.F) {
	f.Add(linkPrefix + "2@ref,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=," +
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,1")
	f.Add(",,,")
	f.Fuzz(func(t *testing.T, text string) {
		if read, err := parseCode(text); err == nil {
			require.Len(t, read.secret, 32)
		} else {
			require.ErrorIs(t, err, ErrInvalid)
		}
	})
}

// FuzzRegistration reads what a new client says of itself.
func FuzzRegistration(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4}, make([]byte, 32), []byte{0, 0, 1}, make([]byte, 32), make([]byte, 64), []byte{})
	f.Fuzz(func(t *testing.T, regID, identity, keyID, key, signature, props []byte) {
		peer := &noise.Peer{Payload: registration(regID, identity, keyID, key, signature, props)}
		// Errors are expected; only a panic is a fault.
		_, _ = parseRegistration(&conn{peer: peer})
	})
}
