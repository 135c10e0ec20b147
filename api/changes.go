package api

import (
	"context"

	"github.com/myaibud/aibud/engine"
)

// What a user does to a message: each is a message of its own kind in the
// outbox, and shows on its target once WhatsApp has taken it.
type (
	reactRequest struct {
		MessagePath
		Body struct {
			Emoji string `json:"emoji" maxLength:"64" doc:"One emoji; empty takes the reaction back" example:"👍"`
		}
	}
	editRequest struct {
		MessagePath
		Body struct {
			Text string `json:"text" doc:"1 to 65,536 characters, not only blanks"`
		}
	}
	voteRequest struct {
		MessagePath
		Body struct {
			Options []string `json:"options" maxItems:"64" nullable:"false" doc:"The options as the poll has them; none takes the vote back"`
		}
	}
)

func (s *Server) reactToMessage(ctx context.Context, request *reactRequest) (*messageResponse, error) {
	return s.change(ctx, &request.MessagePath, engine.NewMessage{Kind: engine.KindReaction, Text: request.Body.Emoji})
}

func (s *Server) editMessage(ctx context.Context, request *editRequest) (*messageResponse, error) {
	if err := checkText(request.Body.Text); err != nil {
		return nil, err
	}
	return s.change(ctx, &request.MessagePath, engine.NewMessage{Kind: engine.KindEdit, Text: request.Body.Text})
}

func (s *Server) revokeMessage(ctx context.Context, request *MessagePath) (*messageResponse, error) {
	return s.change(ctx, request, engine.NewMessage{Kind: engine.KindRevoke})
}

func (s *Server) voteInPoll(ctx context.Context, request *voteRequest) (*messageResponse, error) {
	return s.change(ctx, &request.MessagePath, engine.NewMessage{
		Kind: engine.KindVote, Content: &engine.Content{Vote: &engine.Vote{Options: request.Body.Options}},
	})
}

func (s *Server) change(ctx context.Context, path *MessagePath, draft engine.NewMessage) (*messageResponse, error) {
	if !isID(path.Conversation) || !isID(path.Message) {
		return nil, noMessage()
	}
	draft.User, draft.Target = userOf(ctx).ID, engine.MessageID(path.Message)
	return s.send(ctx, path.Conversation, draft)
}
