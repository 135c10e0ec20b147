package engine

// ReadMessages is what a user has read: what a lead, or the members of a room,
// are to be told.
type ReadMessages struct {
	Seat        SeatKey
	Chat        Party
	WhatsAppIDs []string         // in a direct chat, the oldest first
	Senders     []SenderMessages // in a room: the same by who wrote them
}

// SenderMessages are messages of one sender in a room; of nobody in a channel.
type SenderMessages struct {
	Sender      Party
	WhatsAppIDs []string
}

// ReadMarkArgs names the job that tells who wrote messages that they were read.
type ReadMarkArgs struct {
	Tenant       TenantID       `json:"tenant"`
	Seat         SeatID         `json:"seat"`
	Conversation ConversationID `json:"conversation"`
	Messages     []MessageID    `json:"messages"`
}

// Kind returns the job's name.
func (ReadMarkArgs) Kind() string { return "read_mark" }
