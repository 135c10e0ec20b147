package simulator

import (
	"strconv"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waServerSync"
	"google.golang.org/protobuf/proto"
)

// appState is what the server keeps of an account's settings: numbered, encrypted patches that it can't read.
type appState struct {
	collections map[string]*collection
}

// collection holds patch i at version i+1. The first cut keeps every patch, so it never needs a snapshot: a client that
// asks for one gets all patches, which the protocol allows.
type collection struct {
	patches [][]byte
}

// maxPatches bounds how many patches one answer carries.
const maxPatches = 50

func knownCollection(name string) bool {
	switch name {
	case "critical_block", "critical_unblock_low", "regular_high", "regular", "regular_low":
		return true
	default:
		return false
	}
}

// queryAppState answers "w:sync:app:state": patches after a version, and uploads of new ones.
func (s *Server) queryAppState(d *device, _ string, n *binary.Node) ([]binary.Node, *queryError) {
	sync, ok := n.GetOptionalChildByTag("sync")
	if !ok {
		return nil, errBadRequest
	}
	var out []binary.Node
	changed := make(map[string]int)
	for _, asked := range sync.GetChildrenByTag("collection") {
		name := attr(&asked, "name")
		if !knownCollection(name) {
			return nil, errBadRequest
		}
		answer, version, failure := d.account.syncCollection(&asked, name)
		if failure != nil {
			return nil, failure
		}
		out = append(out, answer)
		if version > 0 {
			changed[name] = version
		}
	}
	for name, version := range changed {
		d.account.tellAppState(d, name, version)
	}
	return []binary.Node{{Tag: "sync", Content: out}}, nil
}

func (a *account) syncCollection(asked *binary.Node, name string) (answer binary.Node, version int, failure *queryError) {
	have := 0
	if text := attr(asked, "version"); text != "" {
		parsed, err := strconv.Atoi(text)
		if err != nil || parsed < 0 {
			return answer, 0, errBadRequest
		}
		have = parsed
	}
	patches := asked.GetChildrenByTag("patch")
	if wrapped, ok := asked.GetOptionalChildByTag("patches"); ok {
		patches = wrapped.GetChildrenByTag("patch")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.collection(name)
	attrs := binary.Attrs{"name": name}
	answer = binary.Node{Tag: "collection", Attrs: attrs}
	if len(patches) > 0 {
		if have != len(c.patches) {
			attrs["type"] = "error"
			answer.Content = []binary.Node{{Tag: "error", Attrs: binary.Attrs{"code": 409, "text": "conflict"}}}
			return answer, 0, nil
		}
		for _, patch := range patches {
			if !c.add(content(&patch)) {
				return answer, 0, errBadRequest
			}
		}
		attrs["version"] = len(c.patches)
		return answer, len(c.patches), nil
	}
	answer.Content = c.after(have, attrs)
	return answer, 0, nil
}

// collection gives a collection, which begins empty. The caller holds a.mu.
func (a *account) collection(name string) *collection {
	if a.state.collections == nil {
		a.state.collections = make(map[string]*collection)
	}
	c := a.state.collections[name]
	if c == nil {
		c = new(collection)
		a.state.collections[name] = c
	}
	return c
}

func (c *collection) after(have int, attrs binary.Attrs) []binary.Node {
	attrs["version"] = len(c.patches)
	if have >= len(c.patches) {
		return nil
	}
	rest := c.patches[have:]
	if len(rest) > maxPatches {
		rest = rest[:maxPatches]
		attrs["has_more_patches"] = "true"
	}
	nodes := make([]binary.Node, len(rest))
	for i, patch := range rest {
		nodes[i] = binary.Node{Tag: "patch", Content: patch}
	}
	return []binary.Node{{Tag: "patches", Content: nodes}}
}

// add numbers a patch, which clients upload without a version, and keeps it.
func (c *collection) add(raw []byte) bool {
	patch := new(waServerSync.SyncdPatch)
	if len(raw) == 0 || proto.Unmarshal(raw, patch) != nil {
		return false
	}
	patch.Version = &waServerSync.SyncdVersion{Version: proto.Uint64(uint64(len(c.patches) + 1))}
	numbered, err := proto.Marshal(patch)
	if err != nil {
		return false
	}
	c.patches = append(c.patches, numbered)
	return true
}

func (a *account) tellAppState(by *device, name string, version int) {
	a.notify(by, a.pn(), "server_sync", nil, binary.Node{
		Tag: "collection", Attrs: binary.Attrs{"name": name, "version": version},
	})
}
