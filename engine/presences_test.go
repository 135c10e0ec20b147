package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// presenceWorld is a seat's client and records that know every conversation by
// the number of its person.
type presenceWorld struct {
	engine.Client
	t      *testing.T
	feed   *engine.Feed
	p      *engine.Presences
	mu     sync.Mutex
	told   []string // what WhatsApp was told
	fail   error
	views  []engine.PresenceView
	broken error
}

var presentKey = engine.SeatKey{Tenant: "t", Seat: "s"}

func (w *presenceWorld) WithClient(ctx context.Context, _ engine.SeatKey, fn func(context.Context, engine.Client) error) error {
	return fn(ctx, w)
}

func (w *presenceWorld) tell(format string, args ...any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return w.fail
	}
	w.told = append(w.told, fmt.Sprintf(format, args...))
	return nil
}

func (w *presenceWorld) FollowPresence(_ context.Context, who engine.Party) error {
	return w.tell("follow %s", who.Phone.Number())
}

func (w *presenceWorld) UnfollowPresence(_ context.Context, who engine.Party) error {
	return w.tell("unfollow %s", who.Phone.Number())
}

func (w *presenceWorld) SetAvailable(_ context.Context, on bool) error {
	return w.tell("available %t", on)
}

func (w *presenceWorld) SetRecording(context.Context, engine.Party, bool) error { return nil }

func (w *presenceWorld) SeePresence(_ context.Context, _ engine.SeatKey, news engine.Presence) (engine.ConversationID, string, error) {
	if w.broken != nil {
		return "", "", w.broken
	}
	return engine.ConversationID(news.Chat.Phone.Number()), news.Who.Name, nil
}

// took returns what WhatsApp was told since it was asked last.
func (w *presenceWorld) took() []string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	told := w.told
	w.told = nil
	return told
}

// showed returns what the listeners were told since it was asked last.
func (w *presenceWorld) showed() []engine.PresenceView {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	views := w.views
	w.views = nil
	return views
}

func (w *presenceWorld) seat(kind engine.EventKind, mode engine.PresenceMode, state engine.State) {
	w.t.Helper()
	data, err := json.Marshal(engine.SeatView{ID: presentKey.Seat, Presence: mode, Status: engine.StatusView{State: state}})
	require.NoError(w.t, err)
	w.feed.Publish([]engine.Event{{Tenant: presentKey.Tenant, Seat: presentKey.Seat, Kind: kind, Data: data}})
}

func (w *presenceWorld) watch(mode engine.PresenceMode, number string) engine.PresenceView {
	return w.p.Watch(presentKey, mode, engine.ConversationID(number), engine.Party{Phone: engine.PhoneAddress(number)})
}

func (w *presenceWorld) hear(number string, news engine.Presence) {
	news.Chat = engine.Party{Phone: engine.PhoneAddress(number)}
	w.p.Hear(presentKey, news)
}

func (w *presenceWorld) message(conversation engine.ConversationID, direction engine.Direction) {
	w.t.Helper()
	data, err := json.Marshal(engine.MessageView{Direction: direction})
	require.NoError(w.t, err)
	w.feed.Publish([]engine.Event{{
		Tenant: presentKey.Tenant, Seat: presentKey.Seat, Conversation: conversation, Kind: engine.EventMessageCreated, Data: data,
	}})
}

// inPresences runs a test with time of its own.
func inPresences(t *testing.T, test func(t *testing.T, w *presenceWorld)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &presenceWorld{t: t, feed: &engine.Feed{}}
		w.p = engine.NewPresences(engine.PresencesConfig{Records: w, Clients: w, Feed: w.feed, Log: slog.New(slog.DiscardHandler), PerSeat: 2})
		w.p.Start(t.Context())
		defer w.p.Stop()
		stop := w.p.Listen(func(tenant engine.TenantID, view engine.PresenceView) {
			w.mu.Lock()
			defer w.mu.Unlock()
			require.Equal(t, presentKey.Tenant, tenant)
			w.views = append(w.views, view)
		})
		defer stop()
		test(t, w)
	})
}

func TestPresenceFollowsWhoIsWatched(t *testing.T) {
	t.Parallel()
	inPresences(t, func(t *testing.T, w *presenceWorld) {
		w.seat(engine.EventSeatState, engine.PresenceUnavailable, engine.StateConnected)
		require.Equal(t, engine.PresenceView{Conversation: "1", Doing: engine.Idle}, w.watch(engine.PresenceUnavailable, "1"))
		require.Empty(t, w.took(), "by default the phone's notifications are left alone")

		w.seat(engine.EventSeatUpdated, engine.PresenceWatching, engine.StateConnected)
		require.Equal(t, []string{"available false"}, w.took())
		w.watch(engine.PresenceWatching, "1")
		require.Equal(t, []string{"available true", "follow 1"}, w.took())
		<-time.After(time.Minute)
		w.watch(engine.PresenceWatching, "1")
		w.watch(engine.PresenceWatching, "2")
		require.Equal(t, []string{"follow 2"}, w.took(), "once")
		<-time.After(time.Minute)
		w.watch(engine.PresenceWatching, "1")
		w.watch(engine.PresenceWatching, "3")
		require.Equal(t, []string{"unfollow 2", "follow 3"}, w.took(), "at most so many: the one that would end first goes")

		// A new connection knows nothing of what was told on the last.
		w.seat(engine.EventSeatState, engine.PresenceWatching, engine.StateRetrying)
		w.took()
		w.fail = engine.Errorf(engine.CodeNotConnected, "no")
		w.watch(engine.PresenceWatching, "1")
		require.Empty(t, w.took())
		w.fail = nil
		w.seat(engine.EventSeatState, engine.PresenceWatching, engine.StateConnected)
		told := w.took()
		slices.Sort(told)
		require.Equal(t, []string{"available true", "follow 1", "follow 3"}, told)

		<-time.After(89 * time.Second)
		require.Empty(t, w.took())
		<-time.After(2 * time.Second)
		told = w.took()
		slices.Sort(told)
		require.Equal(t, []string{"available false", "unfollow 1", "unfollow 3"}, told, "nobody watches any more")
		<-time.After(time.Hour)
		require.Empty(t, w.took())
	})
}

// Who writes lets others see when they are there; before, following was in vain.
func TestPresenceFollowsAgainWhoWrote(t *testing.T) {
	t.Parallel()
	inPresences(t, func(t *testing.T, w *presenceWorld) {
		on := true
		w.watch(engine.PresenceWatching, "1")
		require.Equal(t, []string{"available true", "follow 1"}, w.took())
		w.message("1", engine.Outbound)
		w.watch(engine.PresenceWatching, "1")
		require.Empty(t, w.took())
		w.message("1", engine.Inbound)
		w.watch(engine.PresenceWatching, "1")
		require.Equal(t, []string{"follow 1"}, w.took())
		w.hear("1", engine.Presence{Online: &on})
		w.message("1", engine.Inbound)
		require.Len(t, w.showed(), 1)
		w.watch(engine.PresenceWatching, "1")
		require.Empty(t, w.took(), "once it is known, that holds")
	})
}

func TestPresenceModes(t *testing.T) {
	t.Parallel()
	inPresences(t, func(t *testing.T, w *presenceWorld) {
		w.seat(engine.EventSeatState, engine.PresenceAvailable, engine.StateConnected)
		require.Equal(t, []string{"available true"}, w.took())
		w.watch(engine.PresenceAvailable, "1")
		require.Equal(t, []string{"follow 1"}, w.took())
		<-time.After(2 * time.Minute)
		require.Equal(t, []string{"unfollow 1"}, w.took(), "it stays available")
		w.watch(engine.PresenceAvailable, "1")
		w.took()
		w.seat(engine.EventSeatUpdated, engine.PresenceUnavailable, engine.StateConnected)
		require.Equal(t, []string{"available false", "unfollow 1"}, w.took())
		w.seat(engine.EventSeatState, engine.PresenceUnavailable, engine.StateConnected)
		require.Empty(t, w.took(), "and then there is nothing to do")
		w.watch(engine.PresenceAvailable, "1")
		w.took()
		w.seat(engine.EventSeatRemoved, engine.PresenceAvailable, engine.StateStopped)
		<-time.After(time.Hour)
		require.Empty(t, w.took())

		// What fails is tried again with the next watch.
		w.fail = engine.Errorf(engine.CodeUnavailable, "no")
		w.watch(engine.PresenceWatching, "1")
		require.Empty(t, w.took())
		w.fail = nil
		w.watch(engine.PresenceWatching, "1")
		require.Equal(t, []string{"available true", "follow 1"}, w.took())
	})
}

func TestPresenceIsShown(t *testing.T) {
	t.Parallel()
	inPresences(t, func(t *testing.T, w *presenceWorld) {
		on, off, seen := true, false, time.Now().Add(-time.Hour)
		w.hear("1", engine.Presence{Online: &on})
		require.Empty(t, w.showed(), "of nobody who isn't watched, since nobody would tell when they go")
		w.watch(engine.PresenceWatching, "1")
		w.hear("1", engine.Presence{Online: &off, LastSeen: &seen})
		require.Equal(t, []engine.PresenceView{{Conversation: "1", Doing: engine.Idle, Online: &off, LastSeen: &seen}}, w.showed())
		w.hear("1", engine.Presence{Online: &on})
		w.hear("1", engine.Presence{Doing: engine.Recording})
		require.Equal(t, []engine.PresenceView{
			{Conversation: "1", Doing: engine.Idle, Online: &on}, {Conversation: "1", Doing: engine.Recording, Online: &on},
		}, w.showed())
		require.Equal(t, engine.PresenceView{Conversation: "1", Doing: engine.Recording, Online: &on}, w.watch(engine.PresenceWatching, "1"))

		// It ends by itself, or with the message.
		<-time.After(31 * time.Second)
		require.Equal(t, []engine.PresenceView{{Conversation: "1", Doing: engine.Idle, Online: &on}}, w.showed())
		w.hear("1", engine.Presence{Doing: engine.Typing})
		w.showed()
		w.message("1", engine.Outbound)
		require.Empty(t, w.showed())
		w.message("1", engine.Inbound)
		w.message("1", engine.Inbound)
		require.Equal(t, []engine.PresenceView{{Conversation: "1", Doing: engine.Idle, Online: &on}}, w.showed())

		// Whoever is watched no more, or by no connection, is not known to be online.
		<-time.After(2 * time.Minute)
		require.Equal(t, []engine.PresenceView{{Conversation: "1", Doing: engine.Idle}}, w.showed())
		w.watch(engine.PresenceWatching, "1")
		w.hear("1", engine.Presence{Online: &on})
		w.hear("2", engine.Presence{Doing: engine.Typing, Who: engine.Party{Name: "Sipho"}})
		require.Equal(t, "Sipho", w.showed()[1].Contact, "who types is shown of everybody")
		w.seat(engine.EventSeatState, engine.PresenceWatching, engine.StateRetrying)
		require.ElementsMatch(t, []engine.PresenceView{{Conversation: "1", Doing: engine.Idle}, {Conversation: "2", Doing: engine.Idle}}, w.showed())

		w.broken = engine.Errorf(engine.CodeNotFound, "nobody")
		w.hear("3", engine.Presence{Doing: engine.Typing})
		require.Empty(t, w.showed())
	})
}
