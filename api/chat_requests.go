package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

// conversationDo is the request of a route that does something in a
// conversation.
type conversationDo[T any] struct {
	ConversationPath
	Body T
}

// HistoryQuery asks for older messages.
type HistoryQuery struct {
	Count int `json:"count,omitempty" minimum:"1" maximum:"50" default:"50" doc:"How many messages at most"`
}

// StatusText is a status update.
type StatusText struct {
	Text string `json:"text" minLength:"1" maxLength:"65536" doc:"1 to 65,536 characters, not only blanks"`
}

type postStatusRequest struct {
	SeatPath
	KeyHeader
	Body StatusText
}

func (s *Server) chatRoutes() {
	const tag, one = "Conversations", "/v1/conversations/{conversation}"
	history := ask("POST", one+"/history", "requestHistory", tag, "Ask the phone for messages before the oldest that is here", 202)
	history.Description = "The phone, if it is online, answers after a while. What it sends appears in the conversation as history, and is announced by events."
	operation(s, history, s.requestHistory)
	again := ask("POST", one+"/messages/{message}/request", "requestMessage", tag, "Ask the phone again for a message that could not be decrypted", 202)
	again.Description = "Only for messages of the kind waiting, which the phone is asked for now and then anyway. The phone, if it is online and has the message, " +
		"answers after a while: the message then is what it is, and an event tells so."
	operation(s, again, s.requestMessage)
	operation(s, ask("PUT", one+"/timer", "setTimer", tag, "After how long messages of a chat disappear, for both sides", 204), s.setTimer)
	status := ask("POST", "/v1/seats/{seat}/status", "postStatus", tag, "Post a text as status update; it is a message of the conversation with the type status", 201)
	status.MaxBodyBytes = messageLimit
	operation(s, status, s.postStatus)
}

func (s *Server) requestHistory(ctx context.Context, request *conversationDo[HistoryQuery]) (*struct{}, error) {
	if !isID(request.Conversation) {
		return nil, noConversation()
	}
	seat, asked, err := s.tenant(ctx).HistoryStart(ctx, engine.ConversationID(request.Conversation))
	if err != nil {
		return nil, notFound(err, noConversation())
	}
	asked.Count = request.Body.Count
	return nil, engine.Call(ctx, s.config.Seats, seat, func(ctx context.Context, client engine.Histories) error {
		return client.RequestHistory(ctx, asked)
	})
}

// requestMessage has the phone asked for a message. It is asked for the same
// one only so often: what it doesn't have it won't find.
func (s *Server) requestMessage(ctx context.Context, request *MessagePath) (*struct{}, error) {
	known, err := s.getMessage(ctx, request)
	if err != nil {
		return nil, err
	}
	if known.Body.Kind != engine.KindWaiting {
		return nil, engine.Errorf(engine.CodeConflict, "This message is here already.")
	}
	seat, chat, ref, err := s.chatMessage(ctx, request)
	if err != nil {
		return nil, err
	}
	return nil, engine.Call(ctx, s.config.Seats, seat, func(ctx context.Context, client engine.Asker) error {
		if err := s.attempts.questions.take(string(known.Body.ID)); err != nil {
			return err
		}
		return client.AskAgain(ctx, engine.Undecrypted{WhatsAppID: ref.WhatsAppID, Chat: chat, Sender: ref.Sender, FromMe: ref.FromMe})
	})
}

func (s *Server) setTimer(ctx context.Context, request *conversationDo[Timer]) (*struct{}, error) {
	if !isID(request.Conversation) {
		return nil, noConversation()
	}
	seat, chat, err := s.tenant(ctx).Chat(ctx, engine.ConversationID(request.Conversation))
	if err != nil {
		return nil, notFound(err, noConversation())
	}
	after := request.Body.after()
	switch chat.Type() {
	case engine.ChatDirect:
		return nil, engine.Call(ctx, s.config.Seats, seat, func(ctx context.Context, client engine.Timers) error {
			return client.SetTimer(ctx, chat, after)
		})
	case engine.ChatGroup:
		return nil, engine.Call(ctx, s.config.Seats, seat, func(ctx context.Context, client engine.Groups) error {
			return client.ChangeGroup(ctx, chat.Room, engine.GroupChange{Timer: &after})
		})
	case engine.ChatChannel, engine.ChatStatus, engine.ChatBroadcast:
	}
	return nil, engine.Errorf(engine.CodeConflict, "Messages disappear in chats with one person and in groups only.")
}

func (s *Server) postStatus(ctx context.Context, request *postStatusRequest) (*messageResponse, error) {
	if err := s.own(ctx, request.SeatPath); err != nil {
		return nil, err
	}
	if err := checkText(request.Body.Text); err != nil {
		return nil, err
	}
	if err := request.check(); err != nil {
		return nil, err
	}
	conversation, err := s.tenant(ctx).StatusConversation(ctx, engine.SeatID(request.Seat))
	if err != nil {
		return nil, notFound(err, noSeat())
	}
	return s.send(ctx, string(conversation), engine.NewMessage{
		User: userOf(ctx).ID, Kind: engine.KindText, Text: request.Body.Text, IdempotencyKey: request.IdempotencyKey,
	})
}
