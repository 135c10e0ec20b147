package simulator

import (
	"maps"
	"slices"
	"sync"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/groups"
)

// groupFollowers are the devices that want to know how many members of a group are there. The zero value is ready.
type groupFollowers struct {
	mu      sync.Mutex
	byGroup map[types.JID]map[*device]struct{}
}

// followGroup subscribes a member's device to the number of members who are online and tells it. That the number
// comes as "count", with the type "unavailable" for nobody, is what zapo-js reads (client/events/presence.ts); that it
// counts the asker too is inferred.
func (s *Server) followGroup(d *device, group types.JID) {
	g, err := s.groups.Get(d.account.person(), groupID(group))
	if err != nil {
		return
	}
	f := &s.crowds
	f.mu.Lock()
	if f.byGroup == nil {
		f.byGroup = make(map[types.JID]map[*device]struct{})
	}
	if f.byGroup[group] == nil {
		f.byGroup[group] = make(map[*device]struct{})
	}
	f.byGroup[group][d] = struct{}{}
	f.mu.Unlock()
	d.tell(s.groupPresence(&g), true)
}

// leave forgets a device, or only one of the groups that it follows.
func (f *groupFollowers) leave(d *device, only types.JID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for group, devices := range f.byGroup {
		if only.IsEmpty() || only == group {
			delete(devices, d)
		}
		if len(devices) == 0 {
			delete(f.byGroup, group)
		}
	}
}

// all lists who follows which groups.
func (f *groupFollowers) all() map[types.JID][]*device {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make(map[types.JID][]*device, len(f.byGroup))
	for group, devices := range f.byGroup {
		out[group] = slices.Collect(maps.Keys(devices))
	}
	return out
}

// memberPresenceChanged tells the followers of the groups that somebody is in.
func (s *Server) memberPresenceChanged(a *account) {
	for group, devices := range s.crowds.all() {
		g, ok := s.groups.Find(groupID(group))
		if !ok || !slices.Contains(g.People(), a.person()) {
			continue
		}
		node := s.groupPresence(&g)
		for _, d := range devices {
			if slices.Contains(g.People(), d.account.person()) {
				d.tell(node, true)
			}
		}
	}
}

func (s *Server) groupPresence(g *groups.Group) binary.Node {
	count := 0
	for _, person := range g.People() {
		if a := s.someone(person); a != nil && a.isOnline() {
			count++
		}
	}
	attrs := binary.Attrs{"from": groupJID(g.ID), "count": count}
	if count == 0 {
		attrs["type"] = "unavailable"
	}
	return binary.Node{Tag: "presence", Attrs: attrs}
}

func (a *account) isOnline() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.online
}
