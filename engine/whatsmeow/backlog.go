package whatsmeow

import (
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

// backlogStep is after how many percent a backlog's progress is told again.
const backlogStep = 5

// inflow is how far what waited at WhatsApp has come in. WhatsApp says how
// much there is, sends it, and says when that was all. It belongs to the
// goroutine in which the library calls its handler.
type inflow struct {
	expected int
	got      int
	told     int // percent
}

// backlogEvent follows a connection's backlog.
func (s *session) backlogEvent(evt any) {
	switch evt := evt.(type) {
	case *events.OfflineSyncPreview:
		s.inflow = inflow{expected: evt.Messages}
		if evt.Messages > 0 {
			s.tellBacklog(0)
		}
	case *events.OfflineSyncCompleted:
		s.inflow = inflow{}
		s.tellBacklog(100)
	case *events.Message, *events.UndecryptableMessage:
		b := &s.inflow
		if b.got++; b.got > b.expected {
			return
		}
		if percent := 100 * b.got / b.expected; percent >= b.told+backlogStep && percent < 100 {
			b.told = percent
			s.tellBacklog(percent)
		}
	}
}

func (s *session) tellBacklog(percent int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.signal(engine.Backlog{Expected: s.inflow.expected, Percent: percent})
	}
}

// isLate says whether a message has waited for so long that nobody expects an
// answer any more, by WhatsApp's clock alone: ours may be wrong.
func (s *session) isLate(at time.Time) bool {
	return serverTime(unifiedSession(s.wm), time.Now()).Sub(at) > s.client.provider.cfg.BacklogAge
}

const (
	unifiedWeek   = 7 * 24 * time.Hour
	unifiedOffset = 3 * 24 * time.Hour
)

// serverTime is WhatsApp's clock, as far as it is less than half a week from
// ours. The library learns at login how far the clocks are apart, and tells it
// by nothing but the number that it makes for a session: WhatsApp's time in
// milliseconds, plus three days, modulo a week (whatsmeow, message.go,
// getUnifiedSessionID).
func serverTime(session string, now time.Time) time.Time {
	ms, err := strconv.ParseInt(session, 10, 64)
	if err != nil {
		return now
	}
	week := unifiedWeek.Milliseconds()
	ahead := (ms - unifiedOffset.Milliseconds() - now.UnixMilli()) % week
	switch {
	case ahead > week/2:
		ahead -= week
	case ahead < -week/2:
		ahead += week
	}
	return now.Add(time.Duration(ahead) * time.Millisecond)
}
