package api

import (
	"cmp"
	"container/list"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/myaibud/aibud/engine"
)

// Limits bounds how often somebody may try to sign in or up, ask a phone, or
// show what a seat does.
type Limits struct {
	EmailBurst   int           // sign-ins of one e-mail address from one client address in a row; 0: 8
	EmailEvery   time.Duration // and one more after each such time; 0: 30 s
	AddressBurst int           // attempts from one client address in a row; 0: 30
	AddressEvery time.Duration // and one more after each such time; 0: 4 s
	AskBurst     int           // requests to the phone for one message in a row; 0: 2
	AskEvery     time.Duration // and one more after each such time; 0: 1 min
	ShowBurst    int           // changes of “typing…” in one chat in a row; 0: 10
	ShowEvery    time.Duration // and one more after each such time; 0: 1 s
	Keys         int           // how many of each are remembered; 0: 20,000
}

func (l Limits) withDefaults() Limits {
	return Limits{
		EmailBurst: cmp.Or(l.EmailBurst, 8), EmailEvery: cmp.Or(l.EmailEvery, 30*time.Second),
		AddressBurst: cmp.Or(l.AddressBurst, 30), AddressEvery: cmp.Or(l.AddressEvery, 4*time.Second),
		AskBurst: cmp.Or(l.AskBurst, 2), AskEvery: cmp.Or(l.AskEvery, time.Minute),
		ShowBurst: cmp.Or(l.ShowBurst, 10), ShowEvery: cmp.Or(l.ShowEvery, time.Second),
		Keys: cmp.Or(l.Keys, 20_000),
	}
}

type attempts struct{ guesses, addresses, questions, shows *limiter }

func newAttempts(l Limits, now func() time.Time) attempts {
	return attempts{
		guesses:   newLimiter(rate.Every(l.EmailEvery), l.EmailBurst, l.Keys, now),
		addresses: newLimiter(rate.Every(l.AddressEvery), l.AddressBurst, l.Keys, now),
		questions: newLimiter(rate.Every(l.AskEvery), l.AskBurst, l.Keys, now),
		shows:     newLimiter(rate.Every(l.ShowEvery), l.ShowBurst, l.Keys, now),
	}
}

// limiter counts attempts by key. It forgets the key that was not used for
// the longest time when it has too many.
type limiter struct {
	every rate.Limit
	burst int
	most  int
	now   func() time.Time

	mu    sync.Mutex
	keys  map[string]*list.Element // of *bucket
	order *list.List               // the one used last is in front
}

type bucket struct {
	key   string
	limit *rate.Limiter
}

func newLimiter(every rate.Limit, burst, most int, now func() time.Time) *limiter {
	return &limiter{every: every, burst: burst, most: most, now: now, keys: map[string]*list.Element{}, order: list.New()}
}

// take counts an attempt, or says with Retry-After when the next is allowed.
func (l *limiter) take(key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, limit := l.now(), l.bucket(key)
	reservation := limit.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait <= 0 {
		return nil
	}
	reservation.CancelAt(now)
	seconds := strconv.Itoa(int(math.Ceil(wait.Seconds())))
	p := newProblem(engine.CodeTooMany, "Too many attempts. Try again in "+seconds+" seconds.")
	p.header = http.Header{"Retry-After": {seconds}}
	return p
}

// forget starts a key's count anew.
func (l *limiter) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if element, ok := l.keys[key]; ok {
		l.order.Remove(element)
		delete(l.keys, key)
	}
}

func (l *limiter) bucket(key string) *rate.Limiter {
	if element, ok := l.keys[key]; ok {
		l.order.MoveToFront(element)
		return element.Value.(*bucket).limit
	}
	if len(l.keys) >= l.most {
		oldest := l.order.Remove(l.order.Back()).(*bucket)
		delete(l.keys, oldest.key)
	}
	made := &bucket{key: key, limit: rate.NewLimiter(l.every, l.burst)}
	l.keys[key] = l.order.PushFront(made)
	return made.limit
}

// ForwardedAddress names a client as remoteAddress does, behind a proxy of
// our own: the last entry of X-Forwarded-For is the one that the proxy added.
// It counts only if the connection comes from this machine or a private
// network, where the proxy is; anybody else could write what they like.
func ForwardedAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return remoteAddress(r)
	}
	peer, err := netip.ParseAddr(host)
	if err != nil || (!peer.Unmap().IsLoopback() && !peer.Unmap().IsPrivate()) {
		return remoteAddress(r)
	}
	entries := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	client, err := netip.ParseAddr(strings.TrimSpace(entries[len(entries)-1]))
	if err != nil {
		return remoteAddress(r)
	}
	return clientName(client)
}

// remoteAddress names a client by the address its connection comes from. An
// IPv6 customer has a whole /64, so that is one client.
func remoteAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	return clientName(address)
}

func clientName(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	if network, err := address.Prefix(64); err == nil && address.Is6() {
		return network.String()
	}
	return address.String()
}
