package api

import (
	"context"
	"time"

	"github.com/myaibud/aibud/engine"
)

// GroupPath names a group of a seat.
type GroupPath struct {
	SeatPath
	Group string `path:"group" maxLength:"64" doc:"The group's address, such as 120363012345678901@g.us"`
}

func (p GroupPath) address() engine.Address { return engine.Address(p.Group) }

// groupDo is the request of a route that does something in a group.
type groupDo[T any] struct {
	GroupPath
	Body T
}

// NewGroup is a group to make.
type NewGroup struct {
	Subject   string                `json:"subject" minLength:"1" maxLength:"100" doc:"What the group is called" example:"Viewings in May"`
	Members   []string              `json:"members,omitempty" maxItems:"1023" doc:"Phone numbers with country code, or addresses of people"`
	Settings  *engine.GroupSettings `json:"settings,omitempty" doc:"Absent: everybody writes, changes and adds, and messages stay"`
	Community string                `json:"community,omitempty" maxLength:"64" doc:"The address of the community that the group is to belong to"`
}

// NewGroupAnswer is a group that was made.
type NewGroupAnswer struct {
	Group   engine.Group          `json:"group"`
	Results []engine.MemberResult `json:"results" nullable:"false" doc:"How adding each member went, in the order of the request"`
}

// GroupChange is what is to be different about a group.
type GroupChange struct {
	Subject      *string `json:"subject,omitempty" minLength:"1" maxLength:"100"`
	Description  *string `json:"description,omitempty" maxLength:"2048" doc:"Empty removes it"`
	AnnounceOnly *bool   `json:"announce_only,omitempty" doc:"Only admins write"`
	Locked       *bool   `json:"locked,omitempty" doc:"Only admins change subject, description, picture and timer"`
	AdminsAdd    *bool   `json:"admins_add,omitempty" doc:"Only admins add members"`
	Approval     *bool   `json:"approval,omitempty" doc:"Admins let in who joins by the link"`
	Timer        *int    `json:"timer,omitempty" enum:"0,86400,604800,7776000" doc:"Seconds after which new messages disappear; 0: they stay"`
}

// MemberChange says what is to be done with members.
type MemberChange struct {
	Action engine.MemberAction `json:"action" enum:"add,remove,promote,demote"`
	People []string            `json:"people" minItems:"1" maxItems:"256" nullable:"false" doc:"Phone numbers with country code, or addresses of people"`
}

// JoinAnswer answers people who ask to be let in.
type JoinAnswer struct {
	Approve bool     `json:"approve" doc:"Let them in; false: don't"`
	People  []string `json:"people" minItems:"1" maxItems:"256" nullable:"false" doc:"Phone numbers with country code, or addresses of people"`
}

// GroupInvite is a way into a group.
type GroupInvite struct {
	Link    string     `json:"link,omitempty" maxLength:"2000" doc:"An invite link; absent: the rest is what an invitation message carries" example:"https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv"`
	Group   string     `json:"group,omitempty" maxLength:"64" doc:"The group's address"`
	Admin   string     `json:"admin,omitempty" maxLength:"64" doc:"Who invites: a phone number with country code, or an address"`
	Code    string     `json:"code,omitempty" maxLength:"128"`
	Expires *time.Time `json:"expires_at,omitempty"`
}

// PictureUpload is a picture to set.
type PictureUpload struct {
	Picture []byte `json:"picture" minLength:"1" maxLength:"7000000" doc:"A JPEG or PNG of at most 5 MB in base64; the middle square of it is used"`
}

// PictureID names a picture.
type PictureID struct {
	ID string `json:"id" doc:"Changes with the picture"`
}

// LinkAnswer is a link.
type LinkAnswer struct {
	Link string `json:"link"`
}

// pictureLimit is how large a request with a picture may be.
const pictureLimit = 8 << 20

func (s *Server) groupRoutes(seat string) {
	const tag = "Groups"
	all, one := seat+"/groups", seat+"/groups/{group}"
	operation(s, ask("GET", all, "listGroups", tag, "Groups and communities that the seat is in, without their members", 200), s.listGroups)
	operation(s, ask("POST", all, "createGroup", tag, "Make a group", 201), s.createGroup)
	operation(s, ask("GET", one, "getGroup", tag, "One group with its members", 200), s.getGroup)
	change := ask("PATCH", one, "changeGroup", tag, "Change subject, description or settings, one after the other", 204)
	change.Description = "The changes are made one by one in the order of the fields. The first that WhatsApp refuses is the error; those before it stay made."
	operation(s, change, s.changeGroup)
	operation(s, ask("DELETE", one, "leaveGroup", tag, "Leave a group", 204), s.leaveGroup)
	picture := ask("PUT", one+"/picture", "setGroupPicture", tag, "Set the picture", 200)
	picture.MaxBodyBytes = pictureLimit
	operation(s, picture, s.setGroupPicture)
	operation(s, ask("DELETE", one+"/picture", "removeGroupPicture", tag, "Remove the picture", 204), s.removeGroupPicture)
	operation(s, ask("POST", one+"/members", "changeMembers", tag, "Add, remove, promote or demote members", 200), s.changeMembers)
	operation(s, ask("GET", one+"/invite", "getInviteLink", tag, "The invite link", 200), s.getInviteLink)
	operation(s, ask("POST", one+"/invite/renew", "renewInviteLink", tag, "A new invite link; the old one stops working", 200), s.renewInviteLink)
	operation(s, ask("GET", one+"/requests", "listJoinRequests", tag, "Who asks to be let in", 200), s.listJoinRequests)
	operation(s, ask("POST", one+"/requests", "answerJoinRequests", tag, "Let people in who ask, or don't", 200), s.answerJoinRequests)
	operation(s, ask("POST", seat+"/invites/preview", "previewInvite", tag, "What an invitation leads to", 200), s.previewInvite)
	operation(s, ask("POST", seat+"/invites/accept", "acceptInvite", tag, "Join a group by an invitation", 200), s.acceptInvite)
}

func (s *Server) listGroups(ctx context.Context, request *SeatPath) (*answered[Items[engine.Group]], error) {
	return askSeat(ctx, s, *request, func(ctx context.Context, client engine.Groups) (Items[engine.Group], error) {
		return items(client.Groups(ctx))
	})
}

func (s *Server) createGroup(ctx context.Context, request *seatDo[NewGroup]) (*answered[NewGroupAnswer], error) {
	body := request.Body
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Groups) (NewGroupAnswer, error) {
		members, err := s.people(ctx, client, body.Members)
		if err != nil {
			return NewGroupAnswer{}, err
		}
		group := engine.NewGroup{Subject: body.Subject, Members: members, Community: engine.Address(body.Community)}
		if body.Settings != nil {
			group.Settings = *body.Settings
		}
		made, results, err := client.CreateGroup(ctx, group)
		if results == nil {
			results = []engine.MemberResult{}
		}
		return NewGroupAnswer{Group: made, Results: results}, err
	})
}

func (s *Server) getGroup(ctx context.Context, request *GroupPath) (*answered[engine.Group], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Groups) (engine.Group, error) {
		return client.Group(ctx, request.address())
	})
}

func (s *Server) changeGroup(ctx context.Context, request *groupDo[GroupChange]) (*struct{}, error) {
	body := request.Body
	change := engine.GroupChange{
		Subject: body.Subject, Description: body.Description, AnnounceOnly: body.AnnounceOnly, Locked: body.Locked,
		AdminsAdd: body.AdminsAdd, Approval: body.Approval,
	}
	if body.Timer != nil {
		after := time.Duration(*body.Timer) * time.Second
		change.Timer = &after
	}
	return doOnSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Groups) error {
		return client.ChangeGroup(ctx, request.address(), change)
	})
}

func (s *Server) leaveGroup(ctx context.Context, request *GroupPath) (*struct{}, error) {
	return doOnSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Groups) error {
		return client.LeaveGroup(ctx, request.address())
	})
}

func (s *Server) setGroupPicture(ctx context.Context, request *groupDo[PictureUpload]) (*answered[PictureID], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Groups) (PictureID, error) {
		id, err := client.SetGroupPicture(ctx, request.address(), request.Body.Picture)
		return PictureID{ID: id}, err
	})
}

func (s *Server) removeGroupPicture(ctx context.Context, request *GroupPath) (*struct{}, error) {
	return doOnSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Groups) error {
		_, err := client.SetGroupPicture(ctx, request.address(), nil)
		return err
	})
}

func (s *Server) changeMembers(ctx context.Context, request *groupDo[MemberChange]) (*answered[Items[engine.MemberResult]], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Groups) (Items[engine.MemberResult], error) {
		named, err := s.people(ctx, client, request.Body.People)
		if err != nil {
			return Items[engine.MemberResult]{}, err
		}
		return items(client.ChangeMembers(ctx, request.address(), request.Body.Action, named))
	})
}

func (s *Server) getInviteLink(ctx context.Context, request *GroupPath) (*answered[LinkAnswer], error) {
	return s.inviteLink(ctx, request, false)
}

func (s *Server) renewInviteLink(ctx context.Context, request *GroupPath) (*answered[LinkAnswer], error) {
	return s.inviteLink(ctx, request, true)
}

func (s *Server) inviteLink(ctx context.Context, request *GroupPath, renew bool) (*answered[LinkAnswer], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Groups) (LinkAnswer, error) {
		link, err := client.InviteLink(ctx, request.address(), renew)
		return LinkAnswer{Link: link}, err
	})
}

func (s *Server) listJoinRequests(ctx context.Context, request *GroupPath) (*answered[Items[engine.JoinRequest]], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Groups) (Items[engine.JoinRequest], error) {
		return items(client.JoinRequests(ctx, request.address()))
	})
}

func (s *Server) answerJoinRequests(ctx context.Context, request *groupDo[JoinAnswer]) (*answered[Items[engine.MemberResult]], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Groups) (Items[engine.MemberResult], error) {
		named, err := s.people(ctx, client, request.Body.People)
		if err != nil {
			return Items[engine.MemberResult]{}, err
		}
		return items(client.AnswerJoinRequests(ctx, request.address(), request.Body.Approve, named))
	})
}

// invite says which invitation is meant.
func (s *Server) invite(ctx context.Context, client engine.Groups, i GroupInvite) (engine.GroupInvite, error) {
	invite := engine.GroupInvite{Link: i.Link, Group: engine.Address(i.Group), Code: i.Code}
	if i.Link != "" {
		return engine.GroupInvite{Link: i.Link}, nil
	}
	if i.Expires != nil {
		invite.Expires = *i.Expires
	}
	var err error
	if i.Admin != "" {
		invite.Admin, err = s.person(ctx, client, i.Admin)
	}
	return invite, err
}

func (s *Server) previewInvite(ctx context.Context, request *seatDo[GroupInvite]) (*answered[engine.Group], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Groups) (engine.Group, error) {
		invite, err := s.invite(ctx, client, request.Body)
		if err != nil {
			return engine.Group{}, err
		}
		return client.PreviewInvite(ctx, invite)
	})
}

func (s *Server) acceptInvite(ctx context.Context, request *seatDo[GroupInvite]) (*answered[engine.Joined], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Groups) (engine.Joined, error) {
		invite, err := s.invite(ctx, client, request.Body)
		if err != nil {
			return engine.Joined{}, err
		}
		return client.AcceptInvite(ctx, invite)
	})
}
