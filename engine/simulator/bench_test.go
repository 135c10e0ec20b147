package simulator_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/simulator"
)

// BenchmarkPhoneToPhone is one text with its delivery receipt, encrypted and decrypted, between many pairs of phones.
func BenchmarkPhoneToPhone(b *testing.B) {
	s, err := simulator.Start(b.Context(), simulator.Config{})
	require.NoError(b, err)
	defer func() { require.NoError(b, s.Close()) }()
	const pairs = 50
	var senders []*simulator.Phone
	for i := range pairs {
		p, err := s.AddPhone("2782000"+strconv.Itoa(1000+i), "")
		require.NoError(b, err)
		_, err = s.AddPhone("2783000"+strconv.Itoa(1000+i), "")
		require.NoError(b, err)
		senders = append(senders, p)
	}
	b.ResetTimer()
	for i := range b.N {
		_, err := senders[i%pairs].SendText(b.Context(), "2783000"+strconv.Itoa(1000+i%pairs), "hello")
		require.NoError(b, err)
	}
}
