package history_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/history"
)

func now() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// chat has one message a day, the first of them today.
func chat(t *testing.T, number, days int) *history.Chat {
	t.Helper()
	c := &waHistorySync.Conversation{ID: proto.String(fmt.Sprintf("%d@lid", number)), Name: proto.String("Somebody"), UnreadCount: proto.Uint32(2)}
	for day := days - 1; day >= 0; day-- {
		c.Messages = append(c.Messages, &waHistorySync.HistorySyncMsg{Message: &waWeb.WebMessageInfo{
			Key:              &waCommon.MessageKey{ID: proto.String(fmt.Sprintf("M%d", day)), FromMe: proto.Bool(false), RemoteJID: c.ID},
			Message:          &waE2E.Message{Conversation: proto.String(fmt.Sprintf("what was said %d days ago", day))},
			MessageTimestamp: proto.Uint64(uint64(now().AddDate(0, 0, -day).Unix())),
		}})
	}
	out, err := history.NewChat(c)
	require.NoError(t, err)
	require.Equal(t, days, out.Len())
	return out
}

func decode(t *testing.T, p history.Part) *waHistorySync.HistorySync {
	t.Helper()
	r, err := zlib.NewReader(bytes.NewReader(p.Data))
	require.NoError(t, err)
	raw, err := io.ReadAll(r)
	require.NoError(t, err)
	out := new(waHistorySync.HistorySync)
	require.NoError(t, proto.Unmarshal(raw, out))
	require.Equal(t, p.Type, out.GetSyncType())
	require.Equal(t, p.Order, out.GetChunkOrder())
	require.Equal(t, p.Progress, out.GetProgress())
	require.Len(t, out.GetConversations(), p.Chats)
	count := 0
	for _, c := range out.GetConversations() {
		count += len(c.GetMessages())
	}
	require.Equal(t, p.Messages, count)
	return out
}

func link(t *testing.T, l history.Limits, around history.Around, chats ...*history.Chat) (parts []*waHistorySync.HistorySync) {
	t.Helper()
	require.NoError(t, history.Link(l, now(), around, chats, func(p history.Part) error {
		parts = append(parts, decode(t, p))
		return nil
	}))
	return parts
}

func phases(parts []*waHistorySync.HistorySync) (out []waHistorySync.HistorySync_HistorySyncType) {
	for _, p := range parts {
		out = append(out, p.GetSyncType())
	}
	return out
}

const (
	bootstrap = waHistorySync.HistorySync_INITIAL_BOOTSTRAP
	names     = waHistorySync.HistorySync_PUSH_NAME
	statuses  = waHistorySync.HistorySync_INITIAL_STATUS_V3
	later     = waHistorySync.HistorySync_NON_BLOCKING_DATA
	recent    = waHistorySync.HistorySync_RECENT
	full      = waHistorySync.HistorySync_FULL
)

func TestPhasesShareOutTheMessages(t *testing.T) {
	t.Parallel()
	around := history.Around{
		First:     &waHistorySync.HistorySync{CompanionMetaNonce: proto.String("nonce")},
		PushNames: []*waHistorySync.Pushname{{ID: proto.String("1@s.whatsapp.net"), Pushname: proto.String("One")}},
		Statuses:  []*waWeb.WebMessageInfo{{Key: &waCommon.MessageKey{ID: proto.String("S")}}},
		Later:     &waHistorySync.HistorySync{PastParticipants: []*waHistorySync.PastParticipants{{GroupJID: proto.String("1@g.us")}}},
	}
	parts := link(t, history.Limits{Full: true}, around, chat(t, 1, 400), chat(t, 2, 3))
	require.Equal(t, []waHistorySync.HistorySync_HistorySyncType{bootstrap, names, statuses, later, recent, full}, phases(parts))
	require.Equal(t, "nonce", parts[0].GetCompanionMetaNonce())
	require.Equal(t, "One", parts[1].GetPushnames()[0].GetPushname())
	require.Len(t, parts[2].GetStatusV3Messages(), 1)
	require.Len(t, parts[3].GetPastParticipants(), 1)

	seen := make(map[string]int)
	last := ""
	for _, p := range parts {
		require.EqualValues(t, 100, p.GetProgress())
		for _, c := range p.GetConversations() {
			require.EqualValues(t, 2, c.GetUnreadCount(), "each piece tells all about the chat")
			if c.GetID() == "1@lid" {
				for _, m := range c.GetMessages() {
					last = m.GetMessage().GetKey().GetID()
					seen[last]++
				}
			}
		}
	}
	require.Len(t, seen, 366, "a year and a day")
	require.Equal(t, "M365", last, "the newest first")
	require.Nil(t, parts[0].GetConversations()[0].EndOfHistoryTransfer)
	require.Equal(t, waHistorySync.Conversation_COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY, parts[0].GetConversations()[1].GetEndOfHistoryTransferType())
	require.Equal(t, waHistorySync.Conversation_COMPLETE_BUT_MORE_MESSAGES_REMAIN_ON_PRIMARY, parts[5].GetConversations()[0].GetEndOfHistoryTransferType())
}

func TestNothingButTheListIfThereIsNothing(t *testing.T) {
	t.Parallel()
	require.Equal(t, []waHistorySync.HistorySync_HistorySyncType{bootstrap}, phases(link(t, history.Limits{Full: true}, history.Around{})))
	parts := link(t, history.Limits{}, history.Around{}, chat(t, 1, 0))
	require.Len(t, parts, 1)
	require.True(t, parts[0].GetConversations()[0].GetEndOfHistoryTransfer())
}

func TestPartsAreBounded(t *testing.T) {
	t.Parallel()
	chats := []*history.Chat{chat(t, 1, 90), chat(t, 2, 4)}
	for i := range 300 {
		chats = append(chats, chat(t, 3+i, 2))
	}
	parts := link(t, history.Limits{PartBytes: 4000}, history.Around{}, chats...)
	order, progress, messages := uint32(0), uint32(0), 0
	phase := bootstrap
	for _, p := range parts {
		if p.GetSyncType() != phase {
			require.EqualValues(t, 100, progress)
			phase, order, progress = p.GetSyncType(), 0, 0
		}
		require.Equal(t, order+1, p.GetChunkOrder())
		require.GreaterOrEqual(t, p.GetProgress(), progress)
		require.Less(t, proto.Size(p), 8000)
		order, progress = p.GetChunkOrder(), p.GetProgress()
		for _, c := range p.GetConversations() {
			messages += len(c.GetMessages())
		}
	}
	require.EqualValues(t, 100, progress)
	require.Equal(t, recent, phase)
	require.Equal(t, 90+4+600, messages)
	require.Greater(t, len(parts), 10)
}

func TestOnDemand(t *testing.T) {
	t.Parallel()
	c := chat(t, 1, 30)
	for _, ask := range []struct {
		id    string
		at    time.Time
		count int
		first string
		len   int
		end   waHistorySync.Conversation_EndOfHistoryTransferType
	}{
		{"M9", time.Time{}, 5, "M10", 5, waHistorySync.Conversation_COMPLETE_ON_DEMAND_SYNC_BUT_MORE_MSG_REMAIN_ON_PRIMARY},
		{"M9", time.Time{}, 50, "M10", 20, waHistorySync.Conversation_COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY},
		{"unknown", now().AddDate(0, 0, -3), 1, "M4", 1, waHistorySync.Conversation_COMPLETE_ON_DEMAND_SYNC_BUT_MORE_MSG_REMAIN_ON_PRIMARY},
		{"M29", time.Time{}, 5, "", 0, waHistorySync.Conversation_COMPLETE_AND_NO_MORE_MESSAGE_REMAIN_ON_PRIMARY},
	} {
		part, err := history.OnDemand(c, ask.id, uint64(max(ask.at.Unix(), 0)), ask.count)
		require.NoError(t, err)
		got := decode(t, part).GetConversations()[0]
		require.Len(t, got.GetMessages(), ask.len)
		require.Equal(t, ask.end, got.GetEndOfHistoryTransferType())
		if ask.len > 0 {
			require.Equal(t, ask.first, got.GetMessages()[0].GetMessage().GetKey().GetID())
		}
	}
}

func TestChatKeepsEverything(t *testing.T) {
	t.Parallel()
	c := chat(t, 7, 3)
	require.Equal(t, uint64(now().Unix()), c.Newest())
	require.Positive(t, c.Size())
	got, err := c.Decode()
	require.NoError(t, err)
	require.Equal(t, "Somebody", got.GetName())
	require.Equal(t, "M0", got.GetMessages()[0].GetMessage().GetKey().GetID())
	_, err = history.NewChat(&waHistorySync.Conversation{})
	require.ErrorIs(t, err, history.ErrChat)
}

func TestEndsWithTheCallersError(t *testing.T) {
	t.Parallel()
	err := history.Link(history.Limits{}, now(), history.Around{}, nil, func(history.Part) error { return io.ErrClosedPipe })
	require.ErrorIs(t, err, io.ErrClosedPipe)
}
