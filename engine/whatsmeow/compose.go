package whatsmeow

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/util/random"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine"
)

// compose writes a draft in WhatsApp's encoding, for a chat.
func (s *session) compose(ctx context.Context, chat types.JID, draft engine.Draft) (*waE2E.Message, error) {
	if err := draft.Check(); err != nil {
		return nil, err
	}
	more := draft.Content
	if more == nil {
		more = &engine.Content{}
	}
	around := s.contextInfo(chat, more)
	switch draft.Kind {
	case engine.KindText:
		if around == nil {
			return &waE2E.Message{Conversation: proto.String(draft.Text)}, nil
		}
		return &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String(draft.Text), ContextInfo: around}}, nil
	case engine.KindLocation:
		return locationMessage(more.Location, around), nil
	case engine.KindContact:
		return cardMessage(more.Cards, around), nil
	case engine.KindPoll:
		return s.pollMessage(ctx, chat, draft, around)
	case engine.KindReaction:
		return &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{
			Key: targetKey(chat, draft), Text: proto.String(draft.Text), SenderTimestampMS: proto.Int64(time.Now().UnixMilli()),
		}}, nil
	case engine.KindEdit:
		return s.wm.BuildEdit(chat, draft.Target, &waE2E.Message{Conversation: proto.String(draft.Text)}), nil
	case engine.KindRevoke:
		return s.wm.BuildRevoke(chat, types.EmptyJID, draft.Target), nil
	case engine.KindVote:
		return s.voteMessage(ctx, chat, draft)
	case engine.KindImage, engine.KindVideo, engine.KindAudio, engine.KindVoice, engine.KindDocument, engine.KindSticker,
		engine.KindWaiting, engine.KindUnknown:
	}
	return nil, engine.Errorf(engine.CodeInvalid, "Messages of the kind “%s” can't be sent.", draft.Kind)
}

// contextInfo says what the draft answers and whom it mentions; nil for
// nothing.
func (s *session) contextInfo(chat types.JID, more *engine.Content) *waE2E.ContextInfo {
	info := &waE2E.ContextInfo{}
	if quote := more.Quote; quote != nil {
		author := chat
		if quote.FromMe {
			author = s.self(chat)
		}
		info.StanzaID, info.Participant = proto.String(quote.WhatsAppID), proto.String(author.String())
		info.QuotedMessage = &waE2E.Message{Conversation: proto.String(quote.Text)}
	}
	for _, mention := range more.Mentions {
		info.MentionedJID = append(info.MentionedJID, string(mention))
	}
	if info.StanzaID == nil && info.MentionedJID == nil {
		return nil
	}
	return info
}

func locationMessage(place *engine.Location, around *waE2E.ContextInfo) *waE2E.Message {
	location := &waE2E.LocationMessage{
		DegreesLatitude: proto.Float64(place.Latitude), DegreesLongitude: proto.Float64(place.Longitude), ContextInfo: around,
	}
	if place.Name != "" {
		location.Name = proto.String(place.Name)
	}
	if place.Address != "" {
		location.Address = proto.String(place.Address)
	}
	return &waE2E.Message{LocationMessage: location}
}

func cardMessage(cards []engine.Card, around *waE2E.ContextInfo) *waE2E.Message {
	list := make([]*waE2E.ContactMessage, 0, len(cards))
	for _, card := range cards {
		list = append(list, &waE2E.ContactMessage{DisplayName: proto.String(card.Name), Vcard: proto.String(card.VCard)})
	}
	if len(list) == 1 {
		list[0].ContextInfo = around
		return &waE2E.Message{ContactMessage: list[0]}
	}
	return &waE2E.Message{ContactsArrayMessage: &waE2E.ContactsArrayMessage{
		DisplayName: proto.String(fmt.Sprintf("%d contacts", len(list))), Contacts: list, ContextInfo: around,
	}}
}

// pollMessage makes a poll. Votes are encrypted with its secret, so a poll
// that is sent again keeps the one it had; the library stores it before it
// sends.
func (s *session) pollMessage(ctx context.Context, chat types.JID, draft engine.Draft, around *waE2E.ContextInfo) (*waE2E.Message, error) {
	poll := draft.Content.Poll
	msg := s.wm.BuildPollCreation(draft.Text, poll.Options, poll.Selectable)
	msg.PollCreationMessage.ContextInfo = around
	secret, _, err := s.wm.Store.MsgSecrets.GetMessageSecret(ctx, chat, s.self(chat), draft.WhatsAppID)
	if err != nil {
		return nil, fmt.Errorf("look up the poll's secret: %w", err)
	}
	if secret == nil {
		secret = random.Bytes(32)
	}
	msg.MessageContextInfo.MessageSecret = secret
	return msg, nil
}

// self is the seat's own address in the form that the chat has.
func (s *session) self(chat types.JID) types.JID {
	if lid := plain(s.wm.Store.GetLID()); chat.Server == types.HiddenUserServer && lid.User != "" {
		return lid
	}
	return plain(s.wm.Store.GetJID())
}

// targetKey names the message that a draft changes.
func targetKey(chat types.JID, draft engine.Draft) *waCommon.MessageKey {
	return &waCommon.MessageKey{
		RemoteJID: proto.String(chat.String()), FromMe: proto.Bool(draft.TargetFromMe), ID: proto.String(draft.Target),
	}
}

// voteMessage makes a vote in a poll of the chat.
func (s *session) voteMessage(ctx context.Context, chat types.JID, draft engine.Draft) (*waE2E.Message, error) {
	info := &types.MessageInfo{ID: draft.Target, MessageSource: types.MessageSource{Chat: chat, Sender: chat, IsFromMe: draft.TargetFromMe}}
	if draft.TargetFromMe {
		info.Sender = s.self(chat)
	}
	msg, err := s.wm.BuildPollVote(ctx, info, draft.Content.Vote.Options)
	if err != nil {
		return nil, &engine.Error{
			Code: engine.CodeInvalid, Message: "The poll's key is not known to this seat, so the vote can't be sent. Vote on the phone.", Err: err,
		}
	}
	return msg, nil
}
