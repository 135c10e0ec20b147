package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func (r *fakeRows) set(settings SendingSettings) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settings = settings
}

// A message whose acknowledgement is lost holds up its own conversation only.
func TestDispatchGoesOnWhileOneHangs(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.sending(func(ctx context.Context, draft Draft) error {
			if draft.Conversation == "stuck" {
				<-ctx.Done()
				return Errorf(CodeTimeout, "No answer.")
			}
			return nil
		})
		w.rows.queue(seat, "stuck", "stuck 1")
		w.rows.queue(seat, "stuck", "stuck 2")
		for i := range 20 {
			w.rows.queue(seat, fmt.Sprint("free ", i%3), fmt.Sprint(i))
		}
		w.start()
		require.Len(t, w.provider.client(seat).sentTexts(), 21)
		require.NotContains(t, w.provider.client(seat).sentTexts(), "stuck 2")
		require.Len(t, w.rows.queued(seat), 2)
		w.rows.queue(seat, "free", "later")
		synctest.Wait()
		require.Len(t, w.rows.queued(seat), 2, "what comes meanwhile goes at once")
	})
}

// At most a few are on their way, and never two of a conversation.
func TestDispatchIsBounded(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		var mu sync.Mutex
		now, most := map[ConversationID]int{}, 0
		w.sending(func(_ context.Context, draft Draft) error {
			mu.Lock()
			now[draft.Conversation]++
			most = max(most, len(now))
			twice := now[draft.Conversation] > 1
			mu.Unlock()
			<-time.After(time.Second)
			mu.Lock()
			delete(now, draft.Conversation)
			mu.Unlock()
			if twice {
				return Errorf(CodeInvalid, "Two of one conversation.")
			}
			return nil
		})
		want := map[ConversationID][]string{}
		for i := range 60 {
			conversation := ConversationID(fmt.Sprint(i % 7))
			w.rows.queue(seat, string(conversation), fmt.Sprint(i))
			want[conversation] = append(want[conversation], fmt.Sprint(i))
		}
		w.start()
		after(time.Minute)
		require.Equal(t, sendsAtOnce, most)
		require.Empty(t, w.rows.failed)
		got := map[ConversationID][]string{}
		for _, draft := range w.provider.client(seat).sent {
			got[draft.Conversation] = append(got[draft.Conversation], draft.Text)
		}
		require.Equal(t, want, got)
	})
}

// People go before machines, but not before what is older in their
// conversation.
func TestDispatchPeopleFirst(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.set(settings(func(s *SendingSettings) { s.Burst, s.Typing = 1, false }))
		known := time.Now().Add(-48 * time.Hour)
		for i := range 5 {
			w.rows.put(seat, Draft{Conversation: ConversationID(fmt.Sprint("c", i)), Author: AuthorAssistant, LeadAt: known, Text: fmt.Sprint("machine ", i)})
		}
		w.rows.put(seat, Draft{Conversation: "c4", Author: AuthorUser, LeadAt: known, Text: "person"})
		w.start()
		after(10 * time.Second)
		require.Equal(t, []string{"machine 4", "person", "machine 0", "machine 1", "machine 2", "machine 3"}, w.provider.client(seat).sentTexts())
	})
}

// A new message has its conversation read, and not everything that waits.
func TestDispatchReadsConversations(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.sending(func(context.Context, Draft) error { <-time.After(100 * time.Millisecond); return nil })
		w.start()
		want := map[ConversationID][]string{}
		for i := range 300 {
			conversation := ConversationID(fmt.Sprint("c", i%3))
			w.rows.queue(seat, string(conversation), fmt.Sprint(i))
			want[conversation] = append(want[conversation], fmt.Sprint(i))
			after(20 * time.Millisecond)
		}
		after(time.Minute)
		got := map[ConversationID][]string{}
		for _, draft := range w.provider.client(seat).sent {
			got[draft.Conversation] = append(got[draft.Conversation], draft.Text)
		}
		require.Equal(t, want, got)
		w.rows.mu.Lock()
		defer w.rows.mu.Unlock()
		require.Less(t, w.rows.calls["Outbox"], 10)
		require.Less(t, w.rows.calls["OutboxOf"], 100)
	})
}

func TestDispatchTellsWhyMessagesWait(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.set(settings(func(s *SendingSettings) { s.Burst, s.PerMinute = 1, 1 }))
		began := time.Now()
		for i := range 3 {
			w.rows.put(seat, Draft{Conversation: ConversationID(fmt.Sprint(i)), Author: AuthorUser, Text: fmt.Sprint(i)})
		}
		w.start()
		waiting := w.rows.queued(seat)
		require.Len(t, waiting, 2)
		for i, draft := range waiting {
			require.Equal(t, WaitPace, draft.Waiting.Reason)
			require.WithinDuration(t, began.Add(time.Duration(i+1)*time.Minute), draft.Waiting.Until, time.Second)
		}
		told := w.rows.count("SetWaiting")
		w.rows.queue(seat, "reply", "a reply waits for nothing")
		synctest.Wait()
		require.Contains(t, w.provider.client(seat).sentTexts(), "a reply waits for nothing")
		require.Equal(t, told, w.rows.count("SetWaiting"), "it is told once")
		after(3 * time.Minute)
		require.Empty(t, w.rows.queued(seat))
		require.Equal(t, []Reach{ReachStranger, ReachReply, ReachStranger, ReachStranger}, w.rows.reached)
	})
}

func TestDispatchTakesNewSettings(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.set(settings(func(s *SendingSettings) { s.Burst, s.PerMinute = 1, 1 }))
		for i := range 4 {
			w.rows.put(seat, Draft{Conversation: ConversationID(fmt.Sprint(i)), Author: AuthorUser, Text: fmt.Sprint(i)})
		}
		w.start()
		require.Len(t, w.rows.queued(seat), 3)
		w.rows.set(settings(func(s *SendingSettings) { s.Burst, s.PerMinute = 100, 600 }))
		w.rows.feed.Publish([]Event{{Tenant: seat.Tenant, Seat: seat.Seat, Kind: EventSeatUpdated}})
		synctest.Wait()
		require.Empty(t, w.rows.queued(seat))
	})
}

func TestDispatchTypes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.set(settings(none))
		var typed []time.Duration
		began := time.Now()
		var mu sync.Mutex
		w.provider.habits(func(c *fakeClient) {
			c.typing = func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				typed = append(typed, time.Since(began))
				return nil
			}
		})
		w.rows.put(seat, Draft{Conversation: "slow", Kind: KindText, Author: AuthorAssistant, LeadAt: began, Text: "twenty characters ..."})
		w.start()
		client := w.provider.client(seat)
		require.Empty(t, client.sentTexts())
		for i := range 10 {
			w.rows.queue(seat, fmt.Sprint(i), "a person's")
		}
		synctest.Wait()
		require.Len(t, client.sentTexts(), 10, "nobody waits for what is being typed")
		after(2500 * time.Millisecond)
		require.Contains(t, client.sentTexts(), "twenty characters ...")
		require.Equal(t, []time.Duration{0}, typed)
	})
}

func TestDispatchSlowsDown(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		tries := 0
		var mu sync.Mutex
		w.sending(func(context.Context, Draft) error {
			mu.Lock()
			defer mu.Unlock()
			if tries++; tries == 1 {
				return Errorf(CodeTooMany, "More slowly.")
			}
			return nil
		})
		w.rows.queue(seat, "one", "1")
		w.start()
		w.rows.queue(seat, "two", "2")
		after(5 * time.Second)
		require.Equal(t, []string{"1"}, w.provider.client(seat).sentTexts(), "everybody waits")
		require.Equal(t, WaitSlowed, w.rows.queued(seat)[1].Waiting.Reason)
		after(time.Minute)
		require.Empty(t, w.rows.queued(seat))
	})
}

// After a refusal nobody new is written to, and nothing is tried again.
func TestDispatchDuringARestriction(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.sending(func(_ context.Context, draft Draft) error {
			if draft.LeadAt.IsZero() {
				return Errorf(CodeRestricted, "Not now.")
			}
			return nil
		})
		w.rows.put(seat, Draft{Conversation: "a", Author: AuthorUser, Text: "first stranger"})
		w.start()
		require.Equal(t, "Not now.", w.rows.failure("m0"))
		w.rows.put(seat, Draft{Conversation: "b", Author: AuthorUser, Text: "second stranger"})
		w.rows.queue(seat, "c", "a lead")
		synctest.Wait()
		require.Equal(t, []string{"first stranger", "a lead"}, w.provider.client(seat).sentTexts())
		require.Equal(t, WaitRestricted, w.rows.queued(seat)[0].Waiting.Reason)
		after(9 * time.Minute)
		require.Len(t, w.provider.client(seat).sentTexts(), 2)
	})
}

func TestDispatchTooLate(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.put(seat, Draft{Conversation: "a", LeadAt: time.Now(), Author: AuthorUser, Text: "old", SendAt: time.Now().Add(-13 * time.Hour)})
		w.rows.put(seat, Draft{Conversation: "b", LeadAt: time.Now(), Author: AuthorUser, Text: "new", SendAt: time.Now().Add(-time.Hour)})
		w.start()
		require.Equal(t, []string{"new"}, w.provider.client(seat).sentTexts())
		require.Contains(t, w.rows.failure("m0"), "12 hours")
	})
}

// What is given up because it is late counts for no limit, neither way.
func TestDispatchCountsNothingLate(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.set(settings(func(s *SendingSettings) { s.PerHour, s.PerDay = 1, 1 }))
		known := time.Now().Add(-48 * time.Hour)
		for i := range 3 {
			w.rows.put(seat, Draft{Conversation: ConversationID(fmt.Sprint("late", i)), LeadAt: known, Author: AuthorUser, SendAt: time.Now().Add(-13 * time.Hour)})
		}
		w.start()
		for i := range 3 {
			w.rows.put(seat, Draft{Conversation: ConversationID(fmt.Sprint("new", i)), LeadAt: known, Author: AuthorUser, Text: fmt.Sprint(i)})
		}
		after(time.Minute)
		require.Equal(t, []string{"0"}, w.provider.client(seat).sentTexts())
	})
}

// What was taken back while it waited is not sent.
func TestDispatchLeavesOutWhatIsGone(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.set(settings(func(s *SendingSettings) { s.Burst = 1 }))
		for i := range 3 {
			w.rows.put(seat, Draft{Conversation: ConversationID(fmt.Sprint(i)), Author: AuthorUser, Text: fmt.Sprint(i)})
		}
		w.start()
		w.rows.mu.Lock()
		w.rows.unqueue(seat, "m1")
		w.rows.mu.Unlock()
		after(time.Minute)
		sent := w.provider.client(seat).sentTexts()
		slices.Sort(sent)
		require.Equal(t, []string{"0", "2"}, sent)
	})
}

// That WhatsApp asked a seat to send more slowly is kept, for a restart.
func TestSlowdownIsKept(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		refuse := true
		w.sending(func(context.Context, Draft) error {
			if refuse {
				return Errorf(CodeTooMany, "Slower.")
			}
			return nil
		})
		w.start()
		w.rows.queue(seat, "a", "one")
		synctest.Wait()
		w.rows.mu.Lock()
		kept := w.rows.slowed[seat]
		w.rows.mu.Unlock()
		require.Equal(t, 1, kept.Refusals)
		require.True(t, kept.Until.After(time.Now()))

		require.NoError(t, w.sv.Stop(t.Context()))
		refuse = false
		cfg := w.sv.cfg
		w.sv = NewSupervisor(cfg)
		w.start()
		synctest.Wait()
		require.Empty(t, w.provider.client(seat).sentTexts(), "the next process holds to it too")
		<-time.After(time.Until(kept.Until) + time.Second)
		synctest.Wait()
		require.Equal(t, []string{"one"}, w.provider.client(seat).sentTexts())
	})
}

// Many messages that keep to the pace are not read again and again for each one
// that is sent, and hold up no reply and no person.
func TestDispatchReadsWhatWaitsOnce(t *testing.T) {
	for _, many := range []int{1000, 3000} { // all of them fit into what is looked at, or not
		t.Run(fmt.Sprint(many), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
				w.rows.set(settings(func(s *SendingSettings) { s.Burst, s.PerMinute, s.PerHour, s.PerDay = 10, 20, 10000, 10000 }))
				known := time.Now().Add(-48 * time.Hour)
				for i := range many {
					w.rows.put(seat, Draft{Conversation: ConversationID(fmt.Sprint("c", i)), Author: AuthorAssistant, LeadAt: known, Text: fmt.Sprint(i)})
				}
				w.start()
				after(time.Minute)
				client := w.provider.client(seat)
				sent := len(client.sentTexts())
				w.rows.mu.Lock()
				w.rows.rowsRead = 0
				w.rows.mu.Unlock()
				after(10 * time.Minute)
				require.InDelta(t, sent+200, len(client.sentTexts()), 2)
				w.rows.mu.Lock()
				read := w.rows.rowsRead
				w.rows.mu.Unlock()
				require.Less(t, read, 150*200, "rows for 200 messages")
				order := client.sentTexts()
				for i := 10; i < len(order); i++ { // after those that went at once
					require.Equal(t, fmt.Sprint(i), order[i])
				}

				w.rows.put(seat, Draft{Conversation: "c2999", Author: AuthorAssistant, LeadAt: known, Text: "the last of its conversation"})
				w.rows.put(seat, Draft{Conversation: "person", Author: AuthorUser, LeadAt: known, Text: "a person's"})
				w.rows.put(seat, Draft{Conversation: "lead", Author: AuthorAssistant, LeadAt: time.Now(), Text: "a reply"})
				synctest.Wait()
				require.Equal(t, "a reply", client.sentTexts()[len(order)])
				after(4 * time.Second)
				require.Equal(t, "a person's", client.sentTexts()[len(order)+1])
			})
		})
	}
}

// A lead who writes while a message to them keeps to the pace makes it a reply.
func TestDispatchOfALeadWhoWritesMeanwhile(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.set(settings(func(s *SendingSettings) { s.Burst, s.PerMinute, s.PerHour, s.PerDay = 1, 1, 10000, 10000 }))
		known := time.Now().Add(-48 * time.Hour)
		for i := range 100 {
			w.rows.put(seat, Draft{Conversation: ConversationID(fmt.Sprint("c", i)), Author: AuthorUser, LeadAt: known, Text: fmt.Sprint(i)})
		}
		w.start()
		w.rows.mu.Lock()
		w.rows.outbox[seat][50].LeadAt = time.Now()
		reply := w.rows.outbox[seat][50]
		w.rows.mu.Unlock()
		data, err := json.Marshal(MessageView{Direction: Inbound, Delivery: Received})
		require.NoError(t, err)
		w.rows.feed.Publish([]Event{{Tenant: seat.Tenant, Seat: seat.Seat, Conversation: reply.Conversation, Kind: EventMessageCreated, Data: data}})
		synctest.Wait()
		require.Equal(t, []string{"0", reply.Text}, w.provider.client(seat).sentTexts())
	})
}
