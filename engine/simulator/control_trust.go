package simulator

import (
	"fmt"
	"net/http"
	"time"
)

// controlRestriction tells whether an account is locked out of new chats.
func (s *Server) controlRestriction(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.Restriction(), nil
}

// controlRestrict locks an account out of new chats for a time; 0 seconds end it.
func (s *Server) controlRestrict(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Seconds int64  `json:"seconds"`
		Kind    string `json:"kind"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	until, err := s.after(body.Seconds)
	if err != nil {
		return 0, nil, err
	}
	if err = p.Restrict(until, body.Kind); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.Restriction(), nil
}

// controlLimitNewChats bounds how many chats an account may begin; 0 lifts the limit.
func (s *Server) controlLimitNewChats(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Total   int   `json:"total"`
		Seconds int64 `json:"seconds"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	until, err := s.after(body.Seconds)
	if err != nil {
		return 0, nil, err
	}
	if err = p.LimitNewChats(body.Total, until); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}

// after is the server's time in so many seconds.
func (s *Server) after(seconds int64) (time.Time, error) {
	if seconds < 0 || seconds > int64(maxRestriction/time.Second) {
		return time.Time{}, fmt.Errorf("%w seconds: 0 to %d", ErrInvalid, int64(maxRestriction/time.Second))
	}
	return s.clock.Now().Add(time.Duration(seconds) * time.Second), nil
}
