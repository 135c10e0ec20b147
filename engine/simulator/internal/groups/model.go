package groups

import (
	"slices"
	"time"
)

// Person names somebody; it must stay the same whatever their number is.
type Person string

// ID names a group: the user part of its address.
type ID string

// Role is what a member may do.
type Role uint8

// The roles, in rising order.
const (
	Member Role = iota
	Admin
	SuperAdmin // the founder
)

// String is the role as stanzas name it; "" for a plain member.
func (r Role) String() string {
	switch r {
	case Admin:
		return "admin"
	case SuperAdmin:
		return "superadmin"
	default:
		return ""
	}
}

// Participant is somebody in a group.
type Participant struct {
	Person Person
	Role   Role
}

// Settings are a group's switches. Ephemeral is how long messages stay: 0, a day, 7 or 90 days.
type Settings struct {
	Announce  bool          // only admins write
	Locked    bool          // only admins change subject, description, picture and how long messages stay
	Approval  bool          // admins let people in
	AdminAdd  bool          // only admins add members
	Suspended bool          // nobody writes, by decision of the network
	Ephemeral time.Duration // 0: for good
}

// Group is a group as it was at one moment.
type Group struct {
	ID        ID
	Creator   Person
	Created   time.Time
	ByNumber  bool // members are addressed by number instead of LID
	Community bool // a parent of groups
	Parent    ID   // the community that it belongs to
	Default   bool // a community's announcement group
	Settings
	GrowthUntil time.Time // until then the network lets nobody in by the link

	Subject            string
	SubjectBy          Person
	SubjectAt          time.Time
	Description        string
	DescriptionID      string
	DescriptionBy      Person
	DescriptionAt      time.Time
	ParticipantVersion string
	AnnounceVersion    string
	Participants       []Participant // in the order in which they came
}

// Role gives somebody's role, and whether they are a member at all.
func (g *Group) Role(p Person) (Role, bool) {
	i := g.index(p)
	if i < 0 {
		return Member, false
	}
	return g.Participants[i].Role, true
}

// Has says whether somebody is a member.
func (g *Group) Has(p Person) bool { return g.index(p) >= 0 }

// IsAdmin says whether somebody is one of the admins.
func (g *Group) IsAdmin(p Person) bool {
	role, _ := g.Role(p)
	return role != Member
}

// People lists the members.
func (g *Group) People() []Person {
	out := make([]Person, len(g.Participants))
	for i, participant := range g.Participants {
		out[i] = participant.Person
	}
	return out
}

// Admins lists the admins.
func (g *Group) Admins() []Person {
	return slices.DeleteFunc(g.People(), func(p Person) bool { return !g.IsAdmin(p) })
}

func (g *Group) index(p Person) int {
	return slices.IndexFunc(g.Participants, func(have Participant) bool { return have.Person == p })
}

// Invite lets one person in who can't be added: Admin's invitation message carries it.
type Invite struct {
	Person  Person
	Admin   Person
	Code    string
	Expires time.Time
}

// Request is somebody's wish to be let in.
type Request struct {
	Person Person
	By     Person // who asked: the person, or the member who wanted to add them
	Method string
	At     time.Time
}

// How a Request came about, as stanzas name it.
const (
	ByLink      = "invite_link"
	ByCommunity = "linked_group_join"
	ByMember    = "non_admin_add"
)

// Kind says what a Change is about.
type Kind uint8

// The kinds of changes.
const (
	Created     Kind = iota // People have the group now; Fresh if it was just founded
	Added                   // People came
	Removed                 // People went: by themselves (By is the one) or because By removed them
	Promoted                // People became admins
	Demoted                 // People are no admins any more
	Subject                 // and so on: the new state is in Group
	Description             // ID is the description's, also of one that was deleted
	Locked
	Announce
	Ephemeral
	MemberAdd
	Approval
	Suspended
	Growth      // the network closed or opened the invite link
	InviteReset // Code is the new link's
	Requested   // By asks to be let in
	Proposed    // By, who is no admin, asks to let People in
	Withdrawn   // the requests of People are gone: By is the one, or the admin who said no
	Linked      // Other is now Relation to Group
	Unlinked    // Other is no longer Relation to Group
	Deleted
)

// Relations of Linked and Unlinked, as stanzas name them.
const (
	SubGroup    = "sub_group"
	ParentGroup = "parent_group"
)

// Change is something that people have to be told of.
type Change struct {
	Kind     Kind
	Group    Group // as it is afterwards
	By       Person
	At       time.Time
	People   []Person
	Audience []Person // who is told

	Fresh    bool
	Previous string // participant version before Added, Removed, Promoted, Demoted
	Reason   string // "invite" for who came by a link; why a group was unlinked
	ID       string
	Code     string
	Method   string
	Relation string
	Other    Group
}
