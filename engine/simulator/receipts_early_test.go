package simulator

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/types"
)

// TestAReceiptMayOvertakeItsMessage checks that a phone keeps receipts until their message comes, and only a bounded number.
func TestAReceiptMayOvertakeItsMessage(t *testing.T) {
	t.Parallel()
	lead, other := types.NewJID("1", types.HiddenUserServer), types.NewJID("2", types.HiddenUserServer)
	p := &Phone{
		account: &account{server: &Server{cfg: Config{Keep: defaultKeep}}, number: "27821234567"},
		byKey:   make(map[messageKey]*Message), early: recent[string, []arrivedReceipt]{limit: 2},
	}
	delivered := Receipt{From: "27839876543", Device: 1, Type: ReceiptDelivered}
	p.note("sent", arrivedReceipt{Receipt: delivered, chat: lead})
	p.note("sent", arrivedReceipt{Receipt: Receipt{From: "27831111111", Type: ReceiptRead}, chat: other}) // it claims to have it
	p.note("got", arrivedReceipt{Receipt: Receipt{From: p.Number(), Device: 1, Type: ReceiptRead}, own: true, chat: p.account.hid()})

	sent := &Message{ID: "sent", From: p.Number(), FromMe: true, chat: lead}
	p.record(sent)
	require.Equal(t, []Receipt{delivered}, sent.Receipts)
	p.note("sent", arrivedReceipt{Receipt: delivered, chat: lead})
	require.Len(t, sent.Receipts, 1)

	got := &Message{ID: "got", From: "27839876543", chat: lead}
	p.record(got)
	require.Len(t, got.Receipts, 1)
	require.Equal(t, ReceiptRead, got.Receipts[0].Type)

	for range 2 * maxEarly {
		p.note("flood", arrivedReceipt{Receipt: delivered, chat: lead})
	}
	for _, id := range []string{"a", strings.Repeat("x", maxID+1)} {
		p.note(id, arrivedReceipt{Receipt: delivered, chat: lead})
	}
	waiting, _ := p.early.get("flood")
	require.Len(t, waiting, maxEarly)
	require.Len(t, p.early.items, 2)
	_, known := p.early.get("a")
	require.True(t, known)
}
