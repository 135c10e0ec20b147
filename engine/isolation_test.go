package engine

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// fault makes a client's first use go wrong.
type fault struct {
	name  string
	shape func(c *fakeClient)
	rouse func(w *world, seat SeatKey) // makes it happen; may be nil
}

// faults are panics. Each client panics once, so that the next one works.
func faults() []fault {
	boom := func() { panic("made to panic") }
	return []fault{
		{"connect", func(c *fakeClient) { c.connect = func(context.Context) error { boom(); return nil } }, nil},
		{"disconnect", func(c *fakeClient) { c.disconnect = boom }, func(w *world, seat SeatKey) {
			w.provider.client(seat).sink.Signal(Disconnected{})
		}},
		{"close", func(c *fakeClient) {
			c.connect = func(context.Context) error { boom(); return nil }
			c.close = func() error { boom(); return nil }
		}, nil},
	}
}

func TestPanicOfOneSeatTouchesNoOther(t *testing.T) {
	for _, fault := range faults() {
		t.Run(fault.name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world, good SeatKey) {
				bad := w.rows.add("bad", "device", DesiredRunning)
				var broken atomic.Bool
				w.provider.habits(func(c *fakeClient) {
					if c.key == bad && !broken.Swap(true) {
						fault.shape(c)
					}
				})
				w.start()
				if fault.rouse != nil {
					fault.rouse(w, bad)
				}
				after(5 * time.Second)
				require.Equal(t, StateConnected, w.state(bad))
				require.Len(t, w.provider.opened(bad), 2, "the next connection begins with a new client")
				require.EqualValues(t, 1, w.provider.opened(bad)[0].closes.Load())
				require.Contains(t, w.log.String(), "stack=")
				require.Equal(t, StateConnected, w.state(good))
				require.Len(t, w.rows.seat(good).history, 2)
			})
		})
	}
}

// A panic while the connection ends doesn't change how it ended.
func TestPanicAfterAFinalState(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.provider.habits(func(c *fakeClient) { c.disconnect = func() { panic("made to panic") } })
		w.start()
		w.provider.client(seat).sink.Signal(LoggedOut{})
		after(time.Minute)
		require.Equal(t, StateLoggedOut, w.state(seat))
		require.Len(t, w.provider.opened(seat), 1)
	})
}

// A panic of the store's while a signal is handled is the seat's alone, too.
func TestPanicWhileASignalIsHandled(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, good SeatKey) {
		bad := w.rows.add("bad", "", DesiredRunning)
		w.rows.setHook(func(_ context.Context, call string) error {
			if call == "SetPairingCode" && w.rows.count(call) == 1 {
				panic("made to panic")
			}
			return nil
		})
		w.start()
		require.Equal(t, StateRetrying, w.state(bad))
		require.Equal(t, ReasonCrashed, w.rows.seat(bad).Status.Reason)
		require.Equal(t, StateConnected, w.state(good))
		after(5 * time.Second)
		require.Equal(t, StatePairing, w.state(bad))
	})
}

func TestPanicWhileASeatIsOpened(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, good SeatKey) {
		bad := w.rows.add("bad", "device", DesiredRunning)
		w.provider.opening(func(key SeatKey) error {
			if key == bad {
				panic("made to panic")
			}
			return nil
		})
		w.start()
		after(time.Minute)
		require.Equal(t, StateConnected, w.state(good))
		require.Equal(t, ReasonCrashed, w.rows.seat(bad).Status.Reason)
	})
}

// A Connect that never returns holds no dial slot for good, and isn't called
// over and over.
func TestConnectThatNeverReturns(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		bad := w.rows.add("bad", "device", DesiredRunning)
		release := make(chan struct{})
		var hung atomic.Bool
		w.provider.habits(func(c *fakeClient) {
			c.connect = func(context.Context) error {
				if c.key == bad && !hung.Swap(true) {
					<-release
					return errFake
				}
				c.sink.Signal(Connected{})
				return nil
			}
		})
		w.start()
		after(2 * time.Hour)
		require.Equal(t, StateConnected, w.state(seat))
		require.Equal(t, StateRetrying, w.state(bad))
		require.EqualValues(t, 1, w.provider.client(bad).connects.Load())
		close(release)
		synctest.Wait()
		require.Equal(t, StateConnected, w.state(bad))
		require.Zero(t, w.provider.client(bad).dialledTwice.Load())
	}, func(cfg *SupervisorConfig) { cfg.Dials = 1 })
}

func TestCloseThatHangs(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, good SeatKey) {
		bad := w.rows.add("bad", "device", DesiredRunning)
		release := make(chan struct{})
		w.provider.habits(func(c *fakeClient) {
			if c.key == bad {
				c.close = func() error { <-release; return nil }
			}
		})
		w.start()
		w.wish(bad, DesiredStopped)
		require.Equal(t, StateStopped, w.state(bad), "it is disconnected, which is what a person wanted")
		w.wish(good, DesiredStopped)
		w.wish(good, DesiredRunning)
		require.Equal(t, StateConnected, w.state(good))
		close(release)
	})
}

// A client that tells more than anybody can take is still closed: Close waits
// for what it tells, and that for somebody to take it.
func TestClientThatTellsTooMuch(t *testing.T) {
	for name, end := range map[string]func(w *world, seat SeatKey){
		"final state": func(w *world, seat SeatKey) { w.provider.client(seat).sink.Signal(Replaced{}) },
		"crash":       func(w *world, seat SeatKey) { w.provider.client(seat).sink.Signal(Disconnected{}) },
		"stop":        func(w *world, seat SeatKey) { w.wish(seat, DesiredStopped) },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
				w.provider.habits(func(c *fakeClient) {
					c.close = func() error {
						for range 2 * signalInbox {
							c.sink.Signal(Connected{})
						}
						return nil
					}
					if name == "crash" {
						c.disconnect = func() { panic("made to panic") }
					}
				})
				w.start()
				running := w.sv.seat(seat)
				end(w, seat)
				if name == "crash" {
					after(10 * time.Second)
					require.Len(t, w.provider.opened(seat), 2)
					return
				}
				<-running.done
				require.EqualValues(t, 1, w.provider.opened(seat)[0].closes.Load())
			})
		})
	}
}

// What a client tells after it was closed is no news of the next one.
func TestClientThatTellsTooLate(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		old := w.provider.client(seat)
		old.disconnect = func() { panic("made to panic") }
		old.sink.Signal(Disconnected{})
		after(5 * time.Second)
		require.Len(t, w.provider.opened(seat), 2)
		for range 20 {
			old.sink.Signal(Replaced{})
		}
		synctest.Wait()
		require.Equal(t, StateConnected, w.state(seat))
	})
}

// A Refresh that never returns holds no dial slot.
func TestRefreshThatNeverReturns(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, good SeatKey) {
		release := make(chan struct{})
		t.Cleanup(func() { close(release) }) // before the supervisor is stopped
		bad := w.rows.add("bad", "device", DesiredRunning)
		w.provider.habits(func(c *fakeClient) {
			if c.key == bad {
				c.connect = func(context.Context) error { c.sink.Signal(Outdated{}); return nil }
			}
		})
		w.start()
		w.provider.refreshing(func(context.Context) error { <-release; return nil })
		after(time.Hour)
		require.Equal(t, StateConnected, w.state(good))
		w.wish(good, DesiredStopped)
		w.wish(good, DesiredRunning)
		require.Equal(t, StateConnected, w.state(good))
	}, func(cfg *SupervisorConfig) { cfg.Dials = 1 })
}
