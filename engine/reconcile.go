package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// Wake makes the supervisor reconcile these seats soon, or all if none is
// named, instead of within its interval: for whoever has recorded what a
// person wants of a seat. It returns at once.
func (sv *Supervisor) Wake(seats ...SeatKey) { sv.woken.add(seats) }

// Reconcile starts the seats that should run and don't, and stops those that
// run and shouldn't: all, or of those that are named. Calling it again changes
// nothing. It starts none unless the supervisor runs.
func (sv *Supervisor) Reconcile(ctx context.Context, seats ...SeatKey) error {
	sv.reconciling.Lock()
	defer sv.reconciling.Unlock()
	// A seat is forgotten before the records are read, never after: one that
	// ends meanwhile would be started again by a record that is out of date.
	sv.saveActivity(ctx, sv.forgetEnded(seats))
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	records, err := sv.cfg.Seats.SeatsToRun(ctx, seats...)
	if err != nil {
		return fmt.Errorf("list seats to run: %w", err)
	}
	wanted := make(map[SeatKey]SeatRecord, len(records))
	for _, record := range records {
		wanted[record.Key] = record
	}
	sv.mu.Lock()
	defer sv.mu.Unlock()
	for key, seat := range sv.among(seats) {
		if record, ok := wanted[key]; !ok || record.Desired != seat.record.Desired {
			seat.stop(errStopRequested) // one that is to be removed starts anew, once it has ended
		} else if seat.differs(record) {
			seat.stop(errChanged)
		}
	}
	for key, record := range wanted {
		if sv.seats[key] == nil && sv.life != nil {
			seat := newSeat(record, sv)
			sv.seats[key] = seat
			seat.start(sv.life, func() { sv.Wake(key) }) // a person may have wished something else meanwhile
		}
	}
	return nil
}

// forgetEnded forgets the seats that have ended, of all or of those that are
// named, and returns them.
func (sv *Supervisor) forgetEnded(keys []SeatKey) (ended []*Seat) {
	sv.mu.Lock()
	defer sv.mu.Unlock()
	for key, seat := range sv.among(keys) {
		select {
		case <-seat.done:
			delete(sv.seats, key)
			ended = append(ended, seat)
		default:
		}
	}
	return ended
}

// among are the seats that run, all or those that are named. The caller holds
// sv.mu.
func (sv *Supervisor) among(keys []SeatKey) map[SeatKey]*Seat {
	if len(keys) == 0 {
		return sv.seats
	}
	named := make(map[SeatKey]*Seat, len(keys))
	for _, key := range keys {
		if seat := sv.seats[key]; seat != nil {
			named[key] = seat
		}
	}
	return named
}

// wokenLimit is how many seats are reconciled one by one; of more all are read
// at once.
const wokenLimit = 50

// woken is which seats are to be reconciled soon. With thousands of seats each
// change of one would otherwise read all of them.
type woken struct {
	poke chan struct{} // capacity 1

	mu   sync.Mutex
	all  bool
	keys map[SeatKey]struct{}
}

func (w *woken) add(keys []SeatKey) {
	w.mu.Lock()
	w.all = w.all || len(keys) == 0 || len(w.keys)+len(keys) > wokenLimit
	if w.keys == nil {
		w.keys = make(map[SeatKey]struct{})
	}
	if !w.all {
		for _, key := range keys {
			w.keys[key] = struct{}{}
		}
	}
	w.mu.Unlock()
	select {
	case w.poke <- struct{}{}:
	default: // it will anyway
	}
}

// take returns the seats to reconcile, none for all, and forgets them.
func (w *woken) take() []SeatKey {
	w.mu.Lock()
	defer w.mu.Unlock()
	keys := slices.Collect(maps.Keys(w.keys))
	if w.all {
		keys = nil
	}
	w.all, w.keys = false, nil
	return keys
}
