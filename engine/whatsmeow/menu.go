package whatsmeow

import (
	"cmp"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"github.com/myaibud/aibud/engine"
)

// menuOf reads what a business offers to choose from: a text with buttons or
// a list.
func menuOf(msg *waE2E.Message) (content, bool) {
	switch {
	case msg.ButtonsMessage != nil:
		return buttonsOf(msg.GetButtonsMessage()), true
	case msg.ListMessage != nil:
		return listOf(msg.GetListMessage()), true
	case msg.TemplateMessage != nil:
		return templateOf(msg.GetTemplateMessage()), true
	case msg.InteractiveMessage != nil:
		return interactiveOf(msg.GetInteractiveMessage()), true
	}
	return content{}, false
}

func menu(text, title, footer string, options []string) content {
	for i := range options {
		options[i] = clean(options[i])
	}
	if options == nil {
		options = []string{}
	}
	return content{kind: engine.KindText, text: cmp.Or(text, title), more: engine.Content{Menu: &engine.Menu{
		Title: clean(title), Footer: clean(footer), Options: options,
	}}}
}

func buttonsOf(msg *waE2E.ButtonsMessage) content {
	var options []string
	for _, button := range msg.GetButtons() {
		options = append(options, button.GetButtonText().GetDisplayText())
	}
	return menu(msg.GetContentText(), msg.GetText(), msg.GetFooterText(), options)
}

func listOf(msg *waE2E.ListMessage) content {
	var options []string
	for _, section := range msg.GetSections() {
		for _, row := range section.GetRows() {
			options = append(options, row.GetTitle())
		}
	}
	return menu(msg.GetDescription(), msg.GetTitle(), msg.GetFooterText(), options)
}

func templateOf(msg *waE2E.TemplateMessage) content {
	if msg.GetInteractiveMessageTemplate() != nil {
		return interactiveOf(msg.GetInteractiveMessageTemplate())
	}
	template := cmp.Or(msg.GetHydratedTemplate(), msg.GetHydratedFourRowTemplate())
	var options []string
	for _, button := range template.GetHydratedButtons() {
		options = append(options, cmp.Or(button.GetQuickReplyButton().GetDisplayText(),
			button.GetUrlButton().GetDisplayText(), button.GetCallButton().GetDisplayText()))
	}
	return menu(template.GetHydratedContentText(), template.GetHydratedTitleText(), template.GetHydratedFooterText(), options)
}

func interactiveOf(msg *waE2E.InteractiveMessage) content {
	var options []string
	for _, button := range msg.GetNativeFlowMessage().GetButtons() {
		options = append(options, button.GetName())
	}
	return menu(msg.GetBody().GetText(), msg.GetHeader().GetTitle(), msg.GetFooter().GetText(), options)
}

// choiceOf reads what a person chose from a menu: a text, as the person sees
// it.
func choiceOf(msg *waE2E.Message) (content, bool) {
	text := cmp.Or(
		msg.GetButtonsResponseMessage().GetSelectedDisplayText(),
		msg.GetTemplateButtonReplyMessage().GetSelectedDisplayText(),
		msg.GetListResponseMessage().GetTitle(),
		msg.GetInteractiveResponseMessage().GetBody().GetText(),
	)
	return content{kind: engine.KindText, text: text}, text != ""
}
