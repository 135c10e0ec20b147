package whatsmeow_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

func TestTextsBothWays(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)

	id, err := lead.SendText(t.Context(), agentNumber, "Is the flat still free?")
	require.NoError(t, err)
	got := s.message(t, "Is the flat still free?")
	require.Equal(t, id, got.WhatsAppID)
	require.False(t, got.FromMe)
	require.Equal(t, engine.KindText, got.Kind)
	require.Nil(t, got.Raw)
	require.Equal(t, engine.Party{
		Phone: engine.PhoneAddress(leadNumber), LID: engine.Address(lead.LID().ToNonAD().String()), Name: "Sipho",
	}, got.Chat)
	require.WithinDuration(t, time.Now(), got.At, time.Minute)

	sent, accepted := s.send(t, got.Chat, "It is.")
	require.WithinDuration(t, time.Now(), accepted.At, time.Minute)
	require.Equal(t, engine.PhoneAddress(leadNumber), accepted.To.Phone)
	require.Equal(t, got.Chat.LID, accepted.To.LID)
	require.Equal(t, sent, sees(t, lead, "It is.").ID)
	// The agent's own phone shows it too.
	require.True(t, sees(t, agent, "It is.").FromMe)

	receipt := s.receipt(t, sent, engine.Delivered)
	require.False(t, receipt.FromMe)
	require.Equal(t, engine.PhoneAddress(leadNumber), receipt.Chat.Phone)
	require.NoError(t, lead.Read(t.Context(), sent))
	s.receipt(t, sent, engine.Read)
}

func TestWriteFirstToANumber(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	_, accepted := s.send(t, number(leadNumber), "Good morning")
	sees(t, lead, "Good morning")
	require.Equal(t, engine.Address(lead.LID().ToNonAD().String()), accepted.To.LID)
}

func TestSendTwiceIsShownOnce(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	draft := engine.Draft{Kind: engine.KindText, WhatsAppID: engine.NewWhatsAppID(), To: number(leadNumber), Text: "Once"}
	for range 2 {
		_, err := s.Send(t.Context(), draft)
		require.NoError(t, err)
	}
	message := waitFor(t, lead, func(m simulator.Message) bool { return m.Text == "Once" && m.Duplicates == 1 })
	require.Equal(t, draft.WhatsAppID, message.ID)
}

func TestNotOnWhatsApp(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	_, err := s.Send(t.Context(), engine.Draft{Kind: engine.KindText, WhatsAppID: engine.NewWhatsAppID(), To: number(thirdNumber), Text: "Hello?"})
	require.Equal(t, engine.CodeNotOnWhatsApp, engine.CodeOf(err))
}

func TestSendErrors(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	w.phone(t, leadNumber, "Sipho")
	draft := engine.Draft{Kind: engine.KindText, WhatsAppID: engine.NewWhatsAppID(), To: number(leadNumber), Text: "Hello"}

	bad := draft
	bad.To = engine.Party{Phone: "12@g.us"}
	_, err := s.Send(t.Context(), bad)
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(err))

	bad = draft
	bad.Text = ""
	_, err = s.Send(t.Context(), bad)
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(err))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Send(ctx, draft)
	require.Equal(t, engine.CodeTimeout, engine.CodeOf(err))

	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultLoseAck, Number: agentNumber}))
	ctx, cancel = context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err = s.Send(ctx, draft)
	require.Equal(t, engine.CodeTimeout, engine.CodeOf(err))

	s.Disconnect()
	_, err = s.Send(t.Context(), draft)
	require.Equal(t, engine.CodeNotConnected, engine.CodeOf(err))
}

func TestSendEndsWithTheConnection(t *testing.T) {
	w := newWorld(t)
	s := w.pair(t, w.phone(t, agentNumber, "Thandi"))
	lead := w.phone(t, leadNumber, "Sipho")
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultLoseAck, Number: agentNumber}))
	failed := make(chan error, 1)
	go func() {
		_, err := s.Send(t.Context(), engine.Draft{Kind: engine.KindText, WhatsAppID: engine.NewWhatsAppID(), To: number(leadNumber), Text: "Hello"})
		failed <- err
	}()
	sees(t, lead, "Hello")
	w.sim.Drop(agentNumber)
	require.Equal(t, engine.CodeNotConnected, engine.CodeOf(<-failed))
	await[engine.Disconnected](t, s.memory)
}

func TestAgentWritesAndReadsOnThePhone(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	_, err := agent.SendText(t.Context(), leadNumber, "From the phone")
	require.NoError(t, err)
	got := s.message(t, "From the phone")
	require.True(t, got.FromMe)
	require.Equal(t, engine.PhoneAddress(leadNumber), got.Chat.Phone)
	require.Equal(t, engine.Address(lead.LID().ToNonAD().String()), got.Chat.LID)
	require.Empty(t, got.Chat.Name)

	id, err := lead.SendText(t.Context(), agentNumber, "Thanks")
	require.NoError(t, err)
	s.message(t, "Thanks")
	sees(t, agent, "Thanks")
	require.NoError(t, agent.Read(t.Context(), id))
	receipt := s.receipt(t, id, engine.Read)
	require.True(t, receipt.FromMe)
	require.Equal(t, engine.PhoneAddress(leadNumber), receipt.Chat.Phone)
}

func TestNoteToSelf(t *testing.T) {
	w := newWorld(t)
	agent := w.phone(t, agentNumber, "Thandi")
	s := w.pair(t, agent)
	_, err := agent.SendText(t.Context(), agentNumber, "Buy milk")
	require.NoError(t, err)
	got := s.message(t, "Buy milk")
	require.True(t, got.FromMe)
	require.Equal(t, engine.PhoneAddress(agentNumber), got.Chat.Phone)
	s.send(t, number(agentNumber), "And bread")
	sees(t, agent, "And bread")
}

func TestMarkRead(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	id, err := lead.SendText(t.Context(), agentNumber, "Hello?")
	require.NoError(t, err)
	got := s.message(t, "Hello?")
	require.NoError(t, s.MarkRead(t.Context(), got.Chat, []string{id}))
	waitFor(t, lead, func(m simulator.Message) bool { return m.ID == id && m.Has(simulator.ReceiptRead) })
}

func TestTyping(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	require.NoError(t, s.SetTyping(t.Context(), number(leadNumber), true))
	waitEvent(t, lead, simulator.EventComposing)
	require.NoError(t, s.SetTyping(t.Context(), number(leadNumber), false))
	waitEvent(t, lead, simulator.EventPaused)
}

func TestUnreadableMessageIsSentAgain(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultUndecryptable, Number: agentNumber}))
	_, err := lead.SendText(t.Context(), agentNumber, "Damaged")
	require.NoError(t, err)
	s.message(t, "Damaged")
}

func TestManyTextsInOrder(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s := w.pair(t, agent)
	const count = 100
	for i := range count {
		_, err := lead.SendText(t.Context(), agentNumber, fmt.Sprint("text ", i))
		require.NoError(t, err)
	}
	s.message(t, fmt.Sprint("text ", count-1))
	s.set(func(m *memory) {
		require.Len(t, m.messages, count)
		for i, message := range m.messages {
			require.Equal(t, fmt.Sprint("text ", i), message.Text)
		}
	})
}

// A device that can't read a message asks for it again. The library remembers
// what it sent on one connection only; the sink knows the rest.
func TestSentMessageIsReadFromTheSink(t *testing.T) {
	w := newWorld(t)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Sipho")
	s, other := w.pair(t, agent), w.pair(t, lead)
	s.send(t, number(leadNumber), "Hello")
	other.message(t, "Hello")

	other.Disconnect()
	require.NoError(t, w.sim.Inject(simulator.Fault{Kind: simulator.FaultUndecryptable, Number: leadNumber}))
	id, _ := s.send(t, number(leadNumber), "Damaged on the way")
	s.set(func(m *memory) { m.sent[id] = "Damaged on the way" })
	sees(t, lead, "Damaged on the way")
	s.reconnect(t)
	other.connect(t)
	other.message(t, "Damaged on the way")
	s.until(t, "the device's question", func() bool { return slices.Contains(s.asked, id) })
}
