package simulator

import (
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waWeb"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// peerMessage acts on what one of the phone's own clients asks of it.
func (p *Phone) peerMessage(got delivery, message *waE2E.Message) {
	if got.sender.account != p.account {
		return
	}
	protocol := message.GetProtocolMessage()
	switch request := protocol.GetPeerDataOperationRequestMessage(); {
	case protocol.GetAppStateSyncKeyRequest() != nil:
		p.stateKeysWanted(got.sender, protocol.GetAppStateSyncKeyRequest())
	case protocol.GetAppStateSyncKeyShare() != nil:
		p.stateKeysGiven(got.sender, protocol.GetAppStateSyncKeyShare())
	case protocol.GetAppStateFatalExceptionNotification() != nil:
		p.resetState("a client asks for it", protocol.GetAppStateFatalExceptionNotification().GetCollectionNames())
	case request != nil:
		p.peerRequest(got, request)
	default:
		p.server().log.Debug("peer message ignored", "type", protocol.GetType().String())
	}
}

// peerRequest answers a client that asks for data which only the phone has.
func (p *Phone) peerRequest(got delivery, request *waE2E.PeerDataOperationRequestMessage) {
	switch kind := request.GetPeerDataOperationRequestType(); kind {
	case waE2E.PeerDataOperationRequestType_PLACEHOLDER_MESSAGE_RESEND:
		p.answerPeer(got, kind, p.resendPlaceholders(request.GetPlaceholderMessageResendRequest()))
	case waE2E.PeerDataOperationRequestType_COMPANION_SYNCD_SNAPSHOT_FATAL_RECOVERY:
		p.recoverState(got, kind, request.GetSyncdCollectionFatalRecoveryRequest().GetCollectionName())
	case waE2E.PeerDataOperationRequestType_HISTORY_SYNC_ON_DEMAND:
		p.historyOnDemand(got, request.GetHistorySyncOnDemandRequest())
	default:
		p.server().log.Debug("peer request ignored", "type", kind.String())
	}
}

// peerResults are the parts of an answer to a peer request.
type peerResults = []*waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult

// answerPeer sends the answer to a peer request; the request's message id says to which.
func (p *Phone) answerPeer(got delivery, kind waE2E.PeerDataOperationRequestType, results peerResults) {
	err := p.peer(p.server().ctx, got.sender, &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Type: waE2E.ProtocolMessage_PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE.Enum(),
		PeerDataOperationRequestResponseMessage: &waE2E.PeerDataOperationRequestResponseMessage{
			PeerDataOperationRequestType: kind.Enum(), StanzaID: proto.String(got.id), PeerDataOperationResult: results,
		},
	}})
	if err != nil {
		p.server().log.Warn("peer request not answered", "error", err)
	}
}

// maxPlaceholders is how many messages a client may ask for at once.
const maxPlaceholders = 100

// resendPlaceholders finds messages that a client has only as placeholders. What it may not have (seen once only,
// deleted, disappeared) or what the phone does not know is a result without a message.
func (p *Phone) resendPlaceholders(
	wanted []*waE2E.PeerDataOperationRequestMessage_PlaceholderMessageResendRequest,
) peerResults {
	now := p.server().clock.Now()
	var out peerResults
	for _, request := range wanted[:min(len(wanted), maxPlaceholders)] {
		result := new(waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult)
		out = append(out, result)
		key := request.GetMessageKey()
		chat, err := types.ParseJID(key.GetRemoteJID())
		if err != nil {
			continue
		}
		p.mu.Lock()
		m := p.own(chat, key)
		var web *waWeb.WebMessageInfo
		if m != nil && !m.ViewOnce && !m.over(now) {
			web = p.webMessage(m, chat)
		}
		p.mu.Unlock()
		if web == nil {
			continue
		}
		if raw, err := proto.Marshal(web); err == nil {
			result.PlaceholderMessageResendResponse = &waE2E.PeerDataOperationRequestResponseMessage_PeerDataOperationResult_PlaceholderMessageResendResponse{
				WebMessageInfoBytes: raw,
			}
		}
	}
	return out
}

// own finds a message by a key that is written from the account's own point of view. The caller holds p.mu.
func (p *Phone) own(chat types.JID, key *waCommon.MessageKey) *Message {
	known, ok := p.server().chatOf(chat.String())
	if !ok {
		return nil
	}
	return p.aimedAt(&Message{From: p.Number(), chat: known}, key)
}

// webMessage is a message in the form in which phones hand it to their own clients; chat is the chat's address in the
// form that the client uses. nil if nothing is left of it. The caller holds p.mu.
func (p *Phone) webMessage(m *Message, chat types.JID) *waWeb.WebMessageInfo {
	content := m.written()
	if content == nil {
		return nil
	}
	web := &waWeb.WebMessageInfo{
		Key:              &waCommon.MessageKey{RemoteJID: proto.String(bare(chat).String()), FromMe: proto.Bool(m.FromMe), ID: proto.String(m.ID)},
		Message:          content,
		MessageTimestamp: proto.Uint64(uint64(m.Timestamp.Unix())),
		Status:           waWeb.WebMessageInfo_DELIVERY_ACK.Enum(),
		MessageSecret:    m.secret,
	}
	author := p.server().chatAs(m.author, chat)
	switch {
	case m.FromMe:
		web.OriginalSelfAuthorUserJIDString = proto.String(author.String())
	case p.server().directory.find(chat) == nil:
		web.Participant, web.Key.Participant = proto.String(author.String()), proto.String(author.String())
	}
	if from := p.server().directory.number(m.From); from != nil && !m.FromMe {
		web.PushName = proto.String(from.pushName())
	}
	return web
}
