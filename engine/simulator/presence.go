package simulator

import (
	"maps"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/privacy"
)

// maxFollowed bounds whose presence one client can follow at a time.
const maxFollowed = 5000

// presence handles a client's own presence, with which it tells the account's profile name, and its wish to follow
// somebody's.
func (s *Server) presence(d *device, n *binary.Node) {
	jid, _ := jidAttr(n, "to")
	target := s.directory.find(jid)
	switch attr(n, "type") {
	case "", "available", "unavailable":
		if name := attr(n, "name"); validName(name) {
			d.account.rename(name)
		}
		d.mu.Lock()
		d.available = attr(n, "type") != "unavailable"
		d.mu.Unlock()
		d.account.presenceChanged()
	case "subscribe":
		if jid.Server == types.GroupServer {
			s.followGroup(d, bare(jid))
			return
		}
		f := following{like: bare(jid), token: childContent(n, "tctoken")}
		if target != nil && target != d.account && d.follow(target, f) && target.knows(d, f.token) {
			d.tell(target.presenceNode(jid, d.account), true)
		}
	case "unsubscribe":
		if jid.Server == types.GroupServer {
			s.crowds.leave(d, bare(jid))
			return
		}
		if target != nil {
			d.unfollow(target)
		}
	}
}

func validName(name string) bool {
	return name != "" && utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxName
}

// following is how a device asked for somebody's presence: by which form of the address, and with which token.
type following struct {
	like  types.JID
	token []byte
}

// knows says whether an account has to do with the person at a device: it has them in its address book, or wrote to
// them, which the token shows that it issued then. Nobody else gets to see when it is online: a subscription is taken
// and nothing comes (faq.whatsapp.com/419827870318306; github.com/devlikeapro/waha/issues/236).
func (a *account) knows(viewer *device, token []byte) bool {
	return a == viewer.account || a.hasContact(viewer.account) || a.trusts(viewer, token)
}

// follow subscribes the device to somebody's presence, until its connection ends. false means that it follows too many already, or has gone.
func (d *device) follow(target *account, f following) bool {
	d.mu.Lock()
	if d.removed || len(d.followed) >= maxFollowed || (d.phone == nil && d.conn == nil) {
		d.mu.Unlock()
		return false
	}
	if d.followed == nil {
		d.followed = make(map[*account]struct{})
	}
	d.followed[target] = struct{}{}
	d.mu.Unlock()
	target.mu.Lock()
	defer target.mu.Unlock()
	if target.followers == nil {
		target.followers = make(map[*device]following)
	}
	target.followers[d] = f
	return true
}

func (d *device) unfollow(target *account) {
	d.mu.Lock()
	delete(d.followed, target)
	d.mu.Unlock()
	target.mu.Lock()
	defer target.mu.Unlock()
	delete(target.followers, d)
}

// unfollowAll ends every subscription of the device: each lives as long as the connection that made it.
func (d *device) unfollowAll() {
	d.mu.Lock()
	followed := d.followed
	d.followed = nil
	d.mu.Unlock()
	d.account.server.crowds.leave(d, types.EmptyJID)
	for target := range followed {
		d.unfollow(target)
	}
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
	a.mu.Unlock()
	if changed {
		a.tellFollowers(nil)
		a.server.memberPresenceChanged(a)
	}
}

// tellFollowers shows the account's presence to whoever follows it, or only to one of them (nil: to all).
func (a *account) tellFollowers(only *account) {
	a.mu.Lock()
	followers := maps.Clone(a.followers)
	a.mu.Unlock()
	for d, f := range followers {
		if (only == nil || d.account == only) && a.knows(d, f.token) {
			d.tell(a.presenceNode(f.like, d.account), true)
		}
	}
}

// sees says what of the account's presence somebody may see. Who hides the last-seen time from somebody does not see
// theirs either, and "online" can be made to follow the last-seen time's setting.
func (a *account) sees(viewer *account) (online, lastSeen bool) {
	if !a.admits("", viewer) || !viewer.admits("", a) {
		return false, false
	}
	lastSeen = a.admits(privacy.LastSeen, viewer) && viewer.admits(privacy.LastSeen, a)
	return lastSeen || a.setting(privacy.Online) != privacy.MatchLastSeen, lastSeen
}

// presenceNode is the account's presence as viewer may see it, with its address in the form that like has. A last-seen
// time that is hidden is "deny".
func (a *account) presenceNode(like types.JID, viewer *account) binary.Node {
	mayOnline, mayLast := a.sees(viewer)
	a.mu.Lock()
	defer a.mu.Unlock()
	node := binary.Node{Tag: "presence", Attrs: binary.Attrs{"from": a.as(like)}}
	if a.online && mayOnline {
		return node
	}
	node.Attrs["type"] = "unavailable"
	node.Attrs["last"] = "deny"
	if mayLast && !a.online {
		node.Attrs["last"] = a.lastSeen.Unix()
	}
	return node
}

// chatState relays "typing" and "recording". Clients hear of it only while they are available, as on the real
// network (whatsmeow's events.ChatPresence says so).
func (s *Server) chatState(d *device, n *binary.Node) {
	to, _ := jidAttr(n, "to")
	child, ok := firstChild(n)
	if !ok || (child.Tag != "composing" && child.Tag != "paused") {
		return
	}
	if to.Server == types.GroupServer {
		s.groupChatState(d, to, binary.Node{Tag: child.Tag, Attrs: chatStateAttrs(&child)})
		return
	}
	target := s.directory.find(to)
	if target == nil || target == d.account {
		return
	}
	if target.blocks(d.account) {
		return
	}
	node := binary.Node{
		Tag: "chatstate", Attrs: binary.Attrs{"from": d.account.as(to)},
		Content: []binary.Node{{Tag: child.Tag, Attrs: chatStateAttrs(&child)}},
	}
	for _, other := range target.all() {
		other.tell(node, true)
	}
}

// chatStateAttrs are what a chat state may say further: that it is a recording.
func chatStateAttrs(child *binary.Node) binary.Attrs {
	if child.Tag == "composing" && attr(child, "media") == "audio" {
		return binary.Attrs{"media": "audio"}
	}
	return nil
}
