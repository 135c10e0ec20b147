package whatsmeow

import (
	"context"
	"errors"
	"time"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

var _ engine.RoomReader = (*Client)(nil)

// MarkReadFrom implements [engine.RoomReader].
func (c *Client) MarkReadFrom(ctx context.Context, chat, sender engine.Party, whatsAppIDs []string) error {
	if len(whatsAppIDs) == 0 {
		return nil
	}
	return c.requestIn(ctx, chat, func(ctx context.Context, s *session, to types.JID) error {
		who, err := s.reader(ctx, to, sender)
		if err != nil {
			return err
		}
		return s.wm.MarkRead(ctx, whatsAppIDs, time.Now(), to, who)
	})
}

// reader returns whom a receipt is for. A channel's is for nobody.
func (s *session) reader(ctx context.Context, chat types.JID, sender engine.Party) (types.JID, error) {
	switch {
	case room(chat) == "":
		return chat, nil
	case sender.Phone == "" && sender.LID == "":
		return types.EmptyJID, nil
	case chat.Server == types.BroadcastServer:
		return recipient(sender)
	}
	form, err := s.form(ctx, chat)
	if err != nil {
		return types.EmptyJID, err
	}
	return s.member(ctx, sender, form)
}

// roomRefusal explains why something can't be sent to a room. Other errors it
// returns as they are.
func (s *session) roomRefusal(chat types.JID, err error) error {
	if room(chat) == "" {
		return err
	}
	e := &engine.Error{Err: err}
	code := 0
	if errors.Is(err, wm.ErrServerReturnedError) {
		code = refusalCode(err)
	}
	switch {
	case errors.Is(err, wm.ErrBroadcastListUnsupported):
		e.Code, e.Message = engine.CodeUnsupported, "Broadcast lists can be written to from the phone only."
	case errors.Is(err, wm.ErrNotInGroup), errors.Is(err, wm.ErrGroupNotFound), code == codeNotFound:
		e.Code = engine.CodeChatGone
		e.Message = "This number is not in that group or channel any more. Ask one of its admins to add it."
	case code == codeForbidden || code == codeUnauthorized:
		e.Code = engine.CodeNotAdmin
		e.Message = "Only admins may write there, and this number is not one of them."
	default:
		return err
	}
	return e
}
