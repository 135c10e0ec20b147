package assistant

import (
	"context"
	"time"

	"github.com/myaibud/aibud/engine"
)

// Records are the rows that the assistant works on. Package store implements
// it.
//
// A turn is the assistant's answer to one burst of messages of a lead: one
// row per conversation that exists from the first unanswered message until
// the reply is in the outbox or the turn is given up. Its job carries the
// conversation's ID only.
type Records interface {
	// OpenTurn notes in tx that a lead wrote. If the assistant is to answer in
	// that conversation (it is enabled for the tenant and the conversation and
	// not paused) it creates the turn or moves its due time: to quiet after
	// now, but never later than longest after the turn's first message. It
	// reports whether the turn is new, so that its job has to be enqueued, and
	// when it is due.
	OpenTurn(ctx context.Context, tx engine.Tx, tenant engine.TenantID, conversation engine.ConversationID,
		messageSeq int64, now time.Time, quiet, longest time.Duration) (created bool, due time.Time, err error)

	// Turn loads the conversation's turn with up to history messages, the
	// oldest first. It fails with [engine.CodeNotFound] if there is no turn
	// any more (it was cancelled, or answered).
	Turn(ctx context.Context, tenant engine.TenantID, conversation engine.ConversationID, history int) (engine.Turn, error)

	// Answer puts the reply into the outbox and ends the turn, in one
	// transaction, if the turn is still what was answered: no newer message
	// of the lead, not cancelled, not paused. Otherwise it changes nothing and
	// returns false: the job then runs again or ends, see [Records.Turn].
	Answer(ctx context.Context, tenant engine.TenantID, conversation engine.ConversationID, lastSeq int64, text string) (bool, error)

	// GiveUp ends the turn and flags the conversation for a person, with a
	// sentence that says why.
	GiveUp(ctx context.Context, tenant engine.TenantID, conversation engine.ConversationID, why string) error
}

// Seats shows what the assistant does on the lead's phone. The engine's
// supervisor implements it; failures are of no consequence to the reply.
type Seats interface {
	// SetTyping shows or clears 'typing…'.
	SetTyping(ctx context.Context, seat engine.SeatKey, chat engine.Party, typing bool) error
	// MarkRead shows the lead that messages were read.
	MarkRead(ctx context.Context, seat engine.SeatKey, chat engine.Party, whatsAppIDs []string) error
	// CaughtUp says whether the seat is connected and everything that waited
	// at WhatsApp has come in: a reply before would come amid what the lead has
	// written already.
	CaughtUp(seat engine.SeatKey) bool
}
