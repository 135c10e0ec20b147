package whatsmeow

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/json"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/appstate"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waServerSync"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine"
)

// witness is a sink that checks what it gets, and a log that knows whether
// something panicked.
type witness struct {
	recorder
	tb testing.TB

	mu       sync.Mutex
	panicked string
}

func (w *witness) Deliver(_ context.Context, facts ...engine.Fact) error {
	for _, fact := range facts {
		w.check(fact)
	}
	return nil
}

func (w *witness) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("panic")) {
		w.mu.Lock()
		w.panicked = string(line)
		w.mu.Unlock()
	}
	return len(line), nil
}

// quiet fails if something panicked, which the session survives.
func (w *witness) quiet(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Empty(t, w.panicked)
}

// check requires that a fact can be stored by any database.
func (w *witness) check(fact engine.Fact) {
	_, err := json.Marshal(fact)
	require.NoError(w.tb, err)
	if m, ok := fact.(engine.Incoming); ok {
		require.NotEmpty(w.tb, m.Kind)
		require.NotEmpty(w.tb, string(m.Chat.Phone)+string(m.Chat.LID)+string(m.Chat.Room))
		m.Content = nil // is stored in an encoding that takes anything
		fact = m
	}
	texts(reflect.ValueOf(fact), func(text string) {
		if !sound(text) {
			w.tb.Errorf("%T has a text that can't be stored: %q", fact, text)
		}
	})
}

// texts calls see with every text in a value.
func texts(v reflect.Value, see func(string)) {
	switch v.Kind() {
	case reflect.String:
		see(v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			texts(v.Elem(), see)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			texts(v.Field(i), see)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			texts(v.Index(i), see)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			texts(key, see)
			texts(v.MapIndex(key), see)
		}
	default:
	}
}

// linked returns a session of a linked device that is not connected.
func linked(tb testing.TB) (*session, *witness) {
	tb.Helper()
	w := &witness{tb: tb}
	s := offline(tb, &w.recorder, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(w, nil)) })
	device := s.client.provider.container.NewDevice()
	jid := types.NewADJID("27821110001", 0, 7)
	device.ID, device.LID = &jid, types.NewJID("111", types.HiddenUserServer)
	device.Account = &waAdv.ADVSignedDeviceIdentity{
		Details: []byte{1}, AccountSignature: make([]byte, 64), AccountSignatureKey: make([]byte, 32), DeviceSignature: make([]byte, 64),
	}
	require.NoError(tb, s.client.provider.container.PutDevice(tb.Context(), device))
	own, err := s.client.newSession(device, w)
	require.NoError(tb, err)
	tb.Cleanup(own.cancel)
	return own, w
}

func them2(server string) types.JID { return types.NewJID("27832220002", server) }

// stanzas are what WhatsApp sends, of every kind that we make something of.
func stanzas() []waBinary.Node {
	from, lid, group, channel := them2(types.DefaultUserServer), types.NewJID("222", types.HiddenUserServer), types.NewJID("120363", types.GroupServer), types.NewJID("120364", types.NewsletterServer)
	text, _ := proto.Marshal(text("Low tide at six"))
	attrs := func(more waBinary.Attrs) waBinary.Attrs {
		all := waBinary.Attrs{"id": "3EB0AA", "from": from, "t": "1700000000"}
		for name, value := range more {
			all[name] = value
		}
		return all
	}
	notice := func(kind string, from types.JID, content ...waBinary.Node) waBinary.Node {
		return waBinary.Node{Tag: "notification", Attrs: attrs(waBinary.Attrs{"type": kind, "from": from, "participant": lid, "participant_pn": them2(types.DefaultUserServer), "notify": "Sipho"}), Content: content}
	}
	node := func(tag string, attrs waBinary.Attrs, content any) waBinary.Node {
		return waBinary.Node{Tag: tag, Attrs: attrs, Content: content}
	}
	enc := node("enc", waBinary.Attrs{"v": "2", "type": "msg", "decrypt-fail": "show"}, []byte("ciphertext"))
	person := node("participant", waBinary.Attrs{"jid": lid, "phone_number": from, "type": "admin"}, nil)
	return []waBinary.Node{
		node("message", attrs(waBinary.Attrs{"type": "text", "notify": "Sipho", "sender_lid": lid}), []waBinary.Node{enc}),
		node("message", attrs(waBinary.Attrs{"type": "text", "from": group, "participant": lid, "addressing_mode": "lid"}), []waBinary.Node{node("unavailable", waBinary.Attrs{"type": "view_once"}, nil)}),
		node("message", attrs(waBinary.Attrs{"type": "text", "from": channel, "server_id": 100}), []waBinary.Node{
			node("plaintext", nil, text), node("meta", waBinary.Attrs{"msg_edit_t": "1700000000000"}, nil),
		}),
		node("receipt", attrs(waBinary.Attrs{"type": "read"}), []waBinary.Node{node("list", nil, []waBinary.Node{node("item", waBinary.Attrs{"id": "3EB0AB"}, nil)})}),
		node("receipt", attrs(waBinary.Attrs{"from": group}), []waBinary.Node{
			node("participants", waBinary.Attrs{"key": "3EB0AC"}, []waBinary.Node{node("user", waBinary.Attrs{"jid": lid, "t": "1700000000"}, nil)}),
		}),
		node("call", attrs(nil), []waBinary.Node{node("offer", waBinary.Attrs{"call-id": "C1", "call-creator": from, "group-jid": group}, []waBinary.Node{node("video", nil, nil)})}),
		node("call", attrs(nil), []waBinary.Node{node("terminate", waBinary.Attrs{"call-id": "C1", "call-creator": lid, "reason": "timeout"}, nil)}),
		notice("w:gp2", group, node("subject", waBinary.Attrs{"subject": "Viewing", "s_t": "1700000000", "s_o": lid}, nil)),
		notice("w:gp2", group, node("description", waBinary.Attrs{"id": "D1"}, []waBinary.Node{node("body", nil, []byte("Bring a pen"))})),
		notice("w:gp2", group, node("add", nil, []waBinary.Node{person})),
		notice("w:gp2", group, node("created_membership_requests", nil, []waBinary.Node{node("requested_user", waBinary.Attrs{"jid": lid}, nil)})),
		notice("w:gp2", group, node("create", waBinary.Attrs{"type": "new", "key": "K"}, []waBinary.Node{
			node("group", waBinary.Attrs{"id": "120363", "creation": "1700000000", "creator": lid, "s_t": "1700000000", "s_o": lid, "subject": "Viewing", "addressing_mode": "lid"}, []waBinary.Node{person}),
		})),
		notice("picture", from, node("set", waBinary.Attrs{"jid": from, "id": "77", "author": from}, nil)),
		notice("status", from, node("set", nil, []byte("At the harbour"))),
		notice("mediaretry", from, node("rmr", waBinary.Attrs{"jid": from, "from_me": "false"}, nil), node("error", waBinary.Attrs{"code": "2"}, nil)),
		notice("newsletter", channel, node("live_updates", nil, []waBinary.Node{node("messages", nil, nil)})),
		notice("mex", types.ServerJID, node("update", waBinary.Attrs{"op_name": "NotificationNewsletterJoin"}, []byte(`{"data":{"xwa2_notify_newsletter_on_join":{"id":"120364@newsletter","thread_metadata":{"name":{"text":"Harbour"}},"viewer_metadata":{"role":"SUBSCRIBER"}}}}`))),
		notice("mex", types.ServerJID, node("update", nil, []byte(`{"data":{"xwa2_notify_account_reachout_timelock":{"is_active":true,"time_enforcement_ends":"1700000000","enforcement_type":"BIZ"}}}`))),
		notice("privacy_token", from, node("tokens", nil, []waBinary.Node{node("token", waBinary.Attrs{"type": "trusted_contact", "t": "1700000000"}, []byte("token"))})),
		node("blocklist", waBinary.Attrs{"dhash": "a", "action": "modify"}, []waBinary.Node{node("item", waBinary.Attrs{"jid": from, "action": "block"}, nil)}),
		node("chatstate", waBinary.Attrs{"from": from}, []waBinary.Node{node("composing", nil, nil)}),
		node("presence", waBinary.Attrs{"from": from, "last": "1700000000"}, nil),
		node("ib", nil, []waBinary.Node{node("offline_preview", waBinary.Attrs{"count": "5", "message": "3", "receipt": "1", "notification": "1", "appdata": "0"}, nil)}),
		node("ib", nil, []waBinary.Node{node("offline", waBinary.Attrs{"count": "5"}, nil)}),
	}
}

// FuzzStanza: nothing that WhatsApp, or who plays it, sends makes us fail, or
// store what can't be stored.
func FuzzStanza(f *testing.F) {
	for _, node := range stanzas() {
		data, err := waBinary.Marshal(node)
		require.NoError(f, err)
		f.Add(data)
	}
	s, w := linked(f)
	//lint:ignore SA1019 it is a test
	inner := s.wm.DangerousInternals()
	handlers := map[string]func(context.Context, *waBinary.Node){
		"message": inner.HandleEncryptedMessage, "status": inner.HandleUnencryptedMessage, "receipt": inner.HandleReceipt,
		"call": inner.HandleCallEvent, "notification": inner.HandleNotification, "blocklist": inner.HandleBlocklist,
		"chatstate": inner.HandleChatState, "presence": inner.HandlePresence, "ib": inner.HandleIB,
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w.tb = t
		var node *waBinary.Node
		err := safely(func() (err error) { // the library's decoder panics itself, and only WhatsApp makes frames
			node, err = waBinary.Unmarshal(data[min(len(data), 1):])
			return err
		})
		if err != nil {
			return
		}
		s.acks.received(node)
		// What the library itself can't bear it catches, or its own reading does; we
		// look at what comes to us.
		if handle := handlers[node.Tag]; handle != nil && !besideReading(node) {
			_ = safely(func() error { handle(s.ctx, node); return nil })
		}
		s.acks.sending(&waBinary.Node{Tag: "ack", Attrs: waBinary.Attrs{
			"class": node.Tag, "id": node.Attrs["id"], "to": node.Attrs["from"], "participant": node.Attrs["participant"],
		}})
		w.quiet(t)
	})
}

// besideReading says whether the library handles a notification in a goroutine of
// its own, whose panic would end the test.
func besideReading(node *waBinary.Node) bool {
	if node.Tag != "notification" {
		return false
	}
	switch node.AttrGetter().OptionalString("type") {
	case "encrypt", "server_sync", "account_sync", "link_code_companion_reg", "crsc_continuation":
		return true
	}
	return false
}

// contents are messages of every kind.
func contents() []*waE2E.Message {
	around := &waE2E.ContextInfo{StanzaID: proto.String("A1"), Participant: proto.String("222@lid"), MentionedJID: []string{"222@lid", "x"}, Expiration: proto.Uint32(86400)}
	target := &waCommon.MessageKey{ID: proto.String("A1"), RemoteJID: proto.String("222@lid"), Participant: proto.String("333@lid"), FromMe: proto.Bool(true)}
	file := []byte("hash")
	return []*waE2E.Message{
		text("Hi"),
		{ExtendedTextMessage: &waE2E.ExtendedTextMessage{Text: proto.String("Hi"), MatchedText: proto.String("https://x"), Title: proto.String("t"), JPEGThumbnail: file, ContextInfo: around}},
		{ImageMessage: &waE2E.ImageMessage{Caption: proto.String("c"), Mimetype: proto.String("image/jpeg"), FileLength: proto.Uint64(1 << 60), MediaKey: file, ViewOnce: proto.Bool(true), ContextInfo: around}},
		{VideoMessage: &waE2E.VideoMessage{Seconds: proto.Uint32(1 << 31), GifPlayback: proto.Bool(true)}},
		{AudioMessage: &waE2E.AudioMessage{PTT: proto.Bool(true), Waveform: file}},
		{DocumentMessage: &waE2E.DocumentMessage{FileName: proto.String("lease.pdf"), PageCount: proto.Uint32(3)}},
		{StickerMessage: &waE2E.StickerMessage{IsAnimated: proto.Bool(true)}},
		{LocationMessage: &waE2E.LocationMessage{DegreesLatitude: proto.Float64(-33.9), Name: proto.String("n")}},
		{LiveLocationMessage: &waE2E.LiveLocationMessage{Caption: proto.String("n")}},
		{ContactsArrayMessage: &waE2E.ContactsArrayMessage{DisplayName: proto.String("2"), Contacts: []*waE2E.ContactMessage{{DisplayName: proto.String("A"), Vcard: proto.String("BEGIN:VCARD\nTEL;waid=27:+27\nEND:VCARD")}}}},
		{PollCreationMessageV3: &waE2E.PollCreationMessage{Name: proto.String("When?"), Options: []*waE2E.PollCreationMessage_Option{{OptionName: proto.String("Sat")}}}},
		{PollUpdateMessage: &waE2E.PollUpdateMessage{PollCreationMessageKey: target, Vote: &waE2E.PollEncValue{EncPayload: file, EncIV: file}}},
		{ReactionMessage: &waE2E.ReactionMessage{Key: target, Text: proto.String("👍"), SenderTimestampMS: proto.Int64(1)}},
		{EncReactionMessage: &waE2E.EncReactionMessage{TargetMessageKey: target, EncPayload: file, EncIV: file}},
		{ProtocolMessage: &waE2E.ProtocolMessage{Key: target, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(), EditedMessage: text("Better")}},
		{ProtocolMessage: &waE2E.ProtocolMessage{Key: target, Type: waE2E.ProtocolMessage_REVOKE.Enum()}},
		{ProtocolMessage: &waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum(), HistorySyncNotification: &waE2E.HistorySyncNotification{Progress: proto.Uint32(200), ChunkOrder: proto.Uint32(1 << 31)}}},
		{SecretEncryptedMessage: &waE2E.SecretEncryptedMessage{TargetMessageKey: target, SecretEncType: waE2E.SecretEncryptedMessage_MESSAGE_EDIT.Enum()}},
		{EphemeralMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{ViewOnceMessageV2: &waE2E.FutureProofMessage{Message: text("deep")}}}},
		{ListMessage: &waE2E.ListMessage{Title: proto.String("t"), Sections: []*waE2E.ListMessage_Section{{Rows: []*waE2E.ListMessage_Row{{Title: proto.String("r"), RowID: proto.String("1")}}}}}},
		{ButtonsMessage: &waE2E.ButtonsMessage{ContentText: proto.String("t"), Buttons: []*waE2E.ButtonsMessage_Button{{ButtonID: proto.String("1")}}}},
		{InteractiveMessage: &waE2E.InteractiveMessage{Body: &waE2E.InteractiveMessage_Body{Text: proto.String("t")}}},
		{DeviceSentMessage: &waE2E.DeviceSentMessage{DestinationJID: proto.String("x"), Message: text("Mine")}},
	}
}

// FuzzMessage: whatever a message holds.
func FuzzMessage(f *testing.F) {
	for i, message := range contents() {
		raw, err := proto.Marshal(message)
		require.NoError(f, err)
		f.Add(raw, "27832220002@s.whatsapp.net", "27832220002@s.whatsapp.net", "Sipho", uint8(i))
		f.Add(raw, "120363@g.us", "222@lid", "\x00\xff", uint8(i))
	}
	s, w := linked(f)
	f.Fuzz(func(t *testing.T, raw []byte, chat, sender, name string, flags uint8) {
		w.tb = t
		var message waE2E.Message
		if proto.Unmarshal(raw, &message) != nil {
			return
		}
		info := types.MessageInfo{ID: name + "1", PushName: name, Timestamp: time.Unix(1_700_000_000, 0)}
		info.Chat, info.Sender = jidIn(chat), jidIn(sender)
		info.IsFromMe, info.IsGroup = flags&1 != 0, info.Chat.Server == types.GroupServer
		evt := &events.Message{Info: info, RawMessage: &message}
		if flags&2 != 0 {
			evt.UnavailableRequestID = "R1"
		}
		s.handle(evt.UnwrapRaw())
		w.quiet(t)
	})
}

// FuzzState: changes of app state.
func FuzzState(f *testing.F) {
	actions := []*waSyncAction.SyncActionValue{
		{ArchiveChatAction: &waSyncAction.ArchiveChatAction{Archived: proto.Bool(true), MessageRange: &waSyncAction.SyncActionMessageRange{LastMessageTimestamp: proto.Int64(1)}}},
		{PinAction: &waSyncAction.PinAction{Pinned: proto.Bool(true)}},
		{MuteAction: &waSyncAction.MuteAction{Muted: proto.Bool(true), MuteEndTimestamp: proto.Int64(-1)}},
		{StarAction: &waSyncAction.StarAction{Starred: proto.Bool(true)}},
		{LabelEditAction: &waSyncAction.LabelEditAction{Name: proto.String("n"), Color: proto.Int32(-5)}},
		{ContactAction: &waSyncAction.ContactAction{FullName: proto.String("n"), LidJID: proto.String("222@lid"), PnJID: proto.String("x")}},
		{PushNameSetting: &waSyncAction.PushNameSetting{Name: proto.String("n")}},
		{ClearChatAction: &waSyncAction.ClearChatAction{}},
		{DeleteChatAction: &waSyncAction.DeleteChatAction{}},
		{DeleteMessageForMeAction: &waSyncAction.DeleteMessageForMeAction{DeleteMedia: proto.Bool(true)}},
		{LabelAssociationAction: &waSyncAction.LabelAssociationAction{Labeled: proto.Bool(true)}},
		{UserStatusMuteAction: &waSyncAction.UserStatusMuteAction{Muted: proto.Bool(true)}},
		{UnarchiveChatsSetting: &waSyncAction.UnarchiveChatsSetting{UnarchiveChats: proto.Bool(true)}},
		{PnForLidChatAction: &waSyncAction.PnForLidChatAction{PnJID: proto.String("27832220002@s.whatsapp.net")}},
	}
	indexes := []string{
		appstate.IndexArchive, appstate.IndexPin, appstate.IndexMute, appstate.IndexStar, appstate.IndexLabelEdit, appstate.IndexContact,
		appstate.IndexSettingPushName, appstate.IndexClearChat, appstate.IndexDeleteChat, appstate.IndexDeleteMessageForMe,
		appstate.IndexLabelAssociationChat, appstate.IndexUserStatusMute, appstate.IndexSettingUnarchiveChats, appstate.IndexPNForLIDChat,
		appstate.IndexMarkChatAsRead, appstate.IndexLIDContact, appstate.IndexLabelAssociationMessage,
	}
	for i, index := range indexes {
		raw, err := proto.Marshal(actions[i%len(actions)])
		require.NoError(f, err)
		f.Add(index+" 27832220002@s.whatsapp.net A1 1 222@lid", raw, true)
		f.Add(index, raw, false)
	}
	s, w := linked(f)
	f.Fuzz(func(t *testing.T, index string, raw []byte, set bool) {
		w.tb = t
		var action waSyncAction.SyncActionValue
		if proto.Unmarshal(raw, &action) != nil {
			return
		}
		m := appstate.Mutation{Index: strings.Split(index, " "), Action: &action, Operation: waServerSync.SyncdMutation_REMOVE}
		if set {
			m.Operation = waServerSync.SyncdMutation_SET
		}
		fact, _, err := s.stateFact(t.Context(), &m, engine.Synced(set))
		require.NoError(t, err)
		if fact != nil {
			w.check(fact)
		}
	})
}

// FuzzHistory: a part of a phone's history, as it is inflated.
func FuzzHistory(f *testing.F) {
	web := &waWeb.WebMessageInfo{
		Key: &waCommon.MessageKey{ID: proto.String("H1"), RemoteJID: proto.String("27832220002@s.whatsapp.net")}, Message: text("hello"),
		MessageTimestamp: proto.Uint64(1_700_000_000), PushName: proto.String("Sipho"), Status: waWeb.WebMessageInfo_READ.Enum(),
		Reactions: []*waWeb.Reaction{{Key: &waCommon.MessageKey{ID: proto.String("R1")}, Text: proto.String("👍")}},
	}
	for _, part := range []*waHistorySync.HistorySync{
		{SyncType: waHistorySync.HistorySync_INITIAL_BOOTSTRAP.Enum(), Conversations: []*waHistorySync.Conversation{
			{ID: proto.String("27832220002@s.whatsapp.net"), Name: proto.String("S"), UnreadCount: proto.Uint32(1 << 31), Messages: []*waHistorySync.HistorySyncMsg{{Message: web}}},
			{ID: proto.String("120363@g.us"), Messages: []*waHistorySync.HistorySyncMsg{{Message: web}}},
		}},
		{SyncType: waHistorySync.HistorySync_PUSH_NAME.Enum(), Pushnames: []*waHistorySync.Pushname{{ID: proto.String("222@lid"), Pushname: proto.String("S")}}},
		{SyncType: waHistorySync.HistorySync_RECENT.Enum(), PhoneNumberToLidMappings: []*waHistorySync.PhoneNumberToLIDMapping{{PnJID: proto.String("27832220002@s.whatsapp.net"), LidJID: proto.String("222@lid")}}},
	} {
		raw, err := proto.Marshal(part)
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0x7f})
	s, w := linked(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		w.tb = t
		var deflated bytes.Buffer
		pressed := zlib.NewWriter(&deflated)
		_, err := pressed.Write(raw)
		require.NoError(t, err)
		require.NoError(t, pressed.Close())
		importer := &historyImport{
			session: s, phase: engine.HistoryInitial, file: &historyFile{ReadSeeker: bytes.NewReader(deflated.Bytes())},
			take: func(_ context.Context, facts []engine.Fact, _ float64) error { return w.Deliver(t.Context(), facts...) },
		}
		if err := importer.run(t.Context()); err != nil {
			require.NotEmpty(t, engine.MessageOf(err))
		}
		w.quiet(t)
		// So is what is kept as it came: a phone's answer about a file, a secret.
		_, _ = s.client.ReadAnswer(raw, raw)
		_, _ = decodeSecret(raw)
	})
}
