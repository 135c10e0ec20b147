package whatsmeow_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

func roomNewsThatArrives() []arrival {
	yes, no, day := true, false, 86400
	hand := func(t *testing.T, h *hall, who *simulator.Phone) *simulator.PhoneGroup {
		t.Helper()
		g, err := who.Group(h.group)
		require.NoError(t, err)
		return g
	}
	notice := func(code engine.NoticeCode) func(*hall, engine.Fact) bool {
		return fact(func(h *hall, n engine.RoomNews) bool {
			return slices.ContainsFunc(n.Changes, func(c engine.RoomChange) bool { return c.Code == code })
		})
	}
	set := func(want simulator.GroupSettings) func(*testing.T, *hall) {
		return func(t *testing.T, h *hall) {
			t.Helper()
			require.NoError(t, hand(t, h, h.lead).Set(t.Context(), want))
		}
	}
	people := func(do func(*simulator.PhoneGroup, context.Context, ...string) ([]simulator.GroupResult, error), who string) func(*testing.T, *hall) {
		return func(t *testing.T, h *hall) {
			t.Helper()
			_, err := do(hand(t, h, h.lead), t.Context(), who)
			require.NoError(t, err)
		}
	}
	role := func(r engine.Role) func(*hall, engine.Fact) bool {
		return fact(func(h *hall, n engine.RoomNews) bool {
			return n.Room.Room == engine.Address(h.channel) && n.State != nil && n.State.Role == r
		})
	}
	return []arrival{
		{name: "added to a group", bring: func(t *testing.T, h *hall) {
			_, _, err := h.lead.CreateGroup(t.Context(), simulator.NewGroup{Subject: "Another", Members: []string{agentNumber}})
			require.NoError(t, err)
		}, is: fact(func(_ *hall, n engine.RoomNews) bool { return n.Room.Name == "Another" && len(n.Changes) > 0 })},
		{name: "subject", bring: func(t *testing.T, h *hall) {
			require.NoError(t, hand(t, h, h.lead).Rename(t.Context(), "Viewing on Sunday"))
		}, is: notice(engine.NoticeSubject)},
		{name: "description", bring: func(t *testing.T, h *hall) {
			require.NoError(t, hand(t, h, h.lead).Describe(t.Context(), "Bring a pen"))
		}, is: notice(engine.NoticeDescription)},
		{name: "announcements only", bring: set(simulator.GroupSettings{Announce: &yes}), is: notice(engine.NoticeAnnounce)},
		{name: "announcements no more", bring: set(simulator.GroupSettings{Announce: &no}), is: notice(engine.NoticeAnnounce)},
		{name: "locked", bring: set(simulator.GroupSettings{Locked: &yes}), is: notice(engine.NoticeLocked)},
		{name: "approval", bring: set(simulator.GroupSettings{Approval: &yes}), is: notice(engine.NoticeApproval)},
		{name: "timer", bring: set(simulator.GroupSettings{Expires: &day}), is: notice(engine.NoticeTimer)},
		{name: "promoted", bring: people((*simulator.PhoneGroup).Promote, thirdNumber), is: notice(engine.NoticePromoted)},
		{name: "demoted", bring: people((*simulator.PhoneGroup).Demote, thirdNumber), is: notice(engine.NoticeDemoted)},
		{name: "removed", bring: people((*simulator.PhoneGroup).Remove, thirdNumber), is: notice(engine.NoticeRemoved)},
		{name: "added", bring: people((*simulator.PhoneGroup).Add, thirdNumber), is: notice(engine.NoticeAdded)},
		{name: "left", bring: func(t *testing.T, h *hall) {
			require.NoError(t, hand(t, h, h.third).Leave(t.Context()))
		}, is: notice(engine.NoticeLeft)},
		{name: "request to join", ready: func(t *testing.T, h *hall) {
			_, err := hand(t, h, h.lead).Promote(t.Context(), agentNumber)
			require.NoError(t, err)
		}, bring: func(t *testing.T, h *hall) {
			link, err := hand(t, h, h.lead).Link(t.Context(), false)
			require.NoError(t, err)
			_, pending, err := h.third.JoinGroup(t.Context(), link)
			require.NoError(t, err)
			require.True(t, pending)
		}, is: notice(engine.NoticeRequested)},
		{name: "link", bring: func(t *testing.T, h *hall) {
			_, err := hand(t, h, h.lead).Link(t.Context(), true)
			require.NoError(t, err)
		}, is: notice(engine.NoticeLink)},
		{name: "picture of a group", how: cut, bring: func(t *testing.T, h *hall) {
			_, err := hand(t, h, h.lead).SetPicture(t.Context(), jpegPicture(t))
			require.NoError(t, err)
		}, is: fact(func(h *hall, c engine.ContactChange) bool {
			return c.PictureID != nil && c.Party.Room == engine.Address(h.group)
		})},
		{name: "channel left", how: cut, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.agent.UnfollowChannel(t.Context(), h.channel))
		}, is: role("")},
		{name: "channel followed", how: cut, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.agent.FollowChannel(t.Context(), h.channel))
		}, is: role(engine.RoleMember)},
	}
}
