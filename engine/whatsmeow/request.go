package whatsmeow

import (
	"context"
	"time"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

var (
	_ engine.Statuses  = (*Client)(nil)
	_ engine.Histories = (*Client)(nil)
	_ engine.Asker     = (*Client)(nil)
	_ engine.Timers    = (*Client)(nil)
)

// StatusAudience implements [engine.Statuses].
func (c *Client) StatusAudience(ctx context.Context) (engine.StatusAudience, error) {
	return ask(ctx, c, profileWords, func(ctx context.Context, s *session) (engine.StatusAudience, error) {
		lists, err := s.wm.GetStatusPrivacy(ctx)
		if err != nil {
			return engine.StatusAudience{}, err
		}
		audience := engine.StatusAudience{Mode: engine.AudienceContacts, People: []engine.Person{}}
		if len(lists) == 0 {
			return audience, nil
		}
		chosen := lists[0] // the default stands first
		switch chosen.Type {
		case types.StatusPrivacyTypeBlacklist:
			audience.Mode = engine.AudienceExcept
		case types.StatusPrivacyTypeWhitelist:
			audience.Mode = engine.AudienceOnly
		case types.StatusPrivacyTypeContacts:
			return audience, nil
		}
		for _, jid := range chosen.List {
			who, err := s.person(ctx, jid, types.EmptyJID)
			if err != nil {
				return engine.StatusAudience{}, err
			}
			if who != nil {
				audience.People = append(audience.People, *who)
			}
		}
		return audience, nil
	})
}

// RequestHistory implements [engine.Histories].
func (c *Client) RequestHistory(ctx context.Context, request engine.HistoryRequest) error {
	if err := request.Check(); err != nil {
		return err
	}
	chat, err := chatJID(request.Chat)
	if err != nil {
		return err
	}
	return c.request(ctx, func(ctx context.Context, s *session) error {
		_, err := attempt(ctx, s, func(ctx context.Context) (wm.SendResponse, error) {
			return s.wm.SendPeerMessage(ctx, s.wm.BuildHistorySyncRequest(&types.MessageInfo{
				ID: request.WhatsAppID, Timestamp: request.At,
				MessageSource: types.MessageSource{Chat: chat, IsFromMe: request.FromMe},
			}, request.Count))
		})
		return err
	})
}

// AskAgain implements [engine.Asker].
func (c *Client) AskAgain(ctx context.Context, message engine.Undecrypted) error {
	return c.request(ctx, func(ctx context.Context, s *session) error { return s.askPhone(ctx, message) })
}

// SetTimer implements [engine.Timers].
func (c *Client) SetTimer(ctx context.Context, chat engine.Party, after time.Duration) error {
	if err := engine.CheckTimer(after); err != nil {
		return err
	}
	if chat.Room != "" {
		return engine.Errorf(engine.CodeInvalid, "That is no chat with one person. A group's timer is one of its settings.")
	}
	to, err := chatJID(chat)
	if err != nil {
		return err
	}
	return c.request(ctx, func(ctx context.Context, s *session) error {
		now := time.Now()
		_, err := attempt(ctx, s, func(ctx context.Context) (struct{}, error) {
			return struct{}{}, s.wm.SetDisappearingTimer(ctx, to, after, now)
		})
		return err
	})
}

// chatJID returns the JID of a chat: of a person the LID if it is known, as
// WhatsApp's own clients do.
func chatJID(chat engine.Party) (types.JID, error) {
	for _, a := range []engine.Address{chat.Room, chat.LID, chat.Phone} {
		switch {
		case a == "":
			continue
		case a == chat.Room && (a.IsGroup() || a.IsChannel()), a != chat.Room && a.IsPerson():
			return addressJID(a), nil
		}
		break
	}
	return types.EmptyJID, engine.Errorf(engine.CodeInvalid, "That is not the address of a chat on WhatsApp.")
}
