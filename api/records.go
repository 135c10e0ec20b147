package api

import (
	"context"

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
	Seats(ctx context.Context) ([]engine.SeatView, error)
	Seat(ctx context.Context, id engine.SeatID) (engine.SeatView, error)
	CreateSeat(ctx context.Context, name string) (engine.SeatView, error)
	RenameSeat(ctx context.Context, id engine.SeatID, name string) (engine.SeatView, error)
	// SetDesired records what a person wants of the seat; the supervisor
	// follows. Running shows the state starting at once unless the seat runs;
	// removed hides the seat at once.
	SetDesired(ctx context.Context, id engine.SeatID, desired engine.Desired) (engine.SeatView, error)

	// Conversations lists by last message, the newest first. The returned
	// cursor goes on behind the last one and is empty at the end; a cursor
	// that is not ours fails with [engine.CodeInvalid].
	Conversations(ctx context.Context, filter engine.ConversationFilter, page engine.Page) ([]engine.ConversationView, string, error)
	Conversation(ctx context.Context, id engine.ConversationID) (engine.ConversationView, error)
	// Messages lists the newest first, with a cursor to older ones.
	Messages(ctx context.Context, conversation engine.ConversationID, page engine.Page) ([]engine.MessageView, string, error)

	// Send puts a text into the outbox and pauses the assistant in the
	// conversation. A key that was used before returns the message that was
	// made then, if conversation and text are the same, and fails with
	// [engine.CodeConflict] if not.
	Send(ctx context.Context, conversation engine.ConversationID, message engine.NewMessage) (engine.MessageView, error)
	// Retry puts a failed message back into the outbox, under the same
	// WhatsApp ID. One that has not failed is [engine.CodeConflict].
	Retry(ctx context.Context, conversation engine.ConversationID, message engine.MessageID) (engine.MessageView, error)
	// MarkRead sets the unread count to zero and returns what to tell
	// WhatsApp: the lead's messages that were unread.
	MarkRead(ctx context.Context, conversation engine.ConversationID) (engine.ReadMessages, error)
	// SetAssistant switches the AI in one conversation. Switching it on also
	// ends a pause and clears the flag that a person is needed.
	SetAssistant(ctx context.Context, conversation engine.ConversationID, enabled bool) (engine.ConversationView, error)

	Assistant(ctx context.Context) (engine.AssistantView, error)
	UpdateAssistant(ctx context.Context, settings engine.AssistantView) (engine.AssistantView, error)

	// Events returns up to limit events after a number, in order.
	Events(ctx context.Context, after int64, limit int) ([]engine.Event, error)
	// LastSeq returns the number of the newest event.
	LastSeq(ctx context.Context) (int64, error)
}

// Seats reaches seats that run. The engine's supervisor implements it.
type Seats interface {
	// MarkRead tells the lead that messages were read. It fails with
	// [engine.CodeNotConnected] if the seat has no connection now.
	MarkRead(ctx context.Context, seat engine.SeatKey, chat engine.Party, whatsAppIDs []string) error
}
