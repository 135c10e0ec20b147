package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

type (
	membersResponse struct {
		Body MemberList
	}
	receiptsResponse struct {
		Body ReceiptList
	}
)

// MemberList is who is in a group.
type MemberList struct {
	Items []engine.MemberView `json:"items" nullable:"false" doc:"The seat first, then admins"`
}

// ReceiptList is who has a message.
type ReceiptList struct {
	Items []engine.ReceiptView `json:"items" nullable:"false" doc:"Whoever read it last comes first"`
}

func (s *Server) listMembers(ctx context.Context, request *ConversationPath) (*membersResponse, error) {
	if !isID(request.Conversation) {
		return nil, noConversation()
	}
	members, err := s.tenant(ctx).Members(ctx, engine.ConversationID(request.Conversation))
	if err != nil {
		return nil, notFound(err, noConversation())
	}
	return &membersResponse{Body: MemberList{Items: members}}, nil
}

func (s *Server) listReceipts(ctx context.Context, request *MessagePath) (*receiptsResponse, error) {
	if !isID(request.Conversation) || !isID(request.Message) {
		return nil, noMessage()
	}
	receipts, err := s.tenant(ctx).Receipts(ctx, engine.ConversationID(request.Conversation), engine.MessageID(request.Message))
	if err != nil {
		return nil, notFound(err, noMessage())
	}
	return &receiptsResponse{Body: ReceiptList{Items: receipts}}, nil
}
