package whatsmeow

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// TestFailedAnswerIsTriedAgain: the turn is given back whatever becomes of an
// answer, and a question whose answer was not sent is not forgotten.
func TestFailedAnswerIsTriedAgain(t *testing.T) {
	s := &session{}
	s.ctx, s.cancel = context.WithCancel(t.Context())
	defer s.cancel()
	r := &s.resending
	r.turn = make(chan struct{}, 1)
	who := types.NewJID("27821234567", types.DefaultUserServer)
	q := question{"ID", who}
	node := &waBinary.Node{Tag: "receipt", Attrs: waBinary.Attrs{"id": q.id, "from": who, "type": "retry"}}
	require.Equal(t, q, questionOf(node, "from"))
	receipt := &events.Receipt{MessageIDs: []types.MessageID{q.id}, MessageSource: types.MessageSource{Sender: who}}
	free := func() bool { return len(r.turn) == 0 }

	for try := 1; try <= answerTries; try++ {
		r.ask(q, node)
		require.True(t, s.answering(receipt, q.id, 1, nil))
		require.False(t, free())
		r.sending("another message")
		again := r.end(q)
		require.True(t, free())
		if try == answerTries {
			require.Nil(t, again, "it is given up some time")
			break
		}
		require.Equal(t, &asked{node: node, tries: try}, again)
	}
	require.Empty(t, r.asked)

	r.ask(q, node)
	require.True(t, s.answering(receipt, q.id, 1, nil))
	r.sending(q.id)
	require.Nil(t, r.end(q), "it was answered")
	require.True(t, free())
	require.Empty(t, r.asked)

	r.ask(q, node)
	require.Nil(t, r.end(q), "there is no such message")
	require.Empty(t, r.asked)
	s.moved()
	require.True(t, free(), "nobody had the turn")
}
