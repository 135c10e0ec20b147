package engine

import "time"

// ContactChange tells what is known of a person or a room beyond the address.
// Fields that are nil say nothing; an empty text says that there is none (any
// more).
type ContactChange struct {
	Party        Party
	SavedName    *string // in the address book of the seat's phone
	FirstName    *string // the short form of it
	BusinessName *string // as WhatsApp has verified it
	About        *string
	PictureID    *string // WhatsApp's ID of the profile picture
	StatusMuted  *bool   // the agent doesn't want to see the person's status updates
	At           time.Time
	Synced
}

// KeysChanged tells that a person's phone has new keys, because they have
// registered WhatsApp anew: their security code is another one.
type KeysChanged struct {
	Party Party
	At    time.Time
}

// Blocked tells that the seat blocks somebody, or does so no more.
type Blocked struct {
	Party Party
	On    bool
	At    time.Time
}

// BlockList tells whom the seat blocks: these and nobody else.
type BlockList struct {
	Parties []Party
}

func (ContactChange) fact() {}
func (KeysChanged) fact()   {}
func (Blocked) fact()       {}
func (BlockList) fact()     {}
