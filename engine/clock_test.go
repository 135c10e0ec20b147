package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// jumpingClock is a clock that people set.
type jumpingClock struct{ ahead atomic.Int64 }

func (c *jumpingClock) jump(by time.Duration) { c.ahead.Add(int64(by)) }

func (c *jumpingClock) now() time.Time { return time.Now().Round(0).Add(time.Duration(c.ahead.Load())) }

// inJumps runs a test with the clock set by a day, either way.
func inJumps(t *testing.T, test func(t *testing.T, w *world, seat SeatKey, clock *jumpingClock, by time.Duration)) {
	t.Helper()
	for name, by := range map[string]time.Duration{"forward": 24 * time.Hour, "back": -24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			clock := &jumpingClock{}
			inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
				test(t, w, seat, clock, by)
			}, func(cfg *SupervisorConfig) { cfg.Now = clock.now })
		})
	}
}

func TestClockJumpsWhileConnected(t *testing.T) {
	inJumps(t, func(t *testing.T, w *world, seat SeatKey, clock *jumpingClock, by time.Duration) {
		w.start()
		clock.jump(by)
		after(time.Hour)
		require.Equal(t, StateConnected, w.state(seat))
		client := w.provider.client(seat)
		require.EqualValues(t, 1, client.connects.Load(), "it does not mind")
		client.sink.Signal(Disconnected{})
		after(2 * time.Second)
		require.Equal(t, StateConnected, w.state(seat))
		require.EqualValues(t, 2, client.connects.Load())
	})
}

func TestClockJumpsBeforeAReconnection(t *testing.T) {
	inJumps(t, func(t *testing.T, w *world, seat SeatKey, clock *jumpingClock, by time.Duration) {
		w.start()
		client := w.provider.client(seat)
		for range 5 { // so that the wait is a long one
			client.sink.Signal(Disconnected{})
			after(time.Minute + 30*time.Second)
		}
		before := client.connects.Load()
		client.sink.Signal(Disconnected{})
		after(time.Second / 4)
		clock.jump(by)
		after(90 * time.Second)
		require.Equal(t, StateConnected, w.state(seat))
		require.Equal(t, before+1, client.connects.Load(), "neither a day late nor over and over")
	})
}

// A clock that is set forward ends a ban early, upon which WhatsApp says how
// long it really lasts; one that is set back doesn't lengthen it.
func TestClockJumpsDuringABan(t *testing.T) {
	inJumps(t, func(t *testing.T, w *world, seat SeatKey, clock *jumpingClock, by time.Duration) {
		w.start()
		client := w.provider.client(seat)
		client.sink.Signal(Banned{Until: time.Now().Add(2 * time.Hour)})
		after(time.Hour)
		require.Equal(t, StateBanned, w.state(seat))
		clock.jump(by)
		after(time.Minute)
		require.Equal(t, by > 0, w.state(seat) == StateConnected)
		after(time.Hour)
		require.Equal(t, StateConnected, w.state(seat))
		require.EqualValues(t, 2, client.connects.Load())
	})
}

// A process that starts after the clock was set back doesn't take the day for
// a part of the ban.
func TestClockThatWasSetBackBeforeTheStart(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		tomorrow := time.Now().Add(24 * time.Hour)
		w.rows.change(seat, func(s *fakeSeat) {
			s.Status = Status{State: StateBanned, Since: tomorrow, Until: tomorrow.Add(time.Hour)}
		})
		w.start()
		after(59 * time.Minute)
		require.Equal(t, StateBanned, w.state(seat))
		after(2 * time.Minute)
		require.Equal(t, StateConnected, w.state(seat))
	})
}

func TestClockJumpsWhilePairing(t *testing.T) {
	inJumps(t, func(t *testing.T, w *world, seat SeatKey, clock *jumpingClock, by time.Duration) {
		w.rows.change(seat, func(s *fakeSeat) { s.Device = "" })
		w.start()
		clock.jump(by)
		after(30 * time.Second)
		require.Equal(t, StatePairing, w.state(seat))
		after(2 * time.Minute)
		require.Equal(t, ReasonPairingTimedOut, w.rows.seat(seat).Status.Reason)
	})
}

// watched is a clock that jumps, of a machine that has been on for a while.
func watched(jumping *jumpingClock) *Clock {
	began := time.Now()
	return NewClock(jumping.now, func() time.Duration { return time.Since(began) })
}

func TestClockNoticesThatItWasSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jumping := &jumpingClock{}
		clock := watched(jumping)
		require.Zero(t, clock.WasSet())
		<-time.After(time.Hour)
		require.Zero(t, clock.WasSet(), "time passes")
		for _, by := range []time.Duration{24 * time.Hour, -24 * time.Hour, 2 * time.Minute, -2 * time.Minute} {
			jumping.jump(by)
			require.Equal(t, by, clock.WasSet())
			require.Zero(t, clock.WasSet(), "it is told once")
		}
		for range 100 { // a clock that is corrected little by little
			jumping.jump(30 * time.Second)
			require.Zero(t, clock.WasSet())
		}
	})
}

// A machine that slept has not set its clock.
func TestClockOfThisMachine(t *testing.T) {
	clock := NewClock(nil, nil)
	before := sinceBoot()
	require.Positive(t, before)
	require.GreaterOrEqual(t, sinceBoot(), before)
	require.Zero(t, clock.WasSet())
}

func TestClockIsWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jumping := &jumpingClock{}
		clock := watched(jumping)
		ctx, cancel := context.WithCancel(t.Context())
		var mu sync.Mutex
		var told []time.Duration
		fails := true
		heard := func() []time.Duration {
			synctest.Wait() // the look of this very moment is over
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(told)
		}
		var watching sync.WaitGroup
		watching.Go(func() {
			clock.Watch(ctx, func(_ context.Context, by time.Duration) error {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, by)
				if fails {
					return errors.New("the store does not answer")
				}
				return nil
			})
		})
		<-time.After(time.Hour)
		require.Empty(t, heard())
		jumping.jump(-24 * time.Hour)
		<-time.After(1500 * time.Millisecond)
		require.Equal(t, []time.Duration{-24 * time.Hour}, heard())
		jumping.jump(2 * time.Hour) // while the first is still owed
		mu.Lock()
		fails = false
		mu.Unlock()
		<-time.After(time.Minute)
		require.Equal(t, []time.Duration{-24 * time.Hour, -22 * time.Hour}, heard())
		cancel()
		watching.Wait()
	})
}

// What a seat has sent within an hour keeps counting when the clock is set: it
// sends no more for that, and waits no longer.
func TestClockJumpsWhileASeatWaitsForItsLimit(t *testing.T) {
	inJumps(t, func(t *testing.T, w *world, seat SeatKey, clock *jumpingClock, by time.Duration) {
		w.rows.set(settings(func(s *SendingSettings) { s.PerHour = 1 }))
		w.start()
		client := w.provider.client(seat)
		known := func(text string) Draft {
			return Draft{Conversation: ConversationID(text), LeadAt: time.Now().Add(-100 * time.Hour), Text: text}
		}
		w.rows.put(seat, known("one"))
		after(time.Minute)
		require.Len(t, client.sentTexts(), 1)
		w.rows.put(seat, known("two"))
		after(time.Minute)
		require.Len(t, client.sentTexts(), 1, "one an hour")
		clock.jump(by)
		w.rows.mu.Lock() // as the store moves them
		w.rows.counts = []SentCount{{Hour: clock.now().UTC().Truncate(time.Hour), Sent: 1, Last: clock.now()}}
		w.rows.mu.Unlock()
		w.sv.ClockWasSet()
		after(10 * time.Minute)
		require.Len(t, client.sentTexts(), 1)
		after(2 * time.Hour)
		require.Len(t, client.sentTexts(), 2)
	})
}
