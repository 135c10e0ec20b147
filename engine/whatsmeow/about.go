package whatsmeow

import (
	"context"
	"fmt"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

// peopleEvent takes events about people and calls. It reports false for one
// that is about something else.
func (s *session) peopleEvent(evt any) (stored, known bool) {
	ctx := s.ctx
	switch evt := evt.(type) {
	case *events.BusinessName:
		return true, true // stored before the library knew it: see book
	case *events.Picture:
		picture := clean(evt.PictureID)
		if evt.Remove {
			picture = ""
		} else if picture == "" { // the seat's own, or told by a hash only
			return true, true
		}
		return s.prompt(s.about(ctx, evt.JID, engine.ContactChange{PictureID: &picture, At: evt.Timestamp})), true
	case *events.UserAbout:
		text := clean(evt.Status)
		return s.prompt(s.about(ctx, evt.JID, engine.ContactChange{About: &text, At: evt.Timestamp})), true
	case *events.IdentityChange:
		return true, true // stored before: see acks and renewed
	case *events.Blocklist:
		return s.blockEvent(ctx, evt), true
	case *events.PrivacySettings:
		// The event itself has no settings (privacysettings.go,
		// parsePrivacySettings); the library has just put them in its memory.
		settings, err := s.wm.TryFetchPrivacySettings(ctx, false)
		if err != nil {
			s.states.lookAgain()
			return s.afterAck(nil, false, err), true
		}
		s.client.arrears.owe(false)
		return s.afterAck(engine.AccountChange{Privacy: privacyOf(*settings)}, true, nil), true
	}
	return s.callEvent(ctx, evt)
}

// about makes a fact of what is new of somebody.
func (s *session) about(ctx context.Context, jid types.JID, change engine.ContactChange) (engine.Fact, bool, error) {
	party, ok, err := s.anyChat(ctx, jid, types.EmptyJID)
	change.Party = party
	return change, ok, err
}

// prompt delivers a fact that the library acknowledges after the handler, even
// if it fails (notification.go, handleNotification; call.go). So the connection
// is cut if it can't be stored, upon which the library acknowledges nothing
// and WhatsApp tells it again.
func (s *session) prompt(fact engine.Fact, ok bool, err error) bool {
	if s.store(fact, ok, err) {
		return true
	}
	s.abort()
	return false
}

// afterAck delivers a fact that the library has acknowledged before it told us. It
// is kept if it can't be stored.
func (s *session) afterAck(fact engine.Fact, ok bool, err error) bool {
	if err != nil {
		s.client.log.Warn("an event could not be read", "error", harmless(err))
		return true
	}
	if ok && !s.deliver(fact) {
		s.keepForLater(fact)
	}
	return true
}

// blockEvent takes a change of the block list: the changes, or that all of it
// has to be read anew.
func (s *session) blockEvent(ctx context.Context, evt *events.Blocklist) bool {
	if len(evt.Changes) == 0 {
		s.client.provider.background(func() {
			if err := safely(func() error { return s.readBlockList(ctx) }); err != nil && ctx.Err() == nil {
				s.client.log.Warn("the block list could not be read; it is tried again", "error", harmless(err))
			} else if err == nil {
				return
			}
			s.states.lookAgain()
		})
		return true
	}
	for _, change := range evt.Changes {
		party, ok, err := s.anyChat(ctx, change.JID, types.EmptyJID)
		s.afterAck(engine.Blocked{Party: party, On: change.Action == events.BlocklistChangeActionBlock}, ok, err)
	}
	return true
}

// readAccount reads and delivers what app state doesn't hold of the account.
func (s *session) readAccount(ctx context.Context) error {
	if err := s.readBlockList(ctx); err != nil {
		return err
	}
	settings, err := s.wm.TryFetchPrivacySettings(ctx, true)
	if err != nil {
		return fmt.Errorf("read the privacy settings: %w", err)
	}
	s.afterAck(engine.AccountChange{Privacy: privacyOf(*settings), Synced: true}, true, nil)
	return nil
}

func (s *session) readBlockList(ctx context.Context) error {
	list, err := s.blockList(ctx)
	if err != nil {
		return err
	}
	s.afterAck(list, true, nil)
	return nil
}

func (s *session) blockList(ctx context.Context) (engine.BlockList, error) {
	found, err := s.wm.GetBlocklist(ctx)
	if err != nil {
		return engine.BlockList{}, fmt.Errorf("read the block list: %w", err)
	}
	list := engine.BlockList{Parties: make([]engine.Party, 0, len(found.JIDs))}
	for _, jid := range found.JIDs {
		party, ok, err := s.anyChat(ctx, jid, types.EmptyJID)
		if err != nil {
			return engine.BlockList{}, err
		}
		if ok {
			list.Parties = append(list.Parties, party)
		}
	}
	return list, nil
}

// privacyOf names privacy settings as WhatsApp does (whatsmeow,
// types.PrivacySettingType).
func privacyOf(p types.PrivacySettings) map[string]string {
	settings := make(map[string]string)
	for category, value := range map[types.PrivacySettingType]types.PrivacySetting{
		types.PrivacySettingTypeGroupAdd: p.GroupAdd, types.PrivacySettingTypeLastSeen: p.LastSeen,
		types.PrivacySettingTypeStatus: p.Status, types.PrivacySettingTypeProfile: p.Profile,
		types.PrivacySettingTypeReadReceipts: p.ReadReceipts, types.PrivacySettingTypeOnline: p.Online,
		types.PrivacySettingTypeCallAdd: p.CallAdd, types.PrivacySettingTypeMessages: p.Messages,
		types.PrivacySettingTypeDefense: p.Defense, types.PrivacySettingTypeStickers: p.Stickers,
	} {
		if value != "" {
			settings[string(category)] = clean(string(value))
		}
	}
	return settings
}

var _ engine.BlockClient = (*Client)(nil)

// BlockList implements [engine.BlockClient].
func (c *Client) BlockList(ctx context.Context) (engine.BlockList, error) {
	return ask(ctx, c, noWords, func(ctx context.Context, s *session) (engine.BlockList, error) { return s.blockList(ctx) })
}

// SetBlocked implements [engine.BlockClient].
func (c *Client) SetBlocked(ctx context.Context, who engine.Party, blocked bool) error {
	action := events.BlocklistChangeActionUnblock
	if blocked {
		action = events.BlocklistChangeActionBlock
	}
	return do(ctx, c, noWords, func(ctx context.Context, s *session) error {
		jid, err := recipient(who)
		if err != nil {
			return err
		}
		if _, err := s.wm.UpdateBlocklist(ctx, jid, action); err != nil {
			return err
		}
		s.afterAck(engine.Blocked{Party: who, On: blocked}, true, nil) // the server tells the other devices only
		return nil
	})
}
