package storetest

import (
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// factsAtOnce: what many seats of two agencies store at the same time shares
// transactions, in which one that fails harms no other.
func factsAtOnce(t *testing.T, b *bundle) {
	const seats, each = 20, 15
	agencies := []agency{b.agency, b.newAgency("second")}
	var all sync.WaitGroup
	errs := make(chan error, seats*each)
	keys := make([]engine.SeatKey, seats)
	for i := range keys {
		keys[i] = b.newSeat(agencies[i%2], fmt.Sprint(i))
	}
	before := []int64{seqOf(t, agencies[0]), seqOf(t, agencies[1])}
	for i, key := range keys {
		all.Go(func() {
			for n := range each {
				m := b.text(thandi(), fmt.Sprint(n))
				if err := b.store.Record(b.ctx(), key, []engine.Fact{m, m}); err != nil {
					errs <- err
				}
				bad := []engine.Fact{b.text(thandi(), "never"), engine.Incoming{WhatsAppID: "X"}}
				if i%5 == 0 && b.store.Record(b.ctx(), key, bad) == nil {
					errs <- fmt.Errorf("a fact without a chat was taken")
				}
			}
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	for a, one := range agencies {
		found, _, err := one.rows.Conversations(b.ctx(), engine.ConversationFilter{}, engine.Page{Limit: 100})
		require.NoError(t, err)
		require.Len(t, found, seats/2)
		for _, c := range found {
			require.Equal(t, each, c.Unread)
			messages, _, err := one.rows.Messages(b.ctx(), c.ID, engine.Page{Limit: 100})
			require.NoError(t, err)
			require.Len(t, messages, each)
			for i, m := range messages {
				require.Equal(t, fmt.Sprint(each-1-i), m.Text, "in the order in which the seat stored them")
			}
		}
		events, err := one.rows.Events(b.ctx(), before[a], 1000)
		require.NoError(t, err)
		require.Len(t, events, seats/2*(each+1), "each message, and each new conversation")
		for i, e := range events {
			require.Equal(t, before[a]+int64(i)+1, e.Seq)
		}
	}
}

func seqOf(t *testing.T, a agency) int64 {
	t.Helper()
	seq, err := a.rows.LastSeq(t.Context())
	require.NoError(t, err)
	return seq
}

// givenUpWhileWaiting: a caller who gives up while another transaction is in
// the way gets an answer at once, and nothing is stored.
func givenUpWhileWaiting(t *testing.T, b *bundle) {
	b.talk("first")
	inside, leave := make(chan struct{}), make(chan struct{})
	var holding sync.WaitGroup
	holding.Go(func() {
		_, err := b.store.Advance(b.ctx(), "holder", b.user.Tenant, 1, func(context.Context, engine.Tx, []engine.Event) error {
			close(inside)
			<-leave
			return nil
		})
		require.NoError(t, err) //nolint:testifylint // ends the goroutine, which is as well
	})
	<-inside
	ctx, giveUp := context.WithCancel(b.ctx())
	giveUp()
	err := b.store.Record(ctx, b.seat, []engine.Fact{b.text(thandi(), "given up")})
	require.ErrorIs(t, err, context.Canceled)
	close(leave)
	holding.Wait()
	require.Len(t, b.messages(b.only().ID), 1)
}

// A fact that can't be written down is no fault of the database's: who thought
// so would wait for it to work again, and ask for the same fact for ever.
func factThatCannotBeWritten(t *testing.T, b *bundle) {
	place := b.text(thandi(), "here")
	place.Kind, place.Content = engine.KindLocation, &engine.Content{Location: &engine.Location{Latitude: math.NaN()}}
	far := b.text(thandi(), "then")
	far.At = time.Date(12_345, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, fact := range []engine.Fact{place, far} {
		err := b.store.Record(b.ctx(), b.seat, []engine.Fact{fact})
		require.Error(t, err)
		require.NotEqual(t, engine.CodeUnavailable, engine.CodeOf(err))
	}
	b.record(b.text(thandi(), "and on"))
	require.Equal(t, "and on", b.conversations()[0].LastMessage.Text)
}
