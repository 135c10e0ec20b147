package simulator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/myaibud/aibud/engine/simulator/internal/clock"
)

// maxArmed bounds how many faults wait at the same time.
const maxArmed = 1000

// ArmedFault is a fault that waits for its occasion.
type ArmedFault struct {
	Fault
	// Left is how often it may still happen, Fired how often it has happened; -1 left: as often as there is occasion.
	Left  int `json:"left"`
	Fired int `json:"fired"`
	// Until is when it ends by the server's clock; nil: with its last time, or when it is disarmed.
	Until *time.Time `json:"until,omitempty"`
}

// faults holds the misfortunes that wait for their occasion.
type faults struct {
	clock *clock.Clock
	count atomic.Int32 // of armed, so that looking for a fault costs nothing while there is none

	mu      sync.Mutex
	armed   []*ArmedFault
	changed chan struct{} // closed when some are disarmed
	fired   map[FaultKind]int64
}

// arm keeps a fault whose occasions are still to come.
func (f *faults) arm(fault Fault) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.prune()
	if len(f.armed) >= maxArmed {
		return fmt.Errorf("%w: %d faults are armed already; disarm some", ErrRefused, maxArmed)
	}
	armed := &ArmedFault{Fault: fault, Left: -1}
	if fault.Seconds > 0 {
		until := f.clock.Now().Add(seconds(fault.Seconds))
		armed.Until = &until
	}
	if fault.Times > 0 {
		armed.Left = fault.Times
	} else if armed.Until == nil && fault.Kind != FaultSilent {
		armed.Left = 1
	}
	f.armed = append(f.armed, armed)
	f.count.Store(int32(len(f.armed)))
	return nil
}

func seconds(count float64) time.Duration { return time.Duration(count * float64(time.Second)) }

// prune forgets what is over. The caller holds the lock.
func (f *faults) prune() {
	now := f.clock.Now()
	f.armed = slices.DeleteFunc(f.armed, func(a *ArmedFault) bool {
		return a.Left == 0 || (a.Until != nil && !now.Before(*a.Until))
	})
	f.count.Store(int32(len(f.armed)))
}

// take says whether a fault of this kind strikes now, and uses it up.
func (f *faults) take(kind FaultKind, number string) bool { return f.next(kind, number) != nil }

// next is the fault of this kind that strikes number's client now, used up; or nil. number "" is a client that nobody
// knows yet, which only everybody's faults strike.
func (f *faults) next(kind FaultKind, number string) *ArmedFault {
	return f.nextFor(kind, number, func(*ArmedFault) bool { return true })
}

func (f *faults) nextFor(kind FaultKind, number string, fits func(*ArmedFault) bool) *ArmedFault {
	if f.count.Load() == 0 {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.prune()
	for _, a := range f.armed {
		if a.Kind == kind && (a.Number == "" || a.Number == number) && fits(a) {
			a.Left = max(a.Left-1, -1)
			a.Fired++
			f.bump(kind)
			hit := *a
			return &hit
		}
	}
	return nil
}

// hold is how long a fault of this kind holds back what goes to number's client now.
func (f *faults) hold(kind FaultKind, number string) time.Duration {
	hit := f.next(kind, number)
	if hit == nil {
		return 0
	}
	return seconds(hit.Delay)
}

// awaitSpeech waits as long as a fault keeps the server from speaking to number's client; false if ctx ended before.
func (f *faults) awaitSpeech(ctx context.Context, number string) bool {
	for f.count.Load() > 0 {
		silence, changed := f.silence(number)
		if silence == nil {
			break
		}
		over := make(chan struct{})
		var timer *clock.Timer
		if silence.Until != nil {
			timer = f.clock.AfterFunc(f.clock.Until(*silence.Until), func() { close(over) })
		}
		select {
		case <-over:
		case <-changed:
		case <-ctx.Done():
		}
		if timer != nil {
			timer.Stop()
		}
		if ctx.Err() != nil {
			return false
		}
	}
	return ctx.Err() == nil
}

// silence finds the fault that keeps the server silent to number's client. A silence has no occasions: it counts as
// fired once.
func (f *faults) silence(number string) (*ArmedFault, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.prune()
	for _, a := range f.armed {
		if a.Kind != FaultSilent || (a.Number != "" && a.Number != number) {
			continue
		}
		if a.Fired == 0 {
			a.Fired++
			f.bump(FaultSilent)
		}
		if f.changed == nil {
			f.changed = make(chan struct{})
		}
		hit := *a
		return &hit, f.changed
	}
	return nil, nil
}

func (f *faults) list() []ArmedFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.prune()
	out := make([]ArmedFault, 0, len(f.armed))
	for _, a := range f.armed {
		out = append(out, *a)
	}
	return out
}

func (f *faults) disarm(kind FaultKind, number string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.prune()
	before := len(f.armed)
	f.armed = slices.DeleteFunc(f.armed, func(a *ArmedFault) bool {
		return (kind == "" || a.Kind == kind) && (number == "" || a.Number == number)
	})
	f.count.Store(int32(len(f.armed)))
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
	return before - len(f.armed)
}

// note counts a fault that was played at once.
func (f *faults) note(kind FaultKind) {
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
