package whatsmeow

import (
	"context"
	"errors"
	"fmt"
	"time"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// Send implements [engine.Client]. A message that got no answer may have
// arrived all the same; sent again under its ID, it is shown once.
func (c *Client) Send(ctx context.Context, draft engine.Draft) (engine.Accepted, error) {
	s, err := c.ready()
	if err != nil {
		return engine.Accepted{}, err
	}
	to, err := recipient(draft.To)
	if err != nil {
		return engine.Accepted{}, err
	}
	accepted, err := await(ctx, s, func(ctx context.Context) (engine.Accepted, error) {
		return s.send(ctx, to, draft)
	})
	if err != nil {
		s.askIfRestricted(err)
		return engine.Accepted{}, requestError(err)
	}
	return accepted, nil
}

// await runs a request that may outlast its context: the library waits for
// locks without looking at it. It returns as soon as ctx or the connection
// ends; the request then fails by itself.
func await[T any](ctx context.Context, s *session, request func(context.Context) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	started := s.client.provider.background(func() {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(s.ctx, cancel)()
		var a answer
		a.err = safely(func() (err error) {
			a.value, err = request(ctx)
			return err
		})
		answers <- a
	})
	var none T
	if !started {
		return none, errClosed()
	}
	select {
	case a := <-answers:
		if a.err != nil && s.ctx.Err() != nil {
			return none, errNotConnected(a.err)
		}
		return a.value, a.err
	case <-s.ctx.Done():
		return none, errNotConnected(s.ctx.Err())
	case <-ctx.Done():
		return none, errTimeout(ctx.Err())
	}
}

// send hands a message to WhatsApp.
func (s *session) send(ctx context.Context, to types.JID, draft engine.Draft) (engine.Accepted, error) {
	if err := s.checkRecipient(ctx, to); err != nil {
		return engine.Accepted{}, err
	}
	if to.Server == types.NewsletterServer && (draft.Kind == engine.KindReaction || draft.Kind == engine.KindVote) {
		return s.toPost(ctx, to, draft)
	}
	resp, err := s.handOver(ctx, to, draft)
	if to.Server == types.GroupServer && errors.Is(err, wm.ErrServerReturnedError) && refusalCode(err) == codeStaleGroup {
		// The group has come to name its members in another way. Asking for it
		// tells the library too.
		if _, err = s.askForm(ctx, to); err == nil {
			resp, err = s.handOver(ctx, to, draft)
		}
	}
	if err != nil {
		return engine.Accepted{}, s.roomRefusal(to, err)
	}
	s.typing.sent(to)
	if draft.To.Room != "" {
		return engine.Accepted{At: resp.Timestamp, To: engine.Party{Room: draft.To.Room}}, nil
	}
	party, err := s.party(ctx, to, types.EmptyJID)
	if err != nil {
		// The message is sent; what is known of the recipient has to do.
		party = draft.To
	}
	party.Name = ""
	return engine.Accepted{At: resp.Timestamp, To: party}, nil
}

// handOver composes a message and gives it to the library.
func (s *session) handOver(ctx context.Context, to types.JID, draft engine.Draft) (wm.SendResponse, error) {
	msg, err := s.compose(ctx, to, draft)
	if err != nil {
		return wm.SendResponse{}, err
	}
	handle, err := s.mediaHandle(ctx, to, draft)
	if err != nil {
		return wm.SendResponse{}, err
	}
	return attempt(ctx, s, func(ctx context.Context) (wm.SendResponse, error) {
		// ctx is the limit
		return s.wm.SendMessage(ctx, to, msg, wm.SendRequestExtra{ID: draft.WhatsAppID, Timeout: -1, MediaHandle: handle})
	})
}

// checkRecipient asks whether a number that nobody has met yet is on WhatsApp.
// The map from numbers to LIDs remembers those that are.
func (s *session) checkRecipient(ctx context.Context, to types.JID) error {
	if to.Server != types.DefaultUserServer {
		return nil
	}
	lid, err := s.client.provider.container.LIDMap.GetLIDForPN(ctx, to)
	if err != nil {
		return fmt.Errorf("look up the recipient: %w", err)
	}
	if !lid.IsEmpty() {
		return nil
	}
	found, err := s.wm.IsOnWhatsApp(ctx, []string{"+" + to.User})
	if err != nil {
		return fmt.Errorf("ask whether the recipient is on WhatsApp: %w", err)
	}
	for _, info := range found {
		if info.IsIn {
			return nil
		}
	}
	return errNotOnWhatsApp()
}

// MarkRead implements [engine.Client].
func (c *Client) MarkRead(ctx context.Context, chat engine.Party, whatsAppIDs []string) error {
	if len(whatsAppIDs) == 0 {
		return nil
	}
	return c.requestIn(ctx, chat, func(ctx context.Context, s *session, to types.JID) error {
		return s.wm.MarkRead(ctx, whatsAppIDs, time.Now(), to, to)
	})
}
