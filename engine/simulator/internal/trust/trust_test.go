package trust_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/simulator/internal/trust"
)

func TestTokensAge(t *testing.T) {
	t.Parallel()
	var b trust.Book
	start := time.Unix(int64(trust.Bucket/time.Second)*2900, 0) // the first second of a bucket
	require.True(t, b.Due("lead", start))
	token := b.Issue("lead", start)
	require.False(t, b.Due("lead", start.Add(trust.Bucket-time.Second)))
	require.True(t, b.Due("lead", start.Add(trust.Bucket)))
	require.True(t, b.Accepts("lead", token.Value, start.Add(trust.Buckets*trust.Bucket-time.Second)))
	require.False(t, b.Accepts("lead", token.Value, start.Add(trust.Buckets*trust.Bucket)))
	require.False(t, b.Accepts("other", token.Value, start))
	require.False(t, b.Accepts("lead", nil, start))

	held, ok := b.Held("lead", start)
	require.True(t, ok)
	require.Equal(t, token, held)
	next := b.Issue("lead", start.Add(time.Hour))
	require.False(t, b.Accepts("lead", token.Value, start.Add(time.Hour)), "a new one replaces the old")
	require.True(t, b.Accepts("lead", next.Value, start.Add(time.Hour)))
}

func TestBookIsBounded(t *testing.T) {
	t.Parallel()
	var b trust.Book
	start := time.Unix(1_800_000_000, 0)
	first := b.Issue("0", start)
	for i := 1; i <= 20_000; i++ {
		b.Issue(strconv.Itoa(i), start.Add(time.Duration(i)))
	}
	require.False(t, b.Accepts("0", first.Value, start), "the oldest makes room")
	_, ok := b.Held("20000", start)
	require.True(t, ok)
}

func TestCap(t *testing.T) {
	t.Parallel()
	var none trust.Cap
	start := time.Unix(1_800_000_000, 0)
	require.True(t, none.Begin("a", start))
	c := trust.NewCap(2, start, start.Add(time.Hour))
	require.True(t, c.Begin("a", start))
	require.True(t, c.Begin("b", start))
	require.False(t, c.Begin("c", start))
	require.True(t, c.Begin("a", start), "a chat that has begun goes on")
	require.Equal(t, 2, c.Used())
	require.True(t, c.Begin("c", start.Add(time.Hour)), "the span is over")
}
