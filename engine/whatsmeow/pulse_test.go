package whatsmeow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func TestPulse(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		mono, wall time.Duration // since the beat before
		want       bool
	}{
		"in time":              {5 * time.Second, 5 * time.Second, false},
		"a little late":        {8 * time.Second, 8 * time.Second, false},
		"clock corrected":      {5 * time.Second, 7 * time.Second, false},
		"slept, uncounted":     {5 * time.Second, time.Hour, true},
		"slept, counted":       {time.Hour, time.Hour, true},
		"set forward by a day": {5 * time.Second, day, true},
		"set back by a day":    {5 * time.Second, -day, true},
	} {
		p := pulse{every: 5 * time.Second, mono: time.Hour, wall: int64(100 * day)}
		require.Equal(t, test.want, p.skipped(time.Hour+test.mono, int64(100*day+test.wall)), name)
		next := p.skipped(time.Hour+test.mono+5*time.Second, int64(100*day+test.wall+5*time.Second))
		require.False(t, next, "%s: once is enough", name)
	}
}

// watchdogOf returns a watchdog that looks only when the test lets it, at a
// session that heard something at the given time.
func watchdogOf(t *testing.T, r *recorder, heard time.Duration) (*watchdog, *session) {
	t.Helper()
	s := offline(t, r)
	d := &watchdog{silence: 35 * time.Second, answer: 10 * time.Second, sessions: make(map[*session]*watched)}
	s.wire.last.Store(int64(heard))
	d.add(s)
	return d, s
}

func (r *recorder) told(t *testing.T, s *session) []engine.Signal {
	t.Helper()
	require.Eventually(t, func() bool { return !s.alive() }, time.Minute, time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	return r.signals
}

func TestWatchdog(t *testing.T) {
	t.Parallel()
	const start = time.Hour
	r := &recorder{}
	d, s := watchdogOf(t, r, start)
	d.look(start+34*time.Second, false)
	require.Zero(t, d.sessions[s].asked)
	d.look(start+35*time.Second, false)
	require.NotZero(t, d.sessions[s].asked)
	d.look(start+44*time.Second, false)
	require.True(t, s.alive(), "it has time to answer")
	s.wire.last.Store(int64(start + 45*time.Second))
	d.look(start+46*time.Second, false)
	require.Zero(t, d.sessions[s].asked, "it did")
	d.look(start+80*time.Second, false)
	d.look(start+89*time.Second, false)
	require.True(t, s.alive())
	d.look(start+90*time.Second, false)
	require.Equal(t, []engine.Signal{engine.Disconnected{Detail: "WhatsApp stopped answering."}}, r.told(t, s))
	require.Empty(t, d.sessions)
}

// After the machine slept every connection is asked at once, and none is given
// up for the time in which it could not answer.
func TestWatchdogAfterSleep(t *testing.T) {
	t.Parallel()
	const start = time.Hour
	r := &recorder{}
	d, s := watchdogOf(t, r, start)
	d.look(start+35*time.Second, false)
	woke := start + 8*time.Hour
	d.look(woke, true)
	d.look(woke+9*time.Second, false)
	require.True(t, s.alive())
	d.look(woke+10*time.Second, false)
	require.Len(t, r.told(t, s), 1)

	d, s = watchdogOf(t, &recorder{}, start)
	d.look(start+time.Second, true)
	require.NotZero(t, d.sessions[s].asked, "one that was heard just before is asked as well")
}
