package simulator

import (
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

const (
	// maxRelayed bounds, in bytes, what one device is handed of another's stanza: a text as long as can be written, which
	// quotes one, with previews, fits in twice. WhatsApp's own bound is not public. Without any, a stanza could fill a
	// frame so that nothing can be added to it and its receiver is cut off at each login.
	maxRelayed = 1 << 20
	// maxID is how long the name of a message may be; clients make 32 characters at most.
	maxID = 128
	// nodeWeight is about what a node takes in memory beside its words.
	nodeWeight = 100
)

// weigh is about how many bytes a stanza takes.
func weigh(n *binary.Node) int {
	total := nodeWeight + len(n.Tag)
	for key, value := range n.Attrs {
		total += len(key)
		switch value := value.(type) {
		case string:
			total += len(value)
		case types.JID:
			total += len(value.User) + len(value.Server)
		}
	}
	switch inside := n.Content.(type) {
	case []byte:
		total += len(inside)
	case []binary.Node:
		for i := range inside {
			total += weigh(&inside[i])
		}
	}
	return total
}

// tooHeavy says whether a client's message is more than one device may be handed of it. Of its participants each is
// handed only what is its own.
func tooHeavy(n *binary.Node) bool {
	all, own := weigh(n), 0
	children := n.GetChildren()
	for i := range children {
		if children[i].Tag != "participants" {
			continue
		}
		all -= weigh(&children[i])
		for _, receiver := range children[i].GetChildren() {
			own = max(own, weigh(&receiver))
		}
	}
	return all+own > maxRelayed || len(attr(n, "id")) > maxID
}
