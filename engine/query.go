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

// NewMessage is a text that a user sends.
type NewMessage struct {
	User           UserID
	Text           string
	IdempotencyKey string // empty: none
}

// ReadMessages is what was found unread in a conversation that a user has
// opened: what the lead is to be told.
type ReadMessages struct {
	Seat        SeatKey
	Chat        Party
	WhatsAppIDs []string
}
