package simulator

import (
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// sealPost makes the stanza of a message to a channel, which nobody encrypts. Edits and deletions bear the id of the
// message that they are about, reactions its server id (whatsmeow: sendNewsletter, NewsletterSendReaction).
func (p *Phone) sealPost(channel types.JID, id string, message *waE2E.Message) (*binary.Node, error) {
	attrs := binary.Attrs{"to": channel, "id": id, "type": "text"}
	node := &binary.Node{Tag: "message", Attrs: attrs}
	message = proto.CloneOf(message)
	// What is for encrypted messages only.
	message.MessageContextInfo = nil
	if message.ReactionMessage != nil {
		return node, p.sealReaction(channel, message.ReactionMessage, node)
	}
	if !p.server().newsletters.Runs(channel.User, p.account.lid) {
		return nil, fmt.Errorf("%w: only its admins write in a channel", ErrRefused)
	}
	protocol := message.GetProtocolMessage()
	switch {
	case protocol.GetType() == waE2E.ProtocolMessage_REVOKE && protocol != nil:
		attrs["id"], attrs["edit"] = protocol.GetKey().GetID(), editRevokeByMods
		node.Content = []binary.Node{{Tag: "plaintext", Content: []byte{}}}
		return node, nil
	case protocol.GetEditedMessage() != nil:
		attrs["id"], attrs["edit"] = protocol.GetKey().GetID(), editByAdmin
		message = protocol.GetEditedMessage()
	}
	return node, p.sealPostBody(message, node)
}

func (p *Phone) sealPostBody(message *waE2E.Message, node *binary.Node) error {
	about := outlineOf(message)
	if about.edit != "" || (about.kind != "text" && about.kind != "media" && about.meta["polltype"] != "creation") {
		return fmt.Errorf("%w message: channels don't have this kind, and votes are given by VoteInChannel", ErrInvalid)
	}
	body, err := proto.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	plaintext := binary.Node{Tag: "plaintext", Attrs: binary.Attrs{}, Content: body}
	if about.media != "" {
		plaintext.Attrs["mediatype"] = about.media
	}
	if _, file, ok := fileOf(message); ok {
		if handle := p.server().media.HandleOf(file.GetDirectPath()); handle != "" {
			node.Attrs["media_id"] = handle
		}
	}
	node.Attrs["type"] = about.kind
	node.Content = []binary.Node{plaintext}
	return nil
}

func (p *Phone) sealReaction(channel types.JID, reaction *waE2E.ReactionMessage, node *binary.Node) error {
	s := p.server()
	serverID, err := s.newsletters.ServerID(channel.User, reaction.GetKey().GetID())
	if err != nil {
		return channelError(err)
	}
	if err = p.checkFollows(channel.User); err != nil {
		return err
	}
	node.Attrs["type"], node.Attrs["server_id"] = "reaction", fmt.Sprint(serverID)
	child := binary.Node{Tag: "reaction", Attrs: binary.Attrs{}}
	if reaction.GetText() == "" {
		node.Attrs["edit"] = editRevoke
	} else {
		child.Attrs["code"] = reaction.GetText()
	}
	node.Content = []binary.Node{child}
	return nil
}

// numbered notes the server id of a message that the phone has sent to a channel.
func (p *Phone) numbered(id string, serverID int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.byKey[messageKey{p.Number(), id}]; m != nil {
		m.ServerID = serverID
		p.announce()
	}
}

// receivePost shows a channel's message, or what changed about it.
func (p *Phone) receivePost(channel types.JID, n *binary.Node) {
	own := attr(n, "is_sender") == "true"
	from := channel.String()
	if own {
		from = p.Number()
	}
	if reaction, ok := n.GetOptionalChildByTag("reaction"); ok {
		p.showOwnReaction(channel, intAttr(n, "server_id"), attr(&reaction, "code"))
		return
	}
	body := childContent(n, "plaintext")
	message := new(waE2E.Message)
	if proto.Unmarshal(body, message) != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if edit := attr(n, "edit"); edit != "" {
		p.changePost(messageKey{from, attr(n, "id")}, edit, body, message)
		return
	}
	p.take(&Message{
		ID: attr(n, "id"), From: from, FromMe: own, To: channel.String(), ServerID: intAttr(n, "server_id"),
		Timestamp: instant(int64(intAttr(n, "t"))), chat: channel, author: channel,
	}, message, slices.Clone(body))
}

// changePost applies an edit or a deletion. The caller holds p.mu.
func (p *Phone) changePost(key messageKey, edit string, body []byte, message *waE2E.Message) {
	target := p.byKey[key]
	if target == nil || target.Revoked {
		return
	}
	switch edit {
	case editByAdmin:
		target.Earlier = append(slices.Clone(target.Earlier), target.Text)
		target.Text, target.raw = textOf(message), slices.Clone(body)
	case editRevokeByMods:
		target.hide()
		target.Revoked, target.raw, target.secret = true, nil, nil
	}
	p.announce()
}

// showOwnReaction shows how the person reacted on another device.
func (p *Phone) showOwnReaction(channel types.JID, serverID int, code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.messages {
		if m.chat == channel && m.ServerID == serverID {
			m.react(p.Number(), code)
			p.announce()
			return
		}
	}
}
