package engine

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// outage makes the store, and all that needs it, fail until it is called again.
func (w *world) outage(on bool) {
	gone := &Error{Code: CodeUnavailable, Message: "The database is gone."}
	if !on {
		w.rows.setHook(nil)
		return
	}
	w.rows.setHook(func(context.Context, string) error { return gone })
}

// While the database is gone connections fail, which says nothing about
// WhatsApp: all seats are back soon after it is.
func TestSeatsAreBackSoonAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		t.Cleanup(w.stop)
		var seats []SeatKey
		for i := range 200 {
			seats = append(seats, w.rows.add(fmt.Sprint(i), "device-"+fmt.Sprint(i), DesiredRunning))
		}
		w.provider.habits(func(c *fakeClient) {
			c.connect = func(ctx context.Context) error {
				if err := w.rows.Ping(ctx); err != nil { // as whatsmeow reads its keys
					return err
				}
				c.sink.Signal(Connected{})
				return nil
			}
		})
		w.start()
		w.rows.queue(seats[0], "conversation", "before")
		synctest.Wait()
		w.outage(true)
		for i, seat := range seats {
			if i%2 == 0 {
				w.provider.client(seat).sink.Signal(Disconnected{Detail: "The store of keys could not be used."})
			} else {
				require.Error(t, w.provider.client(seat).sink.Deliver(t.Context(), Incoming{}))
			}
		}
		pings, statuses := w.rows.count("Ping"), w.rows.count("SetStatus")
		after(20 * time.Minute)
		require.Less(t, w.rows.count("Ping")-pings, 20*60+2*len(seats), "seats ask together")
		require.Less(t, w.rows.count("SetStatus")-statuses, 2*len(seats))

		w.outage(false)
		after(10 * time.Second)
		for _, seat := range seats {
			require.Equal(t, StateConnected, w.state(seat))
		}
	})
}

// A status that could not be recorded is, soon after the database is back,
// though the seat does nothing meanwhile.
func TestStatusIsRecordedSoonAfterAnOutage(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.outage(true)
		w.rows.setHook(func(_ context.Context, call string) error {
			if call == "SetStatus" || call == "Ping" {
				return errFake
			}
			return nil
		})
		w.start()
		after(20 * time.Minute)
		require.Equal(t, StateStopped, w.state(seat))
		w.outage(false)
		after(10 * time.Second)
		require.Equal(t, StateConnected, w.state(seat))
		require.EqualValues(t, 1, w.provider.client(seat).connects.Load())
	})
}

// What waited to be sent goes soon after the database is back, over a
// connection that lasted through the outage.
func TestOutboxAfterAnOutage(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		w.outage(true)
		for i := range 10 {
			w.rows.queue(seat, fmt.Sprint(i), "hello")
			after(2 * time.Minute)
		}
		w.outage(false)
		after(10 * time.Second)
		require.Empty(t, w.rows.queued(seat))
		require.Len(t, w.provider.client(seat).sentTexts(), 10)
	})
}
