package simulator

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPhonesMemoryIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	p := &Phone{account: &account{server: &Server{cfg: Config{Keep: defaultKeep}}}, byKey: make(map[messageKey]*Message)}
	for i := range 10 {
		p.record(&Message{ID: fmt.Sprint(i), weight: maxWeight / 4})
	}
	require.Len(t, p.messages, 4)
	require.Len(t, p.byKey, 4)
	require.Equal(t, maxWeight, p.weight)
	require.Equal(t, 10, p.messages[3].Seq)
	// One alone is kept, whatever it weighs.
	p.record(&Message{ID: "huge", weight: 2 * maxWeight})
	require.Len(t, p.messages, 1)
}

func TestReceiptsAreNotedOnce(t *testing.T) {
	t.Parallel()
	var m Message
	for range 3 {
		m.addReceipt(Receipt{From: "1", Type: ReceiptRead})
		m.addReceipt(Receipt{From: "1", Device: 1, Type: ReceiptRead})
	}
	require.Len(t, m.Receipts, 2)
}

func TestHugeMessagesAreNotDecoded(t *testing.T) {
	t.Parallel()
	_, err := decodeMessage(make([]byte, maxMessage+1))
	require.Error(t, err)
}
