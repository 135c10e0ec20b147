package whatsmeow

import (
	"context"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine"
)

// incoming turns a message into a fact. It reports false for one that says
// nothing to people.
func (s *session) incoming(ctx context.Context, evt *events.Message) (engine.Incoming, bool, error) {
	evt.Message = opened(evt.Message)
	content, ok := contentOf(evt.Message)
	if evt.Info.Chat.Server == types.NewsletterServer {
		content, ok = posted(evt, content, ok)
	}
	if !ok {
		return engine.Incoming{}, false, nil
	}
	incoming, err := s.written(ctx, &evt.Info)
	if err != nil {
		return engine.Incoming{}, false, err
	}
	s.copied(ctx, evt)
	incoming.Late = s.isLate(evt.Info.Timestamp)
	content = s.unsealed(ctx, evt, content)
	s.quoteOwner(&content, contextOf(evt.Message), incoming.Chat.Room != "")
	cut := content.bound()
	incoming.Kind, incoming.Text = content.kind, clean(content.text)
	if err := s.target(ctx, &incoming, content.key); err != nil {
		return engine.Incoming{}, false, err
	}
	if incoming.Chat.Type() == engine.ChatChannel && incoming.Kind.Amends() {
		incoming.WhatsAppID = amendmentID(evt)
	}
	if !content.more.Empty() {
		incoming.Content = &content.more
	}
	incoming.Secret = s.secrets.take(evt.Info.ID)
	if content.plain() && !cut {
		return incoming, true, nil
	}
	// As it was sent, so that nothing is lost, such as that it was to be seen
	// once.
	if incoming.Raw, err = proto.Marshal(evt.RawMessage); err != nil {
		// It would fail each time that WhatsApp sends it again.
		s.client.log.Warn("a message is stored without its encoding", "error", harmless(err))
	}
	return incoming, true, nil
}

// written begins the fact of a message: what its stanza tells of it.
func (s *session) written(ctx context.Context, info *types.MessageInfo) (engine.Incoming, error) {
	chat, sender, err := s.where(ctx, info.MessageSource)
	if err != nil {
		return engine.Incoming{}, err
	}
	switch {
	case info.IsFromMe:
	case chat.Room != "":
		sender.Name = pushName(info.PushName)
	default:
		chat.Name = pushName(info.PushName)
	}
	return engine.Incoming{
		WhatsAppID: clean(info.ID), Chat: chat, Sender: sender, FromMe: info.IsFromMe, At: info.Timestamp,
	}, nil
}

// targetFromMe says whether the message that another one changes is the seat's
// own. Its writer's key says whether it is the writer's own; edits and
// deletions only ever are about those.
func targetFromMe(kind engine.Kind, keyFromMe, fromMe bool) bool {
	if kind == engine.KindEdit || kind == engine.KindRevoke {
		return fromMe
	}
	return keyFromMe == fromMe
}

// waiting turns a message that could not be decrypted into a fact, which the
// message replaces once its sender has sent it again. It reports false for one
// that WhatsApp's own clients don't show either.
func (s *session) waiting(ctx context.Context, evt *events.UndecryptableMessage) (engine.Incoming, bool, error) {
	if evt.DecryptFailMode == events.DecryptFailHide || !wanted(evt.Info.MessageSource) || evt.Info.Category == "peer" {
		return engine.Incoming{}, false, nil
	}
	incoming, err := s.written(ctx, &evt.Info)
	incoming.Kind = engine.KindWaiting
	if evt.UnavailableType == events.UnavailableTypeViewOnce { // only the phone opens it
		incoming.Content = &engine.Content{ViewOnce: true}
	}
	return incoming, err == nil, err
}

// received turns a receipt into a fact. It reports false for one that tells
// nothing new.
func (s *session) received(ctx context.Context, evt *events.Receipt) (engine.Receipt, bool, error) {
	delivery, fromMe, ok := progress(evt)
	if !ok {
		return engine.Receipt{}, false, nil
	}
	chat, sender, err := s.where(ctx, evt.MessageSource)
	if err != nil {
		return engine.Receipt{}, false, err
	}
	ids := make([]string, 0, len(evt.MessageIDs))
	for _, id := range evt.MessageIDs {
		ids = append(ids, clean(id))
	}
	return engine.Receipt{Chat: chat, Sender: sender, WhatsAppIDs: ids, Delivery: delivery, FromMe: fromMe, At: evt.Timestamp}, true, nil
}

// progress says how far a receipt tells that messages have come, and whether
// it is about the lead's messages, which the agent has read on the phone.
// Receipts of the seat's own devices, of a companion that is in the background
// and of devices that could not decrypt say nothing of that
// (whatsmeow, types.ReceiptType).
func progress(evt *events.Receipt) (delivery engine.Delivery, fromMe, ok bool) {
	switch evt.Type {
	case types.ReceiptTypeDelivered:
		return engine.Delivered, false, !evt.IsFromMe
	case types.ReceiptTypeRead:
		return engine.Read, evt.IsFromMe, true
	case types.ReceiptTypeReadSelf:
		return engine.Read, true, true
	case types.ReceiptTypePlayed:
		return engine.Played, evt.IsFromMe, true
	case types.ReceiptTypePlayedSelf:
		return engine.Played, true, true
	case types.ReceiptTypeSender, types.ReceiptTypeRetry, types.ReceiptTypeServerError,
		types.ReceiptTypeInactive, types.ReceiptTypePeerMsg, types.ReceiptTypeHistorySync:
	}
	return "", false, false
}
