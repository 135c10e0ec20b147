package simulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

// talk is a chat between an agent with a linked client and a lead.
type talk struct {
	t           *testing.T
	server      *simulator.Server
	agent, lead *simulator.Phone
	client      *client // the agent's
}

func newTalk(t *testing.T, change ...func(*simulator.Config)) *talk {
	t.Helper()
	s := start(t, change...)
	w := &talk{t: t, server: s, agent: phone(t, s, agentNumber, "Thandi"), lead: phone(t, s, leadNumber, "Pieter")}
	w.client = linked(t, s, w.agent)
	await[*events.AppStateSyncComplete](w.client, nil)
	return w
}

// tell lets the lead write to the agent.
func (w *talk) tell(c simulator.Content, options ...simulator.Option) string {
	w.t.Helper()
	id, err := w.lead.Send(patient(w.t), agentNumber, c, options...)
	require.NoError(w.t, err)
	return id
}

// gets is the message that the client receives under an id.
func (c *client) gets(id string) *events.Message {
	c.t.Helper()
	return await(c, withID(id))
}

func withID(id string) func(*events.Message) bool {
	return func(m *events.Message) bool {
		// The library reports a sender key that comes along as a message of its own.
		return m.Info.ID == id && m.UnavailableRequestID == "" && m.Message.GetSenderKeyDistributionMessage() == nil
	}
}

// says lets a client write to somebody.
func (c *client) says(to types.JID, m *waE2E.Message, extra ...whatsmeow.SendRequestExtra) whatsmeow.SendResponse {
	c.t.Helper()
	sent, err := c.SendMessage(patient(c.t), to, m, extra...)
	require.NoError(c.t, err)
	return sent
}

// sees waits for a message on a phone, by its id, that fits.
func sees(t *testing.T, p *simulator.Phone, id string, fits ...func(simulator.Message) bool) simulator.Message {
	t.Helper()
	got, err := p.Wait(patient(t), func(m simulator.Message) bool {
		for _, fit := range fits {
			if !fit(m) {
				return false
			}
		}
		return m.ID == id
	})
	require.NoError(t, err)
	return got
}
