package engine

import (
	"errors"
	"fmt"
	"strings"
)

// Code is what went wrong, for machines. Codes are part of the API and are
// never renamed.
type Code string

// The codes of [Error].
const (
	CodeInvalid       Code = "invalid"         // the input breaks a rule; the message says which
	CodeUnauthorized  Code = "unauthorized"    // nobody is signed in
	CodeForbidden     Code = "forbidden"       // signed in, but not allowed
	CodeNotFound      Code = "not_found"       // no such row, or it is another tenant's
	CodeConflict      Code = "conflict"        // the state of things doesn't allow it
	CodeNumberTaken   Code = "number_taken"    // the WhatsApp number already is a seat
	CodeBusy          Code = "busy"            // a bounded queue is full; try again
	CodeTooMany       Code = "too_many"        // a rate limit
	CodeNotConnected  Code = "not_connected"   // the seat has no connection to WhatsApp now
	CodeNotOnWhatsApp Code = "not_on_whatsapp" // the recipient has no WhatsApp account
	CodeRestricted    Code = "restricted"      // WhatsApp restricts what this number may send
	CodeUnsupported   Code = "unsupported"     // this seat's client can't do it, whatever the input
	CodeTooLong       Code = "too_long"        // the text or the file is larger than WhatsApp takes
	CodeMediaRejected Code = "media_rejected"  // WhatsApp doesn't take the file
	CodeChatGone      Code = "chat_gone"       // the chat is no more, or the seat is not in it any more
	CodeNotAdmin      Code = "not_admin"       // only administrators of the room may
	CodeLate          Code = "late"            // its time was so long ago that it would surprise
	CodeProxyFailed   Code = "proxy_failed"    // the seat's proxy doesn't work, or not to WhatsApp
	CodeTimeout       Code = "timeout"         // no answer in time; it may still have happened
	CodeUnavailable   Code = "unavailable"     // something we depend on doesn't work now
	CodeInternal      Code = "internal"        // our fault
)

// Error is the one kind of error that people get to see. An error of any
// other kind is [CodeInternal] and its text is shown to nobody but the
// operator.
type Error struct {
	Code    Code
	Message string // a sentence that may be shown to the user and says what to do
	Err     error  // the cause, for the operator's log only; may be nil
}

// Error returns the message and the cause, for logs.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return strings.TrimSuffix(e.Message, ".") + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an [Error] with a formatted public message and no cause.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of the first [Error] in err's chain,
// [CodeInternal] if there is none, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// MessageOf returns the public sentence of the first [Error] in err's chain,
// and a bland one if there is none.
func MessageOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	return "Something went wrong on our side. It has been logged; please try again."
}
