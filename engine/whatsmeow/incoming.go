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
	content, ok := contentOf(evt.Message)
	if !ok {
		return engine.Incoming{}, false, nil
	}
	chat, err := s.chat(ctx, evt.Info.MessageSource)
	if err != nil {
		return engine.Incoming{}, false, err
	}
	content = s.unsealed(ctx, evt, content)
	s.quoteOwner(&content, contextOf(evt.Message))
	if !evt.Info.IsFromMe {
		chat.Name = pushName(evt.Info.PushName)
	}
	incoming := engine.Incoming{
		WhatsAppID: clean(evt.Info.ID),
		Chat:       chat,
		FromMe:     evt.Info.IsFromMe,
		Kind:       content.kind,
		Text:       clean(content.text),
		At:         evt.Info.Timestamp,
	}
	if key := content.key; key != nil {
		incoming.Target = clean(key.GetID())
		incoming.TargetFromMe = targetFromMe(content.kind, key.GetFromMe(), evt.Info.IsFromMe)
	}
	if !content.more.Empty() {
		incoming.Content = &content.more
	}
	if content.plain() {
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
	if evt.DecryptFailMode == events.DecryptFailHide || !direct(evt.Info.MessageSource) || evt.Info.Category == "peer" {
		return engine.Incoming{}, false, nil
	}
	chat, err := s.chat(ctx, evt.Info.MessageSource)
	if err != nil {
		return engine.Incoming{}, false, err
	}
	if !evt.Info.IsFromMe {
		chat.Name = pushName(evt.Info.PushName)
	}
	return engine.Incoming{
		WhatsAppID: clean(evt.Info.ID), Chat: chat, FromMe: evt.Info.IsFromMe, Kind: engine.KindWaiting, At: evt.Info.Timestamp,
	}, true, nil
}

// received turns a receipt into a fact. It reports false for one that tells
// nothing new.
func (s *session) received(ctx context.Context, evt *events.Receipt) (engine.Receipt, bool, error) {
	delivery, fromMe, ok := progress(evt)
	if !ok {
		return engine.Receipt{}, false, nil
	}
	chat, err := s.chat(ctx, evt.MessageSource)
	if err != nil {
		return engine.Receipt{}, false, err
	}
	ids := make([]string, 0, len(evt.MessageIDs))
	for _, id := range evt.MessageIDs {
		ids = append(ids, clean(id))
	}
	return engine.Receipt{Chat: chat, WhatsAppIDs: ids, Delivery: delivery, FromMe: fromMe, At: evt.Timestamp}, true, nil
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
