package simulator

import (
	"encoding/json"

	"go.mau.fi/whatsmeow/proto/waE2E"
)

// nativeFlowVersion is what phones write into their answers to native flow buttons.
const nativeFlowVersion = 3

// flowParams are the parameters of a native flow button of the name quick_reply, and of the answer to it.
type flowParams struct {
	ID   string `json:"id"`
	Text string `json:"display_text,omitempty"`
}

func (c Choice) params() string {
	// A struct of two texts can always be encoded.
	raw, _ := json.Marshal(flowParams{ID: c.ID})
	return string(raw)
}

// showChoices shows messages that offer something to tap.
func (m *Message) showChoices(c *waE2E.Message) bool {
	switch {
	case c.ButtonsMessage != nil:
		m.Kind, m.Text = KindButtons, c.GetButtonsMessage().GetContentText()
		for _, b := range firstOf(c.GetButtonsMessage().GetButtons(), maxShown) {
			m.Choices = append(m.Choices, Choice{ID: b.GetButtonID(), Text: b.GetButtonText().GetDisplayText()})
		}
	case c.ListMessage != nil:
		m.Kind, m.Text = KindList, c.GetListMessage().GetDescription()
		for _, section := range firstOf(c.GetListMessage().GetSections(), maxShown) {
			for _, row := range firstOf(section.GetRows(), maxShown-min(len(m.Choices), maxShown)) {
				m.Choices = append(m.Choices, Choice{ID: row.GetRowID(), Text: row.GetTitle(), Description: row.GetDescription()})
			}
		}
	case c.TemplateMessage != nil:
		m.showTemplate(c.GetTemplateMessage())
	case c.InteractiveMessage != nil:
		m.Kind, m.Text = KindInteractive, c.GetInteractiveMessage().GetBody().GetText()
		for _, b := range firstOf(c.GetInteractiveMessage().GetNativeFlowMessage().GetButtons(), maxShown) {
			var params flowParams
			if json.Unmarshal([]byte(b.GetButtonParamsJSON()), &params) != nil {
				continue // shown without the button that nobody can read
			}
			m.Choices = append(m.Choices, Choice{ID: params.ID, Text: params.Text, name: b.GetName()})
		}
	default:
		return false
	}
	return true
}

func (m *Message) showTemplate(template *waE2E.TemplateMessage) {
	rows := template.GetHydratedTemplate()
	if rows == nil {
		rows = template.GetHydratedFourRowTemplate()
	}
	m.Kind, m.Text = KindTemplate, rows.GetHydratedContentText()
	for _, b := range firstOf(rows.GetHydratedButtons(), maxShown) {
		if quick := b.GetQuickReplyButton(); quick != nil {
			m.Choices = append(m.Choices, Choice{ID: quick.GetID(), Text: quick.GetDisplayText()})
		}
	}
}

// showChosen shows what somebody tapped; the message that offered it is the one that is quoted.
func (m *Message) showChosen(c *waE2E.Message) bool {
	switch {
	case c.ButtonsResponseMessage != nil:
		answer := c.GetButtonsResponseMessage()
		m.Chosen = &Choice{ID: answer.GetSelectedButtonID(), Text: answer.GetSelectedDisplayText()}
	case c.ListResponseMessage != nil:
		answer := c.GetListResponseMessage()
		m.Chosen = &Choice{ID: answer.GetSingleSelectReply().GetSelectedRowID(), Text: answer.GetTitle(), Description: answer.GetDescription()}
	case c.TemplateButtonReplyMessage != nil:
		answer := c.GetTemplateButtonReplyMessage()
		m.Chosen = &Choice{ID: answer.GetSelectedID(), Text: answer.GetSelectedDisplayText()}
	case c.InteractiveResponseMessage != nil:
		answer := c.GetInteractiveResponseMessage()
		var params flowParams
		if json.Unmarshal([]byte(answer.GetNativeFlowResponseMessage().GetParamsJSON()), &params) != nil {
			params.ID = "" // shown as an answer without a choice
		}
		m.Chosen = &Choice{ID: params.ID, Text: answer.GetBody().GetText()}
	default:
		return false
	}
	m.Kind, m.Text, m.Target = KindChoice, m.Chosen.Text, m.ReplyTo
	return true
}
