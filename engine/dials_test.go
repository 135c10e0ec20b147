package engine

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDialsTellWhenNobodyConnects(t *testing.T) {
	var told []int
	d := newDials(2, func(connects int) { told = append(told, connects) })
	require.True(t, d.take(t.Context()))
	require.True(t, d.take(t.Context()))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.False(t, d.take(ended), "there is no third slot")
	d.release()
	require.True(t, d.take(t.Context()))
	d.release()
	require.Empty(t, told)
	d.release()
	require.True(t, d.take(t.Context()))
	d.release()
	require.Equal(t, []int{3, 1}, told)
}
