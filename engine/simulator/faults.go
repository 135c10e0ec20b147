package simulator

import (
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/binary"

	"github.com/myaibud/aibud/engine/simulator/internal/clock"
)

// FaultKind names a misfortune that the simulator can play.
type FaultKind string

// The faults. Those of the first group happen at once; those of the second wait for their occasion, Times times
// (default once) or for Seconds.
const (
	FaultDrop        FaultKind = "drop"         // cut connections without a word
	FaultRestart     FaultKind = "restart"      // the server forgets connections, not state
	FaultStreamError FaultKind = "stream-error" // a stream error with Code (default 503), then the end
	FaultReplaced    FaultKind = "replaced"     // as if the device had connected elsewhere
	FaultRemoved     FaultKind = "removed"      // the number's linked devices are unlinked

	FaultRefuse        FaultKind = "refuse"        // connections (of a number: logins) are turned away with 503
	FaultBanned        FaultKind = "banned"        // logins fail as temporarily banned for Seconds
	FaultOutdated      FaultKind = "outdated"      // logins fail because the client is too old
	FaultDuplicate     FaultKind = "duplicate"     // a message reaches the client twice
	FaultUndecryptable FaultKind = "undecryptable" // a message's ciphertext is damaged on its way to the client
	FaultLoseAck       FaultKind = "lose-ack"      // the server takes a client's message but never acknowledges it
	FaultDelay         FaultKind = "delay"         // a stanza is held back for Seconds, Times times
)

// Fault asks for one misfortune. Number "" means everybody.
type Fault struct {
	Kind    FaultKind `json:"kind"`
	Number  string    `json:"number,omitempty"`
	Times   int       `json:"times,omitempty"`
	Seconds float64   `json:"seconds,omitempty"`
	Code    int       `json:"code,omitempty"`
}

const (
	maxFaultTimes   = 1_000_000
	maxFaultSeconds = 24 * 3600
	defaultBan      = 3600 // seconds
	streamShutdown  = 503
)

// faults holds the misfortunes that wait for their occasion.
type faults struct {
	clock *clock.Clock

	mu    sync.Mutex
	armed []*armedFault
	fired map[FaultKind]int64
}

type armedFault struct {
	Fault
	until time.Time // zero: no end in time
	left  int       // -1: no end in number
}

// Inject plays a fault or arms it.
func (s *Server) Inject(f Fault) error {
	if f.Times < 0 || f.Times > maxFaultTimes || f.Seconds < 0 || f.Seconds > maxFaultSeconds {
		return fmt.Errorf("%w fault: times or seconds out of range", ErrInvalid)
	}
	if f.Number != "" && s.directory.number(f.Number) == nil {
		return fmt.Errorf("phone %w", ErrNotFound)
	}
	switch f.Kind {
	case FaultDrop:
		s.Drop(f.Number)
	case FaultRestart:
		s.Restart()
	case FaultStreamError:
		s.streamFault(f)
	case FaultReplaced:
		s.endAll(f.Number, streamError("", "replaced"))
	case FaultRemoved:
		s.removeAll(f.Number)
	case FaultRefuse, FaultDuplicate, FaultUndecryptable, FaultLoseAck, FaultDelay:
		s.faults.arm(f)
		return nil
	case FaultBanned, FaultOutdated:
		s.faults.arm(f)
		s.Drop(f.Number)
		return nil
	default:
		return fmt.Errorf("fault %q: %w", f.Kind, ErrUnsupported)
	}
	s.faults.count(f.Kind)
	return nil
}

func (s *Server) streamFault(f Fault) {
	code := f.Code
	if code == 0 {
		code = streamShutdown
	}
	s.endAll(f.Number, streamError(strconv.Itoa(code), ""))
}

func (s *Server) endAll(number string, last binary.Node) {
	for _, c := range s.connsOf(number) {
		c.end(last)
	}
}

func (s *Server) removeAll(number string) {
	for _, a := range s.directory.all() {
		if number != "" && a.number != number {
			continue
		}
		for _, d := range a.linked() {
			s.unlink(d, true)
		}
	}
}

func (f *faults) arm(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	armed := &armedFault{Fault: fault, left: -1}
	// A delay's Seconds are how long a stanza is held, not how long the fault stays armed.
	timed := fault.Seconds > 0 && fault.Kind != FaultDelay
	if timed {
		armed.until = f.clock.Now().Add(time.Duration(fault.Seconds * float64(time.Second)))
	}
	if fault.Times > 0 {
		armed.left = fault.Times
	} else if !timed {
		armed.left = 1
	}
	f.armed = append(f.armed, armed)
}

// take says whether a fault of this kind strikes now, and uses it up.
func (f *faults) take(kind FaultKind, number string) bool { return f.next(kind, number) != nil }

func (f *faults) next(kind FaultKind, number string) *armedFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.armed) == 0 {
		return nil
	}
	now := f.clock.Now()
	var hit *armedFault
	kept := f.armed[:0]
	for _, a := range f.armed {
		over := a.left == 0 || (!a.until.IsZero() && now.After(a.until))
		if over {
			continue
		}
		if hit == nil && a.Kind == kind && (a.Number == "" || a.Number == number) {
			hit = a
			if a.left > 0 {
				a.left--
			}
		}
		kept = append(kept, a)
	}
	clear(f.armed[len(kept):])
	f.armed = kept
	if hit != nil {
		f.bump(kind)
	}
	return hit
}

// delay is how long the next stanza for number is held back.
func (f *faults) delay(number string) time.Duration {
	hit := f.next(FaultDelay, number)
	if hit == nil {
		return 0
	}
	return time.Duration(hit.Seconds * float64(time.Second))
}

func (f *faults) count(kind FaultKind) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bump(kind)
}

func (f *faults) bump(kind FaultKind) {
	if f.fired == nil {
		f.fired = make(map[FaultKind]int64)
	}
	f.fired[kind]++
}

func (f *faults) counts() map[string]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make(map[string]int64, len(f.fired))
	for kind, count := range maps.All(f.fired) {
		out[string(kind)] = count
	}
	return out
}

// spoil damages the last byte (the MAC) of every ciphertext of a message, on a copy.
func spoil(node binary.Node) binary.Node {
	children := append([]binary.Node(nil), node.GetChildren()...)
	for i := range children {
		raw := content(&children[i])
		if children[i].Tag != "enc" || len(raw) == 0 {
			continue
		}
		damaged := append([]byte(nil), raw...)
		damaged[len(damaged)-1] ^= 0xff
		children[i].Content = damaged
	}
	node.Content = children
	return node
}
