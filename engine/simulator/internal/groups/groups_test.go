package groups_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/simulator/internal/groups"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func anybody(groups.Person) int { return 0 }

func people(names ...groups.Person) []groups.Person { return names }

// founded makes a group of ann (founder), bob and cid.
func founded(t *testing.T) (*groups.Registry, groups.ID) {
	t.Helper()
	r := new(groups.Registry)
	g, outcomes, changes, err := r.Create("ann", now, groups.New{Subject: "Friends", Members: people("bob", "cid")}, anybody)
	require.NoError(t, err)
	require.Len(t, outcomes, 2)
	require.Equal(t, people("ann", "bob", "cid"), g.People())
	require.Len(t, changes, 1)
	require.True(t, changes[0].Fresh)
	require.Equal(t, g.People(), changes[0].Audience)
	return r, g.ID
}

func get(t *testing.T, r *groups.Registry, id groups.ID) *groups.Group {
	t.Helper()
	g, ok := r.Find(id)
	require.True(t, ok)
	return &g
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	r := new(groups.Registry)
	for _, bad := range []struct {
		want groups.New
		err  error
	}{
		{groups.New{}, groups.ErrBadRequest},
		{groups.New{Subject: " "}, groups.ErrBadRequest},
		{groups.New{Subject: strings.Repeat("x", 101)}, groups.ErrNotAcceptable},
		{groups.New{Subject: "x", Description: strings.Repeat("x", 2049)}, groups.ErrNotAcceptable},
		{groups.New{Subject: "x", Settings: groups.Settings{Ephemeral: time.Hour}}, groups.ErrBadRequest},
		{groups.New{Subject: "x", Parent: "none"}, groups.ErrNotFound},
		{groups.New{Subject: "x", Members: make([]groups.Person, 1025)}, groups.ErrFull},
	} {
		_, _, _, err := r.Create("ann", now, bad.want, anybody)
		require.ErrorIs(t, err, bad.err)
	}
	require.Empty(t, r.Of("ann"))
}

func TestMembersAndTheirRights(t *testing.T) {
	t.Parallel()
	r, id := founded(t)
	_, err := r.Get("eve", id)
	require.ErrorIs(t, err, groups.ErrForbidden)
	_, err = r.Get("ann", "none")
	require.ErrorIs(t, err, groups.ErrNotFound)

	outcomes, changes, err := r.Add("bob", id, people("dan", "cid"), now, anybody)
	require.NoError(t, err, "everybody may add")
	require.Equal(t, []groups.Outcome{{Person: "dan"}, {Person: "cid", Error: groups.ReasonPresent}}, outcomes)
	require.Len(t, changes, 2)
	require.Equal(t, groups.Added, changes[0].Kind)
	require.Equal(t, people("ann", "bob", "cid"), changes[0].Audience)
	require.NotEqual(t, changes[0].Previous, changes[0].Group.ParticipantVersion)
	require.Equal(t, groups.Created, changes[1].Kind)
	require.Equal(t, people("dan"), changes[1].Audience)
	require.False(t, changes[1].Fresh)

	_, _, err = r.Remove("bob", id, people("cid"), false, now)
	require.ErrorIs(t, err, groups.ErrNotAuthorized)
	_, changes, err = r.Promote("ann", id, people("bob"), now)
	require.NoError(t, err)
	require.Equal(t, people("bob"), changes[0].People)
	_, changes, err = r.Promote("ann", id, people("bob"), now)
	require.NoError(t, err)
	require.Empty(t, changes, "an admin already")
	outcomes, changes, err = r.Remove("bob", id, people("ann", "cid", "eve"), false, now)
	require.NoError(t, err)
	require.Equal(t, groups.ReasonForever, outcomes[0].Error)
	require.Equal(t, groups.ReasonUnknown, outcomes[2].Error)
	require.Equal(t, people("cid"), changes[0].People)
	require.Contains(t, changes[0].Audience, groups.Person("cid"), "who is removed is told")
	outcomes, changes, err = r.Demote("bob", id, people("ann", "bob"), now)
	require.NoError(t, err)
	require.Equal(t, groups.ReasonForever, outcomes[0].Error)
	require.Equal(t, people("bob"), changes[0].People)
}

func TestWhoCantBeAdded(t *testing.T) {
	t.Parallel()
	r, id := founded(t)
	shy := func(p groups.Person) int {
		return map[groups.Person]int{"eve": groups.ReasonPrivacy, "foe": groups.ReasonBlocked}[p]
	}
	outcomes, changes, err := r.Add("ann", id, people("eve", "foe"), now, shy)
	require.NoError(t, err)
	require.Empty(t, changes)
	require.Equal(t, groups.ReasonBlocked, outcomes[1].Error)
	invite := outcomes[0].Invite
	require.NotNil(t, invite)

	wrong := *invite
	wrong.Code = "x"
	_, err = r.Accept("eve", id, wrong, now)
	require.ErrorIs(t, err, groups.ErrNotAcceptable)
	_, err = r.Accept("foe", id, *invite, now)
	require.ErrorIs(t, err, groups.ErrNotAuthorized)
	_, err = r.PreviewInvite("eve", id, *invite, now.Add(4*24*time.Hour))
	require.ErrorIs(t, err, groups.ErrGone)
	g, err := r.PreviewInvite("eve", id, *invite, now)
	require.NoError(t, err)
	require.Equal(t, "Friends", g.Subject)
	changes, err = r.Accept("eve", id, *invite, now)
	require.NoError(t, err)
	require.Equal(t, "invite", changes[0].Reason)

	_, err = r.Leave("eve", id, now)
	require.NoError(t, err)
	outcomes, _, err = r.Add("ann", id, people("eve"), now.Add(time.Hour), anybody)
	require.NoError(t, err)
	require.Equal(t, groups.ReasonLeft, outcomes[0].Error)
	outcomes, _, err = r.Add("ann", id, people("eve"), now.Add(25*time.Hour), anybody)
	require.NoError(t, err)
	require.Zero(t, outcomes[0].Error)

	outcomes, _, err = r.Add("ann", id, people("gus"), now, func(groups.Person) int { return groups.ReasonPrivacy })
	require.NoError(t, err)
	revoked, err := r.RevokeInvites("ann", id, people("gus", "hal"))
	require.NoError(t, err)
	require.Equal(t, []groups.Outcome{{Person: "gus"}, {Person: "hal", Error: groups.ReasonNoInvite}}, revoked)
	_, err = r.Accept("gus", id, *outcomes[0].Invite, now)
	require.ErrorIs(t, err, groups.ErrNotAuthorized)
}

func TestFullGroup(t *testing.T) {
	t.Parallel()
	r := new(groups.Registry)
	members := make([]groups.Person, 1024)
	for i := range members {
		members[i] = groups.Person(fmt.Sprint("p", i))
	}
	g, outcomes, _, err := r.Create("ann", now, groups.New{Subject: "Many", Members: members}, anybody)
	require.NoError(t, err)
	require.Len(t, g.Participants, 1024)
	require.Equal(t, groups.ReasonFull, outcomes[1023].Error)
	code, err := r.Code("ann", g.ID)
	require.NoError(t, err)
	_, _, _, err = r.Join("zoe", code, now)
	require.ErrorIs(t, err, groups.ErrFull)
}

func TestTheLastAdminLeaves(t *testing.T) {
	t.Parallel()
	r, id := founded(t)
	changes, err := r.Leave("ann", id, now)
	require.NoError(t, err)
	require.Len(t, changes, 2)
	require.Equal(t, groups.Removed, changes[0].Kind)
	require.Equal(t, groups.Person("ann"), changes[0].By)
	require.Equal(t, groups.Promoted, changes[1].Kind)
	require.Equal(t, people("bob"), changes[1].People)
	for _, last := range people("bob", "cid") {
		_, err = r.Leave(last, id, now)
		require.NoError(t, err)
	}
	_, err = r.Get("cid", id)
	require.ErrorIs(t, err, groups.ErrNotFound, "an empty group is gone")
}

func TestDescriptionNamesThePreviousOne(t *testing.T) {
	t.Parallel()
	r, id := founded(t)
	changes, err := r.SetDescription("bob", id, groups.NewDescription{Text: "one", ID: "A"}, now)
	require.NoError(t, err)
	require.Equal(t, "A", changes[0].ID)
	_, err = r.SetDescription("bob", id, groups.NewDescription{Text: "two"}, now)
	require.ErrorIs(t, err, groups.ErrConflict)
	_, err = r.SetDescription("bob", id, groups.NewDescription{Text: "two", Previous: "A"}, now)
	require.NoError(t, err)
	g := get(t, r, id)
	require.NotEmpty(t, g.DescriptionID)
	changes, err = r.SetDescription("bob", id, groups.NewDescription{Previous: g.DescriptionID}, now)
	require.NoError(t, err)
	require.NotEmpty(t, changes[0].ID)
	require.Empty(t, get(t, r, id).DescriptionID)
	_, err = r.SetDescription("bob", id, groups.NewDescription{Text: strings.Repeat("x", 2049)}, now)
	require.ErrorIs(t, err, groups.ErrNotAcceptable)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	r, id := founded(t)
	lock := func(s *groups.Settings) { s.Locked = true }
	_, err := r.Set("bob", id, groups.Locked, now, lock)
	require.ErrorIs(t, err, groups.ErrNotAuthorized)
	_, err = r.SetSubject("bob", id, "Pals", now)
	require.NoError(t, err)
	changes, err := r.Set("ann", id, groups.Locked, now, lock)
	require.NoError(t, err)
	require.True(t, changes[0].Group.Locked)
	changes, err = r.Set("ann", id, groups.Locked, now, lock)
	require.NoError(t, err)
	require.Empty(t, changes)
	_, err = r.SetSubject("bob", id, "Buddies", now)
	require.ErrorIs(t, err, groups.ErrNotAuthorized)
	require.ErrorIs(t, r.CanEdit("bob", id), groups.ErrNotAuthorized)
	require.NoError(t, r.CanEdit("ann", id))
	_, err = r.Set("bob", id, groups.Ephemeral, now, func(s *groups.Settings) { s.Ephemeral = 24 * time.Hour })
	require.ErrorIs(t, err, groups.ErrNotAuthorized)
	_, err = r.Set("ann", id, groups.Ephemeral, now, func(s *groups.Settings) { s.Ephemeral = time.Hour })
	require.ErrorIs(t, err, groups.ErrBadRequest)
	before := get(t, r, id).AnnounceVersion
	_, err = r.Set("ann", id, groups.Announce, now, func(s *groups.Settings) { s.Announce = true })
	require.NoError(t, err)
	require.NotEqual(t, before, get(t, r, id).AnnounceVersion)
	_, err = r.Set("ann", id, groups.MemberAdd, now, func(s *groups.Settings) { s.AdminAdd = true })
	require.NoError(t, err)
	_, _, err = r.Add("bob", id, people("dan"), now, anybody)
	require.ErrorIs(t, err, groups.ErrNotAuthorized)
	changes, err = r.Suspend(id, true, now)
	require.NoError(t, err)
	require.Equal(t, groups.Suspended, changes[0].Kind)
}

func TestInviteLink(t *testing.T) {
	t.Parallel()
	r, id := founded(t)
	_, err := r.Code("bob", id)
	require.ErrorIs(t, err, groups.ErrNotAuthorized)
	code, err := r.Code("ann", id)
	require.NoError(t, err)
	require.Equal(t, code, groups.CleanCode("https://chat.whatsapp.com/"+code))
	g, err := r.Preview(code, now)
	require.NoError(t, err)
	require.Equal(t, id, g.ID)
	changes, err := r.CloseLink(id, now.Add(time.Hour), now)
	require.NoError(t, err)
	require.Equal(t, groups.Growth, changes[0].Kind)
	_, err = r.Preview(code, now)
	require.ErrorIs(t, err, groups.ErrGrowthLocked)
	_, err = r.CloseLink(id, now, now)
	require.NoError(t, err)
	_, pending, changes, err := r.Join("dan", code, now)
	require.NoError(t, err)
	require.False(t, pending)
	require.Equal(t, "invite", changes[0].Reason)
	_, _, _, err = r.Join("dan", code, now)
	require.ErrorIs(t, err, groups.ErrConflict)
	_, _, err = r.Remove("ann", id, people("dan"), false, now)
	require.NoError(t, err)
	_, _, _, err = r.Join("dan", code, now)
	require.ErrorIs(t, err, groups.ErrNotAllowed, "who was removed stays out")
	fresh, changes, err := r.ResetCode("ann", id, now)
	require.NoError(t, err)
	require.Equal(t, fresh, changes[0].Code)
	_, err = r.Preview(code, now)
	require.ErrorIs(t, err, groups.ErrGone)
	_, err = r.Preview("nonsense", now)
	require.ErrorIs(t, err, groups.ErrNotAcceptable)
}

func TestRequestsToBeLetIn(t *testing.T) {
	t.Parallel()
	r, id := founded(t)
	_, err := r.Set("ann", id, groups.Approval, now, func(s *groups.Settings) { s.Approval = true })
	require.NoError(t, err)
	code, err := r.Code("ann", id)
	require.NoError(t, err)
	for _, p := range people("dan", "eve", "fay") {
		_, pending, changes, err := r.Join(p, code, now)
		require.NoError(t, err)
		require.True(t, pending)
		require.Equal(t, groups.Requested, changes[0].Kind)
		require.Equal(t, people("ann"), changes[0].Audience)
	}
	_, _, changes, err := r.Join("dan", code, now)
	require.NoError(t, err)
	require.Empty(t, changes, "asked already")
	_, changes, err = r.Add("bob", id, people("gus"), now, anybody)
	require.NoError(t, err)
	require.Equal(t, groups.Proposed, changes[0].Kind)
	require.False(t, get(t, r, id).Has("gus"))
	_, err = r.Requests("bob", id)
	require.ErrorIs(t, err, groups.ErrNotAuthorized)
	requests, err := r.Requests("ann", id)
	require.NoError(t, err)
	require.Len(t, requests, 4)
	require.Equal(t, groups.Request{Person: "gus", By: "bob", Method: groups.ByMember, At: now}, requests[3])

	outcomes, changes, err := r.Decide("ann", id, people("dan", "hal"), true, now)
	require.NoError(t, err)
	require.Equal(t, groups.ReasonUnknown, outcomes[1].Error)
	require.Equal(t, groups.Added, changes[0].Kind)
	_, changes, err = r.Decide("ann", id, people("eve"), false, now)
	require.NoError(t, err)
	require.Equal(t, groups.Withdrawn, changes[0].Kind)
	require.Equal(t, people("ann", "eve"), changes[0].Audience)
	changes, err = r.Cancel("fay", id, now)
	require.NoError(t, err)
	require.Equal(t, groups.Person("fay"), changes[0].By)
	_, err = r.Cancel("fay", id, now)
	require.ErrorIs(t, err, groups.ErrNotFound)
}

func TestCommunity(t *testing.T) {
	t.Parallel()
	r, id := founded(t)
	parent, _, changes, err := r.Create("ann", now, groups.New{Subject: "Town", Community: true}, anybody)
	require.NoError(t, err)
	require.Len(t, changes, 2, "the community and its announcement group")
	subs, err := r.SubGroups("ann", parent.ID)
	require.NoError(t, err)
	require.Len(t, subs, 1)
	require.True(t, subs[0].Default)
	require.True(t, subs[0].Announce)
	_, err = r.Set("ann", subs[0].ID, groups.Announce, now, func(s *groups.Settings) { s.Announce = false })
	require.ErrorIs(t, err, groups.ErrNotAllowed)

	outcomes, changes, err := r.Link("ann", parent.ID, []groups.ID{id, "none"}, now)
	require.NoError(t, err)
	require.Equal(t, []groups.GroupOutcome{{ID: id}, {ID: "none", Error: 404}}, outcomes)
	require.Equal(t, groups.Linked, changes[0].Kind)
	require.Equal(t, groups.SubGroup, changes[0].Relation)
	require.Equal(t, groups.ParentGroup, changes[1].Relation)
	require.True(t, get(t, r, parent.ID).Has("bob"), "members of its groups are in the community")
	require.True(t, get(t, r, subs[0].ID).Has("cid"))
	outcomes, _, err = r.Link("ann", parent.ID, []groups.ID{id}, now)
	require.NoError(t, err)
	require.Equal(t, 409, outcomes[0].Error)

	club, _, _, err := r.Create("ann", now, groups.New{Subject: "Club", Parent: parent.ID}, anybody)
	require.NoError(t, err)
	_, pending, _, err := r.JoinLinked("bob", parent.ID, club.ID, now)
	require.NoError(t, err)
	require.False(t, pending)
	_, _, _, err = r.JoinLinked("eve", parent.ID, club.ID, now)
	require.ErrorIs(t, err, groups.ErrForbidden)
	everybody, err := r.CommunityPeople("bob", parent.ID)
	require.NoError(t, err)
	require.ElementsMatch(t, people("ann", "bob", "cid"), everybody)

	outcomes, changes, err = r.Unlink("ann", parent.ID, []groups.ID{id, subs[0].ID}, now)
	require.NoError(t, err)
	require.Equal(t, 405, outcomes[1].Error)
	require.Equal(t, "unlink_group", changes[0].Reason)
	require.Empty(t, get(t, r, id).Parent)

	_, err = r.Leave("bob", subs[0].ID, now)
	require.NoError(t, err)
	require.Len(t, r.Of("bob"), 1, "who leaves a community leaves its groups; the unlinked one stays")
	_, _, err = r.Remove("ann", parent.ID, people("cid"), true, now)
	require.NoError(t, err)
	require.False(t, get(t, r, subs[0].ID).Has("cid"))
	changes, err = r.DeleteCommunity("ann", parent.ID, now)
	require.NoError(t, err)
	require.Equal(t, groups.Deleted, changes[len(changes)-1].Kind)
	require.Empty(t, get(t, r, club.ID).Parent, "its groups go on")
	_, found := r.Find(subs[0].ID)
	require.False(t, found)
}
