package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func secrets(t *testing.T, b *bundle) {
	of := func(seat engine.SeatKey, id string) [][]byte {
		found, err := b.store.Secrets(b.ctx(), seat, id)
		require.NoError(t, err)
		return found
	}
	plain, secret := b.text(thandi(), "hi"), b.text(thandi(), "hello")
	secret.Secret = []byte("\x00first")
	// Somebody else's message may have the same ID.
	other := secret
	other.Chat, other.Secret = engine.Party{Phone: engine.PhoneAddress("27829999999")}, []byte("second")
	b.record(plain, secret, secret, other)
	require.Empty(t, of(b.seat, plain.WhatsAppID))
	require.Equal(t, [][]byte{secret.Secret, other.Secret}, of(b.seat, secret.WhatsAppID))

	waiting := b.text(thandi(), "")
	waiting.Kind = engine.KindWaiting
	b.record(waiting)
	waiting.Kind, waiting.Text, waiting.Secret = engine.KindText, "now", []byte("third")
	b.record(waiting)
	require.Equal(t, [][]byte{waiting.Secret}, of(b.seat, waiting.WhatsAppID))

	elsewhere := b.newAgency("second")
	require.Empty(t, of(elsewhere.seat, secret.WhatsAppID))
	require.Empty(t, of(engine.SeatKey{Tenant: elsewhere.user.Tenant, Seat: b.seat.Seat}, secret.WhatsAppID))
}
