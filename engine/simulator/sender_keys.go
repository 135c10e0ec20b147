package simulator

import (
	"context"
	"errors"
	"fmt"

	"go.mau.fi/libsignal/protocol"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/e2e"
)

// What a phone writes to many at once is encrypted once, with its sender key of the chat. A device that lacks the key gets
// it first, in a ciphertext of its own.

// isShared says whether a chat's messages are encrypted with sender keys.
func isShared(chat types.JID) bool {
	return chat.Server == types.GroupServer || chat == types.StatusBroadcastJID
}

// authorOf is who sent a stanza: in a shared chat its participant.
func authorOf(n *binary.Node) types.JID {
	if participant, ok := jidAttr(n, "participant"); ok {
		return participant
	}
	from, _ := jidAttr(n, "from")
	return from
}

// formIn is the phone's own address in the form that a chat uses.
func (p *Phone) formIn(chat types.JID) types.JID {
	if g, ok := p.server().groups.Find(groupID(chat)); ok && chat.Server == types.GroupServer {
		return p.account.as(groupForm(&g))
	}
	return p.form()
}

// sealForGroup encrypts a message for the members of a group. ErrNotFound, ErrRefused.
func (p *Phone) sealForGroup(ctx context.Context, chat types.JID, id string, message *waE2E.Message) (*binary.Node, error) {
	s, me := p.server(), p.account.person()
	g, err := s.groups.Get(me, groupID(chat))
	if err != nil {
		return nil, groupError(err)
	}
	if g.Suspended || g.Community || (g.Announce && !g.IsAdmin(me)) {
		return nil, fmt.Errorf("%w: this person may not write in the group", ErrRefused)
	}
	form, devices := groupForm(&g), s.groupDevices(&g)
	node, err := p.sealShared(ctx, chat, form, devices, id, message)
	if err != nil {
		return nil, err
	}
	node.Attrs["phash"] = deviceHash(devices, form)
	node.Attrs["addressing_mode"] = string(types.AddressingModeLID)
	if g.ByNumber {
		node.Attrs["addressing_mode"] = string(types.AddressingModePN)
	}
	return node, nil
}

// sealShared encrypts a message for devices (the phone's own is left out), which lists those that need the key.
func (p *Phone) sealShared(ctx context.Context, chat, form types.JID, devices []*device, id string, message *waE2E.Message) (*binary.Node, error) {
	plain, err := proto.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	var others []*device
	var addresses []*protocol.SignalAddress
	for _, d := range devices {
		if d != p.device {
			others, addresses = append(others, d), append(addresses, d.hid().SignalAddress())
		}
	}
	p.mu.Lock()
	key, lacking, err := p.keys.SenderKey(ctx, chat.String(), addresses)
	var ciphertext []byte
	if err == nil {
		ciphertext, err = p.keys.EncryptGroup(ctx, chat.String(), plain)
	}
	p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	receivers, err := p.handOut(ctx, chat, form, key, others, lacking)
	if err != nil {
		return nil, err
	}
	about := outlineOf(message)
	shared := binary.Node{Tag: "enc", Attrs: binary.Attrs{"v": 2, "type": "skmsg"}, Content: ciphertext}
	about.markEnc(&shared)
	attrs := binary.Attrs{"id": id, "to": chat}
	children := append([]binary.Node{{Tag: "participants", Content: receivers}, shared}, about.mark(attrs)...)
	return &binary.Node{Tag: "message", Attrs: attrs, Content: children}, nil
}

// handOut encrypts the sender key for each device that lacks it. In status@broadcast the list names everybody, since the
// server knows no other (whatsapp-rust, send/group.rs).
func (p *Phone) handOut(ctx context.Context, chat, form types.JID, key []byte, devices []*device, lacking []int) ([]binary.Node, error) {
	plain, err := proto.Marshal(&waE2E.Message{SenderKeyDistributionMessage: keyMessage(chat, key)})
	if err != nil {
		return nil, fmt.Errorf("encode sender key: %w", err)
	}
	lacks := make(map[int]bool, len(lacking))
	for _, i := range lacking {
		lacks[i] = true
	}
	receivers := []binary.Node{}
	for i, d := range devices {
		receiver := binary.Node{Tag: "to", Attrs: binary.Attrs{"jid": d.as(form)}}
		if lacks[i] {
			enc, err := p.encrypt(ctx, d, plain)
			if err != nil {
				return nil, err
			}
			receiver.Content = []binary.Node{enc}
		}
		if lacks[i] || chat.Server == types.BroadcastServer {
			receivers = append(receivers, receiver)
		}
	}
	return receivers, nil
}

func keyMessage(chat types.JID, key []byte) *waE2E.SenderKeyDistributionMessage {
	return &waE2E.SenderKeyDistributionMessage{
		GroupID: proto.String(chat.String()), AxolotlSenderKeyDistributionMessage: key,
	}
}

// resendShared sends a message once more to a device that could not read it, with the sender key in it.
func (p *Phone) resendShared(ctx context.Context, n *binary.Node, requester *device, chat types.JID, message *waE2E.Message) {
	p.mu.Lock()
	key, err := p.keys.Distribution(chat.String())
	p.mu.Unlock()
	if err != nil {
		p.server().log.Info("message of a group can't be sent again", "error", err)
		return
	}
	about := outlineOf(message)
	message.SenderKeyDistributionMessage = keyMessage(chat, key)
	plain, err := proto.Marshal(message)
	if err != nil {
		p.server().log.Error("message can't be encoded again", "error", err)
		return
	}
	enc, err := p.encrypt(ctx, requester, plain)
	if err != nil {
		p.server().log.Info("message can't be encrypted again", "error", err)
		return
	}
	retry := n.GetChildByTag("retry")
	enc.Attrs["count"] = attr(&retry, "count")
	about.markEnc(&enc)
	attrs := binary.Attrs{"id": attr(n, "id"), "to": chat, "participant": authorOf(n), "t": attr(&retry, "t")}
	children := append([]binary.Node{enc}, about.mark(attrs)...)
	p.server().relay(p.device, &binary.Node{Tag: "message", Attrs: attrs, Content: children})
}

// receiveShared takes a message in a group, or a status update.
func (p *Phone) receiveShared(n *binary.Node) {
	chat, _ := jidAttr(n, "from")
	from := authorOf(n)
	got := delivery{node: n, id: attr(n, "id"), from: from, chat: chat, sender: p.server().directory.device(from)}
	if got.sender == nil {
		return
	}
	var opened, again bool
	var failed error
	for _, enc := range n.GetChildrenByTag("enc") {
		message, err := p.openShared(got, attr(&enc, "type"), content(&enc))
		switch {
		case errors.Is(err, e2e.ErrDuplicate):
			again = true
		case err != nil:
			failed = err
		case hasContent(message):
			opened = true
			p.accept(got, message)
		}
	}
	switch {
	case opened:
	case failed != nil:
		p.server().counters.unreadable.Add(1)
		p.server().log.Info("phone can't read a group's message and asks again", "error", failed)
		p.askAgain(got)
		return
	case again && !p.again(got):
		p.askAgain(got)
		return
	}
	p.acknowledge(got)
}

// openShared decrypts one ciphertext, and takes the sender key that it may carry.
func (p *Phone) openShared(got delivery, kind string, ciphertext []byte) (*waE2E.Message, error) {
	if kind != "skmsg" {
		message, err := p.open(got, kind == "pkmsg", ciphertext)
		if key := message.GetSenderKeyDistributionMessage(); err == nil && key != nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			err = p.keys.TakeSenderKey(
				p.server().ctx, got.chat.String(), got.sender.hid().SignalAddress(), key.GetAxolotlSenderKeyDistributionMessage(),
			)
			message.SenderKeyDistributionMessage = nil
		}
		return message, err
	}
	p.mu.Lock()
	plain, err := p.keys.DecryptGroup(p.server().ctx, got.chat.String(), got.sender.hid().SignalAddress(), ciphertext)
	p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	message, err := decodeMessage(plain)
	if err != nil {
		return nil, err
	}
	message.SenderKeyDistributionMessage = nil
	return message, nil
}

// hasContent says whether there is anything to show in a message whose sender key was taken out.
func hasContent(message *waE2E.Message) bool {
	bare := &waE2E.Message{MessageContextInfo: message.GetMessageContextInfo()}
	return !proto.Equal(message, bare)
}
