package simulator

import (
	"fmt"
	"net/http"
	"time"

	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine/simulator/internal/groups"
)

// groupCalls are the calls about groups and status updates.
func (s *Server) groupCalls() map[string]func(*http.Request) (int, any, error) {
	return map[string]func(*http.Request) (int, any, error){
		"POST /control/groups":                                s.controlAddGroup,
		"GET /control/groups":                                 s.controlGroups,
		"GET /control/groups/{jid}":                           s.controlGroup,
		"PATCH /control/groups/{jid}":                         s.controlPatchGroup,
		"DELETE /control/groups/{jid}":                        s.controlDeleteCommunity,
		"POST /control/groups/{jid}/participants":             s.controlParticipants,
		"GET /control/groups/{jid}/invite":                    s.controlInvite,
		"POST /control/groups/{jid}/invite":                   s.controlResetInvite,
		"GET /control/groups/{jid}/requests":                  s.controlRequests,
		"POST /control/groups/{jid}/requests":                 s.controlDecide,
		"GET /control/groups/{jid}/groups":                    s.controlSubGroups,
		"POST /control/groups/{jid}/groups":                   s.controlRelate,
		"GET /control/phones/{number}/groups":                 s.controlGroupsOf,
		"POST /control/phones/{number}/groups":                s.controlJoin,
		"DELETE /control/phones/{number}/groups/{jid}":        s.controlLeave,
		"PUT /control/phones/{number}/status-audience":        s.controlAudience,
		"DELETE /control/phones/{number}/group-request/{jid}": s.controlCancelRequest,
	}
}

// groupOf finds the group of a call.
func (s *Server) groupOf(r *http.Request) (groups.Group, error) {
	jid, err := types.ParseJID(r.PathValue("jid"))
	if err != nil || jid.Server != types.GroupServer {
		return groups.Group{}, fmt.Errorf("%w group: its JID is meant", ErrInvalid)
	}
	g, ok := s.groups.Find(groupID(jid))
	if !ok {
		return groups.Group{}, fmt.Errorf("group %w", ErrNotFound)
	}
	return g, nil
}

// handOf puts the group of a call into the hand of the person whose number is given, or else of its first admin.
func (s *Server) handOf(r *http.Request, by string) (*PhoneGroup, error) {
	g, err := s.groupOf(r)
	if err != nil {
		return nil, err
	}
	if by == "" && len(g.Admins()) > 0 {
		by = s.numberOf(g.Admins()[0])
	}
	p, ok := s.Phone(by)
	if !ok {
		return nil, fmt.Errorf("phone %w", ErrNotFound)
	}
	return &PhoneGroup{phone: p, jid: groupJID(g.ID)}, nil
}

func (s *Server) controlAddGroup(r *http.Request) (int, any, error) {
	var body struct {
		Owner string `json:"owner"`
		NewGroup
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	p, ok := s.Phone(body.Owner)
	if !ok {
		return 0, nil, fmt.Errorf("owner %w", ErrNotFound)
	}
	g, results, err := p.CreateGroup(r.Context(), body.NewGroup)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, struct {
		Group
		Results []GroupResult `json:"results"`
	}{g, results}, nil
}

func (s *Server) controlGroups(*http.Request) (int, any, error) {
	return http.StatusOK, s.Groups(), nil
}

func (s *Server) controlGroup(r *http.Request) (int, any, error) {
	g, err := s.groupOf(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, s.groupView(&g), nil
}

// patchGroupBody are the changes to a group; what is missing stays as it is.
type patchGroupBody struct {
	By          string  `json:"by"`
	Subject     *string `json:"subject"`
	Description *string `json:"description"`
	Picture     *[]byte `json:"picture"` // base64 of a JPEG; empty removes the picture
	Suspended   *bool   `json:"suspended"`
	LinkClosed  *int    `json:"link_closed"` // seconds
	GroupSettings
}

func (b patchGroupBody) apply(r *http.Request, hand *PhoneGroup) error {
	if b.Suspended != nil {
		if err := hand.phone.server().SuspendGroup(hand.jid.String(), *b.Suspended); err != nil {
			return err
		}
	}
	if b.LinkClosed != nil {
		closed := time.Duration(*b.LinkClosed) * time.Second
		if closed < 0 || closed > maxAdvance {
			return fmt.Errorf("%w link_closed: seconds, at most a year", ErrInvalid)
		}
		if err := hand.phone.server().CloseInviteLink(hand.jid.String(), closed); err != nil {
			return err
		}
	}
	if b.Subject != nil {
		if err := hand.Rename(r.Context(), *b.Subject); err != nil {
			return err
		}
	}
	if b.Description != nil {
		if err := hand.Describe(r.Context(), *b.Description); err != nil {
			return err
		}
	}
	if b.Picture != nil {
		if _, err := hand.SetPicture(r.Context(), *b.Picture); err != nil {
			return err
		}
	}
	return hand.Set(r.Context(), b.GroupSettings)
}

func (s *Server) controlPatchGroup(r *http.Request) (int, any, error) {
	var body patchGroupBody
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	hand, err := s.handOf(r, body.By)
	if err != nil {
		return 0, nil, err
	}
	if err = body.apply(r, hand); err != nil {
		return 0, nil, err
	}
	return s.controlGroup(r)
}

func (s *Server) controlDeleteCommunity(r *http.Request) (int, any, error) {
	hand, err := s.handOf(r, "")
	if err != nil {
		return 0, nil, err
	}
	if err = hand.DeleteCommunity(r.Context()); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}

func (s *Server) controlParticipants(r *http.Request) (int, any, error) {
	var body struct {
		By     string   `json:"by"`
		Action string   `json:"action"`
		People []string `json:"people"`
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	hand, err := s.handOf(r, body.By)
	if err != nil {
		return 0, nil, err
	}
	var results []GroupResult
	switch body.Action {
	case "add":
		results, err = hand.Add(r.Context(), body.People...)
	case "remove":
		results, err = hand.Remove(r.Context(), body.People...)
	case "promote":
		results, err = hand.Promote(r.Context(), body.People...)
	case "demote":
		results, err = hand.Demote(r.Context(), body.People...)
	case "revoke-invites":
		results, err = hand.RevokeInvites(r.Context(), body.People...)
	default:
		err = fmt.Errorf("%w action: add, remove, promote, demote or revoke-invites", ErrInvalid)
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, results, nil
}

func (s *Server) controlInvite(r *http.Request) (int, any, error) {
	asked, err := query(r, "by")
	if err != nil {
		return 0, nil, err
	}
	return s.inviteLink(r, asked.Get("by"), false)
}

func (s *Server) controlResetInvite(r *http.Request) (int, any, error) {
	var body struct {
		By string `json:"by"`
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	return s.inviteLink(r, body.By, true)
}

func (s *Server) inviteLink(r *http.Request, by string, reset bool) (int, any, error) {
	hand, err := s.handOf(r, by)
	if err != nil {
		return 0, nil, err
	}
	link, err := hand.Link(r.Context(), reset)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]string{"link": link}, nil
}

func (s *Server) controlRequests(r *http.Request) (int, any, error) {
	asked, err := query(r, "by")
	if err != nil {
		return 0, nil, err
	}
	hand, err := s.handOf(r, asked.Get("by"))
	if err != nil {
		return 0, nil, err
	}
	requests, err := hand.Requests()
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, requests, nil
}

func (s *Server) controlDecide(r *http.Request) (int, any, error) {
	var body struct {
		By      string   `json:"by"`
		Approve *bool    `json:"approve"`
		People  []string `json:"people"`
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	if body.Approve == nil {
		return 0, nil, fmt.Errorf("%w approve: true or false", ErrInvalid)
	}
	hand, err := s.handOf(r, body.By)
	if err != nil {
		return 0, nil, err
	}
	results, err := hand.Decide(r.Context(), *body.Approve, body.People...)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, results, nil
}

func (s *Server) controlSubGroups(r *http.Request) (int, any, error) {
	asked, err := query(r, "by")
	if err != nil {
		return 0, nil, err
	}
	hand, err := s.handOf(r, asked.Get("by"))
	if err != nil {
		return 0, nil, err
	}
	subs, err := hand.SubGroups()
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, subs, nil
}

func (s *Server) controlRelate(r *http.Request) (int, any, error) {
	var body struct {
		By     string `json:"by"`
		Group  string `json:"group"`
		Unlink bool   `json:"unlink"`
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	hand, err := s.handOf(r, body.By)
	if err != nil {
		return 0, nil, err
	}
	relate := hand.LinkGroup
	if body.Unlink {
		relate = hand.UnlinkGroup
	}
	if err = relate(r.Context(), body.Group); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}
