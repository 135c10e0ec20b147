package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/myaibud/aibud/engine"
)

// Problem is the body of every answer that is an error: a problem document
// of RFC 9457 with the error's code for machines.
type Problem struct { //nolint:errname // it is a body of the API before it is an error
	Type      string         `json:"type" format:"uri-reference" doc:"What kind of problem it is; leads to its description" example:"/v1/docs#problem-not_found"`
	Title     string         `json:"title" doc:"The kind in words" example:"Not found"`
	Status    int            `json:"status" doc:"The HTTP status" example:"404"`
	Code      engine.Code    `json:"code" enum:"invalid,unauthorized,forbidden,not_found,conflict,number_taken,busy,too_many,not_connected,not_on_whatsapp,restricted,too_long,media_rejected,chat_gone,not_admin,late,unsupported,proxy_failed,timeout,unavailable,internal" doc:"What went wrong, for machines; codes are never renamed"`
	Detail    string         `json:"detail" doc:"What happened and what to do, as a sentence for people" example:"There is no such seat."`
	RequestID string         `json:"request_id,omitempty" doc:"Finds the error in the server's log"`
	Errors    []FieldProblem `json:"errors,omitempty" nullable:"false" doc:"What is wrong with which part of the input"`

	header http.Header
}

// FieldProblem says what is wrong with one part of the input.
type FieldProblem struct {
	Field   string `json:"field" doc:"Where, such as body.name"`
	Message string `json:"message"`
}

var (
	_ huma.StatusError       = (*Problem)(nil)
	_ huma.HeadersError      = (*Problem)(nil)
	_ huma.ContentTypeFilter = (*Problem)(nil)
)

// Error returns the sentence for people.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns the headers that go with the answer.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType returns the media type of problem documents.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// kind is what all problems of one code have in common.
type kind struct {
	code    engine.Code
	status  int
	title   string
	meaning string
}

// kinds is the one place that says which status a code has.
func kinds() []kind {
	return []kind{
		{engine.CodeInvalid, http.StatusUnprocessableEntity, "Invalid input", "The input breaks a rule; the detail says which."},
		{engine.CodeUnauthorized, http.StatusUnauthorized, "Not signed in", "Nobody is signed in, or e-mail address and password don't match."},
		{engine.CodeForbidden, http.StatusForbidden, "Not allowed", "It is not allowed, whoever asks or from this website."},
		{engine.CodeNotFound, http.StatusNotFound, "Not found", "It does not exist, or belongs to another agency."},
		{engine.CodeConflict, http.StatusConflict, "Conflict", "The state of things does not allow it now."},
		{engine.CodeNumberTaken, http.StatusConflict, "Number already connected", "The WhatsApp number is a seat already."},
		{engine.CodeBusy, http.StatusTooManyRequests, "Busy", "Too much is going on at once. Try again in a moment."},
		{engine.CodeTooMany, http.StatusTooManyRequests, "Too many requests", "Too many attempts. Wait as long as the header Retry-After says."},
		{engine.CodeNotConnected, http.StatusConflict, "Not connected to WhatsApp", "The seat has no connection to WhatsApp now."},
		{engine.CodeNotOnWhatsApp, http.StatusUnprocessableEntity, "Not on WhatsApp", "The recipient has no WhatsApp account."},
		{engine.CodeRestricted, http.StatusForbidden, "Restricted by WhatsApp", "WhatsApp restricts what this number may send."},
		{engine.CodeTooLong, http.StatusUnprocessableEntity, "Too long", "The text or the file is larger than WhatsApp takes."},
		{engine.CodeMediaRejected, http.StatusUnprocessableEntity, "File not taken", "WhatsApp does not take the file."},
		{engine.CodeChatGone, http.StatusConflict, "Chat is gone", "The chat is no more, or the seat is not in it any more."},
		{engine.CodeNotAdmin, http.StatusForbidden, "Not an administrator", "Only administrators of the group or channel may do it."},
		{engine.CodeLate, http.StatusConflict, "Too late", "Its time was so long ago that it was not sent any more."},
		{engine.CodeUnsupported, http.StatusNotImplemented, "Not supported", "This seat's connection to WhatsApp can't do it, whatever the input."},
		{engine.CodeProxyFailed, http.StatusBadGateway, "Proxy failed", "The seat's proxy can't be used, or WhatsApp can't be reached through it."},
		{engine.CodeTimeout, http.StatusGatewayTimeout, "No answer in time", "It took too long. It may still have happened."},
		{engine.CodeUnavailable, http.StatusServiceUnavailable, "Unavailable", "Something the server depends on does not work now."},
		{engine.CodeInternal, http.StatusInternalServerError, "Internal error", "A fault of the server. The request_id finds it in the log."},
	}
}

// kindOf returns the kind of a code; one that is not in the table is internal.
func kindOf(code engine.Code) kind {
	all := kinds()
	for _, one := range all {
		if one.code == code {
			return one
		}
	}
	return all[len(all)-1]
}

func newProblem(code engine.Code, detail string) *Problem {
	is := kindOf(code)
	return &Problem{Type: "/v1/docs#problem-" + string(is.code), Title: is.title, Status: is.status, Code: is.code, Detail: detail}
}

// problem turns the error of a handler into its answer, and logs it if it is
// our fault or that of something we depend on.
func (s *Server) problem(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	code, message := engine.CodeOf(err), engine.MessageOf(err)
	if code == engine.CodeInternal && errors.Is(err, context.DeadlineExceeded) {
		code, message = engine.CodeTimeout, "This took too long. It may still have happened; look before you try again."
	}
	p := newProblem(code, message)
	if p.Status < http.StatusInternalServerError {
		return p
	}
	if code == engine.CodeInternal {
		p.Detail = engine.MessageOf(nil) // whatever an internal error says is for the log
	}
	p.RequestID = requestID(ctx)
	if !errors.Is(err, context.Canceled) {
		s.log.ErrorContext(ctx, "request failed", slog.String("request_id", p.RequestID), slog.String("code", string(code)), slog.Any("error", err))
	}
	return p
}

// transform replaces the errors that huma makes by itself with ours. It is a
// [huma.Transformer].
func (s *Server) transform(ctx huma.Context, _ string, body any) (any, error) {
	made, ok := body.(*huma.ErrorModel)
	if !ok {
		return body, nil
	}
	if made.Detail == "cannot read request body" { // because the client went, or wrote no valid HTTP
		made.Status = http.StatusBadRequest
	}
	if made.Status >= http.StatusInternalServerError {
		p := s.problem(ctx.Context(), errors.New(made.Detail))
		p.Status = made.Status
		return p, nil
	}
	return refusal(made), nil
}

// refusal is the answer to input that huma refuses. It never repeats values:
// one of them may be a password.
func refusal(made *huma.ErrorModel) *Problem {
	p := newProblem(engine.CodeInvalid, "")
	p.Status = made.Status
	switch made.Status {
	case http.StatusBadRequest:
		p.Title, p.Detail = "Malformed request", "The body is not valid JSON."
		if strings.Contains(made.Detail, "required") {
			p.Detail = "The request needs a JSON body."
		}
		return p
	case http.StatusRequestEntityTooLarge:
		p.Title, p.Detail = "Too large", "The request is larger than this route takes."
		return p
	case http.StatusUnsupportedMediaType:
		p.Title, p.Detail = "Unsupported media type", "Send the body as application/json."
		return p
	case http.StatusRequestTimeout:
		p.Title, p.Detail = "Too slow", "The request's body did not arrive in time. Check the connection and send it again."
		return p
	}
	for _, part := range made.Errors {
		if part != nil {
			p.Errors = append(p.Errors, FieldProblem{Field: part.Location, Message: fieldSentence(part)})
		}
	}
	if len(p.Errors) == 0 {
		p.Detail = "The input breaks a rule of this route."
		return p
	}
	p.Detail = p.Errors[0].Message
	return p
}

// fieldSentence says in a sentence what huma found.
func fieldSentence(part *huma.ErrorDetail) string {
	name := part.Location[strings.LastIndexByte(part.Location, '.')+1:]
	switch {
	case part.Message == validation.MsgUnexpectedProperty:
		return "There is no field “" + name + "” here."
	case strings.HasPrefix(part.Message, "expected required property "):
		missing := strings.TrimSuffix(strings.TrimPrefix(part.Message, "expected required property "), " to be present")
		return "The field “" + missing + "” is missing."
	case name == "body":
		return "The body is not right: " + part.Message + "."
	}
	return "The field “" + name + "” is not right: " + part.Message + "."
}

// writeProblem answers outside of huma's operations.
func writeProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client went away; nobody is left to tell
}
