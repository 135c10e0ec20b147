package whatsmeow_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// able is everything that the native client can do beyond [engine.Client].
type able interface {
	engine.Groups
	engine.PresenceClient
	engine.Communities
	engine.Channels
	engine.People
	engine.Profiles
	engine.Statuses
	engine.Histories
	engine.Timers
	engine.PresenceClient
}

func (s *seat) able(t *testing.T) able {
	t.Helper()
	a, ok := s.Client.(able)
	require.True(t, ok)
	return a
}

// circle is a seat with a group of its own, in which a lead is.
type circle struct {
	w                  *world
	agent, lead, third *simulator.Phone
	s                  *seat
	a                  able
	group              engine.Address
}

func newCircle(t *testing.T) *circle {
	t.Helper()
	w := newWorld(t)
	c := &circle{w: w, agent: w.phone(t, agentNumber, "Thandi"), lead: w.phone(t, leadNumber, "Sipho"), third: w.phone(t, thirdNumber, "Pieter")}
	c.s = w.pair(t, c.agent)
	c.a = c.s.able(t)
	group, results, err := c.a.CreateGroup(t.Context(), engine.NewGroup{
		Subject: "Viewings", Members: []engine.Address{engine.PhoneAddress(leadNumber)},
		Settings: engine.GroupSettings{Timer: 86400},
	})
	require.NoError(t, err)
	require.Equal(t, []engine.MemberResult{{Person: person(c.lead), Outcome: engine.OutcomeDone}}, results)
	c.group = group.Address
	return c
}

func person(p *simulator.Phone) engine.Person {
	return engine.Person{Phone: p.Number(), LID: engine.Address(p.LID().ToNonAD().String())}
}

func lidOf(p *simulator.Phone) engine.Address { return person(p).LID }

// seen is the group as a phone shows it.
func (c *circle) seen(t *testing.T, p *simulator.Phone) simulator.Group {
	t.Helper()
	in, err := p.Group(string(c.group))
	require.NoError(t, err)
	group, err := in.Info()
	require.NoError(t, err)
	return group
}

func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		for y := range height {
			img.Set(x, y, color.RGBA{R: uint8(x), G: uint8(y), B: 128, A: 255})
		}
	}
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, img))
	return out.Bytes()
}

func TestGroupsAreListedAndDescribed(t *testing.T) {
	c := newCircle(t)
	group, err := c.a.Group(t.Context(), c.group)
	require.NoError(t, err)
	require.Equal(t, "Viewings", group.Subject)
	require.Equal(t, person(c.agent), *group.Owner)
	require.WithinDuration(t, time.Now(), *group.CreatedAt, time.Minute)
	require.Equal(t, engine.GroupSettings{Timer: 86400}, group.Settings)
	require.Equal(t, 2, group.Size)
	require.ElementsMatch(t, []engine.GroupMember{
		{Person: person(c.agent), Role: engine.RoleSuperAdmin}, {Person: person(c.lead), Role: engine.RoleMember},
	}, group.Members)

	list, err := c.a.Groups(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, c.group, list[0].Address)
	require.Equal(t, 2, list[0].Size)
	require.Empty(t, list[0].Members)
}

func TestGroupsAreChanged(t *testing.T) {
	c := newCircle(t)
	week := 7 * 24 * time.Hour
	change := engine.GroupChange{
		Subject: new("Viewings in May"), Description: new("Saturdays\nfrom nine"), AnnounceOnly: new(true), Locked: new(true),
		AdminsAdd: new(true), Approval: new(true), Timer: &week,
	}
	require.NoError(t, c.a.ChangeGroup(t.Context(), c.group, change))
	shown := c.seen(t, c.lead)
	require.Equal(t, "Viewings in May", shown.Subject)
	require.Equal(t, "Saturdays\nfrom nine", shown.Description)
	require.True(t, shown.Announce && shown.Locked && shown.AdminAdd && shown.Approval)
	require.Equal(t, int(week.Seconds()), shown.Expires)
	group, err := c.a.Group(t.Context(), c.group)
	require.NoError(t, err)
	require.Equal(t, engine.GroupSettings{AnnounceOnly: true, Locked: true, AdminsAdd: true, Approval: true, Timer: shown.Expires}, group.Settings)
	require.Equal(t, person(c.agent), *group.DescriptionBy)

	require.NoError(t, c.a.ChangeGroup(t.Context(), c.group, engine.GroupChange{
		Description: new(""), AnnounceOnly: new(false), Locked: new(false), AdminsAdd: new(false), Approval: new(false), Timer: new(time.Duration(0)),
	}))
	shown = c.seen(t, c.lead)
	require.Empty(t, shown.Description)
	require.False(t, shown.Announce || shown.Locked || shown.AdminAdd || shown.Approval)
	require.Zero(t, shown.Expires)
	require.NoError(t, c.a.ChangeGroup(t.Context(), c.group, engine.GroupChange{Description: new("")}), "it is gone already")
}

func TestGroupPictures(t *testing.T) {
	c := newCircle(t)
	_, err := c.a.Picture(t.Context(), c.group, false)
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
	id, err := c.a.SetGroupPicture(t.Context(), c.group, picture(t, 900, 700))
	require.NoError(t, err)
	require.NotEmpty(t, id)
	whole, err := c.a.DownloadPicture(t.Context(), c.group, false)
	require.NoError(t, err)
	require.Equal(t, id, whole.ID)
	require.Equal(t, "image/jpeg", whole.MIMEType)
	config, err := jpeg.DecodeConfig(bytes.NewReader(whole.Data))
	require.NoError(t, err)
	require.Equal(t, 640, config.Width)
	require.Equal(t, 640, config.Height)
	small, err := c.a.DownloadPicture(t.Context(), c.group, true)
	require.NoError(t, err)
	require.Less(t, len(small.Data), len(whole.Data))
	id, err = c.a.SetGroupPicture(t.Context(), c.group, nil)
	require.NoError(t, err)
	require.Empty(t, id)
	_, err = c.a.Picture(t.Context(), c.group, false)
	require.Equal(t, engine.CodeNotFound, engine.CodeOf(err))
}

func TestMembersAreChangedOneByOne(t *testing.T) {
	c := newCircle(t)
	ctx := t.Context()
	nobody := engine.PhoneAddress("27800000000")
	results, err := c.a.ChangeMembers(ctx, c.group, engine.MemberAdd, []engine.Address{engine.PhoneAddress(thirdNumber), nobody, lidOf(c.lead)})
	require.NoError(t, err)
	require.Len(t, results, 3)
	require.Equal(t, engine.MemberResult{Person: person(c.third), Outcome: engine.OutcomeDone}, results[0])
	require.Equal(t, engine.OutcomeNotOnWhatsApp, results[1].Outcome)
	require.Equal(t, "27800000000", results[1].Phone)
	require.NotEmpty(t, results[1].Sentence)
	require.Equal(t, engine.OutcomePresent, results[2].Outcome)

	results, err = c.a.ChangeMembers(ctx, c.group, engine.MemberPromote, []engine.Address{engine.PhoneAddress(leadNumber)})
	require.NoError(t, err)
	require.Equal(t, engine.OutcomeDone, results[0].Outcome)
	role, _ := c.seen(t, c.third).Role(leadNumber)
	require.Equal(t, "admin", role)
	results, err = c.a.ChangeMembers(ctx, c.group, engine.MemberDemote, []engine.Address{lidOf(c.lead)})
	require.NoError(t, err)
	require.Equal(t, engine.OutcomeDone, results[0].Outcome)
	results, err = c.a.ChangeMembers(ctx, c.group, engine.MemberRemove, []engine.Address{lidOf(c.lead), nobody})
	require.NoError(t, err)
	require.Equal(t, engine.OutcomeDone, results[0].Outcome)
	require.Equal(t, engine.OutcomeNotMember, results[1].Outcome)
	require.False(t, c.seen(t, c.third).Has(leadNumber))
}

func TestWhoWantsToBeInvitedIsInvited(t *testing.T) {
	c := newCircle(t)
	require.NoError(t, c.third.SetPrivacy(t.Context(), "groupadd", "none"))
	group, results, err := c.a.CreateGroup(t.Context(), engine.NewGroup{
		Subject: "Offers", Members: []engine.Address{engine.PhoneAddress(thirdNumber), lidOf(c.lead)},
	})
	require.NoError(t, err)
	require.Len(t, group.Members, 2)
	require.Equal(t, engine.OutcomeInvite, results[0].Outcome)
	require.NotEmpty(t, results[0].Sentence)
	require.NotEmpty(t, results[0].Invite)
	require.True(t, results[0].ExpiresAt.After(time.Now()))
	require.Equal(t, engine.OutcomeDone, results[1].Outcome)

	// What an invitation message carries works for whom it is meant.
	other := c.w.pair(t, c.third).able(t)
	invite := engine.GroupInvite{Group: group.Address, Admin: lidOf(c.agent), Code: results[0].Invite, Expires: *results[0].ExpiresAt}
	preview, err := other.PreviewInvite(t.Context(), invite)
	require.NoError(t, err)
	require.Equal(t, "Offers", preview.Subject)
	joined, err := other.AcceptInvite(t.Context(), invite)
	require.NoError(t, err)
	require.Equal(t, engine.Joined{Address: group.Address}, joined)
	_, err = other.AcceptInvite(t.Context(), invite)
	require.Equal(t, engine.CodeForbidden, engine.CodeOf(err), "it is used up")
}

func TestInviteLinks(t *testing.T) {
	c := newCircle(t)
	ctx := t.Context()
	link, err := c.a.InviteLink(ctx, c.group, false)
	require.NoError(t, err)
	other := c.w.pair(t, c.third).able(t)
	preview, err := other.PreviewInvite(ctx, engine.GroupInvite{Link: link + "?mode=r_c"})
	require.NoError(t, err)
	require.Equal(t, "Viewings", preview.Subject)
	require.Equal(t, c.group, preview.Address)
	require.Empty(t, preview.Members)

	renewed, err := c.a.InviteLink(ctx, c.group, true)
	require.NoError(t, err)
	require.NotEqual(t, link, renewed)
	for _, gone := range []func() error{
		func() error { _, err := other.PreviewInvite(ctx, engine.GroupInvite{Link: link}); return err },
		func() error { _, err := other.AcceptInvite(ctx, engine.GroupInvite{Link: link}); return err },
	} {
		require.Equal(t, engine.CodeNotFound, engine.CodeOf(gone()))
	}

	require.NoError(t, c.a.ChangeGroup(ctx, c.group, engine.GroupChange{Approval: new(true)}))
	joined, err := other.AcceptInvite(ctx, engine.GroupInvite{Link: renewed})
	require.NoError(t, err)
	require.Equal(t, engine.Joined{Address: c.group, Pending: true}, joined)
	requests, err := c.a.JoinRequests(ctx, c.group)
	require.NoError(t, err)
	require.Len(t, requests, 1)
	require.Equal(t, person(c.third), requests[0].Person)
	require.WithinDuration(t, time.Now(), requests[0].At, time.Minute)
	results, err := c.a.AnswerJoinRequests(ctx, c.group, true, []engine.Address{requests[0].Address()})
	require.NoError(t, err)
	require.Equal(t, engine.OutcomeDone, results[0].Outcome)
	require.True(t, c.seen(t, c.lead).Has(thirdNumber))
	results, err = c.a.AnswerJoinRequests(ctx, c.group, false, []engine.Address{lidOf(c.third)})
	require.NoError(t, err)
	require.Equal(t, engine.OutcomeNotMember, results[0].Outcome, "there is no request any more")

	require.NoError(t, other.LeaveGroup(ctx, c.group))
	require.False(t, c.seen(t, c.lead).Has(thirdNumber))
	require.NoError(t, c.a.ChangeGroup(ctx, c.group, engine.GroupChange{Approval: new(false)}))
	joined, err = other.AcceptInvite(ctx, engine.GroupInvite{Link: renewed})
	require.NoError(t, err)
	require.Equal(t, engine.Joined{Address: c.group}, joined)
	_, err = c.a.ChangeMembers(ctx, c.group, engine.MemberRemove, []engine.Address{lidOf(c.third)})
	require.NoError(t, err)
	_, err = other.AcceptInvite(ctx, engine.GroupInvite{Link: renewed})
	require.Equal(t, engine.CodeForbidden, engine.CodeOf(err), "who was removed can't come back")
}

func TestGroupsRefuseWhoMayNot(t *testing.T) {
	c := newCircle(t)
	ctx := t.Context()
	lead := c.w.pair(t, c.lead).able(t)
	third := c.w.pair(t, c.third).able(t)
	refused := map[string]struct {
		act  func() error
		code engine.Code
	}{
		"a member promotes": {func() error {
			_, err := lead.ChangeMembers(ctx, c.group, engine.MemberPromote, []engine.Address{lidOf(c.lead)})
			return err
		}, engine.CodeNotAdmin},
		"a member wants the link": {func() error { _, err := lead.InviteLink(ctx, c.group, true); return err }, engine.CodeNotAdmin},
		"a stranger looks":        {func() error { _, err := third.Group(ctx, c.group); return err }, engine.CodeForbidden},
		"a stranger leaves":       {func() error { return third.LeaveGroup(ctx, c.group) }, engine.CodeForbidden},
		"nobody's group":          {func() error { _, err := third.Group(ctx, "120363000000000000@g.us"); return err }, engine.CodeNotFound},
		"nobody's group, changed": {func() error {
			return third.ChangeGroup(ctx, "120363000000000000@g.us", engine.GroupChange{Subject: new("x")})
		}, engine.CodeNotFound},
		"nobody's group, described": {func() error {
			return third.ChangeGroup(ctx, "120363000000000000@g.us", engine.GroupChange{Description: new("x")})
		}, engine.CodeNotFound},
		"a link that never was": {func() error {
			_, err := third.PreviewInvite(ctx, engine.GroupInvite{Link: "https://chat.whatsapp.com/AAAAAAAAAAAAAAAAAAAAAA"})
			return err
		}, engine.CodeInvalid},
		"a group as its own community": {func() error { return c.a.LinkGroup(ctx, c.group, c.group) }, ""},
	}
	for name, one := range refused {
		err := one.act()
		require.Error(t, err, name)
		require.NotContains(t, []engine.Code{engine.CodeInternal, engine.CodeUnavailable}, engine.CodeOf(err), name)
		if one.code != "" {
			require.Equal(t, one.code, engine.CodeOf(err), "%s: %v", name, err)
		}
	}
}

func TestCommunities(t *testing.T) {
	c := newCircle(t)
	ctx := t.Context()
	town, err := c.a.CreateCommunity(ctx, engine.NewCommunity{Subject: "Town", Description: "All of it"})
	require.NoError(t, err)
	require.True(t, town.Community)
	require.Equal(t, "All of it", town.Description)
	require.NoError(t, c.a.LinkGroup(ctx, town.Address, c.group))
	inside, results, err := c.a.CreateGroup(ctx, engine.NewGroup{Subject: "Harbour", Community: town.Address})
	require.NoError(t, err)
	require.Empty(t, results)
	require.Equal(t, town.Address, inside.Parent)

	groups, err := c.a.CommunityGroups(ctx, town.Address)
	require.NoError(t, err)
	bySubject := map[string]engine.CommunityGroup{}
	for _, group := range groups {
		bySubject[group.Subject] = group
	}
	require.Len(t, groups, 3)
	require.Equal(t, engine.CommunityGroup{Address: c.group, Subject: "Viewings"}, bySubject["Viewings"])
	require.Equal(t, inside.Address, bySubject["Harbour"].Address)
	require.True(t, bySubject["Town"].Announcements)
	group, err := c.a.Group(ctx, c.group)
	require.NoError(t, err)
	require.Equal(t, town.Address, group.Parent)

	require.NoError(t, c.a.UnlinkGroup(ctx, town.Address, c.group))
	group, err = c.a.Group(ctx, c.group)
	require.NoError(t, err)
	require.Empty(t, group.Parent)
	err = c.a.UnlinkGroup(ctx, town.Address, c.group)
	require.Error(t, err, "it is not in it any more")
	require.NotEqual(t, engine.CodeUnavailable, engine.CodeOf(err))

	// A community's picture is asked for in another way than a group's.
	id, err := c.a.SetGroupPicture(ctx, town.Address, picture(t, 64, 64))
	require.NoError(t, err)
	found, err := c.a.Picture(ctx, town.Address, true)
	require.NoError(t, err)
	require.Equal(t, id, found.ID)
}

func jpegPicture(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, 64, 64)), nil))
	return out.Bytes()
}
