package simulator

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/groups"
)

// Group is a group or community as its members see it. People are numbers.
type Group struct {
	JID         string    `json:"jid"`
	Subject     string    `json:"subject"`
	Description string    `json:"description,omitempty"`
	Owner       string    `json:"owner"`
	Created     time.Time `json:"created"`
	Members     []Member  `json:"members"`

	Announce  bool   `json:"announce,omitempty"`  // only admins write
	Locked    bool   `json:"locked,omitempty"`    // only admins change subject, description and picture
	Approval  bool   `json:"approval,omitempty"`  // admins let people in
	AdminAdd  bool   `json:"admin_add,omitempty"` // only admins add members
	Suspended bool   `json:"suspended,omitempty"` // by the network
	Expires   int    `json:"expires,omitempty"`   // seconds that messages may be seen
	ByNumber  bool   `json:"by_number,omitempty"` // members are addressed by number instead of LID
	Community bool   `json:"community,omitempty"` // a parent of groups
	Parent    string `json:"parent,omitempty"`    // JID of the community that it belongs to
	Default   bool   `json:"default,omitempty"`   // a community's announcement group
}

// Member is somebody in a group. Role is "", "admin" or "superadmin" (the founder).
type Member struct {
	Number string `json:"number"`
	Role   string `json:"role,omitempty"`
}

// Has says whether a number is in the group.
func (g Group) Has(number string) bool {
	_, ok := g.Role(number)
	return ok
}

// Role is a member's role.
func (g Group) Role(number string) (role string, ok bool) {
	for _, member := range g.Members {
		if member.Number == number {
			return member.Role, true
		}
	}
	return "", false
}

// NewGroup is a group to be made. Only Subject is needed: at most 100 characters. Members are numbers or addresses.
type NewGroup struct {
	Subject     string   `json:"subject"`
	Members     []string `json:"members,omitempty"`
	Description string   `json:"description,omitempty"`
	Announce    bool     `json:"announce,omitempty"`
	Locked      bool     `json:"locked,omitempty"`
	Approval    bool     `json:"approval,omitempty"`
	AdminAdd    bool     `json:"admin_add,omitempty"`
	Expires     int      `json:"expires,omitempty"` // seconds: 86400, 604800 or 7776000
	ByNumber    bool     `json:"by_number,omitempty"`
	Community   bool     `json:"community,omitempty"` // with an announcement group of its own
	Parent      string   `json:"parent,omitempty"`    // JID of a community to make it in
}

// GroupResult says what became of one member of a request: Code 0 is success, else WhatsApp's code: 401 has blocked the
// one who asks, 403 can only be invited (Invite), 404 unknown, 405 the founder stays, 408 left recently, 409 is in the
// group, 419 it is full.
type GroupResult struct {
	Number string       `json:"number"`
	Code   int          `json:"code,omitempty"`
	Invite *GroupInvite `json:"invite,omitempty"`
}

// CreateGroup makes a group, or a community, of which this person is the founder. ErrInvalid, ErrNotFound, ErrRefused.
func (p *Phone) CreateGroup(ctx context.Context, want NewGroup) (Group, []GroupResult, error) {
	if err := ctx.Err(); err != nil {
		return Group{}, nil, err
	}
	s := p.server()
	members, err := s.persons(want.Members)
	if err != nil {
		return Group{}, nil, err
	}
	parent, err := parentOf(want.Parent)
	if err != nil {
		return Group{}, nil, err
	}
	g, outcomes, changes, err := s.groups.Create(p.account.person(), s.clock.Now(), groups.New{
		Subject: want.Subject, Members: members, Description: want.Description, ByNumber: want.ByNumber,
		Community: want.Community, Parent: parent,
		Settings: groups.Settings{
			Announce: want.Announce, Locked: want.Locked, Approval: want.Approval, AdminAdd: want.AdminAdd,
			Ephemeral: time.Duration(want.Expires) * time.Second,
		},
	}, s.admitBy(p.account))
	if err = s.done(changes, err); err != nil {
		return Group{}, nil, err
	}
	return s.groupView(&g), s.results(&g, outcomes), nil
}

func parentOf(jid string) (groups.ID, error) {
	if jid == "" {
		return "", nil
	}
	parent, err := types.ParseJID(jid)
	if err != nil || parent.Server != types.GroupServer {
		return "", fmt.Errorf("%w parent: a community's JID is meant", ErrInvalid)
	}
	return groupID(parent), nil
}

// persons finds the people that numbers or addresses name.
func (s *Server) persons(names []string) ([]groups.Person, error) {
	out := make([]groups.Person, 0, len(names))
	for _, name := range names {
		a, err := s.resolvePerson(name)
		if err != nil {
			return nil, err
		}
		out = append(out, a.person())
	}
	return out, nil
}

// numberOf is how a person is named outside.
func (s *Server) numberOf(p groups.Person) string {
	if a := s.someone(p); a != nil {
		return a.number
	}
	return ""
}

func (s *Server) groupView(g *groups.Group) Group {
	view := Group{
		JID: groupJID(g.ID).String(), Subject: g.Subject, Description: g.Description, Owner: s.numberOf(g.Creator),
		Created: g.Created, Members: []Member{},
		Announce: g.Announce, Locked: g.Locked, Approval: g.Approval, AdminAdd: g.AdminAdd, Suspended: g.Suspended,
		Expires: int(g.Ephemeral / time.Second), ByNumber: g.ByNumber, Community: g.Community, Default: g.Default,
	}
	if g.Parent != "" {
		view.Parent = groupJID(g.Parent).String()
	}
	for _, member := range g.Participants {
		view.Members = append(view.Members, Member{Number: s.numberOf(member.Person), Role: member.Role.String()})
	}
	return view
}

func (s *Server) results(g *groups.Group, outcomes []groups.Outcome) []GroupResult {
	out := make([]GroupResult, 0, len(outcomes))
	for _, outcome := range outcomes {
		result := GroupResult{Number: s.numberOf(outcome.Person), Code: outcome.Error}
		if outcome.Invite != nil {
			result.Invite = &GroupInvite{
				Group: groupJID(g.ID).String(), Admin: s.numberOf(outcome.Invite.Admin),
				Code: outcome.Invite.Code, Expires: outcome.Invite.Expires,
			}
		}
		out = append(out, result)
	}
	return out
}

// Groups lists the groups and communities that this person is in.
func (p *Phone) Groups() []Group {
	out := []Group{}
	for _, g := range p.server().groups.Of(p.account.person()) {
		out = append(out, p.server().groupView(&g))
	}
	return out
}

// Groups lists every group and community of the network.
func (s *Server) Groups() []Group {
	out := []Group{}
	for _, g := range s.groups.All() {
		out = append(out, s.groupView(&g))
	}
	return out
}

// SuspendGroup stops a group, in which nobody writes then, or lets it go on, as the network itself does. ErrNotFound.
func (s *Server) SuspendGroup(jid string, on bool) error {
	id, err := parentOf(jid)
	if err != nil {
		return err
	}
	return s.done(s.groups.Suspend(id, on, s.clock.Now()))
}

// CloseInviteLink keeps everybody from using a group's invite link for a time (0 opens it again), as the network itself
// does when a group grows too fast. ErrNotFound.
func (s *Server) CloseInviteLink(jid string, d time.Duration) error {
	id, err := parentOf(jid)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	return s.done(s.groups.CloseLink(id, now.Add(d), now))
}

// JoinGroup opens an invite link or its code. pending means that admins have to let the person in first. ErrInvalid for
// a wrong link, ErrExpired for one that was reset, ErrRefused for a member, for who was removed, and by a full group.
func (p *Phone) JoinGroup(ctx context.Context, link string) (jid string, pending bool, err error) {
	if err = ctx.Err(); err != nil {
		return "", false, err
	}
	s := p.server()
	g, pending, changes, err := s.groups.Join(p.account.person(), groups.CleanCode(strings.TrimSpace(link)), s.clock.Now())
	if err = s.done(changes, err); err != nil {
		return "", false, err
	}
	return groupJID(g.ID).String(), pending, nil
}

// PreviewGroup shows the group of an invite link or its code, without its members. ErrInvalid, ErrExpired.
func (s *Server) PreviewGroup(link string) (Group, error) {
	g, err := s.groups.Preview(groups.CleanCode(strings.TrimSpace(link)), s.clock.Now())
	if err != nil {
		return Group{}, groupError(err)
	}
	g.Participants = nil
	return s.groupView(&g), nil
}

// AcceptInvite joins a group by an invitation message. ErrNotFound, ErrInvalid, ErrExpired, ErrRefused.
func (p *Phone) AcceptInvite(ctx context.Context, invite GroupInvite) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s := p.server()
	id, err := parentOf(invite.Group)
	if err != nil {
		return err
	}
	admin, err := s.resolvePerson(invite.Admin)
	if err != nil {
		return err
	}
	shown := groups.Invite{Admin: admin.person(), Code: invite.Code, Expires: invite.Expires}
	return s.done(s.groups.Accept(p.account.person(), id, shown, s.clock.Now()))
}
