package simulator

import (
	"slices"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/clock"
)

// ringGroup begins a call of a phone to its group: members' devices get a notice of it (whatsmeow reads it as
// events.CallOfferNotice), except those of people who block the caller. ErrNotFound, ErrRefused.
func (s *Server) ringGroup(from *device, group types.JID, id string, video bool) *queryError {
	g, err := s.groups.Get(from.account.person(), groupID(group))
	if err != nil {
		return refusal(groupError(err))
	}
	c := &call{id: id, creator: from, group: group, form: groupForm(&g)}
	for _, person := range g.People() {
		if a := s.someone(person); a != nil && a != from.account && !a.blocks(from.account) {
			c.members = append(c.members, a)
		}
	}
	c.timer = s.clock.AfterFunc(ringTime, func() { s.missCall(c) })
	if !s.calls.begin(c) {
		c.timer.Stop()
		return errBadRequest
	}
	media := "audio"
	if video {
		media = "video"
	}
	notice := c.childFor(&binary.Node{Tag: callNotice, Attrs: binary.Attrs{
		"call-id": id, "group-jid": group, "media": media, "type": "group",
	}})
	for _, d := range s.callees(c) {
		d.push(s.callStanza(c, from, s.nextID(), notice))
	}
	return nil
}

// passInGroup hands on what a member says in a group's call. Each member takes part or not for themself; only the
// caller ends it for all.
func (s *Server) passInGroup(c *call, from *device, n, child *binary.Node) {
	if !slices.Contains(c.members, from.account) {
		s.log.Info("a device that has no part in a call spoke in it")
		return
	}
	node := s.callStanza(c, from, attr(n, "id"), c.childFor(child))
	switch child.Tag {
	case callAccept:
		s.calls.lengthen(c, func() *clock.Timer { return s.clock.AfterFunc(maxCallTime, func() { s.missCall(c) }) })
		s.stopRinging(c, from, endAcceptedElsewhere)
		c.creator.push(node)
	case callReject:
		s.stopRinging(c, from, endRejectedElsewhere)
		c.creator.push(node)
	default:
		c.creator.tell(node, false)
	}
}

// lengthen lets a call that somebody has joined last longer than it may ring.
func (l *calls) lengthen(c *call, later func() *clock.Timer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byID[c.id] == c {
		c.timer.Stop()
		c.timer = later()
	}
}
