package engine

import (
	"context"
	"time"
)

// Desired is what a person wants of a seat.
type Desired string

// The wishes.
const (
	DesiredStopped Desired = "stopped"
	DesiredRunning Desired = "running"
	DesiredRemoved Desired = "removed" // unlink the device, then forget the seat's keys
)

// SeatRecord is what the engine needs to know of a seat to run it.
type SeatRecord struct {
	Key     SeatKey
	Name    string
	Device  string // see [Account.Device]; empty: not linked
	Desired Desired
	Status  Status

	PairPhone   string      // digits of the number to pair with by code; empty: by QR code
	Proxy       string      // URL of the proxy to go through; empty: none
	Restriction Restriction // as WhatsApp told last
	Activity    Activity    // as it was saved last
}

// SeatRecords are the seats' rows, of all tenants: the engine runs whatever
// should run on this machine. Package store implements it.
type SeatRecords interface {
	// SeatsToRun returns the seats whose Desired is running or removed, and
	// those whose Desired is stopped but whose status isn't final: the process
	// ended before it could record that they stopped. Of all seats, or of those
	// that are named.
	SeatsToRun(ctx context.Context, seats ...SeatKey) ([]SeatRecord, error)

	// Disconnected records that no seat is connected, for a process that begins
	// to run them: those whose status says so are connecting. It appends an
	// [EventSeatState] for each.
	Disconnected(ctx context.Context) error

	// SetStatus records a seat's new status, and the wish if desired is not
	// empty, and appends [EventSeatState]. A wish to remove the seat stays
	// whatever desired says. A status other than [StatePairing] clears the
	// pairing code.
	SetStatus(ctx context.Context, seat SeatKey, status Status, desired Desired) error

	// SetPairingCode records what a person has to do next to link a phone, and
	// appends [EventSeatPairing].
	SetPairingCode(ctx context.Context, seat SeatKey, code PairingCode) error

	// SetBacklog records how many percent of what waited at WhatsApp while the
	// seat was offline have come in, and appends [EventSeatHistory].
	SetBacklog(ctx context.Context, seat SeatKey, percent int) error

	// Claim reserves the account's number for the seat and records its
	// device. If the number is another seat's it fails with
	// [CodeNumberTaken]; the message then holds the other seat's name if it
	// belongs to the same tenant and is empty otherwise.
	Claim(ctx context.Context, seat SeatKey, account Account) error

	// ClearDevice forgets the seat's device, after a logout. The number stays
	// known but is no longer reserved.
	ClearDevice(ctx context.Context, seat SeatKey) error

	// SetRestriction records what WhatsApp doesn't let the seat's number do, and
	// appends [EventSeatUpdated].
	SetRestriction(ctx context.Context, seat SeatKey, restriction Restriction) error

	// SaveActivity saves what seats did last, in one transaction and without
	// an event. Seats that are gone are left out.
	SaveActivity(ctx context.Context, seats []SeatActivity) error

	// Removed hides a seat for good and appends [EventSeatRemoved]. Its
	// conversations stay readable.
	Removed(ctx context.Context, seat SeatKey) error
}

// MessageRecords are a seat's messages. Package store implements it.
type MessageRecords interface {
	// Record stores facts in one transaction, all or none, and appends their
	// events. A fact that is stored already changes nothing.
	Record(ctx context.Context, seat SeatKey, facts []Fact) error

	// Outbox returns up to limit drafts that are not sent yet, the oldest of
	// a conversation first and at most OutboxEach of it, those that were being
	// sent when the process ended included. If there are more, it returns those
	// of conversations whose lead wrote within [OpenTime] first, and of either
	// kind those in which a person's message waits, and then the oldest.
	Outbox(ctx context.Context, seat SeatKey, limit int) ([]Draft, error)

	// OutboxOf returns the oldest drafts of one conversation that are not sent
	// yet, in order, and at most OutboxEach. If it has become part of another
	// one, they are that one's.
	OutboxOf(ctx context.Context, seat SeatKey, conversation ConversationID) ([]Draft, error)

	// SetSending records that a draft is about to be handed to WhatsApp and
	// counts the attempt. No event tells of it. A message that is not in the
	// outbox any more is [CodeConflict] and must not be sent: from here on
	// nobody can take it back.
	SetSending(ctx context.Context, seat SeatKey, id MessageID) error

	// SetSent records that WhatsApp accepted the message, and the addresses
	// that were learned, and counts the message.
	SetSent(ctx context.Context, seat SeatKey, id MessageID, accepted Accepted) error

	// SetWaiting records why messages wait in the outbox and until when, for
	// people to see. Those that don't wait there any more are left alone.
	SetWaiting(ctx context.Context, seat SeatKey, ids []MessageID, waiting Waiting) error

	// Sending returns how fast a seat is to send, and what it sent in the last
	// 25 hours, which [MessageRecords.SetSent] counts.
	Sending(ctx context.Context, seat SeatKey) (SendingSettings, []SentCount, error)

	// Slowed returns how WhatsApp slowed the seat down, as SetSlowed kept it
	// last; the zero value if it did not.
	Slowed(ctx context.Context, seat SeatKey) (Slowed, error)

	// SetSlowed keeps how WhatsApp has slowed the seat down, for the next
	// process.
	SetSlowed(ctx context.Context, seat SeatKey, slowed Slowed) error

	// SetFailed records that the message will not be sent, and why.
	SetFailed(ctx context.Context, seat SeatKey, id MessageID, failure *Error) error

	// Sent returns a message that the seat sent in a chat; what it sent
	// elsewhere under the same ID is not found.
	Sent(ctx context.Context, seat SeatKey, chat Party, whatsAppID string) (Draft, bool, error)

	// Undecrypted returns up to limit messages of the last two weeks that could not
	// be decrypted yet, the newest first.
	Undecrypted(ctx context.Context, seat SeatKey, limit int) ([]Undecrypted, error)
	// Secrets returns the [Incoming.Secret] of each message that has this ID.
	Secrets(ctx context.Context, seat SeatKey, whatsAppID string) ([][]byte, error)

	// RoomKnown says whether the whole of a room ([RoomState]) was recorded.
	RoomKnown(ctx context.Context, seat SeatKey, room Address) (bool, error)

	// Ping checks that the store can write.
	Ping(ctx context.Context) error
}

// JobArgs names a job and carries what it works on: IDs only, never texts,
// since queues are shown to operators. The fields travel as JSON.
type JobArgs interface {
	// Kind is the job's name, at least two characters.
	Kind() string
}

// JobOptions says when and how often a job may run.
type JobOptions struct {
	At          time.Time // not before this time; zero: at once
	MaxAttempts int       // 0: the queue's default
	Queue       string    // which jobs it runs beside; empty: the default ones
}

// Enqueuer adds jobs to the transaction it belongs to: they run if it
// commits.
type Enqueuer interface {
	Enqueue(ctx context.Context, args JobArgs, options JobOptions) error
}

// LogRecords is the event log as its readers see it. Package store implements
// it.
type LogRecords interface {
	// Behind returns the tenants whose log goes beyond the named reader's
	// cursor.
	Behind(ctx context.Context, reader string) ([]TenantID, error)

	// Advance hands up to limit events after the reader's cursor to handle and
	// moves the cursor behind them, in one transaction with whatever handle
	// does in tx. It returns how many events there were. A reader that is new
	// to a tenant starts at the log's beginning.
	Advance(ctx context.Context, reader string, tenant TenantID, limit int,
		handle func(ctx context.Context, tx Tx, events []Event) error) (int, error)
}

// Tx is a transaction of the store, as features get to see it. Package store
// has functions that work in it.
type Tx interface {
	Enqueuer
}
