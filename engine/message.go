package engine

import "time"

// Direction says which way a message went, seen from the seat.
type Direction string

// The directions.
const (
	Inbound  Direction = "in"  // from the lead
	Outbound Direction = "out" // to the lead
)

// Author says who wrote a message.
type Author string

// The authors.
const (
	AuthorLead      Author = "lead"      // the contact
	AuthorPhone     Author = "phone"     // the agent, on the seat's own phone or another linked device
	AuthorUser      Author = "user"      // the agent, in the dashboard or by the API
	AuthorAssistant Author = "assistant" // the AI
	AuthorSystem    Author = "system"    // nobody: what WhatsApp tells of a room
)

// Kind is what a message holds.
type Kind string

// The kinds. What is not [KindText] is stored with the text that goes with
// it (a caption, an emoji, the new text of an edit) and with WhatsApp's own
// encoding in [Message.Raw].
const (
	KindText     Kind = "text"
	KindImage    Kind = "image"
	KindVideo    Kind = "video"
	KindAudio    Kind = "audio"
	KindVoice    Kind = "voice"
	KindDocument Kind = "document"
	KindSticker  Kind = "sticker"
	KindLocation Kind = "location"
	KindContact  Kind = "contact"
	KindPoll     Kind = "poll"
	KindReaction Kind = "reaction"
	KindEdit     Kind = "edit"
	KindRevoke   Kind = "revoke"
	KindVote     Kind = "vote"
	KindCall     Kind = "call"    // a call: WhatsApp has no message for it, we put a line
	KindWaiting  Kind = "waiting" // could not be decrypted yet; the sender was asked to send it again. With [Content.ViewOnce] it is for the phone only
	KindNotice   Kind = "notice"  // something happened to the room: see [Content.Notice]
	KindUnknown  Kind = "unknown" // a kind that this version doesn't know; nothing is lost, see Raw
)

// Amends says whether messages of the kind change another one, which they
// name as their target.
func (k Kind) Amends() bool {
	return k == KindReaction || k == KindEdit || k == KindRevoke || k == KindVote
}

// Delivery is how far a message has come. An inbound one is always
// [Received].
type Delivery string

// The steps of delivery. Queued to Played only ever move forward.
const (
	Received  Delivery = "received"
	Scheduled Delivery = "scheduled" // it comes into the outbox at [Message.SendAt]
	Queued    Delivery = "queued"    // in the outbox
	Sending   Delivery = "sending"   // being handed to WhatsApp
	Sent      Delivery = "sent"      // WhatsApp has it (one tick)
	Delivered Delivery = "delivered" // the lead's phone has it (two ticks)
	Read      Delivery = "read"      // the lead has seen it (two blue ticks)
	Played    Delivery = "played"    // the lead has listened to it
	Failed    Delivery = "failed"    // it will not be sent; [Message.Failure] says why
	Cancelled Delivery = "cancelled" // a person took it back before it was sent
)

// Rank orders the steps of delivery, so that a late receipt never moves a
// message back: a higher rank is further.
func (d Delivery) Rank() int {
	switch d {
	case Scheduled:
		return 1
	case Queued:
		return 2
	case Sending:
		return 3
	case Failed:
		return 4
	case Cancelled:
		return 5
	case Sent:
		return 6
	case Delivered:
		return 7
	case Read:
		return 8
	case Played:
		return 9
	case Received:
		return 10
	}
	return 0
}

// Sender is the person who wrote a message in a room.
type Sender struct {
	Contact ContactID
	Name    string  // as of when the message came
	Phone   Address // as of now; empty while WhatsApp hides it
}

// Message is a stored message of either direction.
type Message struct {
	ID           MessageID
	Seat         SeatID
	Conversation ConversationID
	WhatsAppID   string // chosen by the sender; unique in a chat per sender
	Direction    Direction
	Author       Author
	User         UserID // who wrote it, if Author is [AuthorUser]
	UserName     string // what that user is called now
	Kind         Kind
	Text         string
	Content      *Content  // nil for plain text
	Sender       Sender    // who wrote it, in a room; zero in a direct chat, for the seat's own and where nobody is told (a channel)
	Target       string    // WhatsApp's ID of the message that this one reacts to, edits, revokes or votes in
	TargetFromMe bool      // that message is the seat's own
	TargetSender ContactID // in a room: who wrote that message; empty for the seat's own, or if unknown
	Hidden       bool      // it shows on its target, not by itself
	Raw          []byte    // WhatsApp's encoding of the content, nil for plain text
	Marks        Marks
	EditedAt     time.Time // zero: never
	RevokedAt    time.Time // zero: never; text and content are gone then
	Delivery     Delivery
	Failure      string    // a sentence, if Delivery is [Failed]
	FailureCode  Code      // the same for machines
	Times        Times     // of an outgoing one
	SendAt       time.Time // when a person wants it to be sent; zero: at once
	Waiting      Waiting   // if Delivery is [Queued]
	At           time.Time // when it was written, by WhatsApp's clock if known
	Seq          int64     // number of the event that told of it first; orders messages of one second
}

// Draft is a message that is to be sent.
type Draft struct {
	ID           MessageID
	Conversation ConversationID
	WhatsAppID   string
	To           Party // where to: at least one address
	Kind         Kind
	Text         string
	Content      *Content // nil for plain text
	Target       string   // see [Message.Target]
	TargetFromMe bool
	TargetSender Party // in a room: who wrote the target; zero for the seat's own, or if unknown
	Attempts     int   // how often sending it was tried before
	Author       Author
	At           time.Time // when it was sent, or written if it is still to be
	LeadAt       time.Time // when the recipient, or anybody in the room, last wrote; zero: never
	SendAt       time.Time // see [Message.SendAt]
	Waiting      Waiting   // as it was recorded last
}
