package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

type (
	sendingResponse struct {
		Body engine.SendingView
	}
	setSendingRequest struct {
		SeatPath
		Body engine.SendingSettings
	}
)

func (s *Server) getSending(ctx context.Context, request *SeatPath) (*sendingResponse, error) {
	if !isID(request.Seat) {
		return nil, noSeat()
	}
	return sending(s.tenant(ctx).SeatSending(ctx, engine.SeatID(request.Seat)))
}

func (s *Server) setSending(ctx context.Context, request *setSendingRequest) (*sendingResponse, error) {
	if !isID(request.Seat) {
		return nil, noSeat()
	}
	return sending(s.tenant(ctx).SetSeatSending(ctx, engine.SeatID(request.Seat), request.Body))
}

func sending(view engine.SendingView, err error) (*sendingResponse, error) {
	if err != nil {
		return nil, notFound(err, noSeat())
	}
	return &sendingResponse{Body: view}, nil
}
