package engine

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestConnects(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		var states []State
		for _, status := range w.rows.seat(seat).history {
			states = append(states, status.State)
		}
		require.Equal(t, []State{StateConnecting, StateConnected}, states)
		require.Equal(t, "device-one", w.provider.client(seat).device)
	})
}

func TestConnectsAgainAfterALoss(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		client := w.provider.client(seat)
		client.sink.Signal(Disconnected{Detail: "reset"})
		synctest.Wait()
		status := w.rows.seat(seat).Status
		require.Equal(t, StateRetrying, status.State)
		require.Equal(t, ReasonConnectionLost, status.Reason)
		require.Equal(t, "reset", status.Detail)
		after(time.Until(status.Until))
		require.Equal(t, StateConnected, w.state(seat))
		require.EqualValues(t, 2, client.connects.Load())
		require.Len(t, w.provider.opened(seat), 1)
	})
}

// waits returns how long the seat planned to wait each time it retried.
func (w *world) waits(key SeatKey) (waits []time.Duration) {
	for _, status := range w.rows.seat(key).history {
		if !status.Until.IsZero() {
			waits = append(waits, status.Until.Sub(status.Since))
		}
	}
	return waits
}

func TestWaitsGrowAndAConnectionThatLastsResetsThem(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		var fail atomic.Bool
		fail.Store(true)
		w.provider.habits(func(c *fakeClient) {
			c.connect = func(context.Context) error {
				if fail.Load() {
					return Errorf(CodeUnavailable, "WhatsApp can't be reached.")
				}
				c.sink.Signal(Connected{})
				return nil
			}
		})
		w.start()
		require.Equal(t, "WhatsApp can't be reached.", w.rows.seat(seat).Status.Detail)
		after(time.Hour)
		waits := w.waits(seat)
		for i := range 6 {
			require.InDelta(t, time.Second<<i, waits[i], float64(time.Second<<i)/2)
		}
		require.GreaterOrEqual(t, waits[20], 30*time.Second)
		require.LessOrEqual(t, waits[20], 90*time.Second)

		fail.Store(false)
		after(4 * time.Minute)
		require.Equal(t, StateConnected, w.state(seat))
		w.provider.client(seat).sink.Signal(Disconnected{}) // it lasted
		synctest.Wait()
		waits = w.waits(seat)
		require.LessOrEqual(t, waits[len(waits)-1], 1500*time.Millisecond)

		after(2 * time.Second)
		for range 4 { // it doesn't last any more
			w.provider.client(seat).sink.Signal(Disconnected{})
			after(30 * time.Second)
			require.Equal(t, StateConnected, w.state(seat))
		}
		waits = w.waits(seat)
		require.GreaterOrEqual(t, waits[len(waits)-1], 4*time.Second)
	})
}

func TestLoginThatIsNotAnswered(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.provider.habits(func(c *fakeClient) { c.connect = func(context.Context) error { return nil } })
		w.start()
		after(time.Minute)
		require.Equal(t, StateRetrying, w.state(seat))
		require.Equal(t, ReasonConnectFailed, w.rows.seat(seat).Status.Reason)
	})
}

func TestClientThatCannotBeOpened(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.provider.opening(func(SeatKey) error { return errFake })
		w.start()
		require.Equal(t, StateRetrying, w.state(seat))
		w.wish(seat, DesiredStopped)
		require.Equal(t, StateStopped, w.state(seat))
	})
}

func TestStatesThatOnlyAPersonEnds(t *testing.T) {
	for _, test := range []struct {
		signal Signal
		want   Status
	}{
		{Replaced{}, Status{State: StateReplaced, Reason: ReasonStreamReplaced}},
		{LoggedOut{Detail: "by the phone"}, Status{State: StateLoggedOut, Reason: ReasonDeviceRemoved, Detail: "by the phone"}},
		{Refused{Detail: "403"}, Status{State: StateFailed, Reason: ReasonRefused, Detail: "403"}},
	} {
		t.Run(string(test.want.State), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
				w.start()
				test.want.Since = time.Now()
				client := w.provider.client(seat)
				client.sink.Signal(test.signal)
				after(time.Hour)
				row := w.rows.seat(seat)
				require.Equal(t, test.want, row.Status)
				require.Equal(t, DesiredStopped, row.Desired)
				require.EqualValues(t, 1, client.connects.Load())
				require.EqualValues(t, 1, client.closes.Load())
				require.Equal(t, test.want.State == StateLoggedOut, row.Device == "")

				w.wish(seat, DesiredRunning)
				require.Len(t, w.provider.opened(seat), 2)
			})
		})
	}
}

// What the client told counts more than the error that Connect then returned.
func TestRefusalDuringConnect(t *testing.T) {
	for range 20 { // a wrong order would show by chance only
		inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
			w.rows.setHook(func(context.Context, string) error { <-time.After(time.Second); return nil })
			w.provider.habits(func(c *fakeClient) {
				c.connect = func(context.Context) error {
					c.sink.Signal(Connected{}) // recorded slowly, so that both are there to choose from
					c.sink.Signal(LoggedOut{})
					return errFake
				}
			})
			w.start()
			after(7 * time.Second)
			require.Equal(t, StateLoggedOut, w.state(seat))
		})
	}
}

func TestBan(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		client := w.provider.client(seat)
		until := time.Now().Add(3 * time.Hour)
		client.sink.Signal(Banned{Detail: "too many messages", Until: until})
		after(3*time.Hour - time.Second)
		require.Equal(t, StateBanned, w.state(seat))
		require.True(t, until.Equal(w.rows.seat(seat).Status.Until))
		require.EqualValues(t, 1, client.connects.Load())

		w.stop() // a new process doesn't lift the ban
		again := newWorld(t)
		again.rows, again.provider = w.rows, w.provider
		again.sv.cfg.Seats, again.sv.cfg.Messages, again.sv.cfg.Provider = w.rows, w.rows, w.provider
		again.start()
		require.Len(t, w.provider.opened(seat), 1)
		after(2 * time.Second)
		require.Equal(t, StateConnected, w.state(seat))

		w.provider.client(seat).sink.Signal(Banned{}) // without an end
		after(time.Minute - time.Second)
		require.Equal(t, StateBanned, w.state(seat))
		after(time.Minute)
		require.Equal(t, StateConnected, w.state(seat))
		again.stop()
	})
}

func TestOutdatedRefreshesOnceThenWaitsLong(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		var outdated atomic.Bool
		w.provider.habits(func(c *fakeClient) {
			c.connect = func(context.Context) error {
				if outdated.Load() {
					c.sink.Signal(Outdated{})
				} else {
					c.sink.Signal(Connected{})
				}
				return nil
			}
		})
		w.start()
		for range 3 { // earlier losses don't count
			w.provider.client(seat).sink.Signal(Disconnected{})
			after(20 * time.Second)
		}
		outdated.Store(true)
		w.provider.client(seat).sink.Signal(Disconnected{})
		after(30 * time.Second)
		row := w.rows.seat(seat)
		require.Equal(t, StateOutdated, row.Status.State)
		require.Equal(t, 15*time.Minute, row.Status.Until.Sub(row.Status.Since), "the second time")
		require.EqualValues(t, 1+2, w.provider.refreshes.Load())

		outdated.Store(false)
		after(15 * time.Minute)
		require.Equal(t, StateConnected, w.state(seat))
		outdated.Store(true)
		w.provider.client(seat).sink.Signal(Outdated{})
		synctest.Wait()
		row = w.rows.seat(seat)
		require.Less(t, row.Status.Until.Sub(row.Status.Since), time.Minute, "the first time again")
	})
}

func TestOutdatedWithoutANewerVersion(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		w.provider.refreshing(func(context.Context) error { return errFake })
		w.provider.client(seat).sink.Signal(Outdated{})
		synctest.Wait()
		row := w.rows.seat(seat)
		require.Equal(t, 15*time.Minute, row.Status.Until.Sub(row.Status.Since))
	})
}

func TestStatusThatCannotBeRecorded(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.failing("SetStatus")
		w.start()
		require.Equal(t, StateStopped, w.state(seat))
		require.NoError(t, w.sv.SetTyping(t.Context(), seat, Party{}, true), "the seat goes on")
		w.rows.failing()
		after(10 * time.Minute)
		require.Equal(t, StateConnected, w.state(seat), "and its status is recorded once that works")
	})
}

func TestStatusIsRecordedLaterDuringALongWait(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		w.rows.failing("SetStatus")
		w.provider.client(seat).sink.Signal(Banned{Until: time.Now().Add(24 * time.Hour)})
		after(time.Minute)
		require.Equal(t, StateConnected, w.state(seat))
		w.rows.failing()
		after(10 * time.Minute)
		require.Equal(t, StateBanned, w.state(seat))
	})
}

func TestFinalStatusThatCannotBeRecorded(t *testing.T) {
	for name, hook := range map[string]error{"fails": errFake, "panics": nil} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
				w.start()
				w.rows.setHook(func(_ context.Context, call string) error {
					if call == "SetStatus" && hook == nil {
						panic("made to panic")
					}
					return map[bool]error{true: hook}[call == "SetStatus"]
				})
				client := w.provider.client(seat)
				client.sink.Signal(Replaced{})
				after(time.Hour)
				require.Equal(t, StateConnected, w.state(seat))
				require.EqualValues(t, 1, client.connects.Load(), "it isn't started again")
				w.rows.setHook(nil)
				after(10 * time.Minute)
				require.Equal(t, StateReplaced, w.state(seat))
			})
		})
	}
}

// A status that can't be recorded must not keep the process from ending, nor
// make it spin.
func TestShutdownWhileAStopCannotBeRecorded(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		w.rows.failing("SetStatus")
		w.wish(seat, DesiredStopped)
		after(time.Minute)
		before := w.rows.count("SetStatus")
		w.stop()
		require.LessOrEqual(t, w.rows.count("SetStatus"), before+1)
	})
}

func TestPersonStopsASeatThatWaits(t *testing.T) {
	for name, arrange := range map[string]func(w *world, seat SeatKey){
		"in backoff": func(w *world, seat SeatKey) {
			w.provider.habits(func(c *fakeClient) { c.connect = func(context.Context) error { return errFake } })
		},
		"while dialling": func(w *world, seat SeatKey) {
			w.provider.habits(func(c *fakeClient) {
				c.connect = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
			})
		},
		"while pairing": func(w *world, seat SeatKey) {
			w.rows.change(seat, func(s *fakeSeat) { s.Device = "" })
		},
		"for the login": func(w *world, seat SeatKey) {
			w.provider.habits(func(c *fakeClient) { c.connect = func(context.Context) error { return nil } })
		},
		"while a draft is sent": func(w *world, seat SeatKey) {
			w.rows.queue(seat, "c", "hello")
			w.provider.habits(func(c *fakeClient) {
				c.send = func(ctx context.Context, _ Draft) (Accepted, error) {
					<-ctx.Done()
					return Accepted{}, ctx.Err()
				}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
				arrange(w, seat)
				w.start()
				after(10 * time.Second)
				require.NotEqual(t, StateStopped, w.state(seat))
				w.wish(seat, DesiredStopped)
				require.Equal(t, StateStopped, w.state(seat))
				require.Equal(t, ReasonRequested, w.rows.seat(seat).Status.Reason)
				require.EqualValues(t, 1, w.provider.client(seat).closes.Load())
				require.Empty(t, w.rows.failed)
			})
		})
	}
}

func TestTypingAndReadMarks(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		ctx := t.Context()
		require.Equal(t, CodeNotConnected, CodeOf(w.sv.SetTyping(ctx, seat, Party{}, true)))
		w.start()
		require.NoError(t, w.sv.SetTyping(ctx, seat, Party{}, true))
		require.NoError(t, w.sv.MarkRead(ctx, seat, Party{}, []string{"a"}))
		require.Equal(t, CodeNotConnected, CodeOf(w.sv.MarkRead(ctx, SeatKey{"other tenant", "one"}, Party{}, nil)))

		client := w.provider.client(seat)
		client.sink.Signal(Disconnected{})
		synctest.Wait()
		require.Equal(t, CodeNotConnected, CodeOf(w.sv.SetTyping(ctx, seat, Party{}, true)))
	})
}

func TestCallsAreBoundedAndEndWithTheSeat(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.provider.habits(func(c *fakeClient) {
			c.typing = func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }
		})
		w.start()
		results := make(chan error, callLimit)
		for range callLimit {
			go func() { results <- w.sv.SetTyping(context.Background(), seat, Party{}, true) }()
		}
		synctest.Wait()
		require.Equal(t, CodeBusy, CodeOf(w.sv.SetTyping(t.Context(), seat, Party{}, true)))
		w.wish(seat, DesiredStopped)
		for range callLimit {
			require.ErrorIs(t, <-results, errStopRequested)
		}
	})
}

func TestCallThatPanics(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.provider.habits(func(c *fakeClient) { c.typing = func(context.Context) error { panic("made to panic") } })
		w.start()
		err := w.sv.SetTyping(t.Context(), seat, Party{}, true)
		require.Equal(t, CodeInternal, CodeOf(err))
		require.NotContains(t, MessageOf(err), "panic")
		require.Equal(t, StateConnected, w.state(seat))
		require.False(t, errors.Is(err, errFake))
	})
}
