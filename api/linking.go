package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

type (
	pairRequest struct {
		SeatPath
		Body *SeatPairing `required:"false"`
	}
	passkeyRequest struct {
		SeatPath
		Body engine.PasskeyAnswer
	}
	proxyRequest struct {
		SeatPath
		Body SeatProxy
	}
)

// SeatPairing says how a phone is to be linked.
type SeatPairing struct {
	Phone string `json:"phone,omitempty" maxLength:"32" doc:"The phone's number, to link it by a code of eight characters instead of a QR code" example:"+27 82 555 0142"`
}

// SeatProxy names the proxy that a seat goes through.
type SeatProxy struct {
	URL string `json:"url" maxLength:"1024" doc:"http://, https:// or socks5://, with user name and password if it wants them; empty for none" example:"socks5://user:password@proxy.example:1080"`
}

// pairingNumber returns the digits of a number to pair with; empty for a QR
// code.
func (s *Server) pairingNumber(ctx context.Context, body *SeatPairing) (string, error) {
	if body == nil || body.Phone == "" {
		return "", nil
	}
	number, err := s.typed(ctx, "body.phone", body.Phone)
	return string(number), err
}

func (s *Server) pairSeat(ctx context.Context, request *pairRequest) (*seatResponse, error) {
	if !isID(request.Seat) {
		return nil, noSeat()
	}
	number, err := s.pairingNumber(ctx, request.Body)
	if err != nil {
		return nil, err
	}
	seat, err := s.tenant(ctx).Pair(ctx, engine.SeatID(request.Seat), number)
	return s.seat(ctx, seat, err)
}

// linking makes sure that the seat is the user's before the engine is asked,
// and answers with the seat.
func (s *Server) linking(ctx context.Context, path *SeatPath, call func(engine.SeatKey) error) (*seatResponse, error) {
	if _, err := s.getSeat(ctx, path); err != nil {
		return nil, err
	}
	if err := call(engine.SeatKey{Tenant: userOf(ctx).Tenant, Seat: engine.SeatID(path.Seat)}); err != nil {
		return nil, err
	}
	return s.getSeat(ctx, path)
}

func (s *Server) answerPasskey(ctx context.Context, request *passkeyRequest) (*seatResponse, error) {
	return s.linking(ctx, &request.SeatPath, func(seat engine.SeatKey) error {
		return s.config.Seats.AnswerPasskey(ctx, seat, request.Body)
	})
}

func (s *Server) confirmPasskey(ctx context.Context, request *SeatPath) (*seatResponse, error) {
	return s.linking(ctx, request, func(seat engine.SeatKey) error {
		return s.config.Seats.ConfirmPasskey(ctx, seat)
	})
}

func (s *Server) setSeatProxy(ctx context.Context, request *proxyRequest) (*seatResponse, error) {
	if _, err := s.getSeat(ctx, &request.SeatPath); err != nil {
		return nil, err
	}
	if err := engine.CheckProxy(request.Body.URL); err != nil {
		return nil, invalid("body.url", engine.MessageOf(err))
	}
	seat, err := s.tenant(ctx).SetProxy(ctx, engine.SeatID(request.Seat), request.Body.URL)
	return s.seat(ctx, seat, err)
}
