package trust

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"time"
)

const (
	// Bucket is how long somebody's newest token stands before they issue a new one.
	Bucket = 7 * 24 * time.Hour
	// Buckets is how many of these spans a token is good for, the one of its issue included.
	Buckets = 4

	tokenLength = 16
	// maxTokens bounds how many people one account lets write to it.
	maxTokens = 20_000
)

// Token lets one person write to another.
type Token struct {
	Value []byte
	At    time.Time
}

// Fresh says whether a token of that time is still good.
func Fresh(at, now time.Time) bool { return bucket(now)-bucket(at) < Buckets }

func bucket(t time.Time) int64 { return t.Unix() / int64(Bucket/time.Second) }

// Book is whom an account trusts: the tokens that it issued, by who may use them. The zero value is ready. It is not safe
// for concurrent use.
type Book struct {
	issued map[string]Token
}

// Issue makes a token for somebody in place of the one that they have.
func (b *Book) Issue(to string, now time.Time) Token {
	if b.issued == nil {
		b.issued = make(map[string]Token)
	}
	if _, known := b.issued[to]; !known && len(b.issued) >= maxTokens {
		b.prune(now)
	}
	token := Token{Value: make([]byte, tokenLength), At: now}
	// Never fails: crypto/rand ends the program instead (Go 1.24).
	_, _ = rand.Read(token.Value)
	b.issued[to] = token
	return token
}

// prune forgets tokens that are over, or the oldest one if none is.
func (b *Book) prune(now time.Time) {
	var oldest string
	for who, token := range b.issued {
		if !Fresh(token.At, now) {
			delete(b.issued, who)
		} else if oldest == "" || token.At.Before(b.issued[oldest].At) {
			oldest = who
		}
	}
	if len(b.issued) >= maxTokens {
		delete(b.issued, oldest)
	}
}

// Due says whether somebody's token is missing or from an earlier bucket.
func (b *Book) Due(to string, now time.Time) bool {
	token, ok := b.issued[to]
	return !ok || bucket(now) > bucket(token.At)
}

// Held is the token that somebody has from this account, if it is good.
func (b *Book) Held(by string, now time.Time) (Token, bool) {
	token, ok := b.issued[by]
	if !ok || !Fresh(token.At, now) {
		return Token{}, false
	}
	return Token{bytes.Clone(token.Value), token.At}, true
}

// Accepts says whether value is the good token that somebody has.
func (b *Book) Accepts(from string, value []byte, now time.Time) bool {
	token, ok := b.Held(from, now)
	return ok && subtle.ConstantTimeCompare(token.Value, value) == 1
}

// Cap is how many new chats an account may begin in a span. The zero value has no bound. It is not safe for concurrent
// use.
type Cap struct {
	Total int // 0: no bound
	From  time.Time
	Until time.Time
	begun map[string]struct{}
}

// NewCap bounds the chats begun from now on.
func NewCap(total int, from, until time.Time) Cap {
	return Cap{Total: total, From: from, Until: until, begun: make(map[string]struct{})}
}

// Active says whether the bound holds.
func (c *Cap) Active(now time.Time) bool { return c.Total > 0 && now.Before(c.Until) }

// Used is how many new chats were begun.
func (c *Cap) Used() int { return len(c.begun) }

// Begin counts a chat with somebody and says whether it may begin. A chat that was counted goes on.
func (c *Cap) Begin(with string, now time.Time) bool {
	if !c.Active(now) {
		return true
	}
	if _, ok := c.begun[with]; ok {
		return true
	}
	if len(c.begun) >= c.Total {
		return false
	}
	c.begun[with] = struct{}{}
	return true
}
