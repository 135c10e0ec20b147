package simulator

import (
	"errors"
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/groups"
)

// groupQuery is one query of the namespace "w:g2".
type groupQuery struct {
	server *Server
	device *device
	by     groups.Person
	kind   string // "get" or "set"
	id     groups.ID
	child  binary.Node // what is asked or told
	at     time.Time
}

// queryGroups answers "w:g2", the queries that whatsmeow (group.go), Baileys (groups.ts, communities.ts) and
// whatsapp-rust (wacore/src/iq/groups.rs) make.
func (s *Server) queryGroups(d *device, kind string, n *binary.Node) ([]binary.Node, *queryError) {
	to, ok := jidAttr(n, "to")
	child, okChild := firstChild(n)
	if !ok || !okChild || to.Server != types.GroupServer {
		return nil, errBadRequest
	}
	q := &groupQuery{
		server: s, device: d, by: d.account.person(), kind: kind, id: groupID(to), child: child, at: s.clock.Now(),
	}
	answer, err := q.answer()
	return answer, groupRefusal(err)
}

// groupRefusal words an error of a group query.
func groupRefusal(err error) *queryError {
	var failure *queryError
	var refused *groups.Error
	switch {
	case errors.As(err, &failure):
		return failure
	case errors.As(err, &refused):
		return &queryError{refused.Code, refused.Text}
	default:
		return refusal(err)
	}
}

func (q *groupQuery) answer() ([]binary.Node, error) {
	if q.id == "" {
		return q.aboutAll()
	}
	if q.kind == "get" {
		return q.get()
	}
	switch q.child.Tag {
	case "add", "remove", "promote", "demote":
		return q.members()
	case "membership_requests_action":
		return q.decide()
	case "links", "unlink", "delete_parent", "join_linked_group":
		return q.community()
	case "invite":
		code, changes, err := q.server.groups.ResetCode(q.by, q.id, q.at)
		return inviteNode(code), q.server.done(changes, err)
	case "accept":
		changes, err := q.server.groups.Accept(q.by, q.id, q.invite(&q.child), q.at)
		return []binary.Node{{Tag: "group", Attrs: binary.Attrs{"jid": groupJID(q.id)}}}, q.server.done(changes, err)
	case "revoke":
		return q.revoke()
	default:
		return nil, q.server.done(q.property())
	}
}

// aboutAll answers what is asked of no group in particular.
func (q *groupQuery) aboutAll() ([]binary.Node, error) {
	switch tag := q.child.Tag; {
	case tag == "create" && q.kind == "set":
		return q.create()
	case tag == "leave" && q.kind == "set":
		return q.leave()
	case tag == "participating" && q.kind == "get":
		return q.participating(), nil
	case tag == "invite" && q.kind == "get":
		g, err := q.server.groups.Preview(attr(&q.child, "code"), q.at)
		if err != nil {
			return nil, err
		}
		return []binary.Node{q.server.groupNode(&g, nil, true)}, nil
	case tag == "invite":
		g, pending, changes, err := q.server.groups.Join(q.by, attr(&q.child, "code"), q.at)
		return joinAnswer(&g, pending), q.server.done(changes, err)
	default:
		return nil, errNotImplemented
	}
}

func joinAnswer(g *groups.Group, pending bool) []binary.Node {
	tag := "group"
	if pending {
		tag = "membership_approval_request"
	}
	return []binary.Node{{Tag: tag, Attrs: binary.Attrs{"jid": groupJID(g.ID)}}}
}

func inviteNode(code string) []binary.Node {
	return []binary.Node{{Tag: "invite", Attrs: binary.Attrs{"code": code}}}
}

func (q *groupQuery) participating() []binary.Node {
	_, people := q.child.GetOptionalChildByTag("participants")
	_, described := q.child.GetOptionalChildByTag("description")
	nodes := []binary.Node{}
	for _, g := range q.server.groups.Of(q.by) {
		var list []binary.Node
		if people {
			list = q.server.participantNodes(&g, g.People())
		}
		nodes = append(nodes, q.server.groupNode(&g, list, described))
	}
	return []binary.Node{{Tag: "groups", Content: nodes}}
}

func (q *groupQuery) leave() ([]binary.Node, error) {
	var left []binary.Node
	var failed error
	for _, named := range q.child.GetChildren() {
		jid := groupNamed(&named)
		if jid.IsEmpty() {
			return nil, errBadRequest
		}
		attrs := binary.Attrs{"id": jid}
		changes, err := q.server.groups.Leave(q.by, groupID(jid), q.at)
		if err = q.server.done(changes, err); err != nil {
			failed = err
			attrs["error"] = groupRefusal(err).code
		}
		left = append(left, binary.Node{Tag: named.Tag, Attrs: attrs})
	}
	if len(left) == 1 && failed != nil {
		return nil, failed
	}
	return []binary.Node{{Tag: "leave", Content: left}}, nil
}

// groupNamed reads which group or community a node names.
func groupNamed(n *binary.Node) types.JID {
	for _, key := range []string{"id", "jid", "parent_group_jid"} {
		if jid, ok := jidAttr(n, key); ok && jid.Server == types.GroupServer {
			return jid
		}
	}
	return types.EmptyJID
}

func (q *groupQuery) get() ([]binary.Node, error) {
	s := q.server
	switch q.child.Tag {
	case "query":
		return q.info()
	case "invite":
		code, err := s.groups.Code(q.by, q.id)
		return inviteNode(code), err
	case "membership_approval_requests":
		return q.requests()
	case "sub_groups":
		subs, err := s.groups.SubGroups(q.by, q.id)
		nodes := make([]binary.Node, 0, len(subs))
		for i := range subs {
			nodes = append(nodes, s.groupBrief(&subs[i]))
		}
		return []binary.Node{{Tag: "sub_groups", Content: nodes}}, err
	case "linked_groups_participants":
		people, err := s.groups.CommunityPeople(q.by, q.id)
		g, _ := s.groups.Find(q.id)
		return []binary.Node{{Tag: "linked_groups_participants", Content: s.participantNodes(&g, people)}}, err
	case "pictures":
		return q.pictures()
	default:
		return nil, errNotImplemented
	}
}

func (q *groupQuery) info() ([]binary.Node, error) {
	if shown, ok := q.child.GetOptionalChildByTag("add_request"); ok {
		g, err := q.server.groups.PreviewInvite(q.by, q.id, q.invite(&shown), q.at)
		if err != nil {
			return nil, err
		}
		return []binary.Node{q.server.groupNode(&g, nil, true)}, nil
	}
	g, err := q.server.groups.Get(q.by, q.id)
	if err != nil {
		return nil, err
	}
	return []binary.Node{q.server.memberView(&g)}, nil
}

// invite reads the invitation that a message carried.
func (q *groupQuery) invite(n *binary.Node) groups.Invite {
	expires, _ := strconv.ParseInt(attr(n, "expiration"), 10, 64)
	shown := groups.Invite{Person: q.by, Code: attr(n, "code"), Expires: time.Unix(expires, 0)}
	if admin, ok := jidAttr(n, "admin"); ok {
		if a := q.server.directory.find(admin); a != nil {
			shown.Admin = a.person()
		}
	}
	return shown
}

func (q *groupQuery) requests() ([]binary.Node, error) {
	requests, err := q.server.groups.Requests(q.by, q.id)
	if err != nil {
		return nil, err
	}
	g, _ := q.server.groups.Find(q.id)
	nodes := make([]binary.Node, 0, len(requests))
	for _, request := range requests {
		node := q.server.participantNode(&g, request.Person)
		node.Tag = "membership_approval_request"
		node.Attrs["request_time"], node.Attrs["request_method"] = request.At.Unix(), request.Method
		q.server.personAs(node.Attrs, &g, request.By, "requestor", "")
		nodes = append(nodes, node)
	}
	return []binary.Node{{Tag: "membership_approval_requests", Content: nodes}}, nil
}

// pictures answers for a community's picture (whatsmeow, GetProfilePictureInfo with IsCommunity).
func (q *groupQuery) pictures() ([]binary.Node, error) {
	if _, err := q.server.groups.Get(q.by, q.id); err != nil {
		return nil, err
	}
	asked, ok := q.child.GetOptionalChildByTag("picture")
	if !ok {
		return nil, errBadRequest
	}
	answer, failure := q.server.pictureAnswer(groupJID(q.id), &asked)
	if failure != nil {
		return nil, failure
	}
	return []binary.Node{{Tag: "pictures", Content: answer}}, nil
}
