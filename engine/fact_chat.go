package engine

import "time"

// Facts about chats, beyond their messages: what the agent did with a chat on
// the phone or on another linked device. The same facts say what a client is
// to do at WhatsApp: see [ChatStateClient].

// MutedForever is the end of a mute that has none.
var MutedForever = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC) //nolint:gochecknoglobals // constant

// MessageRef names a message of a chat as WhatsApp knows it.
type MessageRef struct {
	WhatsAppID string
	FromMe     bool  // the seat's own
	Sender     Party // in a room: who wrote it; zero if the seat did, or if unknown
	At         time.Time
}

// Synced says that a fact is part of the whole state of an account, which a
// device learns after it was linked or when it has lost count: it is stored
// like news, but nobody is to be woken by it.
type Synced bool

// ChatChange tells what is set on a chat. Fields that are nil say nothing.
type ChatChange struct {
	Chat       Party
	Archived   *bool
	Pinned     *bool
	MutedUntil *time.Time // zero: not muted; [MutedForever]
	Read       *bool      // true: read up to Last; false: marked as unread by hand
	Last       MessageRef // the newest message that the change reaches; of a fact, only its time is known
	At         time.Time
	History    bool // as the phone's history has it, which yields to all that was told otherwise
	Synced
}

// ChatCleared tells that a chat's messages were removed from the account.
// Those who took part keep theirs.
type ChatCleared struct {
	Chat        Party
	Deleted     bool       // the chat itself was removed as well
	KeepStarred bool       // starred messages stay
	DeleteMedia bool       // files are to go from the gallery too
	Last        MessageRef // see [ChatChange.Last]
	At          time.Time
	Synced
}

// Starred tells that a message got a star, or lost it.
type Starred struct {
	Chat    Party
	Message MessageRef
	On      bool
	At      time.Time
	Synced
}

// MessageRemoved tells that a message was removed from the account only
// ("delete for me"). For everybody it is a message of [KindRevoke].
type MessageRemoved struct {
	Chat        Party
	Message     MessageRef
	DeleteMedia bool
	At          time.Time
	Synced
}

// LabelChange tells what a label is. Labels are a seat's own; contacts don't
// see them.
type LabelChange struct {
	Label   string // WhatsApp's ID of it, unique for a seat
	Name    string
	Color   int  // a number from 0 to 19 in WhatsApp's palette
	Deleted bool // it is gone, from everything that it was on
	At      time.Time
	Synced
}

// Labelled tells that a label was put on a chat or a message, or taken off.
type Labelled struct {
	Label   string // as in [LabelChange]
	Chat    Party
	Message string // WhatsApp's ID of the message; empty: the whole chat
	On      bool
	At      time.Time
	Synced
}

// AccountChange tells what is set on the seat's account. Fields that are nil
// say nothing.
type AccountChange struct {
	Name      *string           // what the account calls itself
	Unarchive *bool             // archived chats come back with a new message
	Privacy   map[string]string // by WhatsApp's category and value: see [SeatSettings]
	Synced
}

func (ChatChange) fact()     {}
func (ChatCleared) fact()    {}
func (Starred) fact()        {}
func (MessageRemoved) fact() {}
func (LabelChange) fact()    {}
func (Labelled) fact()       {}
func (AccountChange) fact()  {}
