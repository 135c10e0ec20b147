package simulator

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

func TestQueue(t *testing.T) {
	t.Parallel()
	from := types.NewJID("27821234567", types.DefaultUserServer)
	make1 := func(id string) *entry {
		return &entry{attempts: 1, node: binary.Node{Tag: "message", Attrs: binary.Attrs{"id": id, "from": from, "type": "text"}}}
	}
	ids := func(q *queue) (out []string) {
		for _, e := range q.all() {
			out = append(out, attr(&e.node, "id"))
		}
		return out
	}
	var q queue
	for _, id := range []string{"a", "b", "b", "c", "d"} {
		require.Zero(t, q.add(make1(id)))
	}
	require.True(t, q.acknowledge(make1("b").key()))
	require.Equal(t, []string{"a", "b", "c", "d"}, ids(&q))
	require.False(t, q.acknowledge(make1("x").key()))
	require.True(t, q.acknowledge(make1("d").key()))
	require.True(t, q.acknowledge(make1("a").key()))
	require.Equal(t, []string{"b", "c"}, ids(&q))
	unsent := make1("e")
	unsent.attempts = 0
	q.add(unsent)
	require.False(t, q.acknowledge(unsent.key()), "the client can't have it yet")
	require.True(t, q.acknowledge(make1("b").key()))
	require.True(t, q.acknowledge(make1("c").key()))
	require.Equal(t, 1, q.count)

	q = queue{}
	for i := range maxPending {
		require.Zero(t, q.add(make1(strconv.Itoa(i))))
	}
	require.Equal(t, 1, q.add(make1("last")))
	require.Equal(t, maxPending, q.count)
	require.Equal(t, "1", ids(&q)[0])
	for i := maxPending - 1; i > 0; i-- {
		require.True(t, q.acknowledge(make1(strconv.Itoa(i)).key()))
	}
	require.True(t, q.acknowledge(make1("last").key()))
	require.Equal(t, queue{}, q)
}
