package engine

import (
	"context"
	"sync"
	"time"
)

// activity keeps a seat's [Activity]. It has a lock of its own, since
// messages come and go in other goroutines than the seat's.
type activity struct {
	mu    sync.Mutex
	now   Activity
	saved Activity
}

func (a *activity) restore(before Activity) { a.now, a.saved = before, before }

// message notes that a message came or went.
func (a *activity) message(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if at.After(a.now.LastMessage) {
		a.now.LastMessage = at
	}
}

// reconnected counts a connection that was made anew after a loss.
func (a *activity) reconnected(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if day := dayOf(at); a.now.Day != day {
		a.now.Day, a.now.Reconnects = day, 0
	}
	a.now.Reconnects++
}

// get returns the activity, given when the client last heard anything.
func (a *activity) get(heard time.Time) Activity {
	a.mu.Lock()
	defer a.mu.Unlock()
	if heard.After(a.now.LastFrame) {
		a.now.LastFrame = heard
	}
	return a.now
}

// unsaved returns the activity if it differs from what was saved last, and
// counts it as saved.
func (a *activity) unsaved(heard time.Time) (Activity, bool) {
	now := a.get(heard)
	a.mu.Lock()
	defer a.mu.Unlock()
	changed := now != a.saved
	a.saved = now
	return now, changed
}

// forget makes the activity count as not saved.
func (a *activity) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.saved = Activity{}
}

// heard returns when the seat's client last heard anything; zero if it has
// none or doesn't know.
func (s *Seat) heard() time.Time {
	client := s.client.Load()
	if client == nil {
		return time.Time{}
	}
	if listening, ok := (*client).(Listening); ok {
		return listening.LastFrame()
	}
	return time.Time{}
}

// noticing are a seat's records that note when messages come and go.
type noticing struct {
	MessageRecords

	seat *Seat
}

// Record implements [MessageRecords].
func (n noticing) Record(ctx context.Context, seat SeatKey, facts []Fact) error {
	err := n.MessageRecords.Record(ctx, seat, facts)
	if err != nil {
		return err
	}
	for _, fact := range facts {
		if incoming, ok := fact.(Incoming); ok && !incoming.History {
			n.seat.activity.message(n.seat.wall())
			break
		}
	}
	return nil
}

// SetSent implements [MessageRecords].
func (n noticing) SetSent(ctx context.Context, seat SeatKey, id MessageID, accepted Accepted) error {
	n.seat.activity.message(n.seat.wall())
	return n.MessageRecords.SetSent(ctx, seat, id, accepted)
}

// activityBatch is how many seats' activities are saved in one transaction, so
// that messages don't wait for long.
const activityBatch = 100

// Activity returns what a seat's connection did last. It reports false for a
// seat that doesn't run here; its row has what was saved.
func (sv *Supervisor) Activity(key SeatKey) (Activity, bool) {
	seat := sv.seat(key)
	if seat == nil {
		return Activity{}, false
	}
	return seat.activity.get(seat.heard()), true
}

// running returns the seats that run now.
func (sv *Supervisor) running() []*Seat {
	sv.mu.RLock()
	defer sv.mu.RUnlock()
	seats := make([]*Seat, 0, len(sv.seats))
	for _, seat := range sv.seats {
		seats = append(seats, seat)
	}
	return seats
}

// saveActivity saves what seats did last, of those for which it has changed.
// What can't be saved is saved the next time.
func (sv *Supervisor) saveActivity(ctx context.Context, seats []*Seat) {
	var changed []*Seat
	var batch []SeatActivity
	save := func() {
		if len(batch) == 0 {
			return
		}
		saveCtx, cancel := context.WithTimeout(ctx, recordTimeout)
		defer cancel()
		if err := guard(func() error { return sv.cfg.Seats.SaveActivity(saveCtx, batch) }); err != nil {
			sv.cfg.Log.Warn("what seats did last could not be saved; it is tried again", "seats", len(batch), "error", err)
			for _, seat := range changed {
				seat.activity.forget()
			}
		}
		changed, batch = changed[:0], batch[:0]
	}
	for _, seat := range seats {
		if activity, ok := seat.activity.unsaved(seat.heard()); ok {
			changed = append(changed, seat)
			batch = append(batch, SeatActivity{Key: seat.key, Activity: activity})
		}
		if len(batch) == activityBatch {
			save()
		}
	}
	save()
}
