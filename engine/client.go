package engine

import (
	"context"
	"time"
)

// Provider opens WhatsApp clients. The native one is engine/whatsmeow.
type Provider interface {
	// Open returns the client of a seat. It connects to nothing yet. An empty
	// device means that the seat is not linked to a phone.
	Open(ctx context.Context, seat SeatKey, device string, sink Sink) (Client, error)

	// Refresh learns which version of the web client WhatsApp accepts now and
	// uses it for every connection from then on. The engine calls it at start
	// and when WhatsApp says that the client is outdated.
	Refresh(ctx context.Context) error
}

// Client is one seat's connection to WhatsApp. Its methods may be called from
// any goroutine. Errors that a person can act on are of type [*Error].
type Client interface {
	// Linked says whether the client has the keys of a linked device.
	Linked() bool

	// Connect dials and shakes hands. A linked client then logs in and tells
	// [Connected] or another signal; one that is not linked starts pairing and
	// tells each QR code by [PairingCode]. It never reconnects by itself. The
	// engine doesn't call it again before it has returned: it must return soon
	// after ctx has ended.
	Connect(ctx context.Context) error

	// Disconnect closes the connection. The client can connect again. It tells
	// no signal about it.
	Disconnect()

	// Logout unlinks the device at WhatsApp, connecting if it must, and
	// forgets its keys. The keys are forgotten even if WhatsApp can't be told,
	// which the error then says. A client that could not forget them is still
	// [Client.Linked], and is asked again.
	Logout(ctx context.Context) error

	// Send hands a message to WhatsApp and returns once WhatsApp has accepted
	// it. Sending a draft a second time under the same WhatsApp ID is safe.
	// Errors: [CodeNotConnected], [CodeTimeout] and [CodeUnavailable] may pass;
	// [CodeNotOnWhatsApp], [CodeRestricted] and [CodeInvalid] will not.
	Send(ctx context.Context, draft Draft) (Accepted, error)

	// MarkRead tells the lead that messages were read (blue ticks).
	MarkRead(ctx context.Context, chat Party, whatsAppIDs []string) error

	// SetTyping shows or clears 'typing…' on the lead's phone.
	SetTyping(ctx context.Context, chat Party, typing bool) error

	// Capabilities says what this client can do.
	Capabilities() Capabilities

	// Close disconnects for good and returns when nothing of the client calls
	// its sink any more.
	Close() error
}

// Capabilities lists what a client can do beyond text. What has an interface
// of its own is called through [Call].
type Capabilities struct {
	PairByQR bool `json:"pair_by_qr"`
	Typing   bool `json:"typing"`
	ReadMark bool `json:"read_mark"`

	Groups          bool `json:"groups" doc:"Groups can be listed, made and changed"`
	Communities     bool `json:"communities" doc:"Communities can be made and their groups changed"`
	Channels        bool `json:"channels" doc:"Channels can be followed and run"`
	Status          bool `json:"status" doc:"The audience of status updates can be read"`
	People          bool `json:"people" doc:"People can be looked up"`
	Profile         bool `json:"profile" doc:"The account's profile and privacy can be changed"`
	Presence        bool `json:"presence" doc:"It is known when people are online and typing"`
	Timers          bool `json:"timers" doc:"Messages of a chat can be made to disappear"`
	HistoryOnDemand bool `json:"history_on_demand" doc:"Older messages can be asked of the phone"`
}

// Accepted is WhatsApp's answer to a sent message.
type Accepted struct {
	At time.Time // by WhatsApp's clock
	To Party     // the recipient's addresses as learned while sending
	// Reach is as what the message counts. The engine sets it, no client does.
	Reach Reach
}

// Account is the WhatsApp account that a client was linked to.
type Account struct {
	Device   string  // what [Provider.Open] needs to find the keys again
	Phone    Address // the seat's own number
	LID      Address // may be empty
	Platform string  // the phone's system, such as "android"
	Name     string  // what the account calls itself; may be empty
}

// Sink takes what a client learns.
type Sink interface {
	// Claim asks whether the account may become this seat, and reserves its
	// number for it. It is called before a link is completed; an error
	// ([CodeNumberTaken]) refuses the link.
	Claim(ctx context.Context, account Account) error

	// Deliver stores facts, all or none. When it returns nil they are
	// committed and may be acknowledged; otherwise they must not be, so that
	// WhatsApp delivers them again.
	Deliver(ctx context.Context, facts ...Fact) error

	// Signal tells about the connection. It returns at once.
	Signal(signal Signal)

	// Sent returns a message that the seat sent in a chat, for a device of it
	// that could not decrypt the message and asks for it again.
	Sent(ctx context.Context, chat Party, whatsAppID string) (draft Draft, found bool)

	// Undecrypted returns the messages of the last days that could not be
	// decrypted yet, so that the phone can be asked for them again: an answer
	// may have been lost.
	Undecrypted(ctx context.Context) []Undecrypted
	// Secrets returns the [Incoming.Secret] of each stored message that has
	// this ID of WhatsApp's, which its writer chose: several may.
	Secrets(ctx context.Context, whatsAppID string) ([][]byte, error)

	// RoomKnown says whether the whole of a room ([RoomState]) was delivered
	// once, so that it need not be asked for.
	RoomKnown(ctx context.Context, room Address) (bool, error)
}

// Signal is something that happened to a connection. The set is closed.
type Signal interface{ signal() }

// The signals.
type (
	// PairingCode is what a person has to do next to link a phone, to be shown
	// until the next one or its expiry.
	PairingCode struct {
		Step    PairingStep // empty: [PairQR]
		Text    string      // what Step says; a secret until it expires
		Expires time.Time
	}
	// PairingEnded tells that pairing ended without a link.
	PairingEnded struct {
		Reason Reason
		Detail string
	}
	// Linked tells that a phone scanned the code and the keys are saved. The
	// connection then closes; the engine connects again to log in.
	Linked struct{ Account Account }
	// Connected tells that the client is logged in.
	Connected struct{ Name string }
	// Backlog tells how much of what waited at WhatsApp has come in. Every
	// connection ends its backlog with 100 percent, also if nothing waited.
	Backlog struct {
		Expected int // messages; 0 at the end
		Percent  int
	}
	// Disconnected tells that the connection was lost.
	Disconnected struct{ Detail string }
	// LoggedOut tells that the phone or WhatsApp removed the device. Its keys
	// are gone.
	LoggedOut struct{ Detail string }
	// Replaced tells that another connection uses the same keys.
	Replaced struct{}
	// Banned tells of a temporary ban.
	Banned struct {
		Detail string
		Until  time.Time
	}
	// Outdated tells that WhatsApp refuses the version of the client.
	Outdated struct{}
	// Refused tells that WhatsApp refused the login for good.
	Refused struct{ Detail string }
)

func (PairingCode) signal()  {}
func (PairingEnded) signal() {}
func (Linked) signal()       {}
func (Connected) signal()    {}
func (Backlog) signal()      {}
func (Disconnected) signal() {}
func (LoggedOut) signal()    {}
func (Replaced) signal()     {}
func (Banned) signal()       {}
func (Outdated) signal()     {}
func (Refused) signal()      {}
