package simulator

import (
	"maps"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/privacy"
)

// phoneVersion is the app's version that calls from phones carry.
const phoneVersion = "2.26.44.7"

// callStanza wraps what from says in a call for the other side. Its attributes are those that whatsmeow's handleCallEvent and
// WhatsApp Web's module WAWebHandleVoipCall read.
func (s *Server) callStanza(c *call, from *device, id string, child binary.Node) binary.Node {
	version := phoneVersion
	platform := from.platform
	if from.phone != nil {
		platform = "android"
	} else {
		version = "0"
	}
	attrs := binary.Attrs{
		"from": from.as(c.form), "id": id, "t": s.clock.Unix(), "platform": platform, "version": version,
		"notify": from.account.pushName(),
	}
	if c.form.Server != types.HiddenUserServer {
		attrs["sender_lid"] = from.hid()
	}
	return binary.Node{Tag: "call", Attrs: attrs, Content: []binary.Node{child}}
}

// childFor copies what one side says for the other. The creator's address is the one that began the call, since clients
// shorten it or, refusing a call, put the caller's there (whatsmeow, RejectCall).
func (c *call) childFor(child *binary.Node) binary.Node {
	attrs := maps.Clone(child.Attrs)
	attrs["call-creator"] = c.creator.as(c.form)
	return binary.Node{Tag: child.Tag, Attrs: attrs, Content: child.Content}
}

func (c *call) terminate(reason string) binary.Node {
	return binary.Node{Tag: callTerminate, Attrs: binary.Attrs{
		"call-id": c.id, "call-creator": c.creator.as(c.form), "reason": reason,
	}}
}

// offerFor is an offer as d gets it: with d's own copy of the call's key, and silenced if the callee wants calls from
// contacts only.
func (s *Server) offerFor(c *call, d *device, offer *binary.Node) binary.Node {
	node := c.childFor(offer)
	if c.form.Server == types.HiddenUserServer {
		node.Attrs["caller_pn"] = c.creator.account.pn()
	} else {
		node.Attrs["caller_lid"] = c.creator.account.hid()
	}
	node.Attrs["notify"] = c.creator.account.pushName()
	var children []binary.Node
	initial := false
	for _, child := range offer.GetChildren() {
		switch child.Tag {
		case "destination":
			enc, ok := s.keyFor(d, &child)
			if ok {
				initial = attr(&enc, "type") == "pkmsg"
				children = append(children, enc)
			}
		case "privacy", "device-identity", "silence":
		default:
			children = append(children, child)
		}
	}
	if identity, ok := offer.GetOptionalChildByTag("device-identity"); ok && initial {
		children = append(children, identity)
	}
	if !c.callee.admits(privacy.CallAdd, c.creator.account) {
		children = append(children, binary.Node{Tag: "silence", Attrs: binary.Attrs{"reason": "privacy"}})
	}
	node.Content = children
	return node
}

// keyFor finds the ciphertext that an offer holds for d.
func (s *Server) keyFor(d *device, destination *binary.Node) (binary.Node, bool) {
	for _, to := range destination.GetChildrenByTag("to") {
		if jid, _ := jidAttr(&to, "jid"); s.directory.device(jid) == d {
			return to.GetOptionalChildByTag("enc")
		}
	}
	return binary.Node{}, false
}
