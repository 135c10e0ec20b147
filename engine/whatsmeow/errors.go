package whatsmeow

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/socket"

	"github.com/myaibud/aibud/engine"
)

// Codes with which WhatsApp refuses a message. They are not documented; these
// are what clients have met.
const (
	codeNotFound     = 404
	codeForbidden    = 403
	codeUnauthorized = 401
	codeStaleGroup   = 421 // a group names its members in another way than we do
	codeRateLimit    = 429
	codeRestricted   = 463 // the limit on new contacts, or a missing trusted-contact token
	codeServer       = 500 // and above
)

// asError returns err as one that people may see, or nil.
func asError(err error) *engine.Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*engine.Error](err); ok {
		return e
	}
	return &engine.Error{Code: engine.CodeInternal, Message: engine.MessageOf(err), Err: err}
}

func errClosed() error {
	return engine.Errorf(engine.CodeNotConnected, "This seat was stopped. Start it again.")
}

func errNotConnected(cause error) *engine.Error {
	return &engine.Error{
		Code:    engine.CodeNotConnected,
		Message: "This seat is not connected to WhatsApp now. Try again when it is.",
		Err:     cause,
	}
}

func errTimeout(cause error) *engine.Error {
	return &engine.Error{
		Code:    engine.CodeTimeout,
		Message: "WhatsApp did not answer in time. Try again in a moment.",
		Err:     cause,
	}
}

func errNotOnWhatsApp() *engine.Error {
	return engine.Errorf(engine.CodeNotOnWhatsApp, "That number has no WhatsApp account. Check it, with its country code.")
}

// connectError says why a connection could not be made.
func connectError(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return errTimeout(err)
	}
	return &engine.Error{
		Code:    engine.CodeUnavailable,
		Message: "WhatsApp could not be reached. Check the server's internet connection.",
		Err:     err,
	}
}

// requestError says why WhatsApp did not do what was asked. Its cause may be
// logged.
func requestError(err error) error {
	e := *explained(err)
	if e.Err != nil {
		e.Err = discreet{e.Err}
	}
	return &e
}

// discreet is an error of the library's, whose text may name people, in the
// form that may be logged.
type discreet struct{ error }

// Error implements error.
func (d discreet) Error() string { return fmt.Sprint(harmless(d.error)) }

// Unwrap returns the library's error.
func (d discreet) Unwrap() error { return d.error }

func explained(err error) *engine.Error {
	if e, ok := errors.AsType[*engine.Error](err); ok {
		return e
	}
	if disconnected, ok := errors.AsType[*wm.DisconnectedError](err); ok {
		return errNotConnected(disconnected)
	}
	switch {
	case errors.Is(err, wm.ErrNotConnected), errors.Is(err, wm.ErrNotLoggedIn), errors.Is(err, socket.ErrSocketClosed):
		return errNotConnected(err)
	case errors.Is(err, wm.ErrMessageTimedOut), errors.Is(err, wm.ErrIQTimedOut),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return errTimeout(err)
	case errors.Is(err, wm.ErrRecipientADJID), errors.Is(err, wm.ErrUnknownServer):
		return &engine.Error{Code: engine.CodeInvalid, Message: "The recipient's address is not one of WhatsApp's. Check the number.", Err: err}
	case errors.Is(err, wm.ErrServerReturnedError):
		return refusal(refusalCode(err), err)
	}
	if iq, ok := errors.AsType[*wm.IQError](err); ok && iq.Code == codeRateLimit {
		return refusal(iq.Code, err)
	}
	return &engine.Error{
		Code:    engine.CodeUnavailable,
		Message: "WhatsApp could not take the request. Try again in a moment.",
		Err:     err,
	}
}

// refusalCode reads the code that the library has put into the error's text
// only (send.go: "%w %d" with ErrServerReturnedError).
func refusalCode(err error) int {
	var code int
	if _, scanErr := fmt.Sscanf(err.Error(), wm.ErrServerReturnedError.Error()+" %d", &code); scanErr != nil {
		return 0
	}
	return code
}

// refusal explains the code with which WhatsApp refused a message.
func refusal(code int, cause error) *engine.Error {
	e := &engine.Error{Err: cause}
	switch {
	case code == codeRestricted || code == codeForbidden || code == codeUnauthorized:
		e.Code = engine.CodeRestricted
		e.Message = "WhatsApp restricts whom this number may write to first. Wait until the person writes, or write from the phone."
	case code == codeNotFound:
		return errNotOnWhatsApp()
	case code == codeRateLimit:
		e.Code = engine.CodeTooMany
		e.Message = "WhatsApp asks this number to send more slowly. It is tried again later."
	case code == 0 || code == codeStaleGroup || code >= codeServer:
		e.Code = engine.CodeUnavailable
		e.Message = "WhatsApp has trouble of its own now. Try again in a moment."
	default:
		e.Code = engine.CodeInvalid
		e.Message = fmt.Sprintf("WhatsApp did not accept the message (code %d). Change it, or send it from the phone.", code)
	}
	return e
}

// uploadRefusal explains with which status WhatsApp's server refused a file.
// The library has put it into the error's text only (upload.go). Refusals that
// say nothing about the file are returned as they are.
func uploadRefusal(err error) error {
	var status int
	if _, scanErr := fmt.Sscanf(err.Error(), "upload failed with status code %d", &status); scanErr != nil {
		return err
	}
	switch status {
	case http.StatusRequestEntityTooLarge:
		return &engine.Error{Code: engine.CodeTooLong, Message: "The file is larger than WhatsApp takes. Send a smaller one, or a link to it.", Err: err}
	case http.StatusBadRequest, http.StatusNotAcceptable, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return &engine.Error{Code: engine.CodeMediaRejected, Message: "WhatsApp does not take this file. Save it in another format, or send it as a document.", Err: err}
	}
	return err
}
