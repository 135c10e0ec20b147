package simulator

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRecentForgetsTheOldest(t *testing.T) {
	t.Parallel()
	r := recent[int, string]{limit: 2}
	r.put(1, "one")
	r.put(2, "two")
	r.put(1, "uno") // keeps its age
	r.put(3, "three")
	_, ok := r.get(1)
	require.False(t, ok)
	got, ok := r.get(2)
	require.True(t, ok)
	require.Equal(t, "two", got)
	require.Len(t, r.items, 2)
	require.Len(t, r.order, 2)
}
