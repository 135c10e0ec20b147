package engine

import "time"

// Turn is the assistant's answer to one burst of messages of a lead, with
// what is needed to write it.
type Turn struct {
	Seat     SeatKey
	Chat     Party
	Due      time.Time
	LastSeq  int64  // the newest message of the lead that the turn answers
	Agency   string // the tenant's name
	Persona  string
	Business string
	Messages []Message // of the conversation, the oldest first
}
