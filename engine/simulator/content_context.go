package simulator

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/msgsecret"
)

// contextSlot is where a content keeps its surroundings (what it quotes, whom it mentions …); nil if it has no place
// for them.
func contextSlot(m *waE2E.Message) **waE2E.ContextInfo {
	switch {
	case m.GetExtendedTextMessage() != nil:
		return &m.ExtendedTextMessage.ContextInfo
	case m.GetImageMessage() != nil:
		return &m.ImageMessage.ContextInfo
	case m.GetVideoMessage() != nil:
		return &m.VideoMessage.ContextInfo
	case m.GetPtvMessage() != nil:
		return &m.PtvMessage.ContextInfo
	case m.GetAudioMessage() != nil:
		return &m.AudioMessage.ContextInfo
	case m.GetDocumentMessage() != nil:
		return &m.DocumentMessage.ContextInfo
	case m.GetStickerMessage() != nil:
		return &m.StickerMessage.ContextInfo
	case m.GetLocationMessage() != nil:
		return &m.LocationMessage.ContextInfo
	case m.GetLiveLocationMessage() != nil:
		return &m.LiveLocationMessage.ContextInfo
	case m.GetContactMessage() != nil:
		return &m.ContactMessage.ContextInfo
	case m.GetContactsArrayMessage() != nil:
		return &m.ContactsArrayMessage.ContextInfo
	case m.GetEventMessage() != nil:
		return &m.EventMessage.ContextInfo
	case pollOf(m) != nil:
		return &pollOf(m).ContextInfo
	default:
		return choiceContextSlot(m)
	}
}

func choiceContextSlot(m *waE2E.Message) **waE2E.ContextInfo {
	switch {
	case m.GetButtonsMessage() != nil:
		return &m.ButtonsMessage.ContextInfo
	case m.GetButtonsResponseMessage() != nil:
		return &m.ButtonsResponseMessage.ContextInfo
	case m.GetListMessage() != nil:
		return &m.ListMessage.ContextInfo
	case m.GetListResponseMessage() != nil:
		return &m.ListResponseMessage.ContextInfo
	case m.GetTemplateMessage() != nil:
		return &m.TemplateMessage.ContextInfo
	case m.GetTemplateButtonReplyMessage() != nil:
		return &m.TemplateButtonReplyMessage.ContextInfo
	case m.GetInteractiveMessage() != nil:
		return &m.InteractiveMessage.ContextInfo
	case m.GetInteractiveResponseMessage() != nil:
		return &m.InteractiveResponseMessage.ContextInfo
	default:
		return nil
	}
}

// deviceListVersion is the version of what a message says about the devices that it was encrypted for.
const deviceListVersion = 2

// stamp adds what every message of a phone carries besides its content: a secret, from which additions to it derive
// their keys, and what the phone knows of both sides' devices.
func (p *Phone) stamp(chat types.JID, m *waE2E.Message) error {
	if m.MessageContextInfo == nil {
		m.MessageContextInfo = new(waE2E.MessageContextInfo)
	}
	info := m.MessageContextInfo
	if info.MessageSecret == nil && takesAdditions(m) {
		secret, err := msgsecret.New()
		if err != nil {
			return err
		}
		info.MessageSecret = secret
	}
	metadata := new(waE2E.DeviceListMetadata)
	if len(p.account.linked()) > 0 {
		metadata.SenderKeyHash, metadata.SenderTimestamp = p.account.keyHash()
	}
	if other := p.server().directory.find(chat); other != nil && other != p.account && len(other.linked()) > 0 {
		metadata.RecipientKeyHash, metadata.RecipientTimestamp = other.keyHash()
	}
	if metadata.SenderKeyHash != nil || metadata.RecipientKeyHash != nil {
		info.DeviceListMetadata, info.DeviceListMetadataVersion = metadata, proto.Int32(deviceListVersion)
	}
	return nil
}

// takesAdditions says whether a message can be reacted to, voted on and so on: all that is no addition itself.
func takesAdditions(m *waE2E.Message) bool {
	var shown Message
	inner, _ := peel(m)
	return !shown.showAddition(inner) && !shown.showProtocol(inner)
}

const keyHashSize = 10

// keyHash sums up the identity keys of an account's devices, and says since when they are what they are.
func (a *account) keyHash() ([]byte, *uint64) {
	var keys [][]byte
	var since time.Time
	for _, d := range a.all() {
		d.keys.mu.Lock()
		keys = append(keys, bytes.Clone(d.keys.identity[:]))
		d.keys.mu.Unlock()
		if d.linkedAt.After(since) {
			since = d.linkedAt
		}
	}
	slices.SortFunc(keys, bytes.Compare)
	sum := sha256.Sum256(bytes.Join(keys, nil))
	return sum[:keyHashSize], proto.Uint64(uint64(since.Unix()))
}
