package whatsmeow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

const (
	agentNumber = "27821110001"
	leadNumber  = "27832220002"
	thirdNumber = "27843330003"
)

func TestPairing(t *testing.T) {
	w := newWorld(t)
	agent := w.phone(t, agentNumber, "Thandi")
	s := w.open(t, "", newMemory())
	require.False(t, s.Linked())
	s.connect(t)
	scanned := s.scan(t, agent)
	linked := await[engine.Linked](t, s.memory)

	require.Equal(t, engine.PhoneAddress(agentNumber), linked.Account.Phone)
	require.True(t, linked.Account.LID.IsLID())
	require.NotEmpty(t, linked.Account.Device)
	require.True(t, s.Linked())
	require.Len(t, s.claims, 1)
	require.Equal(t, linked.Account.Device, s.claims[0].Device)

	s.Disconnect()
	s.connect(t)
	await[engine.Connected](t, s.memory)
	device, err := scanned()
	require.NoError(t, err)
	require.Equal(t, linked.Account.Device, device.JID)
	require.Equal(t, 1, w.devices(t))

	// A new client of the same device needs no code.
	require.NoError(t, s.Close())
	again := w.open(t, linked.Account.Device, newMemory())
	require.True(t, again.Linked())
	again.connect(t)
	await[engine.Connected](t, again.memory)
}

func TestOpenWithoutKeysIsNotLinked(t *testing.T) {
	w := newWorld(t)
	s := w.open(t, agentNumber+":3@s.whatsapp.net", newMemory())
	require.False(t, s.Linked())
	s.connect(t)
	require.NotEmpty(t, await[engine.PairingCode](t, s.memory).Text)
}

func TestRefusedClaimSavesNothing(t *testing.T) {
	w := newWorld(t)
	agent := w.phone(t, agentNumber, "Thandi")
	s := w.open(t, "", newMemory())
	s.set(func(m *memory) { m.refusal = engine.Errorf(engine.CodeNumberTaken, "It is taken.") })
	s.connect(t)
	scanned := s.scan(t, agent)
	ended := await[engine.PairingEnded](t, s.memory)
	require.Equal(t, engine.PairingEnded{Reason: engine.ReasonNumberTaken, Detail: "It is taken."}, ended)
	_, err := scanned()
	require.ErrorIs(t, err, simulator.ErrRefused)
	require.False(t, s.Linked())
	require.Zero(t, w.devices(t))
	require.Empty(t, agent.Devices())

	// The seat can try again.
	s.set(func(m *memory) { m.refusal = nil })
	s.Disconnect()
	s.connect(t)
	s.scan(t, agent)
	await[engine.Linked](t, s.memory)
}

func TestPairingTimesOut(t *testing.T) {
	w := newWorld(t, func(c *whatsmeow.Config) { c.FirstCode, c.NextCode = 60*time.Millisecond, 20*time.Millisecond })
	s := w.open(t, "", newMemory())
	s.connect(t)
	ended := await[engine.PairingEnded](t, s.memory)
	require.Equal(t, engine.ReasonPairingTimedOut, ended.Reason)
	require.False(t, s.Linked())
}

func TestPairingShowsEveryCodeOnce(t *testing.T) {
	w := newWorld(t, func(c *whatsmeow.Config) { c.FirstCode, c.NextCode = 60*time.Millisecond, 20*time.Millisecond })
	s := w.open(t, "", newMemory())
	s.connect(t)
	codes := make(map[string]bool)
	s.until(t, "the end of pairing", func() bool {
		for _, signal := range s.signals {
			switch signal := signal.(type) {
			case engine.PairingCode:
				codes[signal.Text] = true
			case engine.PairingEnded:
				return true
			}
		}
		return false
	})
	require.Len(t, s.signals, len(codes)+1)
	require.Len(t, codes, 6)
}

func TestDisconnectWhilePairingIsSilent(t *testing.T) {
	w := newWorld(t, func(c *whatsmeow.Config) { c.FirstCode, c.NextCode = 50*time.Millisecond, 50*time.Millisecond })
	s := w.open(t, "", newMemory())
	s.connect(t)
	await[engine.PairingCode](t, s.memory)
	s.Disconnect()
	s.set(func(m *memory) { m.signals = nil })
	s.connect(t)
	await[engine.PairingCode](t, s.memory)
	require.NoError(t, s.Close())
	s.set(func(m *memory) { require.Empty(t, m.news()) })
	require.Equal(t, engine.CodeNotConnected, engine.CodeOf(s.Connect(t.Context())))
}
