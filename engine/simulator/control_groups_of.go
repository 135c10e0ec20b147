package simulator

import (
	"fmt"
	"net/http"
)

func (s *Server) controlGroupsOf(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.Groups(), nil
}

// controlJoin opens an invite link or an invitation message, or joins a group of a community.
func (s *Server) controlJoin(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Link      string       `json:"link"`
		Invite    *GroupInvite `json:"invite"`
		Community string       `json:"community"`
		Group     string       `json:"group"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	answer := struct {
		JID     string `json:"jid"`
		Pending bool   `json:"pending"`
	}{}
	switch {
	case body.Link != "":
		answer.JID, answer.Pending, err = p.JoinGroup(r.Context(), body.Link)
	case body.Invite != nil:
		answer.JID, err = body.Invite.Group, p.AcceptInvite(r.Context(), *body.Invite)
	case body.Community != "":
		hand, failure := p.Group(body.Community)
		if failure != nil {
			return 0, nil, failure
		}
		answer.JID = body.Group
		answer.Pending, err = hand.JoinSub(r.Context(), body.Group)
	default:
		err = fmt.Errorf("%w body: link, invite, or community and group", ErrInvalid)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, answer, nil
}

// handOfPhone is the group of a call in the hand of the phone that the call names.
func (s *Server) handOfPhone(r *http.Request) (*PhoneGroup, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return nil, err
	}
	return p.Group(r.PathValue("jid"))
}

func (s *Server) controlLeave(r *http.Request) (int, any, error) {
	hand, err := s.handOfPhone(r)
	if err != nil {
		return 0, nil, err
	}
	if err = hand.Leave(r.Context()); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}

func (s *Server) controlCancelRequest(r *http.Request) (int, any, error) {
	hand, err := s.handOfPhone(r)
	if err != nil {
		return 0, nil, err
	}
	if err = hand.CancelRequest(r.Context()); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}

func (s *Server) controlAudience(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Audience StatusAudience `json:"audience"`
		People   []string       `json:"people"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	if err = p.SetStatusAudience(body.Audience, body.People...); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}
