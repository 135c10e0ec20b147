package simulator

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/myaibud/aibud/engine/simulator/internal/newsletters"
	"github.com/myaibud/aibud/engine/simulator/internal/pictures"
)

// maxPictureCall bounds a call that may carry a picture, in base64.
const maxPictureCall = 2 * pictures.MaxSize

// channelCalls are the calls about channels.
func (s *Server) channelCalls() map[string]func(*http.Request) (int, any, error) {
	return map[string]func(*http.Request) (int, any, error){
		"POST /control/newsletters":                            s.controlAddChannel,
		"GET /control/newsletters":                             s.controlChannels,
		"GET /control/newsletters/{jid}":                       s.controlChannel,
		"PATCH /control/newsletters/{jid}":                     s.controlPatchChannel,
		"DELETE /control/newsletters/{jid}":                    s.controlDeleteChannel,
		"GET /control/newsletters/{jid}/messages":              s.controlPosts,
		"PUT /control/newsletters/{jid}/followers/{number}":    s.controlFollow,
		"DELETE /control/newsletters/{jid}/followers/{number}": s.controlUnfollow,
		"PUT /control/newsletters/{jid}/admins/{number}":       s.controlAppoint,
		"DELETE /control/newsletters/{jid}/admins/{number}":    s.controlDismiss,
		"POST /control/newsletters/{jid}/reactions":            s.controlReact,
		"POST /control/newsletters/{jid}/votes":                s.controlVote,
		"POST /control/newsletters/{jid}/views":                s.controlView,
		"GET /control/phones/{number}/newsletters":             s.controlChannelsOf,
	}
}

// channelOf finds the channel of a call and the phone of its owner.
func (s *Server) channelOf(r *http.Request) (channel string, owner *Phone, err error) {
	info, err := s.findChannel(r.PathValue("jid"), "")
	if err != nil {
		return "", nil, err
	}
	for _, member := range s.newsletters.Members(info.ID) {
		if member.Role == newsletters.Owner {
			if a := s.follower(member.ID); a != nil {
				return channelJID(info.ID).String(), a.phone, nil
			}
		}
	}
	return "", nil, fmt.Errorf("channel %w: it was deleted", ErrNotFound)
}

func (s *Server) controlAddChannel(r *http.Request) (int, any, error) {
	var body struct {
		Owner       string `json:"owner"`
		Name        string `json:"name"`
		Description string `json:"description"`
		Picture     []byte `json:"picture"`
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	p, ok := s.Phone(body.Owner)
	if !ok {
		return 0, nil, fmt.Errorf("owner %w", ErrNotFound)
	}
	info, err := s.createChannel(p.device, body.Name, body.Description, body.Picture)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, s.channelView(info), nil
}

// controlChannels lists the channels that are active, those with the most followers first.
func (s *Server) controlChannels(*http.Request) (int, any, error) {
	out := []Channel{}
	for _, info := range s.newsletters.Directory("", directoryMost) {
		out = append(out, s.channelView(info))
	}
	return http.StatusOK, out, nil
}

func (s *Server) controlChannel(r *http.Request) (int, any, error) {
	info, err := s.findChannel(r.PathValue("jid"), "")
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, s.channelView(info), nil
}

// patchChannelBody are the changes to a channel; what is missing stays as it is.
type patchChannelBody struct {
	ChannelChange
	Verified *bool   `json:"verified"`
	State    *string `json:"state"`
}

func (s *Server) controlPatchChannel(r *http.Request) (int, any, error) {
	channel, owner, err := s.channelOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body patchChannelBody
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	if body.ChannelChange != (ChannelChange{}) {
		if _, err = owner.EditChannel(r.Context(), channel, body.ChannelChange); err != nil {
			return 0, nil, err
		}
	}
	if body.Verified != nil {
		if err = s.VerifyChannel(channel, *body.Verified); err != nil {
			return 0, nil, err
		}
	}
	if body.State != nil {
		if err = s.SetChannelState(channel, *body.State); err != nil {
			return 0, nil, err
		}
	}
	return s.controlChannel(r)
}

func (s *Server) controlDeleteChannel(r *http.Request) (int, any, error) {
	channel, owner, err := s.channelOf(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, owner.DeleteChannel(r.Context(), channel)
}

func (s *Server) controlPosts(r *http.Request) (int, any, error) {
	channel, owner, err := s.channelOf(r)
	if err != nil {
		return 0, nil, err
	}
	asked, err := query(r, "count", "before")
	if err != nil {
		return 0, nil, err
	}
	var page [2]int
	for i, key := range []string{"count", "before"} {
		if text := asked.Get(key); text != "" {
			if page[i], err = strconv.Atoi(text); err != nil || page[i] < 0 {
				return 0, nil, fmt.Errorf("%w %s: a number", ErrInvalid, key)
			}
		}
	}
	posts, err := owner.ChannelPosts(r.Context(), channel, page[0], page[1])
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, posts, nil
}

// controlFollow makes somebody a follower, and mutes the channel for them or not if the body says so.
func (s *Server) controlFollow(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Muted *bool `json:"muted"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	channel := r.PathValue("jid")
	if err = p.FollowChannel(r.Context(), channel); err != nil {
		return 0, nil, err
	}
	if body.Muted != nil {
		if err = p.MuteChannel(r.Context(), channel, *body.Muted); err != nil {
			return 0, nil, err
		}
	}
	seen, err := p.Channel(r.Context(), channel)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, seen, nil
}

func (s *Server) controlUnfollow(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, p.UnfollowChannel(r.Context(), r.PathValue("jid"))
}

func (s *Server) controlAppoint(r *http.Request) (int, any, error) { return s.appointBy(r, true) }

func (s *Server) controlDismiss(r *http.Request) (int, any, error) { return s.appointBy(r, false) }

func (s *Server) appointBy(r *http.Request, on bool) (int, any, error) {
	channel, owner, err := s.channelOf(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, owner.AppointAdmin(r.Context(), channel, r.PathValue("number"), on)
}

// actorBody is who does something to messages of a channel, and to which.
type actorBody struct {
	Number   string `json:"number"`
	ServerID int    `json:"server_id"`
}

func (s *Server) controlReact(r *http.Request) (int, any, error) {
	var body struct {
		actorBody
		Emoji string `json:"emoji"`
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	p, ok := s.Phone(body.Number)
	if !ok {
		return 0, nil, fmt.Errorf("phone %w", ErrNotFound)
	}
	return http.StatusOK, struct{}{}, p.ReactInChannel(r.Context(), r.PathValue("jid"), body.ServerID, body.Emoji)
}

func (s *Server) controlVote(r *http.Request) (int, any, error) {
	var body struct {
		actorBody
		Options []string `json:"options"`
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	p, ok := s.Phone(body.Number)
	if !ok {
		return 0, nil, fmt.Errorf("phone %w", ErrNotFound)
	}
	return http.StatusOK, struct{}{}, p.VoteInChannel(r.Context(), r.PathValue("jid"), body.ServerID, body.Options...)
}

func (s *Server) controlView(r *http.Request) (int, any, error) {
	var body struct {
		Number    string `json:"number"`
		ServerIDs []int  `json:"server_ids"`
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	p, ok := s.Phone(body.Number)
	if !ok {
		return 0, nil, fmt.Errorf("phone %w", ErrNotFound)
	}
	return http.StatusOK, struct{}{}, p.ViewChannel(r.Context(), r.PathValue("jid"), body.ServerIDs...)
}

func (s *Server) controlChannelsOf(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.Channels(), nil
}
