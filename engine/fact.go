package engine

import "time"

// Fact is something that happened on WhatsApp and must be stored before it
// is acknowledged. The set is closed: [Incoming], [Receipt] and [Identity].
type Fact interface{ fact() }

// Incoming is a message that WhatsApp delivered: a lead's, or one that the
// agent wrote on the phone.
type Incoming struct {
	WhatsAppID string
	Chat       Party // the lead, whoever wrote the message
	FromMe     bool  // the agent wrote it, on the phone or another linked device
	Kind       Kind
	Text       string
	Content    *Content // nil for plain text
	Target     string   // WhatsApp's ID of the message that it changes, if [Kind.Amends]
	// TargetFromMe says that the message it changes is the seat's own.
	TargetFromMe bool
	Raw          []byte // WhatsApp's encoding of the content, nil for plain text
	At           time.Time
	History      bool // imported from the phone's history: nobody is to be woken by it
}

// Receipt tells how far messages have come.
type Receipt struct {
	Chat        Party
	WhatsAppIDs []string
	Delivery    Delivery // [Delivered], [Read] or [Played]
	FromMe      bool     // the agent read the lead's messages on the phone
	At          time.Time
}

// Identity tells that addresses belong to one person, or how the person is
// called.
type Identity struct {
	Party Party
}

func (Incoming) fact() {}
func (Receipt) fact()  {}
func (Identity) fact() {}
