package simulator_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

const browser = "Chrome (Linux)"

// linkCode has an unlinked client ask for a code.
func (c *client) linkCode(number string) string {
	c.t.Helper()
	c.code()
	code, err := c.PairPhone(patient(c.t), number, true, whatsmeow.PairClientChrome, browser)
	require.NoError(c.t, err)
	return code
}

// wrong gives another code than the client shows.
func wrong(code string) string {
	if code[0] == 'A' {
		return "B" + code[1:]
	}
	return "A" + code[1:]
}

// TestLinkByCode links by code, after a wrong one, and talks in both directions.
//
// covers: PairPhone events.PairSuccess events.Connected
func TestLinkByCode(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Thandi"), phone(t, s, leadNumber, "Lerato")
	c := newClient(t, s)
	code := c.linkCode("+" + agentNumber)
	request, err := agent.WaitEvent(patient(t), func(e simulator.Event) bool { return e.Kind == simulator.EventLinkRequest })
	require.NoError(t, err)
	require.Equal(t, browser, request.Detail)

	_, err = agent.Link(patient(t), wrong(code))
	require.ErrorIs(t, err, simulator.ErrInvalid)
	_, err = lead.Link(patient(t), code)
	require.ErrorIs(t, err, simulator.ErrNotFound, "it asks for another number")
	d, err := agent.Link(patient(t), code)
	require.NoError(t, err)
	require.Equal(t, 2, d.ID+1, "wrong codes use up no device number")
	paired := await[*events.PairSuccess](c, nil)
	require.Equal(t, agent.LID().User, paired.LID.User)
	await[*events.Connected](c, nil)
	_, err = lead.SendText(patient(t), agentNumber, "hello")
	require.NoError(t, err)
	await(c, text("hello"))
	_, err = agent.Link(patient(t), code)
	require.ErrorIs(t, err, simulator.ErrNotFound, "a code is good for one client")
}

func TestLinkCodesEnd(t *testing.T) {
	t.Parallel()
	s := start(t, func(cfg *simulator.Config) { cfg.RefLifetimes = []time.Duration{time.Hour} })
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	code := c.linkCode(agentNumber)
	require.NoError(t, s.Advance(7*time.Minute))
	_, err := agent.Link(patient(t), code)
	require.ErrorIs(t, err, simulator.ErrExpired, "after six minutes")

	code, err = c.PairPhone(patient(t), agentNumber, true, whatsmeow.PairClientChrome, browser)
	require.NoError(t, err)
	require.NoError(t, agent.RefreshCode())
	_, err = agent.Link(patient(t), code)
	require.ErrorIs(t, err, simulator.ErrExpired, "the phone wanted a new one")

	code, err = c.PairPhone(patient(t), agentNumber, true, whatsmeow.PairClientChrome, browser)
	require.NoError(t, err)
	for range 3 {
		_, err = agent.Link(patient(t), wrong(code))
		require.ErrorIs(t, err, simulator.ErrInvalid)
	}
	_, err = agent.Link(patient(t), code)
	require.ErrorIs(t, err, simulator.ErrExpired, "after three wrong ones")
}

func TestLinkCodeRefusals(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "")
	c := newClient(t, s)
	c.code()
	ask := func(number, display string) error {
		_, err := c.PairPhone(patient(t), number, false, whatsmeow.PairClientChrome, display)
		return err
	}
	for _, bad := range []string{"", "Chrome", "Chrome (Acme)", "Netscape (Linux)", "Aibud"} {
		require.ErrorIs(t, ask(agentNumber, bad), whatsmeow.ErrIQBadRequest, bad)
	}
	require.ErrorIs(t, ask("27829999999", browser), whatsmeow.ErrIQNotFound)
	for range 5 {
		require.NoError(t, ask(agentNumber, browser))
	}
	require.ErrorIs(t, ask(agentNumber, browser), whatsmeow.ErrIQRateOverLimit)
	require.NoError(t, s.Advance(11*time.Minute))
	require.Empty(t, agent.Events(), "it asked not to be shown")
	_, err := agent.Link(patient(t), "nonsense")
	require.ErrorIs(t, err, simulator.ErrInvalid)
}

func TestControlLinksByCode(t *testing.T) {
	t.Parallel()
	s := start(t)
	phone(t, s, agentNumber, "")
	c := newClient(t, s)
	body, err := json.Marshal(map[string]string{"code": c.linkCode(agentNumber)})
	require.NoError(t, err)
	status, answer := call(t, s, "POST", "/phones/"+agentNumber+"/link", string(body))
	require.Equal(t, http.StatusOK, status, answer)
	require.Equal(t, map[string]any{"device": "1"}, answer)
	await[*events.Connected](c, nil)
}
