package api

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/myaibud/aibud/engine"
)

func TestLimiterSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	l := newLimiter(rate.Every(10*time.Second), 3, 100, func() time.Time { return now })
	for range 3 {
		require.NoError(t, l.take("a"))
	}
	var refused *Problem
	require.ErrorAs(t, l.take("a"), &refused)
	require.Equal(t, engine.CodeTooMany, refused.Code)
	require.Equal(t, http.StatusTooManyRequests, refused.Status)
	require.Equal(t, "10", refused.GetHeaders().Get("Retry-After"))
	require.Error(t, l.take("a"), "what was refused does not count, but nothing was gained either")
	require.NoError(t, l.take("b"), "another key has its own count")

	now = now.Add(10 * time.Second)
	require.NoError(t, l.take("a"))
	require.Error(t, l.take("a"))
	l.forget("a")
	l.forget("never seen")
	require.NoError(t, l.take("a"))
}

func TestLimiterForgetsTheOldestKey(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := newLimiter(rate.Every(time.Hour), 1, 3, func() time.Time { return now })
	require.NoError(t, l.take("kept"))
	for i := range 1000 {
		require.NoError(t, l.take(fmt.Sprint(i)))
		require.Error(t, l.take("kept"), "used all the time")
	}
	require.Len(t, l.keys, 3)
	require.Equal(t, 3, l.order.Len())
}

func TestForwardedAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ remote, forwarded, want string }{
		{"127.0.0.1:1", "203.0.113.9", "203.0.113.9"},
		{"10.1.2.3:1", "198.51.100.1, 203.0.113.9", "203.0.113.9"},
		{"[::1]:1", "2001:db8:1:2::4", "2001:db8:1:2::/64"},
		{"192.0.2.7:1", "203.0.113.9", "192.0.2.7"}, // not our proxy
		{"127.0.0.1:1", "", "127.0.0.1"},
		{"127.0.0.1:1", "rubbish", "127.0.0.1"},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{}}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		require.Equal(t, c.want, ForwardedAddress(r), "%+v", c)
	}
}

func TestRemoteAddress(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"192.0.2.7:1234":           "192.0.2.7",
		"[::ffff:192.0.2.7]:1234":  "192.0.2.7",
		"[2001:db8:1:2:3::4]:1234": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:1234":      "fe80::/64",
		"pipe":                     "pipe",
	} {
		require.Equal(t, want, remoteAddress(&http.Request{RemoteAddr: remote}), remote)
	}
}
