package simulator

import (
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// Kinds of receipts that the server treats apart; the names are WhatsApp's (whatsmeow's types.ReceiptType).
const (
	receiptDelivered = ""
	receiptInactive  = "inactive"
	receiptSender    = "sender"
	receiptPeer      = "peer_msg"
	receiptRetry     = "retry"
	receiptRead      = "read"
	receiptReadSelf  = "read-self"
	receiptPlayed    = "played"
	receiptPlayedOwn = "played-self"
	receiptView      = "view" // of a channel's messages, by their server ids
)

// handleReceipt takes a client's receipt, which also acknowledges the message that it is about.
func (c *conn) handleReceipt(d *device, n *binary.Node) {
	kind := attr(n, "type")
	to, _ := jidAttr(n, "to")
	if kind == "" && len(n.GetChildren()) == 1 && d.acknowledge("call", attr(n, "id"), to, "") {
		// Some clients acknowledge offers, accepts and rejects by a receipt (WhatsApp Web, WAWebHandleVoipCall).
		c.server.counters.acks.Add(1)
		c.send(binary.Node{Tag: "ack", Attrs: binary.Attrs{"class": "receipt", "id": attr(n, "id"), "from": n.Attrs["to"]}})
		return
	}
	if kind == receiptDelivered || kind == receiptInactive || kind == receiptSender || kind == receiptPeer {
		if d.acknowledge("message", attr(n, "id"), to, "") {
			c.server.counters.acks.Add(1)
		}
	}
	c.server.relayReceipt(d, n)
	ack := binary.Node{Tag: "ack", Attrs: binary.Attrs{"class": "receipt", "id": attr(n, "id"), "from": n.Attrs["to"]}}
	if kind != "" {
		ack.Attrs["type"] = kind
	}
	c.send(ack)
}

// relayReceipt passes a receipt to whom it concerns. That of a device where nobody looks ("inactive") reaches the sender
// too, who does not count it as a delivery (whatsmeow: SetForceActiveDeliveryReceipts).
func (s *Server) relayReceipt(from *device, n *binary.Node) {
	to, _ := jidAttr(n, "to")
	if to.Server == types.GroupServer || to.Server == types.BroadcastServer {
		s.relayGroupReceipt(from, to, n)
		return
	}
	if to.Server == types.NewsletterServer {
		s.channelReceipt(from, bare(to), n)
		return
	}
	target := s.directory.find(to)
	if target == nil || attr(n, "id") == "" {
		return
	}
	kind := attr(n, "type")
	receipt := receiptOnWay{from: from, node: n, at: s.clock.Now()}
	switch kind {
	case receiptDelivered, receiptInactive:
		receipt.toAll(target)
	case receiptRead, receiptPlayed:
		receipt.toAll(target)
		receipt.toOwn(target)
	case receiptReadSelf, receiptPlayedOwn:
		receipt.toOwn(target)
	default:
		// For one device: the one that sent the message, or one's own.
		if d := target.device(to.Device); d != nil && d != from {
			if kind == receiptRetry {
				s.counters.retries.Add(1)
			}
			d.push(receipt.stanza())
		}
	}
}

type receiptOnWay struct {
	from *device
	node *binary.Node
	at   time.Time
}

func (r receiptOnWay) toAll(target *account) {
	if target == r.from.account {
		return
	}
	for _, d := range target.all() {
		d.push(r.stanza())
	}
}

// toOwn tells the reader's other devices that it has read; the chat is the receipt's recipient there.
func (r receiptOnWay) toOwn(chat *account) {
	to, _ := jidAttr(r.node, "to")
	for _, d := range r.from.account.all() {
		if d == r.from {
			continue
		}
		node := r.stanza()
		node.Attrs["recipient"] = chat.as(to)
		d.push(node)
	}
}

func (r receiptOnWay) stanza() binary.Node {
	to, _ := jidAttr(r.node, "to")
	attrs := binary.Attrs{"from": r.from.as(to), "id": attr(r.node, "id"), "t": r.at.Unix()}
	if kind := attr(r.node, "type"); kind != "" {
		attrs["type"] = kind
	}
	if recipient, ok := jidAttr(r.node, "recipient"); ok {
		attrs["recipient"] = recipient
	}
	node := binary.Node{Tag: "receipt", Attrs: attrs}
	if children := r.node.GetChildren(); len(children) > 0 {
		node.Content = children
	}
	return node
}
