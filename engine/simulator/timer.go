package simulator

import (
	"fmt"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// defaultTimer is how long messages in an account's new chats last; 0 for ever.
type defaultTimer struct {
	life time.Duration
	at   time.Time
}

// node is the timer as queries and notifications have it; since is when the account never set one.
func (t defaultTimer) node(since time.Time) binary.Node {
	if t.at.IsZero() {
		t.at = since
	}
	return binary.Node{Tag: "disappearing_mode", Attrs: binary.Attrs{
		"duration": int(t.life.Seconds()), "t": t.at.Unix(),
	}}
}

func (a *account) timerNode() binary.Node {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.timer.node(a.since)
}

// changeTimer sets the account's default timer; by is the device where it was done. ErrInvalid for anything but off,
// a day, a week and ninety days, which are the choices that WhatsApp gives.
func (s *Server) changeTimer(a *account, by *device, life time.Duration) error {
	const day = 24 * time.Hour
	switch life {
	case 0, day, 7 * day, 90 * day:
	default:
		return fmt.Errorf("%w timer: off, 24 hours, 7 days or 90 days", ErrInvalid)
	}
	a.mu.Lock()
	a.timer = defaultTimer{life: life, at: s.clock.Now()}
	a.mu.Unlock()
	node := a.timerNode()
	a.notify(by, a.pn(), "account_sync", nil, node)
	a.tellOthers("", "disappearing_mode", func(types.JID) binary.Node { return node })
	return nil
}

// queryTimer answers a client that sets the default timer, in seconds.
func (s *Server) queryTimer(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	child, ok := n.GetOptionalChildByTag("disappearing_mode")
	if kind == "get" && ok {
		return []binary.Node{d.account.timerNode()}, nil
	}
	seconds, err := strconv.ParseUint(attr(&child, "duration"), 10, 31)
	if !ok || err != nil {
		return nil, errBadRequest
	}
	return nil, refusal(s.changeTimer(d.account, d, time.Duration(seconds)*time.Second))
}
