package engine

import "time"

// Fact is something that happened on WhatsApp and must be stored before it
// is acknowledged. The set is closed: [Incoming], [Receipt], [Identity],
// [RoomNews], [HistoryNotice] and [MediaAnswer].
type Fact interface{ fact() }

// Incoming is a message that WhatsApp delivered: a lead's, or one that the
// agent wrote on the phone.
type Incoming struct {
	WhatsAppID string
	Chat       Party // the lead or the room, whoever wrote the message
	Sender     Party // in a room: who wrote it; zero if the agent did, or if nobody is told (a channel)
	FromMe     bool  // the agent wrote it, on the phone or another linked device
	Kind       Kind
	Text       string
	Content    *Content // nil for plain text
	Target     string   // WhatsApp's ID of the message that it changes, if [Kind.Amends]
	// TargetFromMe says that the message it changes is the seat's own.
	TargetFromMe bool
	TargetSender Party  // in a room: who wrote the message it changes; zero if the seat did, or if unknown
	Raw          []byte // WhatsApp's encoding of the content, nil for plain text
	// Secret is the client's own, with which it reads what is said later about
	// the message. See [Sink.Secrets].
	Secret   []byte
	At       time.Time
	History  bool     // imported from the phone's history: nobody is to be woken by it
	Late     bool     // it waited at WhatsApp while the seat was offline for long: nobody is to be woken by it
	Delivery Delivery // in history: how far a message of the agent's had come; "" stands for [Sent]
	Unread   bool     // in history: the phone counts it as unread
}

// Receipt tells how far messages have come.
type Receipt struct {
	Chat        Party
	Sender      Party // in a room: who has the messages; zero if the seat itself tells
	WhatsAppIDs []string
	Delivery    Delivery // [Delivered], [Read] or [Played]
	FromMe      bool     // the agent read others' messages on the phone
	At          time.Time
}

// Identity tells that addresses belong to one person, or how the person is
// called.
type Identity struct {
	Party Party
}

// MediaAnswer is what the phone answered when it was asked to upload a
// message's file again: see [MediaClient]. It is encrypted with the file's key.
type MediaAnswer struct {
	WhatsAppID string // of the message
	FromMe     bool   // the message is the seat's own
	Answer     []byte // for [MediaClient.ReadAnswer]
}

func (Incoming) fact()    {}
func (Receipt) fact()     {}
func (Identity) fact()    {}
func (MediaAnswer) fact() {}
