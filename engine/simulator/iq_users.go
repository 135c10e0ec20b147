package simulator

import (
	"strings"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// maxUsers bounds one user query.
const maxUsers = 5000

// queryUsers answers "usync": devices, hidden addresses, whether a number is registered, about texts.
func (s *Server) queryUsers(d *device, _ string, n *binary.Node) ([]binary.Node, *queryError) {
	usync, ok := n.GetOptionalChildByTag("usync")
	query, okQuery := usync.GetOptionalChildByTag("query")
	list, okList := usync.GetOptionalChildByTag("list")
	users := list.GetChildrenByTag("user")
	if !ok || !okQuery || !okList || len(users) > maxUsers {
		return nil, errBadRequest
	}
	out := make([]binary.Node, 0, len(users))
	for _, user := range users {
		if contact := childContent(&user, "contact"); contact != nil {
			out = append(out, s.lookUp(d, &query, contact))
			continue
		}
		a, jid, err := s.registered(&user)
		if err != nil {
			return nil, errBadRequest
		}
		node := binary.Node{Tag: "user", Attrs: binary.Attrs{"jid": bare(jid)}}
		if a != nil {
			node.Content = append(contactFact(&query, "in"), s.facts(d, a, &query, jid)...)
		} else if bot, ok := s.bots.find(jid); ok {
			node.Content = bot.fact()
		} else if out := contactFact(&query, "out"); out != nil {
			node.Content = out
		}
		out = append(out, node)
	}
	return []binary.Node{{
		Tag: "usync",
		Attrs: binary.Attrs{
			"sid": attr(&usync, "sid"), "mode": attr(&usync, "mode"), "context": attr(&usync, "context"),
			"index": "0", "last": "true",
		},
		Content: []binary.Node{{Tag: "result"}, {Tag: "list", Content: out}},
	}}, nil
}

// lookUp answers whether a number, as a contact list has it, is registered. The question's text goes back with the
// answer, since that is what clients match them by; the account's address may have the number in another form.
func (s *Server) lookUp(d *device, query *binary.Node, contact []byte) binary.Node {
	number, _, _ := strings.Cut(string(contact), "@")
	number = strings.TrimPrefix(number, "+")
	answer := binary.Node{Tag: "contact", Attrs: binary.Attrs{"type": "out"}, Content: contact}
	a := s.directory.listed(number)
	if a == nil {
		return binary.Node{
			Tag: "user", Attrs: binary.Attrs{"jid": types.NewJID(number, types.DefaultUserServer)},
			Content: []binary.Node{answer},
		}
	}
	answer.Attrs["type"] = "in"
	attrs := binary.Attrs{"jid": a.pn()}
	if asked := query.GetChildByTag("contact"); attr(&asked, "addressing_mode") == "lid" {
		attrs = binary.Attrs{"jid": a.hid(), "pn_jid": a.pn()}
	}
	children := append([]binary.Node{answer}, s.facts(d, a, query, a.pn())...)
	return binary.Node{Tag: "user", Attrs: attrs, Content: children}
}

// contactFact says whether somebody whom a query names by address is registered ("in" or "out"), if it asks.
func contactFact(query *binary.Node, kind string) []binary.Node {
	if _, asked := query.GetOptionalChildByTag("contact"); !asked {
		return nil
	}
	return []binary.Node{{Tag: "contact", Attrs: binary.Attrs{"type": kind}}}
}

// facts are what the query's elements ask about an account.
func (s *Server) facts(d *device, a *account, query *binary.Node, jid types.JID) []binary.Node {
	var out []binary.Node
	for _, asked := range query.GetChildren() {
		switch asked.Tag {
		case "devices":
			a.watch(d.account, jid)
			out = append(out, a.deviceList())
		case "lid":
			out = append(out, binary.Node{Tag: "lid", Attrs: binary.Attrs{"val": a.hid()}})
		case "status":
			out = append(out, a.aboutNode(d.account))
		case "text_status":
			out = append(out, a.textStatusNode(d.account))
		case "picture":
			out = append(out, a.pictureFact(d.account))
		case "disappearing_mode":
			out = append(out, a.timerNode())
		case "business":
			out = append(out, a.businessFact()...)
		}
	}
	return out
}

func (a *account) deviceList() binary.Node {
	var list []binary.Node
	for _, d := range a.all() {
		attrs := binary.Attrs{"id": int(d.id)}
		if d.id != 0 {
			attrs["key-index"] = d.keyIndex
		}
		list = append(list, binary.Node{Tag: "device", Attrs: attrs})
	}
	a.mu.Lock()
	keyList := a.keyList
	a.mu.Unlock()
	children := []binary.Node{{Tag: "device-list", Content: list}}
	if keyList != nil {
		children = append(children, binary.Node{
			Tag: "key-index-list", Attrs: binary.Attrs{"ts": a.server.clock.Unix()}, Content: keyList,
		})
	}
	return binary.Node{Tag: "devices", Content: children}
}
