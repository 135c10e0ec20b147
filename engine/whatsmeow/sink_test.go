package whatsmeow_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

var errFull = errors.New("the disk is full")

// memory is a sink that keeps facts in memory, as idempotently as the store.
type memory struct {
	mu       sync.Mutex
	changed  chan struct{}
	messages []engine.Incoming
	receipts []engine.Receipt
	names    []engine.Identity
	signals  []engine.Signal
	claims   []engine.Account
	asked    []string // IDs of sent messages that were asked for
	sent     map[string]string

	failures int   // so many deliveries fail
	panics   int   // so many deliveries panic
	refusal  error // what Claim returns
	tries    int   // deliveries in all
}

func newMemory() *memory {
	return &memory{changed: make(chan struct{}), sent: make(map[string]string)}
}

// announce wakes whoever waits. The caller holds mu.
func (m *memory) announce() {
	close(m.changed)
	m.changed = make(chan struct{})
}

func (m *memory) Claim(_ context.Context, account engine.Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.claims = append(m.claims, account)
	m.announce()
	return m.refusal
}

func (m *memory) Deliver(ctx context.Context, facts ...engine.Fact) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.announce()
	m.tries++
	if m.panics > 0 {
		m.panics--
		panic("a bug in the sink")
	}
	if m.failures > 0 {
		m.failures--
		return errFull
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, fact := range facts {
		switch fact := fact.(type) {
		case engine.Incoming:
			m.messages = append(m.messages, fact)
		case engine.Receipt:
			m.receipts = append(m.receipts, fact)
		case engine.Identity:
			m.names = append(m.names, fact)
		}
	}
	return nil
}

func (m *memory) Signal(signal engine.Signal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.signals = append(m.signals, signal)
	m.announce()
}

func (m *memory) Sent(_ context.Context, id string) (engine.Draft, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, id)
	m.announce()
	text, found := m.sent[id]
	return engine.Draft{WhatsAppID: id, Kind: engine.KindText, Text: text}, found
}

// until waits until the condition, which is called with mu held, is true.
func (m *memory) until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.NewTimer(waitLimit)
	defer deadline.Stop()
	for {
		m.mu.Lock()
		met, changed := condition(), m.changed
		m.mu.Unlock()
		if met {
			return
		}
		select {
		case <-changed:
		case <-deadline.C:
			m.mu.Lock()
			defer m.mu.Unlock()
			require.FailNow(t, "waited in vain for "+what, "signals: %#v\nmessages: %#v\nreceipts: %#v", m.signals, m.messages, m.receipts)
		}
	}
}

// set changes the sink's behaviour.
func (m *memory) set(change func(*memory)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

// await waits for a signal of a type, takes it and all before it, and returns
// it.
func await[S engine.Signal](t *testing.T, m *memory) S {
	t.Helper()
	var found S
	m.until(t, "a signal", func() bool {
		for i, signal := range m.signals {
			if s, ok := signal.(S); ok {
				found = s
				m.signals = slices.Clone(m.signals[i+1:])
				return true
			}
		}
		return false
	})
	return found
}

// message waits for a message with a text.
func (m *memory) message(t *testing.T, text string) engine.Incoming {
	t.Helper()
	var found engine.Incoming
	m.until(t, "the message "+text, func() bool {
		for _, message := range m.messages {
			if message.Text == text {
				found = message
				return true
			}
		}
		return false
	})
	return found
}

// receipt waits for a receipt for a message.
func (m *memory) receipt(t *testing.T, id string, delivery engine.Delivery) engine.Receipt {
	t.Helper()
	var found engine.Receipt
	m.until(t, "a receipt", func() bool {
		for _, receipt := range m.receipts {
			if receipt.Delivery == delivery && slices.Contains(receipt.WhatsAppIDs, id) {
				found = receipt
				return true
			}
		}
		return false
	})
	return found
}
