package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

// OwnState is what a seat shows in a chat.
type OwnState struct {
	Doing engine.Doing `json:"doing" enum:"idle,typing,recording" doc:"Shown for up to half a minute unless it is set again"`
}

type presenceResponse struct{ Body engine.PresenceView }

func (s *Server) presenceRoutes() {
	const tag, one = "Conversations", "/v1/conversations/{conversation}/presence"
	watch := route("POST", one+"/watch", "watchPresence", tag, "Watch what the person of a conversation does", 200, missing)
	watch.Description = "For a minute and a half; ask again for longer. It answers with what is known now; what changes is told by the live websocket. " +
		"WhatsApp tells only seats that appear online, as their presence is set, and of people who allow it. " +
		"Who types is told without watching while the seat appears online."
	operation(s, watch, s.watchPresence)
	operation(s, ask("PUT", one, "showPresence", tag, "Show “typing…” or “recording audio…” in a chat, or end it", 204), s.showPresence)
}

func (s *Server) watchPresence(ctx context.Context, request *ConversationPath) (*presenceResponse, error) {
	if !isID(request.Conversation) {
		return nil, noConversation()
	}
	tenant := s.tenant(ctx)
	view, err := tenant.Conversation(ctx, engine.ConversationID(request.Conversation))
	if err != nil {
		return nil, notFound(err, noConversation())
	}
	seat, chat, err := tenant.Chat(ctx, view.ID)
	if err != nil {
		return nil, notFound(err, noConversation())
	}
	if s.config.Presences == nil || chat.Type() != engine.ChatDirect {
		return &presenceResponse{Body: engine.PresenceView{Conversation: view.ID, Doing: engine.Idle}}, nil
	}
	settings, err := tenant.SeatSettings(ctx, seat.Seat)
	if err != nil {
		return nil, notFound(err, noConversation())
	}
	return &presenceResponse{Body: s.config.Presences.Watch(seat, settings.Presence, view.ID, chat)}, nil
}

func (s *Server) showPresence(ctx context.Context, request *conversationDo[OwnState]) (*struct{}, error) {
	if !isID(request.Conversation) {
		return nil, noConversation()
	}
	seat, chat, err := s.tenant(ctx).Chat(ctx, engine.ConversationID(request.Conversation))
	if err != nil {
		return nil, notFound(err, noConversation())
	}
	if kind := chat.Type(); kind != engine.ChatDirect && kind != engine.ChatGroup {
		return nil, engine.Errorf(engine.CodeConflict, "What a seat does is shown in chats with one person and in groups only.")
	}
	if err := s.attempts.shows.take(request.Conversation); err != nil {
		return nil, err // a number that types a thousand times a second is no person's
	}
	if request.Body.Doing == engine.Recording {
		return nil, engine.Call(ctx, s.config.Seats, seat, func(ctx context.Context, client engine.PresenceClient) error {
			return client.SetRecording(ctx, chat, true)
		})
	}
	return nil, s.config.Seats.WithClient(ctx, seat, func(ctx context.Context, client engine.Client) error {
		return client.SetTyping(ctx, chat, request.Body.Doing == engine.Typing)
	})
}
