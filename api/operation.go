package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/myaibud/aibud/engine"
)

const (
	bodyLimit    = 64 << 10  // bytes of a request's body
	messageLimit = 300 << 10 // of one with a message: 65,536 characters of up to 4 bytes
)

// security is the scheme that routes for signed-in users name.
const security = "session"

// operation adds a route. Its errors become problem documents, its context
// ends after the configured time.
func operation[I, O any](s *Server, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = bodyLimit
	}
	op.BodyReadTimeout = s.config.BodyTimeout
	if op.Security == nil {
		op.Security = []map[string][]string{{security: {}}}
		op.Middlewares = append(op.Middlewares, s.requireUser)
		op.Errors = append(op.Errors, http.StatusUnauthorized)
	}
	op.Responses = problems(s.document.Components.Schemas, op.Errors)
	op.Errors = nil // or huma adds its own
	late := errors.New(op.OperationID + " took too long")
	huma.Register(s.huma, op, func(ctx context.Context, input *I) (*O, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, s.config.Timeout, late)
		defer cancel()
		output, err := handle(ctx, input)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return output, nil
	})
}

// public marks a route that needs no session.
func public() []map[string][]string { return []map[string][]string{} }

// problems describes the errors that a route answers with.
func problems(schemas huma.Registry, statuses []int) map[string]*huma.Response {
	schema := schemas.Schema(problemType(), true, "Problem")
	content := map[string]*huma.MediaType{"application/problem+json": {Schema: schema}}
	responses := map[string]*huma.Response{"default": {Description: "Another error", Content: content}}
	for _, status := range statuses {
		responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status), Content: content}
	}
	return responses
}

// requireUser lets only signed-in users through, before anything of the
// request's body is read.
func (s *Server) requireUser(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	user, err := s.sessions.user(r)
	if err != nil {
		writeProblem(w, s.problem(r.Context(), err))
		return
	}
	next(huma.WithValue(ctx, userKey{}, user))
}

type userKey struct{}

// userOf returns the user that requireUser let through.
func userOf(ctx context.Context) engine.User {
	user, _ := ctx.Value(userKey{}).(engine.User)
	return user
}

// tenant is the signed-in user's.
func (s *Server) tenant(ctx context.Context) Tenant {
	return s.config.Tenant(userOf(ctx).Tenant)
}
