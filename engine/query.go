package engine

// ConversationFilter narrows a list of conversations. Zero values don't.
type ConversationFilter struct {
	Seat SeatID
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
}

// ReadMessages is what was found unread in a conversation that a user has
// opened: what the lead is to be told.
type ReadMessages struct {
	Seat        SeatKey
	Chat        Party
	WhatsAppIDs []string
}
