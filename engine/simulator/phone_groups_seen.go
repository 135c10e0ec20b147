package simulator

import (
	"go.mau.fi/whatsmeow/binary"
)

// receiveGroupNotice notes what a phone's person is told of their groups.
func (p *Phone) receiveGroupNotice(n *binary.Node) {
	chat, _ := jidAttr(n, "from")
	for _, child := range n.GetChildren() {
		seen := Event{
			Kind: EventGroup, Timestamp: p.server().clock.Now(), Chat: chat.String(), Change: child.Tag, Detail: valueOf(&child),
		}
		if by, ok := jidAttr(n, "participant"); ok {
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
		p.happen(seen)
		p.mu.Unlock()
	}
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
