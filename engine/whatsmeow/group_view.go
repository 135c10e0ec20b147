package whatsmeow

import (
	"context"
	"slices"
	"strings"

	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// group turns what WhatsApp tells of a group into ours.
func (s *session) group(ctx context.Context, info *types.GroupInfo) (engine.Group, error) {
	group := engine.Group{
		Address: roomAddress(info.JID), Subject: clean(info.Name), SubjectAt: since(info.NameSetAt),
		Description: clean(info.Topic), DescriptionAt: since(info.TopicSetAt), CreatedAt: since(info.GroupCreated),
		Settings: engine.GroupSettings{
			AnnounceOnly: info.IsAnnounce, Locked: info.IsLocked, Approval: info.IsJoinApprovalRequired,
			AdminsAdd: info.MemberAddMode == types.GroupMemberAddModeAdmin, Timer: int(info.DisappearingTimer),
		},
		Community: info.IsParent, Parent: roomAddress(info.LinkedParentJID), Announcements: info.IsDefaultSubGroup,
		Suspended: info.Suspended, Size: max(info.ParticipantCount, len(info.Participants)),
	}
	for _, one := range []struct {
		who      **engine.Person
		jid, alt types.JID
	}{
		{&group.Owner, info.OwnerJID, info.OwnerPN},
		{&group.SubjectBy, info.NameSetBy, info.NameSetByPN},
		{&group.DescriptionBy, info.TopicSetBy, info.TopicSetByPN},
	} {
		var err error
		if *one.who, err = s.person(ctx, one.jid, one.alt); err != nil {
			return engine.Group{}, err
		}
	}
	for _, participant := range info.Participants {
		who, err := s.participant(ctx, participant)
		if err != nil {
			return engine.Group{}, err
		}
		if who != nil {
			group.Members = append(group.Members, engine.GroupMember{Person: *who, Role: roleOf(participant)})
		}
	}
	return group, nil
}

func roleOf(p types.GroupParticipant) engine.Role {
	switch {
	case p.IsSuperAdmin:
		return engine.RoleSuperAdmin
	case p.IsAdmin:
		return engine.RoleAdmin
	}
	return engine.RoleMember
}

func (s *session) participant(ctx context.Context, p types.GroupParticipant) (*engine.Person, error) {
	jid, alt := p.JID, p.PhoneNumber
	if jid.Server == types.DefaultUserServer {
		alt = p.LID
	}
	return s.person(ctx, jid, alt)
}

// members returns the JIDs by which people are named in a request.
func (s *session) members(ctx context.Context, people []engine.Address) ([]types.JID, error) {
	jids := make([]types.JID, len(people))
	for i, a := range people {
		var err error
		if jids[i], err = s.personJID(ctx, a); err != nil {
			return nil, err
		}
	}
	return jids, nil
}

// results says of each person that a request named how it went, in the order
// of the request.
func (s *session) results(ctx context.Context, action engine.MemberAction, people []engine.Address, jids []types.JID, answer []types.GroupParticipant) ([]engine.MemberResult, error) {
	list := make([]engine.MemberResult, 0, len(people))
	for i := range people {
		result := engine.MemberResult{Outcome: engine.OutcomeFailed}
		named := types.GroupParticipant{JID: jids[i]}
		names := []types.JID{jids[i], addressJID(people[i])}
		at := slices.IndexFunc(answer, func(p types.GroupParticipant) bool {
			return slices.ContainsFunc(names, func(jid types.JID) bool {
				return jid == plain(p.JID) || jid == plain(p.PhoneNumber) || jid == plain(p.LID)
			})
		})
		if at >= 0 {
			named = answer[at]
			result.Outcome = outcomeOf(named.Error, action)
			if request := named.AddRequest; request != nil {
				result.Invite, result.ExpiresAt = clean(request.Code), since(request.Expiration)
			}
		}
		who, err := s.participant(ctx, named)
		if err != nil {
			return nil, err
		}
		if who != nil {
			result.Person = *who
		}
		result.Explain()
		list = append(list, result)
	}
	return list, nil
}

// outcomeOf reads the code that stands with one participant (whatsmeow,
// types.GroupParticipant; its values are what clients have met).
func outcomeOf(code int, action engine.MemberAction) engine.MemberOutcome {
	switch code {
	case 0, 200:
		return engine.OutcomeDone
	case codeUnauthorized:
		return engine.OutcomeBlocked
	case codeForbidden:
		return engine.OutcomeInvite
	case codeNotFound:
		if action == engine.MemberAdd {
			return engine.OutcomeNotOnWhatsApp
		}
		return engine.OutcomeNotMember
	case codeNotAllowed:
		return engine.OutcomeNotAllowed
	case codeTooRecent:
		return engine.OutcomeLeft
	case codeConflict:
		return engine.OutcomePresent
	case codeFull:
		return engine.OutcomeFull
	}
	return engine.OutcomeFailed
}

// inviteCode takes the code out of an invite link, which may come with a
// query. A link that is none has no code.
func inviteCode(link string) (string, error) {
	return linkCode(link, "That is not an invite link of a group. It begins with https://chat.whatsapp.com/.",
		"https://chat.whatsapp.com/invite/", "https://chat.whatsapp.com/")
}

// maxCode bounds the codes that links end with; those of today have 14 to 24
// characters.
const maxCode = 128

// linkCode takes the code out of a link that begins with one of the prefixes,
// or is the code by itself. No link has no code.
func linkCode(link, complaint string, prefixes ...string) (string, error) {
	if link == "" {
		return "", nil
	}
	code := link
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(link, prefix); ok {
			code = rest
			break
		}
	}
	code, _, _ = strings.Cut(code, "?")
	code, _, _ = strings.Cut(code, "#")
	code = strings.TrimSuffix(code, "/")
	odd := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	}
	if code == "" || len(code) > maxCode || strings.ContainsFunc(code, odd) {
		return "", engine.Errorf(engine.CodeInvalid, "%s", complaint)
	}
	return code, nil
}
