package simulator

import (
	"errors"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/groups"
	"github.com/myaibud/aibud/engine/simulator/internal/privacy"
)

// person names the account in internal/groups: by its LID, which outlasts a change of number.
func (a *account) person() groups.Person { return groups.Person(a.lid) }

// someone finds the account of a group's member.
func (s *Server) someone(p groups.Person) *account {
	return s.directory.find(types.NewJID(string(p), types.HiddenUserServer))
}

func groupJID(id groups.ID) types.JID { return types.NewJID(string(id), types.GroupServer) }

func groupID(jid types.JID) groups.ID { return groups.ID(jid.User) }

// groupForm is an address in the form in which a group names its members.
func groupForm(g *groups.Group) types.JID {
	if g.ByNumber {
		return types.NewJID("", types.DefaultUserServer)
	}
	return types.NewJID("", types.HiddenUserServer)
}

// admitBy says whom a person may put into a group: nobody who has blocked them, and only who lets them.
func (s *Server) admitBy(by *account) groups.Admit {
	return func(p groups.Person) int {
		a := s.someone(p)
		switch {
		case a == nil:
			return groups.ReasonUnknown
		case a.blocks(by):
			return groups.ReasonBlocked
		case !a.admits(privacy.GroupAdd, by):
			return groups.ReasonPrivacy
		default:
			return 0
		}
	}
}

// groupError gives a refusal the error that callers of the Go API tell apart; it stays visible within.
func groupError(err error) error {
	var refused *groups.Error
	if !errors.As(err, &refused) {
		return err
	}
	switch refused {
	case groups.ErrNotFound:
		return fmt.Errorf("group %w: %w", ErrNotFound, refused)
	case groups.ErrBadRequest, groups.ErrNotAcceptable:
		return fmt.Errorf("%w group request: %w", ErrInvalid, refused)
	case groups.ErrGone:
		return fmt.Errorf("group invitation: %w: %w", ErrExpired, refused)
	case groups.ErrNotAuthorized:
		return fmt.Errorf("%w: only admins of the group may do that: %w", ErrRefused, refused)
	case groups.ErrForbidden:
		return fmt.Errorf("%w: not in the group: %w", ErrRefused, refused)
	default:
		return fmt.Errorf("%w by the group: %w", ErrRefused, refused)
	}
}

// resolveGroup finds a group for whoever names it. ErrNotFound.
func (s *Server) resolveGroup(jid types.JID) (types.JID, error) {
	if _, ok := s.groups.Find(groupID(jid)); !ok {
		return types.EmptyJID, fmt.Errorf("group %w", ErrNotFound)
	}
	return bare(jid), nil
}

// mayRevoke says whether a person may delete what others wrote in a chat: the admins of a group may.
func (s *Server) mayRevoke(chat types.JID, who *account) bool {
	g, ok := s.groups.Find(groupID(chat))
	return ok && chat.Server == types.GroupServer && g.IsAdmin(who.person())
}

// groupDevices lists every device of a group's members.
func (s *Server) groupDevices(g *groups.Group) []*device {
	var out []*device
	for _, p := range g.People() {
		if a := s.someone(p); a != nil {
			out = append(out, a.all()...)
		}
	}
	return out
}

// tellGroups brings changes to every device of everybody concerned, the one that caused them too, as the real server
// echoes them (whatsmeow, SetDisappearingTimer).
func (s *Server) tellGroups(changes []groups.Change) {
	for i := range changes {
		change := &changes[i]
		audience := slices.Clone(change.Audience)
		slices.Sort(audience)
		node := s.changeNode(change)
		attrs := s.changeAttrs(change)
		for _, p := range slices.Compact(audience) {
			a := s.someone(p)
			if a == nil {
				continue
			}
			for _, d := range a.all() {
				d.push(s.notification(groupJID(change.Group.ID), "w:gp2", attrs, node))
			}
		}
	}
}

// done tells everybody of what was done, unless it was refused.
func (s *Server) done(changes []groups.Change, err error) error {
	if err != nil {
		return groupError(err)
	}
	s.tellGroups(changes)
	return nil
}

// changeGroupPicture lets somebody set or, with no data, remove a group's picture, and tells the members.
func (s *Server) changeGroupPicture(jid types.JID, by *device, data []byte) (id string, err error) {
	if err = s.groups.CanEdit(by.account.person(), groupID(jid)); err != nil {
		return "", groupError(err)
	}
	if id, err = s.changePicture(jid, by, data); err != nil {
		return "", err
	}
	g, ok := s.groups.Find(groupID(jid))
	if !ok {
		return id, nil
	}
	form := groupForm(&g)
	notice := pictureNotice(jid, id)
	notice.Attrs["author"] = by.account.as(form)
	for _, d := range s.groupDevices(&g) {
		if d != by {
			d.push(s.notification(jid, "picture", nil, notice))
		}
	}
	return id, nil
}

// maySeeGroupPicture: members see a group's picture, and whoever has its invite code.
func (s *Server) maySeeGroupPicture(d *device, jid types.JID, asked *binary.Node) *queryError {
	if code := attr(asked, "invite"); code != "" {
		if g, err := s.groups.Preview(code, s.clock.Now()); err == nil && g.ID == groupID(jid) {
			return nil
		}
		return errNotAuthorized
	}
	if _, err := s.groups.Get(d.account.person(), groupID(jid)); err != nil {
		return errNotAuthorized
	}
	return nil
}
