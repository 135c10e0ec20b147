package simulator

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/history"
)

// HistoryChat is a conversation of the past, from before anything here happened.
type HistoryChat struct {
	With     string // a number, registered or not, or a group's JID, real or not
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
	Options []Option
	ReplyTo string // id of an earlier message of the chat that it quotes
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
	told  map[string]*waWeb.WebMessageInfo // by id, for what quotes them
}

func (w *historyWriter) chat(ctx context.Context, chat HistoryChat) (*history.Chat, error) {
	var err error
	if w.id, err = w.address(chat.With); err != nil {
		return nil, err
	}
	w.group = w.id.Server == types.GroupServer
	w.told = make(map[string]*waWeb.WebMessageInfo)
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

func (w *historyWriter) person(number string) (types.JID, error) {
	jid, err := w.address(number)
	if err == nil && jid.Server == types.GroupServer {
		return jid, fmt.Errorf("%w number: a person is meant", ErrInvalid)
	}
	return jid, err
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
	if g, ok := w.phone.server().groups.Find(groupID(w.id)); ok && w.group {
		w.phone.addGroup(c, &g, w.past.mention)
	}
	for _, m := range chat.Members {
		jid, err := w.person(m.Number)
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
		jid, err := w.person(m.Number)
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
