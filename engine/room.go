package engine

import "context"

// Role is what somebody is in a group or a channel.
type Role string

// The roles.
const (
	RoleNone       Role = ""           // not in it (any more)
	RoleMember     Role = "member"     // of a channel: a follower
	RoleAdmin      Role = "admin"      // may change it and its members
	RoleSuperAdmin Role = "superadmin" // made it; of a channel: its owner
)

// Admin says whether the role may change the room and delete what others
// wrote in it.
func (r Role) Admin() bool { return r == RoleAdmin || r == RoleSuperAdmin }

// RoomReader is a client that can mark messages in rooms as read.
type RoomReader interface {
	// MarkReadFrom tells a room that messages of one of its members were read.
	// A channel's messages have no sender.
	MarkReadFrom(ctx context.Context, chat, sender Party, whatsAppIDs []string) error
}
