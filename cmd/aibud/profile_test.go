package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestProfilesAreForThisMachineOnly(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, address := range []string{"0.0.0.0:6060", ":6060", "192.0.2.1:6060", "example.com:6060", "127.0.0.1"} {
		require.ErrorContains(t, serveProfiles(ctx, address), "loopback")
	}
	require.NoError(t, serveProfiles(ctx, "127.0.0.1:0"))
}
