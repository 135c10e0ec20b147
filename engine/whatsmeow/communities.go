package whatsmeow

import (
	"context"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// CreateCommunity implements [engine.Communities]. WhatsApp takes the
// description in a request of its own; if that fails the community is there
// without one, as the answer says.
func (c *Client) CreateCommunity(ctx context.Context, community engine.NewCommunity) (engine.Group, error) {
	if err := community.Check(); err != nil {
		return engine.Group{}, err
	}
	return ask(ctx, c, groupWords, func(ctx context.Context, s *session) (engine.Group, error) {
		request := wm.ReqCreateGroup{Name: community.Subject}
		request.IsParent, request.IsJoinApprovalRequired = true, community.Approval
		info, err := s.wm.CreateGroup(ctx, request)
		if err != nil {
			return engine.Group{}, err
		}
		if community.Description != "" {
			if err := s.describeGroup(ctx, info.JID, community.Description); err != nil {
				c.log.Warn("a community was made without its description", "error", harmless(err))
			} else {
				info.Topic = community.Description
			}
		}
		return s.group(ctx, info)
	})
}

// CommunityGroups implements [engine.Communities].
func (c *Client) CommunityGroups(ctx context.Context, community engine.Address) ([]engine.CommunityGroup, error) {
	if err := engine.CheckGroup(community); err != nil {
		return nil, err
	}
	return ask(ctx, c, groupWords, func(ctx context.Context, s *session) ([]engine.CommunityGroup, error) {
		groups, err := s.wm.GetSubGroups(ctx, addressJID(community))
		if err != nil {
			return nil, err
		}
		list := make([]engine.CommunityGroup, 0, len(groups))
		for _, group := range groups {
			list = append(list, engine.CommunityGroup{
				Address: roomAddress(group.JID), Subject: clean(group.Name), Announcements: group.IsDefaultSubGroup,
			})
		}
		return list, nil
	})
}

// LinkGroup implements [engine.Communities].
func (c *Client) LinkGroup(ctx context.Context, community, group engine.Address) error {
	return c.relate(ctx, community, group, linkGroup)
}

// UnlinkGroup implements [engine.Communities].
func (c *Client) UnlinkGroup(ctx context.Context, community, group engine.Address) error {
	return c.relate(ctx, community, group, unlinkGroup)
}

func (c *Client) relate(ctx context.Context, community, group engine.Address, act func(context.Context, *wm.Client, types.JID, types.JID) error) error {
	for _, one := range []engine.Address{community, group} {
		if err := engine.CheckGroup(one); err != nil {
			return err
		}
	}
	return do(ctx, c, groupWords, func(ctx context.Context, s *session) error {
		return act(ctx, s.wm, addressJID(community), addressJID(group))
	})
}
