package simulator

import (
	"crypto/sha256"
	"maps"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// handleMessage relays a client's message and acknowledges that the server has it.
func (c *conn) handleMessage(d *device, n *binary.Node) {
	if hit := c.server.faults.next(FaultNack, d.account.number); hit != nil {
		c.send(binary.Node{Tag: "ack", Attrs: binary.Attrs{
			"class": "message", "id": attr(n, "id"), "from": n.Attrs["to"], "t": c.server.clock.Unix(), "error": hit.Code,
		}})
		return
	}
	ack := c.server.relay(d, n)
	if c.server.faults.take(FaultLoseAck, d.account.number) {
		return
	}
	c.send(ack)
}

// relay passes a message to every device that it holds a ciphertext for and answers with the acknowledgement. It is
// the same way for phones and clients.
func (s *Server) relay(from *device, n *binary.Node) binary.Node {
	to, _ := jidAttr(n, "to")
	now := s.clock.Now()
	ack := binary.Node{Tag: "ack", Attrs: binary.Attrs{
		"class": "message", "id": attr(n, "id"), "from": n.Attrs["to"], "t": now.Unix(),
	}}
	if from.phone == nil && tooHeavy(n) {
		s.log.Info("message refused: it is too large")
		ack.Attrs["error"] = nackMalformed
		return ack
	}
	if attr(n, "id") == "" || !s.relayTo(from, to, n, now, ack.Attrs) {
		s.log.Info("message refused: no such person, or an address that is not served yet")
		ack.Attrs["error"] = errItemNotFound.code
		return ack
	}
	s.counters.relayed.Add(1)
	return ack
}

// relayTo passes a message on in the way of the chat that it goes to and says whether there is such a chat. It adds to
// the acknowledgement what the sender has to know.
func (s *Server) relayTo(from *device, to types.JID, n *binary.Node, now time.Time, ack binary.Attrs) bool {
	switch to.Server {
	case types.DefaultUserServer, types.LegacyUserServer, types.HiddenUserServer:
		return s.relayDirect(from, to, n, now, ack)
	case types.GroupServer:
		return s.relayGroup(from, to, n, now, ack)
	case types.BroadcastServer:
		return s.relayStatus(from, to, n, now)
	case types.NewsletterServer:
		s.publish(from, to, n, now, ack)
		return true
	default:
		return false
	}
}

func (s *Server) relayDirect(from *device, to types.JID, n *binary.Node, now time.Time, ack binary.Attrs) bool {
	target := s.directory.find(to)
	if target == nil {
		return false
	}
	r := relayed{server: s, from: from, target: target, to: bare(to), message: n, at: now}
	if from.phone == nil && !wellFormed(to, n) {
		s.log.Info("message refused: malformed")
		ack["error"] = nackMalformed
		return true
	}
	participants, ok := n.GetOptionalChildByTag("participants")
	if !ok {
		// A message for one device: to one's own phone, or what a retry receipt asked for.
		if d := target.device(to.Device); d != nil && d != from && !target.blocks(from.account) {
			r.at = writtenAt(n, now)
			d.push(r.stanza(d, to, n.GetChildrenByTag("enc")))
		}
		return true
	}
	if code := r.mayWrite(); code != 0 {
		s.log.Info("message refused: the account may not write to strangers", "code", code)
		ack["error"] = code
		return true
	}
	if r.fanOut(participants.GetChildrenByTag("to")) {
		ack["phash"] = deviceHash(r.expected(), to)
	}
	return true
}

// writtenAt is when a message that is sent again was written: its sender repeats the time that the retry receipt had
// (whatsmeow, retry.go).
func writtenAt(n *binary.Node, now time.Time) time.Time {
	if at := time.Unix(int64(intAttr(n, "t")), 0); at.Unix() > 0 && at.Before(now) {
		return at
	}
	return now
}

// relayed is one message on its way.
type relayed struct {
	server  *Server
	from    *device
	target  *account
	to      types.JID
	message *binary.Node
	at      time.Time
}

// expected lists every device that should get the message, the sending one included.
func (r *relayed) expected() []*device {
	devices := r.target.all()
	if r.target != r.from.account {
		devices = append(devices, r.from.account.all()...)
	}
	return devices
}

// fanOut delivers each ciphertext and says whether the sender's idea of the devices is outdated.
func (r *relayed) fanOut(receivers []binary.Node) (outdated bool) {
	missing := make(map[*device]bool)
	for _, d := range r.expected() {
		missing[d] = d != r.from
	}
	var stanzas []addressed
	unwanted := r.target.blocks(r.from.account)
	for i := range receivers {
		jid, _ := jidAttr(&receivers[i], "jid")
		d := r.server.directory.device(jid)
		if d == nil || d == r.from || (d.account != r.target && d.account != r.from.account) {
			outdated = true
			continue
		}
		delete(missing, d)
		if unwanted && d.account == r.target {
			continue // the sender is blocked and isn't told so
		}
		stanzas = append(stanzas, addressed{d, r.stanza(d, jid, receivers[i].GetChildrenByTag("enc"))})
	}
	if r.seenOnce() {
		// Phones don't encrypt these for clients, which the server tells so (whatsmeow: events.UnavailableTypeViewOnce).
		for d := range missing {
			if d.id != 0 {
				stanzas = append(stanzas, addressed{d, r.withheld(d)})
				delete(missing, d)
			}
		}
	}
	pushAll(stanzas)
	for _, lacks := range missing {
		outdated = outdated || lacks
	}
	return outdated
}

// addressed is a stanza for a device.
type addressed struct {
	device *device
	node   binary.Node
}

// pushAll delivers a message to all whom it goes to, to phones last: a phone answers while it takes its stanza, and
// everybody has the message before anything that is said about it. Clients hear of it once all have it, so that none can
// ask its phone for a message that did not come there yet.
func pushAll(stanzas []addressed) {
	all := make(chan struct{})
	defer close(all)
	for _, phones := range []bool{false, true} {
		for _, next := range stanzas {
			if phones == (next.device.phone != nil) {
				next.device.pushAfter(next.node, all)
			}
		}
	}
}

// seenOnce says whether the sender marked the message as one to be opened once, on phones only.
func (r *relayed) seenOnce() bool {
	meta := r.message.GetChildByTag("meta")
	return attr(&meta, "view_once") == "true"
}

// withheld is what a client gets of a message that is not for it.
func (r *relayed) withheld(d *device) binary.Node {
	node := r.stanza(d, d.as(r.to), nil)
	node.Content = []binary.Node{{Tag: "unavailable", Attrs: binary.Attrs{"type": "view_once"}}}
	return node
}

// stanza is the message as d sees it; jid is how the sender addressed d, which decides in which form (number or LID)
// the sender's own address appears.
func (r *relayed) stanza(d *device, jid types.JID, encs []binary.Node) binary.Node {
	sender := r.from.account
	attrs := binary.Attrs{
		"from": r.from.as(jid), "id": attr(r.message, "id"), "t": r.at.Unix(), "type": attr(r.message, "type"),
		"notify": sender.pushName(),
	}
	for _, key := range []string{"category", "edit"} {
		if value := attr(r.message, key); value != "" {
			attrs[key] = value
		}
	}
	switch {
	case d.account != sender:
		r.addAlternative(attrs, jid)
	case attrs["category"] != "peer":
		recipient := r.recipient()
		attrs["recipient"] = recipient
		if other := r.server.directory.find(recipient); other != nil {
			key := "peer_recipient_lid"
			if recipient.Server == types.HiddenUserServer {
				key = "peer_recipient_pn"
			}
			attrs[key] = other.alt(recipient)
		}
	}
	node := binary.Node{Tag: "message", Attrs: attrs, Content: r.content(encs)}
	if d.account != sender {
		sender.markBusiness(&node)
	}
	return node
}

func (r *relayed) addAlternative(attrs binary.Attrs, jid types.JID) {
	if jid.Server == types.HiddenUserServer {
		attrs["sender_pn"] = r.from.account.pn()
		attrs["addressing_mode"] = "lid"
	} else {
		attrs["sender_lid"] = r.from.account.hid()
		attrs["addressing_mode"] = "pn"
	}
}

// recipient is whom a copy for the sender's own devices was meant for.
func (r *relayed) recipient() types.JID {
	if jid, ok := jidAttr(r.message, "recipient"); ok {
		return bare(jid)
	}
	return r.to
}

// content copies what belongs to the receiver: its ciphertexts, the sender's device identity if a session begins, and
// everything that is not addressed to the server.
func (r *relayed) content(encs []binary.Node) []binary.Node {
	var out []binary.Node
	initial := false
	for _, enc := range encs {
		initial = initial || attr(&enc, "type") == "pkmsg"
		enc.Attrs = maps.Clone(enc.Attrs)
		out = append(out, enc)
	}
	for _, child := range r.message.GetChildren() {
		switch child.Tag {
		case "enc", "participants", "tctoken", "cstoken":
		case "reporting":
			out = append(out, r.reportingTag())
		case "device-identity":
			if initial {
				out = append(out, child)
			}
		default:
			out = append(out, child)
		}
	}
	return out
}

const reportingTagSize = 20

// reportingTag is what a receiver gets in place of the sender's reporting token: the server's own mark, with which it
// would know the message again if it was reported. Receivers keep it unread, so any bytes will do.
func (r *relayed) reportingTag() binary.Node {
	sum := sha256.Sum256([]byte(attr(r.message, "id") + r.from.hid().String()))
	tag := append([]byte{1}, sum[:reportingTagSize-1]...)
	return binary.Node{Tag: "reporting", Content: []binary.Node{{Tag: "reporting_tag", Content: tag}}}
}
