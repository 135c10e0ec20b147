package simulator

import (
	"fmt"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/privacy"
)

// queryPrivacy answers reads and changes of the privacy settings, reads of a category's list, and the tokens that a
// client issues to people whom it trusts.
func (s *Server) queryPrivacy(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	settings, ok := n.GetOptionalChildByTag("privacy")
	list, wantsList := settings.GetOptionalChildByTag("list")
	tokens, issues := n.GetOptionalChildByTag("tokens")
	switch {
	case issues && kind == "set":
		return s.issueTokens(d, &tokens)
	case !ok:
		return nil, errBadRequest
	case kind == "set":
		return s.setPrivacy(d, &settings)
	case wantsList:
		return d.account.privacyList(&list)
	default:
		return d.account.privacyNode(), nil
	}
}

func (a *account) privacyNode() []binary.Node {
	a.mu.Lock()
	defer a.mu.Unlock()
	var categories []binary.Node
	for _, name := range privacy.Categories() {
		node := categoryNode(name, a.privacy.Value(name))
		if _, stamp, ok := a.privacy.List(name); ok {
			node.Attrs["dhash"] = stamp
		}
		categories = append(categories, node)
	}
	return []binary.Node{{Tag: "privacy", Content: categories}}
}

func categoryNode(name, value string) binary.Node {
	return binary.Node{Tag: "category", Attrs: binary.Attrs{"name": name, "value": value}}
}

// privacyList answers whom a category leaves out (or lets in). There is no list in the answer if the category has none
// or the client has it already; the forms are those that the Android app reads.
func (a *account) privacyList(asked *binary.Node) ([]binary.Node, *queryError) {
	name := attr(asked, "name")
	a.mu.Lock()
	known := a.privacy.Value(name) != ""
	value := a.privacy.Value(name)
	people, stamp, ok := a.privacy.List(name)
	a.mu.Unlock()
	if !known {
		return nil, errBadRequest
	}
	answer := binary.Node{Tag: "privacy"}
	if ok && attr(asked, "dhash") != stamp {
		var users []binary.Node
		for _, lid := range people {
			users = append(users, binary.Node{Tag: "user", Attrs: a.server.personAttrs(lid)})
		}
		answer.Content = []binary.Node{{
			Tag: "list", Attrs: binary.Attrs{"name": name, "value": value, "dhash": stamp}, Content: users,
		}}
	}
	return []binary.Node{answer}, nil
}

// personAttrs names somebody on a list by both addresses.
func (s *Server) personAttrs(lid string) binary.Attrs {
	jid := types.NewJID(lid, types.HiddenUserServer)
	attrs := binary.Attrs{"jid": jid}
	if a := s.directory.find(jid); a != nil {
		attrs["pn_jid"] = a.pn()
	}
	return attrs
}

// setPrivacy makes a client's changes and answers with the categories as they are then.
func (s *Server) setPrivacy(d *device, settings *binary.Node) ([]binary.Node, *queryError) {
	var changed []binary.Node
	for _, category := range settings.GetChildrenByTag("category") {
		change := privacy.Change{
			Category: attr(&category, "name"), Value: attr(&category, "value"), Stamp: attr(&category, "dhash"),
		}
		for _, user := range category.GetChildrenByTag("user") {
			jid, _ := jidAttr(&user, "jid")
			other := s.directory.find(jid)
			switch action := attr(&user, "action"); {
			case other == nil:
				return nil, errItemNotFound
			case action == "add":
				change.Add = append(change.Add, other.lid)
			case action == "remove":
				change.Remove = append(change.Remove, other.lid)
			default:
				return nil, errBadRequest
			}
		}
		stamp, err := s.changePrivacy(d.account, d, change)
		if err != nil {
			return nil, refusal(err)
		}
		node := categoryNode(change.Category, change.Value)
		if stamp != "" {
			node.Attrs["dhash"] = stamp
		}
		changed = append(changed, node)
	}
	if len(changed) == 0 {
		return nil, errBadRequest
	}
	return []binary.Node{{Tag: "privacy", Content: changed}}, nil
}

// changePrivacy changes one category of an account; by is the device where it was done. ErrInvalid for a category or
// value that does not exist, privacy.ErrStale for a list that changed meanwhile.
func (s *Server) changePrivacy(a *account, by *device, change privacy.Change) (stamp string, err error) {
	a.mu.Lock()
	stamp, err = a.privacy.Apply(change, s.clock.Now())
	a.mu.Unlock()
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	a.notify(by, a.pn(), "account_sync", nil, binary.Node{
		Tag: "privacy", Content: []binary.Node{categoryNode(change.Category, change.Value)},
	})
	a.visibleAgain(change.Category)
	a.tellFollowers(nil)
	return stamp, nil
}
