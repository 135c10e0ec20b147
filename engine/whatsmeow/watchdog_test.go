package whatsmeow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// impatient lets the watchdog ask soon, and gives it time for the answer.
func impatient(silence, answer time.Duration) func(*whatsmeow.Config) {
	return func(c *whatsmeow.Config) { c.Silence, c.Answer = silence, answer }
}

// lives waits until a seat has been heard after now.
func lives(t *testing.T, s *seat) {
	t.Helper()
	listening, ok := s.Client.(engine.Listening)
	require.True(t, ok)
	now := time.Now()
	require.Eventually(t, func() bool { return listening.LastFrame().After(now) }, waitLimit, 5*time.Millisecond)
}

func TestIdleConnectionLives(t *testing.T) {
	w := newWorld(t, impatient(50*time.Millisecond, waitLimit))
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	s.set(func(m *memory) { m.signals = nil })
	for range 5 { // it is asked again and again, and answers
		lives(t, s)
	}
	s.set(func(m *memory) { require.Empty(t, m.news()) })
}

func TestPairingIsWatchedToo(t *testing.T) {
	w := newWorld(t, impatient(50*time.Millisecond, waitLimit))
	s := w.open(t, "", newMemory())
	s.connect(t)
	await[engine.PairingCode](t, s.memory)
	for range 3 {
		lives(t, s)
	}
	s.set(func(m *memory) { require.Empty(t, m.news()) })
}

func TestHalfOpenConnectionIsFound(t *testing.T) {
	w := newWorld(t, impatient(100*time.Millisecond, 4*time.Second))
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultHalfOpen, Number: agentNumber}))
	_, err := lead.SendText(t.Context(), agentNumber, "Still there?")
	require.NoError(t, err)
	lost := await[engine.Disconnected](t, s.memory)
	require.Equal(t, "WhatsApp stopped answering.", lost.Detail)
	s.reconnect(t)
	s.message(t, "Still there?")
}

func TestSilentServerIsFound(t *testing.T) {
	w := newWorld(t, impatient(100*time.Millisecond, 4*time.Second))
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultSilent, Number: agentNumber, Seconds: 600}))
	_, err := lead.SendText(t.Context(), agentNumber, "Hello?")
	require.NoError(t, err)
	await[engine.Disconnected](t, s.memory)
	require.Equal(t, 1, w.sim.Disarm(simulator.FaultSilent, agentNumber))
	s.reconnect(t)
	s.message(t, "Hello?")
}

// A slow line is no dead one.
func TestSlowConnectionLives(t *testing.T) {
	w := newWorld(t, impatient(100*time.Millisecond, waitLimit))
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	s.set(func(m *memory) { m.signals = nil })
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultSlow, Number: agentNumber, Seconds: 600, Delay: 0.4}))
	_, err := lead.SendText(t.Context(), agentNumber, "Take your time")
	require.NoError(t, err)
	s.message(t, "Take your time")
	lives(t, s)
	s.set(func(m *memory) { require.Empty(t, m.news()) })
}

// A frame that can't be read hurts nothing: the seat goes on, or it connects
// anew, but it is never deaf.
func TestGarbageIsSurvived(t *testing.T) {
	w := newWorld(t, impatient(100*time.Millisecond, 4*time.Second))
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	s.set(func(m *memory) { m.signals = nil })
	for range 3 {
		require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultGarbage, Number: agentNumber}))
	}
	_, err := lead.SendText(t.Context(), agentNumber, "After the garbage")
	require.NoError(t, err)
	s.message(t, "After the garbage")
	lives(t, s)
}
