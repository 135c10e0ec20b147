package simulator

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/msgsecret"
)

// Reaction is an emoji on a message; "" takes an earlier one back. Encrypted writes it as in the announcement group of a
// community.
type Reaction struct {
	MessageID string `json:"message_id"`
	Emoji     string `json:"emoji"`
	Encrypted bool   `json:"encrypted"`
}

// Comment is a text below a message, encrypted, as in the announcement group of a community.
type Comment struct {
	MessageID string `json:"message_id"`
	Text      string `json:"text"`
}

// Edit changes the text or caption of an own message. Encrypted writes it under the message's secret, as newer phones
// do.
type Edit struct {
	MessageID string `json:"message_id"`
	Text      string `json:"text"`
	Encrypted bool   `json:"encrypted"`
}

// Revoke deletes a message for everyone: an own one, or as an admin of the group anybody's.
type Revoke struct {
	MessageID string `json:"message_id"`
}

// Forward passes a message on, from any chat of the phone.
type Forward struct {
	MessageID string `json:"message_id"`
}

// Pin pins a message in its chat for everybody, for Seconds (0: 7 days), or takes that back.
type Pin struct {
	MessageID string `json:"message_id"`
	Seconds   int    `json:"seconds"`
	Undo      bool   `json:"undo"`
}

// Keep keeps a message that would disappear, or takes that back.
type Keep struct {
	MessageID string `json:"message_id"`
	Undo      bool   `json:"undo"`
}

// Timer says after how many seconds new messages of the chat disappear; 0: never. Phones offer a day, 7 and 90 days.
type Timer struct {
	Seconds int `json:"seconds"`
}

const (
	// editWindow is how long a person may edit a message.
	editWindow = 15 * time.Minute
	// editGrace is how long after it was written a receiver takes an edit (whatsmeow: EditWindow).
	editGrace = 20 * time.Minute
	// revokeWindow is how long a person may delete a message for everyone: 2 days and 12 hours.
	revokeWindow = 60 * time.Hour
	maxEmoji     = 32 // bytes: a family is one character of many
	defaultPin   = 7 * 24 * time.Hour
)

func (r Reaction) compose(_ context.Context, d *draft) (*waE2E.Message, error) {
	target, err := d.target(r.MessageID)
	if err != nil {
		return nil, err
	}
	if !utf8.ValidString(r.Emoji) || len(r.Emoji) > maxEmoji {
		return nil, fmt.Errorf("%w reaction: one emoji, or nothing", ErrInvalid)
	}
	reaction := &waE2E.ReactionMessage{Text: proto.String(r.Emoji), SenderTimestampMS: d.now()}
	if !r.Encrypted {
		reaction.Key = d.key(target)
		return &waE2E.Message{ReactionMessage: reaction}, nil
	}
	payload, nonce, err := d.seal(target, msgsecret.Reaction, reaction)
	if err != nil {
		return nil, err
	}
	return &waE2E.Message{EncReactionMessage: &waE2E.EncReactionMessage{
		TargetMessageKey: d.key(target), EncPayload: payload, EncIV: nonce,
	}}, nil
}

func (c Comment) compose(ctx context.Context, d *draft) (*waE2E.Message, error) {
	target, err := d.target(c.MessageID)
	if err != nil {
		return nil, err
	}
	text, err := Text{Body: c.Text}.compose(ctx, d)
	if err != nil {
		return nil, err
	}
	payload, nonce, err := d.seal(target, msgsecret.Comment, text)
	if err != nil {
		return nil, err
	}
	return &waE2E.Message{EncCommentMessage: &waE2E.EncCommentMessage{
		TargetMessageKey: d.key(target), EncPayload: payload, EncIV: nonce,
	}}, nil
}

func (e Edit) compose(_ context.Context, d *draft) (*waE2E.Message, error) {
	target, err := d.target(e.MessageID)
	if err != nil {
		return nil, err
	}
	switch {
	case !target.FromMe || target.Revoked:
		return nil, fmt.Errorf("%w: only own messages can be edited", ErrRefused)
	case d.phone.server().clock.Now().Sub(target.Timestamp) > editWindow:
		return nil, fmt.Errorf("%w: a message can be edited for %s", ErrRefused, editWindow)
	case e.Text == "":
		return nil, fmt.Errorf("%w text: empty", ErrInvalid)
	}
	if err = checkTexts(e.Text); err != nil {
		return nil, err
	}
	content, _ := peel(target.written())
	if !retext(content, e.Text) {
		return nil, fmt.Errorf("%w edit: that message has no text", ErrInvalid)
	}
	content.MessageContextInfo = nil
	// The form on the wire of today's phones and of WhatsApp Web (jlucaso1/whatsapp-rust, send.rs; captured messages of
	// phones): a protocol message of its own, not wrapped.
	edit := &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Key: d.key(target), Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: content, TimestampMS: d.now(),
	}}
	if !e.Encrypted {
		return edit, nil
	}
	payload, nonce, err := d.seal(target, msgsecret.MessageEdit, edit)
	if err != nil {
		return nil, err
	}
	return &waE2E.Message{SecretEncryptedMessage: &waE2E.SecretEncryptedMessage{
		TargetMessageKey: d.key(target), EncPayload: payload, EncIV: nonce,
		SecretEncType: waE2E.SecretEncryptedMessage_MESSAGE_EDIT.Enum(),
	}}, nil
}

// retext replaces a content's text or caption.
func retext(c *waE2E.Message, text string) bool {
	switch {
	case c.GetConversation() != "":
		c.Conversation = &text
	case c.GetExtendedTextMessage() != nil:
		c.ExtendedTextMessage.Text = &text
	case c.GetImageMessage() != nil:
		c.ImageMessage.Caption = &text
	case c.GetVideoMessage() != nil:
		c.VideoMessage.Caption = &text
	case c.GetDocumentMessage() != nil:
		c.DocumentMessage.Caption = &text
	default:
		return false
	}
	return true
}

func (r Revoke) compose(_ context.Context, d *draft) (*waE2E.Message, error) {
	target, err := d.target(r.MessageID)
	if err != nil {
		return nil, err
	}
	switch {
	case !target.FromMe && !d.phone.server().mayRevoke(d.chat, d.phone.account):
		return nil, fmt.Errorf("%w: a message of others can only be deleted by an admin of the group", ErrRefused)
	case d.phone.server().clock.Now().Sub(target.Timestamp) > revokeWindow:
		return nil, fmt.Errorf("%w: a message can be deleted for everyone for %s", ErrRefused, revokeWindow)
	}
	return &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Key: d.key(target), Type: waE2E.ProtocolMessage_REVOKE.Enum(),
	}}, nil
}

func (f Forward) compose(_ context.Context, d *draft) (*waE2E.Message, error) {
	now := d.phone.server().clock.Now()
	d.phone.mu.Lock()
	original := d.phone.known(f.MessageID)
	var source Message
	if original != nil {
		source = original.snapshot(now)
	}
	d.phone.mu.Unlock()
	content, _ := peel(source.written())
	if content == nil || source.Expired || source.ViewOnce {
		return nil, fmt.Errorf("message to forward %w", ErrNotFound)
	}
	slot := contextSlot(content)
	if slot == nil && content.Conversation == nil {
		return nil, fmt.Errorf("%w forward: this kind of message can't be passed on", ErrInvalid)
	}
	if slot != nil {
		*slot = nil
	}
	content.MessageContextInfo = nil
	d.forwarded = min(max(d.forwarded, source.Forwarded+1), maxForwards)
	return content, nil
}

func (v Pin) compose(_ context.Context, d *draft) (*waE2E.Message, error) {
	target, err := d.target(v.MessageID)
	if err != nil {
		return nil, err
	}
	if _, err = span(v.Seconds); err != nil {
		return nil, err
	}
	kind, seconds := waE2E.PinInChatMessage_PIN_FOR_ALL, v.Seconds
	if seconds == 0 {
		seconds = int(defaultPin / time.Second)
	}
	if v.Undo {
		kind, seconds = waE2E.PinInChatMessage_UNPIN_FOR_ALL, 0
	}
	return &waE2E.Message{
		PinInChatMessage:   &waE2E.PinInChatMessage{Key: d.key(target), Type: kind.Enum(), SenderTimestampMS: d.now()},
		MessageContextInfo: &waE2E.MessageContextInfo{MessageAddOnDurationInSecs: proto.Uint32(uint32(seconds))},
	}, nil
}

func (k Keep) compose(_ context.Context, d *draft) (*waE2E.Message, error) {
	target, err := d.target(k.MessageID)
	if err != nil {
		return nil, err
	}
	kind := waE2E.KeepType_KEEP_FOR_ALL
	if k.Undo {
		kind = waE2E.KeepType_UNDO_KEEP_FOR_ALL
	}
	return &waE2E.Message{KeepInChatMessage: &waE2E.KeepInChatMessage{Key: d.key(target), KeepType: kind.Enum(), TimestampMS: d.now()}}, nil
}

func (t Timer) compose(_ context.Context, d *draft) (*waE2E.Message, error) {
	if _, err := span(t.Seconds); err != nil {
		return nil, err
	}
	if d.phone.server().directory.find(d.chat) == nil {
		return nil, fmt.Errorf("%w timer: that of a group is one of its settings", ErrInvalid)
	}
	return &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum(), EphemeralExpiration: proto.Uint32(uint32(t.Seconds)),
		EphemeralSettingTimestamp: proto.Int64(d.phone.server().clock.Unix()),
	}}, nil
}

// chatTimer is a chat's setting for disappearing messages.
type chatTimer struct {
	after time.Duration
	since time.Time
}

func (p *Phone) timer(chat types.JID) chatTimer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.timers[chat]
}
