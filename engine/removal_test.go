package engine

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRemovalOfARunningSeat(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		w.wish(seat, DesiredRemoved)
		require.True(t, w.rows.seat(seat).gone)
		opened := w.provider.opened(seat)
		require.Len(t, opened, 2)
		require.EqualValues(t, 1, opened[0].closes.Load())
		require.EqualValues(t, 1, opened[1].logouts.Load())
		require.EqualValues(t, 1, opened[1].closes.Load())
		after(time.Hour)
		require.Len(t, w.provider.opened(seat), 2)
	})
}

func TestRemovalOfASeatThatIsNotLinked(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.change(seat, func(s *fakeSeat) { s.Device, s.Desired = "", DesiredRemoved })
		w.start()
		require.True(t, w.rows.seat(seat).gone)
		require.Zero(t, w.provider.client(seat).logouts.Load())
		require.Zero(t, w.provider.client(seat).connects.Load())
	})
}

// WhatsApp can't be told, but the keys are gone: the seat is removed.
func TestRemovalWithoutWhatsApp(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.wish(seat, DesiredRemoved)
		w.provider.habits(func(c *fakeClient) {
			c.logout = func(ctx context.Context) error {
				<-ctx.Done()
				c.linked.Store(false)
				return ctx.Err()
			}
		})
		w.start()
		after(20 * time.Second)
		require.True(t, w.rows.seat(seat).gone)
		require.Contains(t, w.log.String(), "could not be told")
	})
}

// As long as the keys are there, or the row, the removal is tried again.
func TestRemovalIsRepeated(t *testing.T) {
	for name, fail := range map[string]func(w *world) (mend func()){
		"open": func(w *world) func() {
			w.provider.opening(func(SeatKey) error { return errFake })
			return func() { w.provider.opening(nil) }
		},
		"logout": func(w *world) func() {
			var works atomic.Bool
			w.provider.habits(func(c *fakeClient) {
				c.logout = func(context.Context) error {
					if !works.Load() {
						return errFake
					}
					c.linked.Store(false)
					return nil
				}
			})
			return func() { works.Store(true) }
		},
		"logout panics": func(w *world) func() {
			w.provider.habits(func(c *fakeClient) {
				c.logout = func(context.Context) error { panic("made to panic") }
			})
			return func() { w.provider.habits(nil) }
		},
		"row": func(w *world) func() {
			w.rows.failing("Removed")
			return func() { w.rows.failing() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
				w.rows.wish(seat, DesiredRemoved)
				mend := fail(w)
				w.start()
				after(time.Hour)
				require.False(t, w.rows.seat(seat).gone)
				require.LessOrEqual(t, w.rows.count("Removed"), 30, "with growing waits")
				mend()
				after(10 * time.Minute)
				require.True(t, w.rows.seat(seat).gone)
			})
		})
	}
}

func TestRemovalThatAShutdownInterrupts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		seat := w.rows.add("one", "device", DesiredRemoved)
		w.provider.habits(func(c *fakeClient) {
			c.logout = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		})
		w.start()
		w.stop()
		require.False(t, w.rows.seat(seat).gone)
		require.Equal(t, DesiredRemoved, w.rows.seat(seat).Desired)

		next := newWorld(t)
		next.sv.cfg.Seats, next.sv.cfg.Messages = w.rows, w.rows
		next.start()
		require.True(t, w.rows.seat(seat).gone)
		next.stop()
	})
}
