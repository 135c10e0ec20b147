package api

import (
	"sync"
	"time"

	"github.com/myaibud/aibud/engine"
)

const (
	// recheckAfter is how long a session is believed without a look at the
	// store: what one page asks for at once is looked up once. A session that
	// another process ends, or a password changed there, counts after that time.
	recheckAfter = 5 * time.Second
	// knownSessions bounds how many are kept.
	knownSessions = 10_000
)

// sessionCache remembers whose sessions were seen a moment ago.
type sessionCache struct {
	mu    sync.Mutex
	known map[sessionKey]knownSession
	ended uint64 // how many sessions this process has ended
}

type knownSession struct {
	user engine.User
	at   time.Time
}

// get returns whose session it is, if that was looked up just now, and
// otherwise the count to give to put.
func (c *sessionCache) get(key sessionKey, now time.Time) (user engine.User, known bool, ended uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	session, known := c.known[key]
	if age := now.Sub(session.at); age < 0 || age >= recheckAfter {
		known = false
	}
	return session.user, known, c.ended
}

// put keeps what was looked up, unless a session has ended meanwhile: it may
// have been this one.
func (c *sessionCache) put(key sessionKey, user engine.User, now time.Time, ended uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended != ended {
		return
	}
	if c.known == nil || len(c.known) >= knownSessions {
		c.known = make(map[sessionKey]knownSession)
	}
	c.known[key] = knownSession{user, now}
}

// drop forgets a session that has ended.
func (c *sessionCache) drop(key sessionKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended++
	delete(c.known, key)
}
