package whatsmeow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// tells waits until the seat is told something of somebody, and takes what it
// was told until then.
func (s *seat) tells(t *testing.T, what string, match func(engine.Presence) bool) engine.Presence {
	t.Helper()
	var found engine.Presence
	s.until(t, what, func() bool {
		for i, news := range s.presence {
			if match(news) {
				found, s.presence = news, s.presence[i+1:]
				return true
			}
		}
		return false
	})
	return found
}

func doing(what engine.Doing) func(engine.Presence) bool {
	return func(p engine.Presence) bool { return p.Doing == what }
}

func isOnline(on bool) func(engine.Presence) bool {
	return func(p engine.Presence) bool { return p.Online != nil && *p.Online == on }
}

// acquainted is a seat to which a lead wrote, by which the lead lets it see
// when they are there. The agent has saved the lead, who so sees the same.
func acquainted(t *testing.T, w *world, lead *simulator.Phone) *seat {
	t.Helper()
	agent := w.phone(t, agentNumber, "Thandi")
	require.NoError(t, agent.AddContact(t.Context(), leadNumber))
	s := w.pair(t, agent)
	_, err := lead.SendText(t.Context(), agentNumber, "Is it still free?")
	require.NoError(t, err)
	s.message(t, "Is it still free?")
	return s
}

func TestPresenceOfALead(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	lead := w.phone(t, leadNumber, "Sipho")
	s := acquainted(t, w, lead)
	who := engine.Party{Phone: engine.PhoneAddress(leadNumber), LID: lidOf(lead)}
	require.NoError(t, lead.Follow(ctx, agentNumber))

	// Somebody who is not there hears of nobody: the seat doesn't appear online by itself.
	require.NoError(t, lead.Typing(ctx, agentNumber, true))
	require.NoError(t, lead.Typing(ctx, agentNumber, false))
	require.NoError(t, s.able(t).SetAvailable(ctx, true))
	waitEvent(t, lead, simulator.EventAvailable)
	s.set(func(m *memory) { require.Empty(t, m.presence) })

	// The token that lets the seat see the lead comes beside the lead's message.
	require.Eventually(t, func() bool {
		require.NoError(t, s.able(t).FollowPresence(ctx, who))
		known := false
		s.set(func(m *memory) { known = len(m.presence) > 0 })
		return known
	}, waitLimit, 20*time.Millisecond)
	news := s.tells(t, "that the lead is away", isOnline(false))
	require.Equal(t, who, news.Chat)
	require.WithinDuration(t, time.Now(), *news.LastSeen, time.Minute)
	require.Empty(t, news.Doing)
	require.NoError(t, lead.Presence(ctx, true))
	require.Nil(t, s.tells(t, "that the lead is there", isOnline(true)).LastSeen)
	require.NoError(t, lead.Typing(ctx, agentNumber, true))
	require.Equal(t, who, s.tells(t, "that the lead types", doing(engine.Typing)).Chat)
	require.NoError(t, lead.Recording(ctx, agentNumber))
	s.tells(t, "that the lead records", doing(engine.Recording))
	require.NoError(t, lead.Typing(ctx, agentNumber, false))
	s.tells(t, "that the lead stopped", doing(engine.Idle))

	// Who hides when they were there last is not known to have been.
	require.NoError(t, lead.SetPrivacy(ctx, "last", "none"))
	require.NoError(t, lead.Presence(ctx, false))
	require.Nil(t, s.tells(t, "that the lead went", isOnline(false)).LastSeen)

	// Followed no more, nothing is told; messages are.
	require.NoError(t, s.able(t).UnfollowPresence(ctx, who))
	_, err := s.able(t).OnWhatsApp(ctx, []string{leadNumber}) // the answer comes after WhatsApp took what was said before
	require.NoError(t, err)
	require.NoError(t, lead.Presence(ctx, true))
	_, err = lead.SendText(ctx, agentNumber, "Still there?")
	require.NoError(t, err)
	s.message(t, "Still there?")
	s.set(func(m *memory) { require.Empty(t, m.presence) })
	require.NoError(t, s.able(t).FollowPresence(ctx, engine.Party{Room: "120363012345678901@g.us"}), "of rooms there is nothing to follow")

	require.NoError(t, s.able(t).SetAvailable(ctx, false))
	waitEvent(t, lead, simulator.EventUnavailable)
}

func TestPresenceInAGroup(t *testing.T) {
	c := newCircle(t)
	ctx := t.Context()
	require.NoError(t, c.s.able(t).SetAvailable(ctx, true))
	require.NoError(t, c.lead.Follow(ctx, agentNumber))
	group := c.group
	require.Eventually(t, func() bool {
		require.NoError(t, c.lead.Typing(ctx, string(group), true))
		known := false
		c.s.set(func(m *memory) { known = len(m.presence) > 0 })
		return known
	}, waitLimit, 20*time.Millisecond)
	news := c.s.tells(t, "that a member types", doing(engine.Typing))
	require.Equal(t, engine.Party{Room: group}, news.Chat)
	require.Equal(t, lidOf(c.lead), news.Who.LID)
}

// What the seat shows others: recording, and that it is there, which outlasts
// typing and the connection.
func TestWhatTheSeatShows(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	lead := w.phone(t, leadNumber, "Sipho")
	s := acquainted(t, w, lead)
	require.NoError(t, lead.Follow(ctx, agentNumber))
	a := s.able(t)
	// The phone tells the account's name some time after it was linked, without which nobody appears online.
	require.NoError(t, a.SetAvailable(ctx, true))
	waitEvent(t, lead, simulator.EventAvailable)
	require.NoError(t, a.SetAvailable(ctx, false))
	waitEvent(t, lead, simulator.EventUnavailable)

	require.NoError(t, a.SetRecording(ctx, number(leadNumber), true))
	waitEvent(t, lead, simulator.EventRecording)
	require.NoError(t, a.SetRecording(ctx, number(leadNumber), false))
	waitEvent(t, lead, simulator.EventPaused)
	require.Eventually(t, func() bool { return shown(lead) == simulator.EventUnavailable }, waitLimit, 5*time.Millisecond, "it goes with what it showed")

	require.NoError(t, a.SetAvailable(ctx, true))
	require.Eventually(t, func() bool { return shown(lead) == simulator.EventAvailable }, waitLimit, 5*time.Millisecond)
	before := len(lead.Events())
	require.NoError(t, s.SetTyping(ctx, number(leadNumber), true))
	require.NoError(t, s.SetTyping(ctx, number(leadNumber), false))
	require.NoError(t, a.SetRecording(ctx, number(leadNumber), true)) // marks the time
	require.Eventually(t, func() bool { return seen(lead, before, simulator.EventRecording) }, waitLimit, 5*time.Millisecond)
	require.False(t, seen(lead, before, simulator.EventUnavailable), "typing has ended, and it is still there")
	require.NoError(t, a.SetRecording(ctx, number(leadNumber), false))

	s.Disconnect()
	require.Eventually(t, func() bool { return shown(lead) == simulator.EventUnavailable }, waitLimit, 5*time.Millisecond)
	s.connect(t)
	await[engine.Connected](t, s.memory)
	require.Eventually(t, func() bool { return shown(lead) == simulator.EventAvailable }, waitLimit, 5*time.Millisecond, "the wish outlasts the connection")

	s.Disconnect()
	require.Equal(t, engine.CodeNotConnected, engine.CodeOf(a.SetRecording(ctx, number(leadNumber), true)))
	require.Equal(t, engine.CodeNotConnected, engine.CodeOf(a.FollowPresence(ctx, number(leadNumber))))
	require.NoError(t, a.SetAvailable(ctx, false), "without a connection it holds from the next")
}

// shown is the last that a phone heard of somebody being there.
func shown(phone *simulator.Phone) (last string) {
	for _, e := range phone.Events() {
		if e.Kind == simulator.EventAvailable || e.Kind == simulator.EventUnavailable {
			last = e.Kind
		}
	}
	return last
}

func seen(phone *simulator.Phone, from int, kind string) bool {
	for _, e := range phone.Events()[from:] {
		if e.Kind == kind {
			return true
		}
	}
	return false
}
