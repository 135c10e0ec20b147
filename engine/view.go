package engine

import "time"

// Views are how rows look to the outside: the API answers with them and
// events carry them, so that a reader of either needs one set of types.
type (
	// SeatView is a seat.
	SeatView struct {
		ID        SeatID       `json:"id"`
		Name      string       `json:"name" doc:"What the agency calls the seat"`
		Phone     string       `json:"phone,omitempty" doc:"The linked number in digits, with country code and without a plus"`
		PushName  string       `json:"push_name,omitempty" doc:"What the WhatsApp account calls itself"`
		Linked    bool         `json:"linked" doc:"Whether a phone is linked"`
		Status    StatusView   `json:"status"`
		Pairing   *PairingView `json:"pairing,omitempty" doc:"The QR code to scan now; only while the state is pairing"`
		CreatedAt time.Time    `json:"created_at"`
	}
	// StatusView is a seat's state.
	StatusView struct {
		State    State      `json:"state" enum:"stopped,starting,pairing,connecting,connected,retrying,logged_out,replaced,banned,outdated,failed"`
		Reason   Reason     `json:"reason,omitempty" doc:"Why, as a code"`
		Sentence string     `json:"sentence" doc:"What it means and what to do"`
		Actor    Actor      `json:"actor" enum:"nobody,person,time" doc:"Who must act for it to get on"`
		Since    time.Time  `json:"since"`
		Until    *time.Time `json:"until,omitempty" doc:"When the state ends by itself"`
	}
	// PairingView is a QR code that waits to be scanned.
	PairingView struct {
		Seat      SeatID    `json:"seat"`
		Code      string    `json:"code" doc:"The text that the QR code holds"`
		PNG       string    `json:"png,omitempty" doc:"The QR code as a data URL of a PNG picture"`
		ExpiresAt time.Time `json:"expires_at"`
	}
	// ContactView is a person that a seat talks with.
	ContactView struct {
		ID    ContactID `json:"id"`
		Name  string    `json:"name,omitempty" doc:"What the person calls themselves"`
		Phone string    `json:"phone,omitempty" doc:"Digits with country code and without a plus; absent while WhatsApp hides it"`
	}
	// ConversationView is the thread of one contact on one seat.
	ConversationView struct {
		ID            ConversationID        `json:"id"`
		Seat          SeatID                `json:"seat"`
		Contact       ContactView           `json:"contact"`
		Unread        int                   `json:"unread" doc:"Messages of the lead that nobody has opened"`
		LastMessage   *MessageView          `json:"last_message,omitempty"`
		LastMessageAt time.Time             `json:"last_message_at"`
		Assistant     ConversationAssistant `json:"assistant"`
	}
	// ConversationAssistant is what the AI does in a conversation.
	ConversationAssistant struct {
		Enabled     bool       `json:"enabled" doc:"Whether a person left it on"`
		PausedUntil *time.Time `json:"paused_until,omitempty" doc:"Paused because a person replied"`
		Replying    bool       `json:"replying" doc:"A reply is being prepared"`
		NeedsPerson string     `json:"needs_person,omitempty" doc:"Why a person has to take over, as a sentence"`
	}
	// MessageView is a message.
	MessageView struct {
		ID           MessageID      `json:"id"`
		WhatsAppID   string         `json:"whatsapp_id" doc:"The message's ID on WhatsApp"`
		Seat         SeatID         `json:"seat"`
		Conversation ConversationID `json:"conversation"`
		Direction    Direction      `json:"direction" enum:"in,out"`
		Author       Author         `json:"author" enum:"lead,phone,user,assistant"`
		Kind         Kind           `json:"kind"`
		Text         string         `json:"text"`
		Content      *Content       `json:"content,omitempty" doc:"What there is beyond the text"`
		Target       string         `json:"target,omitempty" doc:"WhatsApp's ID of the message that this one reacts to, edits, revokes or votes in"`
		Hidden       bool           `json:"hidden,omitempty" doc:"It shows on its target, not by itself"`
		Marks
		EditedAt  *time.Time `json:"edited_at,omitempty" doc:"When the text was last changed"`
		RevokedAt *time.Time `json:"revoked_at,omitempty" doc:"When the message was deleted for everyone; it has no text and content any more"`
		Resolved  bool       `json:"resolved,omitempty" doc:"Only in an event: until now it could not be decrypted"`
		Delivery  Delivery   `json:"delivery" enum:"received,queued,sending,sent,delivered,read,played,failed"`
		Failure   string     `json:"failure,omitempty" doc:"Why it failed and what to do"`
		History   bool       `json:"history,omitempty" doc:"Imported from the phone's history"`
		At        time.Time  `json:"at"`
		Seq       int64      `json:"seq" doc:"Orders messages of the same second"`
	}
	// AssistantView is a tenant's settings of the AI.
	AssistantView struct {
		Enabled  bool   `json:"enabled" doc:"Whether leads are answered at all"`
		Persona  string `json:"persona" maxLength:"4000" doc:"Who the assistant is and how it talks"`
		Business string `json:"business" maxLength:"16000" doc:"What it should know about the agency"`
	}
)

// View returns the status as the outside sees it.
func (s Status) View() StatusView {
	view := StatusView{State: s.State, Reason: s.Reason, Sentence: s.Sentence(), Actor: s.Actor(), Since: s.Since}
	if !s.Until.IsZero() {
		until := s.Until
		view.Until = &until
	}
	return view
}
