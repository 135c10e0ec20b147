package whatsmeow_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// TestBacklogSaysHowFarItIsAndWhatIsLate has messages wait for a seat that is
// offline, some of them for long by WhatsApp's clock, which is not ours.
func TestBacklogSaysHowFarItIsAndWhatIsLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	office := w.phone(t, "27821000001", "Office")
	lead := w.phone(t, "27821000002", "Lead")
	require.NoError(t, w.sim.Advance(26*time.Hour)) // our clock is more than a day behind
	s := w.pair(t, office)
	settled(t, w)
	s.Disconnect()
	s.set(func(m *memory) { m.signals = nil }) // that nothing waited may be told before the login or after it
	const old = 20
	for i := range old {
		_, err := lead.SendText(t.Context(), office.Number(), fmt.Sprintf("old %d", i))
		require.NoError(t, err)
	}
	require.NoError(t, w.sim.Advance(11*time.Minute))
	_, err := lead.SendText(t.Context(), office.Number(), "young")
	require.NoError(t, err)
	s.connect(t)
	var told []int
	for {
		backlog := await[engine.Backlog](t, s.memory)
		told = append(told, backlog.Percent)
		if backlog.Percent == 100 {
			break
		}
		require.GreaterOrEqual(t, backlog.Expected, old+1, "and what the phone tells its devices")
	}
	require.IsIncreasing(t, told)
	require.Greater(t, len(told), 5)
	require.False(t, s.message(t, "young").Late, "all messages are in before the backlog is over")
	for i := range old {
		require.True(t, s.message(t, fmt.Sprintf("old %d", i)).Late)
	}
	_, err = lead.SendText(t.Context(), office.Number(), "live")
	require.NoError(t, err)
	require.False(t, s.message(t, "live").Late)
}
