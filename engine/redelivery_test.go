package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFactsAreStored(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		require.NoError(t, w.provider.client(seat).sink.Deliver(t.Context(), Incoming{Text: "hello"}, Identity{}))
		require.Equal(t, []Fact{Incoming{Text: "hello"}, Identity{}}, w.rows.facts)
		after(time.Hour)
		require.EqualValues(t, 1, w.provider.client(seat).connects.Load())
	})
}

func TestRedeliveryOnceTheStoreWorksAgain(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		client := w.provider.client(seat)
		w.rows.failing("Record", "Ping")
		for range 10 {
			require.ErrorIs(t, client.sink.Deliver(t.Context(), Incoming{Text: "a secret"}), errFake)
		}
		require.NotContains(t, w.log.String(), "a secret")
		after(10 * time.Minute)
		require.EqualValues(t, 1, client.connects.Load(), "while the store fails, connecting again is of no use")
		require.Greater(t, w.rows.count("Ping"), 2)
		require.Less(t, w.rows.count("Ping"), 10*60/2)

		w.rows.failing()
		after(10 * time.Second)
		require.EqualValues(t, 2, client.connects.Load())
		require.Equal(t, StateConnected, w.state(seat))
		history := w.rows.seat(seat).history
		require.Equal(t, ReasonRedelivery, history[len(history)-3].Reason)
		after(time.Hour)
		require.EqualValues(t, 2, client.connects.Load())
	})
}

// What follows a message that the database could not take waits with it, so
// that WhatsApp sends both again in their order.
func TestRedeliveryKeepsTheOrder(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		client := w.provider.client(seat)
		w.rows.setHook(func(_ context.Context, call string) error {
			if call == "Record" {
				return &Error{Code: CodeUnavailable, Message: "No space left."}
			}
			return nil
		})
		require.Error(t, client.sink.Deliver(t.Context(), Incoming{Text: "first"}))
		w.rows.failing()
		require.Error(t, client.sink.Deliver(t.Context(), Incoming{Text: "second"}))
		require.Empty(t, w.rows.facts)
		after(time.Minute)
		require.EqualValues(t, 2, client.connects.Load())
		require.NoError(t, client.sink.Deliver(t.Context(), Incoming{Text: "first"}))
		require.NoError(t, client.sink.Deliver(t.Context(), Incoming{Text: "second"}))
		require.Len(t, w.rows.facts, 2)
	})
}

// A fact that can never be stored makes the seat reconnect ever more rarely.
func TestRedeliveryOfAPoisonedFact(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.failing("Record")
		w.provider.habits(func(c *fakeClient) {
			c.connect = func(ctx context.Context) error {
				c.sink.Signal(Connected{})
				_ = c.sink.Deliver(ctx, Incoming{})
				return nil
			}
		})
		w.start()
		after(10 * time.Minute)
		client := w.provider.client(seat)
		early := client.connects.Load()
		require.LessOrEqual(t, early, int64(12))
		after(10 * time.Hour)
		perHour := float64(client.connects.Load()-early) / 10
		require.InDelta(t, 12, perHour, 4, "every five minutes or so")
	})
}

// Troubles that lie far apart don't add up.
func TestRedeliveryWaitsStartAnew(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		client := w.provider.client(seat)
		for day := range 20 {
			w.rows.failing("Record")
			require.Error(t, client.sink.Deliver(t.Context(), Incoming{}))
			w.rows.failing()
			after(5 * time.Second)
			require.EqualValues(t, day+2, client.connects.Load())
			after(24 * time.Hour)
		}
	})
}

func TestStoreThatPanicsOrHangs(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		sink := w.provider.client(seat).sink
		w.rows.setHook(func(context.Context, string) error { panic("made to panic") })
		require.ErrorContains(t, sink.Deliver(t.Context(), Incoming{}), "panic")
		_, found := sink.Sent(t.Context(), Party{}, "id")
		require.False(t, found)

		w.rows.setHook(func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() })
		began := time.Now()
		require.ErrorIs(t, sink.Deliver(t.Context(), Incoming{}), context.DeadlineExceeded)
		require.Equal(t, recordTimeout, time.Since(began))
		w.rows.setHook(nil)
		after(2 * time.Minute)
		require.Equal(t, StateConnected, w.state(seat))
	})
}

func TestSent(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		draft, found := w.provider.client(seat).sink.Sent(t.Context(), Party{}, "id")
		require.True(t, found)
		require.Equal(t, "text of id", draft.Text)
		secrets, err := w.provider.client(seat).sink.Secrets(t.Context(), "id")
		require.NoError(t, err)
		require.Equal(t, [][]byte{[]byte("secret of id")}, secrets)
		w.rows.failing("Sent", "Secrets")
		_, err = w.provider.client(seat).sink.Secrets(t.Context(), "id")
		require.Error(t, err)
		_, found = w.provider.client(seat).sink.Sent(t.Context(), Party{}, "id")
		require.False(t, found)
		synctest.Wait()
	})
}
