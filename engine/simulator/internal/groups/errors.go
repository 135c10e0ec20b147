package groups

import "strconv"

// Error is a refusal, as the server words it.
type Error struct {
	Code int
	Text string
}

// Error gives code and text.
func (e *Error) Error() string { return strconv.Itoa(e.Code) + " " + e.Text }

// The refusals of whole requests.
var (
	ErrBadRequest    = &Error{400, "bad-request"}
	ErrNotAuthorized = &Error{401, "not-authorized"} // only admins may
	ErrForbidden     = &Error{403, "forbidden"}      // not in the group
	ErrNotFound      = &Error{404, "item-not-found"}
	ErrNotAllowed    = &Error{405, "not-allowed"}
	ErrNotAcceptable = &Error{406, "not-acceptable"}
	ErrConflict      = &Error{409, "conflict"}
	ErrGone          = &Error{410, "gone"}
	ErrFull          = &Error{419, "resource-limit"}
	ErrLocked        = &Error{423, "locked"}
	ErrGrowthLocked  = &Error{436, "growth-locked"} // the network has closed the invite link (the text is a guess)
)

// Why one participant of a request was left out.
const (
	ReasonBlocked  = 401 // has blocked who adds
	ReasonPrivacy  = 403 // wants to be invited
	ReasonUnknown  = 404 // not a member, or not on WhatsApp
	ReasonForever  = 405 // the founder can't be removed or demoted
	ReasonLeft     = 408 // has left only recently
	ReasonPresent  = 409 // is a member
	ReasonFull     = 419
	ReasonNoInvite = 404 // nothing to revoke
)

// Outcome is what became of one participant of a request; Error 0 means success.
type Outcome struct {
	Person Person
	Error  int
	Invite *Invite // with ReasonPrivacy: what an invitation message would carry
}
