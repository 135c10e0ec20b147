package api

import (
	"context"
	"io"

	"github.com/myaibud/aibud/engine"
)

// Accounts are the users and tenants, before it is known which tenant a
// request belongs to. Package store implements it.
type Accounts interface {
	// SignUp creates a tenant and its first user. The first account ever
	// becomes the platform's administrator; after it the call fails with
	// [engine.CodeForbidden] unless open is set. A taken e-mail address fails
	// with [engine.CodeConflict].
	SignUp(ctx context.Context, account engine.NewAccount, open bool) (engine.User, error)

	// Empty says whether there is no account yet.
	Empty(ctx context.Context) (bool, error)

	// UserByEmail finds a user by the address as it was normalised at
	// sign-up, or fails with [engine.CodeNotFound].
	UserByEmail(ctx context.Context, email string) (engine.User, error)

	// User finds a user by ID, or fails with [engine.CodeNotFound].
	User(ctx context.Context, id engine.UserID) (engine.User, error)
}

// Tenant is one tenant's rows, the only way to reach them. What is another
// tenant's fails with [engine.CodeNotFound], just as what doesn't exist.
// Package store implements it. Changes append their events.
type Tenant interface {
	ChatRows

	Seats(ctx context.Context) ([]engine.SeatView, error)
	Seat(ctx context.Context, id engine.SeatID) (engine.SeatView, error)
	CreateSeat(ctx context.Context, name string) (engine.SeatView, error)
	RenameSeat(ctx context.Context, id engine.SeatID, name string) (engine.SeatView, error)
	// SetDesired records what a person wants of the seat; the supervisor
	// follows. Running shows the state starting at once unless the seat runs;
	// removed hides the seat at once.
	SetDesired(ctx context.Context, id engine.SeatID, desired engine.Desired) (engine.SeatView, error)
	// SeatSending tells how fast a seat sends and what it has sent lately.
	SeatSending(ctx context.Context, id engine.SeatID) (engine.SendingView, error)
	SetSeatSending(ctx context.Context, id engine.SeatID, settings engine.SendingSettings) (engine.SendingView, error)
	// Pair is SetDesired to running for a seat without a phone, which fails
	// with [engine.CodeConflict] for any other. It shows a code for the phone
	// with the given number, in digits, or with no number a QR code.
	Pair(ctx context.Context, id engine.SeatID, number string) (engine.SeatView, error)
	// SetProxy sets the URL of the proxy that the seat goes through, or none,
	// upon which it connects anew. What [engine.CheckProxy] refuses fails.
	SetProxy(ctx context.Context, id engine.SeatID, address string) (engine.SeatView, error)

	// Conversations lists by last message, the newest first. The returned
	// cursor goes on behind the last one and is empty at the end; a cursor
	// that is not ours fails with [engine.CodeInvalid].
	Conversations(ctx context.Context, filter engine.ConversationFilter, page engine.Page) ([]engine.ConversationView, string, error)
	Conversation(ctx context.Context, id engine.ConversationID) (engine.ConversationView, error)
	// Messages lists the newest first, with a cursor to older ones.
	Messages(ctx context.Context, conversation engine.ConversationID, page engine.Page) ([]engine.MessageView, string, error)

	Message(ctx context.Context, conversation engine.ConversationID, message engine.MessageID) (engine.MessageView, error)

	// Send puts a message into the outbox and pauses the assistant in the
	// conversation. A key that was used before returns the message that was
	// made then, if everything else is the same, and fails with
	// [engine.CodeConflict] if not. Keys never expire.
	Send(ctx context.Context, conversation engine.ConversationID, message engine.NewMessage) (engine.MessageView, error)
	// Cancel takes back a message that is scheduled, queued or failed; it is
	// shown no more. One that may be on its way is [engine.CodeConflict].
	Cancel(ctx context.Context, conversation engine.ConversationID, message engine.MessageID) (engine.MessageView, error)
	// Reschedule changes a scheduled message; another is [engine.CodeConflict].
	Reschedule(ctx context.Context, conversation engine.ConversationID, message engine.MessageID, change engine.ScheduleChange) (engine.MessageView, error)
	// Retry puts a failed message back into the outbox, under the same
	// WhatsApp ID. One that has not failed is [engine.CodeConflict].
	Retry(ctx context.Context, conversation engine.ConversationID, message engine.MessageID) (engine.MessageView, error)
	// Members lists who is in a group, the seat first. Other conversations
	// have none.
	Members(ctx context.Context, conversation engine.ConversationID) ([]engine.MemberView, error)
	// Receipts lists how far a message of the seat has come with each
	// participant of a room.
	Receipts(ctx context.Context, conversation engine.ConversationID, message engine.MessageID) ([]engine.ReceiptView, error)
	// MarkRead sets the unread count to zero, and enqueues what tells the lead.
	MarkRead(ctx context.Context, conversation engine.ConversationID) error
	// SetAssistant switches the AI in one conversation. Switching it on also
	// ends a pause and clears the flag that a person is needed.
	SetAssistant(ctx context.Context, conversation engine.ConversationID, enabled bool) (engine.ConversationView, error)

	// DownloadMedia lets the file of a message be fetched again, or for the
	// first time. One that is here, or that nobody can fetch, is
	// [engine.CodeConflict].
	DownloadMedia(ctx context.Context, conversation engine.ConversationID, message engine.MessageID) (engine.MessageView, error)
	// LinkKey returns the 32 bytes that links to the tenant's files are signed
	// with; NewLinkKey replaces them, so that no link is good any more.
	LinkKey(ctx context.Context) ([]byte, error)
	NewLinkKey(ctx context.Context) error

	// Chat tells which seat a conversation is on, and with whom it is.
	Chat(ctx context.Context, conversation engine.ConversationID) (engine.SeatKey, engine.Party, error)
	// HistoryStart tells before which message older ones can be asked for. A
	// conversation without a message is [engine.CodeConflict].
	HistoryStart(ctx context.Context, conversation engine.ConversationID) (engine.SeatKey, engine.HistoryRequest, error)
	// StatusConversation returns the conversation of a seat's status updates,
	// and makes it if there is none yet.
	StatusConversation(ctx context.Context, seat engine.SeatID) (engine.ConversationID, error)

	// OpenConversation finds the conversation of a seat with a person, or
	// begins it, and puts it on the list. The party's name is what to call
	// somebody of whom WhatsApp has told no name yet.
	OpenConversation(ctx context.Context, seat engine.SeatID, with engine.Party) (engine.ConversationView, error)
	// ConversationWith finds the conversation of a seat with somebody who has
	// one of two numbers, in digits, among those on the list.
	ConversationWith(ctx context.Context, seat engine.SeatID, number, other string) (engine.ConversationView, error)

	// Settings returns what the agency sets for all of its seats.
	Settings(ctx context.Context) (engine.TenantSettings, error)
	SetSettings(ctx context.Context, settings engine.TenantSettings) (engine.TenantSettings, error)

	Assistant(ctx context.Context) (engine.AssistantView, error)
	UpdateAssistant(ctx context.Context, settings engine.AssistantView) (engine.AssistantView, error)

	// Events returns up to limit events after a number, in order.
	Events(ctx context.Context, after int64, limit int) ([]engine.Event, error)
	// LastSeq returns the number of the newest event.
	LastSeq(ctx context.Context) (int64, error)
}

// Seats reaches seats that run. The engine's supervisor implements it.
type Seats interface {
	engine.Clients

	// Activity returns what a seat's connection did last, if it runs here.
	Activity(seat engine.SeatKey) (engine.Activity, bool)
	// AnswerPasskey and ConfirmPasskey go on with linking a phone whose account
	// has a passkey: see [engine.PasskeyPairer].
	AnswerPasskey(ctx context.Context, seat engine.SeatKey, answer engine.PasskeyAnswer) error
	ConfirmPasskey(ctx context.Context, seat engine.SeatKey) error
}

// Presences knows what people do at the moment. The engine's are one.
type Presences interface {
	// Watch says that somebody looks at a conversation of a seat in a mode, and
	// returns what its person does as far as that is known.
	Watch(seat engine.SeatKey, mode engine.PresenceMode, conversation engine.ConversationID, chat engine.Party) engine.PresenceView
	// Now returns what is known of all of a tenant's conversations.
	Now(tenant engine.TenantID) []engine.PresenceView
	// Listen calls tell with everything that changes until the returned function
	// is called. tell must return at once.
	Listen(tell func(engine.TenantID, engine.PresenceView)) (stop func())
}

// Media has the contents of files. Package engine/media implements it.
type Media interface {
	// MaxBytes is how large a file may be.
	MaxBytes() int64
	// Content returns what is in a file, or its small picture, with its row.
	// Errors: [engine.CodeNotFound]; [engine.CodeConflict] if it isn't stored.
	Content(ctx context.Context, tenant engine.TenantID, id engine.MediaID, small bool) (io.ReadSeekCloser, engine.MediaFile, error)
	// Upload stores a file that is to be sent. One that is too large fails with
	// [engine.ErrMediaTooLarge].
	Upload(ctx context.Context, tenant engine.TenantID, from io.Reader, name string) (engine.MediaFile, error)
	// Fetch does that with a file from the web, once for each source that is
	// not empty.
	Fetch(ctx context.Context, tenant engine.TenantID, address, name, source string) (engine.MediaFile, error)
	// Prepare makes a file fit to be sent as a kind, which may lead to another
	// file. An empty kind stands for what the file looks like.
	Prepare(ctx context.Context, tenant engine.TenantID, id engine.MediaID, kind engine.Kind, gif bool) (engine.MediaFile, engine.Kind, error)
}
