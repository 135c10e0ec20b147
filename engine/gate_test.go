package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func settings(change func(*SendingSettings)) SendingSettings {
	s := SendingSettings{
		PerMinute: 60, Burst: 5, PerHour: 1000, PerDay: 1000, StrangersPerHour: 1000, StrangersPerDay: 1000,
		Typing: true, TypingSpeed: 10, TypingLongest: 3,
	}
	change(&s)
	return s
}

func none(*SendingSettings) {}

// spend sends as many as may go at a time.
func spend(g *gate, reach Reach, now time.Time) (sent int) {
	for g.admit(reach, now, 0).Reason == "" && sent < 10_000 {
		g.take(reach, now)
		sent++
	}
	return sent
}

func TestGatePace(t *testing.T) {
	g := newGate(settings(none), nil, noon)
	require.Equal(t, 5, spend(g, ReachKnown, noon), "the burst")
	require.Equal(t, Waiting{WaitPace, noon.Add(time.Second)}, g.admit(ReachKnown, noon, 0))
	require.Equal(t, noon.Add(4*time.Second), g.admit(ReachKnown, noon, 3).Until, "after three others")
	require.Equal(t, 2, spend(g, ReachKnown, noon.Add(2*time.Second)))
	require.Equal(t, 5, spend(g, ReachKnown, noon.Add(time.Hour)), "a long pause saves up no more than the burst")
}

func TestGateLetsRepliesThrough(t *testing.T) {
	g := newGate(settings(func(s *SendingSettings) { s.PerHour, s.PerDay = 10, 10 }), nil, noon)
	for range 500 {
		require.Empty(t, g.admit(ReachReply, noon, 0))
		g.take(ReachReply, noon)
	}
	require.Equal(t, WaitPace, g.admit(ReachKnown, noon, 0).Reason, "they took the tokens")
	later := noon.Add(time.Minute)
	require.Equal(t, 5, spend(g, ReachKnown, later), "and count for no limit")
	require.Equal(t, SentView{Sent: 505, Replies: 500}, Within(g.counts.hours, time.Hour, later).View())
}

func TestGateHourAndDay(t *testing.T) {
	g := newGate(settings(func(s *SendingSettings) { s.Burst, s.PerMinute, s.PerHour, s.PerDay = 600, 600, 20, 50 }), nil, noon)
	require.Equal(t, 20, spend(g, ReachKnown, noon.Add(30*time.Minute)))
	wait := g.admit(ReachKnown, noon.Add(30*time.Minute), 0)
	require.Equal(t, WaitHour, wait.Reason)
	require.Equal(t, 0, spend(g, ReachKnown, wait.Until.Add(-time.Second)))
	require.Equal(t, 1, spend(g, ReachKnown, wait.Until.Add(time.Second)))
	total, first := 21, time.Time{}
	for at := wait.Until.Add(time.Second); at.Before(noon.Add(72 * time.Hour)); at = at.Add(10 * time.Minute) {
		sent := spend(g, ReachKnown, at)
		total += sent
		require.LessOrEqual(t, Within(g.counts.hours, 24*time.Hour, at).Sent, 50, at)
		require.LessOrEqual(t, Within(g.counts.hours, time.Hour, at).Sent, 20, at)
		if wait := g.admit(ReachKnown, at, 0); wait.Reason == WaitDay && first.IsZero() {
			first = at
		}
	}
	require.NotZero(t, first, "the day's limit was met")
	require.Greater(t, total, 3*40, "and each day is used")
}

func TestGateStrangers(t *testing.T) {
	g := newGate(settings(func(s *SendingSettings) { s.Burst, s.StrangersPerHour, s.StrangersPerDay = 100, 3, 5 }), nil, noon)
	require.Equal(t, 3, spend(g, ReachStranger, noon))
	require.Equal(t, WaitStrangersHour, g.admit(ReachStranger, noon, 0).Reason)
	require.Empty(t, g.admit(ReachKnown, noon, 0), "others go on")
	require.Equal(t, 2, spend(g, ReachStranger, noon.Add(2*time.Hour)))
	wait := g.admit(ReachStranger, noon.Add(2*time.Hour), 0)
	require.Equal(t, WaitStrangersDay, wait.Reason)
	require.WithinDuration(t, noon.Add(24*time.Hour), wait.Until, time.Hour)
	g.restricted(noon)
	require.Equal(t, 5, spend(newGate(g.settings, nil, noon), ReachStranger, noon)+2)
}

func TestGateAfterARestart(t *testing.T) {
	s := settings(func(s *SendingSettings) { s.PerHour = 30 })
	before := newGate(s, nil, noon)
	require.Equal(t, 5, spend(before, ReachKnown, noon))
	counts := before.counts.hours
	counts[0].Last = noon
	g := newGate(s, counts, noon.Add(2*time.Second))
	require.Equal(t, 2, spend(g, ReachKnown, noon.Add(2*time.Second)), "no second burst")
	counts[0].Sent = 30
	require.Equal(t, WaitHour, newGate(s, counts, noon.Add(time.Minute)).admit(ReachKnown, noon.Add(time.Minute), 0).Reason)
}

func TestGateAndJumpsOfTheClock(t *testing.T) {
	s := settings(func(s *SendingSettings) { s.PerHour, s.PerDay = 3, 3 })
	g := newGate(s, nil, noon)
	require.Equal(t, 3, spend(g, ReachKnown, noon))
	require.Equal(t, 3, spend(g, ReachKnown, noon.Add(48*time.Hour)), "forward")
	back := newGate(s, g.counts.hours, noon.Add(-24*time.Hour))
	require.Equal(t, 3, spend(back, ReachKnown, noon.Add(-24*time.Hour)), "back: what is in the future counts for nothing")
}

func TestGateSlowsDown(t *testing.T) {
	g := newGate(settings(none), nil, noon)
	g.refused(noon)
	wait := g.admit(ReachReply, noon, 0)
	require.Equal(t, WaitSlowed, wait.Reason, "nothing at all goes")
	g.refused(noon.Add(time.Second))
	require.Equal(t, wait, g.admit(ReachReply, noon, 0), "one of the same moment changes nothing")
	now := wait.Until
	require.Empty(t, g.admit(ReachReply, now, 0))
	spend(g, ReachKnown, now)
	require.InDelta(t, 30, float64(g.speed(now))*60, 1, "half as fast")
	g.refused(now)
	require.InDelta(t, 15, float64(g.speed(now))*60, 1)
	for range 20 {
		now = g.pausedFor
		g.refused(now)
	}
	require.InDelta(t, 60*slowest, float64(g.speed(now))*60, 1)
	require.InDelta(t, 60, float64(g.speed(now.Add(24*time.Hour)))*60, 1, "all is forgiven")
}

func TestGateTyping(t *testing.T) {
	g := newGate(settings(none), nil, noon)
	text := func(length int) *Draft {
		return &Draft{Kind: KindText, Author: AuthorAssistant, Text: string(make([]rune, length))}
	}
	require.Equal(t, time.Second, g.typing(text(10)))
	require.Equal(t, 3*time.Second, g.typing(text(10_000)))
	for _, none := range []func(*Draft){
		func(d *Draft) { d.Author = AuthorUser },
		func(d *Draft) { d.Kind = KindLocation },
		func(d *Draft) { d.Attempts = 1 },
	} {
		draft := text(10)
		none(draft)
		require.Zero(t, g.typing(draft))
	}
	g.set(settings(func(s *SendingSettings) { s.Typing = false }), noon)
	require.Zero(t, g.typing(text(10)))
}

func TestReach(t *testing.T) {
	require.Equal(t, ReachReply, (&Draft{LeadAt: noon.Add(-23 * time.Hour)}).reach(noon))
	require.Equal(t, ReachKnown, (&Draft{LeadAt: noon.Add(-25 * time.Hour)}).reach(noon))
	require.Equal(t, ReachStranger, (&Draft{}).reach(noon))
	require.Equal(t, ReachKnown, (&Draft{To: Party{Room: "1@g.us"}}).reach(noon))
}

func TestSendingSettings(t *testing.T) {
	require.NoError(t, DefaultSending().Check())
	require.Equal(t, CodeInvalid, CodeOf(SendingSettings{}.Check()))
	for name, change := range map[string]func(*SendingSettings){
		"typing for too long":                     func(s *SendingSettings) { s.TypingLongest = 31 },
		"more in an hour than in a day":           func(s *SendingSettings) { s.PerHour, s.PerDay = 11, 10 },
		"more strangers in an hour than in a day": func(s *SendingSettings) { s.StrangersPerHour, s.StrangersPerDay = 11, 10 },
	} {
		require.Equal(t, CodeInvalid, CodeOf(settings(change).Check()), name)
	}
	require.NoError(t, settings(func(s *SendingSettings) { s.PerHour, s.PerDay = 10, 10 }).Check())
}

// A restart doesn't make a seat forget that WhatsApp complained.
func TestGateRemembersThatItWasSlowedDown(t *testing.T) {
	g := newGate(settings(none), nil, noon)
	for range 3 {
		g.refused(noon)
		g.pausedFor = time.Time{}
	}
	g.refused(noon)
	g.restricted(noon)
	later := noon.Add(time.Second)
	next := newGate(settings(none), nil, later)
	next.slow(g.slowed(), later)
	require.Equal(t, g.speed(later), next.speed(later))
	require.Equal(t, g.admit(ReachReply, later, 0), next.admit(ReachReply, later, 0))
	require.Equal(t, WaitSlowed, next.admit(ReachReply, later, 0).Reason)
	after := g.pausedFor.Add(time.Second)
	require.Equal(t, g.admit(ReachStranger, after, 0).Reason, next.admit(ReachStranger, after, 0).Reason)

	// The clock was set back by a year meanwhile, or the row is damaged.
	before := noon.AddDate(-1, 0, 0)
	next = newGate(settings(none), nil, before)
	next.slow(Slowed{Refusals: 1 << 40, At: noon, Until: noon, Strangers: noon}, before)
	require.Less(t, next.admit(ReachReply, before, 0).Until.Sub(before), time.Hour)
	require.Empty(t, next.admit(ReachReply, before.Add(time.Hour), 0).Reason)
}
