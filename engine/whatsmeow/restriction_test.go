package whatsmeow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func TestRestrictionIsTold(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	w.phone(t, "27821110009", "Stranger")
	s := w.pair(t, agent)
	_, err := lead.SendText(t.Context(), agentNumber, "Hello")
	require.NoError(t, err)
	s.message(t, "Hello")

	until := time.Now().Add(time.Hour).Truncate(time.Second)
	require.NoError(t, agent.Restrict(until, "RESTRICT_ALL_COMPANIONS"))
	told := await[engine.RestrictionChanged](t, s.memory).Restriction
	require.Equal(t, "RESTRICT_ALL_COMPANIONS", told.Kind)
	require.True(t, told.Until.Equal(until))

	// One that was missed is asked for when a message is refused.
	s.set(func(m *memory) { m.signals = nil })
	_, err = s.Send(t.Context(), engine.Draft{Kind: engine.KindText, WhatsAppID: engine.NewWhatsAppID(), To: number("27821110009"), Text: "Hi"})
	require.Equal(t, engine.CodeRestricted, engine.CodeOf(err))
	require.True(t, await[engine.RestrictionChanged](t, s.memory).Restriction.Until.Equal(until))
	s.send(t, number(leadNumber), "To a lead it goes on")
	sees(t, lead, "To a lead it goes on")

	s.set(func(m *memory) { m.signals = nil })
	require.NoError(t, agent.Restrict(time.Now().Add(-time.Second), ""))
	require.Equal(t, engine.Restriction{}, await[engine.RestrictionChanged](t, s.memory).Restriction)
}
