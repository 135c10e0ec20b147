package simulator

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// linkCalls are the calls about linked devices beside scanning and unlinking.
func (s *Server) linkCalls() map[string]func(*http.Request) (int, any, error) {
	return map[string]func(*http.Request) (int, any, error){
		"POST /control/phones/{number}/link":         s.controlLink,
		"POST /control/phones/{number}/link/refresh": s.controlRefreshCode,
		"POST /control/phones/{number}/link/confirm": s.controlConfirmLink,
		"POST /control/phones/{number}/passkey":      s.controlPasskey,
		"DELETE /control/phones/{number}/passkey":    s.controlNoPasskey,
		"POST /control/phones/{number}/multi-device": s.controlMultiDevice,
		"POST /control/client-version":               s.controlVersion,
		"POST /control/phones/{number}/reinstall":    s.controlReinstall,
		"POST /control/phones/{number}/lids":         s.controlAddressing,
		"GET /control/phones/{number}/restriction":   s.controlRestriction,
		"PUT /control/phones/{number}/restriction":   s.controlRestrict,
		"PUT /control/phones/{number}/new-chats":     s.controlLimitNewChats,
	}
}

// controlLink links the client that shows a code.
func (s *Server) controlLink(r *http.Request) (int, any, error) {
	p, code, err := s.phoneAndCode(r)
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), scanPatience)
	defer cancel()
	d, err := p.Link(ctx, code)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]string{"device": strconv.Itoa(d.ID)}, nil
}

func (s *Server) phoneAndCode(r *http.Request) (*Phone, string, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, "", err
	}
	var body struct {
		Code string `json:"code"`
	}
	err = decode(r, &body)
	return p, body.Code, err
}

// controlRefreshCode has the client show a new link code.
func (s *Server) controlRefreshCode(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	if err = p.RefreshCode(); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}

// controlConfirmLink compares the code of a link by passkey.
func (s *Server) controlConfirmLink(r *http.Request) (int, any, error) {
	p, code, err := s.phoneAndCode(r)
	if err != nil {
		return 0, nil, err
	}
	if err = p.ConfirmLink(code); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}

// controlPasskey sets the passkey that linking asks for.
func (s *Server) controlPasskey(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body Passkey
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	if err = p.RequirePasskey(&body); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}

// controlNoPasskey lets clients be linked without a passkey again.
func (s *Server) controlNoPasskey(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, p.RequirePasskey(nil)
}

// controlMultiDevice says whether the phone's app knows linked devices.
func (s *Server) controlMultiDevice(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	on, err := decodeOn(r)
	if err != nil {
		return 0, nil, err
	}
	p.SetMultiDevice(on)
	return http.StatusOK, struct{}{}, nil
}

// decodeOn reads {"on": true or false}.
func decodeOn(r *http.Request) (bool, error) {
	var body struct {
		On *bool `json:"on"`
	}
	if err := decode(r, &body); err != nil {
		return false, err
	}
	if body.On == nil {
		return false, fmt.Errorf("%w on: true or false", ErrInvalid)
	}
	return *body.On, nil
}

// controlVersion says which clients are too old.
func (s *Server) controlVersion(r *http.Request) (int, any, error) {
	var body struct {
		Minimum string `json:"minimum"`
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	if err := s.RequireVersion(body.Minimum); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}
