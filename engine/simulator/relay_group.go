package simulator

import (
	"maps"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/groups"
)

// groupMessage is a message to a group or to status@broadcast on its way: one ciphertext for everybody (skmsg) and, for
// devices that lack the sender's key, one of their own that carries it.
type groupMessage struct {
	server  *Server
	from    *device
	to      types.JID
	form    types.JID // how members are addressed
	message *binary.Node
	at      time.Time
}

// relayGroup passes a message on to every device of the group's members. The real server's codes for who may not write
// are not public; those of group queries are given.
func (s *Server) relayGroup(from *device, to types.JID, n *binary.Node, now time.Time, ack binary.Attrs) bool {
	g, err := s.groups.Get(from.account.person(), groupID(to))
	switch {
	case err == groups.ErrForbidden: //nolint:errorlint // never wrapped by its package
		ack["error"] = errForbidden.code
		return true
	case err != nil:
		return false
	case g.Suspended, g.Announce && !g.IsAdmin(from.account.person()), g.Community:
		ack["error"] = errForbidden.code
		return true
	case staleMode(n, &g):
		ack["error"] = nackStaleMode
		return true
	}
	m := &groupMessage{server: s, from: from, to: bare(to), form: groupForm(&g), message: n, at: now}
	if participant, ok := jidAttr(n, "participant"); ok {
		m.toOne(participant, g.Has)
		return true
	}
	devices := s.groupDevices(&g)
	m.fanOut(devices)
	if hash := deviceHash(devices, m.form); attr(n, "phash") != hash {
		ack["phash"] = hash
	}
	return true
}

// nackStaleMode refuses a message whose sender takes the group's members to be addressed in another way than they are
// (whatsapp-rust, nack.rs: StaleGroupAddressingMode).
const nackStaleMode = 421

func staleMode(n *binary.Node, g *groups.Group) bool {
	mode := attr(n, "addressing_mode")
	return mode != "" && (mode == string(types.AddressingModePN)) != g.ByNumber
}

// toOne passes on what a retry receipt asked for.
func (m *groupMessage) toOne(participant types.JID, isMember func(groups.Person) bool) {
	d := m.server.directory.device(participant)
	if d == nil || d == m.from || !isMember(d.account.person()) {
		return
	}
	m.at = writtenAt(m.message, m.at)
	d.push(m.stanza(m.message.GetChildrenByTag("enc"), bare(participant)))
}

// fanOut gives each device the ciphertext for all, after its own one if the sender made one.
func (m *groupMessage) fanOut(devices []*device) {
	own := make(map[*device][]binary.Node)
	participants := m.message.GetChildByTag("participants")
	for _, receiver := range participants.GetChildrenByTag("to") {
		jid, _ := jidAttr(&receiver, "jid")
		if d := m.server.directory.device(jid); d != nil {
			own[d] = receiver.GetChildrenByTag("enc")
		}
	}
	shared := m.message.GetChildrenByTag("enc")
	once := (&relayed{message: m.message}).seenOnce()
	var stanzas []addressed
	for _, d := range devices {
		if d == m.from {
			continue
		}
		if once && d.id != 0 {
			node := m.stanza(nil, m.form)
			node.Content = []binary.Node{{Tag: "unavailable", Attrs: binary.Attrs{"type": "view_once"}}}
			stanzas = append(stanzas, addressed{d, node})
			continue
		}
		encs := append(append([]binary.Node{}, own[d]...), shared...)
		if len(encs) > 0 {
			stanzas = append(stanzas, addressed{d, m.stanza(encs, m.form)})
		}
	}
	pushAll(stanzas)
}

// stanza is the message as one device sees it, with the sender's address in the form that like has.
func (m *groupMessage) stanza(encs []binary.Node, like types.JID) binary.Node {
	sender := m.from.account
	attrs := binary.Attrs{
		"from": m.to, "id": attr(m.message, "id"), "t": m.at.Unix(), "type": attr(m.message, "type"),
		"notify": sender.pushName(), "participant": m.from.as(like),
	}
	mode, other := types.AddressingModePN, "participant_lid"
	if like.Server == types.HiddenUserServer {
		mode, other = types.AddressingModeLID, "participant_pn"
	}
	attrs["addressing_mode"], attrs[other] = string(mode), sender.alt(like)
	if edit := attr(m.message, "edit"); edit != "" {
		attrs["edit"] = edit
	}
	content := (&relayed{server: m.server, from: m.from, message: m.message}).content(encs)
	node := binary.Node{Tag: "message", Attrs: attrs, Content: content}
	sender.markBusiness(&node)
	return node
}

// relayStatus passes a status update on to the devices that its sender lists: the server knows nobody's audience. The
// sender's own other devices also get the list of people (whatsmeow, parseMessageSource).
func (s *Server) relayStatus(from *device, to types.JID, n *binary.Node, now time.Time) bool {
	if to.User != types.StatusBroadcastJID.User {
		return false
	}
	m := &groupMessage{server: s, from: from, to: bare(to), message: n, at: now}
	if participant, ok := jidAttr(n, "participant"); ok {
		m.toOne(participant, func(groups.Person) bool { return true })
		return true
	}
	participants := n.GetChildByTag("participants")
	shared := n.GetChildrenByTag("enc")
	audience := s.audience(from.account, &participants)
	var stanzas []addressed
	for _, receiver := range participants.GetChildrenByTag("to") {
		jid, _ := jidAttr(&receiver, "jid")
		d := s.directory.device(jid)
		if d == nil || d == from || d.account.blocks(from.account) {
			continue
		}
		encs := append(append([]binary.Node{}, receiver.GetChildrenByTag("enc")...), shared...)
		if len(encs) == 0 {
			continue
		}
		node := m.stanza(encs, bare(jid))
		if d.account == from.account {
			node.Content = append(node.GetChildren(), audience)
		}
		stanzas = append(stanzas, addressed{d, node})
	}
	pushAll(stanzas)
	return true
}

// audience lists the people whom a status update goes to, besides the sender.
func (s *Server) audience(sender *account, participants *binary.Node) binary.Node {
	seen := make(map[*account]struct{})
	node := binary.Node{Tag: "participants"}
	var people []binary.Node
	for _, receiver := range participants.GetChildrenByTag("to") {
		jid, _ := jidAttr(&receiver, "jid")
		a := s.directory.find(jid)
		if a == nil || a == sender {
			continue
		}
		if _, ok := seen[a]; !ok {
			seen[a] = struct{}{}
			people = append(people, binary.Node{Tag: "to", Attrs: binary.Attrs{"jid": a.hid(), "peer_recipient_pn": a.pn()}})
		}
	}
	node.Content = people
	return node
}

// relayGroupReceipt passes on a receipt for a message in a group or for a status update; its participant is who wrote
// the message.
func (s *Server) relayGroupReceipt(from *device, to types.JID, n *binary.Node) {
	participant, ok := jidAttr(n, "participant")
	author := s.directory.find(participant)
	if !ok || author == nil || attr(n, "id") == "" || !s.shares(from.account, author, to) {
		return
	}
	receipt := receiptOnWay{from: from, node: n, at: s.clock.Now()}
	stanza := receipt.stanza()
	stanza.Attrs["from"], stanza.Attrs["participant"] = to, from.as(participant)
	switch kind := attr(n, "type"); kind {
	case receiptSender, receiptPeer:
	case receiptDelivered, receiptInactive, receiptRead, receiptPlayed, receiptReadSelf, receiptPlayedOwn:
		if author != from.account && kind != receiptReadSelf && kind != receiptPlayedOwn {
			for _, d := range author.all() {
				d.push(stanza)
			}
		}
		if kind != receiptDelivered && kind != receiptInactive {
			// The reader's other devices learn whose message was read from recipient (whatsmeow, events.Receipt).
			mine := stanza
			mine.Attrs = maps.Clone(stanza.Attrs)
			mine.Attrs["recipient"] = bare(participant)
			for _, d := range from.account.all() {
				if d != from {
					d.push(mine)
				}
			}
		}
	default:
		if d := author.device(participant.Device); d != nil && d != from {
			if kind == receiptRetry {
				s.counters.retries.Add(1)
			}
			d.push(stanza)
		}
	}
}

// shares says whether a receipt may go from reader to author in this chat.
func (s *Server) shares(reader, author *account, chat types.JID) bool {
	if chat.Server == types.BroadcastServer {
		return chat.User == types.StatusBroadcastJID.User && !author.blocks(reader)
	}
	g, ok := s.groups.Find(groupID(chat))
	return ok && g.Has(author.person()) && (g.Has(reader.person()) || reader == author)
}

// groupChatState tells the other members that somebody writes in a group.
func (s *Server) groupChatState(d *device, to types.JID, child binary.Node) {
	g, err := s.groups.Get(d.account.person(), groupID(to))
	if err != nil {
		return
	}
	form := groupForm(&g)
	node := binary.Node{
		Tag: "chatstate", Attrs: binary.Attrs{"from": bare(to), "participant": bare(d.as(form))},
		Content: []binary.Node{child},
	}
	for _, other := range s.groupDevices(&g) {
		if other.account != d.account && !other.account.blocks(d.account) {
			other.tell(node, true)
		}
	}
}
