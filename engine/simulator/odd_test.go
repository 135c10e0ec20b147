package simulator

import (
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/types"
)

// OddStanzas are well-formed XML and bad WhatsApp.
func OddStanzas(leadNumber string) []binary.Node {
	lead := types.NewJID(leadNumber, types.DefaultUserServer)
	iq := func(namespace, kind string, children ...binary.Node) binary.Node {
		node := binary.Node{Tag: "iq", Attrs: binary.Attrs{"id": "odd", "xmlns": namespace, "type": kind, "to": types.ServerJID}}
		if len(children) > 0 {
			node.Content = children
		}
		return node
	}
	nodes := []binary.Node{
		{Tag: "message"},
		{Tag: "message", Attrs: binary.Attrs{"to": lead, "id": "1"}},
		{Tag: "message", Attrs: binary.Attrs{"to": lead, "id": "2"}, Content: []byte("text")},
		{Tag: "message", Attrs: binary.Attrs{"to": lead, "id": "3"}, Content: []binary.Node{{Tag: "enc"}}},
		{Tag: "message", Attrs: binary.Attrs{"to": lead, "id": "4"}, Content: []binary.Node{
			{Tag: "enc", Attrs: binary.Attrs{"type": "pkmsg"}, Content: []byte{0x33, 1, 2}},
		}},
		{Tag: "message", Attrs: binary.Attrs{"to": lead, "id": "5"}, Content: []binary.Node{
			{Tag: "participants", Content: []binary.Node{{Tag: "to"}, {Tag: "to", Attrs: binary.Attrs{"jid": "nobody"}}}},
		}},
		{Tag: "receipt"},
		{Tag: "receipt", Attrs: binary.Attrs{"to": lead, "id": "1", "type": "retry"}},
		{Tag: "receipt", Attrs: binary.Attrs{"to": lead, "id": "1", "type": "strange"}},
		{Tag: "ack"},
		{Tag: "presence", Attrs: binary.Attrs{"type": "subscribe"}},
		{Tag: "presence", Attrs: binary.Attrs{"name": "\xff\xfe"}},
		{Tag: "chatstate", Attrs: binary.Attrs{"to": lead}},
		{Tag: "call"},
		{Tag: "call", Attrs: binary.Attrs{"to": lead, "id": "1"}, Content: []binary.Node{{Tag: "offer"}}},
		{Tag: "call", Attrs: binary.Attrs{"to": lead, "id": "2"}, Content: []binary.Node{
			{Tag: "offer", Attrs: binary.Attrs{"call-id": "A", "call-creator": lead}},
		}},
		{Tag: "call", Attrs: binary.Attrs{"to": lead, "id": "3"}, Content: []binary.Node{
			{Tag: "terminate", Attrs: binary.Attrs{"call-id": "nobody's"}, Content: []byte{1}}, {Tag: "reject"},
		}},
		{Tag: "ib"},
	}
	for _, namespace := range []string{
		"encrypt", "usync", "w:sync:app:state", "privacy", "w:m", "w:p", "abt", "blocklist", "status", "w:g2", "passive",
		"md", "nonsense", "w:profile:picture", "disappearing_mode", "w:mex",
		"newsletter", "w:biz", "w:qr", "bot", "tos", "fb:thrift_iq", "urn:xmpp:whatsapp:push",
	} {
		nodes = append(nodes,
			iq(namespace, "get"), iq(namespace, "set"),
			iq(namespace, "get", binary.Node{Tag: "key", Content: []binary.Node{{Tag: "user"}}}),
			iq(namespace, "set", binary.Node{Tag: "skey"}, binary.Node{Tag: "list", Content: []binary.Node{{Tag: "key"}}}),
			iq(namespace, "set", binary.Node{Tag: "sync", Content: []binary.Node{{Tag: "collection", Attrs: binary.Attrs{
				"name": "regular", "version": "-5",
			}}}}),
			iq(namespace, "set", binary.Node{Tag: "picture", Content: []byte{0xff, 0xd8}}),
			iq(namespace, "set", binary.Node{Tag: "privacy", Content: []binary.Node{{Tag: "category", Content: []binary.Node{{Tag: "user"}}}}}),
			iq(namespace, "get", binary.Node{Tag: "privacy", Content: []binary.Node{{Tag: "list"}}}),
			iq(namespace, "set", binary.Node{Tag: "item", Attrs: binary.Attrs{"jid": lead, "action": "hug"}}),
			iq(namespace, "set", binary.Node{Tag: "disappearing_mode", Attrs: binary.Attrs{"duration": "-1"}}),
			iq(namespace, "get", binary.Node{Tag: "query", Attrs: binary.Attrs{"query_id": "9152604461510864"}, Content: []byte(`{"variables":5}`)}),
			iq(namespace, "set", binary.Node{Tag: "remove-companion-device", Attrs: binary.Attrs{"jid": lead}}),
		)
	}
	return append(nodes, binary.Node{Tag: "unheard-of"})
}

func registration(regID, identity, keyID, key, signature, props []byte) *waWa6.ClientPayload {
	return &waWa6.ClientPayload{DevicePairingData: &waWa6.ClientPayload_DevicePairingRegistrationData{
		ERegid: regID, EIdent: identity, ESkeyID: keyID, ESkeyVal: key, ESkeySig: signature, DeviceProps: props,
	}}
}
