package simulator_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

const thirdNumber = "27823334444"

// circle is three people, two of them with a client.
type circle struct {
	s             *simulator.Server
	ann, bob, cid *simulator.Phone
	a, b          *client
}

func newCircle(t *testing.T) *circle {
	t.Helper()
	s := start(t)
	c := &circle{
		s: s, ann: phone(t, s, agentNumber, "Ann"), bob: phone(t, s, leadNumber, "Bob"), cid: phone(t, s, thirdNumber, "Cid"),
	}
	c.a, c.b = linked(t, s, c.ann), linked(t, s, c.bob)
	return c
}

// club makes a group of all three by Ann's client, and waits until Bob's knows it.
func (c *circle) club(t *testing.T) types.JID {
	t.Helper()
	made, err := c.a.CreateGroup(patient(t), whatsmeow.ReqCreateGroup{
		Name: "Club", Participants: []types.JID{c.bob.JID(), c.cid.JID()},
	})
	require.NoError(t, err)
	for _, member := range []*client{c.a, c.b} {
		await(member, func(j *events.JoinedGroup) bool { return j.JID == made.JID })
	}
	return made.JID
}

// handOf takes a group in a person's hand.
func (c *circle) handOf(t *testing.T, p *simulator.Phone, group types.JID) *simulator.PhoneGroup {
	t.Helper()
	hand, err := p.Group(group.String())
	require.NoError(t, err)
	return hand
}

// changed waits until a client heard of a change in a group.
func changed(c *client, group types.JID, what func(*events.GroupInfo) bool) *events.GroupInfo {
	c.t.Helper()
	return await(c, func(g *events.GroupInfo) bool { return g.JID == group && what(g) })
}

// noticed waits until a phone's person saw a change in a group.
func noticed(t *testing.T, p *simulator.Phone, group types.JID, change string) simulator.Event {
	t.Helper()
	seen, err := p.WaitEvent(patient(t), func(e simulator.Event) bool {
		return e.Kind == simulator.EventGroup && e.Chat == group.String() && e.Change == change
	})
	require.NoError(t, err, change)
	return seen
}

// TestGroups: what people and their clients do to groups, and how the others hear of it.
//
// covers: CreateGroup GetGroupInfo GetJoinedGroups events.JoinedGroup SetGroupName SetGroupTopic SetGroupDescription SetGroupLocked SetGroupAnnounce SetGroupMemberAddMode SetGroupJoinApprovalMode SetDisappearingTimer events.GroupInfo UpdateGroupParticipants LeaveGroup GetGroupInfoFromInvite JoinGroupWithInvite GetGroupInviteLink GetGroupInfoFromLink JoinGroupWithLink GetGroupRequestParticipants UpdateGroupRequestParticipants GetSubGroups LinkGroup UnlinkGroup GetLinkedGroupsParticipants SetGroupPhoto events.Picture
func TestGroups(t *testing.T) {
	t.Parallel()
	c := newCircle(t)
	for name, check := range map[string]func(*testing.T, *circle){
		"made": groupIsMade, "changed": groupIsChanged, "members": groupMembers, "link": inviteLink,
		"community": communityOfGroups, "picture": groupPicture, "others": otherQueries,
	} {
		t.Run(name, func(t *testing.T) { check(t, c) })
	}
}

// groupIsMade: a client makes a group, and everybody in it has it.
func groupIsMade(t *testing.T, c *circle) {
	t.Helper()
	made, err := c.a.CreateGroup(patient(t), whatsmeow.ReqCreateGroup{
		Name: "Club", Participants: []types.JID{c.bob.JID(), c.cid.JID(), types.NewJID("27800000000", types.DefaultUserServer)},
		GroupEphemeral: types.GroupEphemeral{IsEphemeral: true, DisappearingTimer: 86400},
		GroupLocked:    types.GroupLocked{IsLocked: true},
		MemberAddMode:  types.GroupMemberAddModeAdmin,
	})
	require.NoError(t, err)
	require.Equal(t, "Club", made.Name)
	require.Len(t, made.Participants, 4)
	require.Equal(t, 404, made.Participants[3].Error, "nobody has that number")
	joined := await(c.b, func(j *events.JoinedGroup) bool { return j.JID == made.JID })
	require.Equal(t, "new", joined.Type)
	require.Equal(t, "Ann", joined.Notify)
	require.Equal(t, c.ann.LID(), *joined.Sender)
	require.Equal(t, c.ann.JID(), *joined.SenderPN)
	require.Equal(t, types.AddressingModeLID, joined.AddressingMode)
	for _, want := range []bool{joined.IsLocked, joined.IsEphemeral, joined.Participants[0].IsSuperAdmin} {
		require.True(t, want)
	}
	require.Equal(t, types.GroupMemberAddModeAdmin, joined.MemberAddMode)
	seen := noticed(t, c.cid, made.JID, "create")
	require.Equal(t, agentNumber, seen.From)
	require.Equal(t, []string{agentNumber, leadNumber, thirdNumber}, seen.People)

	info, err := c.b.GetGroupInfo(patient(t), made.JID)
	require.NoError(t, err)
	require.Equal(t, c.ann.LID(), info.OwnerJID)
	require.Equal(t, c.ann.JID(), info.OwnerPN)
	require.EqualValues(t, 86400, info.DisappearingTimer)
	require.Equal(t, c.bob.LID(), info.Participants[1].JID)
	require.Equal(t, c.bob.JID(), info.Participants[1].PhoneNumber)
	all, err := c.b.GetJoinedGroups(patient(t))
	require.NoError(t, err)
	mine := slices.IndexFunc(all, func(g *types.GroupInfo) bool { return g.JID == made.JID })
	require.Len(t, all[mine].Participants, 3)
	require.True(t, slices.ContainsFunc(c.cid.Groups(), func(g simulator.Group) bool { return g.JID == made.JID.String() }))

	_, err = c.b.GetGroupInfo(patient(t), types.NewJID("120363999999999999", types.GroupServer))
	require.ErrorIs(t, err, whatsmeow.ErrGroupNotFound)
	alone, _, err := c.cid.CreateGroup(t.Context(), simulator.NewGroup{Subject: "Alone"})
	require.NoError(t, err)
	jid, err := types.ParseJID(alone.JID)
	require.NoError(t, err)
	_, err = c.b.GetGroupInfo(patient(t), jid)
	require.ErrorIs(t, err, whatsmeow.ErrNotInGroup)
	_, err = c.a.CreateGroup(patient(t), whatsmeow.ReqCreateGroup{})
	require.ErrorIs(t, err, whatsmeow.ErrIQBadRequest)
}

// groupIsChanged: what an admin's client changes, the others see.
func groupIsChanged(t *testing.T, c *circle) {
	t.Helper()
	club := c.club(t)
	require.NoError(t, c.b.SetGroupName(patient(t), club, "Friends"), "everybody may, until it is locked")
	named := changed(c.a, club, func(g *events.GroupInfo) bool { return g.Name != nil })
	require.Equal(t, "Friends", named.Name.Name)
	require.Equal(t, c.bob.LID(), named.Name.NameSetBy)
	require.Equal(t, c.bob.JID(), *named.SenderPN)
	changed(c.b, club, func(g *events.GroupInfo) bool { return g.Name != nil })
	require.Equal(t, "Friends", noticed(t, c.cid, club, "subject").Detail)

	require.NoError(t, c.a.SetGroupDescription(patient(t), club, "first words"))
	changed(c.b, club, func(g *events.GroupInfo) bool { return g.Topic != nil && g.Topic.Topic == "first words" })
	require.ErrorContains(t, c.a.SetGroupDescription(patient(t), club, "second words"), "409", "it does not name the first")
	require.NoError(t, c.a.SetGroupTopic(patient(t), club, "", "", "second words"))
	info, err := c.b.GetGroupInfo(patient(t), club)
	require.NoError(t, err)
	require.Equal(t, "second words", info.Topic)
	require.Equal(t, c.ann.LID(), info.TopicSetBy)
	require.NoError(t, c.a.SetGroupTopic(patient(t), club, "", "", ""))
	changed(c.b, club, func(g *events.GroupInfo) bool { return g.Topic != nil && g.Topic.TopicDeleted })

	require.NoError(t, c.a.SetGroupLocked(patient(t), club, true))
	changed(c.b, club, func(g *events.GroupInfo) bool { return g.Locked != nil && g.Locked.IsLocked })
	require.ErrorIs(t, c.b.SetGroupName(patient(t), club, "Mine"), whatsmeow.ErrIQNotAuthorized)
	require.ErrorIs(t, c.b.SetGroupLocked(patient(t), club, false), whatsmeow.ErrIQNotAuthorized)
	require.NoError(t, c.a.SetGroupAnnounce(patient(t), club, true))
	changed(c.b, club, func(g *events.GroupInfo) bool { return g.Announce != nil && g.Announce.IsAnnounce })
	require.NoError(t, c.a.SetGroupJoinApprovalMode(patient(t), club, true))
	changed(c.b, club, func(g *events.GroupInfo) bool { return g.MembershipApprovalMode != nil })
	require.NoError(t, c.a.SetGroupMemberAddMode(patient(t), club, types.GroupMemberAddModeAdmin))
	require.Equal(t, "admin_add", noticed(t, c.cid, club, "member_add_mode").Detail)
	require.NoError(t, c.a.SetDisappearingTimer(patient(t), club, whatsmeow.DisappearingTimer7Days, time.Time{}))
	timed := changed(c.b, club, func(g *events.GroupInfo) bool { return g.Ephemeral != nil && g.Ephemeral.IsEphemeral })
	require.EqualValues(t, 604800, timed.Ephemeral.DisappearingTimer)
	require.ErrorIs(t, c.a.SetDisappearingTimer(patient(t), club, time.Minute, time.Time{}), whatsmeow.ErrInvalidDisappearingTimer)
	require.NoError(t, c.a.SetDisappearingTimer(patient(t), club, 0, time.Time{}))
	changed(c.b, club, func(g *events.GroupInfo) bool { return g.Ephemeral != nil && !g.Ephemeral.IsEphemeral })

	require.NoError(t, c.s.SuspendGroup(club.String(), true))
	changed(c.b, club, func(g *events.GroupInfo) bool { return g.Suspended })
	require.NoError(t, c.s.SuspendGroup(club.String(), false))
	changed(c.b, club, func(g *events.GroupInfo) bool { return g.Unsuspended })
}

// groupMembers: who comes, goes and is made an admin, and who can't be added.
func groupMembers(t *testing.T, c *circle) {
	t.Helper()
	club := c.club(t)
	dan := phone(t, c.s, "27824445555", "Dan")
	require.NoError(t, dan.SetPrivacy(patient(t), "groupadd", "none"))

	done, err := c.a.UpdateGroupParticipants(patient(t), club, []types.JID{c.bob.JID()}, whatsmeow.ParticipantChangePromote)
	require.NoError(t, err)
	require.True(t, done[0].IsAdmin)
	require.Equal(t, []types.JID{c.bob.LID()}, changed(c.b, club, func(g *events.GroupInfo) bool { return len(g.Promote) > 0 }).Promote)
	_, err = c.a.UpdateGroupParticipants(patient(t), club, []types.JID{c.bob.LID()}, whatsmeow.ParticipantChangeDemote)
	require.NoError(t, err)
	changed(c.b, club, func(g *events.GroupInfo) bool { return len(g.Demote) > 0 })
	_, err = c.b.UpdateGroupParticipants(patient(t), club, []types.JID{c.cid.LID()}, whatsmeow.ParticipantChangeRemove)
	require.ErrorIs(t, err, whatsmeow.ErrIQNotAuthorized)

	done, err = c.a.UpdateGroupParticipants(patient(t), club, []types.JID{c.bob.JID(), dan.JID()}, whatsmeow.ParticipantChangeAdd)
	require.NoError(t, err)
	require.Equal(t, 409, done[0].Error)
	require.Equal(t, 403, done[1].Error)
	invite := done[1].AddRequest
	require.NotNil(t, invite)
	d := linked(t, c.s, dan)
	_, err = d.GetGroupInfoFromInvite(patient(t), club, c.ann.JID(), "wrong", invite.Expiration.Unix())
	require.ErrorIs(t, err, whatsmeow.ErrIQNotAcceptable)
	shown, err := d.GetGroupInfoFromInvite(patient(t), club, c.ann.JID(), invite.Code, invite.Expiration.Unix())
	require.NoError(t, err)
	require.Equal(t, "Club", shown.Name)
	require.Empty(t, shown.Participants)
	results, err := c.handOf(t, c.ann, club).Add(t.Context(), dan.Number())
	require.NoError(t, err)
	require.Equal(t, invite.Code, results[0].Invite.Code, "the invitation still holds")
	_, err = c.ann.Send(t.Context(), dan.Number(), *results[0].Invite)
	require.NoError(t, err)
	message := await(d, func(m *events.Message) bool { return m.Message.GetGroupInviteMessage() != nil })
	require.Equal(t, invite.Code, message.Message.GetGroupInviteMessage().GetInviteCode())
	letter, err := dan.Wait(patient(t), func(m simulator.Message) bool { return m.Kind == simulator.KindInvite })
	require.NoError(t, err)
	require.Equal(t, club.String(), letter.Invite.Group)
	require.ErrorIs(t, c.cid.AcceptInvite(t.Context(), *letter.Invite), simulator.ErrRefused, "it is for somebody else")
	require.NoError(t, d.JoinGroupWithInvite(patient(t), club, c.ann.JID(), invite.Code, invite.Expiration.Unix()))
	came := changed(c.b, club, func(g *events.GroupInfo) bool { return len(g.Join) > 0 })
	require.Equal(t, []types.JID{dan.LID()}, came.Join)
	require.Equal(t, "invite", came.JoinReason)
	require.NotEqual(t, came.PrevParticipantVersionID, came.ParticipantVersionID)
	await(d, func(j *events.JoinedGroup) bool { return j.JID == club && j.Reason == "invite" })

	require.NoError(t, d.LeaveGroup(patient(t), club))
	left := changed(c.b, club, func(g *events.GroupInfo) bool { return len(g.Leave) > 0 })
	require.Equal(t, dan.LID(), *left.Sender)
	_, err = c.a.UpdateGroupParticipants(patient(t), club, []types.JID{c.bob.LID()}, whatsmeow.ParticipantChangeRemove)
	require.NoError(t, err)
	changed(c.b, club, func(g *events.GroupInfo) bool { return len(g.Leave) > 0 && g.Leave[0] == c.bob.LID() })
	_, err = c.b.GetGroupInfo(patient(t), club)
	require.ErrorIs(t, err, whatsmeow.ErrNotInGroup)
	require.ErrorIs(t, c.b.LeaveGroup(patient(t), club), whatsmeow.ErrIQForbidden)

	// A phone does the same.
	hand := c.handOf(t, c.ann, club)
	results, err = hand.Add(t.Context(), leadNumber)
	require.NoError(t, err)
	require.Zero(t, results[0].Code)
	c.b.forgetEvents()
	require.NoError(t, hand.Leave(t.Context()))
	require.Equal(t, "promote", noticed(t, c.cid, club, "promote").Change, "somebody has to be an admin")
}

// inviteLink: by a link strangers come in, or ask to.
func inviteLink(t *testing.T, c *circle) {
	t.Helper()
	made, err := c.a.CreateGroup(patient(t), whatsmeow.ReqCreateGroup{Name: "Open"})
	require.NoError(t, err)
	link, err := c.a.GetGroupInviteLink(patient(t), made.JID, false)
	require.NoError(t, err)
	shown, err := c.b.GetGroupInfoFromLink(patient(t), link)
	require.NoError(t, err)
	require.Equal(t, "Open", shown.Name)
	require.Equal(t, 1, shown.ParticipantCount)
	_, err = c.b.GetGroupInviteLink(patient(t), made.JID, false)
	require.ErrorIs(t, err, whatsmeow.ErrNotInGroup)
	jid, err := c.b.JoinGroupWithLink(patient(t), link)
	require.NoError(t, err)
	require.Equal(t, made.JID, jid)
	await(c.b, func(j *events.JoinedGroup) bool { return j.JID == jid && j.Reason == "invite" })
	require.Equal(t, "invite", changed(c.a, jid, func(g *events.GroupInfo) bool { return len(g.Join) == 1 }).JoinReason)
	_, err = c.b.GetGroupInviteLink(patient(t), jid, false)
	require.ErrorIs(t, err, whatsmeow.ErrGroupInviteLinkUnauthorized)

	require.NoError(t, c.s.CloseInviteLink(jid.String(), time.Hour))
	changed(c.b, jid, func(g *events.GroupInfo) bool {
		return len(g.UnknownChanges) == 1 && g.UnknownChanges[0].Tag == "growth_locked"
	})
	_, err = c.b.GetGroupInfoFromLink(patient(t), link)
	require.ErrorContains(t, err, "436")
	require.NoError(t, c.s.CloseInviteLink(jid.String(), 0))
	changed(c.b, jid, func(g *events.GroupInfo) bool {
		return len(g.UnknownChanges) == 1 && g.UnknownChanges[0].Tag == "growth_unlocked"
	})

	renewed, err := c.a.GetGroupInviteLink(patient(t), jid, true)
	require.NoError(t, err)
	require.Equal(t, renewed, *changed(c.b, jid, func(g *events.GroupInfo) bool { return g.NewInviteLink != nil }).NewInviteLink)
	for _, bad := range []struct {
		link string
		err  error
	}{{link, whatsmeow.ErrInviteLinkRevoked}, {"nonsense", whatsmeow.ErrInviteLinkInvalid}} {
		_, err = c.b.GetGroupInfoFromLink(patient(t), bad.link)
		require.ErrorIs(t, err, bad.err)
		_, err = c.b.JoinGroupWithLink(patient(t), bad.link)
		require.ErrorIs(t, err, bad.err)
	}

	require.NoError(t, c.a.SetGroupJoinApprovalMode(patient(t), jid, true))
	asked, pending, err := c.cid.JoinGroup(t.Context(), renewed)
	require.NoError(t, err)
	require.True(t, pending)
	require.Equal(t, jid.String(), asked)
	require.Equal(t, thirdNumber, noticed(t, c.ann, jid, "membership_approval_request").From)
	requests, err := c.a.GetGroupRequestParticipants(patient(t), jid)
	require.NoError(t, err)
	require.Equal(t, c.cid.LID(), requests[0].JID)
	_, err = c.a.UpdateGroupRequestParticipants(patient(t), jid, []types.JID{c.cid.LID()}, whatsmeow.ParticipantChangeReject)
	require.NoError(t, err)
	noticed(t, c.cid, jid, "revoked_membership_requests")
	_, _, err = c.cid.JoinGroup(t.Context(), renewed)
	require.NoError(t, err)
	decided, err := c.a.UpdateGroupRequestParticipants(patient(t), jid, []types.JID{c.cid.LID(), c.bob.LID()}, whatsmeow.ParticipantChangeApprove)
	require.NoError(t, err)
	require.Zero(t, decided[0].Error)
	require.Equal(t, 404, decided[1].Error)
	changed(c.b, jid, func(g *events.GroupInfo) bool { return len(g.Join) == 1 && g.Join[0] == c.cid.LID() })
}

// communityOfGroups: groups are linked to a community and taken out of it.
func communityOfGroups(t *testing.T, c *circle) {
	t.Helper()
	club := c.club(t)
	town, err := c.a.CreateGroup(patient(t), whatsmeow.ReqCreateGroup{Name: "Town", GroupParent: types.GroupParent{IsParent: true}})
	require.NoError(t, err)
	require.True(t, town.IsParent)
	require.NoError(t, c.a.LinkGroup(patient(t), town.JID, club))
	link := changed(c.b, club, func(g *events.GroupInfo) bool { return g.Link != nil })
	require.Equal(t, types.GroupLinkChangeTypeParent, link.Link.Type)
	require.Equal(t, town.JID, link.Link.Group.JID)
	await(c.b, func(j *events.JoinedGroup) bool {
		return j.IsDefaultSubGroup && j.IsAnnounce && j.LinkedParentJID == town.JID
	})
	require.Equal(t, string(types.GroupLinkChangeTypeSub), noticed(t, c.ann, town.JID, "link").Detail)
	subs, err := c.b.GetSubGroups(patient(t), town.JID)
	require.NoError(t, err)
	require.Len(t, subs, 2)
	require.True(t, subs[0].IsDefaultSubGroup)
	require.Equal(t, club, subs[1].JID)
	people, err := c.b.GetLinkedGroupsParticipants(patient(t), town.JID)
	require.NoError(t, err)
	require.ElementsMatch(t, []types.JID{c.ann.LID(), c.bob.LID(), c.cid.LID()}, people)
	sub, err := c.a.CreateGroup(patient(t), whatsmeow.ReqCreateGroup{
		Name: "Choir", GroupLinkedParent: types.GroupLinkedParent{LinkedParentJID: town.JID},
	})
	require.NoError(t, err)
	hand, err := c.cid.Group(town.JID.String())
	require.NoError(t, err)
	pending, err := hand.JoinSub(t.Context(), sub.JID.String())
	require.NoError(t, err)
	require.False(t, pending)

	require.ErrorIs(t, c.b.UnlinkGroup(patient(t), town.JID, club), whatsmeow.ErrIQNotAuthorized)
	require.NoError(t, c.a.UnlinkGroup(patient(t), town.JID, club))
	unlink := changed(c.b, club, func(g *events.GroupInfo) bool { return g.Unlink != nil })
	require.Equal(t, types.GroupUnlinkReasonDefault, unlink.Unlink.UnlinkReason)
	own, err := c.ann.Group(town.JID.String())
	require.NoError(t, err)
	require.NoError(t, own.DeleteCommunity(t.Context()))
	gone := changed(c.b, town.JID, func(g *events.GroupInfo) bool { return g.Delete != nil })
	require.Equal(t, "delete_parent", gone.Delete.DeleteReason)
}

// groupPicture: a group's picture is set by a client or a phone, and members see it.
func groupPicture(t *testing.T, c *circle) {
	t.Helper()
	club := c.club(t)
	id, err := c.a.SetGroupPhoto(patient(t), club, portrait(t, 90))
	require.NoError(t, err)
	seen := await(c.b, func(p *events.Picture) bool { return p.JID == club })
	require.Equal(t, id, seen.PictureID)
	require.Equal(t, c.ann.LID(), seen.Author)
	info, err := c.b.GetProfilePictureInfo(patient(t), club, nil)
	require.NoError(t, err)
	require.Equal(t, id, info.ID)
	require.NoError(t, c.a.SetGroupLocked(patient(t), club, true))
	_, err = c.b.SetGroupPhoto(patient(t), club, portrait(t, 10))
	require.ErrorIs(t, err, whatsmeow.ErrIQNotAuthorized)
	_, err = c.a.SetGroupPhoto(patient(t), club, []byte("no picture"))
	require.ErrorIs(t, err, whatsmeow.ErrInvalidImageFormat)
	hand, err := c.ann.Group(club.String())
	require.NoError(t, err)
	_, err = hand.SetPicture(t.Context(), nil)
	require.NoError(t, err)
	await(c.b, func(p *events.Picture) bool { return p.JID == club && p.Remove })

	alone, _, err := c.cid.CreateGroup(t.Context(), simulator.NewGroup{Subject: "Alone"})
	require.NoError(t, err)
	jid, err := types.ParseJID(alone.JID)
	require.NoError(t, err)
	_, err = c.b.GetProfilePictureInfo(patient(t), jid, nil)
	require.ErrorIs(t, err, whatsmeow.ErrProfilePictureUnauthorized)
	_, err = c.b.SetGroupPhoto(patient(t), jid, portrait(t, 10))
	require.ErrorIs(t, err, whatsmeow.ErrIQForbidden)
	_, err = c.a.GetProfilePictureInfo(patient(t), club, &whatsmeow.GetProfilePictureParams{IsCommunity: true})
	require.ErrorIs(t, err, whatsmeow.ErrProfilePictureNotSet)
}
