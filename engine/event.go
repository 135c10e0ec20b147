package engine

import (
	"encoding/json"
	"time"
)

// EventKind says what an event tells.
type EventKind string

// The kinds of events, with the type of their data.
const (
	EventSeatCreated         EventKind = "seat.created"         // SeatView
	EventSeatUpdated         EventKind = "seat.updated"         // SeatView: anything of it changed but its state
	EventSeatState           EventKind = "seat.state"           // SeatView: it went to another state
	EventSeatPairing         EventKind = "seat.pairing"         // PairingView: a new code, or what else is to be done to link a phone
	EventSeatRemoved         EventKind = "seat.removed"         // SeatView
	EventSeatHistory         EventKind = "seat.history"         // HistoryView: see below
	EventMessageCreated      EventKind = "message.created"      // MessageView, with its conversation
	EventMessageUpdated      EventKind = "message.updated"      // MessageView: anything of it changed, its delivery for one
	EventConversationUpdated EventKind = "conversation.updated" // ConversationView
	EventConversationCleared EventKind = "conversation.cleared" // ClearedView: messages are gone from the account
	EventMessageDeleted      EventKind = "message.deleted"      // MessageView: it is gone from the account
	EventContactUpdated      EventKind = "contact.updated"      // ContactView
	EventLabelUpdated        EventKind = "label.updated"        // LabelView
	EventCallUpdated         EventKind = "call.updated"         // CallView: it rings, or its state changed
	EventGroupUpdated        EventKind = "group.updated"        // ConversationView: a group or channel changed, or its members
	EventAssistantUpdated    EventKind = "assistant.updated"    // AssistantView: the tenant's settings changed
)

// What is imported from a phone's history tells no [EventMessageCreated] and
// no [EventMessageUpdated], so that nobody is woken by the past. For each batch
// of it there is one [EventConversationUpdated] for each conversation that
// changed, and one [EventSeatHistory], upon which a page that shows such a
// conversation reads its messages anew.

// Event is a fact in a tenant's log. Seq grows by one from event to event of
// a tenant, in the order in which they were committed: a reader that has seen
// number n has missed nothing before it.
type Event struct {
	Tenant       TenantID
	Seq          int64
	Kind         EventKind
	Seat         SeatID         // empty if it is about none
	Conversation ConversationID // empty if it is about none
	At           time.Time
	Data         json.RawMessage // the view named at the kind, as the API shows it
}
