package engine

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

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

				w.rows.mu.Lock()
				for i := range w.rows.outbox[seat] {
					w.rows.outbox[seat][i].Conversation = "kept"
				}
				w.rows.mu.Unlock()
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
