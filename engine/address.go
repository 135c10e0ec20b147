package engine

import "strings"

// Address is one name by which WhatsApp knows a person: a phone-number JID
// ("27821234567@s.whatsapp.net") or a LID ("123456789@lid"), without a device
// part. A person may have both, and WhatsApp may use either.
type Address string

// The servers of a person's addresses (whatsmeow types.DefaultUserServer and
// types.HiddenUserServer).
const (
	serverPhone = "@s.whatsapp.net"
	serverLID   = "@lid"
)

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

// Party is a person as one stanza from WhatsApp names them: by phone number,
// by LID or by both.
type Party struct {
	Phone Address // may be empty
	LID   Address // may be empty
	Name  string  // what the person calls themselves (push name); may be empty
}

// Addresses returns those that are known, the phone number first.
func (p Party) Addresses() []Address {
	addresses := make([]Address, 0, 2)
	if p.Phone != "" {
		addresses = append(addresses, p.Phone)
	}
	if p.LID != "" {
		addresses = append(addresses, p.LID)
	}
	return addresses
}
