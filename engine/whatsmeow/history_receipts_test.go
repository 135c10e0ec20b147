package whatsmeow

import (
	"bytes"
	"compress/zlib"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine"
)

// A phone tells who in a group has read what the agent wrote.
func TestReceiptsOfGroupsInTheHistory(t *testing.T) {
	t.Parallel()
	s, w := linked(t)
	at := time.Unix(1_700_000_000, 0)
	message := func(fromMe bool) *waHistorySync.HistorySyncMsg {
		web := &waWeb.WebMessageInfo{
			Key:     &waCommon.MessageKey{ID: proto.String("H1"), RemoteJID: proto.String("120363@g.us"), FromMe: &fromMe, Participant: proto.String("222@lid")},
			Message: text("Sunday at three"), MessageTimestamp: proto.Uint64(uint64(at.Unix())),
			UserReceipt: []*waWeb.UserReceipt{
				{UserJID: proto.String("222@lid"), ReceiptTimestamp: proto.Int64(at.Unix() + 1), ReadTimestamp: proto.Int64(at.Unix() + 2)},
				{UserJID: proto.String("333@lid"), ReceiptTimestamp: proto.Int64(at.Unix() + 3)},
				{UserJID: proto.String("111@lid"), ReadTimestamp: proto.Int64(at.Unix())}, // the seat itself
				{UserJID: proto.String("nobody")},
			},
		}
		return &waHistorySync.HistorySyncMsg{Message: web}
	}
	receipts := func(fromMe bool) (found []engine.Receipt) {
		raw, err := proto.Marshal(&waHistorySync.HistorySync{
			SyncType:      waHistorySync.HistorySync_RECENT.Enum(),
			Conversations: []*waHistorySync.Conversation{{ID: proto.String("120363@g.us"), Messages: []*waHistorySync.HistorySyncMsg{message(fromMe)}}},
		})
		require.NoError(t, err)
		var deflated bytes.Buffer
		pressed := zlib.NewWriter(&deflated)
		_, err = pressed.Write(raw)
		require.NoError(t, err)
		require.NoError(t, pressed.Close())
		importer := &historyImport{
			session: s, phase: engine.HistoryRecent, file: &historyFile{ReadSeeker: bytes.NewReader(deflated.Bytes())},
			take: func(_ context.Context, facts []engine.Fact, _ float64) error {
				for _, fact := range facts {
					w.check(fact)
					if receipt, ok := fact.(engine.Receipt); ok {
						found = append(found, receipt)
					}
				}
				return nil
			},
		}
		require.NoError(t, importer.run(t.Context()))
		return found
	}
	club, ids := engine.Party{Room: "120363@g.us"}, []string{"H1"}
	require.Equal(t, []engine.Receipt{
		{Chat: club, Sender: engine.Party{LID: "222@lid"}, WhatsAppIDs: ids, Delivery: engine.Delivered, At: at.Add(time.Second)},
		{Chat: club, Sender: engine.Party{LID: "222@lid"}, WhatsAppIDs: ids, Delivery: engine.Read, At: at.Add(2 * time.Second)},
		{Chat: club, Sender: engine.Party{LID: "333@lid"}, WhatsAppIDs: ids, Delivery: engine.Delivered, At: at.Add(3 * time.Second)},
	}, receipts(true))
	require.Empty(t, receipts(false), "others' messages have none for us")
}
