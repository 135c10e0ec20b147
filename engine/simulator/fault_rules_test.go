package simulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

// order is the texts that a client got, in the order in which it got them.
func (c *client) order() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, evt := range c.seen {
		if m, ok := evt.(*events.Message); ok {
			out = append(out, m.Message.GetConversation()+m.Message.GetExtendedTextMessage().GetText())
		}
	}
	return out
}

func TestLateMessages(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	write := func(text string) {
		_, err := lead.SendText(patient(t), agentNumber, text)
		require.NoError(t, err)
	}
	write("zero")
	await(c, text("zero"))
	require.Eventually(t, func() bool { return s.Pending(agentNumber) == 0 }, patience, tick)
	c.forgetEvents()

	inject(t, s, simulator.Fault{Kind: simulator.FaultReorder, Number: agentNumber, Delay: 600})
	write("one")
	write("two")
	await(c, text("one"))
	require.Equal(t, []string{"two", "one"}, c.order())
	c.forgetEvents()

	inject(t, s, simulator.Fault{Kind: simulator.FaultReorder, Delay: 600})
	write("alone")
	require.NoError(t, s.Advance(600*time.Second))
	await(c, text("alone"))

	inject(t, s, simulator.Fault{Kind: simulator.FaultDelay, Delay: 3600, Seconds: 60})
	write("held")
	_, early := look(c, text("held"), 20*time.Millisecond)
	require.False(t, early)
	require.NoError(t, s.Advance(time.Hour))
	await(c, text("held"))
	require.Empty(t, s.Faults())

	inject(t, s, simulator.Fault{Kind: simulator.FaultSlow, Number: agentNumber, Delay: 0.05, Seconds: 60})
	before := time.Now()
	require.NoError(t, c.SetPassive(patient(t), false))
	require.GreaterOrEqual(t, time.Since(before), 50*time.Millisecond)
	require.Equal(t, 1, s.Disarm(simulator.FaultSlow, ""))
}

func TestRefusedMessagesAndQueries(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	inject(t, s, simulator.Fault{Kind: simulator.FaultNack, Number: agentNumber, Code: 479})
	_, err := c.SendMessage(patient(t), lead.JID(), say("refused"))
	require.ErrorIs(t, err, whatsmeow.ErrServerReturnedError)
	require.ErrorContains(t, err, "479")
	_, err = c.SendMessage(patient(t), lead.JID(), say("taken"))
	require.NoError(t, err)
	_, err = lead.Wait(patient(t), says("taken"))
	require.NoError(t, err)
	require.Len(t, lead.Messages(0), 1)

	ask := func() error {
		_, err := c.GetUserInfo(patient(t), []types.JID{lead.JID()})
		return err
	}
	inject(t, s, simulator.Fault{Kind: simulator.FaultRateLimit, Namespace: "w:nothing", Seconds: 60})
	require.NoError(t, ask())
	inject(t, s, simulator.Fault{Kind: simulator.FaultRateLimit, Namespace: "usync", Times: 2})
	require.ErrorIs(t, ask(), whatsmeow.ErrIQRateOverLimit)
	require.ErrorIs(t, ask(), whatsmeow.ErrIQRateOverLimit)
	require.NoError(t, ask())
	for code, want := range map[int]error{
		401: whatsmeow.ErrIQNotAuthorized, 403: whatsmeow.ErrIQForbidden, 404: whatsmeow.ErrIQNotFound,
		405: whatsmeow.ErrIQNotAllowed, 406: whatsmeow.ErrIQNotAcceptable, 410: whatsmeow.ErrIQGone,
		419: whatsmeow.ErrIQResourceLimit, 423: whatsmeow.ErrIQLocked, 500: whatsmeow.ErrIQInternalServerError,
		503: whatsmeow.ErrIQServiceUnavailable, 530: whatsmeow.ErrIQPartialServerError, 400: whatsmeow.ErrIQBadRequest,
	} {
		inject(t, s, simulator.Fault{Kind: simulator.FaultRateLimit, Namespace: "usync", Number: agentNumber, Code: code})
		require.ErrorIs(t, ask(), want)
	}
	require.Equal(t, 1, s.Disarm("", ""))
}

func TestUnavailableMessage(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	c := linked(t, s, agent)
	inject(t, s, simulator.Fault{Kind: simulator.FaultUnavailable, Number: agentNumber})
	id, err := lead.SendText(patient(t), agentNumber, "for the phone only")
	require.NoError(t, err)
	missed := await[*events.UndecryptableMessage](c, nil)
	require.True(t, missed.IsUnavailable)
	require.Equal(t, id, missed.Info.ID)
	_, err = agent.Wait(patient(t), says("for the phone only"))
	require.NoError(t, err)
}

func TestFaultsAreChecked(t *testing.T) {
	t.Parallel()
	s := start(t)
	phone(t, s, agentNumber, "")
	for _, bad := range []simulator.Fault{
		{Kind: simulator.FaultDrop, Times: -1},
		{Kind: simulator.FaultDrop, Times: 1e9},
		{Kind: simulator.FaultDrop, Seconds: -1},
		{Kind: simulator.FaultDrop, Seconds: 1e9},
		{Kind: simulator.FaultDrop, Code: 503},
		{Kind: simulator.FaultDrop, Delay: 1},
		{Kind: simulator.FaultDelay},
		{Kind: simulator.FaultRestart, Number: agentNumber},
		{Kind: simulator.FaultFailure, Code: 7},
		{Kind: simulator.FaultMediaGone, Code: 500},
		{Kind: simulator.FaultNack, Namespace: "usync"},
	} {
		require.ErrorIs(t, s.Inject(bad), simulator.ErrInvalid, "%+v", bad)
	}
	require.ErrorIs(t, s.Inject(simulator.Fault{Kind: "weather"}), simulator.ErrUnsupported)
	require.ErrorIs(t, s.Inject(simulator.Fault{Kind: simulator.FaultDrop, Number: "1"}), simulator.ErrNotFound)
	require.Empty(t, s.Faults())
	for range 1000 {
		inject(t, s, simulator.Fault{Kind: simulator.FaultDuplicate})
	}
	require.ErrorIs(t, s.Inject(simulator.Fault{Kind: simulator.FaultDuplicate}), simulator.ErrRefused)
	require.Equal(t, 1000, s.Disarm("", ""))
}

func TestControlFaults(t *testing.T) {
	t.Parallel()
	s := start(t)
	phone(t, s, agentNumber, "")
	for _, body := range []string{
		`{"kind":"media-gone","code":410,"times":2}`,
		`{"kind":"rate-limit","namespace":"usync","seconds":60,"number":"` + agentNumber + `"}`,
	} {
		status, answer := call(t, s, "POST", "/faults", body)
		require.Equal(t, http.StatusOK, status, answer)
	}
	status, answer := call(t, s, "GET", "/faults", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, map[string]any{"kind": "media-gone", "code": 410.0, "times": 2.0, "left": 2.0, "fired": 0.0}, answer.([]any)[0])
	require.NotEmpty(t, answer.([]any)[1].(map[string]any)["until"])
	for _, step := range []struct {
		query  string
		status int
		count  float64
	}{
		{"?kind=weather", http.StatusBadRequest, 0},
		{"?kind=drop", http.StatusOK, 0},
		{"?number=" + agentNumber, http.StatusOK, 1},
		{"", http.StatusOK, 1},
	} {
		status, answer = call(t, s, "DELETE", "/faults"+step.query, "")
		require.Equal(t, step.status, status)
		if status == http.StatusOK {
			require.Equal(t, map[string]any{"disarmed": step.count}, answer)
		}
	}
	_, answer = call(t, s, "GET", "/faults", "")
	require.Empty(t, answer)
}
