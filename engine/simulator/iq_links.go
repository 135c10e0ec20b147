package simulator

import (
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// queryLink answers the namespace "w:qr": whom a code of https://wa.me/qr/ or https://wa.me/message/ leads to, and the
// code of one's own contact QR (whatsmeow, user.go). Accounts are named by number unless the LID is asked for.
func (s *Server) queryLink(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	asked, ok := n.GetOptionalChildByTag("qr")
	if !ok {
		return nil, errBadRequest
	}
	if kind == "set" {
		action := attr(&asked, "action")
		if attr(&asked, "type") != "contact" || (action != "get" && action != "revoke") {
			return nil, errBadRequest
		}
		code := s.links.contactCode(d.account, action == "revoke")
		return []binary.Node{{Tag: "qr", Attrs: binary.Attrs{"type": "contact", "code": code}}}, nil
	}
	found, ok := s.links.find(attr(&asked, "code"))
	if !ok {
		return nil, errItemNotFound
	}
	form := types.DefaultUserServer
	if attr(&asked, "addressing_mode") == string(types.AddressingModeLID) {
		form = types.HiddenUserServer
	}
	return []binary.Node{found.node(types.JID{Server: form})}, nil
}

func (l link) node(form types.JID) binary.Node {
	node := binary.Node{Tag: "qr", Attrs: binary.Attrs{
		"jid": l.account.as(form), "notify": l.account.pushName(), "type": "contact",
	}}
	if !l.message {
		return node
	}
	node.Attrs["type"] = "message"
	children := []binary.Node{}
	if l.text != "" {
		children = append(children, binary.Node{Tag: "message", Content: []byte(l.text)})
	}
	if b := l.account.businessNow(); b != nil {
		children = append(children, binary.Node{Tag: "business", Attrs: binary.Attrs{
			"is_signed": "true", "verified_name": b.Name, "verified_level": b.level(),
		}})
	}
	node.Content = children
	return node
}
