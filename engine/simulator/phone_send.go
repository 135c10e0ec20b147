package simulator

import (
	"context"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// sentMessage is what the phone needs to send a message again.
type sentMessage struct {
	chat types.JID
	raw  []byte // the encoded waE2E.Message
	peer bool
}

// maxPeerMessages is how many messages to its own clients a phone keeps, to send them again.
const maxPeerMessages = 1000

// maxRetries is how often a message is sent again to a device that can't read it.
const maxRetries = 5

// send writes any message to any chat.
func (p *Phone) send(ctx context.Context, chat types.JID, id string, message *waE2E.Message) error {
	p.sendMu.Lock()
	defer p.sendMu.Unlock()
	node, err := p.seal(ctx, chat, id, message)
	if err != nil {
		return err
	}
	raw, err := proto.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	entry := &Message{
		ID: id, From: p.Number(), To: p.server().chatName(chat), FromMe: true, Timestamp: p.server().clock.Now(),
		chat: chat, author: p.formIn(chat),
	}
	p.mu.Lock()
	p.take(entry, message, raw)
	p.mu.Unlock()
	ack := p.server().relay(p.device, node)
	if code, refused := ack.Attrs["error"]; refused {
		p.mu.Lock()
		entry.Refused, _ = code.(int)
		p.mu.Unlock()
		return fmt.Errorf("%w: the server answers with error %v", ErrRefused, code)
	}
	if to := p.server().directory.find(chat); to != nil {
		p.trustOften(to)
	}
	return nil
}

// seal encrypts a message as its chat demands.
func (p *Phone) seal(ctx context.Context, chat types.JID, id string, message *waE2E.Message) (*binary.Node, error) {
	switch chat.Server {
	case types.GroupServer:
		return p.sealForGroup(ctx, chat, id, message)
	case types.BroadcastServer:
		return p.sealStatus(ctx, id, message)
	case types.NewsletterServer:
		return p.sealPost(chat, id, message)
	}
	target := p.server().directory.find(chat)
	if target == nil {
		return nil, fmt.Errorf("this kind of chat: %w", ErrUnsupported)
	}
	return p.envelope(ctx, target, id, message)
}

// envelope encrypts a message for each device of the receiver, and for the sender's own linked clients the copy that
// says to whom it went.
func (p *Phone) envelope(ctx context.Context, target *account, id string, message *waE2E.Message) (*binary.Node, error) {
	plain, err := proto.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	form := p.form()
	own, err := proto.Marshal(sentCopy(target.as(form), message))
	if err != nil {
		return nil, fmt.Errorf("encode copy for own devices: %w", err)
	}
	devices := target.all()
	if target != p.account {
		devices = append(devices, p.account.linked()...)
	}
	about := outlineOf(message)
	var receivers []binary.Node
	for _, d := range devices {
		if d == p.device || (d.id != 0 && about.meta["view_once"] != nil) {
			continue // what can be seen once is seen on phones only; the server tells the clients
		}
		body := plain
		if d.account == p.account {
			body = own
		}
		enc, err := p.encrypt(ctx, d, body)
		if err != nil {
			return nil, err
		}
		about.markEnc(&enc)
		receivers = append(receivers, binary.Node{
			Tag: "to", Attrs: binary.Attrs{"jid": d.as(form)}, Content: []binary.Node{enc},
		})
	}
	attrs := binary.Attrs{"id": id, "to": target.as(form)}
	children := append([]binary.Node{{Tag: "participants", Content: receivers}}, about.mark(attrs)...)
	return &binary.Node{Tag: "message", Attrs: attrs, Content: children}, nil
}

func sentCopy(to types.JID, message *waE2E.Message) *waE2E.Message {
	return &waE2E.Message{
		DeviceSentMessage: &waE2E.DeviceSentMessage{DestinationJID: proto.String(to.String()), Message: message},
		// Clients look for the secret on the outside.
		MessageContextInfo: message.GetMessageContextInfo(),
	}
}

// encrypt makes the ciphertext for one device and begins a session first if there is none.
func (p *Phone) encrypt(ctx context.Context, d *device, plain []byte) (binary.Node, error) {
	address := d.hid().SignalAddress()
	p.mu.Lock()
	known := p.keys.Has(address)
	p.mu.Unlock()
	var fresh bundle
	if !known {
		fresh = p.server().takeBundle(d)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !known {
		if err := p.keys.Process(ctx, address, fresh.signal(d.id)); err != nil {
			return binary.Node{}, err
		}
	}
	ciphertext, initial, err := p.keys.Encrypt(ctx, address, plain)
	if err != nil {
		return binary.Node{}, err
	}
	kind := "msg"
	if initial {
		kind = "pkmsg"
	}
	return binary.Node{Tag: "enc", Attrs: binary.Attrs{"v": 2, "type": kind}, Content: ciphertext}, nil
}

// peer sends a message of the phone itself, not of the person, to one of its own linked clients.
func (p *Phone) peer(ctx context.Context, d *device, message *waE2E.Message) error {
	plain, err := proto.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	p.sendMu.Lock()
	defer p.sendMu.Unlock()
	enc, err := p.encrypt(ctx, d, plain)
	if err != nil {
		return err
	}
	id := newMessageID()
	p.mu.Lock()
	p.sent.put(id, sentMessage{chat: p.account.hid(), raw: plain, peer: true})
	p.mu.Unlock()
	p.server().relay(p.device, &binary.Node{
		Tag:     "message",
		Attrs:   binary.Attrs{"id": id, "to": d.hid(), "type": "text", "category": "peer"},
		Content: []binary.Node{enc},
	})
	return nil
}

// resend answers a retry receipt: the same message once more, in a new session if the client sent keys for one or
// asks repeatedly.
func (p *Phone) resend(n *binary.Node) {
	from := authorOf(n)
	requester := p.server().directory.device(from)
	retry := n.GetChildByTag("retry")
	id := attr(n, "id")
	p.mu.Lock()
	original, ok := p.sent.get(id)
	if m := p.byKey[messageKey{p.Number(), id}]; m != nil && m.raw != nil {
		original, ok = sentMessage{chat: m.chat, raw: m.raw}, true
	}
	tries := p.countRetry(id + " " + from.String())
	p.mu.Unlock()
	if requester == nil || !ok || tries > maxRetries || !p.meantFor(requester, original.chat) {
		p.server().log.Info("retry receipt not answered", "known", ok, "tries", tries)
		return
	}
	ctx := p.server().ctx
	if err := p.renew(ctx, requester, n, tries); err != nil {
		p.server().log.Info("retry receipt with unusable keys", "error", err)
		return
	}
	message := new(waE2E.Message)
	if err := proto.Unmarshal(original.raw, message); err != nil {
		p.server().log.Error("message can't be decoded again", "error", err)
		return
	}
	if isShared(original.chat) {
		p.resendShared(ctx, n, requester, original.chat, message)
		return
	}
	about, plain, recipient := outlineOf(message), original.raw, types.EmptyJID
	if requester.account == p.account && !original.peer {
		recipient = p.server().chatAs(original.chat, from)
		copied, err := proto.Marshal(sentCopy(recipient, message))
		if err != nil {
			p.server().log.Error("message can't be encoded again", "error", err)
			return
		}
		plain = copied
	}
	enc, err := p.encrypt(ctx, requester, plain)
	if err != nil {
		p.server().log.Info("message can't be encrypted again", "error", err)
		return
	}
	enc.Attrs["count"] = attr(&retry, "count")
	about.markEnc(&enc)
	attrs := binary.Attrs{"id": id, "to": requester.as(from), "device_fanout": "false", "t": attr(&retry, "t")}
	children := append([]binary.Node{enc}, about.mark(attrs)...)
	if !recipient.IsEmpty() {
		attrs["recipient"] = recipient
	}
	if original.peer {
		attrs["category"] = "peer"
	}
	p.server().relay(p.device, &binary.Node{Tag: "message", Attrs: attrs, Content: children})
}

// meantFor says whether a device is one of those that a message in a chat was written to. Of groups the server knows the
// members.
func (p *Phone) meantFor(d *device, chat types.JID) bool {
	if d.account == p.account || chat.Server == types.GroupServer {
		return true
	}
	if isShared(chat) {
		return slices.Contains(p.account.statusAudience(), d.account)
	}
	return p.server().directory.find(chat) == d.account
}

// countRetry counts how often something was asked for or sent again. The caller holds p.mu.
func (p *Phone) countRetry(key string) int {
	count, _ := p.retries.get(key)
	p.retries.put(key, count+1)
	return count + 1
}

// renew replaces the session with a device that asks for a message again.
func (p *Phone) renew(ctx context.Context, d *device, n *binary.Node, tries int) error {
	var fresh bundle
	if _, ok := n.GetOptionalChildByTag("keys"); ok {
		given, err := parseBundle(n)
		if err != nil {
			return err
		}
		fresh = given
	} else if tries > 1 {
		fresh = p.server().takeBundle(d)
	} else {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys.Process(ctx, d.hid().SignalAddress(), fresh.signal(d.id))
}
