package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func TestSessionCache(t *testing.T) {
	var c sessionCache
	key, other, now := keyOf("token"), keyOf("other"), time.Now()
	_, known, ended := c.get(key, now)
	require.False(t, known)
	c.put(key, engine.User{ID: "thandi"}, now, ended)
	c.put(other, engine.User{ID: "sipho"}, now, ended)
	user, known, _ := c.get(key, now.Add(recheckAfter-1))
	require.True(t, known)
	require.Equal(t, engine.UserID("thandi"), user.ID)
	for _, at := range []time.Duration{recheckAfter, -time.Second} { // later, and after the clock was set back
		_, known, _ = c.get(key, now.Add(at))
		require.False(t, known)
	}

	_, _, ended = c.get(key, now)
	c.drop(key)
	_, known, _ = c.get(key, now)
	require.False(t, known, "it has ended")
	_, known, _ = c.get(other, now)
	require.True(t, known)
	c.put(key, engine.User{ID: "thandi"}, now, ended)
	_, known, _ = c.get(key, now)
	require.False(t, known, "it was looked up before it ended")
}

func TestSessionCacheIsBounded(t *testing.T) {
	var c sessionCache
	for i := range 2 * knownSessions {
		c.put(sessionKey{byte(i), byte(i >> 8), byte(i >> 16)}, engine.User{}, time.Now(), 0)
	}
	require.LessOrEqual(t, len(c.known), knownSessions)
}
