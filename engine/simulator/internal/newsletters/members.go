package newsletters

import (
	"fmt"
	"time"
)

// open finds a channel in which something may happen. The caller holds s.mu.
func (s *Store) open(id string) (*channel, error) {
	c := s.channels[id]
	switch {
	case c == nil || c.state == Deleted:
		return nil, ErrNotFound
	case c.state != Active:
		return nil, fmt.Errorf("%w: it is suspended", ErrForbidden)
	default:
		return c, nil
	}
}

// Follow adds somebody to a channel and says whether they are new to it. ErrNotFound, ErrForbidden.
func (s *Store) Follow(id, who string) (info Info, changed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.open(id)
	if err != nil {
		return Info{}, false, err
	}
	if c.members[who] == nil {
		s.join(c, who, Subscriber)
		changed = true
	}
	return c.info(who), changed, nil
}

// Unfollow takes somebody out of a channel; an owner can't leave (ErrForbidden).
func (s *Store) Unfollow(id, who string) (changed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[id]
	switch {
	case c == nil:
		return false, ErrNotFound
	case c.role(who) == Owner && c.state != Deleted:
		return false, fmt.Errorf("%w: the owner has to give it to somebody else or delete it", ErrForbidden)
	case c.members[who] == nil:
		return false, nil
	}
	delete(c.members, who)
	delete(s.followed[who], c)
	return true, nil
}

// Mute sets whether a follower hears of new messages, and says whether that is a change. ErrNotFound, ErrForbidden for
// those who don't follow.
func (s *Store) Mute(id, who string, on bool) (changed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[id]
	if c == nil {
		return false, ErrNotFound
	}
	m := c.members[who]
	if m == nil {
		return false, fmt.Errorf("%w: only followers mute a channel", ErrForbidden)
	}
	changed = m.muted != on
	m.muted = on
	return changed, nil
}

// Change is what an admin alters; nil leaves things as they are.
type Change struct {
	Name, Description *string
	Reactions         *Reactions
}

// Update alters a channel. ErrNotFound, ErrForbidden, ErrInvalid.
func (s *Store) Update(id, who string, change Change, now time.Time) (Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.open(id)
	switch {
	case err != nil:
		return Info{}, err
	case !c.runs(who):
		return Info{}, fmt.Errorf("%w: only its admins change it", ErrForbidden)
	}
	name, description, reactions := c.name.Text, c.description.Text, c.reactions
	if change.Name != nil {
		name = *change.Name
	}
	if change.Description != nil {
		description = *change.Description
	}
	if change.Reactions != nil {
		reactions = *change.Reactions
	}
	if err = checkTexts(name, description); err != nil {
		return Info{}, err
	}
	if reactions != AllReactions && reactions != BasicReactions && reactions != NoReactions {
		return Info{}, fmt.Errorf("%w: reactions are ALL, BASIC or NONE", ErrInvalid)
	}
	if name != c.name.Text {
		c.name = Text{name, now}
	}
	if description != c.description.Text {
		c.description = Text{description, now}
	}
	c.reactions = reactions
	return c.info(who), nil
}

// Runs says whether somebody may post in a channel.
func (s *Store) Runs(id, who string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[id]
	return c != nil && c.state == Active && c.runs(who)
}

// Verify gives or takes a channel's mark of authenticity, which WhatsApp itself does. ErrNotFound.
func (s *Store) Verify(id string, on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[id]
	if c == nil {
		return ErrNotFound
	}
	c.verified = on
	return nil
}

// SetState suspends a channel or lets it go on, which WhatsApp itself does. ErrNotFound for none or a deleted one,
// ErrInvalid for Deleted.
func (s *Store) SetState(id string, state State) error {
	if state != Active && state != Suspended && state != GeoSuspended {
		return fmt.Errorf("%w: states are ACTIVE, SUSPENDED and GEOSUSPENDED", ErrInvalid)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[id]
	if c == nil || c.state == Deleted {
		return ErrNotFound
	}
	c.state = state
	return nil
}

// Delete ends a channel: its messages are gone, and only that it was deleted can still be asked. ErrNotFound,
// ErrForbidden for all but the owner.
func (s *Store) Delete(id, who string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[id]
	switch {
	case c == nil || c.state == Deleted:
		return ErrNotFound
	case c.role(who) != Owner:
		return fmt.Errorf("%w: only its owner deletes it", ErrForbidden)
	}
	c.state = Deleted
	c.messages, c.byID, c.bytes = nil, make(map[string]*message), 0
	for member := range c.members {
		delete(s.followed[member], c)
	}
	clear(c.members)
	return nil
}

// Appoint makes a follower an admin, or takes that away. ErrNotFound, ErrForbidden for all but the owner (an admin may
// step down), ErrInvalid for somebody who doesn't follow.
func (s *Store) Appoint(id, by, who string, admin bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.open(id)
	if err != nil {
		return err
	}
	m := c.members[who]
	switch {
	case c.role(by) != Owner && (admin || by != who):
		return fmt.Errorf("%w: only its owner appoints admins", ErrForbidden)
	case m == nil || m.role == Owner:
		return fmt.Errorf("%w: an admin is somebody else who follows the channel", ErrInvalid)
	case admin && c.count(Admin) >= maxAdmins:
		return fmt.Errorf("%w: at most %d admins", ErrInvalid, maxAdmins)
	}
	m.role = Subscriber
	if admin {
		m.role = Admin
	}
	return nil
}

// Transfer gives a channel to one of its admins; the old owner stays as an admin. ErrNotFound, ErrForbidden, ErrInvalid.
func (s *Store) Transfer(id, by, who string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.open(id)
	switch {
	case err != nil:
		return err
	case c.role(by) != Owner:
		return fmt.Errorf("%w: only its owner gives it away", ErrForbidden)
	case c.role(who) != Admin:
		return fmt.Errorf("%w: the new owner has to be an admin", ErrInvalid)
	}
	c.members[by].role, c.members[who].role, c.owner = Admin, Owner, who
	return nil
}

// Admins counts those who run a channel, the owner included.
func (s *Store) Admins(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[id]
	if c == nil {
		return 0
	}
	return c.count(Admin) + c.count(Owner)
}

func (c *channel) count(role Role) int {
	count := 0
	for _, m := range c.members {
		if m.role == role {
			count++
		}
	}
	return count
}
