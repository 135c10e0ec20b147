package simulator

import (
	"strings"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// attr reads a text attribute; a JID is given in its text form, nothing as "".
func attr(n *binary.Node, key string) string {
	switch value := n.Attrs[key].(type) {
	case string:
		return value
	case types.JID:
		return value.String()
	default:
		return ""
	}
}

// jidAttr reads an address; clients write them as JIDs or, some of them, as text.
func jidAttr(n *binary.Node, key string) (types.JID, bool) {
	switch value := n.Attrs[key].(type) {
	case types.JID:
		return value, !value.IsEmpty()
	case string:
		jid, err := types.ParseJID(value)
		return jid, err == nil && jid.User != ""
	default:
		return types.EmptyJID, false
	}
}

func content(n *binary.Node) []byte {
	raw, _ := n.Content.([]byte)
	return raw
}

func childContent(n *binary.Node, tags ...string) []byte {
	child, ok := n.GetOptionalChildByTag(tags...)
	if !ok {
		return nil
	}
	return content(&child)
}

func firstChild(n *binary.Node) (binary.Node, bool) {
	children := n.GetChildren()
	if len(children) == 0 {
		return binary.Node{}, false
	}
	return children[0], true
}

func streamError(code, conflict string) binary.Node {
	node := binary.Node{Tag: "stream:error", Attrs: binary.Attrs{}}
	switch {
	case conflict != "":
		node.Content = []binary.Node{{Tag: "conflict", Attrs: binary.Attrs{"type": conflict}}}
	case code == "xml-not-well-formed":
		node.Content = []binary.Node{{Tag: code}}
		return node
	}
	if code != "" {
		node.Attrs["code"] = code
	}
	return node
}

// word is a name that a client sent as the log may show it: protocol words only, since anything else may be what somebody
// wrote.
func word(name string) string {
	const maxWord = 40
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && r != ':' && r != '-' && r != '_' && r != '2'
	}
	if len(name) > maxWord || strings.ContainsFunc(name, odd) {
		return "(not a word)"
	}
	return name
}

// instant is a time that a client sent, in seconds since 1970, kept within the years that JSON can say.
func instant(seconds int64) time.Time {
	const lastSecond = 253402300799 // of the year 9999
	return time.Unix(min(max(seconds, 0), lastSecond), 0).UTC()
}

// bare is an address without its device.
func bare(jid types.JID) types.JID { return jid.ToNonAD() }

func withDevice(jid types.JID, id uint16) types.JID {
	jid.Device = id
	return jid
}
