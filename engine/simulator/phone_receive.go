package simulator

import (
	"errors"
	"fmt"
	"strconv"

	"go.mau.fi/libsignal/ecc"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/myaibud/aibud/engine/simulator/internal/e2e"
)

// receive takes a stanza from the server. It runs in the goroutine of whoever caused it and may send in turn, so it
// holds no lock while it does.
func (p *Phone) receive(n *binary.Node) {
	switch n.Tag {
	case "message":
		if from, _ := jidAttr(n, "from"); isShared(from) {
			p.receiveShared(n)
			return
		}
		p.receiveMessage(n)
	case "notification":
		p.receiveNotification(n)
	case "receipt":
		switch attr(n, "type") {
		case receiptRetry:
			p.resend(n)
		case receiptServerError:
			p.askedForFile(n)
		case receiptHistory:
			p.historyArrived(n)
		default:
			p.receiveReceipt(n)
		}
	case "call":
		p.receiveCall(n)
	case "chatstate":
		if child, ok := firstChild(n); ok {
			state := child.Tag
			if attr(&child, "media") == "audio" {
				state = EventRecording
			}
			p.happened(n, state)
		}
	case "presence":
		state := EventAvailable
		if attr(n, "type") == "unavailable" {
			state = EventUnavailable
		}
		p.happened(n, state)
	}
}

// receiveNotification acts on what the server tells: changes to groups, and to the settings that clients share.
func (p *Phone) receiveNotification(n *binary.Node) {
	switch attr(n, "type") {
	case "w:gp2", "picture": // of people's pictures only clients are told
		p.receiveGroupNotice(n)
	case noticeState:
		if child, ok := n.GetOptionalChildByTag("collection"); ok {
			p.followState(attr(&child, "name"))
		}
	}
}

func (p *Phone) happened(n *binary.Node, kind string) {
	a := p.server().directory.find(authorOf(n))
	if a == nil {
		return
	}
	happening := Event{Kind: kind, From: a.number, Timestamp: p.server().clock.Now()}
	if chat, _ := jidAttr(n, "from"); isShared(chat) {
		happening.Chat = chat.String()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.happen(happening)
}

// delivery is a message that arrived, with its sender found.
type delivery struct {
	node   *binary.Node
	id     string
	from   types.JID // the sender's address as it was written
	chat   types.JID // the group or broadcast list, empty for a direct message
	sender *device
}

// addressed are the attributes of a receipt to the sender.
func (got delivery) addressed() binary.Attrs {
	if got.chat.IsEmpty() {
		return binary.Attrs{"to": got.from, "id": got.id}
	}
	return binary.Attrs{"to": got.chat, "participant": got.from, "id": got.id}
}

func (p *Phone) receiveMessage(n *binary.Node) {
	from, _ := jidAttr(n, "from")
	if from.Server == types.NewsletterServer {
		p.receivePost(bare(from), n)
		return
	}
	got := delivery{node: n, id: attr(n, "id"), from: from, sender: p.server().directory.device(from)}
	if got.sender == nil {
		return
	}
	for _, enc := range n.GetChildrenByTag("enc") {
		kind := attr(&enc, "type")
		if kind != "msg" && kind != "pkmsg" {
			continue
		}
		if kind == "pkmsg" {
			if err := p.server().vouched(got.sender, n); err != nil {
				p.server().log.Info("phone ignores a message", "error", err)
				return
			}
		}
		message, err := p.open(got, kind == "pkmsg", content(&enc))
		switch {
		case errors.Is(err, e2e.ErrDuplicate):
			if !p.again(got) {
				// A client whose session was set back reuses old keys for a new message: it has to write it anew.
				p.askAgain(got)
				return
			}
		case err != nil:
			p.server().counters.unreadable.Add(1)
			p.server().log.Info("phone can't read a message and asks again", "error", err)
			p.askAgain(got)
			return
		default:
			p.accept(got, message)
		}
	}
	p.acknowledge(got)
}

func (p *Phone) open(got delivery, initial bool, ciphertext []byte) (*waE2E.Message, error) {
	p.mu.Lock()
	plain, err := p.keys.Decrypt(p.server().ctx, got.sender.hid().SignalAddress(), initial, ciphertext)
	p.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return decodeMessage(plain)
}

// maxMessage is how large a message a phone opens, in bytes: decoded it can take many times as much.
const maxMessage = 2 << 20

func decodeMessage(plain []byte) (*waE2E.Message, error) {
	if len(plain) > maxMessage {
		return nil, fmt.Errorf("decode message: it is larger than %d bytes", maxMessage)
	}
	message := new(waE2E.Message)
	if err := proto.Unmarshal(plain, message); err != nil {
		return nil, fmt.Errorf("decode message: %w", err)
	}
	return message, nil
}

// accept shows a message; one that the phone has already is only counted.
func (p *Phone) accept(got delivery, message *waE2E.Message) {
	if attr(got.node, "category") == "peer" {
		p.peerMessage(got, message)
		return
	}
	entry := &Message{
		ID: got.id, From: got.sender.account.number, FromDevice: int(got.sender.id), To: p.Number(),
		Timestamp: p.server().clock.Now(), chat: got.sender.account.hid(), author: bare(got.from),
	}
	if enc := got.node.GetChildByTag("enc"); attr(&enc, "count") != "" { // it was sent again
		entry.Timestamp = writtenAt(got.node, entry.Timestamp)
	}
	if isShared(got.chat) {
		entry.chat, entry.To, entry.FromMe = got.chat, got.chat.String(), got.sender.account == p.account
	} else if sent := message.GetDeviceSentMessage(); sent != nil {
		if got.sender.account != p.account {
			return // only own devices may say what was sent
		}
		chat, ok := p.server().chatOf(sent.GetDestinationJID())
		if !ok || sent.GetMessage() == nil {
			return
		}
		entry.chat, entry.To, entry.FromMe = chat, p.server().chatName(chat), true
		if sent.Message.MessageContextInfo == nil {
			sent.Message.MessageContextInfo = message.GetMessageContextInfo()
		}
		message = sent.GetMessage()
	}
	raw, err := proto.Marshal(message)
	if err != nil {
		p.server().log.Info("message that can't be kept", "error", err)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.take(entry, message, raw)
}

// again counts a ciphertext that came before; false means that its message was never shown.
func (p *Phone) again(got delivery) bool {
	if attr(got.node, "category") == "peer" {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.byKey[messageKey{got.sender.account.number, got.id}]
	if known == nil {
		return false
	}
	known.Duplicates++
	p.announce()
	return true
}

func (p *Phone) acknowledge(got delivery) {
	receipt := &binary.Node{Tag: "receipt", Attrs: got.addressed()}
	switch {
	case attr(got.node, "category") == "peer":
		receipt.Attrs["type"] = receiptPeer
	case got.sender.account == p.account:
		receipt.Attrs["type"] = receiptSender
		if recipient, ok := got.node.Attrs["recipient"]; ok {
			receipt.Attrs["recipient"] = recipient
		}
	}
	p.server().relayReceipt(p.device, receipt)
}

// askAgain sends a retry receipt; from the second on it carries keys for a new session.
func (p *Phone) askAgain(got delivery) {
	p.mu.Lock()
	count := p.countRetry("in " + got.id + " " + got.from.String())
	p.mu.Unlock()
	if count >= maxRetries {
		return
	}
	children := []binary.Node{
		{Tag: "retry", Attrs: binary.Attrs{
			"count": strconv.Itoa(count), "id": got.id, "t": strconv.Itoa(intAttr(got.node, "t")), "v": "1",
		}},
		{Tag: "registration", Content: number(p.keys.RegistrationID(), 4)},
	}
	if count > 1 {
		b := p.device.keys.take()
		own := []binary.Node{
			{Tag: "type", Content: []byte{ecc.DjbType}},
			{Tag: "identity", Content: b.identity[:]},
			b.signed.node(),
		}
		if b.oneTime != nil {
			own = append(own, b.oneTime.node())
		}
		children = append(children, binary.Node{Tag: "keys", Content: own})
	}
	receipt := &binary.Node{Tag: "receipt", Attrs: got.addressed(), Content: children}
	receipt.Attrs["type"], receipt.Attrs["t"] = receiptRetry, p.server().clock.Unix()
	if recipient, ok := got.node.Attrs["recipient"]; ok {
		receipt.Attrs["recipient"] = recipient
	}
	p.server().relayReceipt(p.device, receipt)
}
