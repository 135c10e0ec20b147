package simulator

import (
	"strings"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
)

// outline is what the stanza of an encrypted message tells the server about its content. The words are those that
// whatsmeow (send.go) and Baileys (messages-send.ts) write; meta as jlucaso1/whatsapp-rust (send.rs, after WhatsApp
// Web's genMetaNode) has it.
type outline struct {
	kind  string // attribute type of the message
	media string // attribute mediatype of each ciphertext
	edit  string // attribute edit of the message
	hide  bool   // whether a receiver that can't decrypt it should show nothing
	meta  binary.Attrs
	biz   []binary.Node
}

// Values of a message's attribute edit (whatsmeow: types.EditAttribute).
const (
	editMessage      = "1"
	editPin          = "2"
	editRevoke       = "7"
	editRevokeByMods = "8"
)

func outlineOf(whole *waE2E.Message) outline {
	m, viewOnce := peel(whole)
	o := outline{kind: "text", media: mediaTypeOf(m), edit: editOf(m), meta: binary.Attrs{}, biz: bizOf(m)}
	if viewOnce {
		o.meta["view_once"] = "true"
	}
	switch {
	case m.ReactionMessage != nil, m.EncReactionMessage != nil:
		o.kind, o.hide = "reaction", true
	case pollOf(m) != nil:
		o.kind, o.meta["polltype"] = "poll", "creation"
	case m.PollUpdateMessage != nil:
		o.kind, o.hide, o.meta["polltype"] = "poll", true, "vote"
	case m.EventMessage != nil:
		o.kind, o.meta["event_type"] = "event", "creation"
	case m.EncEventResponseMessage != nil:
		o.kind, o.hide, o.meta["event_type"] = "event", true, "response"
	case o.media != "":
		o.kind = "media"
	}
	o.hide = o.hide || o.edit != ""
	return o
}

func mediaTypeOf(m *waE2E.Message) string {
	switch {
	case m.GetExtendedTextMessage().GetMatchedText() != "", m.GroupInviteMessage != nil:
		return "url"
	case m.ImageMessage != nil:
		return "image"
	case m.StickerMessage != nil:
		return "sticker"
	case m.DocumentMessage != nil:
		return "document"
	case m.AudioMessage.GetPTT():
		return "ptt"
	case m.AudioMessage != nil:
		return "audio"
	case m.VideoMessage.GetGifPlayback():
		return "gif"
	case m.VideoMessage != nil:
		return "video"
	case m.PtvMessage != nil:
		return "ptv"
	case m.LocationMessage != nil:
		return "location"
	case m.LiveLocationMessage != nil:
		return "livelocation"
	case m.ContactMessage != nil:
		return "vcard"
	case m.ContactsArrayMessage != nil:
		return "contact_array"
	case m.ListMessage != nil:
		return "list"
	case m.ListResponseMessage != nil:
		return "list_response"
	case m.ButtonsResponseMessage != nil:
		return "buttons_response"
	case m.InteractiveResponseMessage != nil:
		return "native_flow_response"
	default:
		return ""
	}
}

func editOf(m *waE2E.Message) string {
	protocol := m.GetProtocolMessage()
	switch {
	case protocol.GetKey() != nil && protocol.GetType() == waE2E.ProtocolMessage_REVOKE:
		if protocol.GetKey().GetFromMe() {
			return editRevoke
		}
		return editRevokeByMods
	case protocol.GetEditedMessage() != nil, m.SecretEncryptedMessage != nil:
		return editMessage
	case m.ReactionMessage != nil && m.GetReactionMessage().GetText() == "":
		return editRevoke
	case m.GetKeepInChatMessage().GetKeepType() == waE2E.KeepType_UNDO_KEEP_FOR_ALL && m.GetKeepInChatMessage().GetKey().GetFromMe():
		return editRevoke
	case m.PinInChatMessage != nil:
		return editPin
	default:
		return ""
	}
}

// bizOf is the mark of messages with buttons, which the server passes on from businesses only in earnest.
func bizOf(m *waE2E.Message) []binary.Node {
	child := binary.Node{}
	switch {
	case m.ButtonsMessage != nil:
		child.Tag = "buttons"
	case m.ButtonsResponseMessage != nil:
		child.Tag = "buttons_response"
	case m.ListMessage != nil:
		child.Tag = "list"
		child.Attrs = binary.Attrs{"v": "2", "type": strings.ToLower(m.GetListMessage().GetListType().String())}
	case m.ListResponseMessage != nil:
		child.Tag = "list_response"
	case m.InteractiveResponseMessage != nil:
		child.Tag = "interactive_response"
	default:
		return nil
	}
	return []binary.Node{{Tag: "biz", Content: []binary.Node{child}}}
}

// mark writes the outline into a message's attributes and returns what follows its ciphertexts.
func (o outline) mark(attrs binary.Attrs) []binary.Node {
	attrs["type"] = o.kind
	if o.edit != "" {
		attrs["edit"] = o.edit
	}
	var out []binary.Node
	if len(o.meta) > 0 {
		out = append(out, binary.Node{Tag: "meta", Attrs: o.meta})
	}
	return append(out, o.biz...)
}

// markEnc writes the outline onto a ciphertext.
func (o outline) markEnc(enc *binary.Node) {
	if o.media != "" {
		enc.Attrs["mediatype"] = o.media
	}
	if o.hide {
		enc.Attrs["decrypt-fail"] = "hide"
	}
}
