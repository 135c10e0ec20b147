package simulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

func online(e *events.Presence) bool  { return !e.Unavailable }
func offline(e *events.Presence) bool { return e.Unavailable }
func composing(e *events.ChatPresence) bool {
	return e.State == types.ChatPresenceComposing && e.Media == ""
}
func recording(e *events.ChatPresence) bool { return e.Media == types.ChatPresenceMediaAudio }
func pausing(e *events.ChatPresence) bool   { return e.State == types.ChatPresencePaused }

// happens matches an event of a phone by kind.
func happens(kind string) func(simulator.Event) bool {
	return func(e simulator.Event) bool { return e.Kind == kind }
}

// Presence goes both ways between clients and phones to whoever subscribed, and typing to whoever is there.
//
// covers: SendPresence SubscribePresence SendChatPresence events.Presence events.ChatPresence
func TestPresenceAndTyping(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	require.NoError(t, p.agent.AddContact(patient(t), leadNumber))
	p.chatted(t)
	require.NoError(t, p.lead.Follow(patient(t), agentNumber))
	require.NoError(t, p.desk.SendPresence(patient(t), types.PresenceAvailable))
	_, err := p.lead.WaitEvent(patient(t), happens(simulator.EventAvailable))
	require.NoError(t, err)

	require.NoError(t, p.desk.SubscribePresence(patient(t), p.lead.JID()))
	require.WithinDuration(t, time.Now(), await(p.desk, offline).LastSeen, time.Minute, "the registration")
	require.NoError(t, p.lead.Presence(patient(t), true))
	require.Equal(t, p.lead.JID(), await(p.desk, online).From)
	p.desk.forgetEvents()
	require.NoError(t, p.lead.Presence(patient(t), false))
	require.False(t, await(p.desk, offline).LastSeen.IsZero())

	require.NoError(t, p.desk.SendChatPresence(patient(t), p.lead.JID(), types.ChatPresenceComposing, ""))
	_, err = p.lead.WaitEvent(patient(t), happens(simulator.EventComposing))
	require.NoError(t, err)
	require.NoError(t, p.desk.SendChatPresence(patient(t), p.lead.LID(), types.ChatPresenceComposing, types.ChatPresenceMediaAudio))
	_, err = p.lead.WaitEvent(patient(t), happens(simulator.EventRecording))
	require.NoError(t, err)
	require.NoError(t, p.desk.SendChatPresence(patient(t), p.lead.JID(), types.ChatPresencePaused, ""))
	_, err = p.lead.WaitEvent(patient(t), happens(simulator.EventPaused))
	require.NoError(t, err)

	require.NoError(t, p.lead.Typing(patient(t), agentNumber, true))
	require.Equal(t, p.lead.LID().User, await(p.desk, composing).Sender.User)
	require.NoError(t, p.lead.Recording(patient(t), agentNumber))
	await(p.desk, recording)
	require.NoError(t, p.lead.Typing(patient(t), agentNumber, false))
	await(p.desk, pausing)
	require.False(t, saw(p.laptop, composing), "a client that is away isn't told of typing")
	require.NoError(t, p.desk.SendPresence(patient(t), types.PresenceUnavailable))
	_, err = p.lead.WaitEvent(patient(t), happens(simulator.EventUnavailable))
	require.NoError(t, err)
}

// lastPresence is the last that the desk heard of anybody's presence until now: a message, which comes in order, marks
// the time.
func (p *people) lastPresence(t *testing.T, mark string) *events.Presence {
	t.Helper()
	_, err := p.agent.SendText(patient(t), leadNumber, mark)
	require.NoError(t, err)
	await(p.desk, text(mark))
	p.desk.mu.Lock()
	defer p.desk.mu.Unlock()
	var last *events.Presence
	for _, evt := range p.desk.seen {
		if e, ok := evt.(*events.Presence); ok {
			last = e
		}
	}
	require.NotNil(t, last, mark)
	return last
}

// Who hides the last-seen time does so from others and does not see theirs; "online" can follow that setting.
func TestHiddenPresence(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	p.chatted(t)
	require.NoError(t, p.desk.SendPresence(patient(t), types.PresenceAvailable))
	require.NoError(t, p.desk.SubscribePresence(patient(t), p.lead.LID()))
	require.NoError(t, p.lead.Presence(patient(t), true))
	await(p.desk, online)
	for _, step := range []struct {
		what                string
		change              func() error
		online, seenOffline bool
	}{
		{"last seen hidden, online not", func() error { return p.lead.SetPrivacy(patient(t), "last", "none") }, true, false},
		{"online follows it", func() error { return p.lead.SetPrivacy(patient(t), "online", "match_last_seen") }, false, false},
		{"for contacts", func() error { return p.lead.SetPrivacy(patient(t), "last", "contacts") }, false, false},
		{"a contact", func() error { return p.lead.AddContact(patient(t), agentNumber) }, true, true},
		{"hidden by the asker too", func() error { return p.agent.SetPrivacy(patient(t), "last", "none") }, false, false},
		{"shown again", func() error { return p.agent.SetPrivacy(patient(t), "last", "all") }, true, true},
		{"blocked", func() error { return p.lead.Block(patient(t), agentNumber) }, false, false},
	} {
		require.NoError(t, step.change(), step.what)
		profile, err := p.agent.Look(patient(t), leadNumber)
		require.NoError(t, err)
		require.Equal(t, step.online, profile.Online, step.what)
		p.desk.forgetEvents()
		require.NoError(t, p.lead.Presence(patient(t), false))
		require.NoError(t, p.lead.Presence(patient(t), true))
		require.Equal(t, step.online, !p.lastPresence(t, step.what).Unavailable, step.what)
		require.NoError(t, p.lead.Presence(patient(t), false))
		require.Equal(t, step.seenOffline, !p.lastPresence(t, step.what+" and offline").LastSeen.IsZero(), step.what)
		profile, err = p.agent.Look(patient(t), leadNumber)
		require.NoError(t, err)
		require.Equal(t, step.seenOffline, profile.LastSeen != nil, step.what)
		require.NoError(t, p.lead.Presence(patient(t), true))
	}
}

// A subscription ends with the connection that made it.
func TestSubscriptionsEndWithTheConnection(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	p.chatted(t)
	require.NoError(t, p.desk.SendPresence(patient(t), types.PresenceAvailable))
	require.NoError(t, p.desk.SubscribePresence(patient(t), p.lead.LID()))
	await(p.desk, offline)
	p.desk.forgetEvents()
	p.desk.Disconnect()
	p.desk.connect()
	await[*events.Connected](p.desk, nil)
	require.NoError(t, p.desk.SendPresence(patient(t), types.PresenceAvailable))
	require.NoError(t, p.lead.Presence(patient(t), true))
	require.NoError(t, p.lead.Presence(patient(t), false))
	p.desk.forgetEvents()
	require.NoError(t, p.desk.SubscribePresence(patient(t), p.lead.LID()))
	await(p.desk, offline)
	require.False(t, saw(p.desk, online))
}

// Strangers see nothing of somebody's presence; who is in the address book does.
func TestPresenceIsNotForStrangers(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	require.NoError(t, p.desk.SendPresence(patient(t), types.PresenceAvailable))
	require.NoError(t, p.desk.SubscribePresence(patient(t), p.lead.LID()))
	require.NoError(t, p.lead.Presence(patient(t), true))
	profile, err := p.agent.Look(patient(t), leadNumber)
	require.NoError(t, err)
	require.False(t, profile.Online)
	require.NoError(t, p.lead.AddContact(patient(t), agentNumber))
	profile, err = p.agent.Look(patient(t), leadNumber)
	require.NoError(t, err)
	require.True(t, profile.Online)
	require.NoError(t, p.desk.SubscribePresence(patient(t), p.lead.LID()))
	await(p.desk, online)
	require.False(t, saw(p.desk, offline), "the first subscription brought nothing")
}

// A member who subscribes to a group hears how many members are there.
func TestGroupPresence(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Thandi"), phone(t, s, leadNumber, "Pieter")
	c, tap := wiretapped(t, s, agent)
	ready(c)
	group, _, err := lead.CreateGroup(patient(t), simulator.NewGroup{Subject: "Viewing", Members: []string{agentNumber}})
	require.NoError(t, err)
	jid, err := types.ParseJID(group.JID)
	require.NoError(t, err)
	require.NoError(t, c.SendPresence(patient(t), types.PresenceAvailable))
	require.NoError(t, c.SubscribePresence(patient(t), jid))
	tap.await(t, "<presence", `count="1"`, group.JID)
	require.NoError(t, lead.Presence(patient(t), true))
	tap.await(t, "<presence", `count="2"`)
	require.Equal(t, jid, await(c, func(e *events.Presence) bool { return e.From == jid }).From)
	require.NoError(t, lead.Typing(patient(t), group.JID, true))
	typing := await(c, composing)
	require.Equal(t, jid, typing.Chat)
	require.Equal(t, lead.LID().User, typing.Sender.User)
}
