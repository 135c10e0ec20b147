package whatsmeow_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// fetched is what a part of the history held.
type fetched struct {
	batches [][]engine.Fact
	done    []float64 // how much of its part had been read with each of them
}

func (f *fetched) messages() []engine.Incoming {
	var all []engine.Incoming
	for _, facts := range f.batches {
		for _, fact := range facts {
			if m, ok := fact.(engine.Incoming); ok {
				all = append(all, m)
			}
		}
	}
	return all
}

func (f *fetched) message(t *testing.T, text string) engine.Incoming {
	t.Helper()
	all := f.messages()
	i := slices.IndexFunc(all, func(m engine.Incoming) bool { return m.Text == text })
	require.GreaterOrEqual(t, i, 0, "%q is not in the history", text)
	return all[i]
}

// notices waits until the phone has told of all that it remembers, and so of all of a phase.
func (s *seat) notices(t *testing.T, phone *simulator.Phone, last engine.HistoryPhase) []engine.HistoryNotice {
	t.Helper()
	var notices []engine.HistoryNotice
	require.Eventually(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		notices = slices.Clone(s.history)
		clients := phone.History().Clients
		ended := func(n engine.HistoryNotice) bool { return n.Phase == last && n.Percent == 100 }
		return len(clients) == 1 && clients[0].Complete && clients[0].Arrived == clients[0].Sent && slices.ContainsFunc(notices, ended)
	}, waitLimit, 10*time.Millisecond, "waited in vain for the phone's history")
	return notices
}

func (s *seat) fetch(t *testing.T, notices []engine.HistoryNotice) *fetched {
	t.Helper()
	client, ok := s.Client.(engine.HistoryClient)
	require.True(t, ok)
	var all fetched
	for _, notice := range notices {
		require.NoError(t, client.FetchHistory(t.Context(), notice, func(_ context.Context, facts []engine.Fact, done float64) error {
			all.batches, all.done = append(all.batches, facts), append(all.done, done)
			return nil
		}))
	}
	return &all
}

func TestHistoryIsNoticedStoredAndFetched(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	office := w.phone(t, "27821000001", "Office")
	lead := w.phone(t, "27821000002", "Lead")
	begun := time.Now().Add(-24 * time.Hour).Truncate(time.Second)
	require.NoError(t, office.SetHistory(t.Context(), slices.Values([]simulator.HistoryChat{
		{With: lead.Number(), Name: "The lead", Unread: 1, Messages: []simulator.HistoryMessage{
			{ID: "H1", Text: "hello", At: begun},
			{
				ID: "H2", FromMe: true, Text: "hi", At: begun.Add(time.Minute), Receipt: simulator.ReceiptRead, ReplyTo: "H1",
				Reactions: []simulator.Reacted{{From: lead.Number(), Emoji: "👍"}},
			},
			{ID: "H3", At: begun.Add(2 * time.Minute), Content: simulator.Poll{Name: "When?", Options: []string{"Now", "Later"}}},
		}},
		{With: "999000000001", Name: "Nobody", Messages: []simulator.HistoryMessage{{ID: "N1", Text: "unregistered"}}},
	})))
	s := w.pair(t, office)
	all := s.fetch(t, s.notices(t, office, engine.HistoryInitial))

	hello := all.message(t, "hello")
	require.True(t, hello.History)
	require.False(t, hello.FromMe)
	require.Equal(t, "H1", hello.WhatsAppID)
	require.Equal(t, begun.UTC(), hello.At.UTC())
	require.Equal(t, engine.PhoneAddress(lead.Number()), hello.Chat.Phone)
	require.NotEmpty(t, hello.Chat.LID, "both addresses, as live messages have them")
	require.False(t, hello.Unread)

	hi := all.message(t, "hi")
	require.True(t, hi.FromMe)
	require.Equal(t, engine.Read, hi.Delivery)
	require.Equal(t, "H1", hi.Content.Quote.WhatsAppID)

	thumb := all.message(t, "👍")
	require.Equal(t, engine.KindReaction, thumb.Kind)
	require.Equal(t, "H2", thumb.Target)
	require.True(t, thumb.TargetFromMe)
	require.False(t, thumb.FromMe)

	poll := all.message(t, "When?")
	require.Equal(t, engine.KindPoll, poll.Kind)
	require.True(t, poll.Unread, "the phone counts one message as unread: the newest")
	require.NotEmpty(t, poll.Raw)

	require.Equal(t, "Nobody", all.message(t, "unregistered").Chat.Name)
	require.Empty(t, s.messages, "nothing of it comes as live messages do")
}

// TestHistoryComesInBatchesFromTheNewestToTheOldest sees that a large chat is
// neither in one batch nor in the wrong order.
func TestHistoryComesInBatchesFromTheNewestToTheOldest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	office := w.phone(t, "27821000001", "Office")
	require.NoError(t, office.SetHistory(t.Context(), simulator.ChatsOf(2, 350)))
	s := w.pair(t, office)
	all := s.fetch(t, s.notices(t, office, engine.HistoryRecent))
	require.Len(t, all.messages(), 700)
	require.Less(t, slices.Min(all.done), 0.9, "a part's progress shows while it is read")
	require.InDelta(t, 1, all.done[len(all.done)-1], 0.01)
	oldest := make(map[engine.Address]time.Time)
	for _, facts := range all.batches {
		require.LessOrEqual(t, len(facts), 100)
		var before time.Time
		var chat engine.Address
		for _, fact := range facts {
			m, ok := fact.(engine.Incoming)
			if !ok {
				continue
			}
			if m.Chat.Phone == chat {
				require.False(t, m.At.Before(before), "in a batch the oldest is the first")
			}
			chat, before = m.Chat.Phone, m.At
		}
		for _, fact := range facts {
			if m, ok := fact.(engine.Incoming); ok {
				if known, ok := oldest[m.Chat.Phone]; ok {
					require.LessOrEqual(t, m.At.Sub(known), 100*time.Minute, "each batch is about older messages")
				}
			}
		}
		for _, fact := range facts {
			if m, ok := fact.(engine.Incoming); ok && (oldest[m.Chat.Phone].IsZero() || m.At.Before(oldest[m.Chat.Phone])) {
				oldest[m.Chat.Phone] = m.At
			}
		}
	}
}

// TestANoticeThatIsNotStoredComesAgain sees that the phone is told nothing of
// a notice that could not be stored.
func TestANoticeThatIsNotStoredComesAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	office := w.phone(t, "27821000001", "Office")
	require.NoError(t, office.SetHistory(t.Context(), simulator.ChatsOf(3, 3)))
	sink := newMemory()
	sink.failures = 1000
	s := w.open(t, "", sink)
	s.connect(t)
	scanned := s.scan(t, office)
	linked := await[engine.Linked](t, sink)
	s.device = linked.Account.Device
	s.Disconnect()
	s.connect(t)
	await[engine.Connected](t, sink)
	_, err := scanned()
	require.NoError(t, err)
	sink.until(t, "a refused notice", func() bool { return sink.tries > 0 })
	require.Zero(t, office.History().Clients[0].Arrived)
	sink.set(func(m *memory) { m.failures = 0 })
	s.reconnect(t)
	require.Len(t, s.fetch(t, s.notices(t, office, engine.HistoryInitial)).messages(), 9)
}

// TestVotesOnPollsOfThePastAreRead sees that the secrets of the past are kept.
func TestVotesOnPollsOfThePastAreRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	office := w.phone(t, "27821000001", "Office")
	lead := w.phone(t, "27821000002", "Lead")
	poll, err := office.Send(t.Context(), lead.Number(), simulator.Poll{Name: "When?", Options: []string{"Now", "Later"}})
	require.NoError(t, err)
	waitFor(t, lead, func(m simulator.Message) bool { return m.ID == poll })
	s := w.pair(t, office)
	all := s.fetch(t, s.notices(t, office, engine.HistoryInitial))
	require.Equal(t, poll, all.message(t, "When?").WhatsAppID)
	_, err = lead.Send(t.Context(), office.Number(), simulator.Vote{MessageID: poll, Options: []string{"Later"}})
	require.NoError(t, err)
	s.until(t, "the vote", func() bool {
		return slices.ContainsFunc(s.memory.messages, func(m engine.Incoming) bool {
			return m.Kind == engine.KindVote && m.Target == poll && m.Content != nil && len(m.Content.Vote.Hashes) == 1
		})
	})
}

// TestHistoryOfAGroupSaysWhoWrote sees that members of a group are told apart.
func TestHistoryOfAGroupSaysWhoWrote(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	office := w.phone(t, "27821000001", "Office")
	lead := w.phone(t, "27821000002", "Lead")
	other := w.phone(t, "27821000003", "Other")
	const group = "120363000000000001@g.us"
	require.NoError(t, office.SetHistory(t.Context(), slices.Values([]simulator.HistoryChat{{
		With: group, Name: "Flats", Members: []simulator.HistoryMember{{Number: lead.Number()}, {Number: other.Number()}},
		Messages: []simulator.HistoryMessage{
			{ID: "G1", From: lead.Number(), Text: "hello all", Reactions: []simulator.Reacted{{From: other.Number(), Emoji: "👍"}}},
			{ID: "G2", FromMe: true, Text: "welcome"},
		},
	}})))
	s := w.pair(t, office)
	all := s.fetch(t, s.notices(t, office, engine.HistoryInitial))
	hello := all.message(t, "hello all")
	require.Equal(t, engine.Address(group), hello.Chat.Room)
	require.Equal(t, "Flats", hello.Chat.Name)
	require.Equal(t, engine.PhoneAddress(lead.Number()), hello.Sender.Phone)
	thumb := all.message(t, "👍")
	require.NotEmpty(t, thumb.Sender.LID)
	require.NotEqual(t, hello.Sender.LID, thumb.Sender.LID)
	require.Equal(t, hello.Sender, thumb.TargetSender)
	require.True(t, all.message(t, "welcome").FromMe)
	require.Zero(t, all.message(t, "welcome").Sender)
}

// TestHistoryTellsHowChatsAreArranged sees what a phone has set on chats.
func TestHistoryTellsHowChatsAreArranged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	office := w.phone(t, "27821000001", "Office")
	lead := w.phone(t, "27821000002", "Lead")
	other := w.phone(t, "27821000003", "Other")
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	until := time.Now().Add(48 * time.Hour).Truncate(time.Second).UTC()
	hello := []simulator.HistoryMessage{{Text: "hello", At: at}}
	require.NoError(t, office.SetHistory(t.Context(), slices.Values([]simulator.HistoryChat{
		{With: lead.Number(), Messages: hello, Archived: true, MutedUntil: until},
		{With: other.Number(), Messages: hello, Pinned: true, MarkedUnread: true},
		{With: "999000000001", Messages: hello},
	})))
	s := w.pair(t, office)
	changes := make(map[engine.Address]engine.ChatChange)
	for _, facts := range s.fetch(t, s.notices(t, office, engine.HistoryInitial)).batches {
		for _, fact := range facts {
			if change, ok := fact.(engine.ChatChange); ok {
				changes[change.Chat.Phone] = change
			}
		}
	}
	yes, no := true, false
	last := engine.MessageRef{At: at}
	archived := changes[engine.PhoneAddress(lead.Number())]
	require.NotEmpty(t, archived.Chat.LID)
	require.Equal(t, engine.ChatChange{Chat: archived.Chat, Archived: &yes, MutedUntil: &until, Last: last, History: true}, archived)
	pinned := changes[engine.PhoneAddress(other.Number())]
	require.Equal(t, engine.ChatChange{Chat: pinned.Chat, Pinned: &yes, Read: &no, Last: last, History: true}, pinned)
	plain := changes[engine.PhoneAddress("999000000001")]
	require.Equal(t, engine.ChatChange{Chat: plain.Chat, Last: last, History: true}, plain)
}

// TestHistoryHasStatusPosts sees that posts of before are those of their people.
func TestHistoryHasStatusPosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	office := w.phone(t, "27821000001", "Office")
	lead := w.phone(t, "27821000002", "Lead")
	status := types.StatusBroadcastJID.String()
	require.NoError(t, lead.AddContact(t.Context(), office.Number()))
	require.NoError(t, office.AddContact(t.Context(), lead.Number()))
	theirs, err := lead.SendText(t.Context(), status, "Gone fishing")
	require.NoError(t, err)
	waitFor(t, office, func(m simulator.Message) bool { return m.ID == theirs })
	ours, err := office.SendText(t.Context(), status, "New listings")
	require.NoError(t, err)
	s := w.pair(t, office)
	all := s.fetch(t, s.notices(t, office, engine.HistoryInitial))

	post := all.message(t, "Gone fishing")
	require.True(t, post.History)
	require.Equal(t, theirs, post.WhatsAppID)
	require.Equal(t, engine.Address(status), post.Chat.Room)
	require.Equal(t, engine.PhoneAddress(lead.Number()), post.Sender.Phone)
	require.False(t, post.Unread)
	own := all.message(t, "New listings")
	require.Equal(t, ours, own.WhatsAppID)
	require.True(t, own.FromMe)
	require.Zero(t, own.Sender)
}

// TestHistoryTellsWhoLeftAGroup sees the former members of groups.
func TestHistoryTellsWhoLeftAGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	office := w.phone(t, "27821000001", "Office")
	lead := w.phone(t, "27821000002", "Lead")
	other := w.phone(t, "27821000003", "Other")
	const group = "120363000000000001@g.us"
	at := time.Now().Add(-24 * time.Hour).Truncate(time.Second)
	require.NoError(t, office.SetHistory(t.Context(), slices.Values([]simulator.HistoryChat{{
		With: group, Name: "Flats", Members: []simulator.HistoryMember{{Number: office.Number()}},
		Former: []simulator.HistoryMember{{Number: lead.Number(), Left: at}, {Number: other.Number(), Left: at, Removed: true}},
	}})))
	s := w.pair(t, office)
	var left []engine.RoomNews
	for _, facts := range s.fetch(t, s.notices(t, office, engine.HistoryInitial)).batches {
		for _, fact := range facts {
			if news, ok := fact.(engine.RoomNews); ok {
				left = append(left, news)
			}
		}
	}
	require.Len(t, left, 2)
	for i, code := range []engine.NoticeCode{engine.NoticeLeft, engine.NoticeRemoved} {
		news := left[i]
		require.True(t, news.History)
		require.Equal(t, engine.Address(group), news.Room.Room)
		require.True(t, at.Equal(news.At))
		require.Len(t, news.Changes, 1)
		require.Equal(t, code, news.Changes[0].Code)
		require.Len(t, news.Changes[0].People, 1)
	}
	require.Equal(t, lidOf(lead), left[0].Actor.LID)
	require.Equal(t, lidOf(other), left[1].Changes[0].People[0].LID)
	require.Zero(t, left[1].Actor, "the history doesn't say who removed them")
	require.NotEqual(t, left[0].ID, left[1].ID)
}

// TestAPartThatIsGoneIsAskedFor sees that the phone uploads it again, and that
// its answer is stored before it is acknowledged.
func TestAPartThatIsGoneIsAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	office := w.phone(t, "27821000001", "Office")
	require.NoError(t, office.SetHistory(t.Context(), simulator.ChatsOf(2, 20)))
	s := w.pair(t, office)
	notices := s.notices(t, office, engine.HistoryRecent)
	i := slices.IndexFunc(notices, func(n engine.HistoryNotice) bool { return n.Phase == engine.HistoryRecent })
	lost := notices[i]
	require.Empty(t, lost.Again)
	client, ok := s.Client.(engine.HistoryClient)
	require.True(t, ok)
	for kind, code := range map[simulator.FaultKind]engine.Code{
		simulator.FaultMediaGone: engine.CodeNotFound, simulator.FaultMediaDamaged: engine.CodeInvalid,
	} {
		require.NoError(t, w.sim.Inject(simulator.Fault{Kind: kind}))
		err := client.FetchHistory(t.Context(), lost, func(context.Context, []engine.Fact, float64) error { return nil })
		require.Equal(t, code, engine.CodeOf(err), kind)
	}

	settled(t, w)
	s.set(func(m *memory) { m.failures = 1 })
	require.NoError(t, client.AskForHistory(t.Context(), lost))
	s.until(t, "a refused answer", func() bool { return s.failures == 0 })
	s.reconnect(t)
	var again engine.HistoryNotice
	s.until(t, "the phone's answer", func() bool {
		i := slices.IndexFunc(s.history, func(n engine.HistoryNotice) bool { return n.Again == lost.WhatsAppID })
		if i >= 0 {
			again = s.history[i]
		}
		return i >= 0
	})
	require.NotEqual(t, lost.WhatsAppID, again.WhatsAppID)
	require.Equal(t, lost.Phase, again.Phase)
	require.Len(t, s.fetch(t, []engine.HistoryNotice{again}).messages(), 30)

	inline := engine.HistoryNotice{WhatsAppID: "I1"} // it came within the notice
	require.Equal(t, engine.CodeUnsupported, engine.CodeOf(client.AskForHistory(t.Context(), inline)))
}
