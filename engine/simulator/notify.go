package simulator

import (
	"encoding/json"
	"maps"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// notify tells an account's linked clients, but not the one that caused it (by, nil for nobody), of a change. from is
// whom or what it is about, more further attributes.
func (a *account) notify(by *device, from types.JID, kind string, more binary.Attrs, children ...binary.Node) {
	for _, d := range a.linked() {
		if d == by {
			continue
		}
		if kind == "account_sync" {
			d.missed(DirtyAccount, a.server.clock.Now())
		}
		d.push(a.server.notification(from, kind, more, children...))
	}
}

func (s *Server) notification(from types.JID, kind string, more binary.Attrs, children ...binary.Node) binary.Node {
	attrs := binary.Attrs{"from": from, "type": kind, "id": s.nextID(), "t": s.clock.Unix()}
	maps.Copy(attrs, more)
	node := binary.Node{Tag: "notification", Attrs: attrs}
	if len(children) > 0 {
		node.Content = children
	}
	return node
}

// notifyMex tells an account's linked clients of a change in the form of a GraphQL answer; op is the operation's name
// (whatsmeow, handleMexNotification).
func (a *account) notifyMex(by *device, op string, data any) {
	raw, err := json.Marshal(map[string]any{"data": data})
	if err != nil {
		a.server.log.Error("GraphQL notification can't be encoded", "error", err)
		return
	}
	a.notify(by, types.ServerJID, "mex", nil, binary.Node{
		Tag: "update", Attrs: binary.Attrs{"op_name": op}, Content: raw,
	})
}
