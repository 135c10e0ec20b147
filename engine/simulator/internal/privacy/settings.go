package privacy

import (
	"errors"
	"slices"
	"strconv"
	"time"
)

// Categories of privacy settings, by their names in queries.
const (
	GroupAdd     = "groupadd"
	LastSeen     = "last"
	About        = "status"
	Picture      = "profile"
	ReadReceipts = "readreceipts"
	Online       = "online"
	CallAdd      = "calladd"
	Messages     = "messages"
	Defense      = "defense"
	Stickers     = "stickers"
)

// Values of categories.
const (
	All              = "all"
	Contacts         = "contacts"
	ContactAllowlist = "contact_allowlist"
	ContactBlacklist = "contact_blacklist"
	MatchLastSeen    = "match_last_seen"
	Known            = "known"
	None             = "none"
	OnStandard       = "on_standard"
	Off              = "off"
)

// Unstamped is the stamp of a list that was never changed.
const Unstamped = "none"

// maxListed bounds a list.
const maxListed = 5000

var (
	// ErrUnknown says that there is no such category, or a value that it does not have.
	ErrUnknown = errors.New("unknown privacy category or value")
	// ErrStale says that the list was changed since the stamp that the change names.
	ErrStale = errors.New("privacy list changed meanwhile")
	// ErrFull refuses too many people on a list.
	ErrFull = errors.New("privacy list too long")
)

// Categories lists the categories in the order in which an answer has them.
func Categories() []string {
	return []string{
		ReadReceipts, LastSeen, Online, Picture, About, GroupAdd, CallAdd, Messages, Defense, Stickers,
	}
}

// values are what a category may be set to, the default first; nil for an unknown category.
func values(category string) []string {
	switch category {
	case LastSeen, About, Picture, GroupAdd:
		return []string{All, Contacts, ContactBlacklist, None}
	case ReadReceipts:
		return []string{All, None}
	case Online:
		return []string{All, MatchLastSeen}
	case CallAdd:
		return []string{All, Known}
	case Messages:
		return []string{All, Contacts}
	case Defense:
		return []string{Off, OnStandard}
	case Stickers:
		return []string{Contacts, ContactAllowlist, None}
	default:
		return nil
	}
}

// Settings are an account's privacy settings; the zero value has the defaults.
type Settings struct {
	values map[string]string
	lists  map[string]*list
}

// list are the people that a category's list names, by any key that the caller finds them by.
type list struct {
	stamp  int64
	people []string
}

// Change is what a client wants of one category.
type Change struct {
	Category, Value string
	// Stamp is the list's stamp as the client knows it, "" if it does not say.
	Stamp       string
	Add, Remove []string
}

// Value is a category's value, "" for an unknown category.
func (s *Settings) Value(category string) string {
	if value, ok := s.values[category]; ok {
		return value
	}
	if known := values(category); known != nil {
		return known[0]
	}
	return ""
}

// Apply makes a change and returns the stamp of the category's list, "" if its value has none. ErrUnknown, ErrStale,
// ErrFull; a change that fails leaves everything as it was.
func (s *Settings) Apply(c Change, now time.Time) (stamp string, err error) {
	if !slices.Contains(values(c.Category), c.Value) {
		return "", ErrUnknown
	}
	if !listed(c.Value) {
		if len(c.Add)+len(c.Remove) > 0 {
			return "", ErrUnknown
		}
		s.set(c.Category, c.Value)
		return "", nil
	}
	known := s.lists[c.Category]
	if known == nil {
		known = new(list)
	}
	if c.Stamp != "" && c.Stamp != known.name() {
		return "", ErrStale
	}
	people := edit(known.people, c.Add, c.Remove)
	if len(people) > maxListed {
		return "", ErrFull
	}
	if s.lists == nil {
		s.lists = make(map[string]*list)
	}
	s.lists[c.Category] = &list{stamp: next(known.stamp, now), people: people}
	s.set(c.Category, c.Value)
	return s.lists[c.Category].name(), nil
}

func (s *Settings) set(category, value string) {
	if s.values == nil {
		s.values = make(map[string]string)
	}
	s.values[category] = value
}

// List gives the people on a category's list and its stamp; false while the category's value has no list.
func (s *Settings) List(category string) (people []string, stamp string, ok bool) {
	if !listed(s.Value(category)) {
		return nil, "", false
	}
	known := s.lists[category]
	if known == nil {
		return nil, Unstamped, true
	}
	return slices.Clone(known.people), known.name(), true
}

// Admits says whether a category lets somebody see or do what it covers; contact tells whether the account's owner has
// that person in the address book. Categories that are switches (defense, read receipts) admit by their value alone.
func (s *Settings) Admits(category, who string, contact bool) bool {
	switch s.Value(category) {
	case All, MatchLastSeen, OnStandard:
		return true
	case Contacts, Known:
		return contact
	case ContactBlacklist:
		return contact && !s.names(category, who)
	case ContactAllowlist:
		return s.names(category, who)
	default:
		return false
	}
}

func (s *Settings) names(category, who string) bool {
	known := s.lists[category]
	return known != nil && slices.Contains(known.people, who)
}

func listed(value string) bool { return value == ContactBlacklist || value == ContactAllowlist }

func (l *list) name() string {
	if l.stamp == 0 {
		return Unstamped
	}
	return strconv.FormatInt(l.stamp, 10)
}

// next is a stamp later than the last one.
func next(last int64, now time.Time) int64 { return max(last+1, now.UnixMilli()) }

// edit adds and removes; a person that is added stands on the list once.
func edit(people, add, remove []string) []string {
	out := slices.DeleteFunc(slices.Clone(people), func(who string) bool { return slices.Contains(remove, who) })
	for _, who := range add {
		if !slices.Contains(out, who) {
			out = append(out, who)
		}
	}
	return out
}
