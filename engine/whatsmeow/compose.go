package whatsmeow

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/util/random"
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
	form, err := s.form(ctx, chat)
	if err != nil {
		return nil, err
	}
	draft.Text, more, err = s.mentioned(ctx, draft.Text, more, form)
	if err != nil {
		return nil, err
	}
	around, err := s.contextInfo(ctx, chat, more, form)
	if err != nil {
		return nil, err
	}
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
		return s.pollMessage(ctx, chat, draft, around, form)
	case engine.KindReaction:
		key, err := s.targetKey(ctx, chat, draft, form)
		if err != nil {
			return nil, err
		}
		return &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{
			Key: key, Text: proto.String(draft.Text), SenderTimestampMS: written(ctx, draft),
		}}, nil
	case engine.KindEdit:
		msg := s.wm.BuildEdit(chat, draft.Target, &waE2E.Message{Conversation: proto.String(draft.Text)})
		msg.EditedMessage.Message.ProtocolMessage.TimestampMS = written(ctx, draft)
		return msg, nil
	case engine.KindRevoke:
		key, err := s.targetKey(ctx, chat, draft, form)
		if err != nil {
			return nil, err
		}
		return &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_REVOKE.Enum(), Key: key,
		}}, nil
	case engine.KindVote:
		return s.voteMessage(ctx, chat, draft, form)
	case engine.KindImage, engine.KindVideo, engine.KindAudio, engine.KindVoice, engine.KindDocument, engine.KindSticker:
		return s.fileMessage(ctx, chat, draft, around)
	case engine.KindCall, engine.KindWaiting, engine.KindNotice, engine.KindUnknown:
	}
	return nil, engine.Errorf(engine.CodeInvalid, "Messages of the kind “%s” can't be sent.", draft.Kind)
}

// maxForwarded bounds how often a message says that it was forwarded.
const maxForwarded = 127

// contextInfo says what the draft answers, whom it mentions, and that it was
// forwarded; nil for nothing.
func (s *session) contextInfo(ctx context.Context, chat types.JID, more *engine.Content, form addressing) (*waE2E.ContextInfo, error) {
	info := &waE2E.ContextInfo{}
	if quote := more.Quote; quote != nil {
		author, err := s.quoted(ctx, chat, quote, form)
		if err != nil {
			return nil, err
		}
		info.StanzaID, info.Participant = proto.String(quote.WhatsAppID), proto.String(author.String())
		info.QuotedMessage = &waE2E.Message{Conversation: proto.String(quote.Text)}
	}
	for _, mention := range more.Mentions {
		info.MentionedJID = append(info.MentionedJID, string(mention))
	}
	if more.Forwarded > 0 {
		info.IsForwarded, info.ForwardingScore = proto.Bool(true), proto.Uint32(uint32(min(more.Forwarded, maxForwarded)))
	}
	if info.StanzaID == nil && info.MentionedJID == nil && info.IsForwarded == nil {
		return nil, nil
	}
	return info, nil
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
func (s *session) pollMessage(ctx context.Context, chat types.JID, draft engine.Draft, around *waE2E.ContextInfo,
	form addressing,
) (*waE2E.Message, error) {
	poll := draft.Content.Poll
	msg := s.wm.BuildPollCreation(draft.Text, poll.Options, poll.Selectable)
	msg.PollCreationMessage.ContextInfo = around
	secret, _, err := s.wm.Store.MsgSecrets.GetMessageSecret(ctx, chat, s.self(form), draft.WhatsAppID)
	if err != nil {
		return nil, fmt.Errorf("look up the poll's secret: %w", err)
	}
	if secret == nil {
		secret = random.Bytes(32)
	}
	msg.MessageContextInfo.MessageSecret = secret
	return msg, nil
}

// written is the time that a change of another message carries. One that is
// sent again has the time of then: devices take what is newer for what counts,
// and something else may have been sent since.
func written(ctx context.Context, draft engine.Draft) *int64 {
	at := time.Now()
	if ctx.Value(uploadedKey{}) != nil && !draft.At.IsZero() {
		at = draft.At
	}
	return proto.Int64(at.UnixMilli())
}

// voteMessage makes a vote in a poll of the chat.
func (s *session) voteMessage(ctx context.Context, chat types.JID, draft engine.Draft, form addressing) (*waE2E.Message, error) {
	whose, err := s.targetWriter(ctx, chat, draft, form)
	if err != nil {
		return nil, err
	}
	info := &types.MessageInfo{ID: draft.Target, MessageSource: types.MessageSource{
		Chat: chat, Sender: whose, IsFromMe: draft.TargetFromMe, IsGroup: chat.Server == types.GroupServer,
	}}
	msg, err := s.wm.BuildPollVote(ctx, info, draft.Content.Vote.Options)
	if err != nil {
		return nil, &engine.Error{
			Code: engine.CodeInvalid, Message: "The poll's key is not known to this seat, so the vote can't be sent. Vote on the phone.", Err: err,
		}
	}
	msg.PollUpdateMessage.SenderTimestampMS = written(ctx, draft)
	return msg, nil
}
