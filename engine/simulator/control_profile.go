package simulator

import (
	"fmt"
	"net/http"
	"time"
)

// patchBody are the changes to a profile; what is missing stays as it is.
type patchBody struct {
	Name         *string `json:"name"`
	About        *string `json:"about"`
	Picture      *[]byte `json:"picture"` // base64 of a JPEG; empty removes the picture
	DefaultTimer *int    `json:"default_timer"`
}

func (b patchBody) apply(r *http.Request, p *Phone) error {
	if b.Name != nil {
		if err := p.Rename(r.Context(), *b.Name); err != nil {
			return err
		}
	}
	if b.About != nil {
		if err := p.SetAbout(r.Context(), *b.About); err != nil {
			return err
		}
	}
	if b.DefaultTimer != nil {
		if err := p.SetDefaultTimer(r.Context(), time.Duration(*b.DefaultTimer)*time.Second); err != nil {
			return err
		}
	}
	if b.Picture == nil {
		return nil
	}
	if len(*b.Picture) == 0 {
		return p.RemovePicture(r.Context())
	}
	_, err := p.SetPicture(r.Context(), *b.Picture)
	return err
}

// controlPatchPhone changes a profile and answers how its owner sees it then.
func (s *Server) controlPatchPhone(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body patchBody
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	if err = body.apply(r, p); err != nil {
		return 0, nil, err
	}
	profile, err := p.Look(r.Context(), p.Number())
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, profile, nil
}

func (s *Server) controlProfile(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	profile, err := p.Look(r.Context(), r.PathValue("whom"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, profile, nil
}

// numberOf is the body of calls that name one other person.
func numberOf(r *http.Request) (string, error) {
	var body struct {
		Number string `json:"number"`
	}
	if err := decode(r, &body); err != nil {
		return "", err
	}
	return body.Number, nil
}

func (s *Server) controlBlocklist(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.Blocked(), nil
}

func (s *Server) controlBlock(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	number, err := numberOf(r)
	if err != nil {
		return 0, nil, err
	}
	if err = p.Block(r.Context(), number); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.Blocked(), nil
}

func (s *Server) controlUnblock(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	if err = p.Unblock(r.Context(), r.PathValue("whom")); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.Blocked(), nil
}

func (s *Server) controlPrivacy(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.Privacy(), nil
}

func (s *Server) controlSetPrivacy(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body PrivacySetting
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	category := r.PathValue("category")
	if err = p.SetPrivacy(r.Context(), category, body.Value, body.People...); err != nil {
		return 0, nil, fmt.Errorf("privacy of %q: %w", category, err)
	}
	return http.StatusOK, p.Privacy(), nil
}
