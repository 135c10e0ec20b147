package simulator

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/history"
	"github.com/myaibud/aibud/engine/simulator/internal/media"
)

// receiptHistory says that a client has taken note of a part of the history.
const receiptHistory = "hist_sync"

const (
	// maxInline is how large the first part may be, compressed, to come within its message instead of as a file.
	maxInline = 16 << 10
	// maxHistoryDays bounds what a client may wish for.
	maxHistoryDays = 3650
	maxFirst       = 500
	// maxOnDemand bounds one request for older messages; clients ask for 50.
	maxOnDemand = 500
)

// historyWishes are what a client said of history when it was registered.
type historyWishes struct {
	limits history.Limits
	inline bool
}

func wishesOf(props *waCompanionReg.DeviceProps) historyWishes {
	c := props.GetHistorySyncConfig()
	return historyWishes{
		limits: history.Limits{
			Full: props.GetRequireFullSync(), FullDays: int(min(c.GetFullSyncDaysLimit(), maxHistoryDays)),
			RecentDays: int(min(c.GetRecentSyncDaysLimit(), maxHistoryDays)), First: int(min(c.GetInitialSyncMaxMessagesPerChat(), maxFirst)),
		},
		inline: c.GetInlineInitialPayloadInE2EeMsg(),
	}
}

// historyProgress is how far a client is.
type historyProgress struct {
	sent    int
	arrived map[string]struct{}
}

// HistoryState is a phone's past and how far its clients have it.
type HistoryState struct {
	Chats    int                   `json:"chats"` // that were given by SetHistory
	Messages int                   `json:"messages"`
	Clients  []HistoryClientStatus `json:"clients"`
}

// HistoryClientStatus counts the parts of history that a linked client was sent and those that it has taken note of.
type HistoryClientStatus struct {
	Device  int `json:"device"`
	Sent    int `json:"sent"`
	Arrived int `json:"arrived"`
}

// History tells of the phone's past.
func (p *Phone) History() HistoryState {
	out := HistoryState{Clients: []HistoryClientStatus{}}
	for _, d := range p.account.linked() {
		d.mu.Lock()
		out.Clients = append(out.Clients, HistoryClientStatus{int(d.id), d.history.sent, len(d.history.arrived)})
		d.mu.Unlock()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	out.Chats = len(p.past.chats)
	for _, c := range p.past.chats {
		out.Messages += c.Len()
	}
	return out
}

// historySecrets go to every linked client with the first part.
type historySecrets struct {
	nonce  string
	salt   []byte
	thread []byte
}

func newHistorySecrets() (*historySecrets, error) {
	var raw [96]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return nil, fmt.Errorf("draw the history's secrets: %w", err)
	}
	return &historySecrets{base64.RawURLEncoding.EncodeToString(raw[:32]), raw[32:64], raw[64:96]}, nil
}

// tellHistory sends a new client the past, in a goroutine of its own: the client has other things to ask meanwhile.
func (p *Phone) tellHistory(d *device) {
	s := p.server()
	if !s.track() {
		return
	}
	go func() {
		defer s.wg.Done()
		if err := p.sendHistory(s.ctx, d); err != nil && s.ctx.Err() == nil {
			s.log.Warn("phone could not send its history", "error", err)
		}
	}()
}

func (p *Phone) sendHistory(ctx context.Context, d *device) error {
	chats, around, err := p.remember()
	if err != nil {
		return err
	}
	limits := d.wishes.limits
	limits.PartBytes = p.server().cfg.HistoryPart
	return history.Link(limits, p.server().clock.Now(), around, chats, func(part history.Part) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return p.sendPart(ctx, d, part, "")
	})
}

// sendPart uploads a part of the history, or puts it into the message if it is small, and tells the client of it.
// request is the message that asked for it, if one did.
func (p *Phone) sendPart(ctx context.Context, d *device, part history.Part, request string) error {
	n := &waE2E.HistorySyncNotification{
		SyncType: waE2E.HistorySyncType(part.Type).Enum(), ChunkOrder: proto.Uint32(part.Order), Progress: proto.Uint32(part.Progress),
		PeerDataRequestSessionID: orNil(request),
	}
	if part.Oldest > 0 {
		n.OldestMsgInChunkTimestampSec = proto.Int64(int64(part.Oldest))
	}
	if part.Type == waHistorySync.HistorySync_INITIAL_BOOTSTRAP && d.wishes.inline && len(part.Data) <= maxInline {
		n.InitialHistBootstrapInlinePayload = part.Data
	} else {
		file, err := p.upload(media.History, part.Data)
		if err != nil {
			return err
		}
		n.DirectPath, n.MediaKey, n.EncHandle = proto.String(file.DirectPath), file.Key, proto.String(file.Handle)
		n.FileSHA256, n.FileEncSHA256, n.FileLength = file.SHA256, file.EncSHA256, proto.Uint64(file.Length)
	}
	d.mu.Lock()
	d.history.sent++
	d.mu.Unlock()
	return p.peer(ctx, d, historyMessage(n))
}

func historyMessage(n *waE2E.HistorySyncNotification) *waE2E.Message {
	return &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_HISTORY_SYNC_NOTIFICATION.Enum(), HistorySyncNotification: n,
	}}
}

// historyArrived notes that a client has taken note of a part.
func (p *Phone) historyArrived(n *binary.Node) {
	from, _ := jidAttr(n, "from")
	d := p.server().directory.device(from)
	if d == nil || d.account != p.account {
		return
	}
	if p.historySent(attr(n, "id")) == nil {
		return
	}
	d.mu.Lock()
	if d.history.arrived == nil {
		d.history.arrived = make(map[string]struct{})
	}
	d.history.arrived[attr(n, "id")] = struct{}{}
	d.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.announce()
}

// historySent is what was told of a part in the message with this id; nil if the phone sent no such message.
func (p *Phone) historySent(id string) *waE2E.HistorySyncNotification {
	p.mu.Lock()
	sent, ok := p.sent.get(id)
	p.mu.Unlock()
	message := new(waE2E.Message)
	if !ok || !sent.peer || proto.Unmarshal(sent.raw, message) != nil {
		return nil
	}
	return message.GetProtocolMessage().GetHistorySyncNotification()
}

// repeatHistory sends a part again, with a new address, to a client that could not get its file.
func (p *Phone) repeatHistory(requester *device, n *binary.Node) {
	sent := p.historySent(attr(n, "id"))
	if sent == nil || len(sent.GetMediaKey()) == 0 || !readableRetry(n, sent, attr(n, "id")) {
		p.server().log.Info("history not sent again: unknown message or wrong key")
		return
	}
	again, err := p.server().media.Again(p.Number(), sent)
	if err != nil {
		p.server().log.Info("history not sent again", "error", err)
		return
	}
	sent.DirectPath, sent.EncHandle, sent.OriginalMessageID = proto.String(again.DirectPath), proto.String(again.Handle), proto.String(attr(n, "id"))
	if err = p.peer(p.server().ctx, requester, historyMessage(sent)); err != nil {
		p.server().log.Warn("history not sent again", "error", err)
	}
}

// historyOnDemand sends a client messages that are older than those it has of a chat.
func (p *Phone) historyOnDemand(got delivery, request *waE2E.PeerDataOperationRequestMessage_HistorySyncOnDemandRequest) {
	chat, err := p.rememberChat(request.GetChatJID())
	if err != nil || chat == nil {
		p.server().log.Info("no history of this chat", "error", err)
		return
	}
	count := int(min(max(request.GetOnDemandMsgCount(), 0), maxOnDemand))
	part, err := history.OnDemand(chat, request.GetOldestMsgID(), secondsOf(request.GetOldestMsgTimestampMS()), count)
	if err == nil {
		err = p.sendPart(p.server().ctx, got.sender, part, got.id)
	}
	if err != nil {
		p.server().log.Warn("older messages not sent", "error", err)
	}
}

// secondsOf reads a time that is called milliseconds and means seconds (whatsmeow, BuildHistorySyncRequest), but that
// some clients give in milliseconds.
func secondsOf(at int64) uint64 {
	const milli = 100_000_000_000 // as seconds, the year 5138
	if at > milli {
		at /= 1000
	}
	return uint64(max(at, 0))
}

// remember gives all conversations of the phone, the most recent first, and what goes with them.
func (p *Phone) remember() ([]*history.Chat, history.Around, error) {
	form := p.form()
	p.mu.Lock()
	given := p.past
	live, people := p.liveChats(form, nil)
	p.mu.Unlock()
	chats := make([]*history.Chat, 0, len(given.chats)+len(live))
	for _, c := range given.chats {
		merged, err := merge(c, live[c.ID])
		if err != nil {
			return nil, history.Around{}, err
		}
		delete(live, c.ID)
		chats = append(chats, merged)
	}
	for _, c := range live {
		fresh, err := history.NewChat(c)
		if err != nil {
			return nil, history.Around{}, fmt.Errorf("keep chat: %w", err)
		}
		chats = append(chats, fresh)
	}
	slices.SortStableFunc(chats, func(a, b *history.Chat) int {
		switch newer, older := b.Newest(), a.Newest(); {
		case newer > older:
			return 1
		case newer < older:
			return -1
		default:
			return 0
		}
	})
	maps.Copy(people, given.mention)
	people[p.account] = struct{}{}
	around, err := p.around(people)
	return chats, around, err
}

// rememberChat gives one conversation; nil if there is none.
func (p *Phone) rememberChat(address string) (*history.Chat, error) {
	jid, err := types.ParseJID(address)
	if err != nil {
		return nil, fmt.Errorf("%w address", ErrInvalid)
	}
	form := p.form()
	known := bare(jid)
	if chat, ok := p.server().chatOf(address); ok {
		known = chat
	}
	id := p.server().chatAs(known, form).String()
	p.mu.Lock()
	given := p.past.byID[id]
	live, _ := p.liveChats(form, &known)
	p.mu.Unlock()
	if given != nil {
		return merge(given, live[id])
	}
	if live[id] == nil {
		return nil, nil //nolint:nilnil // no such chat is no error
	}
	return history.NewChat(live[id])
}

// merge adds what was said since to a conversation of the past.
func merge(c *history.Chat, live *waHistorySync.Conversation) (*history.Chat, error) {
	if live == nil {
		return c, nil
	}
	whole, err := c.Decode()
	if err != nil {
		return nil, fmt.Errorf("read chat: %w", err)
	}
	slices.Reverse(whole.Messages)
	whole.Messages = append(whole.Messages, live.GetMessages()...)
	whole.UnreadCount = proto.Uint32(whole.GetUnreadCount() + live.GetUnreadCount())
	whole.ConversationTimestamp, whole.LastMsgTimestamp = live.ConversationTimestamp, live.LastMsgTimestamp
	return history.NewChat(whole)
}

// liveChats are the conversations that the phone itself had, or only one of them, by their ids, and who is in them. The
// caller holds p.mu.
func (p *Phone) liveChats(form types.JID, only *types.JID) (map[string]*waHistorySync.Conversation, map[*account]struct{}) {
	out, people := make(map[string]*waHistorySync.Conversation), make(map[*account]struct{})
	now := p.server().clock.Now()
	for _, m := range p.messages {
		if (only != nil && m.chat != *only) || m.chat.IsEmpty() || m.over(now) {
			continue
		}
		web := p.pastMessage(m, p.server().chatAs(m.chat, form))
		if web == nil {
			continue
		}
		id := web.GetKey().GetRemoteJID()
		c := out[id]
		if c == nil {
			c = &waHistorySync.Conversation{ID: proto.String(id), NotSpam: proto.Bool(true), UnreadCount: proto.Uint32(0)}
			if a := p.server().directory.find(m.chat); a != nil {
				pairAddresses(c, a, form)
				people[a] = struct{}{}
			}
			out[id] = c
		}
		if a := p.server().directory.number(m.From); a != nil {
			people[a] = struct{}{}
		}
		c.Messages = append(c.Messages, &waHistorySync.HistorySyncMsg{Message: web, MsgOrderID: proto.Uint64(uint64(m.Seq))})
		c.ConversationTimestamp, c.LastMsgTimestamp = web.MessageTimestamp, web.MessageTimestamp
		switch {
		case m.FromMe:
			c.UnreadCount = proto.Uint32(0)
		case !m.Has(ReceiptRead):
			c.UnreadCount = proto.Uint32(c.GetUnreadCount() + 1)
		}
	}
	return out, people
}

// pastMessage is a message as history tells it; nil for one that only did something to another message, which shows
// it. The caller holds p.mu.
func (p *Phone) pastMessage(m *Message, chat types.JID) *waWeb.WebMessageInfo {
	switch m.Kind {
	case KindReaction, KindVote, KindEdit, KindRevoke, KindPin, KindKeep, KindAttendance, KindTimer, KindProtocol:
		return nil
	}
	web := p.webMessage(m, chat)
	if web == nil {
		return nil
	}
	if m.FromMe {
		switch {
		case m.Has(ReceiptPlayed):
			web.Status = waWeb.WebMessageInfo_PLAYED.Enum()
		case m.Has(ReceiptRead):
			web.Status = waWeb.WebMessageInfo_READ.Enum()
		}
	}
	for _, r := range m.Reactions {
		web.Reactions = append(web.Reactions, p.pastReaction(web, r))
	}
	return web
}

func (p *Phone) pastReaction(web *waWeb.WebMessageInfo, r Reacted) *waWeb.Reaction {
	key := proto.CloneOf(web.GetKey())
	key.ID, key.FromMe, key.Participant = proto.String(newMessageID()), proto.Bool(r.From == p.Number()), nil
	if a := p.server().directory.number(r.From); a != nil && web.Participant != nil && !key.GetFromMe() {
		key.Participant = proto.String(a.hid().String())
	}
	return &waWeb.Reaction{Key: key, Text: proto.String(r.Emoji), SenderTimestampMS: proto.Int64(int64(web.GetMessageTimestamp()) * 1000)}
}

// around is what comes with the conversations.
func (p *Phone) around(people map[*account]struct{}) (history.Around, error) {
	secrets, err := p.historySecrets()
	if err != nil {
		return history.Around{}, err
	}
	first := &waHistorySync.HistorySync{
		CompanionMetaNonce: proto.String(secrets.nonce), NctSalt: secrets.salt,
		ThreadIDUserSecret: secrets.thread, ThreadDsTimeframeOffset: proto.Uint32(0),
		GlobalSettings: p.globalSettings(),
	}
	var out history.Around
	for a := range people {
		first.PhoneNumberToLidMappings = append(first.PhoneNumberToLidMappings, &waHistorySync.PhoneNumberToLIDMapping{
			PnJID: proto.String(a.pn().String()), LidJID: proto.String(a.hid().String()),
		})
		if a == p.account {
			continue // clients know their own person's name from the settings
		}
		out.PushNames = append(out.PushNames, &waHistorySync.Pushname{ID: proto.String(a.pn().String()), Pushname: proto.String(a.pushName())})
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for jid, name := range p.past.names {
		out.PushNames = append(out.PushNames, &waHistorySync.Pushname{ID: proto.String(jid.String()), Pushname: proto.String(name)})
	}
	out.First = first
	if len(p.past.former) > 0 {
		out.Later = &waHistorySync.HistorySync{PastParticipants: p.past.former}
	}
	return out, nil
}

func (p *Phone) historySecrets() (*historySecrets, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.past.secrets == nil {
		secrets, err := newHistorySecrets()
		if err != nil {
			return nil, err
		}
		p.past.secrets = secrets
	}
	return p.past.secrets, nil
}

func (p *Phone) globalSettings() *waHistorySync.GlobalSettings {
	everything := func() *waHistorySync.AutoDownloadSettings {
		return &waHistorySync.AutoDownloadSettings{
			DownloadImages: proto.Bool(true), DownloadAudio: proto.Bool(true), DownloadVideo: proto.Bool(true), DownloadDocuments: proto.Bool(true),
		}
	}
	out := &waHistorySync.GlobalSettings{
		MediaVisibility: waHistorySync.MediaVisibility_DEFAULT.Enum(), SecurityNotifications: proto.Bool(false),
		AutoDownloadWiFi: everything(), AutoDownloadCellular: everything(), AutoDownloadRoaming: new(waHistorySync.AutoDownloadSettings),
		AutoUnarchiveChats: proto.Bool(true),
	}
	if p.form().Server == types.HiddenUserServer {
		out.ChatDbLidMigrationTimestamp = proto.Int64(p.account.since.Unix())
	}
	p.account.mu.Lock()
	defer p.account.mu.Unlock()
	out.DisappearingModeDuration = proto.Int32(int32(p.account.timer.life.Seconds()))
	if !p.account.timer.at.IsZero() {
		out.DisappearingModeTimestamp = proto.Int64(p.account.timer.at.Unix())
	}
	return out
}
