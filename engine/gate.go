package engine

import (
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"
)

const (
	// OpenTime is how long after a lead wrote a message to them is a reply,
	// which waits for nothing: the time in which WhatsApp itself takes a
	// conversation for open (Business Platform, “customer service window”).
	OpenTime = 24 * time.Hour
	// slowest is the least part of its pace to which a seat is slowed down.
	slowest = 1.0 / 16
	// calm is how long WhatsApp must not have complained before a seat that
	// was slowed down sends twice as fast again.
	calm = 5 * time.Minute
	// strangersAgain is how long nobody new is written to after WhatsApp has
	// refused such a message without saying until when.
	strangersAgain = 10 * time.Minute
	// maxRefusals is how many complaints matter, far more than slow a seat down
	// to the slowest.
	maxRefusals = 64
)

// Reach says how near the recipient of a message is to the seat.
type Reach string

// The reaches.
const (
	ReachReply    Reach = "reply"    // they wrote within a day
	ReachKnown    Reach = "known"    // they wrote once
	ReachStranger Reach = "stranger" // they never wrote
)

// reach says how near a draft's recipient is. Nobody is a stranger in a room.
func (d *Draft) reach(now time.Time) Reach {
	switch {
	case !d.LeadAt.IsZero() && now.Sub(d.LeadAt) < OpenTime:
		return ReachReply
	case !d.LeadAt.IsZero() || d.To.Room != "":
		return ReachKnown
	}
	return ReachStranger
}

// gate decides when a seat's messages may go, for whoever wrote them. Replies
// count and wait for nothing but a WhatsApp that complains; what is written to
// others keeps to the seat's pace and to its limits. The pace is a token
// bucket of golang.org/x/time/rate. The limits of an hour and a day are no
// buckets, which would let through twice as much in the first day, but count
// what was sent within the last hour and day, so that they mean what they say
// and survive a restart. It belongs to one goroutine.
type gate struct {
	settings SendingSettings
	counts   sentCounts
	pace     *rate.Limiter
	wall     func() time.Time // the clock that people see, by which hours are counted; nil: the times given

	backoff   Backoff   // after WhatsApp complained
	refusals  int       // complaints since the last calm
	refusedAt time.Time // when it complained last
	pausedFor time.Time // nothing at all is sent before this time
	strangers time.Time // nobody new is written to before this time
}

// Slowed is how WhatsApp has slowed a seat down by complaining.
type Slowed struct {
	Refusals  int       `json:"refusals,omitempty"` // since the last calm
	At        time.Time `json:"at,omitzero"`        // when it complained last
	Until     time.Time `json:"until,omitzero"`     // nothing is sent before this time
	Strangers time.Time `json:"strangers,omitzero"` // nobody new is written to before this time
}

// slowed is what the next process has to know.
func (g *gate) slowed() Slowed {
	return Slowed{Refusals: g.refusals, At: g.refusedAt.Round(0), Until: g.pausedFor.Round(0), Strangers: g.strangers.Round(0)}
}

// slow takes what an earlier process has learned. No wait is longer than it
// was, whatever became of the clock.
func (g *gate) slow(s Slowed, now time.Time) {
	latest := func(at time.Time, most time.Duration) time.Time {
		if end := now.Add(most); at.After(end) {
			return end
		}
		return at
	}
	g.refusals, g.refusedAt = min(max(s.Refusals, 0), maxRefusals), latest(s.At, 0)
	g.pausedFor, g.strangers = latest(s.Until, 2*g.backoff.Longest), latest(s.Strangers, strangersAgain)
}

// newGate returns the gate of a seat that has sent what counts say. Its bucket
// begins as if it had been empty when the last message was sent.
func newGate(settings SendingSettings, counts []SentCount, now time.Time) *gate {
	g := &gate{backoff: Backoff{First: 15 * time.Second, Longest: 10 * time.Minute}}
	g.counts.load(counts, now)
	g.set(settings, now)
	if last := g.counts.last; !last.IsZero() && last.Before(now) {
		g.pace.AllowN(last, g.settings.Burst)
	}
	return g
}

// clock is what the clock that people see tells at a time. Waits hold to the
// one that never jumps.
func (g *gate) clock(now time.Time) time.Time {
	if g.wall == nil {
		return now
	}
	return g.wall().Round(0)
}

// set takes new settings. What was sent stays counted.
func (g *gate) set(settings SendingSettings, now time.Time) {
	g.settings = settings
	if g.pace == nil || g.pace.Burst() != settings.Burst {
		g.pace = rate.NewLimiter(0, settings.Burst)
	}
	g.pace.SetLimitAt(now, g.speed(now))
}

// speed is the pace, slowed down if WhatsApp complained.
func (g *gate) speed(now time.Time) rate.Limit {
	part := 1.0
	if g.refusals > 0 {
		calms := int(now.Sub(g.refusedAt) / calm)
		for range max(g.refusals-calms, 0) {
			part = max(part/2, slowest)
		}
	}
	return rate.Limit(float64(g.settings.PerMinute) / 60 * part)
}

// admit says what a message waits for, or nothing. ahead is how many others
// wait before it, so that it is told when its own turn comes.
func (g *gate) admit(reach Reach, now time.Time, ahead int) Waiting {
	if now.Before(g.pausedFor) {
		return Waiting{WaitSlowed, g.pausedFor}
	}
	if reach == ReachReply {
		return Waiting{}
	}
	longest := Waiting{}
	for _, limit := range g.limits(reach) {
		clock := g.clock(now)
		until := now.Add(g.counts.free(limit.of, limit.window, limit.most-ahead, clock).Sub(clock))
		if until.After(now) && until.After(longest.Until) {
			longest = Waiting{limit.reason, until}
		}
	}
	if reach == ReachStranger && g.strangers.After(now) && g.strangers.After(longest.Until) {
		longest = Waiting{WaitRestricted, g.strangers}
	}
	if until := g.turn(now, ahead); until.After(now) && until.After(longest.Until) {
		longest = Waiting{WaitPace, until}
	}
	return longest
}

// limit is how many messages of a kind may be sent in a time.
type limit struct {
	reason WaitReason
	of     func(SentCount) int
	window time.Duration
	most   int
}

func (g *gate) limits(reach Reach) []limit {
	all := []limit{
		{WaitHour, SentCount.first, time.Hour, g.settings.PerHour},
		{WaitDay, SentCount.first, 24 * time.Hour, g.settings.PerDay},
	}
	if reach == ReachStranger {
		strangers := func(c SentCount) int { return c.Strangers }
		all = append(all,
			limit{WaitStrangersHour, strangers, time.Hour, g.settings.StrangersPerHour},
			limit{WaitStrangersDay, strangers, 24 * time.Hour, g.settings.StrangersPerDay})
	}
	return all
}

// turn is when the bucket has a token after those for others.
func (g *gate) turn(now time.Time, ahead int) time.Time {
	g.pace.SetLimitAt(now, g.speed(now))
	missing := 1 + float64(ahead) - g.pace.TokensAt(now)
	if missing <= 0 {
		return now
	}
	return now.Add(time.Duration(missing / float64(g.pace.Limit()) * float64(time.Second)))
}

// take counts a message that is about to be sent.
func (g *gate) take(reach Reach, now time.Time) {
	g.pace.AllowN(now, 1) // a reply takes a token too, if there is one
	g.counts.add(reach, g.clock(now), 1)
}

// giveBack forgets a message that was not sent after all.
func (g *gate) giveBack(reach Reach, now time.Time) { g.counts.add(reach, g.clock(now), -1) }

// refused slows the seat down after WhatsApp complained about its pace.
func (g *gate) refused(now time.Time) {
	if now.Before(g.pausedFor) {
		return // one that was under way meanwhile
	}
	g.refusals = max(g.refusals-int(now.Sub(g.refusedAt)/calm), 0) + 1
	g.refusedAt, g.pausedFor = now, now.Add(g.backoff.Wait(g.refusals))
}

// restricted keeps strangers from being written to for a while, after WhatsApp
// has refused that.
func (g *gate) restricted(now time.Time) { g.strangers = now.Add(strangersAgain) }

// typing is how long 'typing…' shows before a draft is sent. People have typed
// already, and only texts are typed.
func (g *gate) typing(d *Draft) time.Duration {
	if !g.settings.Typing || d.Author == AuthorUser || d.Kind != KindText || d.Attempts > 0 {
		return 0
	}
	wait := time.Duration(utf8.RuneCountInString(d.Text)) * time.Second / time.Duration(max(g.settings.TypingSpeed, 1))
	return min(wait, time.Duration(g.settings.TypingLongest)*time.Second)
}
