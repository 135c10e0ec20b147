package simulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"
)

const (
	agentNumber = "27821234567"
	leadNumber  = "27839876543"
)

func say(words string) *waE2E.Message { return &waE2E.Message{Conversation: proto.String(words)} }

func TestTextsBothWays(t *testing.T) {
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Thandi"), phone(t, s, leadNumber, "Pieter")
	c := linked(t, s, agent)
	require.Equal(t, agent.LID().User, c.Store.LID.User)
	require.Equal(t, agentNumber, c.Store.ID.User)

	id, err := lead.SendText(patient(t), agentNumber, "Is the flat still free?")
	require.NoError(t, err)
	got := await(c, text("Is the flat still free?"))
	require.Equal(t, id, got.Info.ID)
	require.Equal(t, lead.LID(), got.Info.Chat)
	require.Equal(t, lead.JID().User, got.Info.SenderAlt.User)
	require.Equal(t, "Pieter", got.Info.PushName)
	require.False(t, got.Info.IsFromMe)

	resp, err := c.SendMessage(patient(t), lead.JID(), say("It is."))
	require.NoError(t, err)
	arrived, err := lead.Wait(patient(t), says("It is."))
	require.NoError(t, err)
	require.Equal(t, resp.ID, arrived.ID)
	require.Equal(t, agentNumber, arrived.From)
	copied, err := agent.Wait(patient(t), says("It is."))
	require.NoError(t, err)
	require.True(t, copied.FromMe)
	require.Equal(t, leadNumber, copied.To)

	delivered := await(c, func(r *events.Receipt) bool { return r.Type == "" && r.MessageIDs[0] == resp.ID })
	require.Equal(t, lead.LID(), delivered.Chat)
	require.NoError(t, lead.Read(patient(t), resp.ID))
	await(c, func(r *events.Receipt) bool { return r.Type == "read" && r.MessageIDs[0] == resp.ID })
}
