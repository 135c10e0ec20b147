package whatsmeow

import (
	"context"
	"errors"
	"fmt"
	"time"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// queryTimeout bounds a query, whatever its caller allows: the library would
// wait for 75 seconds.
const queryTimeout = 30 * time.Second

// explain turns a code with which WhatsApp refused a query into what people
// see, or nil if the subject has no words of its own for it.
type explain func(code int) *engine.Error

// noWords is for subjects that have none of their own.
func noWords(int) *engine.Error { return nil }

// ask runs queries on a logged-in session. It must not be called by the
// handler of events, which their answers wait for.
func ask[T any](ctx context.Context, c *Client, words explain, query func(context.Context, *session) (T, error)) (T, error) {
	var none T
	s, err := c.ready()
	if err != nil {
		return none, err
	}
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	value, err := await(ctx, s, func(ctx context.Context) (T, error) { return query(ctx, s) })
	if err != nil {
		return none, queryError(err, words)
	}
	return value, nil
}

// do is [ask] for queries without an answer.
func do(ctx context.Context, c *Client, words explain, query func(context.Context, *session) error) error {
	_, err := ask(ctx, c, words, func(ctx context.Context, s *session) (struct{}, error) {
		return struct{}{}, query(ctx, s)
	})
	return err
}

// request is [do] for what is refused as messages are, rather than as queries.
func (c *Client) request(ctx context.Context, act func(context.Context, *session) error) error {
	s, err := c.ready()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	_, err = await(ctx, s, func(ctx context.Context) (struct{}, error) { return struct{}{}, act(ctx, s) })
	if err != nil {
		return requestError(err)
	}
	return nil
}

// requestIn is [Client.request] for what concerns one chat.
func (c *Client) requestIn(ctx context.Context, chat engine.Party, act func(context.Context, *session, types.JID) error) error {
	return c.request(ctx, func(ctx context.Context, s *session) error {
		to, err := recipient(chat)
		if err != nil {
			return err
		}
		return act(ctx, s, to)
	})
}

// queryError says why WhatsApp did not answer a query as it was meant to.
func queryError(err error, words explain) error {
	if e, ok := errors.AsType[*engine.Error](err); ok {
		return e
	}
	if code := queryCode(err); code != 0 {
		refused := words(code)
		if refused == nil {
			refused = queryRefusal(code)
		}
		refused.Err = discreet{err}
		return refused
	}
	return requestError(err)
}

// queryCode returns the code with which WhatsApp refused a query, 0 if it
// didn't. GraphQL errors have the same codes as others.
func queryCode(err error) int {
	if refused, ok := errors.AsType[*wm.IQError](err); ok {
		return refused.Code
	}
	if refused, ok := errors.AsType[types.GraphQLError](err); ok {
		return refused.Extensions.ErrorCode
	}
	if refused, ok := errors.AsType[refusedError](err); ok {
		return int(refused)
	}
	return 0
}

// refusedError is a code that an answer has in itself, rather than in place of
// the answer.
type refusedError int

// Error implements error.
func (c refusedError) Error() string { return fmt.Sprintf("the answer has the code %d", int(c)) }

// queryRefusal is what people see of codes that mean the same everywhere.
func queryRefusal(code int) *engine.Error {
	switch {
	case code == codeRateLimit:
		return engine.Errorf(engine.CodeUnavailable, "WhatsApp asks this number to do less at once. Try again in some minutes.")
	case code == codeUnauthorized || code == codeForbidden:
		return engine.Errorf(engine.CodeForbidden, "WhatsApp doesn't allow this number to do that.")
	case code == codeNotFound:
		return engine.Errorf(engine.CodeNotFound, "WhatsApp knows nothing of that name.")
	case code == codeConflict:
		return engine.Errorf(engine.CodeConflict, "It was changed elsewhere meanwhile. Look at it again and repeat the change.")
	case code == codeNotImplemented:
		return engine.Errorf(engine.CodeUnavailable, "WhatsApp doesn't answer this request any more. Do it on the phone, and look for a newer Aibud.")
	case code >= codeServer:
		return engine.Errorf(engine.CodeUnavailable, "WhatsApp has trouble of its own now. Try again in a moment.")
	}
	return engine.Errorf(engine.CodeInvalid, "WhatsApp did not accept the request (code %d). Check what was given, or do it on the phone.", code)
}

// Codes beyond those in errors.go with which WhatsApp refuses queries
// (whatsmeow, errors.go; those without a name there are what clients have met).
const (
	codeBadRequest     = 400
	codeNotAllowed     = 405
	codeNotAcceptable  = 406
	codeTooRecent      = 408
	codeConflict       = 409
	codeGone           = 410
	codeFull           = 419
	codeLocked         = 423
	codeGrowthLocked   = 436
	codeNotImplemented = 501
)
