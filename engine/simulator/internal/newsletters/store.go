package newsletters

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

var (
	// ErrNotFound says that there is no such channel or message, or it was deleted.
	ErrNotFound = errors.New("channel or message not found")
	// ErrForbidden says that the person's role does not allow it, or the channel is suspended.
	ErrForbidden = errors.New("not allowed in this channel")
	// ErrInvalid refuses an argument that makes no sense, or a bound that is reached.
	ErrInvalid = errors.New("invalid for a channel")
)

const (
	// MaxName is in characters, as in WhatsApp's own apps.
	MaxName = 100
	// MaxDescription is in characters, as in WhatsApp's own apps.
	MaxDescription = 2048
	// MaxBody bounds a message's bytes (WhatsApp Web's parser takes up to 1,048,576).
	MaxBody = 1 << 20

	maxOwned    = 100
	maxChannels = 100_000
	maxAdmins   = 16
	firstServer = 100
)

// Role is what somebody is in a channel, in the words of the GraphQL answers.
type Role string

// Roles; a Guest is anybody else.
const (
	Guest      Role = "GUEST"
	Subscriber Role = "SUBSCRIBER"
	Admin      Role = "ADMIN"
	Owner      Role = "OWNER"
)

// State is how a channel fares.
type State string

// States of a channel.
const (
	Active       State = "ACTIVE"
	Suspended    State = "SUSPENDED"
	GeoSuspended State = "GEOSUSPENDED"
	Deleted      State = "DELETED"
)

// Reactions says which reactions a channel lets people give.
type Reactions string

// Kinds of reactions that are let through. Basic are the six that WhatsApp's apps offer first.
const (
	AllReactions   Reactions = "ALL"
	BasicReactions Reactions = "BASIC"
	NoReactions    Reactions = "NONE"
)

// Text is a name or description with when it was written.
type Text struct {
	Text    string
	Updated time.Time
}

// Info is a channel as one person sees it.
type Info struct {
	ID                string // the address without its server
	Invite            string
	Created           time.Time
	Name, Description Text
	Subscribers       int // without the owner
	Verified          bool
	State             State
	Reactions         Reactions
	Role              Role
	Muted             bool
}

// Member is one of those who follow or run a channel.
type Member struct {
	ID   string
	Role Role
}

// Store keeps channels. The zero value is ready; its methods may be called at once from many goroutines.
type Store struct {
	mu       sync.Mutex
	channels map[string]*channel
	invites  map[string]*channel
	followed map[string]map[*channel]struct{} // by person
	kept     Limits
}

type channel struct {
	id, invite  string
	created     time.Time
	name        Text
	description Text
	verified    bool
	state       State
	reactions   Reactions
	owner       string
	members     map[string]*member
	messages    []*message // ascending by server id
	byID        map[string]*message
	next        int
	listeners   map[string]time.Time
	bytes       int
}

type member struct {
	role  Role
	muted bool
}

func checkTexts(name, description string) error {
	switch {
	case strings.TrimSpace(name) == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > MaxName:
		return fmt.Errorf("%w: a name of 1 to %d characters", ErrInvalid, MaxName)
	case !utf8.ValidString(description) || utf8.RuneCountInString(description) > MaxDescription:
		return fmt.Errorf("%w: a description of at most %d characters", ErrInvalid, MaxDescription)
	default:
		return nil
	}
}

// Create makes a channel that owner runs. ErrInvalid.
func (s *Store) Create(owner, name, description string, now time.Time) (Info, error) {
	if err := checkTexts(name, description); err != nil {
		return Info{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.channels == nil {
		s.channels, s.invites = make(map[string]*channel), make(map[string]*channel)
		s.followed = make(map[string]map[*channel]struct{})
	}
	if s.owned(owner) >= maxOwned || len(s.channels) >= maxChannels {
		return Info{}, fmt.Errorf("%w: too many channels", ErrInvalid)
	}
	c := &channel{
		id: freshID(s.channels), invite: freshInvite(s.invites), created: now,
		name: Text{name, now}, description: Text{description, now}, state: Active, reactions: AllReactions,
		owner: owner, members: make(map[string]*member), byID: make(map[string]*message), next: firstServer,
		listeners: make(map[string]time.Time),
	}
	s.channels[c.id], s.invites[c.invite] = c, c
	s.join(c, owner, Owner)
	return c.info(owner), nil
}

func (s *Store) owned(owner string) int {
	count := 0
	for c := range s.followed[owner] {
		if c.owner == owner {
			count++
		}
	}
	return count
}

func (s *Store) join(c *channel, who string, role Role) {
	c.members[who] = &member{role: role}
	if s.followed[who] == nil {
		s.followed[who] = make(map[*channel]struct{})
	}
	s.followed[who][c] = struct{}{}
}

func (c *channel) role(who string) Role {
	if m := c.members[who]; m != nil {
		return m.role
	}
	return Guest
}

func (c *channel) runs(who string) bool {
	role := c.role(who)
	return role == Owner || role == Admin
}

func (c *channel) info(viewer string) Info {
	info := Info{
		ID: c.id, Invite: c.invite, Created: c.created, Name: c.name, Description: c.description,
		Subscribers: max(len(c.members)-1, 0), Verified: c.verified, State: c.state, Reactions: c.reactions,
		Role: c.role(viewer),
	}
	if m := c.members[viewer]; m != nil {
		info.Muted = m.muted
	}
	return info
}

// Get describes a channel to somebody. ErrNotFound.
func (s *Store) Get(id, viewer string) (Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[id]
	if c == nil {
		return Info{}, ErrNotFound
	}
	return c.info(viewer), nil
}

// Invited describes the channel that an invite code names. ErrNotFound.
func (s *Store) Invited(code, viewer string) (Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.invites[code]
	if c == nil {
		return Info{}, ErrNotFound
	}
	return c.info(viewer), nil
}

// Followed lists the channels that somebody follows or runs, the oldest first.
func (s *Store) Followed(viewer string) []Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Info, 0, len(s.followed[viewer]))
	for c := range s.followed[viewer] {
		out = append(out, c.info(viewer))
	}
	slices.SortFunc(out, byAge)
	return out
}

// Directory lists up to limit active channels, those with the most followers first.
func (s *Store) Directory(viewer string, limit int) []Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Info
	for _, c := range s.channels {
		if c.state == Active {
			out = append(out, c.info(viewer))
		}
	}
	slices.SortFunc(out, func(a, b Info) int {
		return cmp.Or(cmp.Compare(b.Subscribers, a.Subscribers), byAge(a, b))
	})
	return out[:min(len(out), max(limit, 0))]
}

func byAge(a, b Info) int { return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) }

// Members lists who follows or runs a channel, in a fixed order.
func (s *Store) Members(id string) []Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[id]
	if c == nil {
		return nil
	}
	out := make([]Member, 0, len(c.members))
	for who, m := range c.members {
		out = append(out, Member{who, m.role})
	}
	slices.SortFunc(out, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// freshID draws an address of the form that channels have: 120363 and twelve digits.
func freshID(taken map[string]*channel) string {
	for {
		id := "120363" + digits(12)
		if taken[id] == nil {
			return id
		}
	}
}

// freshInvite draws a code as in https://whatsapp.com/channel/0029Va….
func freshInvite(taken map[string]*channel) string {
	for {
		code := "0029Va" + draw("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 18)
		if taken[code] == nil {
			return code
		}
	}
}

func digits(n int) string { return draw("0123456789", n) }

func draw(alphabet string, n int) string {
	out := make([]byte, n)
	for i := range out {
		// Never fails: crypto/rand ends the program instead (Go 1.24).
		k, _ := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		out[i] = alphabet[k.Int64()]
	}
	return string(out)
}
