package simulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator"
)

// write sends a text from a client and gives the server's answer.
func (c *client) write(to *simulator.Phone, body string) error {
	c.t.Helper()
	_, err := c.SendMessage(patient(c.t), to.LID(), &waE2E.Message{Conversation: proto.String(body)})
	return err
}

// token waits until the client holds somebody's token.
func (c *client) token(from *simulator.Phone) []byte {
	c.t.Helper()
	var out []byte
	require.Eventually(c.t, func() bool {
		held, err := c.Store.PrivacyTokens.GetPrivacyToken(background(), from.LID())
		require.NoError(c.t, err)
		if held == nil {
			return false
		}
		out = held.Token
		return true
	}, patience, time.Millisecond)
	return out
}

// TestRestrictedAccountsWriteToThoseWhoKnowThem restricts an account: strangers can't be written to until they have
// written themselves, or the restriction is over.
//
// covers: SendMessage events.NotifyAccountReachoutTimelock
func TestRestrictedAccountsWriteToThoseWhoKnowThem(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, friend, stranger := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, ""), phone(t, s, "27825550001", "")
	c := linked(t, s, agent)
	_, err := friend.SendText(patient(t), agentNumber, "I write to you")
	require.NoError(t, err)
	await(c, text("I write to you"))
	c.token(friend)

	until := time.Now().Add(24 * time.Hour)
	require.NoError(t, agent.Restrict(until, "RESTRICT_ALL_COMPANIONS"))
	told := await[*events.NotifyAccountReachoutTimelock](c, nil)
	require.True(t, told.IsActive)
	require.Equal(t, "RESTRICT_ALL_COMPANIONS", told.EnforcementType)
	require.Equal(t, until.Unix(), told.TimeEnforcementEnds.Unix())
	require.Contains(t, c.mex("23983697327930364"), `"is_active":true`)

	require.ErrorContains(t, c.write(stranger, "cold"), "463")
	require.NoError(t, c.write(friend, "warm"))
	_, err = friend.Wait(patient(t), says("warm"))
	require.NoError(t, err)
	_, err = agent.SendText(patient(t), stranger.Number(), "cold too")
	require.ErrorIs(t, err, simulator.ErrRefused)
	_, err = agent.SendText(patient(t), leadNumber, "warm too")
	require.NoError(t, err)
	require.Empty(t, stranger.Messages(0))

	c.forgetEvents()
	require.NoError(t, s.Advance(25*time.Hour))
	require.False(t, await[*events.NotifyAccountReachoutTimelock](c, nil).IsActive)
	require.False(t, agent.Restriction().Active)
	require.NoError(t, c.write(stranger, "at last"))
	_, err = stranger.Wait(patient(t), says("at last"))
	require.NoError(t, err)
}

// mex makes a GraphQL query without variables and gives the data of its answer.
func (c *client) mex(query string) string {
	c.t.Helper()
	answer, err := c.internals().SendMexIQ(patient(c.t), query, map[string]any{})
	require.NoError(c.t, err)
	return string(answer)
}

func TestTokensAreGivenAndGrowOld(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	mine, theirs := linked(t, s, agent), linked(t, s, lead)
	require.NoError(t, mine.write(lead, "take my token"))
	token := theirs.token(agent)
	require.NoError(t, lead.Restrict(time.Now().Add(300*24*time.Hour), ""))
	require.NoError(t, theirs.write(agent, "with a token"))

	require.NoError(t, s.Advance(29*24*time.Hour))
	require.ErrorContains(t, theirs.write(agent, "with an old one"), "463")
	_, err := agent.SendText(patient(t), leadNumber, "take a new one")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return string(theirs.token(agent)) != string(token) }, patience, time.Millisecond)
	require.NoError(t, theirs.write(agent, "with a new one"))
}

func TestNewChatsAreLimited(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	first, second := phone(t, s, leadNumber, ""), phone(t, s, "27825550002", "")
	c := linked(t, s, agent)
	status, answer := call(t, s, "PUT", "/phones/"+agentNumber+"/new-chats", `{"total":1,"seconds":3600}`)
	require.Equal(t, http.StatusOK, status, answer)
	require.NoError(t, c.write(first, "one"))
	require.NoError(t, c.write(first, "one more"))
	require.ErrorContains(t, c.write(second, "two"), "475")
	require.Contains(t, c.mex("24503548349331633"), `"capping_status":"CAPPED"`)
	require.NoError(t, s.Advance(time.Hour))
	require.NoError(t, c.write(second, "three"))
}

func TestControlRestricts(t *testing.T) {
	t.Parallel()
	s := start(t)
	phone(t, s, agentNumber, "")
	path := "/phones/" + agentNumber + "/restriction"
	status, answer := call(t, s, "PUT", path, `{"seconds":60}`)
	require.Equal(t, http.StatusOK, status, answer)
	_, answer = call(t, s, "GET", path, "")
	require.Equal(t, "DEFAULT", answer.(map[string]any)["kind"])
	_, answer = call(t, s, "PUT", path, `{"seconds":0}`)
	require.Equal(t, map[string]any{"active": false}, answer)
}

// TestMalformedMessagesAreRefused sends what no client should.
func TestMalformedMessagesAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	enc := []binary.Node{{Tag: "enc", Attrs: binary.Attrs{"v": "2", "type": "msg"}, Content: []byte("x")}}
	to := func(attrs binary.Attrs, content []binary.Node) binary.Node {
		return binary.Node{Tag: "participants", Content: []binary.Node{{Tag: "to", Attrs: attrs, Content: content}}}
	}
	device := lead.LID()
	device.Device = 1
	for name, bad := range map[string]struct {
		to      types.JID
		content []binary.Node
	}{
		"nothing":            {lead.LID(), nil},
		"nobody":             {lead.LID(), []binary.Node{{Tag: "participants"}}},
		"without an address": {lead.LID(), []binary.Node{to(nil, enc)}},
		"no ciphertext":      {lead.LID(), []binary.Node{to(binary.Attrs{"jid": lead.LID()}, nil)}},
		"to a device":        {device, []binary.Node{to(binary.Attrs{"jid": lead.LID()}, enc)}},
	} {
		require.Equal(t, "479", c.ackOf(bad.to, bad.content), name)
	}
	require.Equal(t, "404", c.ackOf(types.NewJID("123", types.HiddenUserServer), enc))
	require.Empty(t, lead.Messages(0))
}

// ackOf sends a message stanza as it is and gives the error that it is acknowledged with.
func (c *client) ackOf(to types.JID, content []binary.Node) string {
	c.t.Helper()
	id := c.GenerateMessageID()
	answer := c.internals().WaitResponse(id)
	require.NoError(c.t, c.internals().SendNode(patient(c.t), binary.Node{
		Tag: "message", Attrs: binary.Attrs{"id": id, "to": to, "type": "text"}, Content: content,
	}))
	select {
	case ack := <-answer:
		return ack.AttrGetter().OptionalString("error")
	case <-patient(c.t).Done():
		c.t.Fatal("no acknowledgement")
		return ""
	}
}

func TestTokenQueriesAreChecked(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := linked(t, s, phone(t, s, agentNumber, ""))
	lead := phone(t, s, leadNumber, "")
	issue := func(attrs binary.Attrs) error {
		_, err := c.internals().SendIQ(patient(t), whatsmeow.DangerousInfoQuery{
			Namespace: "privacy", Type: "set", To: types.ServerJID,
			Content: []binary.Node{{Tag: "tokens", Content: []binary.Node{{Tag: "token", Attrs: attrs}}}},
		})
		return err
	}
	good := binary.Attrs{"jid": lead.LID(), "t": "1800000000", "type": "trusted_contact"}
	require.NoError(t, issue(good))
	for key, bad := range map[string]any{"t": "soon", "type": "friend"} {
		attrs := binary.Attrs{"jid": lead.LID(), "t": "1800000000", "type": "trusted_contact", key: bad}
		require.ErrorIs(t, issue(attrs), whatsmeow.ErrIQBadRequest, key)
	}
	good["jid"] = types.NewJID("123", types.HiddenUserServer)
	require.ErrorIs(t, issue(good), whatsmeow.ErrIQNotFound)
	raw, err := json.Marshal(lead.Restriction())
	require.NoError(t, err)
	require.True(t, strings.Contains(string(raw), `"active":false`))
}
