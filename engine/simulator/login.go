package simulator

import (
	"crypto/subtle"
	"encoding/base64"
	"strconv"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// Reasons of a <failure>, as whatsmeow's events.ConnectFailureReason names them.
const (
	failGeneric     = 400
	failLoggedOut   = 401
	failBanned      = 402
	failPhoneGone   = 403
	failOutdated    = 405
	failUnavailable = 503
	banSpam         = 101
)

// begin acts on the payload that ended the handshake: a login or the registration of a new device.
func (c *conn) begin() bool {
	payload := c.peer.Payload
	if c.outdated() {
		c.log.Info("client is too old")
		c.send(failed(failOutdated, nil))
		return false
	}
	if payload.Username == nil {
		return c.beginPairing()
	}
	number := strconv.FormatUint(payload.GetUsername(), 10)
	if failure := c.server.refusal(number); failure != nil {
		c.send(*failure)
		return false
	}
	a := c.server.directory.number(number)
	if a == nil || payload.GetDevice() == 0 || payload.GetDevice() > maxDeviceID {
		c.send(failed(failLoggedOut, nil))
		return false
	}
	d := a.device(uint16(payload.GetDevice()))
	if d == nil && a.isOld(uint16(payload.GetDevice())) {
		c.send(failed(failPhoneGone, nil))
		return false
	}
	if d == nil || subtle.ConstantTimeCompare(d.noiseKey[:], c.peer.NoiseKey[:]) != 1 {
		c.log.Info("login of a device that is not linked")
		c.send(failed(failLoggedOut, nil))
		return false
	}
	return c.login(d)
}

func failed(reason int, more binary.Attrs) binary.Node {
	attrs := binary.Attrs{"reason": reason, "location": "frc"}
	for key, value := range more {
		attrs[key] = value
	}
	return binary.Node{Tag: "failure", Attrs: attrs}
}

func (c *conn) login(d *device) bool {
	c.device.Store(d)
	c.send(binary.Node{Tag: "success", Attrs: binary.Attrs{
		"t":                    c.server.clock.Unix(),
		"creation":             d.account.since.Unix(),
		"lid":                  d.hid(),
		"display_name":         d.account.pushName(),
		"location":             "frc",
		"props":                "27",
		"companion_enc_static": base64.StdEncoding.EncodeToString(d.noiseKey[:]),
	}})
	old, ok := d.attach(c)
	if !ok {
		// Unlinked between the look-up and now; the success is still unsent only by luck, so end as an unlinking does.
		c.send(streamError("401", "device_removed"))
		return false
	}
	if old != nil {
		old.end(streamError("", "replaced"))
		d.unfollowAll()
		d.account.presenceChanged()
	}
	c.server.counters.logins.Add(1)
	c.log.Debug("client logged in")
	c.server.strikeLogin(c, d.account.number)
	if !c.peer.Payload.GetPassive() {
		c.activate()
	}
	return true
}

// activate lets the waiting stanzas through; passive clients ask for it, others get it with their login.
func (c *conn) activate() {
	d := c.device.Load()
	for _, bit := range d.dirtyNodes() {
		c.send(bit)
	}
	d.flush(c)
	d.account.phone.greet(c.ctx, d)
}

// leave cleans up after the connection.
func (c *conn) leave() {
	if c.pair != nil {
		c.server.pairings.remove(c.pair)
	}
	d := c.device.Load()
	if d == nil {
		return
	}
	if d.detach(c) {
		d.unfollowAll()
		d.account.presenceChanged()
	}
	c.log.Debug("client left")
}

// maxDeviceID is the largest device number that an address can carry.
const maxDeviceID = 255

// handle acts on one stanza of the client; false ends the connection.
func (c *conn) handle(n *binary.Node) bool {
	d := c.device.Load()
	if d == nil {
		return c.handlePairing(n)
	}
	if n.Tag != "iq" && n.Tag != "message" && weigh(n) > maxRelayed {
		c.log.Warn("stanza is too large; client is cut off", "tag", word(n.Tag))
		c.send(streamError("xml-not-well-formed", ""))
		return false
	}
	switch n.Tag {
	case "iq":
		return c.handleIQ(d, n)
	case "message":
		c.handleMessage(d, n)
	case "receipt":
		c.handleReceipt(d, n)
	case "ack":
		c.handleAck(d, n)
	case "presence":
		c.server.presence(d, n)
	case "call":
		c.send(c.server.relayCall(d, n))
	case "chatstate":
		c.server.chatState(d, n)
	case "ib":
		c.log.Debug("client's ib ignored")
	case "xmlstreamend":
		return false
	default:
		c.log.Warn("unknown stanza; client is cut off", "tag", word(n.Tag))
		c.send(streamError("xml-not-well-formed", ""))
		return false
	}
	return true
}

func (c *conn) handleAck(d *device, n *binary.Node) {
	to, _ := jidAttr(n, "to")
	if d.acknowledge(attr(n, "class"), attr(n, "id"), to, attr(n, "type")) {
		c.server.counters.acks.Add(1)
	}
}

// answer sends an IQ's result or error.
func (c *conn) answer(n *binary.Node, kind string, children ...binary.Node) {
	node := binary.Node{Tag: "iq", Attrs: binary.Attrs{"id": attr(n, "id"), "type": kind, "from": types.ServerJID}}
	if to, ok := n.Attrs["to"].(types.JID); ok {
		node.Attrs["from"] = to
	}
	if len(children) > 0 {
		node.Content = children
	}
	c.send(node)
}
