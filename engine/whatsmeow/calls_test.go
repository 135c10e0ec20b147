package whatsmeow_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

func (d *desk) rings(t *testing.T, video bool) string {
	t.Helper()
	id, err := d.lead.Call(t.Context(), agentNumber, video)
	require.NoError(t, err)
	d.becomes(t, id, engine.CallRinging)
	return id
}

func (d *desk) becomes(t *testing.T, id string, state engine.CallState) engine.CallChange {
	t.Helper()
	return told(t, d.memory, func(f engine.CallChange) bool { return f.Call == id && f.State == state })
}

func TestCallsThatComeIn(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	id := d.rings(t, true)
	offer := d.becomes(t, id, engine.CallRinging)
	require.True(t, offer.Video)
	require.Equal(t, d.who(), offer.Chat)
	require.Empty(t, offer.Caller)
	require.WithinDuration(t, time.Now(), offer.At, time.Minute)
	require.NoError(t, d.Client.(engine.CallClient).RejectCall(ctx, offer))
	d.becomes(t, id, engine.CallRejected)
	within, cancel := context.WithTimeout(ctx, waitLimit)
	defer cancel()
	_, err := d.lead.WaitCall(within, func(c simulator.Call) bool { return c.ID == id && c.Reason == simulator.CallRejected })
	require.NoError(t, err)

	id = d.rings(t, false)
	require.NoError(t, d.agent.Accept(ctx, id))
	d.becomes(t, id, engine.CallElsewhere)
	require.NoError(t, d.agent.HangUp(ctx, id))
	id = d.rings(t, false)
	require.NoError(t, d.agent.Reject(ctx, id))
	d.becomes(t, id, engine.CallRejected)
	id = d.rings(t, false)
	require.NoError(t, d.lead.HangUp(ctx, id))
	d.becomes(t, id, engine.CallEnded)
	id = d.rings(t, false)
	require.NoError(t, d.sim.Advance(46*time.Second))
	d.becomes(t, id, engine.CallMissed)

	group, _, err := d.lead.CreateGroup(ctx, simulator.NewGroup{Subject: "Viewing", Members: []string{agentNumber}})
	require.NoError(t, err)
	id, err = d.lead.Call(ctx, group.JID, true)
	require.NoError(t, err)
	in := d.becomes(t, id, engine.CallRinging)
	require.Equal(t, engine.Party{Room: engine.Address(group.JID)}, in.Chat)
	require.Equal(t, d.who(), in.Caller)
	require.True(t, in.Video)
}

// A call that could not be stored is told again on the next connection.
func TestCallThatCouldNotBeStored(t *testing.T) {
	d := newDesk(t)
	d.set(func(m *memory) { m.otherFailures = 1 })
	id, err := d.lead.Call(t.Context(), agentNumber, false)
	require.NoError(t, err)
	await[engine.Disconnected](t, d.memory)
	d.set(func(m *memory) { require.Empty(t, m.others) })
	d.connect(t)
	d.becomes(t, id, engine.CallRinging)
	require.NoError(t, d.lead.HangUp(t.Context(), id))
	d.becomes(t, id, engine.CallEnded)
}
