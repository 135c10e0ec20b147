package whatsmeow

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// However often somebody makes a reason to ask the phone, each message is asked
// for ever more rarely.
func TestAsksBecomeRare(t *testing.T) {
	t.Parallel()
	var a asks
	now, count := time.Now(), 0
	for second := range 24 * 3600 {
		if _, ok := a.turn("M1", now.Add(time.Duration(second)*time.Second)); ok {
			count++
		}
	}
	require.Less(t, count, 40, "in a day, with a reason each second")
	require.Greater(t, count, 20)
	wait, ok := a.turn("M2", now)
	require.True(t, ok, "another message has its own patience: %v", wait)
	a.failed("M2")
	_, ok = a.turn("M2", now)
	require.True(t, ok)
	a.keep([]engine.Undecrypted{{WhatsAppID: "M2"}})
	require.Len(t, a.known, 1)
}

func TestAsksArePlanned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a asks
		began := time.Now()
		var asked []time.Duration
		ask := func() { asked = append(asked, time.Since(began)) }
		a.plan(began.Add(time.Hour), ask)
		a.plan(began.Add(5*time.Second), ask)
		a.plan(began.Add(7*time.Second), ask)
		<-time.After(2 * time.Hour)
		synctest.Wait()
		require.Equal(t, []time.Duration{5 * time.Second}, asked, "the earliest counts, and asks for all")
		a.plan(time.Now(), ask)
		synctest.Wait()
		require.Len(t, asked, 2)
	})
}

// The library doesn't always wrap why something could not be encrypted.
func TestAttemptsThatAreNotWrapped(t *testing.T) {
	t.Parallel()
	s := &session{ctx: t.Context()}
	s.resending.turn = make(chan struct{}, 1)
	tries := 0
	_, err := attempt(t.Context(), s, func(ctx context.Context) (struct{}, error) {
		if tries++; tries < 3 {
			ctx.Value(sendingKey{}).(*sending).moved = true
			return struct{}{}, errors.New("flattened")
		}
		return struct{}{}, nil
	})
	require.NoError(t, err)
	require.Equal(t, 3, tries)
	_, err = attempt(t.Context(), s, func(context.Context) (struct{}, error) {
		tries++
		return struct{}{}, errors.New("something else")
	})
	require.Error(t, err)
	require.Equal(t, 4, tries)
}
