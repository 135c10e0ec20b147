package simulator

import (
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// receiveGroupNotice notes what a phone's person is told of their groups.
func (p *Phone) receiveGroupNotice(n *binary.Node) {
	chat, _ := jidAttr(n, "from")
	kind := attr(n, "type")
	for _, child := range n.GetChildren() {
		seen := Event{
			Kind: EventGroup, Timestamp: p.server().clock.Now(), Chat: chat.String(), Change: child.Tag, Detail: valueOf(&child),
		}
		if kind == "picture" {
			seen.Change, seen.Detail = kind, attr(&child, "id") // none if it was removed
		}
		by, ok := jidAttr(n, "participant")
		if author, given := jidAttr(&child, "author"); given {
			by, ok = author, true
		}
		if ok {
			seen.From = p.server().chatName(by)
		}
		members := &child
		if group, ok := child.GetOptionalChildByTag("group"); ok {
			members = &group
		}
		for _, member := range members.GetChildren() {
			if jid, ok := jidAttr(&member, "jid"); ok && (member.Tag == "participant" || member.Tag == "requested_user") {
				seen.People = append(seen.People, p.server().chatName(jid))
			}
		}
		p.mu.Lock()
		p.groupTimer(chat, members, seen.Timestamp)
		p.happen(seen)
		p.mu.Unlock()
	}
}

// groupTimer notes how long messages in a group may be seen, as a notification or the description of a group says. The
// caller holds p.mu.
func (p *Phone) groupTimer(chat types.JID, n *binary.Node, at time.Time) {
	timer, ok := n.GetOptionalChildByTag("ephemeral")
	switch {
	case ok:
	case n.Tag == "ephemeral", n.Tag == "not_ephemeral":
		timer = *n
	default:
		return
	}
	seconds, err := strconv.Atoi(attr(&timer, "expiration"))
	if err != nil {
		seconds = 0
	}
	if p.timers == nil {
		p.timers = make(map[types.JID]chatTimer)
	}
	p.timers[chat] = chatTimer{after: time.Duration(seconds) * time.Second, since: at}
}

// valueOf is what a change in a group changed to.
func valueOf(n *binary.Node) string {
	for _, key := range []string{"subject", "code", "expiration", "reason", "link_type", "unlink_type", "request_method"} {
		if value := attr(n, key); value != "" {
			return value
		}
	}
	if group, ok := n.GetOptionalChildByTag("group"); ok {
		return attr(&group, "subject")
	}
	if join, ok := n.GetOptionalChildByTag("group_join"); ok {
		return attr(&join, "state")
	}
	if body := childContent(n, "body"); body != nil {
		return string(body)
	}
	return string(content(n))
}
