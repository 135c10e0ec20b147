package simulator_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

// groupQuery makes a query as other libraries than whatsmeow do.
func groupQuery(t *testing.T, c *client, kind string, to types.JID, child waBinary.Node) (*waBinary.Node, error) {
	t.Helper()
	return c.internals().SendIQ(patient(t), whatsmeow.DangerousInfoQuery{
		Namespace: "w:g2", Type: whatsmeow.DangerousInfoQueryType(kind), To: to, Content: []waBinary.Node{child},
	})
}

// otherQueries: what Baileys and whatsapp-rust ask besides, and what nobody should.
func otherQueries(t *testing.T, c *circle) {
	t.Helper()
	club := c.club(t)
	ask := func(kind string, to types.JID, child waBinary.Node) *waBinary.Node {
		answer, err := groupQuery(t, c.a, kind, to, child)
		require.NoError(t, err, child.Tag)
		return answer
	}
	named := func(tag string, children ...waBinary.Node) waBinary.Node {
		return waBinary.Node{Tag: tag, Content: children}
	}
	person := func(jid types.JID) waBinary.Node {
		return waBinary.Node{Tag: "participant", Attrs: waBinary.Attrs{"jid": jid}}
	}

	// Baileys: a group with a key, a community with a description.
	made := ask("set", types.GroupServerJID, waBinary.Node{
		Tag: "create", Attrs: waBinary.Attrs{"subject": "Keyed", "key": "KEY1"}, Content: []waBinary.Node{person(c.bob.LID())},
	}).GetChildByTag("group")
	await(c.b, func(j *events.JoinedGroup) bool { return j.CreateKey == "KEY1" })
	require.Equal(t, "lid", made.AttrGetter().String("addressing_mode"))
	town := ask("set", types.GroupServerJID, waBinary.Node{Tag: "create", Attrs: waBinary.Attrs{"subject": "Town"}, Content: []waBinary.Node{
		{Tag: "description", Attrs: waBinary.Attrs{"id": "D1"}, Content: []waBinary.Node{{Tag: "body", Content: []byte("All of it")}}},
		{Tag: "parent", Attrs: waBinary.Attrs{"default_membership_approval_mode": "request_required"}},
		{Tag: "allow_non_admin_sub_group_creation"},
	}}).GetChildByTag("group")
	townJID := types.NewJID(town.AttrGetter().String("id"), types.GroupServer)
	ask("set", townJID, waBinary.Node{Tag: "description", Attrs: waBinary.Attrs{"delete": "true", "prev": "D1"}})
	noticed(t, c.ann, townJID, "description")
	ask("set", townJID, named("links", waBinary.Node{
		Tag: "link", Attrs: waBinary.Attrs{"link_type": "sub_group"}, Content: []waBinary.Node{{Tag: "group", Attrs: waBinary.Attrs{"jid": club}}},
	}))
	_, err := groupQuery(t, c.b, "set", townJID, waBinary.Node{Tag: "delete_parent"})
	require.ErrorIs(t, err, whatsmeow.ErrIQNotAuthorized)
	_, err = groupQuery(t, c.b, "set", types.GroupServerJID, named("leave", waBinary.Node{Tag: "community", Attrs: waBinary.Attrs{"id": townJID}}))
	require.NoError(t, err)
	require.False(t, c.clubOf(t, c.ann, club).Has(leadNumber), "who leaves a community leaves its groups")
	_, err = groupQuery(t, c.b, "set", townJID, waBinary.Node{Tag: "join_linked_group", Attrs: waBinary.Attrs{"jid": club}})
	require.ErrorIs(t, err, whatsmeow.ErrIQForbidden)
	ask("set", townJID, waBinary.Node{Tag: "delete_parent"})
	revoked := ask("set", club, named("revoke", person(c.bob.LID()))).GetChildByTag("revoke")
	refusedOne := revoked.GetChildByTag("participant")
	require.Equal(t, "404", refusedOne.AttrGetter().String("error"))
	strangers := ask("set", club, named("add", person(types.NewJID("27800000000", types.DefaultUserServer)))).GetChildByTag("add")
	refusedOne = strangers.GetChildByTag("participant")
	require.Equal(t, "404", refusedOne.AttrGetter().String("error"))

	many := make([]waBinary.Node, 1025)
	for i := range many {
		many[i] = person(c.bob.LID())
	}
	for _, bad := range []struct {
		kind  string
		to    types.JID
		child waBinary.Node
		code  int
	}{
		{"set", club, waBinary.Node{Tag: "dance"}, 501},
		{"get", club, waBinary.Node{Tag: "dance"}, 501},
		{"get", types.GroupServerJID, waBinary.Node{Tag: "dance"}, 501},
		{"get", types.ServerJID, waBinary.Node{Tag: "query"}, 400},
		{"set", club, named("add"), 400},
		{"set", club, named("add", waBinary.Node{Tag: "participant"}), 400},
		{"set", club, named("add", many...), 400},
		{"set", club, named("membership_requests_action"), 400},
		{"set", club, named("links"), 400},
		{"set", club, waBinary.Node{Tag: "unlink", Attrs: waBinary.Attrs{"unlink_type": "sub_group"}}, 400},
		{"set", club, waBinary.Node{Tag: "member_add_mode", Content: []byte("nobody")}, 400},
		{"set", club, named("membership_approval_mode"), 400},
		{"set", club, waBinary.Node{Tag: "ephemeral", Attrs: waBinary.Attrs{"expiration": "-5"}}, 400},
		{"set", club, waBinary.Node{Tag: "subject", Content: []byte(strings.Repeat("x", 101))}, 406},
		{"set", club, waBinary.Node{Tag: "subject", Content: []byte{0xff}}, 406},
		{"set", types.GroupServerJID, named("leave", waBinary.Node{Tag: "group", Attrs: waBinary.Attrs{"id": "nonsense"}}), 400},
		{"set", types.GroupServerJID, waBinary.Node{Tag: "create", Attrs: waBinary.Attrs{"subject": "x"}, Content: []waBinary.Node{
			{Tag: "linked_parent", Attrs: waBinary.Attrs{"jid": c.bob.LID()}},
		}}, 400},
	} {
		_, err = groupQuery(t, c.a, bad.kind, bad.to, bad.child)
		var refused *whatsmeow.IQError
		require.ErrorAs(t, err, &refused, bad.child.Tag)
		require.Equal(t, bad.code, refused.Code, bad.child.Tag)
	}
}

// clubOf is a group as one of its people sees it.
func (c *circle) clubOf(t *testing.T, p *simulator.Phone, group types.JID) simulator.Group {
	t.Helper()
	found, err := c.handOf(t, p, group).Info()
	require.NoError(t, err)
	return found
}
