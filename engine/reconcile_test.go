package engine

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestAChangeOfOneSeatReadsThatSeat checks that a process with many seats does not read all of them whenever one changes.
func TestAChangeOfOneSeatReadsThatSeat(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		other := w.rows.add("other", "device-other", DesiredRunning)
		asked := &askedRows{fakeRows: w.rows}
		w.sv.cfg.Seats = asked
		w.start()
		require.Equal(t, StateConnected, w.state(seat))
		require.Equal(t, StateConnected, w.state(other))
		require.Nil(t, asked.take(), "at the start all are")

		w.wish(seat, DesiredStopped)
		require.Equal(t, StateStopped, w.state(seat))
		require.Equal(t, StateConnected, w.state(other), "it was not asked for, which does not stop it")
		require.Equal(t, []SeatKey{seat}, asked.take())
		w.wish(seat, DesiredRunning)
		require.Equal(t, StateConnected, w.state(seat))
		require.Equal(t, []SeatKey{seat}, asked.take())

		w.sv.Wake()
		synctest.Wait()
		require.Nil(t, asked.take())
	})
}

// askedRows remembers which seats were asked for last.
type askedRows struct {
	*fakeRows
	mu   sync.Mutex
	last []SeatKey
}

func (r *askedRows) SeatsToRun(ctx context.Context, keys ...SeatKey) ([]SeatRecord, error) {
	r.mu.Lock()
	r.last = keys
	r.mu.Unlock()
	return r.fakeRows.SeatsToRun(ctx, keys...)
}

func (r *askedRows) take() []SeatKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

func TestWokenSeats(t *testing.T) {
	t.Parallel()
	w := woken{poke: make(chan struct{}, 1)}
	key := func(i int) SeatKey { return SeatKey{Seat: SeatID(fmt.Sprint(i))} }
	w.add([]SeatKey{key(1)})
	w.add([]SeatKey{key(2), key(1)})
	require.ElementsMatch(t, []SeatKey{key(1), key(2)}, w.take())
	w.add([]SeatKey{key(1)})
	w.add(nil)
	w.add([]SeatKey{key(2)})
	require.Empty(t, w.take(), "all")
	w.add([]SeatKey{key(3)})
	require.Equal(t, []SeatKey{key(3)}, w.take())
	for i := range 2 * wokenLimit {
		w.add([]SeatKey{key(i)})
	}
	require.Empty(t, w.take(), "so many are read at once")
	require.Len(t, w.poke, 1)
}

// TestConnectedIsNeverOfTheProcessBefore: with thousands of seats it takes a while until each begins to connect.
func TestConnectedIsNeverOfTheProcessBefore(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.change(seat, func(s *fakeSeat) { s.Status = Status{State: StateConnected, Since: time.Now()} })
		w.sv.Start(t.Context())
		require.Equal(t, StateConnecting, w.state(seat))
		synctest.Wait()
		require.Equal(t, StateConnected, w.state(seat))
	})
}

func TestStartWithoutAStore(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.change(seat, func(s *fakeSeat) { s.Status = Status{State: StateConnected, Since: time.Now()} })
		w.rows.failing("Disconnected")
		w.start()
		require.Equal(t, StateConnected, w.state(seat))
		require.Len(t, w.rows.seat(seat).history, 2, "it has recorded by itself that it connected anew")
	})
}
