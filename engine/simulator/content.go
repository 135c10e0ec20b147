package simulator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// Content is what one message says: Text, Media, Location, Contacts, Poll, Occasion, GroupInvite, Buttons, List, Forward, Timer, Raw,
// or something about an earlier message: Vote, Reaction, Comment, Edit, Revoke, Pin, Keep, Tap, Attendance.
type Content interface {
	// compose makes the message and checks it; errors are ErrInvalid and ErrNotFound (of an earlier message).
	compose(ctx context.Context, d *draft) (*waE2E.Message, error)
}

// draft is a message that is being written.
type draft struct {
	phone     *Phone
	chat      types.JID
	form      types.JID // the phone's own address in the form that it uses for others too
	reply     *Message
	mentions  []types.JID
	forwarded int
	viewOnce  bool
	expires   time.Duration // -1: as the chat says
}

// Option adds something to a message.
type Option func(d *draft) error

// ReplyTo quotes an earlier message of the chat.
func ReplyTo(id string) Option {
	return func(d *draft) error {
		target, err := d.target(id)
		d.reply = &target
		return err
	}
}

const maxMentions = 1024

// Mention names people by number; the text says @ and the number (or LID) where they are mentioned.
func Mention(numbers ...string) Option {
	return func(d *draft) error {
		if len(numbers) > maxMentions {
			return fmt.Errorf("%w mentions: at most %d", ErrInvalid, maxMentions)
		}
		for _, number := range numbers {
			a, err := d.phone.server().resolvePerson(number)
			if err != nil {
				return err
			}
			d.mentions = append(d.mentions, a.as(d.form))
		}
		return nil
	}
}

// Forwarded marks a message as passed on this many times already; 5 and more are shown as "forwarded many times".
func Forwarded(times int) Option {
	return func(d *draft) error {
		if times < 1 || times > maxForwards {
			return fmt.Errorf("%w forwards: 1 to %d", ErrInvalid, maxForwards)
		}
		d.forwarded = times
		return nil
	}
}

// maxForwards is what phones write for "many times".
const maxForwards = 127

// ViewOnce lets the receiver open an image, video or voice message once, on the phone only.
func ViewOnce() Option {
	return func(d *draft) error {
		d.viewOnce = true
		return nil
	}
}

// Expires makes this message disappear after d (0: not at all), whatever the chat's timer says; see Timer.
func Expires(after time.Duration) Option {
	return func(d *draft) error {
		if after < 0 || after > maxExpiry {
			return fmt.Errorf("%w expiry: 0 to %s", ErrInvalid, maxExpiry)
		}
		d.expires = after
		return nil
	}
}

const maxExpiry = 366 * 24 * time.Hour

// span checks a number of seconds that a message is to be seen.
func span(seconds int) (time.Duration, error) {
	if seconds < 0 || seconds > int(maxExpiry/time.Second) {
		return 0, fmt.Errorf("%w seconds: 0 to %d", ErrInvalid, maxExpiry/time.Second)
	}
	return time.Duration(seconds) * time.Second, nil
}

// Send writes a message to a number or address. When it returns, the message is on its way to every device of the
// receivers and of the sender. ErrInvalid, ErrNotFound, ErrRefused (what WhatsApp does not let a person do, such as an
// edit after 15 minutes).
func (p *Phone) Send(ctx context.Context, to string, c Content, options ...Option) (id string, err error) {
	if err = ctx.Err(); err != nil {
		return "", err
	}
	chat, err := p.server().resolve(to)
	if err != nil {
		return "", err
	}
	if c == nil {
		return "", fmt.Errorf("%w message: nothing to say", ErrInvalid)
	}
	d := &draft{phone: p, chat: chat, form: p.formIn(chat), expires: -1}
	for _, option := range options {
		if err = option(d); err != nil {
			return "", err
		}
	}
	message, err := c.compose(ctx, d)
	if err != nil {
		return "", err
	}
	if message, err = d.finish(message); err != nil {
		return "", err
	}
	id = newMessageID()
	return id, p.send(ctx, chat, id, message)
}

// SendText writes a text to a number or address ("" is invalid, at most 65,536 characters). When it returns, the text
// is on its way to every device of the receiver and of the sender.
func (p *Phone) SendText(ctx context.Context, to, text string) (id string, err error) {
	return p.Send(ctx, to, Text{Body: text})
}

// Raw is a message in WhatsApp's own form, for what has no type of its own here.
type Raw struct{ Message *waE2E.Message }

func (r Raw) compose(context.Context, *draft) (*waE2E.Message, error) {
	if r.Message == nil || proto.Size(r.Message) > maxRaw {
		return nil, fmt.Errorf("%w message: none, or more than %d bytes", ErrInvalid, maxRaw)
	}
	// A copy, since what belongs to every message is added to it.
	return proto.CloneOf(r.Message), nil
}

const maxRaw = 1 << 20

// target finds an earlier message of the chat. ErrNotFound.
func (d *draft) target(id string) (Message, error) {
	p := d.phone
	now := p.server().clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.known(id)
	if m == nil || m.chat != d.chat {
		return Message{}, fmt.Errorf("message %w in this chat", ErrNotFound)
	}
	return m.snapshot(now), nil
}

// key names an earlier message to others, from the sender's point of view.
func (d *draft) key(target Message) *waCommon.MessageKey {
	s := d.phone.server()
	key := &waCommon.MessageKey{
		RemoteJID: proto.String(s.chatAs(d.chat, d.form).String()), FromMe: proto.Bool(target.FromMe), ID: proto.String(target.ID),
	}
	if s.directory.find(d.chat) == nil && !target.FromMe {
		key.Participant = proto.String(target.author.String())
	}
	return key
}

// finish adds what the options say and what every message carries.
func (d *draft) finish(m *waE2E.Message) (*waE2E.Message, error) {
	info := d.contextInfo()
	if info != nil {
		if m.Conversation != nil {
			m = &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: m.Conversation}}
		}
		if err := d.attach(m, info); err != nil {
			return nil, err
		}
	}
	if d.viewOnce {
		wrapped, err := wrapViewOnce(m)
		if err != nil {
			return nil, err
		}
		m = wrapped
	}
	return m, d.phone.stamp(d.chat, m)
}

// attach merges info into the message's context.
func (d *draft) attach(m *waE2E.Message, info *waE2E.ContextInfo) error {
	inner, _ := peel(m)
	slot := contextSlot(inner)
	switch {
	case slot == nil && (d.reply != nil || len(d.mentions) > 0 || d.forwarded > 0):
		return fmt.Errorf("%w message: this kind quotes, mentions and forwards nothing", ErrInvalid)
	case slot == nil: // only the chat's timer, which this kind does not carry
	case *slot == nil:
		*slot = info
	default:
		proto.Merge(*slot, info)
	}
	return nil
}

// contextInfo is what surrounds a message; nil if nothing does.
func (d *draft) contextInfo() *waE2E.ContextInfo {
	info, needed := new(waE2E.ContextInfo), false
	if d.reply != nil {
		needed = true
		info.StanzaID, info.Participant = proto.String(d.reply.ID), proto.String(d.phone.server().chatAs(d.reply.author, d.form).String())
		info.QuotedMessage = quoted(d.reply)
	}
	for _, jid := range d.mentions {
		needed = true
		info.MentionedJID = append(info.MentionedJID, jid.String())
	}
	if d.forwarded > 0 {
		needed = true
		info.IsForwarded, info.ForwardingScore = proto.Bool(true), proto.Uint32(uint32(d.forwarded))
	}
	set := d.phone.timer(d.chat)
	after := set.after
	if d.expires >= 0 {
		after = d.expires
	}
	if after > 0 {
		needed = true
		info.Expiration = proto.Uint32(uint32(after / time.Second))
		if !set.since.IsZero() {
			info.EphemeralSettingTimestamp = proto.Int64(set.since.Unix())
		}
		info.DisappearingMode = &waE2E.DisappearingMode{Initiator: waE2E.DisappearingMode_CHANGED_IN_CHAT.Enum()}
	}
	if !needed {
		return nil
	}
	return info
}

// quoted is how a message appears in one that answers it: without its own surroundings.
func quoted(m *Message) *waE2E.Message {
	inner, _ := peel(m.written())
	if inner == nil {
		return nil
	}
	inner = proto.CloneOf(inner)
	inner.MessageContextInfo = nil
	if slot := contextSlot(inner); slot != nil {
		*slot = nil
	}
	return inner
}

func wrapViewOnce(m *waE2E.Message) (*waE2E.Message, error) {
	inside := &waE2E.FutureProofMessage{Message: m}
	switch {
	case m.ImageMessage != nil:
		m.ImageMessage.ViewOnce = proto.Bool(true)
	case m.VideoMessage != nil:
		m.VideoMessage.ViewOnce = proto.Bool(true)
	case m.AudioMessage.GetPTT():
		m.AudioMessage.ViewOnce = proto.Bool(true)
		return &waE2E.Message{ViewOnceMessageV2Extension: inside}, nil
	default:
		return nil, fmt.Errorf("%w message: images, videos and voice messages only can be seen once", ErrInvalid)
	}
	return &waE2E.Message{ViewOnceMessageV2: inside}, nil
}

// checkTexts refuses what can't be a text in a message.
func checkTexts(texts ...string) error {
	if slices.ContainsFunc(texts, func(s string) bool {
		return !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxText || strings.ContainsRune(s, 0)
	}) {
		return fmt.Errorf("%w text: at most %d characters", ErrInvalid, maxText)
	}
	return nil
}

// orNil leaves an empty text out.
func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
