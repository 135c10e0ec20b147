package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// logOf is a tenant's event log, as far as a room reads it.
type logOf struct {
	Tenant
	mu      sync.Mutex
	last    int64
	broken  bool
	queries int
}

func (l *logOf) LastSeq(context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last, nil
}

func (l *logOf) Events(_ context.Context, after int64, limit int) ([]engine.Event, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queries++
	if l.broken {
		return nil, errors.New("the disk is gone")
	}
	var events []engine.Event
	for seq := after + 1; seq <= l.last && len(events) < limit; seq++ {
		events = append(events, told(seq))
	}
	return events, nil
}

func (l *logOf) set(last int64, broken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last, l.broken = last, broken
}

func told(seq int64) engine.Event {
	return engine.Event{Tenant: "t", Seq: seq, Kind: engine.EventMessageCreated, Data: json.RawMessage(`{}`)}
}

// listener is a member of a room without a connection.
func listener(h *hub, room *room) *socket {
	return &socket{hub: h, room: room, cancel: func() {}, ready: make(chan struct{}, 1)}
}

func (s *socket) got() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	var seqs []int64
	for _, f := range s.queue {
		seqs = append(seqs, f.seq)
	}
	return seqs
}

func inRoom(t *testing.T, start int64, test func(feed *engine.Feed, records *logOf, h *hub, room *room)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		records, feed := &logOf{last: start}, &engine.Feed{}
		h := newHub(&Config{
			Tenant: func(engine.TenantID) Tenant { return records }, Feed: feed,
			Log: slog.New(slog.DiscardHandler), Live: LiveLimits{QueueFrames: 5000, QueueBytes: 1 << 30}.withDefaults(), Now: time.Now,
		}, newPictures())
		room, err := h.enter(t.Context(), "t")
		require.NoError(t, err)
		test(feed, records, h, room)
		h.leave(room)
		h.close()
	})
}

func upTo(from, to int64) (seqs []int64) {
	for seq := from; seq <= to; seq++ {
		seqs = append(seqs, seq)
	}
	return seqs
}

func TestRoomTellsWhatComesInOrderWithoutAskingTheLog(t *testing.T) {
	t.Parallel()
	inRoom(t, 10, func(feed *engine.Feed, records *logOf, h *hub, room *room) {
		member := listener(h, room)
		require.True(t, room.admit(member, 10))
		records.set(14, false)
		feed.Publish([]engine.Event{told(9), told(10)}) // seen by everybody
		feed.Publish([]engine.Event{told(13), told(14)})
		feed.Publish([]engine.Event{told(11), told(12)})
		synctest.Wait()
		require.Equal(t, upTo(11, 14), member.got())
		feed.Publish([]engine.Event{told(12)}) // again
		feed.Publish([]engine.Event{{Tenant: "another", Seq: 15}})
		synctest.Wait()
		require.Equal(t, upTo(11, 14), member.got())
		require.LessOrEqual(t, records.queries, 1)
	})
}

func TestRoomReadsWhatTheFeedLeftOut(t *testing.T) {
	t.Parallel()
	inRoom(t, 0, func(feed *engine.Feed, records *logOf, h *hub, room *room) {
		member := listener(h, room)
		require.True(t, room.admit(member, 0))
		records.set(500, false)
		feed.Publish([]engine.Event{told(500)})
		synctest.Wait()
		require.Equal(t, upTo(1, 500), member.got())
	})
}

func TestRoomGoesOnAfterTheLogCouldNotBeRead(t *testing.T) {
	t.Parallel()
	inRoom(t, 0, func(feed *engine.Feed, records *logOf, h *hub, room *room) {
		member := listener(h, room)
		require.True(t, room.admit(member, 0))
		records.set(3, true)
		feed.Publish([]engine.Event{told(3)})
		synctest.Wait()
		require.Empty(t, member.got())
		records.set(3, false)
		<-time.After(2 * retryAfter) // in the bubble, this costs nothing
		synctest.Wait()
		require.Equal(t, upTo(1, 3), member.got())
	})
}

func TestRoomSurvivesAFlood(t *testing.T) {
	t.Parallel()
	inRoom(t, 0, func(feed *engine.Feed, records *logOf, h *hub, room *room) {
		member := listener(h, room)
		require.True(t, room.admit(member, 0))
		records.set(3000, false)
		var flood []engine.Event
		for seq := range int64(3000) {
			flood = append(flood, told(seq+1))
		}
		feed.Publish(flood)
		synctest.Wait()
		require.Equal(t, upTo(1, 3000), member.got())
	})
}

func TestRoomAdmitsWhoHasSeenEnough(t *testing.T) {
	t.Parallel()
	inRoom(t, 5, func(feed *engine.Feed, records *logOf, h *hub, room *room) {
		require.False(t, room.admit(listener(h, room), 4), "it has missed an event that members had")
		ahead := listener(h, room)
		require.True(t, room.admit(ahead, 7), "the log was ahead of the room")
		records.set(8, false)
		feed.Publish([]engine.Event{told(6), told(7), told(8)})
		synctest.Wait()
		require.Equal(t, []int64{8}, ahead.got())
	})
}

func TestRoomDropsWhoIsSlow(t *testing.T) {
	t.Parallel()
	inRoom(t, 0, func(feed *engine.Feed, records *logOf, h *hub, room *room) {
		h.limits.QueueFrames = 3
		slow, quick := listener(h, room), listener(h, room)
		require.True(t, room.admit(slow, 0))
		require.True(t, room.admit(quick, 7))
		records.set(10, false)
		feed.Publish([]engine.Event{told(1), told(2), told(3), told(4), told(5), told(6), told(7), told(8), told(9), told(10)})
		synctest.Wait()
		require.Equal(t, upTo(1, 3), slow.got())
		require.Same(t, closeSlow, slow.ended.Load())
		require.Equal(t, upTo(8, 10), quick.got())
		require.Nil(t, quick.ended.Load())
	})
}

func TestRoomBoundsWhatWaitsInBytes(t *testing.T) {
	t.Parallel()
	h := &hub{limits: LiveLimits{QueueFrames: 100, QueueBytes: 10}}
	s := listener(h, nil)
	require.True(t, s.offer(frame{seq: 1, size: 50}), "one that is too large by itself may go alone")
	require.False(t, s.offer(frame{seq: 2, size: 1}))
}

func TestHubTakesNobodyAfterItClosed(t *testing.T) {
	t.Parallel()
	inRoom(t, 0, func(_ *engine.Feed, _ *logOf, h *hub, _ *room) {
		h.limits.Sockets = 1
		_, err := h.enter(t.Context(), "t")
		require.Equal(t, engine.CodeBusy, engine.CodeOf(err))
		h.mu.Lock()
		h.closed = true
		h.mu.Unlock()
		_, err = h.enter(t.Context(), "t")
		require.Equal(t, engine.CodeUnavailable, engine.CodeOf(err))
		require.False(t, h.add(&socket{}))
	})
}
