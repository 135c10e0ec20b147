package simulator

import (
	"fmt"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// queryBlocklist answers with whom the account blocks, or blocks and unblocks. People are named by LID. A client that
// says which list it knows (dhash) and is right gets no list back, all others the whole; the change is made either
// way (WhatsApp Web, WASmaxInBlocklistsUpdateBlockListResponseSuccessWithMatch and …WithMismatch).
func (s *Server) queryBlocklist(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	if kind != "set" {
		return []binary.Node{d.account.blocklistNode()}, nil
	}
	item, ok := n.GetOptionalChildByTag("item")
	jid, okJID := jidAttr(&item, "jid")
	action := attr(&item, "action")
	if !ok || !okJID || jid.Server != types.HiddenUserServer || (action == "block" && !identified(&item)) {
		return nil, errBadRequest
	}
	d.account.mu.Lock()
	before := d.account.blocked.Stamp()
	d.account.mu.Unlock()
	other := s.directory.find(jid)
	if other == nil {
		return nil, errItemNotFound
	}
	var err error
	switch action {
	case "block":
		err = s.block(d.account, d, other)
	case "unblock":
		err = s.unblock(d.account, d, other)
	default:
		return nil, errBadRequest
	}
	if err != nil {
		return nil, refusal(err)
	}
	list := d.account.blocklistNode()
	if known := attr(&item, "dhash"); known != "" {
		list.Attrs["matched"] = "false"
		if known == before {
			list.Attrs["matched"], list.Content = "true", nil
		} else {
			list.Attrs["c_dhash"] = known
		}
	}
	return []binary.Node{list}, nil
}

// identified says whether a block names the person in one more way than the LID. The server refuses one that does not
// (zapo-js, buildBlocklistBlockIq).
func identified(item *binary.Node) bool {
	for _, key := range []string{"pn_jid", "username", "display_name", "unknown_identifier"} {
		if attr(item, key) != "" {
			return true
		}
	}
	return false
}

func (a *account) blocklistNode() binary.Node {
	a.mu.Lock()
	people, stamp := a.blocked.People(), a.blocked.Stamp()
	a.mu.Unlock()
	node := binary.Node{Tag: "list", Attrs: binary.Attrs{"dhash": stamp, "addressing_mode": "lid"}}
	var items []binary.Node
	for _, lid := range people {
		items = append(items, binary.Node{Tag: "item", Attrs: a.server.personAttrs(lid)})
	}
	if len(items) > 0 {
		node.Content = items
	}
	return node
}

// block lets an account hear nothing more from somebody; by is the device where it was done. ErrInvalid for oneself.
func (s *Server) block(a *account, by *device, other *account) error {
	if a == other {
		return fmt.Errorf("%w: nobody can block themself", ErrInvalid)
	}
	a.mu.Lock()
	before := a.blocked.Stamp()
	changed, err := a.blocked.Block(other.lid, s.clock.Now())
	after := a.blocked.Stamp()
	a.mu.Unlock()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if changed {
		s.blocklistChanged(a, by, other, "block", before, after)
	}
	return nil
}

func (s *Server) unblock(a *account, by *device, other *account) error {
	a.mu.Lock()
	before := a.blocked.Stamp()
	changed := a.blocked.Unblock(other.lid, s.clock.Now())
	after := a.blocked.Stamp()
	a.mu.Unlock()
	if !changed {
		return fmt.Errorf("%w: not on the block list", ErrNotFound)
	}
	s.blocklistChanged(a, by, other, "unblock", before, after)
	return nil
}

// blocklistChanged tells the account's other clients; the one who is blocked only sees the account's presence go.
func (s *Server) blocklistChanged(a *account, by *device, other *account, action, before, after string) {
	a.notify(by, a.pn(), "account_sync", nil, binary.Node{
		Tag:   "blocklist",
		Attrs: binary.Attrs{"dhash": after, "prev_dhash": before},
		Content: []binary.Node{{
			Tag: "item", Attrs: binary.Attrs{"jid": other.hid(), "action": action},
		}},
	})
	a.tellFollowers(other)
}
