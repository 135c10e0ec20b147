package engine

import "time"

// Views of what WhatsApp knows of chats and people beyond messages.
type (
	// ChatState is what is set on a conversation.
	ChatState struct {
		Archived     bool       `json:"archived,omitempty"`
		Pinned       bool       `json:"pinned,omitempty" doc:"It stays on top of the list"`
		MutedUntil   *time.Time `json:"muted_until,omitempty" doc:"Absent if it isn't muted; the year 9999 stands for ever"`
		MarkedUnread bool       `json:"marked_unread,omitempty" doc:"Somebody wants it to look unread, whether it has unread messages or not"`
		Blocked      bool       `json:"blocked,omitempty" doc:"The seat blocks the person"`
		Labels       []LabelID  `json:"labels,omitempty"`
	}
	// MessageState is what is set on a message.
	MessageState struct {
		Starred   bool       `json:"starred,omitempty"`
		Labels    []LabelID  `json:"labels,omitempty"`
		DeletedAt *time.Time `json:"deleted_at,omitempty" doc:"Only in events and after deleting: when the message was removed from the account; it has no text and content any more"`
	}
	// ContactDetails is what is known of a contact beyond name and number.
	ContactDetails struct {
		SavedName     string     `json:"saved_name,omitempty" doc:"As the agency has saved the person"`
		BusinessName  string     `json:"business_name,omitempty" doc:"As WhatsApp has verified it"`
		About         string     `json:"about,omitempty" doc:"What the person says about themselves"`
		PictureID     string     `json:"picture_id,omitempty" doc:"Changes with the profile picture; absent if there is none that one may see"`
		LastSeenAt    *time.Time `json:"last_seen_at,omitempty" doc:"When the person was online last, as WhatsApp told when somebody last watched; absent if they hide it"`
		KeysChangedAt *time.Time `json:"keys_changed_at,omitempty" doc:"When the person registered WhatsApp anew: the security code is another one since"`
	}
	// LabelView is a label of a seat.
	LabelView struct {
		ID      LabelID `json:"id"`
		Seat    SeatID  `json:"seat"`
		Name    string  `json:"name"`
		Color   int     `json:"color" minimum:"0" maximum:"19" doc:"A number in WhatsApp's palette"`
		Deleted bool    `json:"deleted,omitempty" doc:"Only in events: it is gone, from everything that it was on"`
	}
	// CallView is a call.
	CallView struct {
		ID           CallID         `json:"id"`
		Seat         SeatID         `json:"seat"`
		Conversation ConversationID `json:"conversation"`
		Caller       *ContactView   `json:"caller,omitempty" doc:"Who calls, in a group"`
		Message      MessageID      `json:"message" doc:"The line of the call in the conversation"`
		Video        bool           `json:"video"`
		State        CallState      `json:"state" enum:"ringing,accepted,elsewhere,rejected,missed,ended"`
		Refused      bool           `json:"refused,omitempty" doc:"By Aibud, as the seat's settings say"`
		At           time.Time      `json:"at"`
		EndedAt      *time.Time     `json:"ended_at,omitempty"`
	}
	// ClearedView tells which messages of a conversation are gone.
	ClearedView struct {
		Conversation ConversationID `json:"conversation"`
		Before       time.Time      `json:"before" doc:"All messages up to this time, inclusive"`
		KeepStarred  bool           `json:"keep_starred,omitempty" doc:"Starred messages are still there"`
		DeleteMedia  bool           `json:"delete_media,omitempty" doc:"Their files are to go too"`
		Deleted      bool           `json:"deleted,omitempty" doc:"The conversation is off the list until the next message"`
	}
	// SeatSettings is how a seat behaves towards WhatsApp.
	SeatSettings struct {
		Presence    PresenceMode      `json:"presence" enum:"unavailable,watching,available" doc:"When the seat appears online. While it does, WhatsApp lets the agent's phone be silent; only then WhatsApp tells when others are online or typing. watching: while a conversation is open in the dashboard"`
		RejectCalls bool              `json:"reject_calls" doc:"Calls are refused at once"`
		RejectText  string            `json:"reject_text" maxLength:"4000" doc:"Sent to who called and was refused, at most once an hour; empty: nothing is sent"`
		Unarchive   bool              `json:"unarchive" readOnly:"true" doc:"Archived conversations come back with a new message, as is set on the phone"`
		Privacy     map[string]string `json:"privacy,omitempty" readOnly:"true" doc:"The account's privacy settings by WhatsApp's category, as last learned"`
	}
	// PresenceView is what a person does at the moment, as far as WhatsApp
	// tells.
	PresenceView struct {
		Conversation ConversationID `json:"conversation"`
		Contact      string         `json:"contact,omitempty" doc:"In a group: the name of who does it, or the number, as far as either is known"`
		Doing        Doing          `json:"doing" enum:"idle,typing,recording"`
		Online       *bool          `json:"online,omitempty" doc:"Absent if WhatsApp doesn't tell"`
		LastSeen     *time.Time     `json:"last_seen,omitempty" doc:"Absent if WhatsApp doesn't tell"`
	}
)

// PresenceMode says when a seat appears online.
type PresenceMode string

// The modes.
const (
	PresenceUnavailable PresenceMode = "unavailable" // only while it shows 'typing…'
	PresenceWatching    PresenceMode = "watching"    // while somebody watches a conversation's presence
	PresenceAvailable   PresenceMode = "available"   // always
)

// MaxLabelColor is the last colour of WhatsApp's palette of labels.
const MaxLabelColor = 19
