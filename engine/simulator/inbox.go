package simulator

import (
	"context"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// Kinds of events.
const (
	EventComposing   = "composing"
	EventPaused      = "paused"
	EventRecording   = "recording"
	EventAvailable   = "available"
	EventUnavailable = "unavailable"
	// EventGroup: something about a group (Chat) has changed: Change by From, about People, into Detail.
	EventGroup = "group"
	// EventLinkRequest: a client asks to be linked by code; Detail is the name that it goes by, such as "Chrome (Linux)".
	EventLinkRequest = "link-request"
	// EventLinkCode: the person should compare Detail with the code that the client shows (Phone.ConfirmLink).
	EventLinkCode = "link-code"
)

// Event is something passing that a phone saw.
type Event struct {
	Kind      string    `json:"kind"`
	From      string    `json:"from"`
	Timestamp time.Time `json:"timestamp"`
	// Detail is what the phone shows with it: a client's name, a code to compare, a group's new subject.
	Detail string `json:"detail,omitempty"`

	Chat   string   `json:"chat,omitempty"`   // the group that it happened in
	Change string   `json:"change,omitempty"` // on EventGroup, by WhatsApp's name: add, subject, locked …
	People []string `json:"people,omitempty"` // on EventGroup: the numbers of those whom it is about
}

// What a phone's messages may take, in bytes, whatever their number.
const (
	maxWeight     = 64 << 20
	messageWeight = 1 << 10 // of a message without its text
	textCopies    = 2       // as it was written, and as it is shown
)

// messageKey tells messages apart: ids are unique for their sender (a number) only.
type messageKey struct{ sender, id string }

// record adds a message, or counts it if the phone shows it already. The caller holds p.mu.
func (p *Phone) record(m *Message) {
	key := messageKey{m.From, m.ID}
	if known := p.byKey[key]; known != nil {
		known.Duplicates++
		p.announce()
		return
	}
	m.Seq = p.dropped + len(p.messages) + 1
	p.messages = append(p.messages, m)
	p.byKey[key] = m
	p.overtaken(m)
	p.weight += m.weight
	for len(p.messages) > 1 && (len(p.messages) > p.server().cfg.Keep || p.weight > maxWeight) {
		p.dropOldest()
	}
	p.announce()
}

// addReceipt notes a receipt once, however often it comes. The caller holds p.mu.
func (m *Message) addReceipt(r Receipt) {
	if !slices.ContainsFunc(m.Receipts, func(known Receipt) bool {
		return known.From == r.From && known.Device == r.Device && known.Type == r.Type
	}) {
		m.Receipts = append(m.Receipts, r)
	}
}

// dropOldest makes room in the phone's memory. The caller holds p.mu.
func (p *Phone) dropOldest() {
	oldest := p.messages[0]
	delete(p.byKey, messageKey{oldest.From, oldest.ID})
	p.messages[0] = nil
	p.messages = p.messages[1:]
	p.dropped++
	p.weight -= oldest.weight
	p.server().counters.dropped.Add(1)
}

// happen adds an event. The caller holds p.mu.
func (p *Phone) happen(e Event) {
	p.events = append(p.events, e)
	if over := len(p.events) - p.server().cfg.Keep; over > 0 {
		p.events = p.events[over:]
	}
	p.announce()
}

// incoming finds a received message by its id alone. The caller holds p.mu.
func (p *Phone) incoming(id string) *Message {
	for _, m := range slices.Backward(p.messages) {
		if m.ID == id && !m.FromMe {
			return m
		}
	}
	return nil
}

// known finds a message by its id alone, whoever wrote it. The caller holds p.mu.
func (p *Phone) known(id string) *Message {
	for _, m := range slices.Backward(p.messages) {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// written decodes a message as it was written; nil if it was revoked.
func (m *Message) written() *waE2E.Message {
	if m.raw == nil {
		return nil
	}
	message := new(waE2E.Message)
	if proto.Unmarshal(m.raw, message) != nil {
		return nil
	}
	return message
}

// announce wakes whoever waits. The caller holds p.mu.
func (p *Phone) announce() {
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

func (p *Phone) nextChange() <-chan struct{} {
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.changed
}

// Messages lists what this phone sent and received after the message numbered since (0: all that it still has; see
// Config.Keep), decrypted, in order.
func (p *Phone) Messages(since int) []Message {
	now := p.server().clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	out := []Message{}
	for _, m := range p.messages[min(max(since-p.dropped, 0), len(p.messages)):] {
		out = append(out, m.snapshot(now))
	}
	return out
}

// Events lists what passed at this phone so far: typing and presence of others. It keeps as many as messages.
func (p *Phone) Events() []Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.events)
}

// Wait returns the first message, in order, that match accepts, as soon as there is one. match must not call the phone.
func (p *Phone) Wait(ctx context.Context, match func(Message) bool) (Message, error) {
	var found Message
	err := p.await(ctx, func() bool {
		now := p.server().clock.Now()
		for _, m := range p.messages {
			if found = m.snapshot(now); match(found) {
				return true
			}
		}
		return false
	})
	if err != nil {
		return Message{}, err
	}
	return found, nil
}

// WaitEvent returns the first event that match accepts, as soon as there is one.
func (p *Phone) WaitEvent(ctx context.Context, match func(Event) bool) (Event, error) {
	var found Event
	err := p.await(ctx, func() bool {
		for _, found = range p.events {
			if match(found) {
				return true
			}
		}
		return false
	})
	if err != nil {
		return Event{}, err
	}
	return found, nil
}

func (p *Phone) await(ctx context.Context, done func() bool) error {
	for {
		p.mu.Lock()
		if done() {
			p.mu.Unlock()
			return nil
		}
		change := p.nextChange()
		p.mu.Unlock()
		select {
		case <-change:
		case <-ctx.Done():
			return ctx.Err()
		case <-p.server().ctx.Done():
			return ErrClosed
		}
	}
}
