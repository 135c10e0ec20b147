package whatsmeow

import (
	"context"
	"errors"
	"sync"
	"time"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// typingLimit is how long 'typing…' is shown unless it is renewed. WhatsApp's
// own clients hide it after about half a minute.
const typingLimit = 30 * time.Second

// typing knows in which chats the seat shows 'typing…', and keeps it available
// only as long as it does in any.
type typing struct {
	session *session

	mu    sync.Mutex
	chats map[types.JID]struct{}
	timer *time.Timer
	over  bool
}

// SetTyping implements [engine.Client].
func (c *Client) SetTyping(ctx context.Context, chat engine.Party, on bool) error {
	s, err := c.ready()
	if err != nil {
		return err
	}
	to, err := recipient(chat)
	if err != nil {
		return err
	}
	_, err = await(ctx, s, func(ctx context.Context) (struct{}, error) {
		if on {
			return struct{}{}, s.typing.start(ctx, to)
		}
		return struct{}{}, s.typing.pause(ctx, to)
	})
	if err != nil {
		return requestError(err)
	}
	return nil
}

// introduce tells WhatsApp the account's name, which others would see as "-"
// otherwise, without appearing online.
func (s *session) introduce() {
	if err := s.typing.present(s.ctx, types.PresenceUnavailable); err != nil {
		s.client.log.Debug("presence could not be told", "error", err)
	}
}

// start shows 'typing…' in a chat.
func (t *typing) start(ctx context.Context, to types.JID) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		return wm.ErrNotConnected
	}
	if len(t.chats) == 0 {
		if err := t.present(ctx, types.PresenceAvailable); err != nil {
			return err
		}
	}
	if t.chats == nil {
		t.chats = make(map[types.JID]struct{})
	}
	t.chats[to] = struct{}{}
	if t.timer == nil {
		t.timer = time.AfterFunc(typingLimit, t.expire)
	} else {
		t.timer.Reset(typingLimit)
	}
	return t.session.wm.SendChatPresence(ctx, to, types.ChatPresenceComposing, types.ChatPresenceMediaText)
}

// pause hides 'typing…' in a chat.
func (t *typing) pause(ctx context.Context, to types.JID) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	err := t.session.wm.SendChatPresence(ctx, to, types.ChatPresencePaused, types.ChatPresenceMediaText)
	return errors.Join(err, t.ended(ctx, to))
}

// sent notes that a message was sent to a chat, which hides 'typing…' there.
func (t *typing) sent(to types.JID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.ended(t.session.ctx, to); err != nil {
		t.session.client.log.Debug("presence could not be told", "error", err)
	}
}

// ended forgets a chat, and makes the seat unavailable after the last. The
// caller holds mu.
func (t *typing) ended(ctx context.Context, to types.JID) error {
	if _, known := t.chats[to]; !known {
		return nil
	}
	delete(t.chats, to)
	if len(t.chats) > 0 {
		return nil
	}
	t.timer.Stop()
	return t.present(ctx, types.PresenceUnavailable)
}

// expire ends what nobody renewed or ended.
func (t *typing) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over || len(t.chats) == 0 {
		return
	}
	clear(t.chats)
	if err := t.present(t.session.ctx, types.PresenceUnavailable); err != nil {
		t.session.client.log.Debug("presence could not be told", "error", err)
	}
}

// stop ends the timer with the session.
func (t *typing) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	if t.timer != nil {
		t.timer.Stop()
	}
}

// present tells WhatsApp whether the seat is available. An account whose name
// the phone has not told yet can't be.
func (t *typing) present(ctx context.Context, presence types.Presence) error {
	if !t.session.isNamed() {
		return nil
	}
	return t.session.wm.SendPresence(ctx, presence)
}
