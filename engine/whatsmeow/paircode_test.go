package whatsmeow_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// byCode opens a seat that is to be paired by code, and connects it.
func (w *world) byCode(t *testing.T, number string) *seat {
	t.Helper()
	s := w.open(t, "", newMemory())
	pairer, ok := s.Client.(engine.CodePairer)
	require.True(t, ok)
	pairer.PairByCode(number)
	s.connect(t)
	return s
}

// inBackground lets a phone do something that takes the client's help.
func inBackground(t *testing.T, do func(context.Context) error) <-chan error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	done := make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer cancel()
		done <- do(ctx)
	}()
	t.Cleanup(func() { <-ended })
	return done
}

func TestPairByCode(t *testing.T) {
	w := newWorld(t)
	agent := w.phone(t, agentNumber, "Thandi")
	s := w.byCode(t, agentNumber)
	code := await[engine.PairingCode](t, s.memory)
	require.Equal(t, engine.PairCode, code.Step)
	require.Regexp(t, `^[1-9A-Z]{4}-[1-9A-Z]{4}$`, code.Text)
	waitEvent(t, agent, simulator.EventLinkRequest)

	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	_, err := agent.Link(ctx, "ABCD-EFGH")
	require.ErrorIs(t, err, simulator.ErrInvalid)
	linked := inBackground(t, func(ctx context.Context) error {
		_, err := agent.Link(ctx, code.Text)
		return err
	})
	account := await[engine.Linked](t, s.memory).Account
	require.Equal(t, engine.PhoneAddress(agentNumber), account.Phone)
	s.Disconnect()
	s.connect(t)
	await[engine.Connected](t, s.memory)
	require.NoError(t, <-linked)
	require.Len(t, agent.Devices(), 1)
}

func TestPairByCodeOfANumberWithoutWhatsApp(t *testing.T) {
	w := newWorld(t)
	for _, number := range []string{"27829999999", "12", "0821234567"} {
		s := w.byCode(t, number)
		require.Equal(t, engine.ReasonNumberUnknown, await[engine.PairingEnded](t, s.memory).Reason, number)
	}
}

func TestPairByCodeTooOften(t *testing.T) {
	w := newWorld(t)
	w.phone(t, agentNumber, "Thandi")
	for range 10 {
		s := w.byCode(t, agentNumber)
		s.until(t, "a code or the end", func() bool { return len(s.signals) > 0 })
		var ended bool
		s.set(func(m *memory) {
			if end, ok := m.signals[0].(engine.PairingEnded); ok {
				require.Equal(t, engine.ReasonCodeLimit, end.Reason)
				ended = true
			}
		})
		s.Disconnect()
		if ended {
			return
		}
	}
	t.Fatal("WhatsApp's limit was never met")
}

// Another connection shows QR codes again.
func TestPairByCodeThenByQR(t *testing.T) {
	w := newWorld(t)
	agent := w.phone(t, agentNumber, "Thandi")
	s := w.byCode(t, agentNumber)
	await[engine.PairingCode](t, s.memory)
	s.Disconnect()
	s.set(func(m *memory) { m.signals = nil })
	s.Client.(engine.CodePairer).PairByCode("")
	s.connect(t)
	s.scan(t, agent)
	await[engine.Linked](t, s.memory)
}
