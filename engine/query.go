package engine

import "time"

// ConversationFilter narrows a list of conversations. Zero values don't.
type ConversationFilter struct {
	Seat SeatID
	Type ChatType
	// Archived and Unread are nil for both; unread are those with unread
	// messages and those that are marked so.
	Archived, Unread *bool
	Label            LabelID
}

// Page is a part of a list.
type Page struct {
	Cursor string // empty: from the start
	Limit  int    // 1 to 100
}

// NewMessage is a message that a user sends.
type NewMessage struct {
	User           UserID
	Kind           Kind // "" stands for [KindText]
	Text           string
	Content        *Content  // what the kind needs: a location, cards, a poll, a vote
	ReplyTo        MessageID // the message that it answers; empty: none
	Target         MessageID // the message that it changes, if [Kind.Amends]
	IdempotencyKey string    // empty: none
	SendAt         time.Time // zero: at once
}

// ScheduleChange changes a message that is to be sent later.
type ScheduleChange struct {
	Text   *string    // nil: as it is
	SendAt *time.Time // nil: as it is
}
