package simulator

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

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
		if id := web.GetKey().GetID(); w.told[id] != nil {
			return fmt.Errorf("message %d: %w id: the chat has it already", i+1, ErrInvalid)
		}
		w.told[web.GetKey().GetID()] = web
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
	for _, option := range append(slices.Clone(m.Options), w.quoting(m)) {
		if err := option(d); err != nil {
			return nil, err
		}
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

// quoting is the option that makes a message an answer to an earlier one of the chat.
func (w *historyWriter) quoting(m HistoryMessage) Option {
	return func(d *draft) error {
		if m.ReplyTo == "" {
			return nil
		}
		web := w.told[m.ReplyTo]
		if web == nil {
			return fmt.Errorf("%w reply: no such message before it in the chat", ErrInvalid)
		}
		raw, err := proto.Marshal(web.GetMessage())
		if err != nil {
			return fmt.Errorf("encode quoted message: %w", err)
		}
		author := w.id
		if web.GetKey().GetFromMe() {
			author = w.phone.account.as(w.form)
		} else if w.group {
			author, _ = types.ParseJID(web.GetParticipant())
		}
		d.reply = &Message{ID: m.ReplyTo, author: author, raw: raw}
		return nil
	}
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
	jid, err := w.person(m.From)
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
			jid, err := w.person(r.From)
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
