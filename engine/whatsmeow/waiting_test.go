package whatsmeow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// TestPhoneIsAskedForWhatWaits: a message that could not be decrypted, and whose
// answer was lost, comes from the phone after the next login.
func TestPhoneIsAskedForWhatWaits(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	id, err := lead.SendText(t.Context(), agentNumber, "Is the flat still free?")
	require.NoError(t, err)
	s := w.pair(t, agent)
	s.set(func(m *memory) {
		m.waiting = []engine.Undecrypted{{WhatsAppID: id, Chat: number(leadNumber)}, {WhatsAppID: "NEVER", Chat: number(leadNumber)}}
	})
	s.reconnect(t)
	require.Equal(t, id, s.message(t, "Is the flat still free?").WhatsAppID)
}

// TestPhoneIsAskedAgain: WhatsApp refuses the first request to the phone, and
// the connection lasts.
func TestPhoneIsAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	id, err := lead.SendText(t.Context(), agentNumber, "Is the flat still free?")
	require.NoError(t, err)
	s := w.pair(t, agent)
	s.set(func(m *memory) { m.waiting = []engine.Undecrypted{{WhatsAppID: id, Chat: number(leadNumber)}} })
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultNack, Number: agentNumber}))
	require.Equal(t, id, s.message(t, "Is the flat still free?").WhatsAppID)
	require.Positive(t, w.sim.Metrics().Faults[string(simulator.FaultNack)])
}

// TestAPersonAsksThePhone: what somebody asks for comes, whether anything else
// would have asked or not.
func TestAPersonAsksThePhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	id, err := lead.SendText(t.Context(), agentNumber, "Is the flat still free?")
	require.NoError(t, err)
	s := w.pair(t, agent)
	asker := s.Client.(engine.Asker)
	require.Eventually(t, func() bool { // the phone can be written to a little after it was linked
		return asker.AskAgain(t.Context(), engine.Undecrypted{WhatsAppID: id, Chat: number(leadNumber)}) == nil
	}, waitLimit, 50*time.Millisecond)
	require.Equal(t, id, s.message(t, "Is the flat still free?").WhatsAppID)
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(asker.AskAgain(t.Context(), engine.Undecrypted{WhatsAppID: id})))
}

// TestEditComesFromThePhone: an edit that comes without its text is asked for,
// and is an edit.
func TestEditComesFromThePhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	id, err := lead.SendText(t.Context(), agentNumber, "Is the flat free?")
	require.NoError(t, err)
	s.message(t, "Is the flat free?")
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultUnavailable, Number: agentNumber}))
	edit, err := lead.Send(t.Context(), agentNumber, simulator.Edit{MessageID: id, Text: "Is the house free?"})
	require.NoError(t, err)
	s.set(func(m *memory) { m.waiting = []engine.Undecrypted{{WhatsAppID: edit, Chat: number(leadNumber)}} })
	got := s.about(t, engine.KindEdit, id)
	require.Equal(t, edit, got.WhatsAppID)
	require.Equal(t, "Is the house free?", got.Text)
}

// TestSeenOnceIsForThePhone: linked devices get nothing of what is to be seen
// once but that it is.
func TestSeenOnceIsForThePhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	id, err := lead.Send(t.Context(), agentNumber, simulator.Media{Kind: simulator.KindImage, Data: photo(500)}, simulator.ViewOnce())
	require.NoError(t, err)
	s.until(t, "the message", func() bool { return len(s.messages) == 1 })
	require.Equal(t, id, s.messages[0].WhatsAppID)
	require.Equal(t, engine.KindWaiting, s.messages[0].Kind)
	require.Equal(t, &engine.Content{ViewOnce: true}, s.messages[0].Content)
}

// TestSealedChangeWaitsForItsMessage: an edit is sealed with the secret of its
// message. If that one can't be decrypted, the edit waits with it.
func TestSealedChangeWaitsForItsMessage(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	id, err := lead.SendText(t.Context(), agentNumber, "Is the flat free?")
	require.NoError(t, err)
	s := w.pair(t, agent)
	edit, err := lead.Send(t.Context(), agentNumber, simulator.Edit{MessageID: id, Text: "Is the house free?", Encrypted: true})
	require.NoError(t, err)
	require.Equal(t, edit, s.about(t, engine.KindWaiting, id).WhatsAppID)
	s.set(func(m *memory) { // the newest first
		m.waiting = []engine.Undecrypted{{WhatsAppID: edit, Chat: number(leadNumber)}, {WhatsAppID: id, Chat: number(leadNumber)}}
	})
	s.message(t, "Is the house free?") // as the phone shows it now
	require.Equal(t, "Is the house free?", s.about(t, engine.KindEdit, id).Text)
}
