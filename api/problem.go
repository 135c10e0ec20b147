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
type Problem struct {
	Type      string         `json:"type" format:"uri-reference" doc:"What kind of problem it is; leads to its description" example:"/v1/docs#problem-not_found"`
	Title     string         `json:"title" doc:"The kind in words" example:"Not found"`
	Status    int            `json:"status" doc:"The HTTP status" example:"404"`
	Code      engine.Code    `json:"code" enum:"invalid,unauthorized,forbidden,not_found,conflict,number_taken,busy,too_many,not_connected,not_on_whatsapp,restricted,timeout,unavailable,internal" doc:"What went wrong, for machines; codes are never renamed"`
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
func kind(code engine.Code) (status int, title string) {
	switch code {
	case engine.CodeInvalid:
		return http.StatusUnprocessableEntity, "Invalid input"
	case engine.CodeUnauthorized:
		return http.StatusUnauthorized, "Not signed in"
	case engine.CodeForbidden:
		return http.StatusForbidden, "Not allowed"
	case engine.CodeNotFound:
		return http.StatusNotFound, "Not found"
	case engine.CodeConflict:
		return http.StatusConflict, "Conflict"
	case engine.CodeNumberTaken:
		return http.StatusConflict, "Number already connected"
	case engine.CodeBusy:
		return http.StatusTooManyRequests, "Busy"
	case engine.CodeTooMany:
		return http.StatusTooManyRequests, "Too many requests"
	case engine.CodeNotConnected:
		return http.StatusConflict, "Not connected to WhatsApp"
	case engine.CodeNotOnWhatsApp:
		return http.StatusUnprocessableEntity, "Not on WhatsApp"
	case engine.CodeRestricted:
		return http.StatusForbidden, "Restricted by WhatsApp"
	case engine.CodeTimeout:
		return http.StatusGatewayTimeout, "No answer in time"
	case engine.CodeUnavailable:
		return http.StatusServiceUnavailable, "Unavailable"
	case engine.CodeInternal:
	}
	return http.StatusInternalServerError, "Internal error"
}

func newProblem(code engine.Code, detail string) *Problem {
	status, title := kind(code)
	return &Problem{Type: "/v1/docs#problem-" + string(code), Title: title, Status: status, Code: code, Detail: detail}
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
