package engine

import "strings"

// Address is one name by which WhatsApp knows a chat, without a device part:
// for a person a phone-number JID ("27821234567@s.whatsapp.net") or a LID
// ("123456789@lid"), of which a person may have both and WhatsApp may use
// either; for a room the JID of a group ("120363…@g.us"), a channel
// ("120363…@newsletter"), a broadcast list or the status feed ("…@broadcast").
type Address string

// The servers of addresses (whatsmeow types.DefaultUserServer,
// HiddenUserServer, GroupServer, NewsletterServer and BroadcastServer).
const (
	serverPhone     = "@s.whatsapp.net"
	serverLID       = "@lid"
	serverGroup     = "@g.us"
	serverChannel   = "@newsletter"
	serverBroadcast = "@broadcast"
)

// StatusAddress is the room of status updates, which vanish after a day.
const StatusAddress Address = "status" + serverBroadcast

// ChatType says what kind of chat a conversation is.
type ChatType string

// The types of chats.
const (
	ChatDirect    ChatType = "direct"    // with one person
	ChatGroup     ChatType = "group"     // a group, or a community's announcements
	ChatChannel   ChatType = "channel"   // a channel (WhatsApp's protocol says newsletter)
	ChatStatus    ChatType = "status"    // the feed of status updates
	ChatBroadcast ChatType = "broadcast" // a broadcast list
)

// Type says what kind of chat the address is of.
func (a Address) Type() ChatType {
	switch {
	case a == StatusAddress:
		return ChatStatus
	case strings.HasSuffix(string(a), serverGroup):
		return ChatGroup
	case strings.HasSuffix(string(a), serverChannel):
		return ChatChannel
	case strings.HasSuffix(string(a), serverBroadcast):
		return ChatBroadcast
	}
	return ChatDirect
}

// PhoneAddress returns the address of a number in digits, with its country
// code and without a plus.
func PhoneAddress(digits string) Address { return Address(digits + serverPhone) }

// IsLID says whether the address is a LID, which hides the phone number.
func (a Address) IsLID() bool { return strings.HasSuffix(string(a), serverLID) }

// Number returns the phone number in digits, with its country code and
// without a plus, or "" if the address doesn't tell it.
func (a Address) Number() string {
	digits, ok := strings.CutSuffix(string(a), serverPhone)
	if !ok {
		return ""
	}
	return digits
}

// Party is whom a chat is with, as one stanza from WhatsApp names them: a
// person by phone number, by LID or by both, or a room by its one address.
type Party struct {
	Phone Address // of a person; may be empty
	LID   Address // of a person; may be empty
	Room  Address // of a group, channel, broadcast list or the status feed; empty for a person
	Name  string  // what the person calls themselves (push name), or the room's subject; may be empty
}

// learned returns what WhatsApp told of a party, or nothing if all of it was
// known.
func (p Party) learned(told Party) Party {
	if (told.Phone == "" || told.Phone == p.Phone) && (told.LID == "" || told.LID == p.LID) {
		return Party{}
	}
	return told
}

// Type says what kind of chat it is.
func (p Party) Type() ChatType { return p.Room.Type() }

// Addresses returns those that are known: the room's, or the person's with
// the phone number first.
func (p Party) Addresses() []Address {
	addresses := make([]Address, 0, 2)
	if p.Room != "" {
		return append(addresses, p.Room)
	}
	if p.Phone != "" {
		addresses = append(addresses, p.Phone)
	}
	if p.LID != "" {
		addresses = append(addresses, p.LID)
	}
	return addresses
}
