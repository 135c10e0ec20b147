package privacy

import (
	"slices"
	"time"
)

// Blocklist are the people whom an account wants to hear nothing from; the zero value is empty.
type Blocklist struct {
	list list
}

// Has says whether somebody is blocked.
func (b *Blocklist) Has(who string) bool { return slices.Contains(b.list.people, who) }

// People lists who is blocked, in the order in which it happened.
func (b *Blocklist) People() []string { return slices.Clone(b.list.people) }

// Stamp is the list's version.
func (b *Blocklist) Stamp() string { return b.list.name() }

// Block adds somebody and says whether that changed the list. ErrFull.
func (b *Blocklist) Block(who string, now time.Time) (changed bool, err error) {
	if b.Has(who) {
		return false, nil
	}
	if len(b.list.people) >= maxListed {
		return false, ErrFull
	}
	b.list = list{stamp: next(b.list.stamp, now), people: append(b.People(), who)}
	return true, nil
}

// Unblock removes somebody and says whether that changed the list.
func (b *Blocklist) Unblock(who string, now time.Time) (changed bool) {
	if !b.Has(who) {
		return false
	}
	b.list = list{stamp: next(b.list.stamp, now), people: edit(b.list.people, nil, []string{who})}
	return true
}
