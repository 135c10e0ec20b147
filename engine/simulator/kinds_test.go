package simulator_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator"
)

const vcard = "BEGIN:VCARD\nVERSION:3.0\nFN:Anna\nTEL:+1\nEND:VCARD"

// TestPhoneWritesEveryKind checks what a client gets of all that a person can write on a phone.
//
// covers: events.Message
func TestPhoneWritesEveryKind(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	start := time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)
	rows := []simulator.Choice{{ID: "a", Text: "Yes"}, {ID: "b", Text: "No", Description: "never"}}
	for _, test := range []struct {
		content   simulator.Content
		kind, typ string
		media     string // attribute mediatype
		said      func(m *waE2E.Message) string
		equal     string
	}{
		{content: simulator.Text{Body: "words"}, kind: "text", typ: "text", equal: "words", said: (*waE2E.Message).GetConversation},
		{
			content: simulator.Text{Body: "see https://aibud.test/x", Preview: &simulator.Preview{URL: "https://aibud.test/x", Title: "A page"}},
			kind:    "text", typ: "media", media: "url", equal: "A page",
			said: func(m *waE2E.Message) string { return m.GetExtendedTextMessage().GetTitle() },
		},
		{
			content: simulator.Location{Latitude: -33.9, Longitude: 18.4, Name: "Harbour"}, kind: "location", typ: "media", media: "location",
			equal: "Harbour", said: func(m *waE2E.Message) string { return m.GetLocationMessage().GetName() },
		},
		{
			content: simulator.Location{Latitude: 1, Live: true, Sequence: 3, Name: "on my way"}, kind: "live_location", typ: "media",
			media: "livelocation", equal: "on my way", said: func(m *waE2E.Message) string { return m.GetLiveLocationMessage().GetCaption() },
		},
		{
			content: simulator.Contacts{{Name: "Anna", VCard: vcard}}, kind: "contact", typ: "media", media: "vcard",
			equal: vcard, said: func(m *waE2E.Message) string { return m.GetContactMessage().GetVcard() },
		},
		{
			content: simulator.Contacts{{Name: "Anna", Number: leadNumber}, {Name: "Ben", VCard: vcard}}, kind: "contact", typ: "media",
			media: "contact_array", equal: "Ben",
			said: func(m *waE2E.Message) string { return m.GetContactsArrayMessage().GetContacts()[1].GetDisplayName() },
		},
		{
			content: simulator.Poll{Name: "Lunch?", Options: []string{"yes", "no"}, Selectable: 1}, kind: "poll", typ: "poll",
			equal: "no", said: func(m *waE2E.Message) string { return m.GetPollCreationMessageV3().GetOptions()[1].GetOptionName() },
		},
		{
			content: simulator.Poll{Name: "Days?", Options: []string{"Mon", "Tue"}}, kind: "poll", typ: "poll",
			equal: "Days?", said: func(m *waE2E.Message) string { return m.GetPollCreationMessage().GetName() },
		},
		{
			content: simulator.Occasion{Name: "Viewing", Start: start, Location: &simulator.Location{Name: "Flat"}}, kind: "occasion", typ: "event",
			equal: "Viewing Flat", said: func(m *waE2E.Message) string {
				return m.GetEventMessage().GetName() + " " + m.GetEventMessage().GetLocation().GetName()
			},
		},
		{
			content: simulator.Buttons{Text: "Agreed?", Footer: "small", Choices: rows}, kind: "buttons", typ: "text",
			equal: "Yes", said: func(m *waE2E.Message) string {
				return m.GetButtonsMessage().GetButtons()[0].GetButtonText().GetDisplayText()
			},
		},
		{
			content: simulator.List{Title: "T", Text: "Pick", Button: "Open", Choices: rows}, kind: "list", typ: "media", media: "list",
			equal: "never", said: func(m *waE2E.Message) string {
				return m.GetListMessage().GetSections()[0].GetRows()[1].GetDescription()
			},
		},
		{
			content: simulator.Raw{Message: &waE2E.Message{PlaceholderMessage: &waE2E.PlaceholderMessage{}}}, kind: "placeholder", typ: "text",
			equal: "MASK_LINKED_DEVICES", said: func(m *waE2E.Message) string { return m.GetPlaceholderMessage().GetType().String() },
		},
	} {
		id := w.tell(test.content)
		got := w.client.gets(id)
		require.Equal(t, test.equal, test.said(got.Message), test.kind)
		require.Equal(t, test.typ, got.Info.Type, test.kind)
		require.Equal(t, test.media, got.Info.MediaType, test.kind)
		for _, p := range []*simulator.Phone{w.lead, w.agent} {
			require.Equal(t, test.kind, sees(t, p, id).Kind)
		}
	}
	shown := w.agent.Messages(0)
	require.Equal(t, "https://aibud.test/x", shown[1].Preview.URL)
	require.InDelta(t, -33.9, shown[2].Location.Latitude, 0.001)
	require.True(t, shown[3].Location.Live)
	require.Len(t, shown[5].Contacts, 2)
	require.Contains(t, shown[5].Contacts[0].VCard, "waid="+leadNumber)
	require.Equal(t, start, shown[8].Occasion.Start)
	require.Equal(t, rows, shown[10].Choices)
}

// TestPhoneSendsFiles checks that a client downloads what a person's phone sent, whatever it is.
//
// covers: events.Message Download
func TestPhoneSendsFiles(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	data := portrait(t, 7)
	sum := sha256.Sum256(data)
	for _, test := range []struct {
		media     simulator.Media
		mediatype string
		file      func(m *waE2E.Message) whatsmeow.DownloadableMessage
	}{
		{simulator.Media{Kind: simulator.KindImage, Caption: "look"}, "image", func(m *waE2E.Message) whatsmeow.DownloadableMessage { return m.GetImageMessage() }},
		{simulator.Media{Kind: simulator.KindVideo, Caption: "film", Seconds: 3}, "video", func(m *waE2E.Message) whatsmeow.DownloadableMessage { return m.GetVideoMessage() }},
		{simulator.Media{Kind: simulator.KindVideo, GIF: true}, "gif", func(m *waE2E.Message) whatsmeow.DownloadableMessage { return m.GetVideoMessage() }},
		{simulator.Media{Kind: simulator.KindVideoNote}, "ptv", func(m *waE2E.Message) whatsmeow.DownloadableMessage { return m.GetPtvMessage() }},
		{simulator.Media{Kind: simulator.KindAudio, Seconds: 9}, "audio", func(m *waE2E.Message) whatsmeow.DownloadableMessage { return m.GetAudioMessage() }},
		{simulator.Media{Kind: simulator.KindVoice, Seconds: 2}, "ptt", func(m *waE2E.Message) whatsmeow.DownloadableMessage { return m.GetAudioMessage() }},
		{simulator.Media{Kind: simulator.KindDocument, Filename: "a.pdf"}, "document", func(m *waE2E.Message) whatsmeow.DownloadableMessage { return m.GetDocumentMessage() }},
		{simulator.Media{Kind: simulator.KindDocument, Caption: "terms", Mimetype: "application/pdf"}, "document", func(m *waE2E.Message) whatsmeow.DownloadableMessage { return m.GetDocumentMessage() }},
		{simulator.Media{Kind: simulator.KindSticker}, "sticker", func(m *waE2E.Message) whatsmeow.DownloadableMessage { return m.GetStickerMessage() }},
	} {
		test.media.Data = data
		id := w.tell(test.media)
		got := w.client.gets(id)
		require.Equal(t, test.mediatype, got.Info.MediaType)
		require.Equal(t, "media", got.Info.Type)
		file, err := w.client.Download(patient(t), test.file(got.Message))
		require.NoError(t, err)
		require.Equal(t, data, file)
		shown := sees(t, w.agent, id)
		require.Equal(t, test.media.Kind, shown.Kind)
		require.Equal(t, test.media.Caption, shown.Text)
		require.Equal(t, hex.EncodeToString(sum[:]), shown.Media.SHA256)
		require.EqualValues(t, len(data), shown.Media.Size)
		require.Equal(t, test.media.Seconds, shown.Media.Seconds)
		require.Equal(t, test.media.Filename, shown.Media.Filename)
		require.Equal(t, test.media.GIF, shown.Media.GIF)
		require.NotEmpty(t, shown.Media.Mimetype)
		own, err := w.agent.File(patient(t), id)
		require.NoError(t, err)
		require.Equal(t, data, own)
	}
	require.Positive(t, w.agent.Messages(0)[0].Media.Width)
}

// TestClientWritesEveryKind checks what a phone shows of all that a client sends.
//
// covers: SendMessage BuildPollCreation Upload
func TestClientWritesEveryKind(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	data := picture(9)
	up, err := w.client.Upload(patient(t), data, whatsmeow.MediaImage)
	require.NoError(t, err)
	chosen := &waE2E.ContextInfo{StanzaID: proto.String("Q1")}
	for _, test := range []struct {
		kind, text string
		message    *waE2E.Message
	}{
		{"text", "plain", say("plain")},
		{"text", "extended", &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("extended")}}},
		{"image", "", &waE2E.Message{ImageMessage: imageMessage(up)}},
		{"text", "ephemeral", &waE2E.Message{EphemeralMessage: &waE2E.FutureProofMessage{Message: say("ephemeral")}}},
		{"location", "Pier", &waE2E.Message{LocationMessage: &waE2E.LocationMessage{Name: proto.String("Pier"), DegreesLatitude: proto.Float64(2)}}},
		{"contact", "Anna", &waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: proto.String("Anna"), Vcard: proto.String(vcard)}}},
		{"poll", "Which?", w.client.BuildPollCreation("Which?", []string{"a", "b"}, 1)},
		{"buttons", "tap", &waE2E.Message{ButtonsMessage: &waE2E.ButtonsMessage{ContentText: proto.String("tap")}}},
		{"interactive", "flow", &waE2E.Message{InteractiveMessage: &waE2E.InteractiveMessage{
			Body: &waE2E.InteractiveMessage_Body{Text: proto.String("flow")},
			InteractiveMessage: &waE2E.InteractiveMessage_NativeFlowMessage_{NativeFlowMessage: &waE2E.InteractiveMessage_NativeFlowMessage{
				Buttons: []*waE2E.InteractiveMessage_NativeFlowMessage_NativeFlowButton{{
					Name: proto.String("quick_reply"), ButtonParamsJSON: proto.String(`{"display_text":"Go","id":"go"}`),
				}, {Name: proto.String("cta_url"), ButtonParamsJSON: proto.String(`{`)}},
			}},
		}}},
		{"template", "rows", &waE2E.Message{TemplateMessage: &waE2E.TemplateMessage{HydratedTemplate: &waE2E.TemplateMessage_HydratedFourRowTemplate{
			HydratedContentText: proto.String("rows"), HydratedButtons: []*waE2E.HydratedTemplateButton{{
				HydratedButton: &waE2E.HydratedTemplateButton_QuickReplyButton{QuickReplyButton: &waE2E.HydratedTemplateButton_HydratedQuickReplyButton{
					DisplayText: proto.String("OK"), ID: proto.String("ok"),
				}},
			}},
		}}}},
		{"choice", "Yes", &waE2E.Message{ListResponseMessage: &waE2E.ListResponseMessage{Title: proto.String("Yes"), ContextInfo: chosen}}},
		{"placeholder", "", &waE2E.Message{PlaceholderMessage: &waE2E.PlaceholderMessage{}}},
		{"other", "", &waE2E.Message{Call: &waE2E.Call{}}},
	} {
		sent := w.client.says(w.lead.JID(), test.message)
		for _, p := range []*simulator.Phone{w.lead, w.agent} {
			got := sees(t, p, sent.ID)
			require.Equal(t, test.kind, got.Kind)
			require.Equal(t, test.text, got.Text)
			require.Equal(t, p == w.agent, got.FromMe)
		}
	}
	shown := w.lead.Messages(0)
	file, err := w.lead.File(patient(t), shown[2].ID)
	require.NoError(t, err)
	require.Equal(t, data, file)
	require.Equal(t, "Go", shown[8].Choices[0].Text)
	require.Equal(t, "ok", shown[9].Choices[0].ID)
	require.Equal(t, "Q1", shown[10].Target)
}

func TestPhoneRefusesBadContent(t *testing.T) {
	t.Parallel()
	s := start(t)
	lead := phone(t, s, leadNumber, "")
	phone(t, s, agentNumber, "")
	own, err := lead.SendText(patient(t), agentNumber, "mine")
	require.NoError(t, err)
	long := string(make([]rune, 65537))
	for i, bad := range []simulator.Content{
		nil,
		simulator.Text{},
		simulator.Text{Body: "\xff"},
		simulator.Text{Body: long},
		simulator.Text{Body: "x", Preview: &simulator.Preview{URL: "https://elsewhere.test"}},
		simulator.Location{Latitude: 91},
		simulator.Location{Accuracy: -1},
		simulator.Contacts{},
		simulator.Contacts{{Name: "x"}},
		simulator.Poll{Name: "x", Options: []string{"one"}},
		simulator.Poll{Name: "x", Options: []string{"a", "a"}},
		simulator.Poll{Name: "x", Options: []string{"a", "b"}, Selectable: 3},
		simulator.Poll{Name: "x", Options: []string{"a", "b"}, Selectable: -1},
		simulator.Occasion{Name: "x"},
		simulator.Buttons{Text: "x"},
		simulator.List{Text: "x", Choices: []simulator.Choice{{ID: "a"}}},
		simulator.Media{Kind: "hologram", Data: []byte{1}},
		simulator.Media{Kind: "image"},
		simulator.Media{Kind: "image", Data: []byte{1}, Mimetype: "?"},
		simulator.Media{Kind: "image", Data: []byte{1}, Width: -1},
		simulator.Raw{},
		simulator.Timer{Seconds: -1},
		simulator.Timer{Seconds: 1 << 40},
		simulator.Pin{MessageID: own, Seconds: -1},
		simulator.Vote{MessageID: own},
		simulator.Attendance{MessageID: own, Answer: "going"},
		simulator.Reaction{MessageID: own, Emoji: long},
		simulator.Edit{MessageID: own},
	} {
		_, err = lead.Send(patient(t), agentNumber, bad)
		require.ErrorIs(t, err, simulator.ErrInvalid, i)
	}
	for i, bad := range []simulator.Content{
		simulator.Vote{MessageID: "?"},
		simulator.Reaction{MessageID: "?"},
		simulator.Comment{MessageID: "?"},
		simulator.Edit{MessageID: "?"},
		simulator.Revoke{MessageID: "?"},
		simulator.Forward{MessageID: "?"},
		simulator.Pin{MessageID: "?"},
		simulator.Keep{MessageID: "?"},
		simulator.Tap{MessageID: own, ID: "?"},
		simulator.Attendance{MessageID: "?"},
	} {
		_, err = lead.Send(patient(t), agentNumber, bad)
		require.ErrorIs(t, err, simulator.ErrNotFound, i)
	}
	for i, option := range []simulator.Option{
		simulator.Forwarded(0), simulator.Forwarded(1 << 20), simulator.Expires(-time.Second), simulator.ViewOnce(),
		simulator.Mention(make([]string, 2000)...),
	} {
		_, err = lead.Send(patient(t), agentNumber, simulator.Text{Body: "x"}, option)
		require.ErrorIs(t, err, simulator.ErrInvalid, i)
	}
	_, err = lead.Send(patient(t), agentNumber, simulator.Text{Body: "x"}, simulator.ReplyTo("?"))
	require.ErrorIs(t, err, simulator.ErrNotFound)
	_, err = lead.Send(patient(t), agentNumber, simulator.Reaction{MessageID: own, Emoji: "👍"}, simulator.ReplyTo(own))
	require.ErrorIs(t, err, simulator.ErrInvalid)
	_, err = lead.Send(patient(t), types.NewJID("1", types.HiddenUserServer).String(), simulator.Text{Body: "x"})
	require.ErrorIs(t, err, simulator.ErrNotFound)
}
