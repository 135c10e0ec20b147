package simulator

import (
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/groups"
)

// Bounds of group queries: how many people or groups one may name.
const (
	maxNamed = 1024
	maxKey   = 128 // characters of the id that a client gives a group's making
)

// people reads the participants of a query: those who have an account, and an answer for each who has none.
func (q *groupQuery) people(list *binary.Node) (known []groups.Person, strangers []binary.Node, err error) {
	named := list.GetChildrenByTag("participant")
	if len(named) > maxNamed {
		return nil, nil, errBadRequest
	}
	for i := range named {
		jid, ok := jidAttr(&named[i], "jid")
		if !ok {
			return nil, nil, errBadRequest
		}
		if a := q.server.directory.find(jid); a != nil {
			known = append(known, a.person())
			continue
		}
		strangers = append(strangers, binary.Node{
			Tag: "participant", Attrs: binary.Attrs{"jid": bare(jid), "error": groups.ReasonUnknown},
		})
	}
	return known, strangers, nil
}

// outcomeNodes says what became of each participant, with an invitation for who can only be invited.
func (q *groupQuery) outcomeNodes(id groups.ID, outcomes []groups.Outcome, strangers []binary.Node) []binary.Node {
	g, _ := q.server.groups.Find(id)
	nodes := []binary.Node{}
	for _, outcome := range outcomes {
		node := q.server.participantNode(&g, outcome.Person)
		if outcome.Error != 0 {
			delete(node.Attrs, "type")
			node.Attrs["error"] = outcome.Error
		}
		if outcome.Invite != nil {
			node.Content = []binary.Node{{Tag: "add_request", Attrs: binary.Attrs{
				"code": outcome.Invite.Code, "expiration": outcome.Invite.Expires.Unix(),
			}}}
		}
		nodes = append(nodes, node)
	}
	return append(nodes, strangers...)
}

func (q *groupQuery) members() ([]binary.Node, error) {
	people, strangers, err := q.people(&q.child)
	if err != nil {
		return nil, err
	}
	var outcomes []groups.Outcome
	var changes []groups.Change
	switch r := &q.server.groups; q.child.Tag {
	case "add":
		if len(people) == 0 && len(strangers) > 0 {
			_, err = r.Get(q.by, q.id)
			break
		}
		outcomes, changes, err = r.Add(q.by, q.id, people, q.at, q.server.admitBy(q.device.account))
	case "remove":
		outcomes, changes, err = r.Remove(q.by, q.id, people, attr(&q.child, "linked_groups") == "true", q.at)
	case "promote":
		outcomes, changes, err = r.Promote(q.by, q.id, people, q.at)
	default:
		outcomes, changes, err = r.Demote(q.by, q.id, people, q.at)
	}
	if err = q.server.done(changes, err); err != nil {
		return nil, err
	}
	return []binary.Node{{Tag: q.child.Tag, Content: q.outcomeNodes(q.id, outcomes, strangers)}}, nil
}

func (q *groupQuery) decide() ([]binary.Node, error) {
	action, ok := firstChild(&q.child)
	if !ok || (action.Tag != "approve" && action.Tag != "reject") {
		return nil, errBadRequest
	}
	people, strangers, err := q.people(&action)
	if err != nil {
		return nil, err
	}
	outcomes, changes, err := q.server.groups.Decide(q.by, q.id, people, action.Tag == "approve", q.at)
	if err = q.server.done(changes, err); err != nil {
		return nil, err
	}
	return []binary.Node{{Tag: q.child.Tag, Content: []binary.Node{
		{Tag: action.Tag, Content: q.outcomeNodes(q.id, outcomes, strangers)},
	}}}, nil
}

func (q *groupQuery) revoke() ([]binary.Node, error) {
	people, strangers, err := q.people(&q.child)
	if err != nil {
		return nil, err
	}
	outcomes, err := q.server.groups.RevokeInvites(q.by, q.id, people)
	if err != nil {
		return nil, err
	}
	return []binary.Node{{Tag: "revoke", Content: q.outcomeNodes(q.id, outcomes, strangers)}}, nil
}

func (q *groupQuery) create() ([]binary.Node, error) {
	people, strangers, err := q.people(&q.child)
	if err != nil {
		return nil, err
	}
	want, err := q.wanted(people)
	if err != nil {
		return nil, err
	}
	s := q.server
	g, outcomes, changes, err := s.groups.Create(q.by, q.at, want, s.admitBy(q.device.account))
	if err != nil {
		return nil, err
	}
	if key := attr(&q.child, "key"); len(key) <= maxKey {
		changes[0].ID = key
	}
	s.tellGroups(changes)
	failed := strangers
	for _, outcome := range outcomes {
		if outcome.Error != 0 {
			failed = append(failed, q.outcomeNodes(g.ID, []groups.Outcome{outcome}, nil)...)
		}
	}
	return []binary.Node{s.groupNode(&g, append(s.participantNodes(&g, g.People()), failed...), true)}, nil
}

// wanted reads what group is to be made.
func (q *groupQuery) wanted(people []groups.Person) (groups.New, error) {
	want := groups.New{Subject: attr(&q.child, "subject"), Members: people}
	for _, child := range q.child.GetChildren() {
		switch child.Tag {
		case "locked":
			want.Settings.Locked = true
		case "announcement":
			want.Settings.Announce = true
		case "member_add_mode":
			want.Settings.AdminAdd = string(content(&child)) == adminAdd
		case "membership_approval_mode":
			want.Settings.Approval = approvalState(&child) == "on"
		case "ephemeral":
			seconds, err := strconv.Atoi(attr(&child, "expiration"))
			if err != nil {
				return want, errBadRequest
			}
			want.Settings.Ephemeral = time.Duration(seconds) * time.Second
		case "description":
			want.Description, want.DescriptionID = string(childContent(&child, "body")), attr(&child, "id")
		case "parent":
			want.Community = true
		case "linked_parent":
			jid, _ := jidAttr(&child, "jid")
			if jid.Server != types.GroupServer {
				return want, errBadRequest
			}
			want.Parent = groupID(jid)
		}
	}
	return want, nil
}

// approvalState reads the switch of membership_approval_mode, which communities name in another way (Baileys,
// communityJoinApprovalMode).
func approvalState(n *binary.Node) string {
	for _, tag := range []string{"group_join", "community_join"} {
		if child, ok := n.GetOptionalChildByTag(tag); ok {
			return attr(&child, "state")
		}
	}
	return ""
}

// property changes what a group is called or set to.
func (q *groupQuery) property() ([]groups.Change, error) {
	r := &q.server.groups
	set := func(kind groups.Kind, alter func(*groups.Settings)) ([]groups.Change, error) {
		return r.Set(q.by, q.id, kind, q.at, alter)
	}
	switch tag := q.child.Tag; tag {
	case "subject":
		return r.SetSubject(q.by, q.id, string(content(&q.child)), q.at)
	case "description":
		return r.SetDescription(q.by, q.id, groups.NewDescription{
			Text: string(childContent(&q.child, "body")), ID: attr(&q.child, "id"), Previous: attr(&q.child, "prev"),
		}, q.at)
	case "locked", "unlocked":
		return set(groups.Locked, func(s *groups.Settings) { s.Locked = tag == "locked" })
	case "announcement", "not_announcement":
		return set(groups.Announce, func(s *groups.Settings) { s.Announce = tag == "announcement" })
	case "ephemeral", "not_ephemeral":
		seconds := 0
		if tag == "ephemeral" {
			parsed, err := strconv.Atoi(attr(&q.child, "expiration"))
			if err != nil || parsed <= 0 || parsed > int(maxAdvance/time.Second) {
				return nil, errBadRequest
			}
			seconds = parsed
		}
		return set(groups.Ephemeral, func(s *groups.Settings) { s.Ephemeral = time.Duration(seconds) * time.Second })
	case "member_add_mode":
		mode := string(content(&q.child))
		if mode != adminAdd && mode != allMemberAdd {
			return nil, errBadRequest
		}
		return set(groups.MemberAdd, func(s *groups.Settings) { s.AdminAdd = mode == adminAdd })
	case "membership_approval_mode":
		state := approvalState(&q.child)
		if state != "on" && state != "off" {
			return nil, errBadRequest
		}
		return set(groups.Approval, func(s *groups.Settings) { s.Approval = state == "on" })
	default:
		return nil, errNotImplemented
	}
}

func (q *groupQuery) community() ([]binary.Node, error) {
	s := q.server
	switch q.child.Tag {
	case "delete_parent":
		return nil, s.done(s.groups.DeleteCommunity(q.by, q.id, q.at))
	case "join_linked_group":
		jid, _ := jidAttr(&q.child, "jid")
		g, pending, changes, err := s.groups.JoinLinked(q.by, q.id, groupID(jid), q.at)
		if err = s.done(changes, err); err != nil || pending {
			return joinAnswer(&g, pending), err
		}
		return []binary.Node{{Tag: "linked_group", Content: []binary.Node{s.memberView(&g)}}}, nil
	}
	list := &q.child
	if q.child.Tag == "links" {
		link, ok := q.child.GetOptionalChildByTag("link")
		if !ok || attr(&link, "link_type") != groups.SubGroup {
			return nil, errBadRequest
		}
		list = &link
	} else if attr(list, "unlink_type") != groups.SubGroup {
		return nil, errBadRequest
	}
	return q.relate(list)
}

// relate links or unlinks the groups of a list.
func (q *groupQuery) relate(list *binary.Node) ([]binary.Node, error) {
	var ids []groups.ID
	for _, child := range list.GetChildrenByTag("group") {
		ids = append(ids, groupID(groupNamed(&child)))
	}
	if len(ids) == 0 || len(ids) > maxNamed {
		return nil, errBadRequest
	}
	act := q.server.groups.Link
	if q.child.Tag == "unlink" {
		act = q.server.groups.Unlink
	}
	outcomes, changes, err := act(q.by, q.id, ids, q.at)
	if err = q.server.done(changes, err); err != nil {
		return nil, err
	}
	var nodes []binary.Node
	for _, outcome := range outcomes {
		attrs := binary.Attrs{"jid": groupJID(outcome.ID)}
		if outcome.Error != 0 {
			attrs["error"] = outcome.Error
		}
		nodes = append(nodes, binary.Node{Tag: "group", Attrs: attrs})
	}
	answer := binary.Node{Tag: "unlink", Attrs: binary.Attrs{"unlink_type": groups.SubGroup}, Content: nodes}
	if q.child.Tag == "links" {
		answer = binary.Node{Tag: "links", Content: []binary.Node{
			{Tag: "link", Attrs: binary.Attrs{"link_type": groups.SubGroup}, Content: nodes},
		}}
	}
	return []binary.Node{answer}, nil
}
