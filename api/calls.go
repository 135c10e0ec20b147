package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

type (
	// CallPath names a call.
	CallPath struct {
		Call string `path:"call" doc:"The call's ID"`
	}
	// CallList is a part of the tenant's calls.
	CallList struct {
		Items      []engine.CallView `json:"items" nullable:"false" doc:"The newest first"`
		NextCursor string            `json:"next_cursor" doc:"Asks for older ones; empty at the end"`
	}
	callsRequest struct {
		Seat string `query:"seat" doc:"Only calls of the seat with this ID"`
		PageQuery
	}
	callsResponse struct{ Body CallList }
	callResponse  struct{ Body engine.CallView }
)

func (s *Server) callRoutes() {
	const tag = "Calls"
	operation(s, route("GET", "/v1/calls", "listCalls", tag, "Calls, the newest first", 200, missing, unprocessed), s.listCalls)
	operation(s, route("GET", "/v1/calls/{call}", "getCall", tag, "One call", 200, missing), s.getCall)
	operation(s, route("POST", "/v1/calls/{call}/reject", "rejectCall", tag, "Refuse a call that rings", 204, missing, conflict), s.rejectCall)
}

func noCall() *engine.Error { return engine.Errorf(engine.CodeNotFound, "There is no such call.") }

func (s *Server) listCalls(ctx context.Context, request *callsRequest) (*callsResponse, error) {
	if request.Seat != "" { // a seat that isn't ours is not found, rather than empty
		if _, err := s.getSeat(ctx, &SeatPath{Seat: request.Seat}); err != nil {
			return nil, err
		}
	}
	items, next, err := s.tenant(ctx).Calls(ctx, engine.SeatID(request.Seat), request.page())
	if err != nil {
		return nil, err
	}
	return &callsResponse{Body: CallList{Items: items, NextCursor: next}}, nil
}

func (s *Server) getCall(ctx context.Context, request *CallPath) (*callResponse, error) {
	if !isID(request.Call) {
		return nil, noCall()
	}
	view, err := s.tenant(ctx).Call(ctx, engine.CallID(request.Call))
	if err != nil {
		return nil, notFound(err, noCall())
	}
	return &callResponse{Body: view}, nil
}

func (s *Server) rejectCall(ctx context.Context, request *CallPath) (*struct{}, error) {
	if !isID(request.Call) {
		return nil, noCall()
	}
	seat, call, err := s.tenant(ctx).CallRef(ctx, engine.CallID(request.Call))
	if err != nil {
		return nil, notFound(err, noCall())
	}
	return nil, engine.RejectCall(ctx, s.config.Seats, seat, call)
}
