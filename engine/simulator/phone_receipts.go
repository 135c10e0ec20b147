package simulator

import (
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// How much a phone keeps of receipts without a message: ids, and receipts for each.
const (
	maxEarlyIDs = 1000
	maxEarly    = 64
)

func (p *Phone) receiveReceipt(n *binary.Node) {
	from := authorOf(n)
	a := p.server().directory.find(from)
	if from.Server == types.NewsletterServer {
		a = p.account // who reads a channel tells only the own devices
	}
	if a == nil {
		return
	}
	kind := attr(n, "type")
	receipt := Receipt{From: a.number, Device: int(from.Device), Type: ReceiptDelivered, Timestamp: p.server().clock.Now()}
	switch kind {
	case receiptDelivered:
	case receiptRead, receiptReadSelf:
		receipt.Type = ReceiptRead
	case receiptPlayed, receiptPlayedOwn:
		receipt.Type = ReceiptPlayed
	default:
		return
	}
	ids := []string{attr(n, "id")}
	list := n.GetChildByTag("list")
	for _, item := range list.GetChildrenByTag("item") {
		ids = append(ids, attr(&item, "id"))
	}
	sender, _ := jidAttr(n, "from")
	chat, _ := p.server().chatOf(bare(sender).String())
	got := arrivedReceipt{Receipt: receipt, own: a == p.account, chat: chat}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range ids {
		p.note(id, got)
	}
	p.announce()
}

// arrivedReceipt is a receipt on its way to the message that it is about.
type arrivedReceipt struct {
	Receipt
	own  bool // the phone's person read it on another device
	chat types.JID
}

// fits says whether a message is one that this receipt can be about.
func (r arrivedReceipt) fits(m *Message) bool {
	if r.own {
		return !m.FromMe
	}
	return m.FromMe && m.chat == r.chat // else it was not written to who claims to have it
}

// note adds a receipt to its message. A receipt can overtake the message, which the server hands to one device after the
// other; phones keep it until then. The caller holds p.mu.
func (p *Phone) note(id string, r arrivedReceipt) {
	message := p.byKey[messageKey{p.Number(), id}]
	if r.own {
		message = p.incoming(id)
	}
	if message == nil {
		if waiting, _ := p.early.get(id); len(waiting) < maxEarly && len(id) <= maxID {
			p.early.put(id, append(waiting, r))
		}
		return
	}
	if r.fits(message) {
		message.addReceipt(r.Receipt)
	}
}

// overtaken gives a message the receipts that came before it. The caller holds p.mu.
func (p *Phone) overtaken(m *Message) {
	waiting, _ := p.early.get(m.ID)
	for _, r := range waiting {
		if r.fits(m) {
			m.addReceipt(r.Receipt)
		}
	}
}
