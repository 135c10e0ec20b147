package whatsmeow

import (
	"context"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// sentMessage returns a message that the seat sent in a chat, for a device of
// it that could not decrypt the message. The library asks for it only once it
// has forgotten it. Who asks from another chat gets nothing: the ID is no
// secret to those who were in the chat once.
func (s *session) sentMessage(_, chat types.JID, id types.MessageID) (msg *waE2E.Message) {
	err := safely(func() (err error) {
		msg, err = s.again(s.ctx, plain(chat), id)
		return err
	})
	if err != nil {
		s.client.log.Warn("a sent message can't be sent again to a device that asks for it", "error", harmless(err))
		return nil
	}
	return msg
}

// again composes a message that was sent before, with the secret that it had:
// what others encrypt for it, such as votes and reactions, would be lost with
// another. It returns nil if there is no such message in the chat.
func (s *session) again(ctx context.Context, chat types.JID, id types.MessageID) (*waE2E.Message, error) {
	party, _, err := s.where(ctx, types.MessageSource{Chat: chat})
	if err != nil {
		return nil, err
	}
	var draft engine.Draft
	var found bool
	s.client.guarded(func() {
		defer s.recovered("reading a sent message")
		draft, found = s.sink.Sent(s.client.life, party, id)
	})
	if !found {
		return nil, nil //nolint:nilnil // there is none
	}
	msg, err := s.compose(uploaded(ctx), chat, draft)
	if err != nil {
		return nil, err
	}
	form, err := s.form(ctx, chat)
	if err != nil {
		return nil, err
	}
	secret, _, err := s.wm.Store.MsgSecrets.GetMessageSecret(ctx, chat, s.self(form), id)
	if err != nil {
		return nil, fmt.Errorf("look up a message's secret: %w", err)
	}
	if secret != nil {
		if msg.MessageContextInfo == nil {
			msg.MessageContextInfo = &waE2E.MessageContextInfo{}
		}
		msg.MessageContextInfo.MessageSecret = secret
	}
	return msg, nil
}
