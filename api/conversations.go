package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

type (
	conversationsRequest struct {
		Seat     string          `query:"seat" doc:"Only conversations of the seat with this ID"`
		Type     engine.ChatType `query:"type" enum:"direct,group,channel,status,broadcast" doc:"Only conversations of this type"`
		Archived string          `query:"archived" enum:"true,false" doc:"Only those that are archived, or that are not"`
		Unread   string          `query:"unread" enum:"true,false" doc:"Only those that look unread, or that don't"`
		Label    string          `query:"label" maxLength:"100" doc:"Only conversations with the label that has this ID"`
		PageQuery
	}
	conversationsResponse struct {
		Body ConversationList
	}
	conversationResponse struct {
		Body engine.ConversationView
	}
	switchAssistantRequest struct {
		ConversationPath
		Body AssistantSwitch
	}
)

// ConversationPath is the ID in a conversation's path.
type ConversationPath struct {
	Conversation string `path:"conversation" doc:"The conversation's ID"`
}

// PageQuery asks for a part of a list.
type PageQuery struct {
	Cursor string `query:"cursor" maxLength:"400" doc:"The next_cursor of the part before; absent: from the start"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many items at most"`
}

// ConversationList is a part of the tenant's conversations.
type ConversationList struct {
	Items      []engine.ConversationView `json:"items" nullable:"false" doc:"The one with the newest message first"`
	NextCursor string                    `json:"next_cursor" doc:"Asks for the next part; empty at the end"`
}

// AssistantSwitch turns the AI on or off in one conversation.
type AssistantSwitch struct {
	Enabled bool `json:"enabled" doc:"Turning it on also ends a pause and clears the flag that a person is needed"`
}

func (q PageQuery) page() engine.Page { return engine.Page{Cursor: q.Cursor, Limit: q.Limit} }

func (s *Server) listConversations(ctx context.Context, request *conversationsRequest) (*conversationsResponse, error) {
	tenant, filter := s.tenant(ctx), engine.ConversationFilter{Type: request.Type}
	if request.Seat != "" { // a seat that isn't ours is not found, rather than empty
		seat, err := s.getSeat(ctx, &SeatPath{Seat: request.Seat})
		if err != nil {
			return nil, err
		}
		filter.Seat = seat.Body.ID
	}
	if request.Label != "" {
		if !isID(request.Label) {
			return nil, noLabel()
		}
		filter.Label = engine.LabelID(request.Label)
		if err := tenant.KnownLabel(ctx, filter.Label); err != nil { // not found, rather than empty
			return nil, notFound(err, noLabel())
		}
	}
	filter.Archived, filter.Unread = wanted(request.Archived), wanted(request.Unread)
	items, next, err := tenant.Conversations(ctx, filter, request.page())
	if err != nil {
		return nil, err
	}
	if items == nil {
		items = []engine.ConversationView{}
	}
	return &conversationsResponse{Body: ConversationList{Items: items, NextCursor: next}}, nil
}

func (s *Server) getConversation(ctx context.Context, request *ConversationPath) (*conversationResponse, error) {
	if !isID(request.Conversation) {
		return nil, noConversation()
	}
	return conversation(s.tenant(ctx).Conversation(ctx, engine.ConversationID(request.Conversation)))
}

func (s *Server) switchAssistant(ctx context.Context, request *switchAssistantRequest) (*conversationResponse, error) {
	if !isID(request.Conversation) {
		return nil, noConversation()
	}
	return conversation(s.tenant(ctx).SetAssistant(ctx, engine.ConversationID(request.Conversation), request.Body.Enabled))
}

func (s *Server) readConversation(ctx context.Context, request *ConversationPath) (*struct{}, error) {
	if !isID(request.Conversation) {
		return nil, noConversation()
	}
	if err := s.tenant(ctx).MarkRead(ctx, engine.ConversationID(request.Conversation)); err != nil {
		return nil, notFound(err, noConversation())
	}
	return nil, nil
}

func conversation(view engine.ConversationView, err error) (*conversationResponse, error) {
	if err != nil {
		return nil, notFound(err, noConversation())
	}
	return &conversationResponse{Body: view}, nil
}

func noConversation() *engine.Error {
	return engine.Errorf(engine.CodeNotFound, "There is no such conversation.")
}

// wanted reads a filter that may be absent.
func wanted(text string) *bool {
	if text == "" {
		return nil
	}
	on := text == "true"
	return &on
}
