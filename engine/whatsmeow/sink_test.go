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
	rooms    []engine.RoomNews
	history  []engine.HistoryNotice
	answers  []engine.MediaAnswer
	others   []engine.Fact // about all but messages
	signals  []engine.Signal
	claims   []engine.Account
	asked    []string // IDs of sent messages that were asked for
	sent     map[string]string
	drafts   map[string]engine.Draft // sent too, of any kind
	waiting  []engine.Undecrypted
	presence []engine.Presence

	failures int                    // so many deliveries fail
	only     func(engine.Fact) bool // deliveries that fail, panic and count as tries; nil: all
	panics   int                    // so many deliveries panic
	refusal  error                  // what Claim returns
	tries    int                    // deliveries in all

	otherFailures, otherTries int // the same of facts that are not about messages

	refuse func(engine.Fact) bool // a delivery with such a fact fails; called with mu held
	all    []engine.Fact          // that were stored, of every kind
}

// aboutMessages says whether facts are about messages and those who write
// them.
func aboutMessages(facts []engine.Fact) bool {
	switch facts[0].(type) {
	case engine.Incoming, engine.Receipt, engine.Identity, engine.HistoryNotice, engine.MediaAnswer:
		return true
	}
	return false
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
	if m.refuse != nil && slices.ContainsFunc(facts, m.refuse) {
		return errFull
	}
	err := m.keep(ctx, facts)
	if err == nil {
		m.all = append(m.all, facts...)
	}
	return err
}

func (m *memory) keep(ctx context.Context, facts []engine.Fact) error {
	if !aboutMessages(facts) { // which come beside those that most tests are about
		m.otherTries++
		if m.otherFailures > 0 {
			m.otherFailures--
			return errFull
		}
		m.others = append(m.others, facts...)
		for _, fact := range facts {
			if news, ok := fact.(engine.RoomNews); ok {
				m.rooms = append(m.rooms, news)
			}
		}
		return ctx.Err()
	}
	concerned := m.only == nil || slices.ContainsFunc(facts, m.only)
	if concerned {
		m.tries++
	}
	if concerned && m.panics > 0 {
		m.panics--
		panic("a bug in the sink")
	}
	if concerned && m.failures > 0 {
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
		case engine.HistoryNotice:
			m.history = append(m.history, fact)
		case engine.MediaAnswer:
			m.answers = append(m.answers, fact)
		}
	}
	return nil
}

// messagesOnly concerns messages and receipts, and not what a client learns beside
// them after it was linked.
func messagesOnly(fact engine.Fact) bool {
	switch fact.(type) {
	case engine.Incoming, engine.Receipt:
		return true
	}
	return false
}

// news are the signals, but for how far a backlog has come in, which follows
// each login. The caller holds mu.
func (m *memory) news() []engine.Signal {
	return slices.DeleteFunc(slices.Clone(m.signals), func(signal engine.Signal) bool {
		_, backlog := signal.(engine.Backlog)
		return backlog
	})
}

func (m *memory) Signal(signal engine.Signal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.signals = append(m.signals, signal)
	m.announce()
}

func (m *memory) Presence(news engine.Presence) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.presence = append(m.presence, news)
	m.announce()
}

func (m *memory) Undecrypted(context.Context) []engine.Undecrypted {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.waiting
}

func (m *memory) Sent(_ context.Context, _ engine.Party, id string) (engine.Draft, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, id)
	m.announce()
	if draft, found := m.drafts[id]; found {
		return draft, true
	}
	text, found := m.sent[id]
	return engine.Draft{WhatsAppID: id, Kind: engine.KindText, Text: text}, found
}

func (m *memory) RoomKnown(_ context.Context, room engine.Address) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.ContainsFunc(m.rooms, func(n engine.RoomNews) bool { return n.Room.Room == room && n.State != nil }), nil
}

func (m *memory) Secrets(_ context.Context, id string) (found [][]byte, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, message := range m.messages {
		if message.WhatsAppID == id && message.Secret != nil {
			found = append(found, message.Secret)
		}
	}
	return found, nil
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
