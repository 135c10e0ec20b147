package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// sending gives every client a way to send.
func (w *world) sending(send func(ctx context.Context, draft Draft) error) {
	w.provider.habits(func(c *fakeClient) {
		c.send = func(ctx context.Context, draft Draft) (Accepted, error) {
			return Accepted{At: time.Now()}, send(ctx, draft)
		}
	})
}

func TestOutboxSendsInOrder(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		var want []string
		queue := func(text string) {
			w.rows.queue(seat, "conversation", text)
			want = append(want, text)
		}
		for i := range 100 { // more than a batch, before the seat is connected
			queue(fmt.Sprint("early ", i))
		}
		w.start()
		require.Equal(t, want, w.provider.client(seat).sentTexts())
		queue("later")
		synctest.Wait()
		require.Equal(t, want, w.provider.client(seat).sentTexts())
		require.Empty(t, w.rows.queued(seat))
	})
}

func TestOutboxOfASeatThatIsNotConnected(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		client := w.provider.client(seat)
		client.sink.Signal(Disconnected{})
		synctest.Wait()
		w.rows.queue(seat, "conversation", "hello")
		synctest.Wait()
		require.Empty(t, client.sentTexts())
		require.Zero(t, w.rows.queued(seat)[0].Attempts, "waiting for a connection is no try")
		after(2 * time.Second)
		require.Equal(t, []string{"hello"}, client.sentTexts())
	})
}

// Queued while a send is under way: it is seen by the same run.
func TestOutboxWokenWhileItSends(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.sending(func(context.Context, Draft) error { <-time.After(time.Second); return nil })
		w.start()
		for i := range 5 {
			w.rows.queue(seat, "conversation", fmt.Sprint(i))
			after(500 * time.Millisecond)
		}
		after(10 * time.Second)
		require.Equal(t, []string{"0", "1", "2", "3", "4"}, w.provider.client(seat).sentTexts())
	})
}

// A message that isn't accepted keeps those behind it in its conversation, and
// no other.
func TestOutboxHoldsAConversation(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		var works atomic.Bool
		w.sending(func(_ context.Context, draft Draft) error {
			if draft.Conversation == "bad" && !works.Load() {
				return Errorf(CodeTimeout, "WhatsApp did not answer.")
			}
			return nil
		})
		for i := range 2 * outboxBatch { // they fill more than a batch
			w.rows.queue(seat, "bad", fmt.Sprint("bad ", i))
		}
		for i := range 3 * outboxBatch {
			w.rows.queue(seat, "good", fmt.Sprint("good ", i))
		}
		w.start()
		client := w.provider.client(seat)
		sent := client.sentTexts()
		require.Len(t, sent, 1+3*outboxBatch, "at once, and the bad one once")
		bad0 := slices.Index(sent, "bad 0")
		require.NotEqual(t, -1, bad0)
		require.NotContains(t, sent, "bad 1")

		works.Store(true)
		after(5 * time.Second)
		bad := strings.Join(client.sentTexts()[1+3*outboxBatch:], ",")
		require.True(t, strings.HasPrefix(bad, "bad 0,bad 1,bad 2,"), bad)
		require.Empty(t, w.rows.queued(seat))
	})
}

// Each new message wakes the outbox, but doesn't use up the tries of one that
// waits.
func TestOutboxTriesAreNotUsedUpByWakes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.sending(func(_ context.Context, draft Draft) error {
			if draft.Conversation == "bad" {
				return Errorf(CodeUnavailable, "WhatsApp has a fault.")
			}
			return nil
		})
		w.rows.queue(seat, "bad", "bad")
		w.start()
		for i := range 100 {
			w.rows.queue(seat, "good", fmt.Sprint(i))
			synctest.Wait()
		}
		require.Equal(t, 1, w.rows.queued(seat)[0].Attempts)
		require.Len(t, w.provider.client(seat).sentTexts(), 101)
		after(30 * time.Second)
		require.InDelta(t, 4, w.rows.queued(seat)[0].Attempts, 1)
	})
}

// A message that waited and is gone, with its seat's conversation say, keeps
// nobody busy.
func TestOutboxForgetsWhatIsGone(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.sending(func(context.Context, Draft) error { return Errorf(CodeBusy, "Wait.") })
		w.rows.queue(seat, "gone", "one")
		w.start()
		after(10 * time.Second)
		w.rows.queue(seat, "there", "two")
		synctest.Wait()
		w.rows.mu.Lock()
		w.rows.unqueue(seat, "m0")
		w.rows.mu.Unlock()
		after(10 * time.Minute)
		require.Less(t, w.rows.count("Outbox"), 50)
	})
}

func TestOutboxGivesUpAfterManyTries(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.sending(func(ctx context.Context, _ Draft) error { <-ctx.Done(); return ctx.Err() })
		w.rows.queue(seat, "conversation", "hello")
		w.start()
		after(time.Hour)
		require.Empty(t, w.rows.queued(seat))
		require.Len(t, w.provider.client(seat).sentTexts(), sendAttempts)
		require.Contains(t, w.rows.failure("m0"), "several tries")
	})
}

func TestOutboxFailures(t *testing.T) {
	for code, final := range map[Code]bool{
		CodeNotOnWhatsApp: true, CodeRestricted: true, CodeInvalid: true, CodeForbidden: true,
		CodeTimeout: false, CodeUnavailable: false, CodeNotConnected: false, CodeBusy: false, CodeInternal: false,
	} {
		t.Run(string(code), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
				w.sending(func(context.Context, Draft) error {
					return fmt.Errorf("send: %w", &Error{Code: code, Message: "Do this.", Err: errFake})
				})
				w.rows.queue(seat, "conversation", "a secret")
				w.start()
				require.Equal(t, map[bool]string{true: "Do this."}[final], w.rows.failure("m0"))
				require.Len(t, w.rows.queued(seat), map[bool]int{false: 1}[final])
				require.NotContains(t, w.log.String(), "a secret")
			})
		})
	}
}

// A send whose outcome can't be recorded, as in a crash, is repeated under the
// same ID.
func TestOutboxRepeatsUnderTheSameID(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.rows.failing("SetSent")
		w.rows.queue(seat, "conversation", "hello")
		w.rows.queue(seat, "conversation", "again")
		w.start()
		client := w.provider.client(seat)
		require.Equal(t, []string{"hello"}, client.sentTexts(), "the next one waits")
		w.rows.failing()
		after(5 * time.Second)
		require.Equal(t, []string{"hello", "hello", "again"}, client.sentTexts())
		require.Equal(t, client.sent[0].WhatsAppID, client.sent[1].WhatsAppID)
		require.Empty(t, w.rows.queued(seat))
	})
}

func TestOutboxWhileTheStoreFails(t *testing.T) {
	for _, call := range []string{"Outbox", "SetSending", "SetFailed"} {
		t.Run(call, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
				refuse := call == "SetFailed"
				w.sending(func(context.Context, Draft) error {
					if refuse {
						return Errorf(CodeInvalid, "No.")
					}
					return nil
				})
				w.rows.failing(call)
				w.rows.queue(seat, "conversation", "hello")
				w.start()
				after(10 * time.Minute)
				require.Len(t, w.rows.queued(seat), 1)
				require.Less(t, w.rows.count(call), 30, "with growing waits")
				w.rows.failing()
				after(2 * time.Minute)
				require.Empty(t, w.rows.queued(seat))
			})
		})
	}
}

func TestOutboxGoesOnAfterAPanic(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		var calls atomic.Int64
		w.sending(func(context.Context, Draft) error {
			if calls.Add(1) == 1 {
				panic("made to panic")
			}
			return nil
		})
		w.rows.setHook(func(_ context.Context, call string) error {
			if call == "Outbox" && w.rows.count(call) == 1 {
				panic("made to panic")
			}
			return nil
		})
		w.rows.queue(seat, "conversation", "hello")
		w.start()
		after(10 * time.Second)
		require.Equal(t, []string{"hello", "hello"}, w.provider.client(seat).sentTexts())
		require.Empty(t, w.rows.queued(seat))
		require.Equal(t, StateConnected, w.state(seat))
		require.Contains(t, w.log.String(), "stack=")
	})
}

// A new connection tries at once what failed on the last one.
func TestOutboxOnANewConnection(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		var works atomic.Bool
		w.sending(func(context.Context, Draft) error {
			if !works.Load() {
				return Errorf(CodeNotConnected, "No connection.")
			}
			return nil
		})
		w.rows.queue(seat, "conversation", "hello")
		w.start()
		after(5 * time.Minute) // the waits are long by now
		works.Store(true)
		tries := w.rows.queued(seat)[0].Attempts
		require.Less(t, tries, 15)
		w.provider.client(seat).sink.Signal(Disconnected{})
		after(2 * time.Second)
		require.Empty(t, w.rows.queued(seat))
	})
}

// What WhatsApp accepted while the seat was being stopped is recorded; what it
// didn't is no failure, however often it was tried.
func TestOutboxDuringShutdown(t *testing.T) {
	for _, accepted := range []bool{true, false} {
		t.Run(fmt.Sprint(accepted), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
				w.sending(func(ctx context.Context, _ Draft) error {
					<-ctx.Done()
					if accepted {
						return nil
					}
					return ctx.Err()
				})
				w.rows.queue(seat, "conversation", "hello")
				w.rows.outbox[seat][0].Attempts = sendAttempts
				w.start()
				w.stop()
				require.Len(t, w.rows.queued(seat), map[bool]int{false: 1}[accepted])
				require.Empty(t, w.rows.failed)
			})
		})
	}
}

// A seat that reaches a final state doesn't linger for a message that waits.
func TestOutboxOfASeatThatEnds(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.sending(func(context.Context, Draft) error { return Errorf(CodeTimeout, "No answer.") })
		w.rows.queue(seat, "conversation", "hello")
		w.start()
		after(4 * time.Minute)
		done := w.sv.seat(seat).done
		w.provider.client(seat).sink.Signal(Replaced{})
		began := time.Now()
		<-done
		require.Equal(t, began, time.Now())
		require.Equal(t, StateReplaced, w.state(seat))
		w.wish(seat, DesiredRunning)
		require.Equal(t, StateConnected, w.state(seat))
	})
}

func TestEventsThatAreNoneOfTheOutboxes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world, seat SeatKey) {
		w.start()
		reads := w.rows.count("Outbox")
		for _, event := range []Event{
			{Kind: EventMessageCreated, Data: []byte(`{"delivery":"received"}`)},
			{Kind: EventMessageUpdated, Data: []byte(`{"delivery":"sent"}`)},
			{Kind: EventMessageCreated, Data: []byte(`not JSON`)},
			{Kind: EventConversationUpdated},
		} {
			event.Tenant, event.Seat = seat.Tenant, seat.Seat
			w.rows.feed.Publish([]Event{event})
		}
		w.rows.feed.Publish([]Event{{Kind: EventMessageCreated, Tenant: "other", Seat: seat.Seat, Data: []byte(`{"delivery":"queued"}`)}})
		synctest.Wait()
		require.Equal(t, reads, w.rows.count("Outbox"))
	})
}
