package simulator

import (
	"slices"
	"time"

	"go.mau.fi/whatsmeow/types"
)

// Message is a message as its phone shows it. What came later (receipts, reactions, votes, an edit, a revocation) is
// shown on the message that it is about, and stands in the list as a message of its own as well.
type Message struct {
	Seq        int       `json:"seq"` // from 1, in the order of arrival
	ID         string    `json:"id"`
	From       string    `json:"from"` // number
	FromDevice int       `json:"from_device"`
	To         string    `json:"to"` // number; the JID of any other chat
	FromMe     bool      `json:"from_me"`
	Kind       string    `json:"kind"` // see the Kind constants
	Text       string    `json:"text,omitempty"`
	Timestamp  time.Time `json:"timestamp"`
	ServerID   int       `json:"server_id,omitempty"` // number of a channel's message
	Receipts   []Receipt `json:"receipts,omitempty"`
	Duplicates int       `json:"duplicates,omitempty"` // deliveries beyond the first

	Media    *Attachment  `json:"media,omitempty"`
	Preview  *Preview     `json:"preview,omitempty"`
	Location *Location    `json:"location,omitempty"`
	Contacts Contacts     `json:"contacts,omitempty"`
	Poll     *Tally       `json:"poll,omitempty"`
	Occasion *Occasion    `json:"occasion,omitempty"`
	Invite   *GroupInvite `json:"invite,omitempty"`  // by a message of KindInvite, for Phone.AcceptInvite
	Choices  []Choice     `json:"choices,omitempty"` // what can be tapped: buttons, or the rows of a list
	Chosen   *Choice      `json:"chosen,omitempty"`  // what was tapped, by a message of KindChoice
	Options  []string     `json:"options,omitempty"` // what was voted for, by a message of KindVote

	Target    string   `json:"target,omitempty"`    // the message that this one is about: reaction, edit, revocation, vote …
	ReplyTo   string   `json:"reply_to,omitempty"`  // the message that this one quotes
	Mentions  []string `json:"mentions,omitempty"`  // numbers
	Forwarded int      `json:"forwarded,omitempty"` // how often it was passed on; 0: never
	ViewOnce  bool     `json:"view_once,omitempty"`
	Expires   int      `json:"expires,omitempty"` // seconds that it may be seen (on KindTimer: that messages of the chat may from now on)
	Expired   bool     `json:"expired,omitempty"` // they are over
	Encrypted bool     `json:"encrypted,omitempty"`
	Refused   int      `json:"refused,omitempty"` // the server's error code; the message went nowhere
	Ignored   bool     `json:"ignored,omitempty"` // it had no effect: unknown target, too late, not allowed, or not readable

	Reactions []Reacted `json:"reactions,omitempty"`
	Earlier   []string  `json:"earlier,omitempty"` // texts before edits, the first one first
	Revoked   bool      `json:"revoked,omitempty"`
	Pinned    bool      `json:"pinned,omitempty"`
	Kept      bool      `json:"kept,omitempty"` // although messages of the chat disappear

	// What the phone needs to act on it later.
	chat   types.JID // see chat.go
	author types.JID // the sender's address as it was written, without device
	raw    []byte    // the encoded waE2E.Message as it was written; nil once it was revoked
	secret []byte
	weight int // about how many bytes of memory it takes
}

// Kinds of messages.
const (
	KindText         = "text"
	KindImage        = "image"
	KindVideo        = "video"
	KindVideoNote    = "video_note"
	KindAudio        = "audio"
	KindVoice        = "voice"
	KindDocument     = "document"
	KindSticker      = "sticker"
	KindLocation     = "location"
	KindLiveLocation = "live_location"
	KindContact      = "contact"
	KindPoll         = "poll"
	KindVote         = "vote"
	KindReaction     = "reaction"
	KindComment      = "comment"
	KindEdit         = "edit"
	KindRevoke       = "revoke"
	KindPin          = "pin"
	KindKeep         = "keep"
	KindTimer        = "timer" // how long messages of the chat are to be seen was changed
	KindButtons      = "buttons"
	KindList         = "list"
	KindTemplate     = "template"
	KindInteractive  = "interactive"
	KindChoice       = "choice"
	KindOccasion     = "occasion"
	KindAttendance   = "attendance"
	KindInvite       = "invite"      // to a group
	KindPlaceholder  = "placeholder" // what can't be shown on this device
	KindProtocol     = "protocol"
	KindOther        = "other"
)

// Kinds of receipts on a Message.
const (
	ReceiptDelivered = "delivered"
	ReceiptRead      = "read"
	ReceiptPlayed    = "played"
)

// Receipt says what one device of the other side (or, on a received message, another device of this side) did.
type Receipt struct {
	From      string    `json:"from"`
	Device    int       `json:"device"`
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
}

// Reacted is somebody's reaction to a message.
type Reacted struct {
	From  string `json:"from"`
	Emoji string `json:"emoji"`
}

// Attachment is a message's file. Size (bytes) and SHA256 (hex) are those of the file as its person sees it, before
// encryption.
type Attachment struct {
	Mimetype string `json:"mimetype"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256"`
	Filename string `json:"filename,omitempty"`
	Seconds  int    `json:"seconds,omitempty"`
	Width    int    `json:"width,omitempty"`
	Height   int    `json:"height,omitempty"`
	GIF      bool   `json:"gif,omitempty"`
}

// Tally is a poll with the votes that the phone knows of.
type Tally struct {
	Name       string        `json:"name"`
	Options    []TallyOption `json:"options"`
	Selectable int           `json:"selectable"` // how many options one person may choose; 0: any number
}

// TallyOption is an option of a poll with the numbers of those who voted for it.
type TallyOption struct {
	Name   string   `json:"name"`
	Voters []string `json:"voters"`
}

// Has says whether a receipt of this type ("delivered", "read", "played") came; a read message was delivered too.
func (m Message) Has(kind string) bool {
	return slices.ContainsFunc(m.Receipts, func(r Receipt) bool {
		return r.Type == kind || kind == ReceiptDelivered
	})
}

// snapshot copies a message as it shows at a time, for somebody outside.
func (m *Message) snapshot(now time.Time) Message {
	out := *m
	out.Receipts, out.Reactions, out.Earlier = slices.Clone(m.Receipts), slices.Clone(m.Reactions), slices.Clone(m.Earlier)
	if m.Poll != nil {
		poll := *m.Poll
		poll.Options = slices.Clone(poll.Options)
		for i := range poll.Options {
			poll.Options[i].Voters = slices.Clone(poll.Options[i].Voters)
		}
		out.Poll = &poll
	}
	if m.over(now) {
		out.Expired = true
		out.hide()
	}
	return out
}

// over says whether a disappearing message has disappeared.
func (m *Message) over(now time.Time) bool {
	return m.Expires > 0 && m.Kind != KindTimer && !m.Kept && now.After(m.Timestamp.Add(time.Duration(m.Expires)*time.Second))
}

// hide takes away what a message said.
func (m *Message) hide() {
	m.Text, m.Media, m.Preview, m.Location, m.Contacts, m.Poll, m.Occasion, m.Invite = "", nil, nil, nil, nil, nil, nil, nil
	m.Choices, m.Chosen, m.Reactions, m.Earlier, m.Mentions = nil, nil, nil, nil, nil
}
