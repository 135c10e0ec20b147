package simulator

import (
	"go.mau.fi/whatsmeow/binary"
)

// receiveCall takes what the other side of a call says.
func (p *Phone) receiveCall(n *binary.Node) {
	child, _ := firstChild(n)
	from, _ := jidAttr(n, "from")
	sender := p.server().directory.device(from)
	id := attr(&child, "call-id")
	if sender == nil {
		return
	}
	switch child.Tag {
	case callOffer, callNotice:
		p.ring(n, &child, sender, id)
		return
	case callAccept:
		p.heard(id, sender, func(c *Call) { c.State = CallAnswered })
	case callReject:
		p.heard(id, sender, func(c *Call) {
			if !c.ofGroup() { // in a group the others may still take part
				c.State, c.Reason = CallEnded, CallRejected
			}
		})
	case callTerminate:
		reason := attr(&child, "reason")
		if reason == "" {
			reason = CallHungUp
		}
		p.heard(id, sender, func(c *Call) { c.State, c.Reason = CallEnded, reason })
	default:
		p.heard(id, sender, func(*Call) {})
	}
}

func (p *Phone) heard(id string, sender *device, change func(c *Call)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changeCall(id, func(c *Call) {
		c.Device = int(sender.id)
		change(c)
	})
}

// ring shows a call that comes in and says that this phone rings.
func (p *Phone) ring(n, offer *binary.Node, sender *device, id string) {
	for _, enc := range offer.GetChildrenByTag("enc") {
		got := delivery{node: n, id: id, from: sender.hid(), sender: sender}
		if _, err := p.open(got, attr(&enc, "type") == "pkmsg", content(&enc)); err != nil {
			p.server().log.Info("phone can't read a call's key", "error", err)
		}
	}
	to := p.Number()
	if group, ok := jidAttr(offer, "group-jid"); ok {
		to = group.String()
	}
	_, video := offer.GetOptionalChildByTag("video")
	_, silenced := offer.GetOptionalChildByTag("silence")
	p.mu.Lock()
	p.noteCall(Call{
		ID: id, From: sender.account.number, To: to, Video: video || attr(offer, "media") == "video", Silenced: silenced, State: CallRinging,
		Device: int(sender.id), Timestamp: p.server().clock.Now(),
	})
	p.mu.Unlock()
	p.say(sender.account.hid(), p.callNode(id, callPreAccept,
		binary.Node{Tag: "audio", Attrs: binary.Attrs{"enc": "opus", "rate": "16000"}},
		binary.Node{Tag: "encopt", Attrs: binary.Attrs{"keygen": "2"}},
	))
}
