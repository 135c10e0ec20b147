package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

type (
	seatNameBody struct {
		Body SeatName
	}
	renameSeatRequest struct {
		SeatPath
		Body SeatName
	}
	seatResponse struct {
		Body engine.SeatView
	}
	seatsResponse struct {
		Body SeatList
	}
)

// SeatPath is the ID in a seat's path.
type SeatPath struct {
	Seat string `path:"seat" doc:"The seat's ID"`
}

// SeatName names a seat.
type SeatName struct {
	Name string `json:"name" minLength:"1" maxLength:"80" doc:"What the agency calls the seat" example:"Sales Sandton"`
}

// SeatList is all seats of the tenant.
type SeatList struct {
	Items []engine.SeatView `json:"items" nullable:"false"`
}

func (s *Server) listSeats(ctx context.Context, _ *struct{}) (*seatsResponse, error) {
	seats, err := s.tenant(ctx).Seats(ctx)
	if err != nil {
		return nil, err
	}
	response := &seatsResponse{Body: SeatList{Items: make([]engine.SeatView, len(seats))}}
	for i, seat := range seats {
		response.Body.Items[i] = s.shown(ctx, seat)
	}
	return response, nil
}

func (s *Server) createSeat(ctx context.Context, request *seatNameBody) (*seatResponse, error) {
	if err := checkName("name", request.Body.Name); err != nil {
		return nil, err
	}
	seat, err := s.tenant(ctx).CreateSeat(ctx, request.Body.Name)
	return s.seat(ctx, seat, err)
}

func (s *Server) getSeat(ctx context.Context, request *SeatPath) (*seatResponse, error) {
	if !isID(request.Seat) {
		return nil, noSeat()
	}
	seat, err := s.tenant(ctx).Seat(ctx, engine.SeatID(request.Seat))
	return s.seat(ctx, seat, err)
}

func (s *Server) renameSeat(ctx context.Context, request *renameSeatRequest) (*seatResponse, error) {
	if !isID(request.Seat) {
		return nil, noSeat()
	}
	if err := checkName("name", request.Body.Name); err != nil {
		return nil, err
	}
	seat, err := s.tenant(ctx).RenameSeat(ctx, engine.SeatID(request.Seat), request.Body.Name)
	return s.seat(ctx, seat, err)
}

func (s *Server) startSeat(ctx context.Context, request *SeatPath) (*seatResponse, error) {
	seat, err := s.getSeat(ctx, request)
	if err != nil {
		return nil, err
	}
	if !seat.Body.Linked {
		return nil, engine.Errorf(engine.CodeConflict, "No phone is linked to this seat yet. Pair it with a QR code first.")
	}
	return s.desire(ctx, request, engine.DesiredRunning)
}

func (s *Server) stopSeat(ctx context.Context, request *SeatPath) (*seatResponse, error) {
	return s.desire(ctx, request, engine.DesiredStopped)
}

func (s *Server) deleteSeat(ctx context.Context, request *SeatPath) (*struct{}, error) {
	_, err := s.desire(ctx, request, engine.DesiredRemoved)
	return nil, err
}

func (s *Server) desire(ctx context.Context, request *SeatPath, desired engine.Desired) (*seatResponse, error) {
	if !isID(request.Seat) {
		return nil, noSeat()
	}
	seat, err := s.tenant(ctx).SetDesired(ctx, engine.SeatID(request.Seat), desired)
	return s.seat(ctx, seat, err)
}

// seat answers with a seat.
func (s *Server) seat(ctx context.Context, seat engine.SeatView, err error) (*seatResponse, error) {
	if err != nil {
		return nil, notFound(err, noSeat())
	}
	return &seatResponse{Body: s.shown(ctx, seat)}, nil
}

// shown adds to a seat the picture of its QR code, and what its connection
// did last, of which the row knows only what was saved.
func (s *Server) shown(ctx context.Context, seat engine.SeatView) engine.SeatView {
	now := s.config.Now()
	if activity, ok := s.config.Seats.Activity(engine.SeatKey{Tenant: userOf(ctx).Tenant, Seat: seat.ID}); ok {
		activity.Show(&seat, now)
	}
	return s.pictures.seat(seat, now)
}

func noSeat() *engine.Error { return engine.Errorf(engine.CodeNotFound, "There is no such seat.") }
