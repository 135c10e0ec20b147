package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

type (
	// LabelPath names a label of a seat.
	LabelPath struct {
		SeatPath
		Label string `path:"label" doc:"The label's ID"`
	}
	// NewLabel is a label to make.
	NewLabel struct {
		Name  string `json:"name" minLength:"1" maxLength:"100"`
		Color int    `json:"color,omitempty" minimum:"0" maximum:"19" doc:"A number in WhatsApp's palette"`
	}
	// LabelList is all labels of a seat.
	LabelList struct {
		Items []engine.LabelView `json:"items" nullable:"false"`
	}
	newLabelRequest struct {
		SeatPath
		Body NewLabel
	}
	editLabelRequest struct {
		LabelPath
		Body struct {
			Name  *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
			Color *int    `json:"color,omitempty" minimum:"0" maximum:"19"`
		}
	}
	labelsResponse struct{ Body LabelList }
)

func (s *Server) labelRoutes() {
	const tag, all = "Labels", "/v1/seats/{seat}/labels"
	asked := []int{invalid400, missing, conflict, tooLarge, unprocessed}
	operation(s, route("GET", all, "listLabels", tag, "A seat's labels", 200, missing), s.listLabels)
	operation(s, route("POST", all, "createLabel", tag, "Make a label", 200, asked...), s.createLabel)
	operation(s, route("PATCH", all+"/{label}", "editLabel", tag, "Rename or recolour a label", 200, asked...), s.editLabel)
	operation(s, route("DELETE", all+"/{label}", "deleteLabel", tag, "Delete a label, and take it off everything", 204, missing, conflict), s.deleteLabel)
}

func noLabel() *engine.Error {
	return engine.Errorf(engine.CodeNotFound, "There is no such label.")
}

func (s *Server) listLabels(ctx context.Context, request *SeatPath) (*labelsResponse, error) {
	if !isID(request.Seat) {
		return nil, noSeat()
	}
	found, err := s.tenant(ctx).Labels(ctx, engine.SeatID(request.Seat))
	if err != nil {
		return nil, notFound(err, noSeat())
	}
	return &labelsResponse{Body: LabelList{Items: found}}, nil
}

// label returns the label in a path, and WhatsApp's ID of it.
func (s *Server) label(ctx context.Context, path *LabelPath) (engine.LabelView, string, error) {
	if !isID(path.Seat) || !isID(path.Label) {
		return engine.LabelView{}, "", noLabel()
	}
	view, id, err := s.tenant(ctx).Label(ctx, engine.SeatID(path.Seat), engine.LabelID(path.Label))
	return view, id, notFound(err, noLabel())
}

func (s *Server) seatKey(ctx context.Context, seat string) engine.SeatKey {
	return engine.SeatKey{Tenant: userOf(ctx).Tenant, Seat: engine.SeatID(seat)}
}

func (s *Server) createLabel(ctx context.Context, request *newLabelRequest) (*labelsResponse, error) {
	if !isID(request.Seat) {
		return nil, noSeat()
	}
	change, err := s.tenant(ctx).NewLabel(ctx, engine.SeatID(request.Seat), request.Body.Name, request.Body.Color)
	if err != nil {
		return nil, notFound(err, noSeat())
	}
	return s.changeLabel(ctx, &request.SeatPath, change)
}

func (s *Server) editLabel(ctx context.Context, request *editLabelRequest) (*labelsResponse, error) {
	if _, _, err := s.label(ctx, &request.LabelPath); err != nil {
		return nil, err
	}
	change, err := s.tenant(ctx).EditLabel(ctx, engine.SeatID(request.Seat), engine.LabelID(request.Label), request.Body.Name, request.Body.Color)
	if err != nil {
		return nil, notFound(err, noLabel())
	}
	return s.changeLabel(ctx, &request.SeatPath, change)
}

func (s *Server) deleteLabel(ctx context.Context, request *LabelPath) (*struct{}, error) {
	view, id, err := s.label(ctx, request)
	if err != nil {
		return nil, err
	}
	return nil, s.tell(ctx, s.seatKey(ctx, request.Seat), engine.LabelChange{Label: id, Name: view.Name, Color: view.Color, Deleted: true})
}

// changeLabel changes a label at WhatsApp and answers with all of the seat's.
func (s *Server) changeLabel(ctx context.Context, path *SeatPath, change engine.LabelChange) (*labelsResponse, error) {
	if err := s.tell(ctx, s.seatKey(ctx, path.Seat), change); err != nil {
		return nil, err
	}
	return s.listLabels(ctx, path)
}
