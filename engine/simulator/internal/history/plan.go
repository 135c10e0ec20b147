package history

import (
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
)

const (
	// firstMessages is how many messages of each chat come in the first phase: enough to show the list of chats and what
	// was said last.
	firstMessages = 5
	// defaultPart is how large a part is before compression.
	defaultPart = 1 << 20
	recentDays  = 90
	fullDays    = 365
	day         = 24 * time.Hour
)

// Limits say how much a client wants, as it said when it was registered (whatsmeow, store.DeviceProps), and how it comes.
type Limits struct {
	PartBytes  int  // of a part before compression; default 1 MiB
	First      int  // messages of each chat in the first phase; default 5
	RecentDays int  // default 90
	Full       bool // the client wants everything, not only the recent
	FullDays   int  // default 365
}

func (l Limits) withDefaults() Limits {
	if l.PartBytes <= 0 {
		l.PartBytes = defaultPart
	}
	if l.First <= 0 {
		l.First = firstMessages
	}
	if l.RecentDays <= 0 {
		l.RecentDays = recentDays
	}
	if l.FullDays <= 0 {
		l.FullDays = fullDays
	}
	return l
}

// Around is what comes with the conversations.
type Around struct {
	First     *waHistorySync.HistorySync // settings, addresses and secrets, in the first part
	PushNames []*waHistorySync.Pushname
	Statuses  []*waWeb.WebMessageInfo
	Later     *waHistorySync.HistorySync // what blocks nothing, such as past participants of groups; nil for nothing
}

// Link gives everything that a newly linked client is sent, part by part: the chats with their last messages, names,
// statuses, what blocks nothing, recent messages and, if the client wants it, all messages. chats are in the order in
// which the phone lists them.
func Link(l Limits, now time.Time, around Around, chats []*Chat, emit func(Part) error) error {
	l = l.withDefaults()
	if err := first(l, now, around, chats, emit); err != nil {
		return err
	}
	others := []struct {
		phase Type
		head  *waHistorySync.HistorySync
	}{
		{waHistorySync.HistorySync_PUSH_NAME, &waHistorySync.HistorySync{Pushnames: around.PushNames}},
		{waHistorySync.HistorySync_INITIAL_STATUS_V3, &waHistorySync.HistorySync{StatusV3Messages: around.Statuses}},
		{waHistorySync.HistorySync_NON_BLOCKING_DATA, around.Later},
	}
	for _, o := range others {
		if o.head == nil || (len(o.head.Pushnames) == 0 && len(o.head.StatusV3Messages) == 0 && o.head != around.Later) {
			continue
		}
		w := newWriter(o.phase, l.PartBytes, emit)
		if err := w.head(o.head); err != nil {
			return err
		}
		if err := w.flush(complete); err != nil {
			return err
		}
	}
	recent := phase{waHistorySync.HistorySync_RECENT, since(now, l.RecentDays)}
	if err := recent.send(l, now, chats, emit); err != nil {
		return err
	}
	if !l.Full {
		return nil
	}
	return phase{waHistorySync.HistorySync_FULL, since(now, l.FullDays)}.send(l, now, chats, emit)
}

const complete = 100

func since(now time.Time, days int) uint64 {
	return uint64(max(now.Add(-time.Duration(days)*day).Unix(), 0))
}

// first sends all chats with their last messages.
func first(l Limits, now time.Time, around Around, chats []*Chat, emit func(Part) error) error {
	w := newWriter(waHistorySync.HistorySync_INITIAL_BOOTSTRAP, l.PartBytes, emit)
	head := around.First
	if head == nil {
		head = new(waHistorySync.HistorySync)
	}
	if err := w.head(head); err != nil {
		return err
	}
	for i, c := range chats {
		to := min(l.First, c.Len())
		end := notEnded
		if to == c.end(l, now) {
			end = c.ending(to)
		}
		if err := w.chat(c, 0, to, end, percent(i+1, len(chats))); err != nil {
			return err
		}
	}
	return w.last()
}

// phase is a later one, of messages since a time.
type phase struct {
	phase Type
	since uint64
}

// send sends what of the chats belongs to the phase and did not come in an earlier one; nothing if that is nothing.
func (p phase) send(l Limits, now time.Time, chats []*Chat, emit func(Part) error) error {
	w := newWriter(p.phase, l.PartBytes, emit)
	for i, c := range chats {
		from := min(l.First, c.Len())
		if p.phase == waHistorySync.HistorySync_FULL {
			from = max(from, c.until(since(now, l.RecentDays)))
		}
		to := max(c.until(p.since), from)
		if to == from {
			continue
		}
		end := notEnded
		if to == c.end(l, now) {
			end = c.ending(to)
		}
		if err := w.chat(c, from, to, end, percent(i+1, len(chats))); err != nil {
			return err
		}
	}
	return w.last()
}

// last ends a phase if anything of it is unsent, with all of it done.
func (w *writer) last() error {
	if w.zip == nil {
		return nil
	}
	return w.flush(complete)
}

func percent(done, all int) uint32 { return uint32(min(done*complete/max(all, 1), complete)) }

// until is how many messages are not older than a time.
func (c *Chat) until(at uint64) int {
	for i, m := range c.messages {
		if m.at < at {
			return i
		}
	}
	return len(c.messages)
}

// end is how many messages a client gets in all phases together.
func (c *Chat) end(l Limits, now time.Time) int {
	days := l.RecentDays
	if l.Full {
		days = max(l.FullDays, days)
	}
	return max(c.until(since(now, days)), min(l.First, c.Len()))
}

func (c *Chat) ending(to int) End {
	if to < c.Len() {
		return EndMore
	}
	return EndAll
}

// OnDemand gives up to count messages of a chat before one that the client knows, by its id or else its time (Unix
// seconds). It is one part, whatever its size.
func OnDemand(c *Chat, id string, at uint64, count int) (Part, error) {
	var out Part
	w := newWriter(waHistorySync.HistorySync_ON_DEMAND, int(^uint(0)>>1), func(p Part) error {
		out = p
		return nil
	})
	from := c.before(id, at)
	to := min(from+max(count, 0), c.Len())
	end := EndAll
	if to < c.Len() {
		end = EndOnDemandMore
	}
	if err := w.chat(c, from, to, end, complete); err != nil {
		return Part{}, err
	}
	if err := w.last(); err != nil {
		return Part{}, fmt.Errorf("end part: %w", err)
	}
	return out, nil
}
