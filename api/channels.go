package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

// ChannelPath names a channel.
type ChannelPath struct {
	SeatPath
	Channel string `path:"channel" maxLength:"64" doc:"The channel's address, such as 120363012345678901@newsletter"`
}

func (p ChannelPath) address() engine.Address { return engine.Address(p.Channel) }

type (
	// channelDo is the request of a route that does something in a channel.
	channelDo[T any] struct {
		ChannelPath
		Body T
	}
	channelMessagesRequest struct {
		ChannelPath
		Count  int `query:"count" minimum:"1" maximum:"100" default:"50" doc:"How many messages at most"`
		Before int `query:"before" minimum:"0" doc:"Only messages with a smaller server_id; absent: the last ones"`
	}
	channelReactionRequest struct {
		ChannelPath
		ServerID int `path:"server_id" minimum:"1" doc:"The message's number in the channel"`
		Body     ChannelReaction
	}
)

// NewChannel is a channel to make.
type NewChannel struct {
	Name        string `json:"name" minLength:"1" maxLength:"100"`
	Description string `json:"description,omitempty" maxLength:"2048"`
	Picture     []byte `json:"picture,omitempty" maxLength:"7000000" doc:"A JPEG or PNG of at most 5 MB in base64"`
	AcceptTerms bool   `json:"accept_terms,omitempty" doc:"Accept WhatsApp's terms for channels, which an account has to do once before its first"`
}

// ChannelChange is what is to be different about a channel.
type ChannelChange struct {
	Name          *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Description   *string `json:"description,omitempty" maxLength:"2048" doc:"Empty removes it"`
	Picture       []byte  `json:"picture,omitempty" maxLength:"7000000" doc:"A JPEG or PNG of at most 5 MB in base64"`
	RemovePicture bool    `json:"remove_picture,omitempty" doc:"Have no picture any more"`
}

// change says what is to be changed.
func (c ChannelChange) change() (engine.ChannelChange, error) {
	change := engine.ChannelChange{Name: c.Name, Description: c.Description}
	switch {
	case c.RemovePicture && len(c.Picture) > 0:
		return change, invalid("body.remove_picture", "Either set a picture or remove it.")
	case c.RemovePicture || len(c.Picture) > 0:
		change.Picture = &c.Picture
	}
	return change, nil
}

// ChannelLink is a link to a channel.
type ChannelLink struct {
	Link string `json:"link" minLength:"1" maxLength:"2000" example:"https://whatsapp.com/channel/0029VaAbCdEfGhIjKlMnOp"`
}

// ChannelMute switches notices.
type ChannelMute struct {
	Muted bool `json:"muted"`
}

// ChannelViewed names messages that were seen.
type ChannelViewed struct {
	ServerIDs []int `json:"server_ids" minItems:"1" maxItems:"100" nullable:"false" doc:"The messages' numbers in the channel"`
}

// ChannelReaction is a reaction to a message of a channel.
type ChannelReaction struct {
	Emoji string `json:"emoji" maxLength:"64" doc:"One emoji; empty takes the reaction back"`
}

// ChannelWatch says how long WhatsApp tells of reactions and views.
type ChannelWatch struct {
	Seconds int `json:"seconds"`
}

func (s *Server) channelRoutes(seat string) {
	const tag = "Channels"
	all, one := seat+"/channels", seat+"/channels/{channel}"
	operation(s, ask("GET", all, "listChannels", tag, "Channels that the seat follows or runs", 200), s.listChannels)
	create := ask("POST", all, "createChannel", tag, "Make a channel", 201)
	create.MaxBodyBytes = pictureLimit
	operation(s, create, s.createChannel)
	operation(s, ask("POST", seat+"/channel-links/resolve", "getChannelByLink", tag, "The channel that a link leads to", 200), s.getChannelByLink)
	operation(s, ask("GET", one, "getChannel", tag, "One channel", 200), s.getChannel)
	change := ask("PATCH", one, "changeChannel", tag, "Change name, description or picture of a channel that the seat runs", 200)
	change.MaxBodyBytes = pictureLimit
	operation(s, change, s.changeChannel)
	operation(s, ask("POST", one+"/follow", "followChannel", tag, "Follow a channel", 204), s.followChannel)
	operation(s, ask("POST", one+"/unfollow", "unfollowChannel", tag, "Stop following a channel", 204), s.unfollowChannel)
	operation(s, ask("PUT", one+"/mute", "muteChannel", tag, "Switch the notices of a channel", 204), s.muteChannel)
	operation(s, ask("GET", one+"/messages", "listChannelMessages", tag, "Messages with views and reactions, the oldest first", 200), s.listChannelMessages)
	operation(s, ask("POST", one+"/viewed", "viewChannelMessages", tag, "Count messages as seen", 204), s.viewChannelMessages)
	operation(s, ask("PUT", one+"/messages/{server_id}/reaction", "reactInChannel", tag, "React to a message", 204), s.reactInChannel)
	operation(s, ask("POST", one+"/watch", "watchChannel", tag, "Have WhatsApp tell of reactions and views for a while", 200), s.watchChannel)
}

func (s *Server) listChannels(ctx context.Context, request *SeatPath) (*answered[Items[engine.Channel]], error) {
	return askSeat(ctx, s, *request, func(ctx context.Context, client engine.Channels) (Items[engine.Channel], error) {
		return items(client.Channels(ctx))
	})
}

func (s *Server) createChannel(ctx context.Context, request *seatDo[NewChannel]) (*answered[engine.Channel], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Channels) (engine.Channel, error) {
		return client.CreateChannel(ctx, engine.NewChannel(request.Body))
	})
}

func (s *Server) getChannelByLink(ctx context.Context, request *seatDo[ChannelLink]) (*answered[engine.Channel], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Channels) (engine.Channel, error) {
		return client.ChannelByLink(ctx, request.Body.Link)
	})
}

func (s *Server) getChannel(ctx context.Context, request *ChannelPath) (*answered[engine.Channel], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Channels) (engine.Channel, error) {
		return client.Channel(ctx, request.address())
	})
}

func (s *Server) changeChannel(ctx context.Context, request *channelDo[ChannelChange]) (*answered[engine.Channel], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Channels) (engine.Channel, error) {
		change, err := request.Body.change()
		if err != nil {
			return engine.Channel{}, err
		}
		return client.ChangeChannel(ctx, request.address(), change)
	})
}

func (s *Server) followChannel(ctx context.Context, request *ChannelPath) (*struct{}, error) {
	return s.follow(ctx, request, true)
}

func (s *Server) unfollowChannel(ctx context.Context, request *ChannelPath) (*struct{}, error) {
	return s.follow(ctx, request, false)
}

func (s *Server) follow(ctx context.Context, request *ChannelPath, on bool) (*struct{}, error) {
	return doOnSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Channels) error {
		return client.FollowChannel(ctx, request.address(), on)
	})
}

func (s *Server) muteChannel(ctx context.Context, request *channelDo[ChannelMute]) (*struct{}, error) {
	return doOnSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Channels) error {
		return client.MuteChannel(ctx, request.address(), request.Body.Muted)
	})
}

func (s *Server) listChannelMessages(ctx context.Context, request *channelMessagesRequest) (*answered[Items[engine.ChannelMessage]], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Channels) (Items[engine.ChannelMessage], error) {
		return items(client.ChannelMessages(ctx, request.address(), engine.ChannelPage{Count: request.Count, Before: request.Before}))
	})
}

func (s *Server) viewChannelMessages(ctx context.Context, request *channelDo[ChannelViewed]) (*struct{}, error) {
	return doOnSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Channels) error {
		return client.ViewChannelMessages(ctx, request.address(), request.Body.ServerIDs)
	})
}

func (s *Server) reactInChannel(ctx context.Context, request *channelReactionRequest) (*struct{}, error) {
	return doOnSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Channels) error {
		return client.ReactInChannel(ctx, request.address(), request.ServerID, request.Body.Emoji)
	})
}

func (s *Server) watchChannel(ctx context.Context, request *ChannelPath) (*answered[ChannelWatch], error) {
	return askSeat(ctx, s, request.SeatPath, func(ctx context.Context, client engine.Channels) (ChannelWatch, error) {
		lasts, err := client.WatchChannel(ctx, request.address())
		return ChannelWatch{Seconds: int(lasts.Seconds())}, err
	})
}
