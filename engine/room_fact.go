package engine

import "time"

// RoomNews tells what happened to a room, or how it is.
type RoomNews struct {
	Room Party // its name is the subject, if that is told
	// ID names the news: what is delivered again has the same. Empty if there
	// are no changes.
	ID      string
	Actor   Party // who did it; zero if the seat did, or if nobody is told
	FromMe  bool  // the seat did it
	At      time.Time
	Changes []RoomChange // in order; applied after State
	State   *RoomState   // the room as a whole; nil: not told
	// History says that it is of the past: it is shown, and changes nothing that
	// is known of the room.
	History bool
}

// RoomChange is one thing that happened to a room. People see it as a line in
// the conversation.
type RoomChange struct {
	Code   NoticeCode
	Value  string  // see the codes
	People []Party // whom it concerns, but for the seat
	Self   bool    // it concerns the seat
}

// RoomState is all that is known of a group or a channel.
type RoomState struct {
	Description string
	Announce    bool    // only admins write
	Locked      bool    // only admins change what the room is
	Approval    bool    // admins let in who joins by the link
	Timer       int     // seconds after which messages disappear; 0: they stay
	Community   Address // that it belongs to; may be empty
	Role        Role    // the seat's own
	Followers   int     // of a channel
	FoundedAt   time.Time
	Members     []RoomMember // of a group, but for the seat
}

// RoomMember is a member of a group.
type RoomMember struct {
	Party
	Role Role
}

func (RoomNews) fact() {}

// NoticeCode says what a line in a room's conversation tells.
type NoticeCode string

// The codes. Those with a value say which.
const (
	NoticeCreated     NoticeCode = "created"     // the room was made
	NoticeAdded       NoticeCode = "added"       // people were added
	NoticeJoined      NoticeCode = "joined"      // people came by the link, or were let in
	NoticeRemoved     NoticeCode = "removed"     // people were removed
	NoticeLeft        NoticeCode = "left"        // people left
	NoticePromoted    NoticeCode = "promoted"    // people became admins
	NoticeDemoted     NoticeCode = "demoted"     // people are admins no more
	NoticeSubject     NoticeCode = "subject"     // value: the new subject
	NoticeDescription NoticeCode = "description" // value: the new description; empty: there is none any more
	NoticeAnnounce    NoticeCode = "announce"    // value: on or off; only admins write
	NoticeLocked      NoticeCode = "locked"      // value: on or off; only admins change what the room is
	NoticeApproval    NoticeCode = "approval"    // whether admins let in who joins by the link was changed
	NoticeTimer       NoticeCode = "timer"       // value: seconds after which messages disappear; 0: never
	NoticeLink        NoticeCode = "link"        // the invite link was renewed
	NoticeRequested   NoticeCode = "requested"   // people ask to be let in
	NoticeWithdrawn   NoticeCode = "withdrawn"   // such requests were taken back or refused
	NoticeSuspended   NoticeCode = "suspended"   // value: on or off; WhatsApp has closed the room
	NoticeDeleted     NoticeCode = "deleted"     // the room is no more
)

// Notice is what happened to a room, as its conversation shows it. The
// message's sender is who did it.
type Notice struct {
	Code   NoticeCode     `json:"code" doc:"What happened"`
	Value  string         `json:"value,omitempty" doc:"The new subject, on or off, seconds …"`
	FromMe bool           `json:"from_me,omitempty" doc:"The seat did it"`
	Self   bool           `json:"self,omitempty" doc:"It concerns the seat itself"`
	People []NoticePerson `json:"people,omitempty" doc:"Whom it concerns, but for the seat"`
}

// NoticePerson is somebody whom a notice concerns, as of then.
type NoticePerson struct {
	Contact ContactID `json:"contact"`
	Name    string    `json:"name,omitempty"`
	Phone   string    `json:"phone,omitempty"`
}
