package whatsmeow

import (
	"cmp"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/myaibud/aibud/engine"
)

// content is what a message says.
type content struct {
	kind engine.Kind
	text string
	more engine.Content       // what there is beyond the text
	key  *waCommon.MessageKey // the message it changes, as its writer names it
}

// plain says whether the text is all there is.
func (c *content) plain() bool {
	return c.kind == engine.KindText && c.more.Empty()
}

// contentOf reads a message. It reports false for one that is not for people:
// keys, settings, history, pins, and what only says that an album of so many
// files follows, or is one of them in a better quality (twin).
func contentOf(msg *waE2E.Message) (content, bool) {
	if msg = opened(msg); msg == nil || twin(msg) {
		return content{}, false
	}
	for _, read := range []func(*waE2E.Message) (content, bool){textOf, mediaOf, cardOf, menuOf, choiceOf, aboutAnother} {
		if c, ok := read(msg); ok {
			c.around(contextOf(msg))
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
		return content{kind: engine.KindText, text: msg.GetConversation()}, true
	case msg.ExtendedTextMessage != nil:
		extended := msg.GetExtendedTextMessage()
		c := content{kind: engine.KindText, text: extended.GetText()}
		if extended.GetMatchedText() != "" {
			c.more.Link = &engine.Link{
				URL: clean(extended.GetMatchedText()), Title: clean(extended.GetTitle()), Description: clean(extended.GetDescription()),
			}
		}
		return c, true
	}
	return content{}, false
}

// cardOf reads places, people and polls.
func cardOf(msg *waE2E.Message) (content, bool) {
	if place, text := placeOf(msg); place != nil {
		return content{kind: engine.KindLocation, text: text, more: engine.Content{Location: place}}, true
	}
	if cards := cardsOf(msg); len(cards) > 0 {
		return content{kind: engine.KindContact, text: cards[0].Name, more: engine.Content{Cards: cards}}, true
	}
	if poll, ok := pollOf(msg); ok {
		options := make([]string, 0, len(poll.GetOptions()))
		for _, option := range poll.GetOptions() {
			options = append(options, option.GetOptionName()) // not cleaned: votes name options by their hash
		}
		return content{kind: engine.KindPoll, text: poll.GetName(), more: engine.Content{Poll: &engine.Poll{
			Options: options, Selectable: int(poll.GetSelectableOptionsCount()),
		}}}, true
	}
	return content{}, false
}

// placeOf reads a location, and what is written beside it. One that is not on
// the globe is none.
func placeOf(msg *waE2E.Message) (*engine.Location, string) {
	if place := msg.GetLocationMessage(); place != nil && onEarth(place.GetDegreesLatitude(), place.GetDegreesLongitude()) {
		return &engine.Location{
			Latitude: place.GetDegreesLatitude(), Longitude: place.GetDegreesLongitude(),
			Name: clean(place.GetName()), Address: clean(place.GetAddress()), Live: place.GetIsLive(),
		}, cmp.Or(place.GetName(), place.GetAddress(), place.GetComment())
	}
	if live := msg.GetLiveLocationMessage(); live != nil && onEarth(live.GetDegreesLatitude(), live.GetDegreesLongitude()) {
		return &engine.Location{
			Latitude: live.GetDegreesLatitude(), Longitude: live.GetDegreesLongitude(),
			Live: true, Accuracy: int(live.GetAccuracyInMeters()),
		}, live.GetCaption()
	}
	return nil, ""
}

func cardsOf(msg *waE2E.Message) []engine.Card {
	list := msg.GetContactsArrayMessage().GetContacts()
	if one := msg.GetContactMessage(); one != nil {
		list = []*waE2E.ContactMessage{one}
	}
	cards := make([]engine.Card, 0, len(list))
	for _, card := range list {
		cards = append(cards, engine.Card{Name: clean(card.GetDisplayName()), VCard: clean(card.GetVcard())})
	}
	return cards
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

// aboutAnother reads what changes another message. Votes, and what is
// encrypted once more, are for the session to read: see unsealed.
func aboutAnother(msg *waE2E.Message) (content, bool) {
	switch {
	case msg.ReactionMessage != nil:
		reaction := msg.GetReactionMessage()
		return content{kind: engine.KindReaction, text: reaction.GetText(), key: reaction.GetKey()}, true
	case msg.PollUpdateMessage != nil:
		return content{kind: engine.KindUnknown, key: msg.GetPollUpdateMessage().GetPollCreationMessageKey()}, true
	case msg.SecretEncryptedMessage != nil:
		return content{kind: engine.KindUnknown, key: msg.GetSecretEncryptedMessage().GetTargetMessageKey()}, true
	case msg.ProtocolMessage != nil:
		return protocolOf(msg.GetProtocolMessage())
	}
	return content{}, false
}

// protocolOf reads edits and revokes among the messages that programs send
// each other.
func protocolOf(msg *waE2E.ProtocolMessage) (content, bool) {
	switch msg.GetType() {
	case waE2E.ProtocolMessage_REVOKE:
		// The zero value of the type: a key must say which message is meant.
		return content{kind: engine.KindRevoke, key: msg.GetKey()}, msg.GetKey().GetID() != ""
	case waE2E.ProtocolMessage_MESSAGE_EDIT:
		edited, _ := contentOf(msg.GetEditedMessage())
		return content{kind: engine.KindEdit, text: edited.text, key: msg.GetKey()}, true
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
		"rootSecretDistributeMessage", "limitSharingMessage", "albumMessage":
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
