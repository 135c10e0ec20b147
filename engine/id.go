package engine

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"github.com/google/uuid"
)

// Identifiers of rows are UUIDs of version 7 in text form, so that they sort
// by the time they were made. They are distinct types: a seat's ID can't be
// given where a conversation's is meant.
type (
	// TenantID identifies an agency.
	TenantID string
	// UserID identifies a person who signs in.
	UserID string
	// SeatID identifies one WhatsApp number of a tenant.
	SeatID string
	// ContactID identifies a person that a seat talks with.
	ContactID string
	// ConversationID identifies the thread of one contact on one seat.
	ConversationID string
	// MessageID identifies a stored message. It is ours; WhatsApp's own is
	// [Message.WhatsAppID].
	MessageID string
	// MediaID identifies a file: one that came with a message, or one that was
	// uploaded to be sent.
	MediaID string
	// LabelID identifies a label of a seat.
	LabelID string
	// CallID identifies a call. WhatsApp's own ID of it is [CallChange.Call].
	CallID string
)

// SeatKey names a seat together with the tenant that it belongs to, since a
// row is reached only through its tenant.
type SeatKey struct {
	Tenant TenantID
	Seat   SeatID
}

// NewID returns a new row identifier: a UUID of version 7.
func NewID() string {
	return uuid.Must(uuid.NewV7()).String()
}

// NewWhatsAppID returns an ID for a message that is about to be stored in the
// outbox. WhatsApp lets the sender choose it: WhatsApp Web writes "3EB0"
// followed by 18 random hexadecimal digits in capitals (as whatsmeow's
// GenerateMessageID does). A message sent twice under one ID is shown once.
func NewWhatsAppID() string {
	var random [9]byte
	_, _ = rand.Read(random[:]) // never fails, says its documentation
	return "3EB0" + strings.ToUpper(hex.EncodeToString(random[:]))
}
