package simulator

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waCompanionReg"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
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
	sent     int
	arrived  map[string]struct{}
	complete bool
}

// HistoryState is a phone's past and how far its clients have it.
type HistoryState struct {
	Chats    int                   `json:"chats"` // that were given by SetHistory
	Messages int                   `json:"messages"`
	Clients  []HistoryClientStatus `json:"clients"`
}

// HistoryClientStatus counts the parts of history that a linked client was sent and those that it has taken note of.
// Complete says that the phone has sent all that a new client gets.
type HistoryClientStatus struct {
	Device   int  `json:"device"`
	Sent     int  `json:"sent"`
	Arrived  int  `json:"arrived"`
	Complete bool `json:"complete"`
}

// History tells of the phone's past.
func (p *Phone) History() HistoryState {
	out := HistoryState{Clients: []HistoryClientStatus{}}
	for _, d := range p.account.linked() {
		d.mu.Lock()
		out.Clients = append(out.Clients, HistoryClientStatus{int(d.id), d.history.sent, len(d.history.arrived), d.history.complete})
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
	err = history.Link(limits, p.server().clock.Now(), around, chats, func(part history.Part) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return p.sendPart(ctx, d, part, "")
	})
	if err == nil {
		d.mu.Lock()
		d.history.complete = true
		d.mu.Unlock()
	}
	return err
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
