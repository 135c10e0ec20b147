package simulator

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// phoneView is a phone in the control API.
type phoneView struct {
	Number  string   `json:"number"`
	Name    string   `json:"name"`
	JID     string   `json:"jid"`
	LID     string   `json:"lid"`
	Devices []Device `json:"devices"`
}

func (p *Phone) view() phoneView {
	return phoneView{Number: p.Number(), Name: p.Name(), JID: p.JID().String(), LID: p.LID().String(), Devices: p.Devices()}
}

func (s *Server) controlAddPhone(r *http.Request) (int, any, error) {
	var body struct {
		Number string `json:"number"`
		Name   string `json:"name"`
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	p, err := s.AddPhone(body.Number, body.Name)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, p.view(), nil
}

func (s *Server) controlPhones(*http.Request) (int, any, error) {
	views := []phoneView{}
	for _, p := range s.Phones() {
		views = append(views, p.view())
	}
	return http.StatusOK, views, nil
}

func (s *Server) controlPhone(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.view(), nil
}

func (s *Server) controlScan(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		QR string `json:"qr"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), scanPatience)
	defer cancel()
	d, err := p.Scan(ctx, body.QR)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]string{"device": strconv.Itoa(d.ID)}, nil
}

func (s *Server) controlTyping(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		To    string `json:"to"`
		On    *bool  `json:"on"`
		Media string `json:"media"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	on := body.On == nil || *body.On
	switch {
	case body.Media != "" && body.Media != "audio":
		err = fmt.Errorf("%w media: audio or nothing", ErrInvalid)
	case on && body.Media == "audio":
		err = p.Recording(r.Context(), body.To)
	default:
		err = p.Typing(r.Context(), body.To, on)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}

func (s *Server) controlPresence(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Online *bool `json:"online"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	if body.Online == nil {
		return 0, nil, fmt.Errorf("%w online: true or false", ErrInvalid)
	}
	if err = p.Presence(r.Context(), *body.Online); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}

func (s *Server) controlEvents(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	events := p.Events()
	if events == nil {
		events = []Event{}
	}
	return http.StatusOK, events, nil
}
