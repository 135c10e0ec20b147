package simulator

import (
	"context"
	"fmt"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/appstate"
)

const (
	defaultLocale = "en_US"
	maxLabelID    = 64
	maxLabelColor = 19
	maxLocale     = 35 // the longest tag that BCP 47 asks programs to take
)

// checkText refuses what no person could have typed into a field of at most most characters.
func checkText(what, text string, most int) error {
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > most {
		return fmt.Errorf("%w %s: at most %d characters", ErrInvalid, what, most)
	}
	return nil
}

// Rename changes the profile name (1 to 100 characters), which messages carry from now on; linked clients are told by app
// state. ErrInvalid.
func (p *Phone) Rename(ctx context.Context, name string) error {
	if !validName(name) {
		return fmt.Errorf("%w name: 1 to %d characters", ErrInvalid, maxName)
	}
	return p.changeState(ctx, collectionCritical, pushNameMutation(name))
}

func pushNameMutation(name string) appstate.Mutation {
	return appstate.Mutation{
		Index: []string{indexPushName}, Version: 1,
		Value: &syncValue{PushNameSetting: &waSyncAction.PushNameSetting{Name: proto.String(name)}},
	}
}

func localeMutation(locale string) appstate.Mutation {
	return appstate.Mutation{
		Index: []string{indexLocale}, Version: 3,
		Value: &syncValue{LocaleSetting: &waSyncAction.LocaleSetting{Locale: proto.String(locale)}},
	}
}

// SetLocale changes the phone's language and region, such as "en_ZA".
func (p *Phone) SetLocale(ctx context.Context, locale string) error {
	if err := checkText("locale", locale, maxLocale); err != nil {
		return err
	}
	if locale == "" {
		return fmt.Errorf("%w locale: empty", ErrInvalid)
	}
	return p.changeState(ctx, collectionCritical, localeMutation(locale))
}

// SetTwentyFourHour makes the phone show times as 18:00, or as 6 pm.
func (p *Phone) SetTwentyFourHour(ctx context.Context, on bool) error {
	return p.changeState(ctx, collectionLow, appstate.Mutation{
		Index: []string{indexTimeFormat}, Version: 7,
		Value: &syncValue{TimeFormatAction: &waSyncAction.TimeFormatAction{IsTwentyFourHourFormatEnabled: proto.Bool(on)}},
	})
}

// SetUnarchiveChats says whether archived chats come back with a new message.
func (p *Phone) SetUnarchiveChats(ctx context.Context, on bool) error {
	return p.changeState(ctx, collectionLow, appstate.Mutation{
		Index: []string{indexUnarchiveChats}, Version: 4,
		Value: &syncValue{UnarchiveChatsSetting: &waSyncAction.UnarchiveChatsSetting{UnarchiveChats: proto.Bool(on)}},
	})
}

// EditLabel makes, changes or (Deleted) removes the label with this id; its Messages are not looked at.
func (p *Phone) EditLabel(ctx context.Context, id string, label Label) error {
	if err := checkLabel(id); err != nil {
		return err
	}
	if err := checkText("label's name", label.Name, maxName); err != nil {
		return err
	}
	if label.Color < 0 || label.Color > maxLabelColor {
		return fmt.Errorf("%w label's color: 0 to %d", ErrInvalid, maxLabelColor)
	}
	return p.changeState(ctx, collectionRegular, appstate.Mutation{
		Index: []string{indexLabelEdit, id}, Version: 3,
		Value: &syncValue{LabelEditAction: &waSyncAction.LabelEditAction{
			Name: proto.String(label.Name), Color: proto.Int32(label.Color), Deleted: proto.Bool(label.Deleted),
		}},
	})
}

func checkLabel(id string) error {
	if id == "" || len(id) > maxLabelID || !utf8.ValidString(id) {
		return fmt.Errorf("%w label id: 1 to %d bytes", ErrInvalid, maxLabelID)
	}
	return nil
}

// LabelChat puts a label on a chat, or takes it off.
func (p *Phone) LabelChat(ctx context.Context, id, chat string, on bool) error {
	if err := checkLabel(id); err != nil {
		return err
	}
	jid, err := p.server().resolve(chat)
	if err != nil {
		return err
	}
	return p.changeState(ctx, collectionRegular, labelled(on, indexLabelChat, id, p.server().chatAs(jid, p.form()).String()))
}

// LabelMessage puts a label on a message, or takes it off. ErrNotFound.
func (p *Phone) LabelMessage(ctx context.Context, id, message string, on bool) error {
	if err := checkLabel(id); err != nil {
		return err
	}
	index, _, err := p.messageIndex(message)
	if err != nil {
		return err
	}
	// The last two parts are always 0, as both libraries write them.
	return p.changeState(ctx, collectionRegular, labelled(on, indexLabelMessage, id, index[0], message, "0", "0"))
}

func labelled(on bool, index ...string) appstate.Mutation {
	return appstate.Mutation{
		Index: index, Version: 3,
		Value: &syncValue{LabelAssociationAction: &waSyncAction.LabelAssociationAction{Labeled: proto.Bool(on)}},
	}
}
