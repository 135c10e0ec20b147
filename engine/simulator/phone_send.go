package simulator

import (
	"context"
	"fmt"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// sentMessage is what the phone keeps to send a message again.
type sentMessage struct {
	chat    types.JID
	message *waE2E.Message
	peer    bool
}

// maxRetries is how often a message is sent again to a device that can't read it.
const maxRetries = 5

// SendText writes a text to a number or address ("" is invalid, at most 65,536 characters). When it returns, the text
// is on its way to every device of the receiver and of the sender.
func (p *Phone) SendText(ctx context.Context, to, text string) (id string, err error) {
	if err = ctx.Err(); err != nil {
		return "", err
	}
	chat, err := p.server().resolve(to)
	if err != nil {
		return "", err
	}
	if text == "" || !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxText {
		return "", fmt.Errorf("%w text", ErrInvalid)
	}
	id = newMessageID()
	return id, p.send(ctx, chat, id, &waE2E.Message{Conversation: proto.String(text)})
}

// send writes any message to any chat.
func (p *Phone) send(ctx context.Context, chat types.JID, id string, message *waE2E.Message) error {
	p.sendMu.Lock()
	defer p.sendMu.Unlock()
	node, err := p.seal(ctx, chat, id, message)
	if err != nil {
		return err
	}
	kind, text := describe(message)
	p.mu.Lock()
	p.sent[id] = sentMessage{chat: chat, message: message}
	p.record(&Message{
		ID: id, From: p.Number(), To: p.server().chatName(chat), FromMe: true, Kind: kind, Text: text, Timestamp: p.server().clock.Now(),
	})
	p.mu.Unlock()
	p.server().relay(p.device, node)
	return nil
}

// seal encrypts a message as its chat demands.
func (p *Phone) seal(ctx context.Context, chat types.JID, id string, message *waE2E.Message) (*binary.Node, error) {
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
	var receivers []binary.Node
	for _, d := range devices {
		if d == p.device {
			continue
		}
		body := plain
		if d.account == p.account {
			body = own
		}
		enc, err := p.encrypt(ctx, d, body)
		if err != nil {
			return nil, err
		}
		receivers = append(receivers, binary.Node{
			Tag: "to", Attrs: binary.Attrs{"jid": d.as(form)}, Content: []binary.Node{enc},
		})
	}
	return &binary.Node{
		Tag:     "message",
		Attrs:   binary.Attrs{"id": id, "to": target.as(form), "type": "text"},
		Content: []binary.Node{{Tag: "participants", Content: receivers}},
	}, nil
}

func sentCopy(to types.JID, message *waE2E.Message) *waE2E.Message {
	return &waE2E.Message{DeviceSentMessage: &waE2E.DeviceSentMessage{
		DestinationJID: proto.String(to.String()), Message: message,
	}}
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
	p.sent[id] = sentMessage{chat: p.account.hid(), message: message, peer: true}
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
	from, _ := jidAttr(n, "from")
	requester := p.server().directory.device(from)
	retry := n.GetChildByTag("retry")
	id := attr(n, "id")
	p.mu.Lock()
	original, ok := p.sent[id]
	key := id + " " + from.String()
	p.retries[key]++
	tries := p.retries[key]
	p.mu.Unlock()
	if requester == nil || !ok || tries > maxRetries {
		p.server().log.Info("retry receipt not answered", "known", ok, "tries", tries)
		return
	}
	ctx := p.server().ctx
	if err := p.renew(ctx, requester, n, tries); err != nil {
		p.server().log.Info("retry receipt with unusable keys", "error", err)
		return
	}
	message, recipient := original.message, types.EmptyJID
	if requester.account == p.account && !original.peer {
		recipient = p.server().chatAs(original.chat, from)
		message = sentCopy(recipient, original.message)
	}
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
	enc.Attrs["count"] = attr(&retry, "count")
	attrs := binary.Attrs{"id": id, "to": requester.as(from), "type": "text", "device_fanout": "false"}
	if !recipient.IsEmpty() {
		attrs["recipient"] = recipient
	}
	if original.peer {
		attrs["category"] = "peer"
	}
	p.server().relay(p.device, &binary.Node{Tag: "message", Attrs: attrs, Content: []binary.Node{enc}})
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

// Read gives messages of others their blue ticks. Ids that this phone does not have are ErrNotFound.
func (p *Phone) Read(ctx context.Context, ids ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	bySender := make(map[string][]string)
	var order []string
	p.mu.Lock()
	for _, id := range ids {
		found := p.incoming(id)
		if found == nil {
			p.mu.Unlock()
			return fmt.Errorf("message %w", ErrNotFound)
		}
		if _, ok := bySender[found.From]; !ok {
			order = append(order, found.From)
		}
		bySender[found.From] = append(bySender[found.From], id)
	}
	p.mu.Unlock()
	for _, sender := range order {
		a := p.server().directory.number(sender)
		p.server().relayReceipt(p.device, readReceipt(a.hid(), bySender[sender]))
	}
	return nil
}

func readReceipt(to types.JID, ids []string) *binary.Node {
	node := &binary.Node{Tag: "receipt", Attrs: binary.Attrs{"to": to, "id": ids[0], "type": receiptRead}}
	if len(ids) > 1 {
		var items []binary.Node
		for _, id := range ids[1:] {
			items = append(items, binary.Node{Tag: "item", Attrs: binary.Attrs{"id": id}})
		}
		node.Content = []binary.Node{{Tag: "list", Content: items}}
	}
	return node
}

func chatStateNode(to types.JID, state string) *binary.Node {
	return &binary.Node{Tag: "chatstate", Attrs: binary.Attrs{"to": to}, Content: []binary.Node{{Tag: state}}}
}
