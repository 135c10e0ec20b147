package simulator_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

func ofType(kind waHistorySync.HistorySync_HistorySyncType) func(*events.HistorySync) bool {
	return func(e *events.HistorySync) bool { return e.Data.GetSyncType() == kind }
}

func conversation(t *testing.T, h *waHistorySync.HistorySync, id string) *waHistorySync.Conversation {
	t.Helper()
	i := slices.IndexFunc(h.GetConversations(), func(c *waHistorySync.Conversation) bool { return c.GetID() == id })
	require.GreaterOrEqual(t, i, 0, "no conversation %s", id)
	return h.GetConversations()[i]
}

func words(c *waHistorySync.Conversation) (out []string) {
	for _, m := range c.GetMessages() {
		out = append(out, m.GetMessage().GetMessage().GetConversation())
	}
	return out
}

const (
	strangerNumber = "27825550000"
	groupJID       = "120363000000000001@g.us"
)

// TestHistoryOfANewClient gives a phone a past, lets it say more, and links a client.
//
// covers: events.HistorySync
func TestHistoryOfANewClient(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Thandi"), phone(t, s, leadNumber, "Sipho")
	ctx, now := patient(t), time.Now()
	require.NoError(t, agent.SetHistory(ctx, slices.Values([]simulator.HistoryChat{
		{
			With: leadNumber, Unread: 1, Pinned: true, MutedUntil: now.Add(time.Hour),
			Messages: []simulator.HistoryMessage{
				{ID: "OLD1", Text: "first", At: now.Add(-48 * time.Hour)},
				{FromMe: true, Text: "second", Receipt: simulator.ReceiptRead, At: now.Add(-47 * time.Hour), Reactions: []simulator.Reacted{{From: leadNumber, Emoji: "👍"}}},
			},
		},
		{With: strangerNumber, Name: "Stranger", Archived: true, Messages: []simulator.HistoryMessage{{Text: "unknown here"}}},
		{
			With: groupJID, Name: "Rugby", Members: []simulator.HistoryMember{{Number: agentNumber, Admin: true}, {Number: leadNumber}},
			Former:   []simulator.HistoryMember{{Number: strangerNumber, Left: now.Add(-time.Hour), Removed: true}},
			Messages: []simulator.HistoryMessage{{From: leadNumber, Text: "who plays?"}},
		},
	})))
	_, err := lead.SendText(ctx, agentNumber, "third")
	require.NoError(t, err)
	_, err = agent.SendText(ctx, leadNumber, "fourth")
	require.NoError(t, err)
	c := linked(t, s, agent)

	first := await(c, ofType(waHistorySync.HistorySync_INITIAL_BOOTSTRAP)).Data
	require.Len(t, first.GetConversations(), 3)
	chat := conversation(t, first, lead.LID().String())
	require.Equal(t, []string{"fourth", "third", "second", "first"}, words(chat))
	require.Equal(t, lead.JID().String(), chat.GetPnJID())
	require.EqualValues(t, 1, chat.GetUnreadCount())
	require.NotZero(t, chat.GetPinned())
	require.EqualValues(t, now.Add(time.Hour).Unix(), chat.GetMuteEndTime())
	require.True(t, chat.GetEndOfHistoryTransfer())
	second := chat.GetMessages()[2].GetMessage()
	require.Equal(t, "READ", second.GetStatus().String())
	require.Equal(t, "👍", second.GetReactions()[0].GetText())
	parsed, err := c.ParseWebMessage(lead.LID(), chat.GetMessages()[3].GetMessage())
	require.NoError(t, err)
	require.Equal(t, "OLD1", parsed.Info.ID)
	require.False(t, parsed.Info.IsFromMe)

	group := conversation(t, first, groupJID)
	require.Equal(t, "Rugby", group.GetName())
	require.Len(t, group.GetParticipant(), 2)
	require.Equal(t, lead.LID().String(), group.GetMessages()[0].GetMessage().GetParticipant())
	require.True(t, conversation(t, first, strangerNumber+"@s.whatsapp.net").GetArchived())

	names := await(c, ofType(waHistorySync.HistorySync_PUSH_NAME)).Data.GetPushnames()
	require.True(t, slices.ContainsFunc(names, func(n *waHistorySync.Pushname) bool { return n.GetPushname() == "Sipho" }))
	former := await(c, ofType(waHistorySync.HistorySync_NON_BLOCKING_DATA)).Data.GetPastParticipants()
	require.Equal(t, waHistorySync.PastParticipant_REMOVED, former[0].GetPastParticipants()[0].GetLeaveReason())
	require.Eventually(t, func() bool {
		lid, err := c.Store.LIDs.GetLIDForPN(ctx, lead.JID())
		return err == nil && lid == lead.LID() && c.Store.CompanionMetaNonce != ""
	}, patience, tick)
	require.Eventually(t, func() bool {
		h := agent.History()
		return h.Chats == 3 && h.Messages == 4 && len(h.Clients) == 1 && h.Clients[0] == simulator.HistoryClientStatus{Device: 1, Sent: 3, Arrived: 3, Complete: true}
	}, patience, tick)
}

// TestLongHistory has many chats in small parts, of which the client misses none.
func TestLongHistory(t *testing.T) {
	t.Parallel()
	s := start(t, func(cfg *simulator.Config) { cfg.HistoryPart = 64 << 10 })
	agent := phone(t, s, agentNumber, "")
	require.NoError(t, agent.SetHistory(patient(t), simulator.ChatsOf(1000, 8)))
	c := linked(t, s, agent)
	await(c, func(e *events.HistorySync) bool {
		return e.Data.GetSyncType() == waHistorySync.HistorySync_RECENT && e.Data.GetProgress() == 100
	})
	seen, parts := make(map[string]int), 0
	for _, e := range all[*events.HistorySync](c) {
		parts++
		for _, chat := range e.Data.GetConversations() {
			for _, m := range chat.GetMessages() {
				seen[m.GetMessage().GetKey().GetID()]++
			}
		}
	}
	require.Len(t, seen, 8000)
	require.Equal(t, 8000, sum(maps.Values(seen)), "nothing twice")
	require.Greater(t, parts, 15)
}

// TestHistoryOnDemand asks for what is older than the client's oldest message, and for a part whose file is gone.
//
// covers: BuildHistorySyncRequest DownloadHistorySync SendHistorySyncServerErrorReceipt
func TestHistoryOnDemand(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	ctx := patient(t)
	var messages []simulator.HistoryMessage
	for i := range 30 {
		messages = append(messages, simulator.HistoryMessage{ID: fmt.Sprintf("OLD%d", i), Text: fmt.Sprintf("old %d", i)})
	}
	require.NoError(t, agent.SetHistory(ctx, slices.Values([]simulator.HistoryChat{{With: leadNumber, Messages: messages}})))
	c := newClient(t, s)
	c.ManualHistorySyncDownload = true
	c.pair(agent)
	// The phone's first words begin the session in which the client can ask.
	await(c, func(m *events.Message) bool {
		return m.Message.GetProtocolMessage().GetHistorySyncNotification() != nil
	})
	request := c.BuildHistorySyncRequest(&types.MessageInfo{ID: "OLD20", MessageSource: types.MessageSource{Chat: lead.LID()}}, 10)
	sent, err := c.SendPeerMessage(ctx, request)
	require.NoError(t, err)
	onDemand := func(m *events.Message) bool {
		n := m.Message.GetProtocolMessage().GetHistorySyncNotification()
		return n.GetSyncType() == waE2E.HistorySyncType_ON_DEMAND
	}
	got := await(c, onDemand)
	n := got.Message.GetProtocolMessage().GetHistorySyncNotification()
	require.Equal(t, sent.ID, n.GetPeerDataRequestSessionID())
	require.NoError(t, s.Inject(simulator.Fault{Kind: simulator.FaultMediaGone, Code: http.StatusGone}))
	_, err = c.DownloadHistorySync(ctx, n, true)
	require.ErrorIs(t, err, whatsmeow.ErrMediaDownloadFailedWith410)

	c.forgetEvents()
	require.NoError(t, c.SendHistorySyncServerErrorReceipt(ctx, got.Info.ID, n.GetMediaKey()))
	again := await(c, onDemand).Message.GetProtocolMessage().GetHistorySyncNotification()
	require.Equal(t, got.Info.ID, again.GetOriginalMessageID())
	require.NotEqual(t, n.GetDirectPath(), again.GetDirectPath())
	data, err := c.DownloadHistorySync(ctx, again, true)
	require.NoError(t, err)
	chat := conversation(t, data, lead.LID().String())
	require.Len(t, chat.GetMessages(), 10)
	require.Equal(t, "old 19", words(chat)[0])
	require.Equal(t, waHistorySync.Conversation_COMPLETE_ON_DEMAND_SYNC_BUT_MORE_MSG_REMAIN_ON_PRIMARY, chat.GetEndOfHistoryTransferType())
	require.NoError(t, c.DeleteMedia(ctx, whatsmeow.MediaHistory, again.GetDirectPath(), again.GetFileEncSHA256(), again.GetEncHandle()))
	_, err = c.DownloadHistorySync(ctx, again, true)
	require.ErrorIs(t, err, whatsmeow.ErrMediaDownloadFailedWith410)
}

func TestSetHistoryRefuses(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	for name, chats := range map[string][]simulator.HistoryChat{
		"nobody":           {{With: "12"}},
		"no address":       {{With: "@"}},
		"twice":            {{With: strangerNumber}, {With: "+" + strangerNumber}},
		"members":          {{With: strangerNumber, Members: []simulator.HistoryMember{{Number: strangerNumber}}}},
		"empty message":    {{With: strangerNumber, Messages: []simulator.HistoryMessage{{}}}},
		"two writers":      {{With: strangerNumber, Messages: []simulator.HistoryMessage{{FromMe: true, From: strangerNumber, Text: "x"}}}},
		"somebody else":    {{With: strangerNumber, Messages: []simulator.HistoryMessage{{From: leadNumber, Text: "x"}}}},
		"group's writer":   {{With: groupJID, Messages: []simulator.HistoryMessage{{Text: "x"}}}},
		"receipt":          {{With: strangerNumber, Messages: []simulator.HistoryMessage{{FromMe: true, Text: "x", Receipt: "lost"}}}},
		"before the epoch": {{With: strangerNumber, Messages: []simulator.HistoryMessage{{Text: "x", At: time.Unix(-1, 0)}}}},
		"negative":         {{With: strangerNumber, Unread: -1}},
	} {
		require.ErrorIs(t, agent.SetHistory(patient(t), slices.Values(chats)), simulator.ErrInvalid, name)
	}
	require.ErrorIs(t, agent.SetHistory(patient(t), simulator.ChatsOf(20_001, 0)), simulator.ErrRefused)
	require.Zero(t, agent.History().Chats, "what was refused leaves nothing")
}

// all gives the events of one type so far.
func all[E any](c *client) (out []E) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, evt := range c.seen {
		if typed, ok := evt.(E); ok {
			out = append(out, typed)
		}
	}
	return out
}

func sum(seq func(func(int) bool)) (total int) {
	for n := range seq {
		total += n
	}
	return total
}
