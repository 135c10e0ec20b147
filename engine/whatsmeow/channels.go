package whatsmeow

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	wm "go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

var _ engine.Channels = (*Client)(nil)

// channelWords explains what WhatsApp refuses about a channel.
func channelWords(code int) *engine.Error {
	switch code {
	case codeBadRequest, codeNotAcceptable:
		return engine.Errorf(engine.CodeInvalid, "WhatsApp did not accept what the channel is to be. Use a shorter text, or another picture.")
	case codeUnauthorized, codeForbidden, codeNotAllowed:
		return engine.Errorf(engine.CodeForbidden, "WhatsApp doesn't allow this number to do that in the channel. Some things need it to be followed or run first, an owner can't leave, and a suspended one is closed to all.")
	case codeNotFound, codeGone:
		return engine.Errorf(engine.CodeNotFound, "There is no such channel, or no such message in it.")
	case codeConflict:
		return engine.Errorf(engine.CodeConflict, "It is so already, or the channel was changed meanwhile. Look at it again.")
	case codeFull:
		return engine.Errorf(engine.CodeConflict, "WhatsApp allows no more channels for this number.")
	}
	return nil
}

// Channels implements [engine.Channels].
func (c *Client) Channels(ctx context.Context) ([]engine.Channel, error) {
	return ask(ctx, c, channelWords, func(ctx context.Context, s *session) ([]engine.Channel, error) {
		followed, err := s.wm.GetSubscribedNewsletters(ctx)
		if err != nil {
			return nil, err
		}
		list := make([]engine.Channel, 0, len(followed))
		for _, info := range followed {
			if info != nil {
				list = append(list, channelOf(info))
			}
		}
		slices.SortStableFunc(list, func(a, b engine.Channel) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Address, b.Address))
		})
		return list, nil
	})
}

// Channel implements [engine.Channels].
func (c *Client) Channel(ctx context.Context, channel engine.Address) (engine.Channel, error) {
	if err := engine.CheckChannel(channel); err != nil {
		return engine.Channel{}, err
	}
	return ask(ctx, c, channelWords, func(ctx context.Context, s *session) (engine.Channel, error) {
		info, err := s.wm.GetNewsletterInfo(ctx, addressJID(channel))
		return foundChannel(info, err)
	})
}

// ChannelByLink implements [engine.Channels].
func (c *Client) ChannelByLink(ctx context.Context, link string) (engine.Channel, error) {
	const complaint = "That is not a link of a channel. It begins with https://whatsapp.com/channel/."
	if err := engine.CheckLink(link); err != nil {
		return engine.Channel{}, err
	}
	code, err := linkCode(link, complaint, wm.NewsletterLinkPrefix, "https://www.whatsapp.com/channel/")
	if err != nil {
		return engine.Channel{}, err
	}
	return ask(ctx, c, channelWords, func(ctx context.Context, s *session) (engine.Channel, error) {
		info, err := s.wm.GetNewsletterInfoWithInvite(ctx, code)
		return foundChannel(info, err)
	})
}

// CreateChannel implements [engine.Channels]. WhatsApp tells the account's
// other devices of a new channel, or of one that is followed or changed, but
// not the one that did it, so that looks the channel up.
func (c *Client) CreateChannel(ctx context.Context, channel engine.NewChannel) (engine.Channel, error) {
	if err := channel.Check(); err != nil {
		return engine.Channel{}, err
	}
	params := wm.CreateNewsletterParams{Name: channel.Name, Description: channel.Description}
	if len(channel.Picture) > 0 {
		var err error
		if params.Picture, err = c.provider.avatar(ctx, channel.Picture); err != nil {
			return engine.Channel{}, err
		}
	}
	return ask(ctx, c, channelWords, func(ctx context.Context, s *session) (engine.Channel, error) {
		if channel.AcceptTerms {
			// The notice about channels, as the library's documentation of the
			// method names it.
			if err := s.wm.AcceptTOSNotice(ctx, "20601218", "5"); err != nil {
				return engine.Channel{}, err
			}
		}
		info, err := s.wm.CreateNewsletter(ctx, params)
		if err == nil && info != nil {
			s.relearn(info.ID)
		}
		return foundChannel(info, err)
	})
}

// changeChannel is the number of the GraphQL query that changes a channel
// (whatsmeow, newsletter.go: mutationUpdateNewsletter).
const changeChannel = "7150902998257522"

// ChangeChannel implements [engine.Channels].
func (c *Client) ChangeChannel(ctx context.Context, channel engine.Address, change engine.ChannelChange) (engine.Channel, error) {
	if err := engine.CheckChannel(channel); err != nil {
		return engine.Channel{}, err
	}
	if err := change.Check(); err != nil {
		return engine.Channel{}, err
	}
	updates := map[string]any{}
	if change.Name != nil {
		updates["name"] = *change.Name
	}
	if change.Description != nil {
		updates["description"] = *change.Description
	}
	if change.Picture != nil {
		picture := []byte{} // nothing removes it
		if len(*change.Picture) > 0 {
			var err error
			if picture, err = c.provider.avatar(ctx, *change.Picture); err != nil {
				return engine.Channel{}, err
			}
		}
		updates["picture"] = picture
	}
	return ask(ctx, c, channelWords, func(ctx context.Context, s *session) (engine.Channel, error) {
		_, err := mex(ctx, s.wm, changeChannel, map[string]any{"newsletter_id": string(channel), "updates": updates})
		if err != nil {
			return engine.Channel{}, err
		}
		s.relearn(addressJID(channel))
		info, err := s.wm.GetNewsletterInfo(ctx, addressJID(channel)) // the answer to a change tells less
		return foundChannel(info, err)
	})
}

// FollowChannel implements [engine.Channels].
func (c *Client) FollowChannel(ctx context.Context, channel engine.Address, follow bool) error {
	return c.inChannel(ctx, channel, func(ctx context.Context, s *session, jid types.JID) error {
		change := s.wm.UnfollowNewsletter
		if follow {
			change = s.wm.FollowNewsletter
		}
		err := change(ctx, jid)
		if err == nil {
			s.relearn(jid)
		}
		return err
	})
}

// MuteChannel implements [engine.Channels].
func (c *Client) MuteChannel(ctx context.Context, channel engine.Address, mute bool) error {
	return c.inChannel(ctx, channel, func(ctx context.Context, s *session, jid types.JID) error {
		return s.wm.NewsletterToggleMute(ctx, jid, mute)
	})
}

// ChannelMessages implements [engine.Channels].
func (c *Client) ChannelMessages(ctx context.Context, channel engine.Address, page engine.ChannelPage) ([]engine.ChannelMessage, error) {
	if err := engine.CheckChannel(channel); err != nil {
		return nil, err
	}
	if err := page.Check(); err != nil {
		return nil, err
	}
	return ask(ctx, c, channelWords, func(ctx context.Context, s *session) ([]engine.ChannelMessage, error) {
		found, err := s.wm.GetNewsletterMessages(ctx, addressJID(channel), &wm.GetNewsletterMessagesParams{Count: page.Count, Before: page.Before})
		if err != nil {
			return nil, err
		}
		list := make([]engine.ChannelMessage, 0, len(found))
		for _, message := range found {
			if message != nil {
				list = append(list, channelMessage(message))
			}
		}
		slices.SortStableFunc(list, func(a, b engine.ChannelMessage) int { return cmp.Compare(a.ServerID, b.ServerID) })
		return list, nil
	})
}

// ViewChannelMessages implements [engine.Channels].
func (c *Client) ViewChannelMessages(ctx context.Context, channel engine.Address, serverIDs []int) error {
	if err := engine.CheckViewed(serverIDs); err != nil {
		return err
	}
	items := make([]waBinary.Node, len(serverIDs))
	for i, id := range serverIDs {
		items[i] = waBinary.Node{Tag: "item", Attrs: waBinary.Attrs{"server_id": id}}
	}
	return c.inChannel(ctx, channel, func(ctx context.Context, s *session, jid types.JID) error {
		id := requestID(s.wm)
		return acknowledged(exchange(ctx, s.wm, id, waBinary.Node{
			Tag: "receipt", Attrs: waBinary.Attrs{"to": jid, "type": "view", "id": id},
			Content: []waBinary.Node{{Tag: "list", Content: items}},
		}))
	})
}

// ReactInChannel implements [engine.Channels].
func (c *Client) ReactInChannel(ctx context.Context, channel engine.Address, serverID int, emoji string) error {
	if err := engine.CheckServerID(serverID); err != nil {
		return err
	}
	if err := engine.CheckEmoji(emoji); err != nil {
		return err
	}
	return c.inChannel(ctx, channel, func(ctx context.Context, s *session, jid types.JID) error {
		id := s.wm.GenerateMessageID()
		return acknowledged(exchange(ctx, s.wm, id, reactionToPost(jid, id, serverID, emoji)))
	})
}

// acknowledged returns the refusal in a stanza's acknowledgement, or nil.
func acknowledged(answer *waBinary.Node, err error) error {
	if err != nil {
		return err
	}
	if code := answer.AttrGetter().OptionalInt("error"); code != 0 {
		return refusedError(code)
	}
	return nil
}

// WatchChannel implements [engine.Channels].
func (c *Client) WatchChannel(ctx context.Context, channel engine.Address) (time.Duration, error) {
	if err := engine.CheckChannel(channel); err != nil {
		return 0, err
	}
	return ask(ctx, c, channelWords, func(ctx context.Context, s *session) (time.Duration, error) {
		return s.wm.NewsletterSubscribeLiveUpdates(ctx, addressJID(channel))
	})
}

// inChannel makes a query about a channel that has no answer.
func (c *Client) inChannel(ctx context.Context, channel engine.Address, query func(context.Context, *session, types.JID) error) error {
	if err := engine.CheckChannel(channel); err != nil {
		return err
	}
	return do(ctx, c, channelWords, func(ctx context.Context, s *session) error {
		return query(ctx, s, addressJID(channel))
	})
}

// foundChannel turns WhatsApp's answer about a channel into ours. One that
// isn't there may be answered with nothing.
func foundChannel(info *types.NewsletterMetadata, err error) (engine.Channel, error) {
	if err != nil {
		return engine.Channel{}, err
	}
	if info == nil {
		return engine.Channel{}, refusedError(codeNotFound)
	}
	return channelOf(info), nil
}

func channelOf(info *types.NewsletterMetadata) engine.Channel {
	thread := info.ThreadMeta
	channel := engine.Channel{
		Address: roomAddress(info.ID), Name: clean(thread.Name.Text), Description: clean(thread.Description.Text),
		CreatedAt: since(thread.CreationTime.Time), Followers: max(0, thread.SubscriberCount),
		Verified: thread.VerificationState == types.NewsletterVerificationStateVerified,
		State:    clean(string(info.State.Type)), Reactions: clean(strings.ToLower(string(thread.Settings.ReactionCodes.Value))),
		PictureID: clean(thread.Preview.ID),
	}
	if thread.Picture != nil && thread.Picture.ID != "" {
		channel.PictureID = clean(thread.Picture.ID)
	}
	if thread.InviteCode != "" {
		channel.Link = wm.NewsletterLinkPrefix + clean(thread.InviteCode)
	}
	if viewer := info.ViewerMeta; viewer != nil {
		channel.Muted = viewer.Mute == types.NewsletterMuteOn
		switch viewer.Role {
		case types.NewsletterRoleSubscriber:
			channel.Role = engine.RoleMember
		case types.NewsletterRoleAdmin:
			channel.Role = engine.RoleAdmin
		case types.NewsletterRoleOwner:
			channel.Role = engine.RoleSuperAdmin
		case types.NewsletterRoleGuest:
			channel.Role = engine.RoleNone
		}
	}
	return channel
}

// maxReactions bounds how many different emojis are told of one message.
const maxReactions = 256

func channelMessage(m *types.NewsletterMessage) engine.ChannelMessage {
	message := engine.ChannelMessage{
		ServerID: m.MessageServerID, WhatsAppID: clean(m.MessageID), Kind: engine.KindUnknown,
		At: m.Timestamp.UTC(), Views: max(0, m.ViewsCount), Reactions: make(map[string]int, min(len(m.ReactionCounts), maxReactions)),
	}
	for emoji, count := range m.ReactionCounts {
		if len(message.Reactions) < maxReactions {
			message.Reactions[clean(emoji)] = count
		}
	}
	if m.Message != nil {
		if content, ok := contentOf(m.Message); ok {
			message.Kind, message.Text = content.kind, clean(content.text)
			if !content.more.Empty() {
				message.Content = &content.more
			}
		}
	}
	return message
}
