package engine

import (
	"context"
	"time"
)

// ChatStateClient is the ability to change what all devices of an account
// share: the state of chats, stars, labels and the address book.
type ChatStateClient interface {
	// ChangeState does at WhatsApp what the fact says. It takes a [ChatChange],
	// [ChatCleared], [Starred], [MessageRemoved], [LabelChange], [Labelled] or
	// [ContactChange] (its names only); any other is [CodeUnsupported]. When it
	// returns nil WhatsApp has accepted the change, and it has come back by
	// [Sink.Deliver] in its place among the changes of other devices. If that
	// could not be done now, it comes later.
	ChangeState(ctx context.Context, change Fact) error
}

// BlockClient is the ability to keep the account's block list.
type BlockClient interface {
	// BlockList reads whom the account blocks.
	BlockList(ctx context.Context) (BlockList, error)

	// SetBlocked blocks somebody, or ends it. The fact comes back by
	// [Sink.Deliver].
	SetBlocked(ctx context.Context, who Party, blocked bool) error
}

// CallClient is the ability to answer calls, as far as one can without sound.
type CallClient interface {
	// RejectCall refuses a call that rings. WhatsApp doesn't tell whether it
	// still did. That it was rejected comes back by [Sink.Deliver].
	RejectCall(ctx context.Context, call CallChange) error
}

// PresenceClient is the ability to see when people are there, and to say
// whether the seat is.
type PresenceClient interface {
	// FollowPresence asks WhatsApp to tell when a person is online, by
	// [PresenceSink.Presence], until the connection or [PresenceClient.UnfollowPresence] ends
	// it. WhatsApp tells only those who are available themselves, and only what
	// the person's privacy settings allow. Of rooms there is nothing to follow.
	FollowPresence(ctx context.Context, person Party) error
	UnfollowPresence(ctx context.Context, person Party) error

	// SetAvailable says whether the seat appears online, from now on and after
	// a reconnection. While it does, WhatsApp lets the agent's phone be silent,
	// and tells the seat who types to it.
	SetAvailable(ctx context.Context, available bool) error

	// SetRecording shows or clears 'recording audio…' on the lead's phone.
	SetRecording(ctx context.Context, chat Party, recording bool) error
}

// PresenceSink is a [Sink] that wants to know when people are there.
type PresenceSink interface {
	// Presence tells what somebody does. It returns at once; nothing is stored.
	Presence(news Presence)
}

// Presence is what a person does at the moment, as far as WhatsApp tells. Of a
// chat's state (typing) and the person's own (online) one is told at a time.
type Presence struct {
	Chat     Party      // the person, or the room that they do it in
	Who      Party      // in a room: the person; zero in a direct chat
	Doing    Doing      // empty: says nothing of it
	Online   *bool      // nil: says nothing of it
	LastSeen *time.Time // when the person was online last; nil if hidden or unknown
}

// Doing is what somebody does in a chat.
type Doing string

// What somebody can be doing.
const (
	Typing    Doing = "typing"
	Recording Doing = "recording"
	Idle      Doing = "idle" // stopped either
)
