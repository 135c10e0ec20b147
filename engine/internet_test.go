package engine

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"} {
		require.True(t, isPublic(netip.MustParseAddr(address)), address)
	}
	for _, address := range []string{
		"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
		"198.18.0.1", "192.0.2.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1",
		"::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "::127.0.0.1",
	} {
		require.False(t, isPublic(netip.MustParseAddr(address)), address)
	}
}

func TestOnlyInternet(t *testing.T) {
	t.Parallel()
	require.NoError(t, OnlyInternet("tcp4", "8.8.8.8:443", nil))
	require.NoError(t, OnlyInternet("tcp6", "[2606:4700::1111]:443", nil))
	for _, address := range []string{"127.0.0.1:443", "[::1]:443", "[fe80::1%eth0]:443", "localhost:443", ""} {
		require.ErrorIs(t, OnlyInternet("tcp", address, nil), ErrPrivate, address)
	}
}
