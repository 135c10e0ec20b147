package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// BenchmarkRecord stores texts of leads whose conversations are known.
func BenchmarkRecord(b *testing.B) {
	s, err := Open(b.Context(), Config{DataDir: b.TempDir()})
	require.NoError(b, err)
	b.Cleanup(s.Close)
	user, err := s.SignUp(b.Context(), engine.NewAccount{Agency: "A", Name: "B", Email: "c", PasswordHash: "h"}, true)
	require.NoError(b, err)
	view, err := s.Tenant(user.Tenant).CreateSeat(b.Context(), "seat")
	require.NoError(b, err)
	seat := engine.SeatKey{Tenant: user.Tenant, Seat: view.ID}
	const leads = 100
	text := func(i int) []engine.Fact {
		lead := i % leads
		return []engine.Fact{engine.Incoming{
			WhatsAppID: fmt.Sprintf("3EB0%016d", i), Kind: engine.KindText, Text: "Is the house in Main Street still for sale?", At: time.Now(),
			Chat: engine.Party{Phone: engine.PhoneAddress(fmt.Sprintf("2782%07d", lead)), LID: engine.Address(fmt.Sprintf("1%07d@lid", lead)), Name: "Thandi"},
		}}
	}
	for i := range leads {
		require.NoError(b, s.Record(b.Context(), seat, text(i)))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		require.NoError(b, s.Record(b.Context(), seat, text(leads+i)))
	}
}
