package whatsmeow

import (
	"context"
	"time"

	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

var _ engine.Profiles = (*Client)(nil)

// profileWords explains what WhatsApp refuses about the account's own profile.
func profileWords(code int) *engine.Error {
	switch code {
	case codeBadRequest, codeNotAcceptable:
		return engine.Errorf(engine.CodeInvalid, "WhatsApp did not accept it. Use a shorter text, another picture, or one of the choices that its apps offer.")
	}
	return nil
}

// Profile implements [engine.Profiles].
func (c *Client) Profile(ctx context.Context) (engine.Profile, error) {
	return ask(ctx, c, profileWords, func(ctx context.Context, s *session) (engine.Profile, error) {
		own := plain(s.wm.Store.GetJID())
		found, err := s.peopleInfo(ctx, []types.JID{own})
		if err != nil {
			return engine.Profile{}, err
		}
		if len(found) == 0 {
			return engine.Profile{}, refusedError(codeNotFound)
		}
		info := found[0]
		info.Name = s.pushedName()
		return engine.Profile(info), nil
	})
}

// pushedName is what the account calls itself.
func (s *session) pushedName() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.name
}

// SetPushName implements [engine.Profiles]. It is a setting that the account's
// devices share, and reaches others with the next message.
func (c *Client) SetPushName(ctx context.Context, name string) error {
	if err := engine.CheckPushName(name); err != nil {
		return err
	}
	return do(ctx, c, profileWords, func(ctx context.Context, s *session) error {
		return s.states.send(ctx, appstate.BuildSettingPushName(name))
	})
}

// SetAbout implements [engine.Profiles].
func (c *Client) SetAbout(ctx context.Context, text string) error {
	if err := engine.CheckAbout(text); err != nil {
		return err
	}
	return do(ctx, c, profileWords, func(ctx context.Context, s *session) error {
		return s.wm.SetStatusMessage(ctx, types.SetStatusInput{Text: &text})
	})
}

// SetPicture implements [engine.Profiles].
func (c *Client) SetPicture(ctx context.Context, picture []byte) (string, error) {
	return c.setPicture(ctx, types.EmptyJID, profileWords, picture)
}

// Privacy implements [engine.Profiles].
func (c *Client) Privacy(ctx context.Context) (engine.Privacy, error) {
	return ask(ctx, c, profileWords, func(ctx context.Context, s *session) (engine.Privacy, error) {
		return s.privacy(ctx)
	})
}

func (s *session) privacy(ctx context.Context) (engine.Privacy, error) {
	found, err := s.wm.TryFetchPrivacySettings(ctx, true)
	if err != nil {
		return engine.Privacy{}, err
	}
	// Of what this device changes WhatsApp tells only the others.
	s.afterAck(engine.AccountChange{Privacy: privacyOf(*found)}, true, nil)
	return engine.Privacy{
		LastSeen: privacyValue(found.LastSeen), Online: privacyValue(found.Online), Picture: privacyValue(found.Profile),
		About: privacyValue(found.Status), ReadReceipts: privacyValue(found.ReadReceipts), Groups: privacyValue(found.GroupAdd),
		Calls: privacyValue(found.CallAdd), Messages: privacyValue(found.Messages), Stickers: privacyValue(found.Stickers),
		Defense: privacyValue(found.Defense),
	}, nil
}

// SetPrivacy implements [engine.Profiles].
func (c *Client) SetPrivacy(ctx context.Context, category engine.PrivacyCategory, value engine.PrivacyValue) (engine.Privacy, error) {
	if err := engine.CheckPrivacy(category, value); err != nil {
		return engine.Privacy{}, err
	}
	return ask(ctx, c, profileWords, func(ctx context.Context, s *session) (engine.Privacy, error) {
		if _, err := s.wm.SetPrivacySetting(ctx, privacyName(category), privacyWord(value)); err != nil {
			return engine.Privacy{}, err
		}
		return s.privacy(ctx)
	})
}

// SetDefaultTimer implements [engine.Profiles].
func (c *Client) SetDefaultTimer(ctx context.Context, after time.Duration) error {
	if err := engine.CheckTimer(after); err != nil {
		return err
	}
	return do(ctx, c, profileWords, func(ctx context.Context, s *session) error {
		return s.wm.SetDefaultDisappearingTimer(ctx, after)
	})
}

// privacyName is a category as WhatsApp calls it.
func privacyName(category engine.PrivacyCategory) types.PrivacySettingType {
	switch category {
	case engine.PrivacyLastSeen:
		return types.PrivacySettingTypeLastSeen
	case engine.PrivacyOnline:
		return types.PrivacySettingTypeOnline
	case engine.PrivacyPicture:
		return types.PrivacySettingTypeProfile
	case engine.PrivacyAbout:
		return types.PrivacySettingTypeStatus
	case engine.PrivacyReadReceipts:
		return types.PrivacySettingTypeReadReceipts
	case engine.PrivacyGroups:
		return types.PrivacySettingTypeGroupAdd
	case engine.PrivacyCalls:
		return types.PrivacySettingTypeCallAdd
	case engine.PrivacyMessages:
		return types.PrivacySettingTypeMessages
	case engine.PrivacyStickers:
		return types.PrivacySettingTypeStickers
	case engine.PrivacyDefense:
		return types.PrivacySettingTypeDefense
	}
	return ""
}

// privacyWord is a value as WhatsApp calls it; those that are not here are
// called the same.
func privacyWord(value engine.PrivacyValue) types.PrivacySetting {
	switch value {
	case engine.PrivacyExcept:
		return types.PrivacySettingContactBlacklist
	case engine.PrivacySelected:
		return types.PrivacySettingContactAllowlist
	case engine.PrivacyNobody:
		return types.PrivacySettingNone
	case engine.PrivacyAll, engine.PrivacyContacts, engine.PrivacyMatchLastSeen, engine.PrivacyKnown, engine.PrivacyOnStandard, engine.PrivacyOff:
	}
	return types.PrivacySetting(value)
}

// privacyValue reads what [privacyWord] writes.
func privacyValue(word types.PrivacySetting) engine.PrivacyValue {
	switch word {
	case types.PrivacySettingContactBlacklist:
		return engine.PrivacyExcept
	case types.PrivacySettingContactAllowlist:
		return engine.PrivacySelected
	case types.PrivacySettingNone:
		return engine.PrivacyNobody
	default:
		return engine.PrivacyValue(clean(string(word)))
	}
}
