package simulator

import (
	"strconv"
	"time"

	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/groups"
)

// How groups look in stanzas: whatsmeow's parseGroupNode and parseGroupChange, Baileys' extractGroupMetadata and
// handleGroupNotification, whatsapp-rust's wacore/src/stanza/groups.rs.

// personAs puts a person's address into attrs, in the group's form under key and in the other under alt.
func (s *Server) personAs(attrs binary.Attrs, g *groups.Group, p groups.Person, key, altKey string) {
	a := s.someone(p)
	if a == nil {
		return
	}
	form := groupForm(g)
	attrs[key] = a.as(form)
	if altKey != "" {
		attrs[altKey] = a.alt(form)
	}
}

// altOf is the attribute for the other form of an address, given its name in a group addressed by LID ("…_pn"); groups
// addressed by number have none for some.
func altOf(g *groups.Group, byLID string) string {
	if g.ByNumber {
		return ""
	}
	return byLID
}

func (s *Server) participantNode(g *groups.Group, p groups.Person) binary.Node {
	node := binary.Node{Tag: "participant", Attrs: binary.Attrs{}}
	alt := "phone_number"
	if g.ByNumber {
		alt = "lid"
	}
	s.personAs(node.Attrs, g, p, "jid", alt)
	if role, ok := g.Role(p); ok && role != groups.Member {
		node.Attrs["type"] = role.String()
	}
	return node
}

func (s *Server) participantNodes(g *groups.Group, people []groups.Person) []binary.Node {
	out := make([]binary.Node, 0, len(people))
	for _, p := range people {
		out = append(out, s.participantNode(g, p))
	}
	return out
}

// groupBrief is what stands for a group where another one is meant.
func (s *Server) groupBrief(g *groups.Group) binary.Node {
	attrs := binary.Attrs{
		"id": string(g.ID), "jid": groupJID(g.ID), "subject": g.Subject, "s_t": g.SubjectAt.Unix(),
		"creation": g.Created.Unix(), "size": len(g.Participants),
	}
	s.personAs(attrs, g, g.Creator, "creator", altOf(g, "creator_pn"))
	node := binary.Node{Tag: "group", Attrs: attrs}
	if g.Default {
		node.Content = []binary.Node{{Tag: "default_sub_group"}}
	}
	return node
}

// groupNode describes a group; people are listed, which only members get to see.
func (s *Server) groupNode(g *groups.Group, people []binary.Node, described bool) binary.Node {
	mode := types.AddressingModeLID
	if g.ByNumber {
		mode = types.AddressingModePN
	}
	attrs := binary.Attrs{
		"id": string(g.ID), "subject": g.Subject, "s_t": g.SubjectAt.Unix(), "creation": g.Created.Unix(),
		"size": len(g.Participants), "addressing_mode": string(mode),
		"p_v_id": g.ParticipantVersion, "a_v_id": g.AnnounceVersion,
	}
	s.personAs(attrs, g, g.Creator, "creator", altOf(g, "creator_pn"))
	s.personAs(attrs, g, g.SubjectBy, "s_o", altOf(g, "s_o_pn"))
	children := append([]binary.Node{}, people...)
	if described && g.Description != "" {
		children = append(children, s.descriptionNode(g))
	}
	if s.clock.Now().Before(g.GrowthUntil) {
		children = append(children, growthNode(g))
	}
	return binary.Node{Tag: "group", Attrs: attrs, Content: append(children, settingNodes(g)...)}
}

// memberView describes a group to its members.
func (s *Server) memberView(g *groups.Group) binary.Node {
	return s.groupNode(g, s.participantNodes(g, g.People()), true)
}

func (s *Server) descriptionNode(g *groups.Group) binary.Node {
	attrs := binary.Attrs{"id": g.DescriptionID, "t": g.DescriptionAt.Unix()}
	s.personAs(attrs, g, g.DescriptionBy, "participant", altOf(g, "participant_pn"))
	return binary.Node{
		Tag: "description", Attrs: attrs, Content: []binary.Node{{Tag: "body", Content: []byte(g.Description)}},
	}
}

func settingNodes(g *groups.Group) []binary.Node {
	children := []binary.Node{memberAddNode(g)}
	add := func(on bool, node binary.Node) {
		if on {
			children = append(children, node)
		}
	}
	add(g.Announce, binary.Node{Tag: "announcement"})
	add(g.Locked, binary.Node{Tag: "locked"})
	add(g.Ephemeral > 0, ephemeralNode(g))
	add(g.Approval, approvalNode(g))
	add(g.Suspended, binary.Node{Tag: "suspended"})
	add(g.Parent != "", binary.Node{Tag: "linked_parent", Attrs: binary.Attrs{"jid": groupJID(g.Parent)}})
	add(g.Default, binary.Node{Tag: "default_sub_group"})
	add(g.Community, binary.Node{Tag: "parent", Attrs: binary.Attrs{"default_membership_approval_mode": "request_required"}})
	return children
}

const (
	adminAdd     = "admin_add"
	allMemberAdd = "all_member_add"
)

func memberAddNode(g *groups.Group) binary.Node {
	mode := allMemberAdd
	if g.AdminAdd {
		mode = adminAdd
	}
	return binary.Node{Tag: "member_add_mode", Content: []byte(mode)}
}

func approvalNode(g *groups.Group) binary.Node {
	state := "off"
	if g.Approval {
		state = "on"
	}
	return binary.Node{Tag: "membership_approval_mode", Content: []binary.Node{
		{Tag: "group_join", Attrs: binary.Attrs{"state": state}},
	}}
}

func growthNode(g *groups.Group) binary.Node {
	return binary.Node{Tag: "growth_locked", Attrs: binary.Attrs{"type": "invite", "expiration": g.GrowthUntil.Unix()}}
}

func ephemeralNode(g *groups.Group) binary.Node {
	if g.Ephemeral == 0 {
		return binary.Node{Tag: "not_ephemeral"}
	}
	return binary.Node{Tag: "ephemeral", Attrs: binary.Attrs{"expiration": strconv.Itoa(int(g.Ephemeral / time.Second))}}
}

// changeAttrs are a group notification's own attributes: who did it.
func (s *Server) changeAttrs(c *groups.Change) binary.Attrs {
	mode := types.AddressingModeLID
	if c.Group.ByNumber {
		mode = types.AddressingModePN
	}
	attrs := binary.Attrs{"addressing_mode": string(mode), "t": c.At.Unix()}
	s.personAs(attrs, &c.Group, c.By, "participant", altOf(&c.Group, "participant_pn"))
	if a := s.someone(c.By); a != nil {
		attrs["notify"] = a.pushName()
	}
	return attrs
}

// changeNode is what a group notification says.
func (s *Server) changeNode(c *groups.Change) binary.Node {
	g := &c.Group
	switch c.Kind {
	case groups.Created:
		return s.createdNode(c)
	case groups.Added, groups.Removed, groups.Promoted, groups.Demoted:
		return s.membersNode(c)
	case groups.Requested, groups.Proposed, groups.Withdrawn:
		return s.requestNode(c)
	case groups.Linked, groups.Unlinked:
		return s.relationNode(c)
	case groups.Subject:
		attrs := binary.Attrs{"subject": g.Subject, "s_t": g.SubjectAt.Unix()}
		s.personAs(attrs, g, g.SubjectBy, "s_o", altOf(g, "s_o_pn"))
		return binary.Node{Tag: "subject", Attrs: attrs}
	case groups.Description:
		child := binary.Node{Tag: "body", Content: []byte(g.Description)}
		if g.Description == "" {
			child = binary.Node{Tag: "delete"}
		}
		return binary.Node{Tag: "description", Attrs: binary.Attrs{"id": c.ID}, Content: []binary.Node{child}}
	case groups.Deleted:
		return binary.Node{Tag: "delete", Attrs: binary.Attrs{"reason": c.Reason}}
	case groups.InviteReset:
		return binary.Node{Tag: "invite", Attrs: binary.Attrs{"code": c.Code}}
	default:
		return settingNode(c)
	}
}

func settingNode(c *groups.Change) binary.Node {
	g := &c.Group
	toggle := func(on bool, yes, no string) binary.Node {
		if on {
			return binary.Node{Tag: yes}
		}
		return binary.Node{Tag: no}
	}
	switch c.Kind {
	case groups.Locked:
		return toggle(g.Locked, "locked", "unlocked")
	case groups.Announce:
		node := toggle(g.Announce, "announcement", "not_announcement")
		node.Attrs = binary.Attrs{"v_id": g.AnnounceVersion}
		return node
	case groups.Suspended:
		return toggle(g.Suspended, "suspended", "unsuspended")
	case groups.Ephemeral:
		return ephemeralNode(g)
	case groups.MemberAdd:
		return memberAddNode(g)
	case groups.Growth:
		if !c.At.Before(g.GrowthUntil) {
			return binary.Node{Tag: "growth_unlocked"}
		}
		return growthNode(g)
	default:
		return approvalNode(g)
	}
}

func (s *Server) createdNode(c *groups.Change) binary.Node {
	attrs := binary.Attrs{}
	if c.Fresh {
		attrs["type"] = "new"
	}
	if c.Reason != "" {
		attrs["reason"] = c.Reason
	}
	if c.ID != "" {
		attrs["key"] = c.ID
	}
	return binary.Node{Tag: "create", Attrs: attrs, Content: []binary.Node{s.memberView(&c.Group)}}
}

func (s *Server) membersNode(c *groups.Change) binary.Node {
	tag := map[groups.Kind]string{
		groups.Added: "add", groups.Removed: "remove", groups.Promoted: "promote", groups.Demoted: "demote",
	}[c.Kind]
	attrs := binary.Attrs{"prev_v_id": c.Previous, "v_id": c.Group.ParticipantVersion}
	if c.Reason != "" {
		attrs["reason"] = c.Reason
	}
	return binary.Node{Tag: tag, Attrs: attrs, Content: s.participantNodes(&c.Group, c.People)}
}

func (s *Server) requestNode(c *groups.Change) binary.Node {
	attrs := binary.Attrs{}
	if c.Method != "" {
		attrs["request_method"] = c.Method
	}
	if c.Method == groups.ByCommunity {
		attrs["parent_group_jid"] = groupJID(c.Group.Parent)
	}
	people := s.participantNodes(&c.Group, c.People)
	switch c.Kind {
	case groups.Requested: // by the notification's participant
		return binary.Node{Tag: "membership_approval_request", Attrs: attrs}
	case groups.Proposed:
		for i := range people {
			people[i].Tag = "requested_user"
		}
		return binary.Node{Tag: "created_membership_requests", Attrs: attrs, Content: people}
	default:
		return binary.Node{Tag: "revoked_membership_requests", Content: people}
	}
}

func (s *Server) relationNode(c *groups.Change) binary.Node {
	other := s.groupBrief(&c.Other)
	if c.Kind == groups.Linked {
		return binary.Node{Tag: "link", Attrs: binary.Attrs{"link_type": c.Relation}, Content: []binary.Node{other}}
	}
	return binary.Node{
		Tag: "unlink", Attrs: binary.Attrs{"unlink_type": c.Relation, "unlink_reason": c.Reason},
		Content: []binary.Node{other},
	}
}
