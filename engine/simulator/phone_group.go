package simulator

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/groups"
)

// PhoneGroup is a group on a phone, with what its person can do there. Its calls end with ErrNotFound if there is no such
// group and ErrRefused if the person may not do that. People are numbers or addresses.
type PhoneGroup struct {
	phone *Phone
	jid   types.JID
}

// Group takes a group in hand by its JID, whether the person is in it or not. ErrInvalid, ErrNotFound.
func (p *Phone) Group(jid string) (*PhoneGroup, error) {
	parsed, err := types.ParseJID(jid)
	if err != nil || parsed.Server != types.GroupServer {
		return nil, fmt.Errorf("%w group: its JID is meant", ErrInvalid)
	}
	if parsed, err = p.server().resolveGroup(parsed); err != nil {
		return nil, err
	}
	return &PhoneGroup{phone: p, jid: parsed}, nil
}

// JID is the group's address.
func (g *PhoneGroup) JID() types.JID { return g.jid }

func (g *PhoneGroup) id() groups.ID { return groupID(g.jid) }

func (g *PhoneGroup) me() groups.Person { return g.phone.account.person() }

func (g *PhoneGroup) now() time.Time { return g.phone.server().clock.Now() }

// Info shows the group as it is now.
func (g *PhoneGroup) Info() (Group, error) {
	found, err := g.phone.server().groups.Get(g.me(), g.id())
	if err != nil {
		return Group{}, groupError(err)
	}
	return g.phone.server().groupView(&found), nil
}

// each does something to some people.
func (g *PhoneGroup) each(ctx context.Context, people []string, do func([]groups.Person) ([]groups.Outcome, []groups.Change, error)) ([]GroupResult, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := g.phone.server()
	named, err := s.persons(people)
	if err != nil {
		return nil, err
	}
	if len(named) == 0 {
		return nil, fmt.Errorf("%w people: none given", ErrInvalid)
	}
	outcomes, changes, err := do(named)
	if err = s.done(changes, err); err != nil {
		return nil, err
	}
	return s.results(&groups.Group{ID: g.id()}, outcomes), nil
}

// Add puts people into the group; who can't be added is in the results with the reason.
func (g *PhoneGroup) Add(ctx context.Context, people ...string) ([]GroupResult, error) {
	s := g.phone.server()
	return g.each(ctx, people, func(named []groups.Person) ([]groups.Outcome, []groups.Change, error) {
		return s.groups.Add(g.me(), g.id(), named, g.now(), s.admitBy(g.phone.account))
	})
}

// Remove takes people out, out of a community everywhere. They can't come back by the link.
func (g *PhoneGroup) Remove(ctx context.Context, people ...string) ([]GroupResult, error) {
	return g.each(ctx, people, func(named []groups.Person) ([]groups.Outcome, []groups.Change, error) {
		return g.phone.server().groups.Remove(g.me(), g.id(), named, true, g.now())
	})
}

// Promote makes members admins.
func (g *PhoneGroup) Promote(ctx context.Context, people ...string) ([]GroupResult, error) {
	return g.each(ctx, people, func(named []groups.Person) ([]groups.Outcome, []groups.Change, error) {
		return g.phone.server().groups.Promote(g.me(), g.id(), named, g.now())
	})
}

// Demote makes admins plain members.
func (g *PhoneGroup) Demote(ctx context.Context, people ...string) ([]GroupResult, error) {
	return g.each(ctx, people, func(named []groups.Person) ([]groups.Outcome, []groups.Change, error) {
		return g.phone.server().groups.Demote(g.me(), g.id(), named, g.now())
	})
}

// Leave takes the person out of the group; who leaves a community leaves all of it.
func (g *PhoneGroup) Leave(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return g.phone.server().done(g.phone.server().groups.Leave(g.me(), g.id(), g.now()))
}

// Rename sets the subject. ErrInvalid if it is empty or has more than 100 characters.
func (g *PhoneGroup) Rename(ctx context.Context, subject string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return g.phone.server().done(g.phone.server().groups.SetSubject(g.me(), g.id(), subject, g.now()))
}

// Describe sets the description, at most 2048 characters; "" deletes it.
func (g *PhoneGroup) Describe(ctx context.Context, text string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s := g.phone.server()
	current, err := s.groups.Get(g.me(), g.id())
	if err != nil {
		return groupError(err)
	}
	want := groups.NewDescription{Text: text, Previous: current.DescriptionID}
	return s.done(s.groups.SetDescription(g.me(), g.id(), want, g.now()))
}

// GroupSettings are switches to set; nil leaves one as it is.
type GroupSettings struct {
	Announce *bool `json:"announce"`
	Locked   *bool `json:"locked"`
	Approval *bool `json:"approval"`
	AdminAdd *bool `json:"admin_add"`
	Expires  *int  `json:"expires"` // seconds: 0, 86400, 604800 or 7776000
}

// Set turns the group's switches.
func (g *PhoneGroup) Set(ctx context.Context, want GroupSettings) error {
	turn := func(kind groups.Kind, on *bool, which func(*groups.Settings) *bool) error {
		if on == nil {
			return nil
		}
		return g.set(ctx, kind, func(s *groups.Settings) { *which(s) = *on })
	}
	for _, step := range []func() error{
		func() error {
			return turn(groups.Announce, want.Announce, func(s *groups.Settings) *bool { return &s.Announce })
		},
		func() error {
			return turn(groups.Locked, want.Locked, func(s *groups.Settings) *bool { return &s.Locked })
		},
		func() error {
			return turn(groups.Approval, want.Approval, func(s *groups.Settings) *bool { return &s.Approval })
		},
		func() error {
			return turn(groups.MemberAdd, want.AdminAdd, func(s *groups.Settings) *bool { return &s.AdminAdd })
		},
		func() error {
			if want.Expires == nil {
				return nil
			}
			return g.set(ctx, groups.Ephemeral, func(s *groups.Settings) {
				s.Ephemeral = time.Duration(*want.Expires) * time.Second
			})
		},
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (g *PhoneGroup) set(ctx context.Context, kind groups.Kind, alter func(*groups.Settings)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return g.phone.server().done(g.phone.server().groups.Set(g.me(), g.id(), kind, g.now(), alter))
}

// SetPicture sets the group's picture, a JPEG, and gives its id; no data removes it. ErrInvalid.
func (g *PhoneGroup) SetPicture(ctx context.Context, data []byte) (id string, err error) {
	if err = ctx.Err(); err != nil {
		return "", err
	}
	return g.phone.server().changeGroupPicture(g.jid, g.phone.device, data)
}

const inviteLinkPrefix = "https://chat.whatsapp.com/"

// Link gives the invite link, a new one if reset.
func (g *PhoneGroup) Link(ctx context.Context, reset bool) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	s := g.phone.server()
	code, err := s.groups.Code(g.me(), g.id())
	if err == nil && reset {
		var changes []groups.Change
		code, changes, err = s.groups.ResetCode(g.me(), g.id(), g.now())
		s.tellGroups(changes)
	}
	if err != nil {
		return "", groupError(err)
	}
	return inviteLinkPrefix + code, nil
}

// RevokeInvites takes invitation messages back.
func (g *PhoneGroup) RevokeInvites(ctx context.Context, people ...string) ([]GroupResult, error) {
	return g.each(ctx, people, func(named []groups.Person) ([]groups.Outcome, []groups.Change, error) {
		outcomes, err := g.phone.server().groups.RevokeInvites(g.me(), g.id(), named)
		return outcomes, nil, err
	})
}

// GroupRequest is somebody's wish to be let in. Method is "invite_link", "linked_group_join" (by the community) or
// "non_admin_add" (a member, By, wanted to add them).
type GroupRequest struct {
	Number string    `json:"number"`
	By     string    `json:"by"`
	Method string    `json:"method"`
	At     time.Time `json:"at"`
}

// Requests lists who wants to be let in.
func (g *PhoneGroup) Requests() ([]GroupRequest, error) {
	s := g.phone.server()
	found, err := s.groups.Requests(g.me(), g.id())
	if err != nil {
		return nil, groupError(err)
	}
	out := []GroupRequest{}
	for _, request := range found {
		out = append(out, GroupRequest{
			Number: s.numberOf(request.Person), By: s.numberOf(request.By), Method: request.Method, At: request.At,
		})
	}
	return out, nil
}

// Decide lets in who asked, or turns them down.
func (g *PhoneGroup) Decide(ctx context.Context, approve bool, people ...string) ([]GroupResult, error) {
	return g.each(ctx, people, func(named []groups.Person) ([]groups.Outcome, []groups.Change, error) {
		return g.phone.server().groups.Decide(g.me(), g.id(), named, approve, g.now())
	})
}

// CancelRequest takes the person's own wish to be let in back. ErrNotFound.
func (g *PhoneGroup) CancelRequest(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return g.phone.server().done(g.phone.server().groups.Cancel(g.me(), g.id(), g.now()))
}

// LinkGroup puts a group into this community; UnlinkGroup takes it out. ErrInvalid if this is no community, ErrRefused
// if the group belongs to one, or to none.
func (g *PhoneGroup) LinkGroup(ctx context.Context, child string) error {
	return g.relate(ctx, child, g.phone.server().groups.Link)
}

// UnlinkGroup takes a group out of this community.
func (g *PhoneGroup) UnlinkGroup(ctx context.Context, child string) error {
	return g.relate(ctx, child, g.phone.server().groups.Unlink)
}

func (g *PhoneGroup) relate(ctx context.Context, child string, do func(groups.Person, groups.ID, []groups.ID, time.Time) ([]groups.GroupOutcome, []groups.Change, error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	id, err := parentOf(child)
	if err != nil {
		return err
	}
	outcomes, changes, err := do(g.me(), g.id(), []groups.ID{id}, g.now())
	if err = g.phone.server().done(changes, err); err != nil {
		return err
	}
	if code := outcomes[0].Error; code != 0 {
		return fmt.Errorf("%w by the community: code %d", ErrRefused, code)
	}
	return nil
}

// SubGroups lists the community's groups, its announcement group first.
func (g *PhoneGroup) SubGroups() ([]Group, error) {
	found, err := g.phone.server().groups.SubGroups(g.me(), g.id())
	if err != nil {
		return nil, groupError(err)
	}
	out := []Group{}
	for i := range found {
		out = append(out, g.phone.server().groupView(&found[i]))
	}
	return out, nil
}

// JoinSub joins one of this community's groups; pending means that its admins have to let the person in.
func (g *PhoneGroup) JoinSub(ctx context.Context, child string) (pending bool, err error) {
	if err = ctx.Err(); err != nil {
		return false, err
	}
	id, err := parentOf(child)
	if err != nil {
		return false, err
	}
	s := g.phone.server()
	_, pending, changes, err := s.groups.JoinLinked(g.me(), g.id(), id, g.now())
	return pending, s.done(changes, err)
}

// DeleteCommunity ends this community; its groups go on by themselves.
func (g *PhoneGroup) DeleteCommunity(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return g.phone.server().done(g.phone.server().groups.DeleteCommunity(g.me(), g.id(), g.now()))
}
