package simulator

import (
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/newsletters"
)

// editByAdmin is the attribute edit of a changed message in a channel (whatsmeow: EditAttributeAdminEdit).
const editByAdmin = "3"

// publish takes what somebody sends to a channel: a message, a change to one, a reaction or a vote. It adds to the
// acknowledgement the message's server id, or why it was refused.
func (s *Server) publish(from *device, channel types.JID, n *binary.Node, now time.Time, ack binary.Attrs) {
	serverID, err := s.publishAs(from, bare(channel), n, now)
	if err != nil {
		s.log.Info("message to a channel refused", "error", err)
		ack["error"] = refusal(channelError(err)).code
		return
	}
	ack["server_id"] = serverID
}

func (s *Server) publishAs(from *device, channel types.JID, n *binary.Node, now time.Time) (serverID int, err error) {
	votes, voting := n.GetOptionalChildByTag("votes")
	switch {
	case attr(n, "type") == "reaction":
		return s.reactInChannel(from, channel, n, now)
	case voting:
		return s.voteInChannel(from, channel, n, &votes, now)
	case attr(n, "edit") == editRevokeByMods:
		post, err := s.newsletters.Revoke(channel.User, from.account.lid, attr(n, "id"), now)
		if err == nil {
			s.deliverPost(from, channel, post)
		}
		return post.ServerID, err
	}
	body, ok := n.GetOptionalChildByTag("plaintext")
	if !ok {
		return 0, fmt.Errorf("%w: a message to a channel is not encrypted", newsletters.ErrInvalid)
	}
	post := newsletters.Post{
		ID: attr(n, "id"), Type: attr(n, "type"), Media: attr(&body, "mediatype"), Handle: attr(n, "media_id"),
		Body: content(&body),
	}
	if post.Type == "poll" {
		post.PollType = "creation"
	}
	if attr(n, "edit") == editByAdmin {
		edited, err := s.newsletters.Edit(channel.User, from.account.lid, post, now)
		if err == nil {
			s.deliverPost(from, channel, edited)
		}
		return edited.ServerID, err
	}
	return s.post(from, channel, post, now)
}

// post publishes a new message. One that a client sends again, since it has not seen the acknowledgement, is answered
// like the first time and goes to nobody.
func (s *Server) post(from *device, channel types.JID, post newsletters.Post, now time.Time) (serverID int, err error) {
	if post.Type != "text" && post.Type != "media" && post.Type != "poll" {
		return 0, fmt.Errorf("%w: of type text, media or poll", newsletters.ErrInvalid)
	}
	posted, fresh, err := s.newsletters.Publish(channel.User, from.account.lid, post, now)
	if err != nil {
		return 0, err
	}
	if from.phone != nil {
		from.phone.numbered(post.ID, posted.ServerID)
	}
	if fresh {
		s.deliverPost(from, channel, posted)
	}
	return posted.ServerID, nil
}

// deliverPost passes a message to all devices of those who follow the channel, except the one that it comes from.
func (s *Server) deliverPost(from *device, channel types.JID, post newsletters.Message) {
	for _, member := range s.newsletters.Members(channel.User) {
		a := s.follower(member.ID)
		if a == nil {
			continue
		}
		for _, d := range a.all() {
			if d == from {
				continue
			}
			node := postNode(post, member.ID)
			node.Attrs["from"] = channel
			d.push(node)
		}
	}
}

// reactInChannel sets or removes a reaction. Whoever listens to the channel hears how many there are; the person's own
// other devices get a copy.
func (s *Server) reactInChannel(from *device, channel types.JID, n *binary.Node, now time.Time) (int, error) {
	reaction, ok := n.GetOptionalChildByTag("reaction")
	code := attr(&reaction, "code")
	if !ok || (code == "") != (attr(n, "edit") == editRevoke) {
		return 0, fmt.Errorf("%w: a reaction has a code, or is marked as taken back", newsletters.ErrInvalid)
	}
	post, err := s.newsletters.React(channel.User, from.account.lid, intAttr(n, "server_id"), code, now)
	if err != nil {
		return 0, err
	}
	for _, d := range from.account.all() {
		if d == from {
			continue
		}
		attrs := binary.Attrs{
			"from": channel, "id": attr(n, "id"), "server_id": post.ServerID, "t": now.Unix(), "type": "reaction",
			"is_sender": "true",
		}
		if code == "" {
			attrs["edit"] = editRevoke
		}
		d.push(binary.Node{Tag: "message", Attrs: attrs, Content: []binary.Node{reaction}})
	}
	s.tellListeners(channel, post)
	return post.ServerID, nil
}

// voteInChannel takes a vote, which in channels is no secret: the hashes of the chosen options (WhatsApp Web,
// WASmaxOutMessagePublishNewsletterPollVoteMixin).
func (s *Server) voteInChannel(from *device, channel types.JID, n, votes *binary.Node, now time.Time) (int, error) {
	var chosen [][]byte
	for _, vote := range votes.GetChildrenByTag("vote") {
		chosen = append(chosen, content(&vote))
	}
	post, err := s.newsletters.Vote(channel.User, from.account.lid, intAttr(n, "server_id"), chosen, now)
	if err != nil {
		return 0, err
	}
	s.tellListeners(channel, post)
	return post.ServerID, nil
}

// maxViewed bounds how many messages one receipt marks as seen.
const maxViewed = 1000

// channelReceipt takes what somebody tells a channel of its messages: that they were seen, which is counted, or that
// they were read, which only the person's other devices hear.
func (s *Server) channelReceipt(from *device, channel types.JID, n *binary.Node) {
	list := n.GetChildByTag("list")
	items := list.GetChildrenByTag("item")
	switch attr(n, "type") {
	case receiptView:
		var seen []int
		for _, item := range items[:min(len(items), maxViewed)] {
			seen = append(seen, intAttr(&item, "server_id"))
		}
		s.viewPosts(from.account, channel, seen)
	case receiptRead, receiptReadSelf:
		attrs := binary.Attrs{"from": channel, "id": attr(n, "id"), "type": receiptReadSelf, "t": s.clock.Unix()}
		node := binary.Node{Tag: "receipt", Attrs: attrs}
		if len(items) > 0 {
			node.Content = []binary.Node{list}
		}
		for _, d := range from.account.all() {
			if d != from && attr(n, "id") != "" {
				d.push(node)
			}
		}
	}
}

// viewPosts counts somebody as having seen messages of a channel and tells whoever listens to it.
func (s *Server) viewPosts(viewer *account, channel types.JID, serverIDs []int) {
	posts, err := s.newsletters.View(channel.User, viewer.lid, serverIDs, s.clock.Now())
	if err != nil {
		s.log.Info("views of a channel's messages not counted", "error", err)
		return
	}
	s.tellListeners(channel, posts...)
}
