package simulator

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/history"
)

// HistoryChat is a conversation of the past, from before anything here happened.
type HistoryChat struct {
	With     string // a number, registered or not, or a group's JID
	Name     string // as the person's address book has it; a group's subject
	Messages []HistoryMessage

	Unread       int
	MarkedUnread bool
	Archived     bool
	Pinned       bool
	MutedUntil   time.Time     // zero: not muted
	Expires      time.Duration // of disappearing messages; 0: they stay

	Members []HistoryMember // of a group
	Former  []HistoryMember // who is not in the group any more, since when
}

// HistoryMember is somebody in a group of the past, or who was.
type HistoryMember struct {
	Number  string
	Admin   bool
	Left    time.Time // when a former member went
	Removed bool      // by an admin
}

// HistoryMessage is a message of the past.
type HistoryMessage struct {
	ID      string  // drawn if ""
	From    string  // number of the writer; "" is the other side of the chat. Needed in groups
	FromMe  bool    // the phone's own person wrote it
	Text    string  // or else:
	Content Content // not one about another message
	// At is when it was written; a minute after the message before it if zero. The first one's default is an hour ago.
	At        time.Time
	Receipt   string // for own messages: ReceiptDelivered (default), ReceiptRead, ReceiptPlayed, or "sent"
	Starred   bool
	Reactions []Reacted
}

// ReceiptSent is the receipt of a message of the past that nobody got.
const ReceiptSent = "sent"

// Bounds of a phone's past.
const (
	maxHistoryChats = 20_000
	maxHistoryBytes = 128 << 20
)

// past is what a phone has from before, ready to be sent.
type past struct {
	chats   []*history.Chat
	byID    map[string]*history.Chat
	names   map[types.JID]string // of people who have no account here
	former  []*waHistorySync.PastParticipants
	mention map[*account]struct{} // people with an account, whose addresses clients have to know
	secrets *historySecrets
}

// SetHistory gives the phone conversations of the past, in place of those that it was given before. A client that is
// linked later gets them with what the phone itself sent and received. They are read once. ErrInvalid, ErrRefused for
// more than 20,000 chats or 128 MiB.
func (p *Phone) SetHistory(ctx context.Context, chats iter.Seq[HistoryChat]) error {
	now := p.server().clock.Now()
	fresh := past{byID: make(map[string]*history.Chat), names: make(map[types.JID]string), mention: make(map[*account]struct{})}
	size := 0
	for chat := range chats {
		if err := ctx.Err(); err != nil {
			return err
		}
		w := historyWriter{phone: p, past: &fresh, form: p.form(), now: now}
		encoded, err := w.chat(ctx, chat)
		if err != nil {
			return fmt.Errorf("chat %d: %w", len(fresh.chats)+1, err)
		}
		if fresh.byID[encoded.ID] != nil {
			return fmt.Errorf("chat %d: %w: the same chat twice", len(fresh.chats)+1, ErrInvalid)
		}
		size += encoded.Size()
		if len(fresh.chats) >= maxHistoryChats || size > maxHistoryBytes {
			return fmt.Errorf("%w: at most %d chats and %d MiB", ErrRefused, maxHistoryChats, maxHistoryBytes>>20)
		}
		fresh.chats = append(fresh.chats, encoded)
		fresh.byID[encoded.ID] = encoded
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	fresh.secrets = p.past.secrets
	p.past = fresh
	return nil
}

// historyWriter turns one conversation of the past into WhatsApp's form.
type historyWriter struct {
	phone *Phone
	past  *past
	form  types.JID
	now   time.Time
	id    types.JID // the chat
	group bool
}

func (w *historyWriter) chat(ctx context.Context, chat HistoryChat) (*history.Chat, error) {
	var err error
	if w.id, err = w.address(chat.With); err != nil {
		return nil, err
	}
	w.group = w.id.Server == types.GroupServer
	if err = checkTexts(chat.Name); err != nil {
		return nil, err
	}
	if chat.Unread < 0 || chat.Expires < 0 || (!w.group && len(chat.Members)+len(chat.Former) > 0) {
		return nil, fmt.Errorf("%w chat: unread and expires are 0 or more, groups only have members", ErrInvalid)
	}
	c := &waHistorySync.Conversation{
		ID: proto.String(w.id.String()), Name: orNil(chat.Name), UnreadCount: proto.Uint32(uint32(chat.Unread)),
		MarkedAsUnread: proto.Bool(chat.MarkedUnread), Archived: proto.Bool(chat.Archived), NotSpam: proto.Bool(true),
	}
	if chat.Pinned {
		c.Pinned = proto.Uint32(uint32(w.now.Unix()))
	}
	if !chat.MutedUntil.IsZero() {
		c.MuteEndTime = proto.Uint64(uint64(chat.MutedUntil.Unix()))
	}
	if chat.Expires > 0 {
		c.EphemeralExpiration = proto.Uint32(uint32(chat.Expires / time.Second))
	}
	w.name(c, chat.Name)
	if err = w.members(c, chat); err != nil {
		return nil, err
	}
	if err = w.messages(ctx, c, chat.Messages); err != nil {
		return nil, err
	}
	out, err := history.NewChat(c)
	if err != nil {
		return nil, fmt.Errorf("%w chat: %w", ErrInvalid, err)
	}
	return out, nil
}

// address is how the phone addresses somebody; people without an account have only their number.
func (w *historyWriter) address(with string) (types.JID, error) {
	s := w.phone.server()
	chat, err := s.resolve(with)
	if err == nil {
		return s.chatAs(chat, w.form), nil
	}
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrUnsupported) {
		if jid, parsed := types.ParseJID(with); parsed == nil && jid.Server == types.GroupServer && jid.User != "" {
			return jid, nil
		}
	}
	number := types.NewJID(trimPlus(with), types.DefaultUserServer)
	if jid, parsed := types.ParseJID(with); parsed == nil && jid.Server == types.DefaultUserServer {
		number = jid
	}
	if checkNumber(number.User) != nil {
		return types.EmptyJID, fmt.Errorf("%w with: a number or a group's JID", ErrInvalid)
	}
	return number, nil
}

func trimPlus(number string) string {
	if len(number) > 0 && number[0] == '+' {
		return number[1:]
	}
	return number
}

// name remembers who the chat is with, so that clients learn addresses and names.
func (w *historyWriter) name(c *waHistorySync.Conversation, name string) {
	if w.group {
		return
	}
	if a := w.phone.server().directory.find(w.id); a != nil {
		w.past.mention[a] = struct{}{}
		pairAddresses(c, a, w.form)
		return
	}
	if name != "" {
		w.past.names[w.id] = name
	}
}

// pairAddresses adds the chat's other address.
func pairAddresses(c *waHistorySync.Conversation, a *account, form types.JID) {
	if form.Server == types.HiddenUserServer {
		c.PnJID = proto.String(a.pn().String())
	} else {
		c.LidJID = proto.String(a.hid().String())
	}
}

func (w *historyWriter) members(c *waHistorySync.Conversation, chat HistoryChat) error {
	for _, m := range chat.Members {
		jid, err := w.address(m.Number)
		if err != nil {
			return err
		}
		rank := waHistorySync.GroupParticipant_REGULAR
		if m.Admin {
			rank = waHistorySync.GroupParticipant_ADMIN
		}
		c.Participant = append(c.Participant, &waHistorySync.GroupParticipant{UserJID: proto.String(jid.String()), Rank: rank.Enum()})
	}
	if len(chat.Former) == 0 {
		return nil
	}
	former := &waHistorySync.PastParticipants{GroupJID: c.ID}
	for _, m := range chat.Former {
		jid, err := w.address(m.Number)
		if err != nil {
			return err
		}
		reason := waHistorySync.PastParticipant_LEFT
		if m.Removed {
			reason = waHistorySync.PastParticipant_REMOVED
		}
		former.PastParticipants = append(former.PastParticipants, &waHistorySync.PastParticipant{
			UserJID: proto.String(jid.String()), LeaveReason: reason.Enum(), LeaveTS: proto.Uint64(uint64(max(m.Left.Unix(), 0))),
		})
	}
	w.past.former = append(w.past.former, former)
	return nil
}

func (w *historyWriter) messages(ctx context.Context, c *waHistorySync.Conversation, messages []HistoryMessage) error {
	at := w.now.Add(-time.Hour)
	for i, m := range messages {
		if m.At.IsZero() {
			m.At = at
		}
		at = m.At.Add(time.Minute)
		web, err := w.message(ctx, m)
		if err != nil {
			return fmt.Errorf("message %d: %w", i+1, err)
		}
		c.Messages = append(c.Messages, &waHistorySync.HistorySyncMsg{Message: web, MsgOrderID: proto.Uint64(uint64(i + 1))})
		c.ConversationTimestamp = proto.Uint64(max(c.GetConversationTimestamp(), web.GetMessageTimestamp()))
	}
	if last := c.GetConversationTimestamp(); last > 0 {
		c.LastMsgTimestamp = proto.Uint64(last)
	}
	return nil
}

func (w *historyWriter) message(ctx context.Context, m HistoryMessage) (*waWeb.WebMessageInfo, error) {
	if m.ID == "" {
		m.ID = newMessageID()
	}
	if m.At.Unix() < 0 || len(m.ID) > maxHistoryID {
		return nil, fmt.Errorf("%w message: a time after 1970 and an id of at most %d characters", ErrInvalid, maxHistoryID)
	}
	content := m.Content
	if content == nil {
		content = Text{Body: m.Text}
	}
	d := &draft{phone: w.phone, chat: w.id, form: w.form, expires: 0}
	if known, ok := w.phone.server().chatOf(w.id.String()); ok {
		d.chat = known
	}
	message, err := content.compose(ctx, d)
	if err != nil {
		return nil, err
	}
	if message, err = d.finish(message); err != nil {
		return nil, err
	}
	web := &waWeb.WebMessageInfo{
		Key:              &waCommon.MessageKey{RemoteJID: proto.String(w.id.String()), FromMe: proto.Bool(m.FromMe), ID: proto.String(m.ID)},
		Message:          message,
		MessageTimestamp: proto.Uint64(uint64(m.At.Unix())),
		MessageSecret:    message.GetMessageContextInfo().GetMessageSecret(),
		Starred:          proto.Bool(m.Starred),
	}
	if err = w.author(web, m); err != nil {
		return nil, err
	}
	if web.Status, err = historyStatus(m); err != nil {
		return nil, err
	}
	return web, w.reactions(web, m)
}

const maxHistoryID = 128

// author says who wrote a message, where the chat does not.
func (w *historyWriter) author(web *waWeb.WebMessageInfo, m HistoryMessage) error {
	switch {
	case m.FromMe && m.From != "":
		return fmt.Errorf("%w message: from somebody or from me", ErrInvalid)
	case m.FromMe || (m.From == "" && !w.group):
		return nil
	case m.From == "":
		return fmt.Errorf("%w message: in a group somebody has written it", ErrInvalid)
	}
	jid, err := w.address(m.From)
	if err != nil {
		return err
	}
	if !w.group {
		if jid != w.id {
			return fmt.Errorf("%w message: from somebody who is not in the chat", ErrInvalid)
		}
		return nil
	}
	if a := w.phone.server().directory.find(jid); a != nil {
		w.past.mention[a] = struct{}{}
		web.PushName = proto.String(a.pushName())
	}
	web.Participant, web.Key.Participant = proto.String(jid.String()), proto.String(jid.String())
	return nil
}

func historyStatus(m HistoryMessage) (*waWeb.WebMessageInfo_Status, error) {
	if !m.FromMe {
		return nil, nil //nolint:nilnil // others' messages have no status
	}
	switch m.Receipt {
	case ReceiptSent:
		return waWeb.WebMessageInfo_SERVER_ACK.Enum(), nil
	case "", ReceiptDelivered:
		return waWeb.WebMessageInfo_DELIVERY_ACK.Enum(), nil
	case ReceiptRead:
		return waWeb.WebMessageInfo_READ.Enum(), nil
	case ReceiptPlayed:
		return waWeb.WebMessageInfo_PLAYED.Enum(), nil
	default:
		return nil, fmt.Errorf("%w receipt: sent, delivered, read or played", ErrInvalid)
	}
}

func (w *historyWriter) reactions(web *waWeb.WebMessageInfo, m HistoryMessage) error {
	for _, r := range m.Reactions {
		if err := checkTexts(r.Emoji); err != nil {
			return err
		}
		key := &waCommon.MessageKey{RemoteJID: proto.String(w.id.String()), FromMe: proto.Bool(r.From == w.phone.Number()), ID: proto.String(newMessageID())}
		if w.group && !key.GetFromMe() {
			jid, err := w.address(r.From)
			if err != nil {
				return err
			}
			key.Participant = proto.String(jid.String())
		}
		web.Reactions = append(web.Reactions, &waWeb.Reaction{
			Key: key, Text: proto.String(r.Emoji), SenderTimestampMS: proto.Int64(m.At.UnixMilli()),
		})
	}
	return nil
}

// ChatsOf makes conversations to try things with: count of them with made-up people, each with some messages, a minute
// after the other, the last of them an hour ago.
func ChatsOf(count, messages int) iter.Seq[HistoryChat] {
	return func(yield func(HistoryChat) bool) {
		for i := range count {
			chat := HistoryChat{With: fmt.Sprintf("%d", firstMadeUp+i), Name: fmt.Sprintf("Person %d", i+1)}
			for j := range messages {
				chat.Messages = append(chat.Messages, HistoryMessage{
					ID: fmt.Sprintf("MADEUP%08d%06d", i, j), FromMe: j%2 == 1, Text: fmt.Sprintf("Message %d of %d", j+1, messages),
				})
			}
			if !yield(chat) {
				return
			}
		}
	}
}

// firstMadeUp begins a range of numbers that belong to nobody.
const firstMadeUp = 999_000_000_000
