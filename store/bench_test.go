package store

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// benchText is the i-th text of a seat, of one of its leads.
func benchText(seat, i int) []engine.Fact {
	lead := fmt.Sprintf("%04d%03d", seat, i%5)
	return []engine.Fact{engine.Incoming{
		WhatsAppID: fmt.Sprintf("3EB0%016d", i), Kind: engine.KindText, Text: "Is the house in Main Street still for sale?", At: time.Now(),
		Chat: engine.Party{Phone: engine.PhoneAddress("2782" + lead), LID: engine.Address("1" + lead + "@lid"), Name: "Thandi"},
	}}
}

// BenchmarkRecord stores texts of leads whose conversations are known, one
// seat's after the other and of 64 seats at once.
func BenchmarkRecord(b *testing.B) {
	for _, seats := range []int{1, 64} {
		b.Run(fmt.Sprintf("seats=%d", seats), func(b *testing.B) { benchRecord(b, seats) })
	}
}

func benchRecord(b *testing.B, seats int) {
	b.Helper()
	s, err := Open(b.Context(), Config{DataDir: b.TempDir()})
	require.NoError(b, err)
	b.Cleanup(s.Close)
	user, err := s.SignUp(b.Context(), engine.NewAccount{Agency: "A", Name: "B", Email: "c", PasswordHash: "h"}, true)
	require.NoError(b, err)
	keys := make([]engine.SeatKey, seats)
	for i := range keys {
		view, err := s.Tenant(user.Tenant).CreateSeat(b.Context(), "seat")
		require.NoError(b, err)
		keys[i] = engine.SeatKey{Tenant: user.Tenant, Seat: view.ID}
		for lead := range 5 {
			require.NoError(b, s.Record(b.Context(), keys[i], benchText(i, lead)))
		}
	}
	var seat, next atomic.Int64
	next.Store(4)
	b.ReportAllocs()
	b.ResetTimer()
	before := cpuTime(b)
	b.SetParallelism(max(1, seats/2))
	if seats == 1 {
		for b.Loop() {
			require.NoError(b, s.Record(b.Context(), keys[0], benchText(0, int(next.Add(1)))))
		}
	} else {
		b.RunParallel(func(run *testing.PB) {
			mine := int(seat.Add(1)-1) % seats
			for run.Next() {
				require.NoError(b, s.Record(b.Context(), keys[mine], benchText(mine, int(next.Add(1)))))
			}
		})
	}
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
