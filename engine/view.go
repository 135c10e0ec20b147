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
		Presence  PresenceMode `json:"presence" enum:"unavailable,watching,available" doc:"When the seat appears online"`
		Status    StatusView   `json:"status"`
		Pairing   *PairingView `json:"pairing,omitempty" doc:"What links a phone now; only while the state is pairing"`
		History   *HistoryView `json:"history,omitempty" doc:"How far the phone's history, or what came while the seat was offline, has been taken in"`
		CreatedAt time.Time    `json:"created_at"`

		LastFrameAt     *time.Time       `json:"last_frame_at,omitempty" doc:"When WhatsApp was last heard at all, answers to pings included. Events have it as it was saved, up to a few minutes ago"`
		LastMessageAt   *time.Time       `json:"last_message_at,omitempty" doc:"When a message last came or went"`
		ReconnectsToday int              `json:"reconnects_today" doc:"How often the connection was lost and made anew today, by the server's clock"`
		Restriction     *RestrictionView `json:"restriction,omitempty" doc:"WhatsApp doesn't let the number write first now"`
		Proxy           *ProxyView       `json:"proxy,omitempty" doc:"The proxy that the seat goes through"`
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
	// PairingView is what a person has to do next to link a phone.
	PairingView struct {
		Seat      SeatID          `json:"seat"`
		Step      PairingStep     `json:"step" enum:"qr,code,passkey,confirm" doc:"qr: scan the QR code. code: type the code into the phone. passkey: answer WhatsApp's question for the account's passkey. confirm: compare the code with the phone's, and confirm it"`
		Code      string          `json:"code,omitempty" doc:"qr: the text that the QR code holds. code, confirm: the eight characters, such as ABCD-EFGH"`
		PNG       string          `json:"png,omitempty" doc:"The QR code as a data URL of a PNG picture"`
		Phone     string          `json:"phone,omitempty" doc:"code: the number whose phone the code is for, in digits"`
		Passkey   *PasskeyOptions `json:"passkey,omitempty" doc:"passkey: what the passkey has to sign"`
		ExpiresAt time.Time       `json:"expires_at"`
	}
	// RestrictionView is what WhatsApp does not let a number do.
	RestrictionView struct {
		Type     string    `json:"type" doc:"WhatsApp's name for it"`
		Until    time.Time `json:"until" doc:"When it ends"`
		Sentence string    `json:"sentence" doc:"What it means and what to do"`
	}
	// ProxyView is a seat's proxy, without its credentials, which nobody gets to
	// see again.
	ProxyView struct {
		URL         string `json:"url" doc:"Without user name and password" example:"socks5://proxy.example:1080"`
		Credentials bool   `json:"credentials" doc:"Whether a user name or password is set"`
	}
	// ContactView is a person that a seat talks with.
	ContactView struct {
		ID    ContactID `json:"id"`
		Name  string    `json:"name,omitempty" doc:"What the person calls themselves"`
		Phone string    `json:"phone,omitempty" doc:"Digits with country code and without a plus; absent while WhatsApp hides it"`
		ContactDetails
	}
	// ConversationView is the thread of one contact, or of one room, on one
	// seat.
	ConversationView struct {
		ID            ConversationID        `json:"id"`
		Seat          SeatID                `json:"seat"`
		Type          ChatType              `json:"type" enum:"direct,group,channel,status,broadcast"`
		Contact       ContactView           `json:"contact" doc:"The person, or what stands for the room: its name is the subject then"`
		Room          *RoomView             `json:"room,omitempty" doc:"What is known of the room; absent in a direct chat"`
		Unread        int                   `json:"unread" doc:"Messages of the lead that nobody has opened"`
		LastMessage   *MessageView          `json:"last_message,omitempty"`
		LastMessageAt time.Time             `json:"last_message_at"`
		Assistant     ConversationAssistant `json:"assistant"`
		ChatState
	}
	// ConversationAssistant is what the AI does in a conversation.
	ConversationAssistant struct {
		Enabled     bool       `json:"enabled" doc:"Whether a person left it on"`
		PausedUntil *time.Time `json:"paused_until,omitempty" doc:"Paused because a person replied"`
		Replying    bool       `json:"replying" doc:"A reply is being prepared"`
		NeedsPerson string     `json:"needs_person,omitempty" doc:"Why a person has to take over, as a sentence"`
	}
	// RoomView is a group, a channel, a broadcast list or the status feed.
	RoomView struct {
		Address     Address    `json:"address" doc:"By which WhatsApp knows the room"`
		Known       bool       `json:"known,omitempty" doc:"Whether what follows was learned already"`
		Description string     `json:"description,omitempty"`
		Role        Role       `json:"role,omitempty" enum:"member,admin,superadmin" doc:"The seat's own; absent if it is not in the room (any more)"`
		Members     int        `json:"members,omitempty" doc:"Of a group: how many there are, the seat included"`
		Followers   int        `json:"followers,omitempty" doc:"Of a channel"`
		Announce    bool       `json:"announce,omitempty" doc:"Only admins write"`
		Locked      bool       `json:"locked,omitempty" doc:"Only admins change what the room is"`
		Approval    bool       `json:"approval,omitempty" doc:"Admins let in who joins by the link"`
		Timer       int        `json:"timer,omitempty" doc:"Seconds after which messages disappear"`
		Community   Address    `json:"community,omitempty" doc:"That the group belongs to"`
		FoundedAt   *time.Time `json:"founded_at,omitempty"`
	}
	// MemberView is a member of a group.
	MemberView struct {
		Contact *ContactView `json:"contact,omitempty" doc:"Absent for the seat itself"`
		Self    bool         `json:"self,omitempty" doc:"The seat itself"`
		Role    Role         `json:"role" enum:"member,admin,superadmin"`
		Since   *time.Time   `json:"since,omitempty" doc:"When the person joined, if that is known"`
	}
	// ReceiptView is how far a message has come with one participant of a room.
	ReceiptView struct {
		Contact     ContactView `json:"contact"`
		DeliveredAt *time.Time  `json:"delivered_at,omitempty"`
		ReadAt      *time.Time  `json:"read_at,omitempty"`
		PlayedAt    *time.Time  `json:"played_at,omitempty"`
	}
	// SenderView is who wrote a message in a room.
	SenderView struct {
		Contact ContactID `json:"contact"`
		Name    string    `json:"name,omitempty" doc:"What the person called themselves when the message came"`
		Phone   string    `json:"phone,omitempty" doc:"Digits with country code and without a plus; absent while WhatsApp hides it"`
	}
	// MessageView is a message.
	MessageView struct {
		ID           MessageID      `json:"id"`
		WhatsAppID   string         `json:"whatsapp_id" doc:"The message's ID on WhatsApp"`
		Seat         SeatID         `json:"seat"`
		Conversation ConversationID `json:"conversation"`
		Direction    Direction      `json:"direction" enum:"in,out"`
		Author       Author         `json:"author" enum:"lead,phone,user,assistant,system"`
		SentBy       string         `json:"sent_by,omitempty" doc:"The name of the user who wrote it, in the dashboard or by the API"`
		Sender       *SenderView    `json:"sender,omitempty" doc:"Who wrote it, in a group or the status feed; absent for the seat's own"`
		Kind         Kind           `json:"kind"`
		Text         string         `json:"text"`
		Content      *Content       `json:"content,omitempty" doc:"What there is beyond the text"`
		Target       string         `json:"target,omitempty" doc:"WhatsApp's ID of the message that this one reacts to, edits, revokes or votes in"`
		Hidden       bool           `json:"hidden,omitempty" doc:"It shows on its target, not by itself"`
		Marks
		MessageState
		EditedAt  *time.Time `json:"edited_at,omitempty" doc:"When the text was last changed"`
		RevokedAt *time.Time `json:"revoked_at,omitempty" doc:"When the message was deleted for everyone; it has no text and content any more"`
		Resolved  bool       `json:"resolved,omitempty" doc:"Only in an event: until now it could not be decrypted"`
		Delivery  Delivery   `json:"delivery" enum:"received,scheduled,queued,sending,sent,delivered,read,played,failed,cancelled"`
		Failure   string     `json:"failure,omitempty" doc:"Why it failed and what to do"`
		// FailureCode has the codes of errors.
		FailureCode Code         `json:"failure_code,omitempty" doc:"Why it failed, for machines: a code as errors have it"`
		Times       *TimesView   `json:"times,omitempty" doc:"When an outgoing message took each step"`
		SendAt      *time.Time   `json:"send_at,omitempty" doc:"When it is or was to be sent, if a person chose a time"`
		Waiting     *WaitingView `json:"waiting,omitempty" doc:"Why it is not sent yet, if there is more to say than that it is queued"`
		History     bool         `json:"history,omitempty" doc:"Imported from the phone's history"`
		Late        bool         `json:"late,omitempty" doc:"It waited at WhatsApp while the seat was offline: nobody was woken by it"`
		At          time.Time    `json:"at"`
		Seq         int64        `json:"seq" doc:"Orders messages of the same second"`
	}
	// TenantSettings is what an agency sets for all of its seats.
	TenantSettings struct {
		Region string `json:"region" pattern:"^[A-Z]{2}$" doc:"The country, by its ISO 3166 code, whose phone numbers may be written without a country code" example:"ZA"`
	}
	// AssistantView is a tenant's settings of the AI.
	AssistantView struct {
		Enabled  bool   `json:"enabled" doc:"Whether leads are answered at all"`
		Persona  string `json:"persona" maxLength:"4000" doc:"Who the assistant is and how it talks"`
		Business string `json:"business" maxLength:"16000" doc:"What it should know about the agency"`
	}
)

// Unlinked returns the view of a stopped seat that has no phone: starting it is
// not what has to be done.
func (v StatusView) Unlinked() StatusView {
	if v.State == StateStopped && (v.Reason == ReasonNone || v.Reason == ReasonRequested) {
		v.Sentence = "No phone is linked yet. Pair one to send and receive messages."
	}
	return v
}

// View returns the status as the outside sees it.
func (s Status) View() StatusView {
	view := StatusView{State: s.State, Reason: s.Reason, Sentence: s.Sentence(), Actor: s.Actor(), Since: s.Since}
	if !s.Until.IsZero() {
		until := s.Until
		view.Until = &until
	}
	return view
}
