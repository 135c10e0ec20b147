package engine

import (
	"slices"
	"time"
)

// SentCount is what a seat sent in one hour.
type SentCount struct {
	Hour      time.Time // when it began
	Sent      int       // all
	Replies   int       // to people who had written within a day
	Strangers int       // to people who had never written
	Last      time.Time // when the last was sent
}

// first is how many were no replies.
func (c SentCount) first() int { return c.Sent - c.Replies }

// sentCounts is what a seat sent lately, by the hour, the oldest first.
type sentCounts struct {
	hours []SentCount
	last  time.Time
}

// load takes what was counted before a restart. Hours that are still to come,
// after a clock was set back, count for nothing: they would hold the seat up
// for as long as it was wrong.
func (c *sentCounts) load(counts []SentCount, now time.Time) {
	c.hours = slices.Clone(counts)
	slices.SortFunc(c.hours, func(a, b SentCount) int { return a.Hour.Compare(b.Hour) })
	c.hours = slices.DeleteFunc(c.hours, func(h SentCount) bool { return h.Hour.After(now) })
	for _, h := range c.hours {
		if h.Last.After(c.last) {
			c.last = h.Last
		}
	}
}

// add counts n messages.
func (c *sentCounts) add(reach Reach, now time.Time, n int) {
	hour := now.UTC().Truncate(time.Hour)
	c.hours = slices.DeleteFunc(c.hours, func(h SentCount) bool { return h.Hour.After(hour) || now.Sub(h.Hour) > 25*time.Hour })
	if len(c.hours) == 0 || !c.hours[len(c.hours)-1].Hour.Equal(hour) {
		c.hours = append(c.hours, SentCount{Hour: hour})
	}
	h := &c.hours[len(c.hours)-1]
	h.Sent += n
	switch reach {
	case ReachReply:
		h.Replies += n
	case ReachStranger:
		h.Strangers += n
	case ReachKnown:
	}
}

// free says when one more message fits into a window that ends then and has
// room for most. An hour that the window has only a part of counts by that
// part, as if its messages had been spread over it evenly.
func (c *sentCounts) free(of func(SentCount) int, window time.Duration, most int, now time.Time) time.Time {
	begin := now.Add(-window)
	excess := -float64(most - 1)
	for _, h := range c.hours {
		excess += float64(of(h)) * part(h.Hour, begin)
	}
	const rounding = 1e-6
	if excess <= rounding {
		return now
	}
	for _, h := range c.hours {
		inside := float64(of(h)) * part(h.Hour, begin)
		if inside <= 0 {
			continue
		}
		if inside < excess {
			excess -= inside
			continue
		}
		from := h.Hour
		if from.Before(begin) {
			from = begin
		}
		leaves := time.Duration(excess / float64(of(h)) * float64(time.Hour))
		return from.Add(leaves + window)
	}
	return now.Add(window) // there is room for none at all
}

// part is how much of an hour lies behind a time.
func part(hour, begin time.Time) float64 {
	if !begin.After(hour) {
		return 1
	}
	return max(1-float64(begin.Sub(hour))/float64(time.Hour), 0)
}

// Within adds up what was sent in a window that ends now.
func Within(counts []SentCount, window time.Duration, now time.Time) (sum SentCount) {
	var sent, replies, strangers float64
	for _, h := range counts {
		if h.Hour.After(now) {
			continue
		}
		inside := part(h.Hour, now.Add(-window))
		sent += inside * float64(h.Sent)
		replies += inside * float64(h.Replies)
		strangers += inside * float64(h.Strangers)
	}
	const half = 0.5
	return SentCount{Sent: int(sent + half), Replies: int(replies + half), Strangers: int(strangers + half)}
}
