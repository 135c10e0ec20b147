package simulator

import (
	"math"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/newsletters"
)

// liveUpdatesLife is how long a client is told of changes to a channel's messages after it asked for it; WhatsApp Web
// accepts 30 to 600 seconds (WASmaxInNewslettersSubscribeToLiveUpdatesResponseSuccess).
const liveUpdatesLife = 5 * time.Minute

// queryChannel answers the namespace "newsletter": messages of a channel, what changed about them, and the wish to be
// told of such changes. The last two are addressed to the channel itself. WhatsApp Web has stopped to ask for
// message_updates, and in 2026 others report no answer to it; older clients got one, and so it is given here.
func (s *Server) queryChannel(d *device, _ string, n *binary.Node) ([]binary.Node, *queryError) {
	child, ok := firstChild(n)
	if !ok {
		return nil, errBadRequest
	}
	if child.Tag == "messages" {
		return s.queryPosts(d, &child)
	}
	channel, _ := jidAttr(n, "to")
	switch {
	case channel.Server != types.NewsletterServer:
		return nil, errBadRequest
	case child.Tag == "live_updates":
		return s.queryLiveUpdates(d, channel)
	case child.Tag == "message_updates":
		return s.queryPostUpdates(d, channel, &child)
	default:
		return nil, errNotImplemented
	}
}

// queryPosts lists messages of the channel that an address or an invite code names.
func (s *Server) queryPosts(d *device, asked *binary.Node) ([]binary.Node, *queryError) {
	name := attr(asked, "jid")
	if attr(asked, "type") == "invite" {
		name = attr(asked, "key")
	}
	info, err := s.findChannel(name, d.account.lid)
	if err != nil {
		return nil, refusal(err)
	}
	posts, err := s.newsletters.History(
		info.ID, d.account.lid, intAttr(asked, "count"), intAttr(asked, "before"), intAttr(asked, "after"),
	)
	if err != nil {
		return nil, refusal(channelError(err))
	}
	return []binary.Node{s.postList(d.account, channelJID(info.ID), posts, true)}, nil
}

func (s *Server) queryPostUpdates(d *device, channel types.JID, asked *binary.Node) ([]binary.Node, *queryError) {
	var since time.Time
	if seconds := intAttr(asked, "since"); seconds > 0 {
		since = time.Unix(int64(seconds), 0)
	}
	posts, err := s.newsletters.Updates(channel.User, d.account.lid, intAttr(asked, "count"), intAttr(asked, "after"), since)
	if err != nil {
		return nil, refusal(channelError(err))
	}
	return []binary.Node{{
		Tag: "message_updates", Content: []binary.Node{s.postList(d.account, channel, posts, false)},
	}}, nil
}

func (s *Server) queryLiveUpdates(d *device, channel types.JID) ([]binary.Node, *queryError) {
	now := s.clock.Now()
	err := s.newsletters.Listen(channel.User, d.hid().String(), now.Add(liveUpdatesLife), now)
	if err != nil {
		return nil, refusal(channelError(err))
	}
	return []binary.Node{{Tag: "live_updates", Attrs: binary.Attrs{"duration": int(liveUpdatesLife.Seconds())}}}, nil
}

// postList lists messages of a channel as one of its viewers gets them, with or without what they say.
func (s *Server) postList(viewer *account, channel types.JID, posts []newsletters.Message, whole bool) binary.Node {
	list := make([]binary.Node, 0, len(posts))
	for _, post := range posts {
		node := postNode(post, viewer.lid)
		if !whole {
			node.Content = nil
		}
		node.Content = append(node.GetChildren(), doneTo(post)...)
		list = append(list, node)
	}
	return binary.Node{
		Tag: "messages", Attrs: binary.Attrs{"jid": channel, "t": s.clock.Unix()}, Content: list,
	}
}

// postNode is a message of a channel: its attributes and content (WhatsApp Web,
// WASmaxInNewslettersNewsletterMessageHistoryMixin and WASmaxInMessageDeliverNewsletterMessageFanoutMixin, which read
// the same).
func postNode(post newsletters.Message, viewer string) binary.Node {
	attrs := binary.Attrs{"id": post.ID, "server_id": post.ServerID, "t": post.Posted.Unix(), "type": post.Type}
	meta := binary.Attrs{}
	switch {
	case post.Revoked:
		attrs["edit"] = editRevokeByMods
	case !post.Edited.IsZero():
		attrs["edit"] = editByAdmin
		meta["original_msg_t"], meta["msg_edit_t"] = post.Posted.Unix(), post.Edited.UnixMilli()
	}
	if post.PollType != "" && !post.Revoked {
		meta["polltype"] = post.PollType
	}
	if viewer == post.Author {
		attrs["is_sender"] = "true"
	}
	plaintext := binary.Node{Tag: "plaintext", Attrs: binary.Attrs{}, Content: post.Body}
	if post.Body == nil {
		plaintext.Content = []byte{}
	}
	if post.Media != "" {
		plaintext.Attrs["mediatype"] = post.Media
	}
	children := []binary.Node{plaintext}
	if len(meta) > 0 {
		children = append(children, binary.Node{Tag: "meta", Attrs: meta})
	}
	return binary.Node{Tag: "message", Attrs: attrs, Content: children}
}

// doneTo is what people did to a message of a channel.
func doneTo(post newsletters.Message) []binary.Node {
	children := []binary.Node{{Tag: "views_count", Attrs: binary.Attrs{"type": "views", "count": post.Views}}}
	var reactions, votes []binary.Node
	for code, count := range post.Reactions {
		reactions = append(reactions, binary.Node{Tag: "reaction", Attrs: binary.Attrs{"code": code, "count": count}})
	}
	for _, vote := range post.Votes {
		votes = append(votes, binary.Node{Tag: "vote", Attrs: binary.Attrs{"count": vote.Count}, Content: vote.Hash})
	}
	if len(reactions) > 0 {
		children = append(children, binary.Node{Tag: "reactions", Content: reactions})
	}
	if len(votes) > 0 {
		children = append(children, binary.Node{Tag: "votes", Content: votes})
	}
	return children
}

// tellListeners sends what people did to messages of a channel to the clients that asked for live updates. In the real
// notification the messages stand in an element of their own (WhatsApp Web, parseLiveUpdatesNotificationRequest;
// jlucaso1/whatsapp-rust, handle_newsletter_notification). whatsmeow looks for them one level higher and so reports
// the change without its messages.
func (s *Server) tellListeners(channel types.JID, posts ...newsletters.Message) {
	if len(posts) == 0 {
		return
	}
	for _, name := range s.newsletters.Listeners(channel.User, s.clock.Now()) {
		jid, err := types.ParseJID(name)
		if err != nil {
			continue
		}
		if d := s.directory.device(jid); d != nil && d.isOnline() {
			d.push(s.notification(channel, "newsletter", nil, binary.Node{
				Tag: "live_updates", Content: []binary.Node{s.postList(d.account, channel, posts, false)},
			}))
		}
	}
}

// intAttr reads a number that is not negative; 0 for none. In stanzas that never left the process it is one already.
func intAttr(n *binary.Node, key string) int {
	switch value := n.Attrs[key].(type) {
	case int:
		return value
	case int64:
		return int(value)
	default:
		number, err := strconv.ParseInt(attr(n, key), 10, 64)
		if err != nil || number < 0 || number > math.MaxInt32*2 {
			return 0
		}
		return int(number)
	}
}
