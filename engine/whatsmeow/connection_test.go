package whatsmeow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// settled waits until WhatsApp waits for nothing from the seat any more.
func settled(t *testing.T, w *world) {
	t.Helper()
	require.Eventually(t, func() bool { return w.sim.Pending(agentNumber) == 0 }, waitLimit, 5*time.Millisecond)
}

func TestFailedDeliveryComesAgainOnce(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	s.set(func(m *memory) { m.failures, m.tries, m.only = 1, 0, messagesOnly })
	_, err := lead.SendText(t.Context(), agentNumber, "First")
	require.NoError(t, err)
	s.until(t, "the failure", func() bool { return s.tries == 1 })
	require.Positive(t, w.sim.Pending(agentNumber))

	s.reconnect(t)
	s.message(t, "First")
	settled(t, w)
	s.reconnect(t)
	_, err = lead.SendText(t.Context(), agentNumber, "Second")
	require.NoError(t, err)
	s.message(t, "Second")
	s.set(func(m *memory) { require.Len(t, m.messages, 2) })
}

func TestPanicInTheSinkIsNotAcknowledged(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	s.set(func(m *memory) { m.panics, m.tries, m.only = 1, 0, messagesOnly })
	_, err := lead.SendText(t.Context(), agentNumber, "First")
	require.NoError(t, err)
	s.until(t, "the panic", func() bool { return s.tries == 1 })
	require.Positive(t, w.sim.Pending(agentNumber))
	s.reconnect(t)
	s.message(t, "First")
	settled(t, w)
}

func TestFailedReceiptComesAgain(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	s.set(func(m *memory) { m.failures, m.only = 1, messagesOnly })
	id, _ := s.send(t, number(leadNumber), "Hello")
	sees(t, lead, "Hello")
	s.until(t, "the failure", func() bool { return s.failures == 0 })
	s.reconnect(t)
	s.receipt(t, id, engine.Delivered)
}

func TestMessagesWaitForTheSeat(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	s.Disconnect()
	_, err := lead.SendText(t.Context(), agentNumber, "Anyone there?")
	require.NoError(t, err)
	s.connect(t)
	await[engine.Connected](t, s.memory)
	s.message(t, "Anyone there?")
}

func TestDrop(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	w.sim.Drop(agentNumber)
	await[engine.Disconnected](t, s.memory)
	require.True(t, s.Linked())
	s.reconnect(t)
}

func TestRefusedConnection(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	s.Disconnect()
	require.NoError(t, w.sim.Close())
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(s.Connect(t.Context())))
	require.True(t, s.Linked())
}

func TestRemovedOnThePhone(t *testing.T) {
	w := newWorld(t)
	agent := w.phone(t, agentNumber, "Thandi")
	s := w.pair(t, agent)
	require.NoError(t, agent.Unlink(agent.Devices()[0].ID))
	await[engine.LoggedOut](t, s.memory)
	require.False(t, s.Linked())
	require.Zero(t, w.devices(t))

	// The same seat can be paired again.
	s.Disconnect()
	s.connect(t)
	s.scan(t, agent)
	await[engine.Linked](t, s.memory)
}

// The tokens that people gave a device end with it.
func TestRemovedWithItsTokens(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	w.write(t, lead, "Hello")
	s.message(t, "Hello")
	tokens := func(want int) func() bool {
		return func() bool {
			var rows int
			return w.db.QueryRow(`SELECT count(*) FROM whatsmeow_privacy_tokens`).Scan(&rows) == nil && rows == want
		}
	}
	require.Eventually(t, tokens(1), waitLimit, 10*time.Millisecond)
	require.NoError(t, agent.Unlink(agent.Devices()[0].ID))
	await[engine.LoggedOut](t, s.memory)
	require.True(t, tokens(0)())
}

func TestRemovedWhileOffline(t *testing.T) {
	w := newWorld(t)
	agent := w.phone(t, agentNumber, "Thandi")
	s := w.pair(t, agent)
	s.Disconnect()
	require.NoError(t, agent.Unlink(agent.Devices()[0].ID))
	s.connect(t)
	await[engine.LoggedOut](t, s.memory)
	require.False(t, s.Linked())
	require.Zero(t, w.devices(t))
}

func TestLogout(t *testing.T) {
	w := newWorld(t)
	agent := w.phone(t, agentNumber, "Thandi")
	s := w.pair(t, agent)
	s.set(func(m *memory) { m.signals = nil })
	require.NoError(t, s.Logout(t.Context()))
	require.False(t, s.Linked())
	require.Empty(t, agent.Devices())
	require.Zero(t, w.devices(t))
	s.set(func(m *memory) { require.Empty(t, m.news()) })
	require.NoError(t, s.Logout(t.Context()), "a second time does nothing")
}

func TestLogoutConnects(t *testing.T) {
	w := newWorld(t)
	agent := w.phone(t, agentNumber, "Thandi")
	s := w.pair(t, agent)
	s.Disconnect()
	s.set(func(m *memory) { m.signals = nil })
	require.NoError(t, s.Logout(t.Context()))
	require.Empty(t, agent.Devices())
	require.Zero(t, w.devices(t))
	s.set(func(m *memory) { require.Empty(t, m.news()) })
}

func TestLogoutWithoutWhatsApp(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	s.Disconnect()
	require.NoError(t, w.sim.Close())
	require.Equal(t, engine.CodeUnavailable, engine.CodeOf(s.Logout(t.Context())))
	require.False(t, s.Linked())
	require.Zero(t, w.devices(t))
}

func TestReplaced(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	other := w.open(t, s.device, newMemory())
	other.connect(t)
	await[engine.Connected](t, other.memory)
	await[engine.Replaced](t, s.memory)
	require.True(t, s.Linked())
}

func TestBanned(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	s.Disconnect()
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultBanned, Number: agentNumber, Seconds: 600}))
	s.connect(t)
	banned := await[engine.Banned](t, s.memory)
	require.WithinDuration(t, time.Now().Add(10*time.Minute), banned.Until, time.Minute)
	require.NotEmpty(t, banned.Detail)
}

func TestOutdated(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	s.Disconnect()
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultOutdated, Number: agentNumber}))
	s.connect(t)
	await[engine.Outdated](t, s.memory)
	s.reconnect(t)
}

func TestStreamError(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultStreamError, Number: agentNumber}))
	await[engine.Disconnected](t, s.memory)
	s.reconnect(t)
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultStreamError, Number: agentNumber, Code: 515}))
	await[engine.Disconnected](t, s.memory)
	s.reconnect(t)
}

// Codes that only Messenger's clients know, for which the library calls what
// they have set, end no more than the connection.
func TestCodesOfMessenger(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	for _, code := range []int{413, 414} {
		require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultStreamError, Number: agentNumber, Code: code}))
		await[engine.Disconnected](t, s.memory)
		require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultFailure, Number: agentNumber, Code: code}))
		s.connect(t)
		await[engine.Refused](t, s.memory)
		s.reconnect(t)
	}
}

// Whatever was under way when connections ended is delivered in the end, and
// nothing of the library stays behind (which TestMain checks).
func TestReconnectsUnderTraffic(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	const count = 300
	go func() {
		for i := range count {
			if _, err := lead.SendText(context.WithoutCancel(t.Context()), agentNumber, fmt.Sprint("text ", i)); err != nil {
				return
			}
		}
	}()
	for i := range 8 {
		s.message(t, fmt.Sprint("text ", i*20))
		if i%2 == 0 {
			s.reconnect(t)
			continue
		}
		w.sim.Drop(agentNumber)
		await[engine.Disconnected](t, s.memory)
		s.connect(t)
		await[engine.Connected](t, s.memory)
	}
	for i := range count {
		s.message(t, fmt.Sprint("text ", i))
	}
	settled(t, w)
	ids := make(map[string]int)
	s.set(func(m *memory) {
		for _, message := range m.messages {
			ids[message.WhatsAppID]++
		}
	})
	require.Len(t, ids, count)
}
