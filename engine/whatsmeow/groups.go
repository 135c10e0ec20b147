package whatsmeow

import (
	"cmp"
	"context"
	"slices"
	"time"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

var (
	_ engine.Groups      = (*Client)(nil)
	_ engine.Communities = (*Client)(nil)
)

// groupWords explains what WhatsApp refuses about a group. It answers 401 to
// whoever is not an admin, and 403 to whoever is not in it (whatsmeow,
// errors.go).
func groupWords(code int) *engine.Error {
	switch code {
	case codeBadRequest, codeNotAcceptable:
		return engine.Errorf(engine.CodeInvalid, "WhatsApp did not accept what the group is to be. Use a shorter text, or one of the choices that its apps offer.")
	case codeUnauthorized:
		return engine.Errorf(engine.CodeNotAdmin, "Only admins of the group may do that. Ask one of them to make this number an admin.")
	case codeForbidden:
		return engine.Errorf(engine.CodeForbidden, "This number is not in the group.")
	case codeNotFound:
		return engine.Errorf(engine.CodeNotFound, "WhatsApp knows no such group.")
	case codeNotAllowed:
		return engine.Errorf(engine.CodeConflict, "WhatsApp doesn't allow that in this kind of group.")
	case codeConflict:
		return engine.Errorf(engine.CodeConflict, "The group is like that already, or was changed meanwhile. Look at it again.")
	case codeGone:
		return engine.Errorf(engine.CodeNotFound, "The group doesn't exist any more.")
	case codeFull:
		return engine.Errorf(engine.CodeConflict, "The group is full.")
	case codeLocked:
		return engine.Errorf(engine.CodeConflict, "WhatsApp has suspended the group.")
	}
	return nil
}

// inviteWords explains what WhatsApp refuses about a way into a group.
func inviteWords(code int) *engine.Error {
	switch code {
	case codeBadRequest, codeNotAcceptable:
		return engine.Errorf(engine.CodeInvalid, "That is not an invite link of a group. Copy it again, as a whole.")
	case codeUnauthorized, codeForbidden, codeNotAllowed:
		return engine.Errorf(engine.CodeForbidden, "WhatsApp doesn't let this number in by that invitation: it was used or is for somebody else, or the number was removed from the group. Ask an admin to add it.")
	case codeNotFound, codeGone:
		return engine.Errorf(engine.CodeNotFound, "The invitation doesn't work any more. Ask an admin of the group for a new one.")
	case codeConflict:
		return engine.Errorf(engine.CodeConflict, "This number is in the group already, or has asked to be let in.")
	case codeGrowthLocked:
		return engine.Errorf(engine.CodeConflict, "WhatsApp lets nobody into this group by its link for a while. Try again later, or ask an admin to add the number.")
	}
	return groupWords(code)
}

// Groups implements [engine.Groups].
func (c *Client) Groups(ctx context.Context) ([]engine.Group, error) {
	return ask(ctx, c, groupWords, func(ctx context.Context, s *session) ([]engine.Group, error) {
		joined, err := s.wm.GetJoinedGroups(ctx)
		if err != nil {
			return nil, err
		}
		list := make([]engine.Group, 0, len(joined))
		for _, info := range joined {
			size := len(info.Participants)
			info.Participants = nil
			group, err := s.group(ctx, info)
			if err != nil {
				return nil, err
			}
			group.Size = max(group.Size, size)
			list = append(list, group)
		}
		slices.SortStableFunc(list, func(a, b engine.Group) int {
			return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Address, b.Address))
		})
		return list, nil
	})
}

// Group implements [engine.Groups].
func (c *Client) Group(ctx context.Context, group engine.Address) (engine.Group, error) {
	if err := engine.CheckGroup(group); err != nil {
		return engine.Group{}, err
	}
	return ask(ctx, c, groupWords, func(ctx context.Context, s *session) (engine.Group, error) {
		info, err := s.wm.GetGroupInfo(ctx, addressJID(group))
		if err != nil {
			return engine.Group{}, err
		}
		return s.group(ctx, info)
	})
}

// CreateGroup implements [engine.Groups].
func (c *Client) CreateGroup(ctx context.Context, group engine.NewGroup) (engine.Group, []engine.MemberResult, error) {
	type made struct {
		group   engine.Group
		results []engine.MemberResult
	}
	if err := group.Check(); err != nil {
		return engine.Group{}, nil, err
	}
	result, err := ask(ctx, c, groupWords, func(ctx context.Context, s *session) (made, error) {
		people, err := s.members(ctx, group.Members)
		if err != nil {
			return made{}, err
		}
		request := wm.ReqCreateGroup{Name: group.Subject, Participants: people}
		request.IsAnnounce, request.IsLocked = group.Settings.AnnounceOnly, group.Settings.Locked
		request.IsJoinApprovalRequired = group.Settings.Approval
		request.MemberAddMode = addMode(group.Settings.AdminsAdd)
		if group.Settings.Timer > 0 {
			request.IsEphemeral, request.DisappearingTimer = true, uint32(group.Settings.Timer) // checked
		}
		if group.Community != "" {
			request.LinkedParentJID = addressJID(group.Community)
		}
		info, err := s.wm.CreateGroup(ctx, request)
		if err != nil {
			return made{}, err
		}
		results, err := s.results(ctx, engine.MemberAdd, group.Members, people, info.Participants)
		if err != nil {
			return made{}, err
		}
		info.Participants = slices.DeleteFunc(info.Participants, func(p types.GroupParticipant) bool { return p.Error != 0 })
		shown, err := s.group(ctx, info)
		return made{shown, results}, err
	})
	return result.group, result.results, err
}

// LeaveGroup implements [engine.Groups].
func (c *Client) LeaveGroup(ctx context.Context, group engine.Address) error {
	if err := engine.CheckGroup(group); err != nil {
		return err
	}
	return do(ctx, c, groupWords, func(ctx context.Context, s *session) error {
		return leaveGroup(ctx, s.wm, addressJID(group))
	})
}

// ChangeGroup implements [engine.Groups].
func (c *Client) ChangeGroup(ctx context.Context, group engine.Address, change engine.GroupChange) error {
	if err := engine.CheckGroup(group); err != nil {
		return err
	}
	if err := change.Check(); err != nil {
		return err
	}
	return do(ctx, c, groupWords, func(ctx context.Context, s *session) error {
		return s.changeGroup(ctx, addressJID(group), change)
	})
}

// changeGroup makes the changes one by one.
func (s *session) changeGroup(ctx context.Context, jid types.JID, change engine.GroupChange) error {
	var steps []func() error
	if text := change.Subject; text != nil {
		steps = append(steps, func() error { return s.wm.SetGroupName(ctx, jid, *text) })
	}
	if text := change.Description; text != nil {
		steps = append(steps, func() error { return s.describeGroup(ctx, jid, *text) })
	}
	if on := change.AnnounceOnly; on != nil {
		steps = append(steps, func() error { return s.wm.SetGroupAnnounce(ctx, jid, *on) })
	}
	if on := change.Locked; on != nil {
		steps = append(steps, func() error { return s.wm.SetGroupLocked(ctx, jid, *on) })
	}
	if on := change.AdminsAdd; on != nil {
		steps = append(steps, func() error { return s.wm.SetGroupMemberAddMode(ctx, jid, addMode(*on)) })
	}
	if on := change.Approval; on != nil {
		steps = append(steps, func() error { return s.wm.SetGroupJoinApprovalMode(ctx, jid, *on) })
	}
	if after := change.Timer; after != nil {
		steps = append(steps, func() error { return s.wm.SetDisappearingTimer(ctx, jid, *after, time.Time{}) })
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// describeGroup sets a description. WhatsApp wants to know which one it
// replaces; the library would lose the reason if that can't be found out.
func (s *session) describeGroup(ctx context.Context, jid types.JID, text string) error {
	info, err := s.wm.GetGroupInfo(ctx, jid)
	if err != nil {
		return err
	}
	if text == "" && info.TopicID == "" {
		return nil
	}
	return s.wm.SetGroupTopic(ctx, jid, info.TopicID, "", text)
}

func addMode(adminsOnly bool) types.GroupMemberAddMode {
	if adminsOnly {
		return types.GroupMemberAddModeAdmin
	}
	return types.GroupMemberAddModeAllMember
}

// SetGroupPicture implements [engine.Groups].
func (c *Client) SetGroupPicture(ctx context.Context, group engine.Address, picture []byte) (string, error) {
	if err := engine.CheckGroup(group); err != nil {
		return "", err
	}
	return c.setPicture(ctx, addressJID(group), groupWords, picture)
}

// ChangeMembers implements [engine.Groups].
func (c *Client) ChangeMembers(ctx context.Context, group engine.Address, action engine.MemberAction, people []engine.Address) ([]engine.MemberResult, error) {
	if err := engine.CheckGroup(group); err != nil {
		return nil, err
	}
	if err := engine.CheckMembers(action, people); err != nil {
		return nil, err
	}
	return ask(ctx, c, groupWords, func(ctx context.Context, s *session) ([]engine.MemberResult, error) {
		jids, err := s.members(ctx, people)
		if err != nil {
			return nil, err
		}
		answer, err := s.wm.UpdateGroupParticipants(ctx, addressJID(group), jids, wm.ParticipantChange(action))
		if err != nil {
			return nil, err
		}
		return s.results(ctx, action, people, jids, answer)
	})
}

// InviteLink implements [engine.Groups].
func (c *Client) InviteLink(ctx context.Context, group engine.Address, renew bool) (string, error) {
	if err := engine.CheckGroup(group); err != nil {
		return "", err
	}
	return ask(ctx, c, groupWords, func(ctx context.Context, s *session) (string, error) {
		link, err := s.wm.GetGroupInviteLink(ctx, addressJID(group), renew)
		return clean(link), err
	})
}

// PreviewInvite implements [engine.Groups].
func (c *Client) PreviewInvite(ctx context.Context, invite engine.GroupInvite) (engine.Group, error) {
	if err := invite.Check(); err != nil {
		return engine.Group{}, err
	}
	code, err := inviteCode(invite.Link)
	if err != nil {
		return engine.Group{}, err
	}
	return ask(ctx, c, inviteWords, func(ctx context.Context, s *session) (engine.Group, error) {
		var info *types.GroupInfo
		var err error
		if invite.Link != "" {
			info, err = s.wm.GetGroupInfoFromLink(ctx, code)
		} else {
			info, err = s.wm.GetGroupInfoFromInvite(ctx, addressJID(invite.Group), addressJID(invite.Admin), invite.Code, invite.Expires.Unix())
		}
		if err != nil {
			return engine.Group{}, err
		}
		info.Participants = nil
		return s.group(ctx, info)
	})
}

// AcceptInvite implements [engine.Groups].
func (c *Client) AcceptInvite(ctx context.Context, invite engine.GroupInvite) (engine.Joined, error) {
	if err := invite.Check(); err != nil {
		return engine.Joined{}, err
	}
	code, err := inviteCode(invite.Link)
	if err != nil {
		return engine.Joined{}, err
	}
	return ask(ctx, c, inviteWords, func(ctx context.Context, s *session) (engine.Joined, error) {
		if invite.Link != "" {
			jid, pending, err := joinGroup(ctx, s.wm, code)
			return engine.Joined{Address: roomAddress(jid), Pending: pending}, err
		}
		err := s.wm.JoinGroupWithInvite(ctx, addressJID(invite.Group), addressJID(invite.Admin), invite.Code, invite.Expires.Unix())
		return engine.Joined{Address: invite.Group}, err
	})
}

// JoinRequests implements [engine.Groups].
func (c *Client) JoinRequests(ctx context.Context, group engine.Address) ([]engine.JoinRequest, error) {
	if err := engine.CheckGroup(group); err != nil {
		return nil, err
	}
	return ask(ctx, c, groupWords, func(ctx context.Context, s *session) ([]engine.JoinRequest, error) {
		requests, err := s.wm.GetGroupRequestParticipants(ctx, addressJID(group))
		if err != nil {
			return nil, err
		}
		list := make([]engine.JoinRequest, 0, len(requests))
		for _, request := range requests {
			who, err := s.person(ctx, request.JID, types.EmptyJID)
			if err != nil {
				return nil, err
			}
			if who != nil {
				list = append(list, engine.JoinRequest{Person: *who, At: request.RequestedAt.UTC()})
			}
		}
		return list, nil
	})
}

// AnswerJoinRequests implements [engine.Groups].
func (c *Client) AnswerJoinRequests(ctx context.Context, group engine.Address, approve bool, people []engine.Address) ([]engine.MemberResult, error) {
	if err := engine.CheckGroup(group); err != nil {
		return nil, err
	}
	if err := engine.CheckRequests(people); err != nil {
		return nil, err
	}
	return ask(ctx, c, groupWords, func(ctx context.Context, s *session) ([]engine.MemberResult, error) {
		jids, err := s.members(ctx, people)
		if err != nil {
			return nil, err
		}
		action := wm.ParticipantChangeReject
		if approve {
			action = wm.ParticipantChangeApprove
		}
		answer, err := s.wm.UpdateGroupRequestParticipants(ctx, addressJID(group), jids, action)
		if err != nil {
			return nil, err
		}
		return s.results(ctx, "", people, jids, answer)
	})
}
