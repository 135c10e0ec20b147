package simulator

import (
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// presence handles a client's own presence and its wish to follow somebody's.
func (s *Server) presence(d *device, n *binary.Node) {
	switch attr(n, "type") {
	case "", "available", "unavailable":
		d.mu.Lock()
		d.available = attr(n, "type") != "unavailable"
		d.mu.Unlock()
		d.account.presenceChanged()
	case "subscribe":
		jid, _ := jidAttr(n, "to")
		if target := s.directory.find(jid); target != nil && target != d.account {
			target.follow(d.account)
			d.tell(target.presenceNode(jid), true)
		}
	case "unsubscribe":
		jid, _ := jidAttr(n, "to")
		if target := s.directory.find(jid); target != nil {
			target.unfollow(d.account)
		}
	}
}

func (a *account) follow(follower *account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.followers[follower] = struct{}{}
}

func (a *account) unfollow(follower *account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.followers, follower)
}

// presenceChanged works out whether anybody is at one of the account's devices and tells its followers of a change.
func (a *account) presenceChanged() {
	online := a.phone.isAvailable()
	for _, d := range a.linked() {
		d.mu.Lock()
		online = online || d.available
		d.mu.Unlock()
	}
	a.mu.Lock()
	changed := a.online != online
	a.online = online
	if changed && !online {
		a.lastSeen = a.server.clock.Now()
	}
	followers := make([]*account, 0, len(a.followers))
	for follower := range a.followers {
		followers = append(followers, follower)
	}
	a.mu.Unlock()
	if !changed {
		return
	}
	for _, follower := range followers {
		for _, d := range follower.all() {
			d.tell(a.presenceNode(a.hid()), true)
		}
	}
}

func (a *account) presenceNode(form types.JID) binary.Node {
	a.mu.Lock()
	defer a.mu.Unlock()
	node := binary.Node{Tag: "presence", Attrs: binary.Attrs{"from": a.as(form)}}
	if !a.online {
		node.Attrs["type"] = "unavailable"
		if a.lastSeen.IsZero() {
			node.Attrs["last"] = "deny"
		} else {
			node.Attrs["last"] = a.lastSeen.Unix()
		}
	}
	return node
}

// chatState relays "typing" and "recording". Clients hear of it only while they are available, as on the real
// network (whatsmeow's events.ChatPresence says so).
func (s *Server) chatState(d *device, n *binary.Node) {
	to, _ := jidAttr(n, "to")
	target := s.directory.find(to)
	child, ok := firstChild(n)
	if target == nil || target == d.account || !ok || (child.Tag != "composing" && child.Tag != "paused") {
		return
	}
	node := binary.Node{
		Tag: "chatstate", Attrs: binary.Attrs{"from": d.account.as(to)},
		Content: []binary.Node{{Tag: child.Tag, Attrs: child.Attrs}},
	}
	for _, other := range target.all() {
		other.tell(node, true)
	}
}
