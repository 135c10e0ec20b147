package simulator

import (
	"fmt"
	"net/http"
)

// businessCalls are the calls about businesses, links and WhatsApp's own assistants.
func (s *Server) businessCalls() map[string]func(*http.Request) (int, any, error) {
	return map[string]func(*http.Request) (int, any, error){
		"PUT /control/phones/{number}/business":       s.controlSetBusiness,
		"GET /control/phones/{number}/business":       s.controlBusiness,
		"DELETE /control/phones/{number}/business":    s.controlEndBusiness,
		"POST /control/phones/{number}/orders":        s.controlOrder,
		"POST /control/phones/{number}/message-links": s.controlMessageLink,
		"POST /control/phones/{number}/contact-link":  s.controlContactLink,
		"GET /control/bots":                           s.controlBots,
		"PUT /control/bots":                           s.controlSetBots,
	}
}

func (s *Server) controlSetBusiness(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body Business
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	if err = p.SetBusiness(r.Context(), body); err != nil {
		return 0, nil, err
	}
	return s.controlBusiness(r)
}

func (s *Server) controlBusiness(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	b, ok := p.Business()
	if !ok {
		return 0, nil, fmt.Errorf("business %w", ErrNotFound)
	}
	return http.StatusOK, b, nil
}

func (s *Server) controlEndBusiness(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, p.EndBusiness(r.Context())
}

func (s *Server) controlOrder(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		CatalogID string    `json:"catalog_id"`
		Currency  string    `json:"currency"`
		Products  []Product `json:"products"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	order, err := p.AddOrder(r.Context(), Order{CatalogID: body.CatalogID, Currency: body.Currency, Products: body.Products})
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, order, nil
}

func (s *Server) controlMessageLink(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Text string `json:"text"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	link, err := p.MessageLink(r.Context(), body.Text)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, map[string]string{"link": link}, nil
}

func (s *Server) controlContactLink(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Renew bool `json:"renew"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	link, err := p.ContactLink(r.Context(), body.Renew)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]string{"link": link}, nil
}

func (s *Server) controlBots(*http.Request) (int, any, error) {
	return http.StatusOK, s.Bots(), nil
}

func (s *Server) controlSetBots(r *http.Request) (int, any, error) {
	var body struct {
		Bots []Bot `json:"bots"`
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	if err := s.SetBots(body.Bots); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, s.Bots(), nil
}
