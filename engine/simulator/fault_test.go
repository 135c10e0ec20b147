package simulator_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

const tick = 5 * time.Millisecond

func TestRetryAfterUndecryptable(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	for i := range 2 { // once with the session's first message, once later
		require.NoError(t, s.Inject(simulator.Fault{Kind: simulator.FaultUndecryptable, Number: agentNumber}))
		c.forgetEvents()
		id, err := lead.SendText(patient(t), agentNumber, fmt.Sprint("once more ", i))
		require.NoError(t, err)
		await[*events.UndecryptableMessage](c, nil)
		// The client's own phone, which it asks too, may be faster.
		await(c, func(m *events.Message) bool { return m.Info.ID == id && m.RetryCount == 1 })
	}
	require.EqualValues(t, 2, s.Metrics().Retries)
	id, err := agent.SendText(patient(t), leadNumber, "copy")
	require.NoError(t, err)
	await(c, func(m *events.Message) bool { return m.Info.ID == id })
}

func TestRetryOfACopy(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	require.NoError(t, s.Inject(simulator.Fault{Kind: simulator.FaultUndecryptable, Number: agentNumber}))
	_, err := agent.SendText(patient(t), leadNumber, "own words")
	require.NoError(t, err)
	await[*events.UndecryptableMessage](c, nil)
	got := await(c, text("own words"))
	require.True(t, got.Info.IsFromMe)
	require.Equal(t, lead.LID(), got.Info.Chat)
}

func TestDuplicateIsShownOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	require.NoError(t, s.Inject(simulator.Fault{Kind: simulator.FaultDuplicate, Number: agentNumber}))
	_, err := lead.SendText(patient(t), agentNumber, "twice")
	require.NoError(t, err)
	await(c, text("twice"))
	require.Eventually(t, func() bool { return s.Pending(agentNumber) == 0 }, patience, tick)
}

func TestLostAckMakesTheClientSendAgain(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	require.NoError(t, s.Inject(simulator.Fault{Kind: simulator.FaultLoseAck, Number: agentNumber}))
	sent := make(chan error, 1)
	go func() {
		_, err := c.SendMessage(context.WithoutCancel(t.Context()), lead.JID(), say("only once"))
		sent <- err
	}()
	_, err := lead.Wait(patient(t), says("only once"))
	require.NoError(t, err)
	s.Drop(agentNumber)
	require.NoError(t, <-sent)
	got, err := lead.Wait(patient(t), func(m simulator.Message) bool { return m.Duplicates == 1 })
	require.NoError(t, err)
	require.Equal(t, "only once", got.Text)
	require.Len(t, lead.Messages(0), 1)
}

func TestRemovedByThePhone(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	d := c.pair(agent)
	require.Len(t, agent.Devices(), 1)
	require.True(t, agent.Devices()[0].Online)
	require.NoError(t, agent.Unlink(d.ID))
	await[*events.LoggedOut](c, nil)
	require.Empty(t, agent.Devices())
	require.ErrorIs(t, agent.Unlink(d.ID), simulator.ErrNotFound)
}

func TestRemovedWhileAway(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	d := c.pair(agent)
	c.Disconnect()
	require.NoError(t, agent.Unlink(d.ID))
	c.forgetEvents()
	c.connect()
	out := await[*events.LoggedOut](c, nil)
	require.True(t, out.OnConnect)
}

func TestClientLogsOut(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := linked(t, s, agent)
	require.NoError(t, c.Logout(patient(t)))
	require.Empty(t, agent.Devices())
}

func TestSecondConnectionReplacesTheFirst(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := linked(t, s, agent)
	twin := &client{t: t, container: c.container, server: s, changed: make(chan struct{})}
	twin.open()
	twin.connect()
	await[*events.Connected](twin, nil)
	await[*events.StreamReplaced](c, nil)
	lead := phone(t, s, leadNumber, "")
	_, err := lead.SendText(patient(t), agentNumber, "to the second")
	require.NoError(t, err)
	await(twin, text("to the second"))
}

func TestOneTimeKeysAreUsedOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	// Each phone that writes for the first time uses up one of the client's one-time keys.
	c.pair(agent)
	await[*events.AppStateSyncComplete](c, nil) // the phone itself used one to share the key for it
	before := s.KeysLeft(agentNumber, 1)
	for i := range 3 {
		p := phone(t, s, leadNumber+string(rune('0'+i)), "")
		_, err := p.SendText(patient(t), agentNumber, "hello")
		require.NoError(t, err)
	}
	require.Equal(t, before-3, s.KeysLeft(agentNumber, 1))
}
