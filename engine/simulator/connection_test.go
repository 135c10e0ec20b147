package simulator_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

func inject(t *testing.T, s *simulator.Server, f simulator.Fault) {
	t.Helper()
	require.NoError(t, s.Inject(f))
}

// relogin connects anew and returns once the server has the client, with no event from before.
func (c *client) relogin(p *simulator.Phone) {
	c.t.Helper()
	online := func() bool { return p.Devices()[0].Online }
	c.Disconnect()
	require.Eventually(c.t, func() bool { return !online() }, patience, tick)
	c.forgetEvents()
	// The library's own reconnection may be the faster one.
	if err := c.Connect(); !errors.Is(err, whatsmeow.ErrAlreadyConnected) {
		require.NoError(c.t, err)
	}
	require.Eventually(c.t, online, patience, tick)
	// Once this is answered the library has done what it does after a login, so that nothing is cut off in the middle of it.
	await[*events.Connected](c, nil)
	require.NoError(c.t, c.SetPassive(patient(c.t), false))
}

// TestConnectFailures plays every reason for which a login may fail.
//
// covers: events.ConnectFailure events.LoggedOut events.TemporaryBan events.ClientOutdated events.CATRefreshError
func TestConnectFailures(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := linked(t, s, agent)
	again := func() { c.relogin(agent) }
	for _, code := range []int{400, 409, 415, 418, 501, 599} {
		again()
		inject(t, s, simulator.Fault{Kind: simulator.FaultFailure, Number: agentNumber, Code: code})
		require.EqualValues(t, code, await[*events.ConnectFailure](c, nil).Reason)
	}
	for _, code := range []int{500, 503} {
		again()
		inject(t, s, simulator.Fault{Kind: simulator.FaultFailure, Code: code})
		await[*events.Disconnected](c, nil)
		await[*events.Connected](c, nil) // it comes back by itself
	}
	for _, code := range []int{413, 414} {
		again()
		c.RefreshCAT = func(context.Context) error { return errors.New("no such token") }
		inject(t, s, simulator.Fault{Kind: simulator.FaultFailure, Code: code})
		require.ErrorContains(t, await[*events.CATRefreshError](c, nil).Error, "no such token")
	}
	again()
	inject(t, s, simulator.Fault{Kind: simulator.FaultBanned, Code: 104, Seconds: 600})
	ban := await[*events.TemporaryBan](c, nil)
	require.Equal(t, events.TempBanSentTooManySameMessage, ban.Code)
	require.InDelta(t, 600, ban.Expire.Seconds(), 5)
	require.NoError(t, s.Advance(ban.Expire))
	again()
	inject(t, s, simulator.Fault{Kind: simulator.FaultOutdated, Times: 2})
	await[*events.ClientOutdated](c, nil)
	c.Disconnect()
	c.forgetEvents()
	c.connect()
	await[*events.ClientOutdated](c, nil)
	again()
	inject(t, s, simulator.Fault{Kind: simulator.FaultFailure, Code: 401})
	require.True(t, await[*events.LoggedOut](c, nil).OnConnect)
	require.Empty(t, s.Faults())
}

// TestLoginsThatEndTheLink plays the reasons that tell a client to forget its keys.
func TestLoginsThatEndTheLink(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := phone(t, s, agentNumber, "")
	for _, code := range []int{403, 406} {
		c := linked(t, s, p)
		inject(t, s, simulator.Fault{Kind: simulator.FaultFailure, Code: code})
		out := await[*events.LoggedOut](c, nil)
		require.True(t, out.OnConnect)
		require.EqualValues(t, code, out.Reason)
	}
	c := linked(t, s, p)
	inject(t, s, simulator.Fault{Kind: simulator.FaultRemoved, Number: agentNumber})
	require.False(t, await[*events.LoggedOut](c, nil).OnConnect)
	require.Empty(t, p.Devices())
}

// TestStreamErrors plays every way in which a stream ends with a word.
//
// covers: events.StreamError events.StreamReplaced events.Disconnected events.ManualLoginReconnect events.Connected
func TestStreamErrors(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := linked(t, s, agent)
	for _, code := range []int{503, 515} {
		c.relogin(agent)
		inject(t, s, simulator.Fault{Kind: simulator.FaultStreamError, Number: agentNumber, Code: code})
		if code == 503 {
			await[*events.Disconnected](c, nil)
		}
		await[*events.Connected](c, nil)
	}
	c.relogin(agent)
	inject(t, s, simulator.Fault{Kind: simulator.FaultStreamError, Code: 516})
	require.Equal(t, "516", await[*events.StreamError](c, nil).Code)
	await[*events.Connected](c, nil)
	c.relogin(agent)
	inject(t, s, simulator.Fault{Kind: simulator.FaultReplaced, Times: 2})
	await[*events.StreamReplaced](c, nil)
	c.Disconnect()
	c.forgetEvents()
	c.connect()
	await[*events.StreamReplaced](c, nil) // the next login is the second time
	c.DisableLoginAutoReconnect = true
	c.relogin(agent)
	inject(t, s, simulator.Fault{Kind: simulator.FaultStreamError, Code: 515})
	await[*events.ManualLoginReconnect](c, nil)
}

// TestSilentServer is a connection on which nothing comes for a while.
//
// covers: events.KeepAliveTimeout events.KeepAliveRestored
func TestSilentServer(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	inject(t, s, simulator.Fault{Kind: simulator.FaultSilent, Number: agentNumber})
	_, err := lead.SendText(patient(t), agentNumber, "are you there?")
	require.NoError(t, err)
	require.Positive(t, await[*events.KeepAliveTimeout](c, nil).ErrorCount)
	_, heard := look(c, text("are you there?"), 0)
	require.False(t, heard)
	require.Len(t, s.Faults(), 1)
	require.Equal(t, 1, s.Disarm(simulator.FaultSilent, agentNumber))
	await[*events.KeepAliveRestored](c, nil)
	await(c, text("are you there?"))
	inject(t, s, simulator.Fault{Kind: simulator.FaultSilent, Seconds: 300})
	c.forgetEvents()
	await[*events.KeepAliveTimeout](c, nil)
	require.NoError(t, s.Advance(301e9))
	await[*events.KeepAliveRestored](c, nil)
}

// TestHalfOpenConnection is one that the server has forgotten: the client hears nothing until it connects anew.
func TestHalfOpenConnection(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	inject(t, s, simulator.Fault{Kind: simulator.FaultHalfOpen, Number: agentNumber})
	require.False(t, agent.Devices()[0].Online)
	_, err := lead.SendText(patient(t), agentNumber, "later")
	require.NoError(t, err)
	await[*events.KeepAliveTimeout](c, nil)
	require.True(t, c.IsConnected())
	require.NotZero(t, s.Pending(agentNumber))
	c.ResetConnection()
	await(c, text("later"))
	require.True(t, agent.Devices()[0].Online)
}

// TestOfflineSync counts what waits for a client that was away.
//
// covers: events.OfflineSyncPreview events.OfflineSyncCompleted
func TestOfflineSync(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	require.Eventually(t, func() bool { return s.Pending(agentNumber) == 0 }, patience, tick)
	sent, err := c.SendMessage(patient(t), lead.JID(), say("hello"))
	require.NoError(t, err)
	await(c, func(r *events.Receipt) bool { return r.MessageIDs[0] == sent.ID })
	require.Eventually(t, func() bool { return s.Pending(agentNumber) == 0 }, patience, tick)
	c.Disconnect()
	require.Eventually(t, func() bool { return !agent.Devices()[0].Online }, patience, tick)
	for _, text := range []string{"one", "two"} {
		_, err := lead.SendText(patient(t), agentNumber, text)
		require.NoError(t, err)
	}
	require.NoError(t, lead.Read(patient(t), sent.ID))
	c.forgetEvents()
	c.connect()
	preview := await[*events.OfflineSyncPreview](c, nil)
	require.Equal(t, 2, preview.Messages)
	require.Equal(t, 1, preview.Receipts)
	require.Equal(t, 1, preview.Notifications, "the token that comes with the lead's first message")
	require.Equal(t, 4, preview.Total)
	require.Equal(t, 4, await[*events.OfflineSyncCompleted](c, nil).Count)
	await(c, text("one"))
	await(c, text("two"))
}

// TestDropAndRestart cuts connections, and keeps everybody out for a while.
func TestDropAndRestart(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	c.EnableAutoReconnect = false
	c.pair(agent)
	c.relogin(agent)
	inject(t, s, simulator.Fault{Kind: simulator.FaultDrop, Number: agentNumber})
	await[*events.Disconnected](c, nil)
	require.EqualValues(t, 1, s.Metrics().Faults["drop"])
	c.relogin(agent)
	inject(t, s, simulator.Fault{Kind: simulator.FaultRestart, Seconds: 60})
	await[*events.Disconnected](c, nil)
	require.Error(t, c.Connect())
	require.NoError(t, s.Advance(60e9))
	c.connect()
	require.True(t, c.WaitForConnection(patience))
	require.True(t, c.IsLoggedIn())
	c.Disconnect()
	inject(t, s, simulator.Fault{Kind: simulator.FaultRefuse, Number: agentNumber, Code: 501})
	c.connect()
	await[*events.ConnectFailure](c, nil)
	c.Disconnect()
	inject(t, s, simulator.Fault{Kind: simulator.FaultRefuse, Code: 429})
	require.ErrorContains(t, c.Connect(), "429")
}

// TestGarbageIsSkipped sends frames that hold no stanza; the client goes on.
func TestGarbageIsSkipped(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	inject(t, s, simulator.Fault{Kind: simulator.FaultGarbage, Times: 2})
	s.Drop(agentNumber) // the second time is after the login
	require.Eventually(t, func() bool { return len(s.Faults()) == 0 }, patience, tick)
	_, err := lead.SendText(patient(t), agentNumber, "clear words")
	require.NoError(t, err)
	await(c, text("clear words"))
}
