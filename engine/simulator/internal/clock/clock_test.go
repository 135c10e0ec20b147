package clock_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/simulator/internal/clock"
)

func TestRunsByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c clock.Clock
		before := c.Now()
		require.True(t, c.Wait(t.Context(), time.Minute))
		require.Equal(t, time.Minute, c.Now().Sub(before))
	})
}

func TestAdvanceMakesTheCallsThatAreDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c clock.Clock
		began := time.Now()
		var called []string
		c.AfterFunc(time.Minute, func() { called = append(called, "minute") })
		stopped := c.AfterFunc(time.Minute, func() { called = append(called, "stopped") })
		c.AfterFunc(time.Hour, func() { called = append(called, "hour") })
		require.True(t, stopped.Stop())
		require.False(t, stopped.Stop())

		c.Advance(2 * time.Minute)
		synctest.Wait()
		require.Equal(t, []string{"minute"}, called)
		require.Equal(t, began, time.Now(), "real time stands")
		require.Equal(t, began.Add(2*time.Minute), c.Now())

		<-time.After(58 * time.Minute) // in the bubble: the rest of the hour passes by itself
		synctest.Wait()
		require.Equal(t, []string{"minute", "hour"}, called)
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c clock.Clock
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.False(t, c.Wait(ctx, time.Hour))
		require.False(t, c.Wait(ctx, 0))
		require.True(t, c.Wait(t.Context(), 0))
	})
}

func TestNeverGoesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c clock.Clock
		before := c.Now()
		c.Advance(-time.Hour)
		require.Equal(t, before, c.Now())
	})
}
