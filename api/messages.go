package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

type (
	messagesRequest struct {
		ConversationPath
		PageQuery
	}
	messagesResponse struct {
		Body MessageList
	}
	sendRequest struct {
		ConversationPath
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"128" doc:"Chosen by the client. A request that is repeated with the same key returns the message of the first one"`
		Body           NewText
	}
	messagePath struct {
		ConversationPath
		Message string `path:"message" doc:"The message's ID"`
	}
	messageResponse struct {
		Body engine.MessageView
	}
)

// MessageList is a part of a conversation.
type MessageList struct {
	Items      []engine.MessageView `json:"items" nullable:"false" doc:"The newest first"`
	NextCursor string               `json:"next_cursor" doc:"Asks for older ones; empty at the end"`
}

// NewText is a text to send.
type NewText struct {
	Text string `json:"text" doc:"1 to 65,536 characters, not only blanks" example:"The viewing is at three."`
}

func (s *Server) listMessages(ctx context.Context, request *messagesRequest) (*messagesResponse, error) {
	if !isID(request.Conversation) {
		return nil, noConversation()
	}
	items, next, err := s.tenant(ctx).Messages(ctx, engine.ConversationID(request.Conversation), request.page())
	if err != nil {
		return nil, notFound(err, noConversation())
	}
	if items == nil {
		items = []engine.MessageView{}
	}
	return &messagesResponse{Body: MessageList{Items: items, NextCursor: next}}, nil
}

func (s *Server) sendMessage(ctx context.Context, request *sendRequest) (*messageResponse, error) {
	if !isID(request.Conversation) {
		return nil, noConversation()
	}
	if err := checkText(request.Body.Text); err != nil {
		return nil, err
	}
	if !printable(request.IdempotencyKey) {
		return nil, invalid("header.Idempotency-Key", "The header Idempotency-Key takes printable ASCII only.")
	}
	return message(s.tenant(ctx).Send(ctx, engine.ConversationID(request.Conversation), engine.NewMessage{
		User: userOf(ctx).ID, Text: request.Body.Text, IdempotencyKey: request.IdempotencyKey,
	}))
}

func (s *Server) retryMessage(ctx context.Context, request *messagePath) (*messageResponse, error) {
	if !isID(request.Conversation) || !isID(request.Message) {
		return nil, noMessage()
	}
	view, err := s.tenant(ctx).Retry(ctx, engine.ConversationID(request.Conversation), engine.MessageID(request.Message))
	if err != nil {
		return nil, notFound(err, noMessage())
	}
	return &messageResponse{Body: view}, nil
}

func message(view engine.MessageView, err error) (*messageResponse, error) {
	if err != nil {
		return nil, notFound(err, noConversation())
	}
	return &messageResponse{Body: view}, nil
}

func noMessage() *engine.Error {
	return engine.Errorf(engine.CodeNotFound, "There is no such message.")
}
