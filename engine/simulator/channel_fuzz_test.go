package simulator

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// channelFuzz is a server with a channel, and a linked client of its owner that nobody listens to.
func channelFuzz(tb testing.TB) (s *Server, d *device, channel types.JID) {
	tb.Helper()
	s, err := Start(tb.Context(), Config{})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, s.Close()) })
	owner, err := s.AddPhone("27821234567", "")
	require.NoError(tb, err)
	made, err := owner.CreateChannel(tb.Context(), "News", "")
	require.NoError(tb, err)
	_, err = owner.SendText(tb.Context(), made.JID, "first")
	require.NoError(tb, err)
	channel, err = types.ParseJID(made.JID)
	require.NoError(tb, err)
	return s, &device{account: owner.account, id: 1, loggedIn: make(chan struct{}), greeted: true}, channel
}

// FuzzChannelQuery gives every GraphQL query about channels whatever a client may send with it.
func FuzzChannelQuery(f *testing.F) {
	s, d, channel := channelFuzz(f)
	for _, id := range []string{
		"6563316087068696", "6388546374527196", "8621797084555037", "6234210096708695", "9926858900719341", "6392786840836363",
		"6274038279359549", "6068417879924485", "7150902998257522", "30062808666639665", "7130823597031706", "7341777602580933",
		"6551828931592903", "9800646650009898", "7263823273662354", "6190824427689257",
	} {
		for _, variables := range []string{
			`{}`, `null`, `5`, `{"newsletter_id":"CHANNEL"}`, `{"newsletter_id":"x@y"}`, `{"newsletter_id":""}`,
			`{"newsletter_id":"CHANNEL","user_id":"27821234567@s.whatsapp.net"}`,
			`{"newsletter_id":"CHANNEL","updates":{"name":"","picture":"","settings":{"reaction_codes":null}}}`,
			`{"newsletter_id":"CHANNEL","updates":{"picture":"////","settings":{"reaction_codes":{"value":"?"}}}}`,
			`{"input":{"key":"CHANNEL","type":"JID","limit":-1,"count":-1,"newsletter_id":"CHANNEL"}}`,
			`{"input":{"key":"@newsletter","name":"\u0000","picture":"/w=="}}`, `{"newsletter_input":{"name":"x"}}`,
		} {
			f.Add(id, strings.ReplaceAll(variables, "CHANNEL", channel.String()))
		}
	}
	f.Fuzz(func(_ *testing.T, id, variables string) {
		// Refusals are expected; only a panic is a fault.
		_, _ = s.queryMex(d, "get", &binary.Node{Tag: "iq", Content: []binary.Node{{
			Tag: "query", Attrs: binary.Attrs{"query_id": id}, Content: []byte(`{"variables":` + variables + `}`),
		}}})
	})
}

// FuzzChannelMessage sends a channel whatever a client may.
func FuzzChannelMessage(f *testing.F) {
	s, d, channel := channelFuzz(f)
	for _, kind := range []string{"text", "media", "poll", "reaction", ""} {
		for _, edit := range []string{"", "1", "3", "7", "8"} {
			for _, server := range []string{"", "100", "-1", "99999999999999999999"} {
				f.Add("A", kind, edit, server, "👍", []byte{10, 1, 'x'})
				f.Add("", kind, edit, server, "", []byte{})
			}
		}
	}
	f.Fuzz(func(t *testing.T, id, kind, edit, server, code string, body []byte) {
		for _, child := range []binary.Node{
			{Tag: "plaintext", Attrs: binary.Attrs{"mediatype": code}, Content: body},
			{Tag: "reaction", Attrs: binary.Attrs{"code": code}},
			{Tag: "votes", Content: []binary.Node{{Tag: "vote", Content: body}}},
			{Tag: "enc", Content: body},
		} {
			ack := s.relay(d, &binary.Node{
				Tag: "message", Attrs: binary.Attrs{"to": channel, "id": id, "type": kind, "edit": edit, "server_id": server},
				Content: []binary.Node{child},
			})
			require.Equal(t, "message", ack.Attrs["class"])
		}
		s.relayReceipt(d, &binary.Node{
			Tag: "receipt", Attrs: binary.Attrs{"to": channel, "id": id, "type": kind},
			Content: []binary.Node{{Tag: "list", Content: []binary.Node{{Tag: "item", Attrs: binary.Attrs{"server_id": server}}}}},
		})
	})
}

// FuzzSmallQuery asks for what has no more to it than a few attributes.
func FuzzSmallQuery(f *testing.F) {
	s, d, channel := channelFuzz(f)
	for namespace, tags := range map[string][]string{
		"newsletter": {"messages", "message_updates", "live_updates"}, "w:biz": {"business_profile"}, "fb:thrift_iq": {"order"},
		"w:qr": {"qr"}, "bot": {"bot"}, "urn:xmpp:whatsapp:push": {"settings", "config"}, "tos": {"notice"},
	} {
		for _, tag := range tags {
			f.Add(namespace, "get", tag, "id", "100", []byte("x"))
			f.Add(namespace, "set", tag, "platform", "web", []byte(nil))
			f.Add(namespace, "set", tag, "count", strconv.Itoa(1<<40), []byte{0xff})
			f.Add(namespace, "get", tag, "jid", channel.String(), []byte{})
		}
	}
	f.Fuzz(func(_ *testing.T, namespace, kind, tag, key, value string, raw []byte) {
		attrs := binary.Attrs{key: value, "type": "contact", "action": "get", "op": "get", "v": "2"}
		inner := binary.Node{Tag: tag, Attrs: binary.Attrs{key: value, "jid": channel}, Content: raw}
		for _, content := range []any{nil, raw, []binary.Node{inner, {Tag: "profile", Attrs: attrs}, {Tag: "business_hours", Content: []binary.Node{inner}}}} {
			// Refusals are expected; only a panic is a fault.
			_, _ = s.query(d, namespace, kind, &binary.Node{Tag: "iq", Attrs: binary.Attrs{"to": channel}, Content: []binary.Node{
				{Tag: tag, Attrs: attrs, Content: content},
			}})
		}
	})
}
