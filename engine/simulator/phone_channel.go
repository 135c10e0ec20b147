package simulator

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/newsletters"
)

// Channel is a channel as a person sees it.
type Channel struct {
	JID         string    `json:"jid"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Link        string    `json:"link"` // https://whatsapp.com/channel/ and its invite code
	Created     time.Time `json:"created"`
	PictureID   string    `json:"picture_id,omitempty"`
	Subscribers int       `json:"subscribers"` // without the owner
	Admins      int       `json:"admins"`      // with the owner
	Verified    bool      `json:"verified"`
	State       string    `json:"state"`     // ACTIVE, SUSPENDED, GEOSUSPENDED, DELETED
	Reactions   string    `json:"reactions"` // ALL, BASIC, NONE
	Role        string    `json:"role"`      // the viewer's: OWNER, ADMIN, SUBSCRIBER, GUEST
	Muted       bool      `json:"muted"`
}

// ChannelPost is a message of a channel with what people did with it.
type ChannelPost struct {
	ID        string         `json:"id"`
	ServerID  int            `json:"server_id"`
	Type      string         `json:"type"` // text, media, poll
	Text      string         `json:"text,omitempty"`
	Timestamp time.Time      `json:"timestamp"`
	Edited    bool           `json:"edited,omitempty"`
	Revoked   bool           `json:"revoked,omitempty"`
	Views     int            `json:"views"`
	Reactions map[string]int `json:"reactions,omitempty"` // by emoji
	Votes     map[string]int `json:"votes,omitempty"`     // by option
	Handle    string         `json:"handle,omitempty"`    // what the upload of its file was answered with
}

// ChannelChange is what is to be different about a channel; nil leaves it. A Picture of no bytes removes it.
type ChannelChange struct {
	Name        *string `json:"name"`
	Description *string `json:"description"`
	Picture     *[]byte `json:"picture"`   // JPEG
	Reactions   *string `json:"reactions"` // ALL, BASIC, NONE
}

func (s *Server) channelView(info newsletters.Info) Channel {
	view := Channel{
		JID: channelJID(info.ID).String(), Name: info.Name.Text, Description: info.Description.Text,
		Link: channelLink + info.Invite, Created: info.Created, Subscribers: info.Subscribers,
		Admins: s.newsletters.Admins(info.ID), Verified: info.Verified, State: string(info.State),
		Reactions: string(info.Reactions), Role: string(info.Role), Muted: info.Muted,
	}
	if picture, ok := s.pictures.Get(view.JID); ok {
		view.PictureID = picture.ID
	}
	return view
}

// channelID finds the channel that an address, link or invite code names.
func (p *Phone) channelID(ctx context.Context, channel string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	info, err := p.server().findChannel(channel, p.account.lid)
	return info.ID, err
}

// CreateChannel makes a channel that this person owns. A name of 1 to 100 characters, a description of at most 2048.
// ErrInvalid.
func (p *Phone) CreateChannel(ctx context.Context, name, description string) (Channel, error) {
	if err := ctx.Err(); err != nil {
		return Channel{}, err
	}
	info, err := p.server().createChannel(p.device, name, description, nil)
	if err != nil {
		return Channel{}, err
	}
	return p.server().channelView(info), nil
}

// Channels lists the channels that this person follows or runs, the oldest first.
func (p *Phone) Channels() []Channel {
	out := []Channel{}
	for _, info := range p.server().newsletters.Followed(p.account.lid) {
		out = append(out, p.server().channelView(info))
	}
	return out
}

// Channel looks at a channel by its address, link or invite code. ErrNotFound.
func (p *Phone) Channel(ctx context.Context, channel string) (Channel, error) {
	if err := ctx.Err(); err != nil {
		return Channel{}, err
	}
	info, err := p.server().findChannel(channel, p.account.lid)
	if err != nil {
		return Channel{}, err
	}
	return p.server().channelView(info), nil
}

// FollowChannel follows a channel (address, link or invite code). ErrNotFound, ErrRefused while it is suspended.
func (p *Phone) FollowChannel(ctx context.Context, channel string) error {
	id, err := p.channelID(ctx, channel)
	if err != nil {
		return err
	}
	return p.server().followChannel(p.device, id)
}

// UnfollowChannel stops to follow it. ErrNotFound, ErrRefused for its owner.
func (p *Phone) UnfollowChannel(ctx context.Context, channel string) error {
	id, err := p.channelID(ctx, channel)
	if err != nil {
		return err
	}
	return p.server().unfollowChannel(p.device, id)
}

// MuteChannel says whether new messages of it are to be silent. ErrNotFound, ErrRefused for those who don't follow.
func (p *Phone) MuteChannel(ctx context.Context, channel string, on bool) error {
	id, err := p.channelID(ctx, channel)
	if err != nil {
		return err
	}
	return p.server().muteChannel(p.device, id, on)
}

// EditChannel changes what a channel is called and looks like. ErrNotFound, ErrRefused for all but its admins,
// ErrInvalid.
func (p *Phone) EditChannel(ctx context.Context, channel string, change ChannelChange) (Channel, error) {
	id, err := p.channelID(ctx, channel)
	if err != nil {
		return Channel{}, err
	}
	wanted := newsletters.Change{Name: change.Name, Description: change.Description}
	if change.Reactions != nil {
		wanted.Reactions = (*newsletters.Reactions)(change.Reactions)
	}
	info, err := p.server().updateChannel(p.device, id, wanted, change.Picture)
	if err != nil {
		return Channel{}, err
	}
	return p.server().channelView(info), nil
}

// DeleteChannel ends a channel for everybody. ErrNotFound, ErrRefused for all but its owner.
func (p *Phone) DeleteChannel(ctx context.Context, channel string) error {
	id, err := p.channelID(ctx, channel)
	if err != nil {
		return err
	}
	return p.server().deleteChannel(p.device, id)
}

// AppointAdmin makes a follower an admin of a channel, or takes that away. ErrNotFound, ErrRefused for all but its
// owner, ErrInvalid for somebody who does not follow.
func (p *Phone) AppointAdmin(ctx context.Context, channel, number string, on bool) error {
	id, err := p.channelID(ctx, channel)
	if err != nil {
		return err
	}
	who, err := p.server().resolvePerson(number)
	if err != nil {
		return err
	}
	return p.server().appointAdmin(p.device, id, who, on)
}

// ChannelPosts lists the last count messages of a channel (0: 50, at most 100) before a server id (0: the end).
// ErrNotFound, ErrRefused while it is suspended.
func (p *Phone) ChannelPosts(ctx context.Context, channel string, count, before int) ([]ChannelPost, error) {
	id, err := p.channelID(ctx, channel)
	if err != nil {
		return nil, err
	}
	posts, err := p.server().newsletters.History(id, p.account.lid, count, before, 0)
	if err != nil {
		return nil, channelError(err)
	}
	out := []ChannelPost{}
	for _, post := range posts {
		out = append(out, postView(post))
	}
	return out, nil
}

func postView(post newsletters.Message) ChannelPost {
	view := ChannelPost{
		ID: post.ID, ServerID: post.ServerID, Type: post.Type, Timestamp: post.Posted, Edited: !post.Edited.IsZero(),
		Revoked: post.Revoked, Views: post.Views, Reactions: post.Reactions, Handle: post.Handle,
	}
	message := new(waE2E.Message)
	if proto.Unmarshal(post.Body, message) != nil {
		return view
	}
	inner, _ := peel(message)
	view.Text = textOf(inner)
	poll := pollOf(inner)
	if poll == nil {
		return view
	}
	view.Text, view.Votes = poll.GetName(), make(map[string]int)
	for _, option := range poll.GetOptions() {
		sum := sha256.Sum256([]byte(option.GetOptionName()))
		for _, vote := range post.Votes {
			if string(vote.Hash) == string(sum[:]) {
				view.Votes[option.GetOptionName()] = vote.Count
			}
		}
	}
	return view
}

// checkFollows refuses what only followers of a channel do.
func (p *Phone) checkFollows(id string) error {
	info, err := p.server().newsletters.Get(id, p.account.lid)
	if err != nil {
		return channelError(err)
	}
	if info.Role == newsletters.Guest || info.State != newsletters.Active {
		return fmt.Errorf("%w: only followers of a channel take part in it", ErrRefused)
	}
	return nil
}

// ReactInChannel sets this person's reaction to a message of a channel, named by its server id; "" takes it away.
// ErrNotFound, ErrRefused for those who don't follow, ErrInvalid.
func (p *Phone) ReactInChannel(ctx context.Context, channel string, serverID int, emoji string) error {
	id, err := p.channelID(ctx, channel)
	if err != nil {
		return err
	}
	node := &binary.Node{
		Tag: "message", Attrs: binary.Attrs{"id": newMessageID(), "server_id": serverID, "type": "reaction"},
		Content: []binary.Node{{Tag: "reaction", Attrs: binary.Attrs{"code": emoji}}},
	}
	if emoji == "" {
		node.Attrs["edit"] = editRevoke
	}
	_, err = p.server().publishAs(p.device, channelJID(id), node, p.server().clock.Now())
	return channelError(err)
}

// VoteInChannel replaces this person's choice in a poll of a channel, named by its server id; no options withdraw it.
// ErrNotFound, ErrRefused for those who don't follow, ErrInvalid if it is no poll.
func (p *Phone) VoteInChannel(ctx context.Context, channel string, serverID int, options ...string) error {
	id, err := p.channelID(ctx, channel)
	if err != nil {
		return err
	}
	var votes []binary.Node
	for _, option := range options {
		sum := sha256.Sum256([]byte(option))
		votes = append(votes, binary.Node{Tag: "vote", Content: sum[:]})
	}
	node := &binary.Node{
		Tag: "message", Attrs: binary.Attrs{"id": newMessageID(), "server_id": serverID, "type": "poll"},
		Content: []binary.Node{{Tag: "votes", Content: votes}},
	}
	_, err = p.server().publishAs(p.device, channelJID(id), node, p.server().clock.Now())
	return channelError(err)
}

// ViewChannel counts this person as having seen messages of a channel. ErrNotFound.
func (p *Phone) ViewChannel(ctx context.Context, channel string, serverIDs ...int) error {
	id, err := p.channelID(ctx, channel)
	if err != nil {
		return err
	}
	p.server().viewPosts(p.account, channelJID(id), serverIDs)
	return nil
}

// readPosts counts received messages of channels as seen.
func (p *Phone) readPosts(ids []string) {
	seen := make(map[types.JID][]int)
	p.mu.Lock()
	for _, id := range ids {
		if m := p.incoming(id); m != nil && m.ServerID != 0 {
			seen[m.chat] = append(seen[m.chat], m.ServerID)
		}
	}
	p.mu.Unlock()
	for channel, serverIDs := range seen {
		p.server().viewPosts(p.account, channel, serverIDs)
	}
}

// VerifyChannel gives a channel the mark of authenticity or takes it away, as WhatsApp does. ErrNotFound.
func (s *Server) VerifyChannel(channel string, on bool) error {
	info, err := s.findChannel(channel, "")
	if err != nil {
		return err
	}
	return channelError(s.newsletters.Verify(info.ID, on))
}

// SetChannelState suspends a channel ("SUSPENDED", "GEOSUSPENDED") or lets it go on ("ACTIVE"), as WhatsApp does.
// ErrNotFound, ErrInvalid.
func (s *Server) SetChannelState(channel, state string) error {
	info, err := s.findChannel(channel, "")
	if err != nil {
		return err
	}
	return s.setChannelState(info.ID, newsletters.State(state))
}
