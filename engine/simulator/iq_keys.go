package simulator

import (
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

const (
	// lowKeys is when a device hears that its one-time keys run out; whatsmeow uploads new ones below 5.
	lowKeys = 5
	// maxKeyUsers bounds one query for keys.
	maxKeyUsers = 2000
)

// queryKeys answers the "encrypt" namespace: uploads, counts and fetches of pre-keys.
func (s *Server) queryKeys(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	if kind == "set" {
		return nil, d.uploadKeys(n)
	}
	if _, ok := n.GetOptionalChildByTag("count"); ok {
		return []binary.Node{{Tag: "count", Attrs: binary.Attrs{"value": d.keys.count()}}}, nil
	}
	if _, ok := n.GetOptionalChildByTag("digest"); ok {
		return []binary.Node{d.keys.digest()}, nil
	}
	query, ok := n.GetOptionalChildByTag("key")
	users := query.GetChildrenByTag("user")
	if !ok || len(users) > maxKeyUsers {
		return nil, errBadRequest
	}
	list := make([]binary.Node, 0, len(users))
	for _, user := range users {
		jid, ok := jidAttr(&user, "jid")
		if !ok {
			return nil, errBadRequest
		}
		list = append(list, s.bundleNode(jid))
	}
	return []binary.Node{{Tag: "list", Content: list}}, nil
}

func (s *Server) bundleNode(jid types.JID) binary.Node {
	target := s.directory.device(jid)
	if target == nil {
		return binary.Node{Tag: "user", Attrs: binary.Attrs{"jid": jid}, Content: []binary.Node{
			{Tag: "error", Attrs: binary.Attrs{"code": errItemNotFound.code, "text": errItemNotFound.text}},
		}}
	}
	return s.takeBundle(target).node(jid, target.advSign)
}

// takeBundle hands out a device's keys and sees to it that it uploads more. No lock of a phone may be held.
func (s *Server) takeBundle(d *device) bundle {
	b := d.keys.take()
	if d.phone != nil {
		if b.left < lowKeys {
			d.phone.refill()
		}
		return b
	}
	if b.oneTime != nil && (b.left == lowKeys-1 || b.left == 0) {
		count := binary.Node{Tag: "count", Attrs: binary.Attrs{"value": b.left}}
		d.push(s.notification(types.ServerJID, "encrypt", nil, count))
	}
	return b
}

func (d *device) uploadKeys(n *binary.Node) *queryError {
	if rotate, ok := n.GetOptionalChildByTag("rotate"); ok {
		n = &rotate
	}
	if raw := childContent(n, "identity"); raw != nil && (len(raw) != 32 || [32]byte(raw) != d.keys.identity) {
		return errBadRequest
	}
	var fresh []preKey
	list := n.GetChildByTag("list")
	for _, child := range list.GetChildrenByTag("key") {
		key, err := parsePreKey(&child)
		if err != nil {
			return errBadRequest
		}
		fresh = append(fresh, key)
	}
	if signedNode, ok := n.GetOptionalChildByTag("skey"); ok {
		signed, err := parseSignedPreKey(&signedNode)
		if err != nil || d.keys.rotate(signed) != nil {
			return errBadRequest
		}
	} else if len(fresh) == 0 {
		return errBadRequest
	}
	d.keys.addOneTime(fresh)
	return nil
}
