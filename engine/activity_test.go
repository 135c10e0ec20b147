package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestActivity(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		got := func() Activity {
			activity, ok := w.sv.Activity(seat)
			require.True(t, ok)
			return activity
		}
		require.Equal(t, Activity{}, got(), "the first login is no reconnection")
		client := w.provider.client(seat)

		began := time.Now()
		require.NoError(t, client.sink.Deliver(t.Context(), Receipt{}, Incoming{History: true}))
		require.Zero(t, got().LastMessage, "neither was sent now")
		require.NoError(t, client.sink.Deliver(t.Context(), Incoming{}))
		require.Equal(t, began, got().LastMessage)
		after(time.Second)
		w.rows.queue(seat, "c", "hello")
		synctest.Wait()
		require.Equal(t, []string{"hello"}, client.sentTexts())
		require.Equal(t, began.Add(time.Second), got().LastMessage)

		client.heard.Store(time.Now())
		require.Equal(t, time.Now(), got().LastFrame)
		for range 3 {
			client.sink.Signal(Disconnected{})
			after(10 * time.Second)
			require.Equal(t, StateConnected, w.state(seat))
		}
		require.Equal(t, 3, got().Reconnects)
		after(24 * time.Hour)
		client.sink.Signal(Disconnected{})
		after(10 * time.Second)
		require.Equal(t, 1, got().Reconnects, "it is another day")
		_, ok := w.sv.Activity(SeatKey{Tenant: "tenant", Seat: "none"})
		require.False(t, ok)
	})
}

// What happened is saved rarely, and at the end.
func TestActivityIsSaved(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		other := w.rows.add("two", "device-two", DesiredRunning)
		w.start()
		for range 100 {
			require.NoError(t, w.provider.client(seat).sink.Deliver(t.Context(), Incoming{}))
		}
		require.Zero(t, w.rows.count("SaveActivity"))
		wrote := time.Now()
		after(5 * time.Minute)
		require.Equal(t, 1, w.rows.count("SaveActivity"))
		require.Equal(t, wrote, w.rows.seat(seat).Activity.LastMessage)
		after(time.Hour)
		require.Equal(t, 1, w.rows.count("SaveActivity"), "nothing has changed")

		w.rows.failing("SaveActivity")
		require.NoError(t, w.provider.client(other).sink.Deliver(t.Context(), Incoming{}))
		wrote = time.Now()
		after(5 * time.Minute)
		require.Zero(t, w.rows.seat(other).Activity)
		w.rows.setHook(nil)
		w.wish(other, DesiredStopped)
		require.Equal(t, wrote, w.rows.seat(other).Activity.LastMessage, "a seat that has ended is saved")

		require.NoError(t, w.provider.client(seat).sink.Deliver(t.Context(), Incoming{}))
		wrote = time.Now()
		w.stop()
		require.Equal(t, wrote, w.rows.seat(seat).Activity.LastMessage)

		again := newWorld(t)
		again.rows, again.provider = w.rows, w.provider
		again.sv.cfg.Seats, again.sv.cfg.Messages, again.sv.cfg.Provider = w.rows, w.rows, w.provider
		again.start()
		activity, ok := again.sv.Activity(seat)
		require.True(t, ok)
		require.Equal(t, wrote, activity.LastMessage, "it outlives the process")
		again.stop()
	})
}

func TestActivityShowsWhatIsNewer(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.Local)
	view := SeatView{}
	Activity{Day: "2026-03-09", Reconnects: 7}.Show(&view, now)
	require.Equal(t, SeatView{}, view, "that was yesterday")
	Activity{LastFrame: now, LastMessage: now, Day: "2026-03-10", Reconnects: 2}.Show(&view, now)
	Activity{LastFrame: now.Add(-time.Hour), LastMessage: now.Add(time.Hour), Day: "2026-03-10", Reconnects: 1}.Show(&view, now)
	require.True(t, view.LastFrameAt.Equal(now))
	require.True(t, view.LastMessageAt.Equal(now.Add(time.Hour)))
	require.Equal(t, 2, view.ReconnectsToday)
}
