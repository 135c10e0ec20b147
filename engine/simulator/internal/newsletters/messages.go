package newsletters

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"
)

// Limits bound what a Store keeps of each channel; the oldest messages go first.
type Limits struct {
	Messages int // default 1000
	Bytes    int // of all bodies, default 16 MiB
}

const (
	keptMessages = 1000
	keptBytes    = 16 << 20
	maxIDLength  = 128
	maxReaction  = 64 // bytes of one emoji with its modifiers
	maxVotes     = 12 // options of a poll
	maxPage      = 100
	defaultPage  = 50
	maxListeners = 10_000
)

// Post is what an admin publishes.
type Post struct {
	ID       string // the sender's, unique in the channel
	Type     string // "text", "media" or "poll"
	Media    string // kind of media, "" for none
	Handle   string // what the upload of the media was answered with
	PollType string // "creation" for a poll
	Body     []byte // the message, encoded
}

// Message is a message of a channel with what people did with it.
type Message struct {
	Post
	ServerID  int
	Author    string
	Posted    time.Time
	Edited    time.Time // zero unless it was edited
	Revoked   bool
	Views     int
	Reactions map[string]int // by emoji
	Votes     []Vote
	Mine      string // the viewer's own reaction
}

// Vote counts those who chose a poll's option.
type Vote struct {
	Hash  []byte // SHA-256 of the option's text
	Count int
}

type message struct {
	post      Post
	serverID  int
	author    string
	posted    time.Time
	edited    time.Time
	changed   time.Time
	revoked   bool
	viewers   map[string]struct{}
	reactions map[string]string
	votes     map[string][][]byte
}

// Keep changes the limits; what is beyond them goes at the next message.
func (s *Store) Keep(limits Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = limits
}

// Publish posts a message and says whether it is new: the same person's second post with the same id is the first one
// sent again. ErrNotFound, ErrForbidden, ErrInvalid.
func (s *Store) Publish(id, who string, post Post, now time.Time) (m Message, fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.runBy(id, who)
	if err != nil {
		return Message{}, false, err
	}
	if known := c.byID[post.ID]; known != nil {
		if known.author != who {
			return Message{}, false, fmt.Errorf("%w: the message id is taken", ErrInvalid)
		}
		return known.view(who), false, nil
	}
	if post.ID == "" || len(post.ID) > maxIDLength || len(post.Body) == 0 || len(post.Body) > MaxBody {
		return Message{}, false, fmt.Errorf("%w: a message needs an id and 1 to %d bytes", ErrInvalid, MaxBody)
	}
	post.Body = bytes.Clone(post.Body)
	kept := &message{
		post: post, serverID: c.next, author: who, posted: now, changed: now,
		viewers: make(map[string]struct{}), reactions: make(map[string]string), votes: make(map[string][][]byte),
	}
	c.next++
	c.messages = append(c.messages, kept)
	c.byID[post.ID] = kept
	c.bytes += len(post.Body)
	c.trim(s.kept)
	return kept.view(who), true, nil
}

// trim drops the oldest messages beyond the limits.
func (c *channel) trim(limits Limits) {
	count, size := cmp.Or(limits.Messages, keptMessages), cmp.Or(limits.Bytes, keptBytes)
	for len(c.messages) > 1 && (len(c.messages) > count || c.bytes > size) {
		oldest := c.messages[0]
		c.messages[0] = nil
		c.messages = c.messages[1:]
		c.bytes -= len(oldest.post.Body)
		delete(c.byID, oldest.post.ID)
	}
}

func (s *Store) runBy(id, who string) (*channel, error) {
	c, err := s.open(id)
	if err != nil {
		return nil, err
	}
	if !c.runs(who) {
		return nil, fmt.Errorf("%w: only its admins write in it", ErrForbidden)
	}
	return c, nil
}

// Edit replaces a message's content; post.ID names it. ErrNotFound, ErrForbidden, ErrInvalid.
func (s *Store) Edit(id, who string, post Post, now time.Time) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.runBy(id, who)
	if err != nil {
		return Message{}, err
	}
	m := c.byID[post.ID]
	switch {
	case m == nil || m.revoked:
		return Message{}, ErrNotFound
	case len(post.Body) == 0 || len(post.Body) > MaxBody:
		return Message{}, fmt.Errorf("%w: a message of 1 to %d bytes", ErrInvalid, MaxBody)
	}
	c.bytes += len(post.Body) - len(m.post.Body)
	m.post.Type, m.post.Media, m.post.Body = post.Type, post.Media, bytes.Clone(post.Body)
	m.edited, m.changed = now, now
	return m.view(who), nil
}

// Revoke empties a message, which keeps its place. ErrNotFound, ErrForbidden.
func (s *Store) Revoke(id, who, messageID string, now time.Time) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.runBy(id, who)
	if err != nil {
		return Message{}, err
	}
	m := c.byID[messageID]
	if m == nil || m.revoked {
		return Message{}, ErrNotFound
	}
	c.bytes -= len(m.post.Body)
	m.post.Body, m.post.Type, m.post.Media, m.revoked, m.changed = nil, "text", "", true, now
	clear(m.reactions)
	clear(m.votes)
	return m.view(who), nil
}

// followedMessage finds a message for somebody who follows its channel. The caller holds s.mu.
func (s *Store) followedMessage(id, who string, serverID int) (*channel, *message, error) {
	c, err := s.open(id)
	if err != nil {
		return nil, nil, err
	}
	if c.members[who] == nil {
		return nil, nil, fmt.Errorf("%w: only followers take part", ErrForbidden)
	}
	m := c.message(serverID)
	if m == nil || m.revoked {
		return nil, nil, ErrNotFound
	}
	return c, m, nil
}

func (c *channel) message(serverID int) *message {
	i, ok := slices.BinarySearchFunc(c.messages, serverID, func(m *message, id int) int { return cmp.Compare(m.serverID, id) })
	if !ok {
		return nil
	}
	return c.messages[i]
}

// ServerID finds a message by the id that its sender gave it. ErrNotFound.
func (s *Store) ServerID(id, messageID string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[id]
	if c == nil || c.byID[messageID] == nil {
		return 0, ErrNotFound
	}
	return c.byID[messageID].serverID, nil
}

// React sets somebody's reaction to a message, or takes it away if code is "". ErrNotFound, ErrForbidden, ErrInvalid.
func (s *Store) React(id, who string, serverID int, code string, now time.Time) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, m, err := s.followedMessage(id, who, serverID)
	switch {
	case err != nil:
		return Message{}, err
	case len(code) > maxReaction || !utf8.ValidString(code):
		return Message{}, fmt.Errorf("%w: a reaction is one emoji", ErrInvalid)
	case code == "":
		delete(m.reactions, who)
	case !c.reactions.admit(code):
		return Message{}, fmt.Errorf("%w: its admins allow no such reaction", ErrForbidden)
	default:
		m.reactions[who] = code
	}
	m.changed = now
	return m.view(who), nil
}

func (r Reactions) admit(code string) bool {
	switch r {
	case AllReactions:
		return true
	case BasicReactions:
		return slices.Contains([]string{"👍", "❤️", "❤", "😂", "😮", "😢", "🙏"}, code)
	default:
		return false
	}
}

// Vote replaces somebody's choice in a poll; no options withdraw it. ErrNotFound, ErrForbidden, ErrInvalid.
func (s *Store) Vote(id, who string, serverID int, options [][]byte, now time.Time) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, m, err := s.followedMessage(id, who, serverID)
	if err != nil {
		return Message{}, err
	}
	bad := slices.ContainsFunc(options, func(hash []byte) bool { return len(hash) != sha256.Size })
	if m.post.Type != "poll" || len(options) > maxVotes || bad {
		return Message{}, fmt.Errorf("%w: a vote names options of a poll by their SHA-256", ErrInvalid)
	}
	delete(m.votes, who)
	for _, hash := range options {
		m.votes[who] = append(m.votes[who], bytes.Clone(hash))
	}
	m.changed = now
	return m.view(who), nil
}

// View counts somebody as one who saw messages, each person once. Server ids that don't exist are passed over. It
// returns the messages whose count changed. ErrNotFound, ErrForbidden.
func (s *Store) View(id, who string, serverIDs []int, now time.Time) ([]Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.open(id)
	if err != nil {
		return nil, err
	}
	var out []Message
	for _, serverID := range serverIDs {
		m := c.message(serverID)
		if m == nil {
			continue
		}
		if _, seen := m.viewers[who]; !seen {
			m.viewers[who] = struct{}{}
			m.changed = now
			out = append(out, m.view(who))
		}
	}
	return out, nil
}

// History lists the last count messages (0: 50, at most 100) before a server id (0: the end) or after one, ascending.
// ErrNotFound, ErrForbidden.
func (s *Store) History(id, viewer string, count, before, after int) ([]Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.open(id)
	if err != nil {
		return nil, err
	}
	var found []*message
	for _, m := range c.messages {
		if (before == 0 || m.serverID < before) && m.serverID > after {
			found = append(found, m)
		}
	}
	size := page(count)
	if after > 0 {
		found = found[:min(len(found), size)]
	} else {
		found = found[max(len(found)-size, 0):]
	}
	return views(found, viewer), nil
}

// Updates lists up to count messages (0: 50, at most 100) with a server id above after that changed since then.
// ErrNotFound, ErrForbidden.
func (s *Store) Updates(id, viewer string, count, after int, since time.Time) ([]Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.open(id)
	if err != nil {
		return nil, err
	}
	var found []*message
	for _, m := range c.messages {
		if m.serverID > after && !m.changed.Before(since) && len(found) < page(count) {
			found = append(found, m)
		}
	}
	return views(found, viewer), nil
}

func page(count int) int {
	if count <= 0 {
		return defaultPage
	}
	return min(count, maxPage)
}

func views(found []*message, viewer string) []Message {
	out := make([]Message, 0, len(found))
	for _, m := range found {
		out = append(out, m.view(viewer))
	}
	return out
}

func (m *message) view(viewer string) Message {
	out := Message{
		Post: m.post, ServerID: m.serverID, Author: m.author, Posted: m.posted, Edited: m.edited, Revoked: m.revoked,
		Views: len(m.viewers), Reactions: make(map[string]int), Mine: m.reactions[viewer],
	}
	for code := range maps.Values(m.reactions) {
		out.Reactions[code]++
	}
	counts := make(map[string]int)
	for _, options := range m.votes {
		for _, hash := range options {
			counts[string(hash)]++
		}
	}
	for _, hash := range slices.Sorted(maps.Keys(counts)) {
		out.Votes = append(out.Votes, Vote{[]byte(hash), counts[hash]})
	}
	return out
}

// Listen tells a listener of changes to a channel's messages until a time. ErrNotFound, ErrForbidden, ErrInvalid if
// there are too many.
func (s *Store) Listen(id, listener string, until, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.open(id)
	if err != nil {
		return err
	}
	maps.DeleteFunc(c.listeners, func(_ string, end time.Time) bool { return !end.After(now) })
	if _, known := c.listeners[listener]; !known && len(c.listeners) >= maxListeners {
		return fmt.Errorf("%w: too many listeners", ErrInvalid)
	}
	c.listeners[listener] = until
	return nil
}

// Listeners lists who is to be told of changes now.
func (s *Store) Listeners(id string, now time.Time) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[id]
	if c == nil {
		return nil
	}
	maps.DeleteFunc(c.listeners, func(_ string, end time.Time) bool { return !end.After(now) })
	return slices.Sorted(maps.Keys(c.listeners))
}
