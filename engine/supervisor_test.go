package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReconcileStartsWhatShouldRunAndStopsTheRest(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, one SeatKey) {
		two := w.rows.add("two", "device-two", DesiredStopped)
		w.start()
		require.Equal(t, StateConnected, w.state(one))
		require.Empty(t, w.provider.opened(two))

		w.wish(two, DesiredRunning)
		w.wish(one, DesiredStopped)
		require.Equal(t, StateConnected, w.state(two))
		require.Equal(t, Status{State: StateStopped, Reason: ReasonRequested, Since: time.Now()}, w.rows.seat(one).Status)
		require.EqualValues(t, 1, w.provider.client(one).closes.Load())

		w.wish(one, DesiredRunning)
		require.Equal(t, StateConnected, w.state(one))
		require.Len(t, w.provider.opened(one), 2)
	})
}

func TestReconcileTwiceChangesNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		history := w.rows.seat(seat).history
		for range 5 {
			require.NoError(t, w.sv.Reconcile(t.Context()))
		}
		after(time.Hour)
		require.Equal(t, history, w.rows.seat(seat).history)
		require.EqualValues(t, 1, w.provider.client(seat).connects.Load())
	})
}

func TestReconcileByItself(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		w.rows.wish(seat, DesiredStopped) // nobody tells the supervisor
		after(15 * time.Second)
		require.Equal(t, StateStopped, w.state(seat))
	})
}

func TestReconcileWhenASeatChanges(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		for _, kind := range []EventKind{EventSeatCreated, EventSeatUpdated, EventSeatRemoved} {
			before := w.rows.count("SeatsToRun")
			w.rows.feed.Publish([]Event{{Kind: kind, Tenant: seat.Tenant, Seat: seat.Seat}})
			synctest.Wait()
			require.Equal(t, before+1, w.rows.count("SeatsToRun"), kind)
		}
	})
}

func TestReconcileGoesOnWhenRecordsFail(t *testing.T) {
	for name, hook := range map[string]func(context.Context, string) error{
		"fail":  func(context.Context, string) error { return errFake },
		"panic": func(context.Context, string) error { panic("made to panic") },
		"hang":  func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
				w.rows.setHook(hook)
				w.start()
				after(time.Minute)
				require.Empty(t, w.provider.opened(seat))
				w.rows.setHook(nil)
				after(time.Minute)
				require.Equal(t, StateConnected, w.state(seat))
			})
		})
	}
}

// A record that was read before a seat ended must not start it again.
func TestReconcileWithAnOutdatedRecord(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		var stale atomic.Bool
		w.sv.cfg.Seats = staleRows{fakeRows: w.rows, meanwhile: func() {
			if stale.Swap(false) {
				w.provider.client(seat).sink.Signal(Replaced{})
				<-w.sv.seat(seat).done
			}
		}}
		w.start()
		stale.Store(true)
		require.NoError(t, w.sv.Reconcile(t.Context()))
		after(time.Minute)
		require.Equal(t, StateReplaced, w.state(seat))
		require.Len(t, w.provider.opened(seat), 1)
	})
}

// staleRows lets something happen after the seats to run were read.
type staleRows struct {
	*fakeRows
	meanwhile func()
}

func (r staleRows) SeatsToRun(ctx context.Context, keys ...SeatKey) ([]SeatRecord, error) {
	records, err := r.fakeRows.SeatsToRun(ctx, keys...)
	r.meanwhile()
	return records, err
}

func TestReconcileStartsNothingUnlessTheSupervisorRuns(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		require.NoError(t, w.sv.Stop(t.Context()))
		require.NoError(t, w.sv.Reconcile(t.Context()))
		require.Empty(t, w.provider.opened(seat))
		w.start()
		w.stop()
		require.NoError(t, w.sv.Reconcile(t.Context()))
		require.Len(t, w.provider.opened(seat), 1)
	})
}

// A person who stops a seat and starts it at once gets a running seat.
func TestStartDuringStop(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		closing := make(chan struct{})
		w.provider.habits(func(c *fakeClient) { c.close = func() error { <-closing; return nil } })
		w.start()
		w.wish(seat, DesiredStopped)
		w.wish(seat, DesiredRunning)
		require.Len(t, w.provider.opened(seat), 1, "never two clients of one device")
		close(closing)
		synctest.Wait()
		require.Equal(t, StateConnected, w.state(seat))
		require.Len(t, w.provider.opened(seat), 2)
	})
}

// A seat whose process ended before its stop was recorded doesn't look
// connected for ever.
func TestStopThatWasNotRecorded(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.change(seat, func(s *fakeSeat) {
			s.Status.State, s.Desired = StateConnected, DesiredStopped
		})
		w.start()
		require.Equal(t, StateStopped, w.state(seat))
		require.Empty(t, w.provider.opened(seat))
	})
}

func TestRefreshAtStart(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.provider.refreshing(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		w.start()
		require.Empty(t, w.provider.opened(seat))
		after(refreshTimeout)
		require.Equal(t, StateConnected, w.state(seat), "it goes on with the last known version")
		require.Contains(t, w.log.String(), "could not be learned")
	})
}

func TestDialsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(cfg *SupervisorConfig) { cfg.Dials = 3 })
		var dialling, most atomic.Int64
		w.provider.habits(func(c *fakeClient) {
			c.connect = func(context.Context) error {
				now := dialling.Add(1)
				for seen := most.Load(); now > seen; seen = most.Load() {
					if most.CompareAndSwap(seen, now) {
						break
					}
				}
				<-time.After(time.Second)
				dialling.Add(-1)
				c.sink.Signal(Connected{})
				return nil
			}
		})
		for i := range 30 {
			w.rows.add(fmt.Sprint("seat-", i), "device", DesiredRunning)
		}
		w.start()
		require.Equal(t, StateStarting, w.state(SeatKey{"tenant", "seat-0"}).orConnecting())
		after(20 * time.Second)
		require.EqualValues(t, 3, most.Load())
		for i := range 30 {
			require.Equal(t, StateConnected, w.state(SeatKey{"tenant", SeatID(fmt.Sprint("seat-", i))}))
		}
		w.stop()
	})
}

func (s State) orConnecting() State {
	if s == StateConnecting {
		return StateStarting
	}
	return s
}

// Seats that pair don't keep others from connecting.
func TestPairingHoldsNoDialSlot(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		for i := range 5 {
			w.rows.add(fmt.Sprint("pairing-", i), "", DesiredRunning)
		}
		w.start()
		require.Equal(t, StateConnected, w.state(seat))
		require.Equal(t, StatePairing, w.state(SeatKey{"tenant", "pairing-4"}))
	}, func(cfg *SupervisorConfig) { cfg.Dials = 1 })
}

func TestStopEndsEverySeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for i := range 50 {
			w.rows.add(fmt.Sprint("seat-", i), "device", DesiredRunning)
		}
		w.start()
		began := time.Now()
		w.stop()
		require.Less(t, time.Since(began), time.Second)
		for _, client := range w.provider.clients {
			require.EqualValues(t, 1, client.closes.Load())
		}
		seat := w.rows.seat(SeatKey{"tenant", "seat-7"})
		require.Equal(t, StateConnected, seat.Status.State, "nobody stopped it: it runs again at the next start")
		require.Equal(t, DesiredRunning, seat.Desired)
		w.stop() // again: nothing happens
	})
}

func TestStopWithAHangingClient(t *testing.T) {
	for name, hang := range map[string]func(c *fakeClient, release chan struct{}){
		"close":      func(c *fakeClient, release chan struct{}) { c.close = func() error { <-release; return nil } },
		"disconnect": func(c *fakeClient, release chan struct{}) { c.disconnect = func() { <-release } },
		"connect": func(c *fakeClient, release chan struct{}) {
			c.connect = func(context.Context) error { <-release; return nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				release := make(chan struct{})
				bad, good := w.rows.add("bad", "device", DesiredRunning), w.rows.add("good", "device", DesiredRunning)
				w.provider.habits(func(c *fakeClient) {
					if c.key == bad {
						hang(c, release)
					}
				})
				w.start()
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				began := time.Now()
				require.ErrorContains(t, w.sv.Stop(ctx), "1 seats did not end in time")
				require.Equal(t, 10*time.Second, time.Since(began))
				require.EqualValues(t, 1, w.provider.client(good).closes.Load())
				close(release)
				w.stop()
			})
		})
	}
}

// TestStress starts and stops seats and the supervisor at random, in real
// time, for the race detector.
func TestStress(t *testing.T) {
	w := newWorld(t, func(cfg *SupervisorConfig) {
		cfg.Dials, cfg.Interval = 4, time.Millisecond
		cfg.Timing = Timing{Reconnect: Backoff{First: time.Millisecond, Longest: 2 * time.Millisecond}}
	})
	keys := make([]SeatKey, 20)
	for i := range keys {
		keys[i] = w.rows.add(fmt.Sprint("seat-", i), "device", DesiredRunning)
	}
	w.sv.Start(t.Context())
	var people sync.WaitGroup
	for range 8 {
		people.Go(func() {
			for range 100 {
				key := keys[rand.IntN(len(keys))]
				w.disturb(key)
				_ = w.sv.SetTyping(t.Context(), key, Party{}, true)
			}
		})
	}
	people.Wait()
	for _, key := range keys {
		w.rows.wish(key, DesiredRunning)
	}
	w.sv.Wake()
	for _, key := range keys {
		require.Eventually(t, func() bool { return w.state(key) == StateConnected && len(w.rows.queued(key)) == 0 }, time.Minute, time.Millisecond)
	}
	w.stop()
	for _, client := range w.provider.clients {
		require.EqualValues(t, 1, client.closes.Load())
		require.Zero(t, client.dialledTwice.Load())
	}
}

// disturb does one thing at random to a seat.
func (w *world) disturb(key SeatKey) {
	switch rand.IntN(6) {
	case 0:
		w.rows.wish(key, DesiredStopped)
		w.sv.Wake()
	case 1:
		w.rows.wish(key, DesiredRunning)
		w.sv.Wake()
	case 2, 3:
		w.rows.queue(key, "conversation", "hello")
	case 4:
		if opened := w.provider.opened(key); len(opened) > 0 {
			opened[len(opened)-1].sink.Signal(Disconnected{})
		}
	case 5:
		_ = w.sv.Reconcile(context.Background())
	}
}
