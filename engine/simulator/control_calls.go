package simulator

import (
	"context"
	"net/http"
)

func (s *Server) controlCalls(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.Calls(), nil
}

func (s *Server) controlCall(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		To    string `json:"to"`
		Video bool   `json:"video"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	id, err := p.Call(r.Context(), body.To, body.Video)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, map[string]string{"id": id}, nil
}

func (s *Server) controlAccept(r *http.Request) (int, any, error) {
	return s.onCall(r, (*Phone).Accept)
}

func (s *Server) controlHangUp(r *http.Request) (int, any, error) {
	return s.onCall(r, (*Phone).HangUp)
}

func (s *Server) onCall(r *http.Request, do func(*Phone, context.Context, string) error) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	if err = do(p, r.Context(), r.PathValue("id")); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}
