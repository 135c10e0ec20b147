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

// typing knows in which chats the seat shows 'typing…' or 'recording audio…'.
// WhatsApp shows that of accounts that are available only, so the seat is for
// as long as it does in any, and otherwise only if it is wished for.
type typing struct {
	session *session

	mu    sync.Mutex
	chats map[types.JID]struct{}
	timer *time.Timer
	over  bool
}

// SetTyping implements [engine.Client].
func (c *Client) SetTyping(ctx context.Context, chat engine.Party, on bool) error {
	return c.showState(ctx, chat, on, types.ChatPresenceMediaText)
}

// SetRecording implements [engine.PresenceClient].
func (c *Client) SetRecording(ctx context.Context, chat engine.Party, on bool) error {
	return c.showState(ctx, chat, on, types.ChatPresenceMediaAudio)
}

func (c *Client) showState(ctx context.Context, chat engine.Party, on bool, media types.ChatPresenceMedia) error {
	return c.requestIn(ctx, chat, func(ctx context.Context, s *session, to types.JID) error {
		if on {
			return s.typing.start(ctx, to, media)
		}
		return s.typing.pause(ctx, to)
	})
}

// introduce tells WhatsApp the account's name, which others would see as "-"
// otherwise. It appears online only if that is wished for.
func (s *session) introduce() {
	if err := s.typing.settle(s.ctx); err != nil {
		s.client.log.Debug("presence could not be told", "error", harmless(err))
	}
}

// start shows what the seat does in a chat.
func (t *typing) start(ctx context.Context, to types.JID, media types.ChatPresenceMedia) error {
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
	return t.session.wm.SendChatPresence(ctx, to, types.ChatPresenceComposing, media)
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
		t.session.client.log.Debug("presence could not be told", "error", harmless(err))
	}
}

// ended forgets a chat, and lets the seat rest after the last. The
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
	return t.rest(ctx)
}

// expire ends what nobody renewed or ended.
func (t *typing) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over || len(t.chats) == 0 {
		return
	}
	clear(t.chats)
	if err := t.rest(t.session.ctx); err != nil {
		t.session.client.log.Debug("presence could not be told", "error", harmless(err))
	}
}

// settle tells WhatsApp what the seat is now.
func (t *typing) settle(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.chats) > 0 {
		return t.present(ctx, types.PresenceAvailable)
	}
	return t.rest(ctx)
}

// rest tells WhatsApp what the seat is while it shows nothing in any chat. The
// caller holds mu.
func (t *typing) rest(ctx context.Context) error {
	if t.session.client.available.Load() {
		return t.present(ctx, types.PresenceAvailable)
	}
	return t.present(ctx, types.PresenceUnavailable)
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
