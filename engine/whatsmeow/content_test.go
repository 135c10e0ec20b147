package whatsmeow

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine"
)

func key(id string) *waCommon.MessageKey { return &waCommon.MessageKey{ID: proto.String(id)} }

func text(s string) *waE2E.Message { return &waE2E.Message{Conversation: proto.String(s)} }

func TestContentOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		message *waE2E.Message
		want    content
	}{
		"conversation": {text("Hi"), content{kind: engine.KindText, text: "Hi"}},
		"extended text": {
			&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("Hi")}},
			content{kind: engine.KindText, text: "Hi"},
		},
		"answer": {
			&waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
				Text: proto.String("Yes"), ContextInfo: &waE2E.ContextInfo{StanzaID: proto.String("A1")},
			}},
			content{kind: engine.KindText, text: "Yes", more: engine.Content{Quote: &engine.Quote{WhatsAppID: "A1"}}},
		},
		"image": {
			&waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("Front")}},
			content{kind: engine.KindImage, text: "Front", more: engine.Content{Media: &engine.Media{}}},
		},
		"video":      {&waE2E.Message{VideoMessage: &waE2E.VideoMessage{}}, content{kind: engine.KindVideo, more: engine.Content{Media: &engine.Media{}}}},
		"video note": {&waE2E.Message{PtvMessage: &waE2E.VideoMessage{}}, content{kind: engine.KindVideo, more: engine.Content{Media: &engine.Media{}}}},
		"audio":      {&waE2E.Message{AudioMessage: &waE2E.AudioMessage{}}, content{kind: engine.KindAudio, more: engine.Content{Media: &engine.Media{}}}},
		"voice":      {&waE2E.Message{AudioMessage: &waE2E.AudioMessage{PTT: proto.Bool(true)}}, content{kind: engine.KindVoice, more: engine.Content{Media: &engine.Media{}}}},
		"document": {
			&waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{FileName: proto.String("lease.pdf")}},
			content{kind: engine.KindDocument, text: "lease.pdf", more: engine.Content{Media: &engine.Media{Name: "lease.pdf"}}},
		},
		"sticker": {&waE2E.Message{StickerMessage: &waE2E.StickerMessage{}}, content{kind: engine.KindSticker, more: engine.Content{Media: &engine.Media{}}}},
		"location": {
			&waE2E.Message{LocationMessage: &waE2E.LocationMessage{Address: proto.String("Main Road 1")}},
			content{kind: engine.KindLocation, text: "Main Road 1", more: engine.Content{Location: &engine.Location{Address: "Main Road 1"}}},
		},
		"live location": {&waE2E.Message{LiveLocationMessage: &waE2E.LiveLocationMessage{}}, content{kind: engine.KindLocation, more: engine.Content{Location: &engine.Location{Live: true}}}},
		"contact": {
			&waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: proto.String("Sipho")}},
			content{kind: engine.KindContact, text: "Sipho", more: engine.Content{Cards: []engine.Card{{Name: "Sipho"}}}},
		},
		"poll": {
			&waE2E.Message{PollCreationMessageV3: &waE2E.PollCreationMessage{Name: proto.String("When?")}},
			content{kind: engine.KindPoll, text: "When?", more: engine.Content{Poll: &engine.Poll{Options: []string{}}}},
		},
		"wrapped poll": {
			&waE2E.Message{PollCreationMessageV4: &waE2E.FutureProofMessage{Message: &waE2E.Message{
				PollCreationMessage: &waE2E.PollCreationMessage{Name: proto.String("When?")},
			}}},
			content{kind: engine.KindPoll, text: "When?", more: engine.Content{Poll: &engine.Poll{Options: []string{}}}},
		},
		"vote": {
			&waE2E.Message{PollUpdateMessage: &waE2E.PollUpdateMessage{PollCreationMessageKey: key("P1")}},
			content{kind: engine.KindUnknown, key: key("P1")},
		},
		"button": {
			&waE2E.Message{ListResponseMessage: &waE2E.ListResponseMessage{Title: proto.String("Two rooms")}},
			content{kind: engine.KindText, text: "Two rooms"},
		},
		"reaction": {
			&waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Key: key("M1"), Text: proto.String("👍")}},
			content{kind: engine.KindReaction, text: "👍", key: key("M1")},
		},
		"revoke": {
			&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{Key: key("M1"), Type: waE2E.ProtocolMessage_REVOKE.Enum()}},
			content{kind: engine.KindRevoke, key: key("M1")},
		},
		"edit": {
			&waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
				Key: key("M1"), Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: text("Better"),
			}},
			content{kind: engine.KindEdit, text: "Better", key: key("M1")},
		},
		"unknown": {&waE2E.Message{EventMessage: &waE2E.EventMessage{}}, content{kind: engine.KindUnknown}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := contentOf(test.message)
			require.True(t, ok)
			require.Equal(t, test.want, got)
		})
	}
}

func TestContentOfTheFuture(t *testing.T) {
	t.Parallel()
	var message waE2E.Message
	require.NoError(t, proto.Unmarshal([]byte{0xfa, 0xff, 0x03, 0x01, 'x'}, &message)) // a field that we don't know
	got, ok := contentOf(&message)
	require.True(t, ok)
	require.Equal(t, content{kind: engine.KindUnknown}, got)
}

func TestNotForPeople(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]*waE2E.Message{
		"nil":   nil,
		"empty": {},
		"secret": {
			MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: []byte{1}},
		},
		"sender key": {SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{}},
		"history": {ProtocolMessage: &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum(), HistorySyncNotification: &waE2E.HistorySyncNotification{},
		}},
		"app state keys": {ProtocolMessage: &waE2E.ProtocolMessage{
			Type: waE2E.ProtocolMessage_APP_STATE_SYNC_KEY_SHARE.Enum(), AppStateSyncKeyShare: &waE2E.AppStateSyncKeyShare{},
		}},
		"disappearing":   {ProtocolMessage: &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_EPHEMERAL_SETTING.Enum()}},
		"empty protocol": {ProtocolMessage: &waE2E.ProtocolMessage{}},
		"pin":            {PinInChatMessage: &waE2E.PinInChatMessage{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, ok := contentOf(message)
			require.False(t, ok)
		})
	}
}

func TestWrappersAreTakenOff(t *testing.T) {
	t.Parallel()
	wrap := func(m *waE2E.Message) *waE2E.FutureProofMessage { return &waE2E.FutureProofMessage{Message: m} }
	edit := &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Key: key("M1"), Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: text("Better"),
	}}
	image := &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("Once")}}
	document := &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{Caption: proto.String("Lease")}}
	for name, test := range map[string]struct {
		raw  *waE2E.Message
		kind engine.Kind
		text string
	}{
		"ephemeral":   {&waE2E.Message{EphemeralMessage: wrap(text("Gone soon"))}, engine.KindText, "Gone soon"},
		"view once":   {&waE2E.Message{ViewOnceMessageV2: wrap(image)}, engine.KindImage, "Once"},
		"edit":        {&waE2E.Message{EditedMessage: wrap(edit)}, engine.KindEdit, "Better"},
		"document":    {&waE2E.Message{DocumentWithCaptionMessage: wrap(document)}, engine.KindDocument, "Lease"},
		"of an album": {&waE2E.Message{AssociatedChildMessage: wrap(&waE2E.Message{DocumentWithCaptionMessage: wrap(document)})}, engine.KindDocument, "Lease"},
		"new wrapper": {&waE2E.Message{GroupStatusMessageV2: wrap(text("Tomorrow"))}, engine.KindText, "Tomorrow"},
		"device sent": {&waE2E.Message{DeviceSentMessage: &waE2E.DeviceSentMessage{Message: text("Mine")}}, engine.KindText, "Mine"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			evt := (&events.Message{RawMessage: test.raw}).UnwrapRaw()
			got, ok := contentOf(evt.Message)
			require.True(t, ok)
			require.Equal(t, test.kind, got.kind)
			require.Equal(t, test.text, got.text)
		})
	}
}
