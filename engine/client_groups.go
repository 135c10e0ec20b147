package engine

import (
	"context"
	"time"
	"unicode/utf8"
)

// Limits of groups. WhatsApp has them: subjects and descriptions as its apps
// bound them (2026), members as its help pages say.
const (
	MaxSubject          = 100   // characters
	MaxGroupDescription = 2048  // characters
	MaxGroupChange      = 256   // people that one request may name
	MaxGroupMembers     = 1023  // people that a new group may begin with, besides the seat
	maxInviteCode       = 128   // bytes
	maxLink             = 2_000 // bytes
)

// Groups is what a client can do about groups. A client that can implements
// it ([Capabilities.Groups]). Besides those of every request
// ([CodeNotConnected], [CodeTimeout], [CodeUnavailable]), errors are:
// [CodeInvalid] for bad input, [CodeNotAdmin] if only admins of the group may,
// [CodeForbidden] if the seat is not in it, [CodeNotFound] if WhatsApp knows no such group,
// [CodeConflict] if the state of the group doesn't allow it.
type Groups interface {
	// Groups lists the groups and communities that the seat is in, by subject,
	// without their members.
	Groups(ctx context.Context) ([]Group, error)
	// Group returns one that the seat is in, with its members.
	Group(ctx context.Context, group Address) (Group, error)
	// CreateGroup makes a group and says of each member how it went. Members
	// who can't be added can be invited: see [MemberResult].
	CreateGroup(ctx context.Context, group NewGroup) (Group, []MemberResult, error)
	// LeaveGroup leaves a group. One that the seat is not in is
	// [CodeForbidden].
	LeaveGroup(ctx context.Context, group Address) error
	// ChangeGroup makes the changes that are set, one by one in the order of
	// [GroupChange]'s fields, and stops at the first that WhatsApp refuses:
	// those before it stay made.
	ChangeGroup(ctx context.Context, group Address, change GroupChange) error
	// SetGroupPicture sets a group's picture from a JPEG or PNG of up to
	// [MaxPicture] bytes, of which it takes the middle square, and returns its
	// ID. No data removes the picture; the ID is then empty.
	SetGroupPicture(ctx context.Context, group Address, picture []byte) (id string, err error)
	// ChangeMembers adds, removes, promotes or demotes up to [MaxGroupChange]
	// people, and says of each how it went.
	ChangeMembers(ctx context.Context, group Address, action MemberAction, people []Address) ([]MemberResult, error)
	// InviteLink returns a group's invite link; with renew the old one stops
	// working and it is a new one.
	InviteLink(ctx context.Context, group Address, renew bool) (string, error)
	// PreviewInvite tells what an invite link, or a group invitation message,
	// leads to. A link that doesn't work any more is [CodeNotFound].
	PreviewInvite(ctx context.Context, invite GroupInvite) (Group, error)
	// AcceptInvite joins by an invite link or an invitation message. It fails
	// as [Groups.PreviewInvite] does.
	AcceptInvite(ctx context.Context, invite GroupInvite) (Joined, error)
	// JoinRequests lists who asks to be let in.
	JoinRequests(ctx context.Context, group Address) ([]JoinRequest, error)
	// AnswerJoinRequests lets up to [MaxGroupChange] people in, or doesn't, and
	// says of each how it went.
	AnswerJoinRequests(ctx context.Context, group Address, approve bool, people []Address) ([]MemberResult, error)
}

// Communities is what a client can do about communities, which hold groups.
// Errors are those of [Groups]. A client that can implements it
// ([Capabilities.Communities]).
type Communities interface {
	// CreateCommunity makes a community with its announcement group.
	CreateCommunity(ctx context.Context, community NewCommunity) (Group, error)
	// CommunityGroups lists the groups of a community.
	CommunityGroups(ctx context.Context, community Address) ([]CommunityGroup, error)
	// LinkGroup puts a group into a community. The seat is admin of both.
	LinkGroup(ctx context.Context, community, group Address) error
	// UnlinkGroup takes a group out of its community.
	UnlinkGroup(ctx context.Context, community, group Address) error
}

// Group is a group or a community as WhatsApp describes it to one of its
// members, or to somebody who has an invite link.
type Group struct {
	Address       Address       `json:"address"`
	Subject       string        `json:"subject"`
	SubjectAt     *time.Time    `json:"subject_at,omitempty" doc:"When the subject was set"`
	SubjectBy     *Person       `json:"subject_by,omitempty" doc:"Who set the subject"`
	Description   string        `json:"description,omitempty"`
	DescriptionAt *time.Time    `json:"description_at,omitempty"`
	DescriptionBy *Person       `json:"description_by,omitempty"`
	Owner         *Person       `json:"owner,omitempty" doc:"Who made it"`
	CreatedAt     *time.Time    `json:"created_at,omitempty"`
	Settings      GroupSettings `json:"settings"`
	Community     bool          `json:"community,omitempty" doc:"It is a community, which holds groups, and nobody writes in it"`
	Parent        Address       `json:"parent,omitempty" doc:"The community that it belongs to"`
	Announcements bool          `json:"announcements,omitempty" doc:"It is its community's group for announcements"`
	Suspended     bool          `json:"suspended,omitempty" doc:"WhatsApp has suspended it"`
	Size          int           `json:"size" doc:"How many members it has"`
	Members       []GroupMember `json:"members,omitempty" nullable:"false" doc:"Absent in lists and previews"`
}

// GroupMember is a member of a group.
type GroupMember struct {
	Person
	Role Role `json:"role" enum:"member,admin,superadmin" doc:"The superadmin made it; nobody can remove them"`
}

// GroupSettings are the switches of a group.
type GroupSettings struct {
	AnnounceOnly bool `json:"announce_only" doc:"Only admins write"`
	Locked       bool `json:"locked" doc:"Only admins change subject, description, picture and timer"`
	AdminsAdd    bool `json:"admins_add" doc:"Only admins add members"`
	Approval     bool `json:"approval" doc:"Admins let in who joins by the link"`
	Timer        int  `json:"timer" doc:"Seconds after which new messages disappear; 0: they stay"`
}

// NewGroup is a group that is to be made.
type NewGroup struct {
	Subject   string        // 1 to [MaxSubject] characters
	Members   []Address     // up to [MaxGroupMembers], besides the seat
	Settings  GroupSettings // Timer is one of [TimerChoices]
	Community Address       // the community that it is to belong to; empty: none
}

// Check says what is wrong with it, as an [Error] with [CodeInvalid], or
// returns nil.
func (g *NewGroup) Check() error {
	if err := checkLine("The subject", g.Subject, 1, MaxSubject); err != nil {
		return err
	}
	if g.Community != "" {
		if err := CheckGroup(g.Community); err != nil {
			return err
		}
	}
	if err := CheckTimer(time.Duration(g.Settings.Timer) * time.Second); err != nil {
		return err
	}
	if len(g.Members) == 0 {
		return nil
	}
	return checkPeople(g.Members, MaxGroupMembers)
}

// NewCommunity is a community that is to be made.
type NewCommunity struct {
	Subject     string // 1 to [MaxSubject] characters
	Description string // up to [MaxGroupDescription] characters; may be empty
	Approval    bool   // admins let in who joins by the link
}

// Check says what is wrong with it, as an [Error] with [CodeInvalid], or
// returns nil.
func (c *NewCommunity) Check() error {
	if err := checkLine("The subject", c.Subject, 1, MaxSubject); err != nil {
		return err
	}
	return checkLines("The description", c.Description, MaxGroupDescription)
}

// GroupChange is what is to be different about a group; nil stays as it is.
type GroupChange struct {
	Subject      *string
	Description  *string // empty removes it
	AnnounceOnly *bool
	Locked       *bool
	AdminsAdd    *bool
	Approval     *bool
	Timer        *time.Duration // one of [TimerChoices]
}

// Check says what is wrong with it, as an [Error] with [CodeInvalid], or
// returns nil.
func (c *GroupChange) Check() error {
	if *c == (GroupChange{}) {
		return Errorf(CodeInvalid, "Say what is to be changed about the group.")
	}
	if c.Subject != nil {
		if err := checkLine("The subject", *c.Subject, 1, MaxSubject); err != nil {
			return err
		}
	}
	if c.Description != nil {
		if err := checkLines("The description", *c.Description, MaxGroupDescription); err != nil {
			return err
		}
	}
	if c.Timer != nil {
		return CheckTimer(*c.Timer)
	}
	return nil
}

// MemberAction is what is to be done with members of a group.
type MemberAction string

// The actions.
const (
	MemberAdd     MemberAction = "add"
	MemberRemove  MemberAction = "remove"
	MemberPromote MemberAction = "promote" // make an admin
	MemberDemote  MemberAction = "demote"  // make an admin a plain member
)

// CheckMembers says what is wrong with a change of members, as an [Error]
// with [CodeInvalid], or returns nil.
func CheckMembers(action MemberAction, people []Address) error {
	switch action {
	case MemberAdd, MemberRemove, MemberPromote, MemberDemote:
	default:
		return Errorf(CodeInvalid, "Members can be added, removed, promoted and demoted: the action is one of add, remove, promote, demote.")
	}
	return checkPeople(people, MaxGroupChange)
}

// CheckRequests says what is wrong with a list of people whose requests are
// answered, as an [Error] with [CodeInvalid], or returns nil.
func CheckRequests(people []Address) error { return checkPeople(people, MaxGroupChange) }

// MemberOutcome is how a change of one member went. The set may grow.
type MemberOutcome string

// The outcomes.
const (
	OutcomeDone          MemberOutcome = "done"
	OutcomeInvite        MemberOutcome = "invite"          // they want to be invited, not added
	OutcomeBlocked       MemberOutcome = "blocked"         // they have blocked the seat
	OutcomeNotMember     MemberOutcome = "not_member"      // there is no such member or request
	OutcomeNotOnWhatsApp MemberOutcome = "not_on_whatsapp" // the number has no account
	OutcomeNotAllowed    MemberOutcome = "not_allowed"     // such as removing the founder
	OutcomeLeft          MemberOutcome = "left_recently"   // they left only a short while ago
	OutcomePresent       MemberOutcome = "already"         // it is so already
	OutcomeFull          MemberOutcome = "full"            // the group has no room
	OutcomeFailed        MemberOutcome = "failed"          // WhatsApp gave another reason
)

// MemberResult is how a change went for one person.
type MemberResult struct {
	Person
	Outcome   MemberOutcome `json:"outcome" enum:"done,invite,blocked,not_member,not_on_whatsapp,not_allowed,left_recently,already,full,failed"`
	Sentence  string        `json:"sentence,omitempty" doc:"What it means and what to do; absent if it is done"`
	Invite    string        `json:"invite,omitempty" doc:"With the outcome invite: the code that an invitation message carries"`
	ExpiresAt *time.Time    `json:"expires_at,omitempty" doc:"When the invitation stops working"`
}

// Explain sets the sentence that goes with the outcome.
func (r *MemberResult) Explain() {
	r.Sentence = map[MemberOutcome]string{
		OutcomeInvite:        "This person wants to be invited. Send them the group's invite link.",
		OutcomeBlocked:       "This person has blocked the number. Ask them to join by the invite link.",
		OutcomeNotMember:     "This person is not there any more. Look at the group anew.",
		OutcomeNotOnWhatsApp: "That number has no WhatsApp account. Check it, with its country code.",
		OutcomeNotAllowed:    "WhatsApp doesn't allow that with this person, such as with the founder of the group.",
		OutcomeLeft:          "This person left the group only recently. Send them the group's invite link.",
		OutcomePresent:       "It is so already.",
		OutcomeFull:          "The group is full.",
		OutcomeFailed:        "WhatsApp did not do it for this person. Try it on the phone.",
	}[r.Outcome]
}

// GroupInvite is a way into a group: a link, or what an invitation message
// carries.
type GroupInvite struct {
	Link string // a link of chat.whatsapp.com or its code; empty: the rest is set

	Group   Address
	Admin   Address // who invites
	Code    string
	Expires time.Time
}

// Check says what is wrong with it, as an [Error] with [CodeInvalid], or
// returns nil.
func (i *GroupInvite) Check() error {
	if i.Link != "" {
		return CheckLink(i.Link)
	}
	if i.Code == "" {
		return Errorf(CodeInvalid, "Give an invite link, such as https://chat.whatsapp.com/….")
	}
	if err := CheckGroup(i.Group); err != nil {
		return err
	}
	if err := CheckPerson(i.Admin); err != nil {
		return err
	}
	if len(i.Code) > maxInviteCode || !printable(i.Code) {
		return Errorf(CodeInvalid, "The code of the invitation is not one of WhatsApp's.")
	}
	return nil
}

// CheckLink says what is wrong with a link or its code, as an [Error] with
// [CodeInvalid], or returns nil. Only WhatsApp knows whether it leads
// anywhere.
func CheckLink(link string) error {
	if link == "" || len(link) > maxLink || !printable(link) {
		return Errorf(CodeInvalid, "That is not a link of WhatsApp's. Copy it again, as a whole.")
	}
	return nil
}

// printable says whether a text is of visible ASCII letters only.
func printable(text string) bool {
	for _, c := range []byte(text) {
		if c <= ' ' || c >= utf8.RuneSelf || c == 0x7f {
			return false
		}
	}
	return true
}

// Joined is what became of joining.
type Joined struct {
	Address Address `json:"address" doc:"The group"`
	Pending bool    `json:"pending" doc:"An admin has to let the seat in first"`
}

// JoinRequest is somebody who asks to be let into a group.
type JoinRequest struct {
	Person
	At time.Time `json:"at"`
}

// CommunityGroup is a group of a community.
type CommunityGroup struct {
	Address       Address `json:"address"`
	Subject       string  `json:"subject"`
	Announcements bool    `json:"announcements,omitempty" doc:"The community's group for announcements, which can't be taken out"`
}
