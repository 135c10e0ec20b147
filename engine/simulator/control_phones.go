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

// outgoingBody is a message to send. The kinds that only later versions can send are known by name, so that asking for
// one says that it is missing instead of that the field is wrong.
type outgoingBody struct {
	To       string `json:"to"`
	Text     string `json:"text"`
	Media    any    `json:"media"`
	Poll     any    `json:"poll"`
	Vote     any    `json:"vote"`
	Reaction any    `json:"reaction"`
	Location any    `json:"location"`
	Contact  any    `json:"contact"`
	Edit     any    `json:"edit"`
	Revoke   any    `json:"revoke"`
	ReplyTo  string `json:"reply_to"`
}

func (b outgoingBody) onlyText() error {
	for _, other := range []any{b.Media, b.Poll, b.Vote, b.Reaction, b.Location, b.Contact, b.Edit, b.Revoke} {
		if other != nil {
			return fmt.Errorf("this kind of message: %w", ErrUnsupported)
		}
	}
	if b.ReplyTo != "" {
		return fmt.Errorf("replies: %w", ErrUnsupported)
	}
	return nil
}

func (s *Server) controlSend(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body outgoingBody
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	if err = body.onlyText(); err != nil {
		return 0, nil, err
	}
	id, err := p.SendText(r.Context(), body.To, body.Text)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, map[string]string{"id": id}, nil
}

func (s *Server) controlMessages(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	since := 0
	if text := r.URL.Query().Get("since"); text != "" {
		if since, err = strconv.Atoi(text); err != nil || since < 0 {
			return 0, nil, fmt.Errorf("%w since: a message's seq or 0", ErrInvalid)
		}
	}
	return http.StatusOK, p.Messages(since), nil
}

func (s *Server) controlRead(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		IDs []string `json:"message_ids"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	if len(body.IDs) == 0 {
		return 0, nil, fmt.Errorf("%w message_ids: none given", ErrInvalid)
	}
	if err = p.Read(r.Context(), body.IDs...); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
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
