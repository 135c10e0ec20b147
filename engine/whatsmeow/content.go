package whatsmeow

import (
	"cmp"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/myaibud/aibud/engine"
)

// content is what a message says.
type content struct {
	kind   engine.Kind
	text   string
	target string // the message it is about
	plain  bool   // the text is all there is to it
}

// contentOf reads a message whose wrappers (ephemeral, view once, sent by
// another device …) the library has taken off. It reports false for one that
// is not for people: keys, settings, history, pins.
func contentOf(msg *waE2E.Message) (content, bool) {
	if msg == nil {
		return content{}, false
	}
	for _, read := range []func(*waE2E.Message) (content, bool){textOf, mediaOf, cardOf, choiceOf, aboutAnother} {
		if c, ok := read(msg); ok {
			return c, true
		}
	}
	if !saysSomething(msg) {
		return content{}, false
	}
	return content{kind: engine.KindUnknown}, true
}

// textOf reads texts.
func textOf(msg *waE2E.Message) (content, bool) {
	switch {
	case msg.GetConversation() != "":
		return content{kind: engine.KindText, text: msg.GetConversation(), plain: true}, true
	case msg.ExtendedTextMessage != nil:
		extended := msg.GetExtendedTextMessage()
		// An answer names the message it answers; that is more than text.
		quotes := extended.GetContextInfo().GetStanzaID() != ""
		return content{kind: engine.KindText, text: extended.GetText(), plain: !quotes}, true
	}
	return content{}, false
}

// mediaOf reads what has a file.
func mediaOf(msg *waE2E.Message) (content, bool) {
	switch {
	case msg.ImageMessage != nil:
		return content{kind: engine.KindImage, text: msg.GetImageMessage().GetCaption()}, true
	case msg.VideoMessage != nil:
		return content{kind: engine.KindVideo, text: msg.GetVideoMessage().GetCaption()}, true
	case msg.PtvMessage != nil:
		return content{kind: engine.KindVideo, text: msg.GetPtvMessage().GetCaption()}, true
	case msg.AudioMessage != nil:
		if msg.GetAudioMessage().GetPTT() {
			return content{kind: engine.KindVoice}, true
		}
		return content{kind: engine.KindAudio}, true
	case msg.DocumentMessage != nil:
		document := msg.GetDocumentMessage()
		return content{kind: engine.KindDocument, text: cmp.Or(document.GetCaption(), document.GetFileName(), document.GetTitle())}, true
	case msg.StickerMessage != nil:
		return content{kind: engine.KindSticker}, true
	}
	return content{}, false
}

// cardOf reads places, people and polls.
func cardOf(msg *waE2E.Message) (content, bool) {
	switch {
	case msg.LocationMessage != nil:
		location := msg.GetLocationMessage()
		return content{kind: engine.KindLocation, text: cmp.Or(location.GetName(), location.GetAddress(), location.GetComment())}, true
	case msg.LiveLocationMessage != nil:
		return content{kind: engine.KindLocation, text: msg.GetLiveLocationMessage().GetCaption()}, true
	case msg.ContactMessage != nil:
		return content{kind: engine.KindContact, text: msg.GetContactMessage().GetDisplayName()}, true
	case msg.ContactsArrayMessage != nil:
		return content{kind: engine.KindContact, text: msg.GetContactsArrayMessage().GetDisplayName()}, true
	}
	if poll, ok := pollOf(msg); ok {
		return content{kind: engine.KindPoll, text: poll.GetName()}, true
	}
	return content{}, false
}

// pollOf returns the poll of a message. WhatsApp has given polls several
// fields over time; the fourth is wrapped.
func pollOf(msg *waE2E.Message) (*waE2E.PollCreationMessage, bool) {
	wrapped := msg.GetPollCreationMessageV4().GetMessage()
	poll := cmp.Or(
		msg.GetPollCreationMessage(), msg.GetPollCreationMessageV2(), msg.GetPollCreationMessageV3(),
		msg.GetPollCreationMessageV5(), msg.GetPollCreationMessageV6(),
		wrapped.GetPollCreationMessage(), wrapped.GetPollCreationMessageV3(),
	)
	return poll, poll != nil
}

// choiceOf reads what a person chose from the buttons of a business message:
// a text, as the person sees it.
func choiceOf(msg *waE2E.Message) (content, bool) {
	text := cmp.Or(
		msg.GetButtonsResponseMessage().GetSelectedDisplayText(),
		msg.GetTemplateButtonReplyMessage().GetSelectedDisplayText(),
		msg.GetListResponseMessage().GetTitle(),
		msg.GetInteractiveResponseMessage().GetBody().GetText(),
	)
	return content{kind: engine.KindText, text: text}, text != ""
}

// aboutAnother reads what changes another message.
func aboutAnother(msg *waE2E.Message) (content, bool) {
	switch {
	case msg.ReactionMessage != nil:
		reaction := msg.GetReactionMessage()
		return content{kind: engine.KindReaction, text: reaction.GetText(), target: reaction.GetKey().GetID()}, true
	case msg.PollUpdateMessage != nil:
		// A vote; it is encrypted once more.
		return content{kind: engine.KindUnknown, target: msg.GetPollUpdateMessage().GetPollCreationMessageKey().GetID()}, true
	case msg.SecretEncryptedMessage != nil:
		return content{kind: engine.KindUnknown, target: msg.GetSecretEncryptedMessage().GetTargetMessageKey().GetID()}, true
	case msg.ProtocolMessage != nil:
		return protocolOf(msg.GetProtocolMessage())
	}
	return content{}, false
}

// protocolOf reads edits and revokes among the messages that programs send
// each other.
func protocolOf(msg *waE2E.ProtocolMessage) (content, bool) {
	target := msg.GetKey().GetID()
	switch msg.GetType() {
	case waE2E.ProtocolMessage_REVOKE:
		// The zero value of the type: a key must say which message is meant.
		return content{kind: engine.KindRevoke, target: target}, target != ""
	case waE2E.ProtocolMessage_MESSAGE_EDIT:
		edited, _ := contentOf(msg.GetEditedMessage())
		return content{kind: engine.KindEdit, text: edited.text, target: target}, true
	default:
		return content{}, false
	}
}

// silent are the fields of a message that people never see.
func silent(name protoreflect.Name) bool {
	switch name {
	case "protocolMessage", "senderKeyDistributionMessage", "fastRatchetKeySenderKeyDistributionMessage",
		"messageContextInfo", "deviceSentMessage", "pinInChatMessage", "keepInChatMessage",
		"stickerSyncRmrMessage", "messageHistoryBundle", "messageHistoryNotice", "groupRootKeyShare",
		"rootSecretDistributeMessage", "limitSharingMessage":
		return true
	}
	return false
}

// saysSomething says whether a message has anything that people might see,
// known to us or not.
func saysSomething(msg *waE2E.Message) bool {
	found := len(msg.ProtoReflect().GetUnknown()) > 0
	msg.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		found = found || !silent(field.Name())
		return !found
	})
	return found
}
