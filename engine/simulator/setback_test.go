package simulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPhoneAsksAgainWhenAClientsSessionWasSetBack(t *testing.T) {
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	// Two messages from the phone let the client's session leave its first state.
	_, err := lead.SendText(patient(t), agentNumber, "hello")
	require.NoError(t, err)
	await(c, text("hello"))
	address := lead.LID().SignalAddress().String()
	before, err := c.Store.Sessions.GetSession(patient(t), address)
	require.NoError(t, err)
	_, err = c.SendMessage(patient(t), lead.JID(), say("one"))
	require.NoError(t, err)
	require.NoError(t, c.Store.Sessions.PutSession(patient(t), address, before))
	_, err = c.SendMessage(patient(t), lead.JID(), say("two"))
	require.NoError(t, err)
	for _, words := range []string{"one", "two"} {
		got, err := lead.Wait(patient(t), says(words))
		require.NoError(t, err)
		require.Equal(t, agentNumber, got.From)
		require.Zero(t, got.Duplicates)
	}
	require.Len(t, lead.Messages(0), 3)
	copies := agent.Messages(0)
	require.NotEmpty(t, copies)
	require.True(t, copies[len(copies)-1].FromMe)
}
