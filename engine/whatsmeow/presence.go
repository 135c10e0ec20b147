package whatsmeow

import (
	"context"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

var _ engine.PresenceClient = (*Client)(nil)

// FollowPresence implements [engine.PresenceClient]. The library adds the
// token by which the person let the seat write to them, without which WhatsApp
// takes the wish and tells nothing.
func (c *Client) FollowPresence(ctx context.Context, who engine.Party) error {
	if who.Room != "" {
		return nil
	}
	return c.requestIn(ctx, who, func(ctx context.Context, s *session, jid types.JID) error {
		return s.wm.SubscribePresence(ctx, jid)
	})
}

// UnfollowPresence implements [engine.PresenceClient].
func (c *Client) UnfollowPresence(ctx context.Context, who engine.Party) error {
	if who.Room != "" {
		return nil
	}
	return c.requestIn(ctx, who, func(ctx context.Context, s *session, jid types.JID) error {
		return unsubscribePresence(ctx, s.wm, jid)
	})
}

// SetAvailable implements [engine.PresenceClient]. Without a connection it
// holds from the next one.
func (c *Client) SetAvailable(ctx context.Context, available bool) error {
	c.available.Store(available)
	if _, err := c.ready(); err != nil {
		return nil //nolint:nilerr // see above
	}
	return c.request(ctx, func(ctx context.Context, s *session) error { return s.typing.settle(ctx) })
}

// presenceEvent tells what somebody does. WhatsApp sends it once, expects no
// acknowledgement and would not send it again, so nothing is lost with a
// failure that was not lost already.
func (s *session) presenceEvent(evt any) {
	sink, ok := s.sink.(engine.PresenceSink)
	if !ok {
		return
	}
	news, ok, err := s.presenceNews(evt)
	if err != nil {
		s.client.log.Debug("somebody's presence could not be read", "error", harmless(err))
	}
	if err != nil || !ok {
		return
	}
	s.client.guarded(func() {
		defer s.recovered("a presence")
		sink.Presence(news)
	})
}

func (s *session) presenceNews(evt any) (news engine.Presence, ok bool, err error) {
	switch evt := evt.(type) {
	case *events.Presence:
		if !person(evt.From) {
			return news, false, nil // how many members of a group are there
		}
		online := !evt.Unavailable
		news.Online, news.LastSeen = &online, since(evt.LastSeen)
		news.Chat, err = s.party(s.ctx, evt.From, types.EmptyJID)
		return news, true, err
	case *events.ChatPresence:
		return s.chatPresence(evt)
	}
	return news, false, nil
}

func (s *session) chatPresence(evt *events.ChatPresence) (news engine.Presence, ok bool, err error) {
	if evt.IsFromMe || !person(evt.Sender) {
		return news, false, nil
	}
	news.Doing = engine.Idle
	if evt.State == types.ChatPresenceComposing {
		news.Doing = engine.Typing
		if evt.Media == types.ChatPresenceMediaAudio {
			news.Doing = engine.Recording
		}
	}
	who, err := s.party(s.ctx, evt.Sender, evt.SenderAlt)
	if err != nil {
		return news, false, err
	}
	if evt.Chat.Server != types.GroupServer {
		news.Chat = who
		return news, true, nil
	}
	news.Who, news.Chat = who, engine.Party{Room: roomAddress(evt.Chat)}
	return news, news.Chat.Room != "", nil
}
