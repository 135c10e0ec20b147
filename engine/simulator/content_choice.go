package simulator

import (
	"context"
	"fmt"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// Choice is something that can be tapped: a button, or a row of a list.
type Choice struct {
	ID          string `json:"id"`
	Text        string `json:"text"`
	Description string `json:"description,omitempty"`
	name        string // of the native flow that the button belongs to
}

// Buttons is a text with buttons below it, as businesses send them.
type Buttons struct {
	Text    string   `json:"text"`
	Footer  string   `json:"footer"`
	Choices []Choice `json:"choices"`
}

// List is a text with a button that opens rows to choose from, as businesses send them.
type List struct {
	Title   string   `json:"title"`
	Text    string   `json:"text"`
	Button  string   `json:"button"`
	Footer  string   `json:"footer"`
	Choices []Choice `json:"choices"`
}

// Tap answers a message that has Choices by tapping one of them.
type Tap struct {
	MessageID string `json:"message_id"`
	ID        string `json:"id"` // the choice's
}

const maxChoices = 100

func checkChoices(choices []Choice) error {
	if len(choices) == 0 || len(choices) > maxChoices {
		return fmt.Errorf("%w choices: 1 to %d", ErrInvalid, maxChoices)
	}
	known := make(map[string]bool)
	for _, c := range choices {
		if c.ID == "" || c.Text == "" || known[c.ID] {
			return fmt.Errorf("%w choice: each needs a text and an id of its own", ErrInvalid)
		}
		known[c.ID] = true
		if err := checkTexts(c.ID, c.Text, c.Description); err != nil {
			return err
		}
	}
	return nil
}

func (b Buttons) compose(context.Context, *draft) (*waE2E.Message, error) {
	if err := checkChoices(b.Choices); err != nil {
		return nil, err
	}
	if err := checkTexts(b.Text, b.Footer); err != nil {
		return nil, err
	}
	message := &waE2E.ButtonsMessage{
		ContentText: proto.String(b.Text), FooterText: orNil(b.Footer), HeaderType: waE2E.ButtonsMessage_EMPTY.Enum(),
	}
	for _, c := range b.Choices {
		message.Buttons = append(message.Buttons, &waE2E.ButtonsMessage_Button{
			ButtonID: proto.String(c.ID), Type: waE2E.ButtonsMessage_Button_RESPONSE.Enum(),
			ButtonText: &waE2E.ButtonsMessage_Button_ButtonText{DisplayText: proto.String(c.Text)},
		})
	}
	return &waE2E.Message{ButtonsMessage: message}, nil
}

func (l List) compose(context.Context, *draft) (*waE2E.Message, error) {
	if err := checkChoices(l.Choices); err != nil {
		return nil, err
	}
	if err := checkTexts(l.Title, l.Text, l.Button, l.Footer); err != nil {
		return nil, err
	}
	section := new(waE2E.ListMessage_Section)
	for _, c := range l.Choices {
		section.Rows = append(section.Rows, &waE2E.ListMessage_Row{
			RowID: proto.String(c.ID), Title: proto.String(c.Text), Description: orNil(c.Description),
		})
	}
	return &waE2E.Message{ListMessage: &waE2E.ListMessage{
		Title: proto.String(l.Title), Description: proto.String(l.Text), ButtonText: proto.String(l.Button),
		FooterText: orNil(l.Footer), ListType: waE2E.ListMessage_SINGLE_SELECT.Enum(),
		Sections: []*waE2E.ListMessage_Section{section},
	}}, nil
}

func (t Tap) compose(_ context.Context, d *draft) (*waE2E.Message, error) {
	target, err := d.target(t.MessageID)
	if err != nil {
		return nil, err
	}
	d.reply = &target
	for _, c := range target.Choices {
		if c.ID == t.ID {
			return c.answer(target.Kind), nil
		}
	}
	return nil, fmt.Errorf("choice %w: the message has none with this id", ErrNotFound)
}

// answer is what a phone sends when a choice of a message of this kind is tapped.
func (c Choice) answer(kind string) *waE2E.Message {
	switch kind {
	case KindList:
		return &waE2E.Message{ListResponseMessage: &waE2E.ListResponseMessage{
			Title: proto.String(c.Text), Description: orNil(c.Description),
			ListType:          waE2E.ListResponseMessage_SINGLE_SELECT.Enum(),
			SingleSelectReply: &waE2E.ListResponseMessage_SingleSelectReply{SelectedRowID: proto.String(c.ID)},
		}}
	case KindTemplate:
		return &waE2E.Message{TemplateButtonReplyMessage: &waE2E.TemplateButtonReplyMessage{
			SelectedID: proto.String(c.ID), SelectedDisplayText: proto.String(c.Text),
		}}
	case KindInteractive:
		return &waE2E.Message{InteractiveResponseMessage: &waE2E.InteractiveResponseMessage{
			Body: &waE2E.InteractiveResponseMessage_Body{Text: proto.String(c.Text)},
			InteractiveResponseMessage: &waE2E.InteractiveResponseMessage_NativeFlowResponseMessage_{
				NativeFlowResponseMessage: &waE2E.InteractiveResponseMessage_NativeFlowResponseMessage{
					Name: proto.String(c.name), ParamsJSON: proto.String(c.params()), Version: proto.Int32(nativeFlowVersion),
				},
			},
		}}
	default:
		return &waE2E.Message{ButtonsResponseMessage: &waE2E.ButtonsResponseMessage{
			SelectedButtonID: proto.String(c.ID), Type: waE2E.ButtonsResponseMessage_DISPLAY_TEXT.Enum(),
			Response: &waE2E.ButtonsResponseMessage_SelectedDisplayText{SelectedDisplayText: c.Text},
		}}
	}
}
