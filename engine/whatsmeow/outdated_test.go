package whatsmeow_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// keptVersion keeps the version of the web client.
type keptVersion struct {
	mu      sync.Mutex
	version string
}

func (v *keptVersion) LoadVersion(context.Context) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.version, nil
}

func (v *keptVersion) SaveVersion(_ context.Context, version string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.version = version
	return nil
}

// A client that WhatsApp finds too old learns from WhatsApp's page what is new
// enough, and a later process knows it from the start.
func TestOutdatedClientLearnsTheVersion(t *testing.T) {
	kept := &keptVersion{}
	w := newWorld(t, func(c *whatsmeow.Config) { c.Versions = kept })
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	s.Disconnect()
	require.NoError(t, w.sim.RequireVersion("2.3000.1050000000")) // what its page tells
	s.connect(t)
	await[engine.Outdated](t, s.memory)
	require.True(t, s.Linked(), "its keys are good")
	s.Disconnect()
	s.connect(t)
	await[engine.Outdated](t, s.memory)

	require.NoError(t, w.provider.Refresh(t.Context()))
	require.Equal(t, "2.3000.1050000000", kept.version)
	s.reconnect(t)

	require.NoError(t, s.Close())
	w.start(t, w.cfg)
	again := w.open(t, s.device, newMemory())
	again.connect(t)
	await[engine.Connected](t, again.memory)
}
