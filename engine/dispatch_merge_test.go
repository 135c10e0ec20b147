package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// merge makes all that waits part of the conversation "kept".
func (r *fakeRows) merge(key SeatKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.merged = map[ConversationID]ConversationID{}
	for i := range r.outbox[key] {
		if d := &r.outbox[key][i]; d.Conversation != "kept" {
			r.merged[d.Conversation] = "kept"
			d.Conversation = "kept"
		}
	}
}

// Two conversations turn out to be one person's while a message of the one
// that ends is on its way. It is not sent once more beside itself.
func TestDispatchWhileConversationsMerge(t *testing.T) {
	for _, all := range []bool{false, true} {
		t.Run(fmt.Sprint("all read: ", all), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
				var mu sync.Mutex
				handed := map[MessageID]int{}
				w.sending(func(_ context.Context, draft Draft) error {
					mu.Lock()
					handed[draft.ID]++
					mu.Unlock()
					<-time.After(time.Second)
					return nil
				})
				w.start()
				for i := range 3 {
					w.rows.queue(seat, "gone", fmt.Sprint("old ", i))
				}
				synctest.Wait()

				w.rows.merge(seat)
				if all {
					w.rows.feed.Publish([]Event{{Tenant: seat.Tenant, Seat: seat.Seat, Kind: EventSeatUpdated}})
				}
				w.rows.queue(seat, "kept", "new")
				after(time.Minute)
				require.Empty(t, w.rows.queued(seat))
				require.Equal(t, []string{"old 0", "old 1", "old 2", "new"}, w.provider.client(seat).sentTexts())
				require.Equal(t, map[MessageID]int{"m0": 1, "m1": 1, "m2": 1, "m3": 1}, handed)
			})
		})
	}
}

// More waits in a conversation than is read at a time when it becomes part of
// another one. Nothing of either is left, and from then on all goes in order.
func TestDispatchAfterConversationsMerged(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.sending(func(context.Context, Draft) error { <-time.After(time.Second); return nil })
		for i := range 3 * OutboxEach { // before anything is read, which so ends within
			w.rows.queue(seat, "gone", fmt.Sprintf("%03d", i))
		}
		w.start()
		after(20 * time.Second)
		for i := range OutboxEach {
			w.rows.queue(seat, "kept", fmt.Sprintf("%03d", 3*OutboxEach+i))
		}
		after(time.Second)
		w.rows.merge(seat)
		after(5 * time.Minute)
		require.Empty(t, w.rows.queued(seat))
		sent := w.provider.client(seat).sentTexts()
		require.Len(t, sent, 4*OutboxEach)
		together := sent[2*OutboxEach:] // once what was in hand of the one that is gone has been sent
		require.True(t, slices.IsSorted(together), together)
	})
}
