package simulator

import (
	"context"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
)

// Message is a message as its phone shows it.
type Message struct {
	Seq        int       `json:"seq"` // from 1, in the order of arrival
	ID         string    `json:"id"`
	From       string    `json:"from"` // number
	FromDevice int       `json:"from_device"`
	To         string    `json:"to"` // number
	FromMe     bool      `json:"from_me"`
	Kind       string    `json:"kind"` // "text", or another kind's name without its content
	Text       string    `json:"text,omitempty"`
	Timestamp  time.Time `json:"timestamp"`
	Receipts   []Receipt `json:"receipts,omitempty"`
	Duplicates int       `json:"duplicates,omitempty"` // deliveries beyond the first
}

// Kinds of receipts on a Message.
const (
	ReceiptDelivered = "delivered"
	ReceiptRead      = "read"
	ReceiptPlayed    = "played"
)

// Receipt says what one device of the other side (or, on a received message, another device of this side) did.
type Receipt struct {
	From      string    `json:"from"`
	Device    int       `json:"device"`
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
}

// Kinds of events.
const (
	EventComposing   = "composing"
	EventPaused      = "paused"
	EventRecording   = "recording"
	EventAvailable   = "available"
	EventUnavailable = "unavailable"
)

// Event is something passing that a phone saw.
type Event struct {
	Kind      string    `json:"kind"`
	From      string    `json:"from"`
	Timestamp time.Time `json:"timestamp"`
}

// Has says whether a receipt of this type ("delivered", "read", "played") came; a read message was delivered too.
func (m Message) Has(kind string) bool {
	return slices.ContainsFunc(m.Receipts, func(r Receipt) bool {
		return r.Type == kind || kind == ReceiptDelivered
	})
}

// messageKey tells messages apart: ids are unique for their sender only.
type messageKey struct{ sender, id string }

// record adds a message, or counts it if the phone shows it already. The caller holds p.mu.
func (p *Phone) record(m *Message) {
	key := messageKey{m.From, m.ID}
	if known := p.byKey[key]; known != nil {
		known.Duplicates++
		p.announce()
		return
	}
	m.Seq = len(p.messages) + 1
	p.messages = append(p.messages, m)
	p.byKey[key] = m
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

func (m *Message) snapshot() Message {
	out := *m
	out.Receipts = slices.Clone(m.Receipts)
	return out
}

// Messages lists what this phone sent and received after the message numbered since (0: all), decrypted, in order.
func (p *Phone) Messages(since int) []Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := []Message{}
	for _, m := range p.messages[min(max(since, 0), len(p.messages)):] {
		out = append(out, m.snapshot())
	}
	return out
}

// Events lists what passed at this phone so far: typing and presence of others.
func (p *Phone) Events() []Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.events)
}

// Wait returns the first message, in order, that match accepts, as soon as there is one. match must not call the phone.
func (p *Phone) Wait(ctx context.Context, match func(Message) bool) (Message, error) {
	var found Message
	err := p.await(ctx, func() bool {
		for _, m := range p.messages {
			if found = m.snapshot(); match(found) {
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

// describe names a message's kind and gives its text or caption.
func describe(m *waE2E.Message) (kind, text string) {
	switch {
	case m.Conversation != nil:
		return "text", m.GetConversation()
	case m.ExtendedTextMessage != nil:
		return "text", m.GetExtendedTextMessage().GetText()
	case m.ImageMessage != nil:
		return "image", m.GetImageMessage().GetCaption()
	case m.VideoMessage != nil:
		return "video", m.GetVideoMessage().GetCaption()
	case m.AudioMessage != nil && m.GetAudioMessage().GetPTT():
		return "voice", ""
	case m.AudioMessage != nil:
		return "audio", ""
	case m.DocumentMessage != nil:
		return "document", m.GetDocumentMessage().GetCaption()
	case m.StickerMessage != nil:
		return "sticker", ""
	case m.ReactionMessage != nil:
		return "reaction", m.GetReactionMessage().GetText()
	case m.LocationMessage != nil:
		return "location", m.GetLocationMessage().GetName()
	case m.ContactMessage != nil:
		return "contact", m.GetContactMessage().GetDisplayName()
	case m.ProtocolMessage != nil:
		return "protocol", ""
	default:
		return "other", ""
	}
}
