package whatsmeow_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// TestNewKeysThatAMessageShows sees that a message from somebody with new keys,
// of which the server has not told, is acknowledged only when those are stored,
// by this process or the next.
func TestNewKeysThatAMessageShows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	w.write(t, lead, "hello") // the seat has never written, so the server tells it nothing of the lead
	who := s.message(t, "hello").Chat
	settled(t, w)
	refused := 0
	keys := func(f engine.Fact) bool {
		_, ok := f.(engine.KeysChanged)
		return ok
	}
	s.set(func(m *memory) {
		m.refuse = func(f engine.Fact) bool {
			if keys(f) {
				refused++
			}
			return keys(f)
		}
	})
	require.NoError(t, lead.Reinstall(t.Context()))
	w.write(t, lead, "my new phone")
	for n := range 2 {
		s.until(t, "the refusal", func() bool { return refused == n+1 })
		await[engine.Disconnected](t, s.memory)
		s.set(func(m *memory) { m.signals = nil })
		require.Equal(t, 1, w.sim.Pending(agentNumber))
		s.connect(t)
	}
	require.NoError(t, s.Close())
	require.NoError(t, w.provider.Close())
	w.start(t, w.cfg)
	s.set(func(m *memory) { m.refuse, m.all = nil, nil })
	s = w.open(t, s.device, s.memory)
	s.restarted(t)

	s.message(t, "my new phone")
	settled(t, w)
	var all []engine.Fact
	s.set(func(m *memory) { all = slices.Clone(m.all) })
	i := slices.IndexFunc(all, keys)
	require.GreaterOrEqual(t, i, 0)
	require.Equal(t, who.LID, all[i].(engine.KeysChanged).Party.LID)
	require.False(t, slices.ContainsFunc(all[i+1:], keys), "it is stored once")
	require.Less(t, i, slices.IndexFunc(all, func(f engine.Fact) bool {
		m, ok := f.(engine.Incoming)
		return ok && m.Text == "my new phone"
	}), "and first")
	w.nothingUnreadable(t)
	s.send(t, who, "nice to hear from you")
	sees(t, lead, "nice to hear from you")
}
