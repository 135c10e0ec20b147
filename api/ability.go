package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/myaibud/aibud/engine"
)

// answered is the answer of a route that says something.
type answered[T any] struct {
	Body T
}

// seatDo is the request of a route that does something on a seat.
type seatDo[T any] struct {
	SeatPath
	Body T
}

// askSeat runs a call on the client of a seat of the tenant's, seen as the
// ability that the call needs. A seat that isn't ours is not found, whether it
// is connected or not.
func askSeat[A, T any](ctx context.Context, s *Server, seat SeatPath, call func(context.Context, A) (T, error)) (*answered[T], error) {
	if err := s.own(ctx, seat); err != nil {
		return nil, err
	}
	out := new(answered[T])
	key := engine.SeatKey{Tenant: userOf(ctx).Tenant, Seat: engine.SeatID(seat.Seat)}
	err := engine.Call(ctx, s.config.Seats, key, func(ctx context.Context, client A) (err error) {
		out.Body, err = call(ctx, client)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// doOnSeat is [askSeat] for calls that say nothing.
func doOnSeat[A any](ctx context.Context, s *Server, seat SeatPath, call func(context.Context, A) error) (*struct{}, error) {
	_, err := askSeat(ctx, s, seat, func(ctx context.Context, client A) (struct{}, error) {
		return struct{}{}, call(ctx, client)
	})
	return nil, err
}

// own checks that a seat is the tenant's.
func (s *Server) own(ctx context.Context, seat SeatPath) error {
	_, err := s.getSeat(ctx, &seat)
	return err
}

// Items is a whole list.
type Items[T any] struct {
	Items []T `json:"items" nullable:"false"`
}

func items[T any](list []T, err error) (Items[T], error) {
	if list == nil {
		list = []T{}
	}
	return Items[T]{Items: list}, err
}

// asksWhatsApp are the errors of every route that asks WhatsApp for something.
func asksWhatsApp(more ...int) []int {
	return append([]int{missing, conflict, unprocessed, forbidden, tooMany, 501, 503, 504}, more...)
}

// ask describes a route that asks WhatsApp; writes adds those that a body has.
func ask(method, path, id, tag, summary string, status int) huma.Operation {
	op := route(method, path, id, tag, summary, status, asksWhatsApp()...)
	if method != "GET" && method != "DELETE" {
		op.Errors = append(op.Errors, invalid400, tooLarge)
	}
	return op
}

// abilityRoutes are what seats can do beyond messages.
func (s *Server) abilityRoutes() {
	const one = "/v1/seats/{seat}"
	operation(s, ask("GET", one+"/capabilities", "getCapabilities", "Seats", "What a connected seat can do", 200), s.getCapabilities)
	s.groupRoutes(one)
	s.communityRoutes(one)
	s.channelRoutes(one)
	s.peopleRoutes(one)
	s.profileRoutes(one)
	s.chatRoutes()
}

func (s *Server) getCapabilities(ctx context.Context, request *SeatPath) (*answered[engine.Capabilities], error) {
	return askSeat(ctx, s, *request, func(_ context.Context, client engine.Client) (engine.Capabilities, error) {
		return client.Capabilities(), nil
	})
}
