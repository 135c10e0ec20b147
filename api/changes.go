package api

import (
	"context"
	"time"

	"github.com/myaibud/aibud/engine"
)

// What a user does to a message: each is a message of its own kind in the
// outbox, and shows on its target once WhatsApp has taken it.
type (
	reactRequest struct {
		MessagePath
		KeyHeader
		Body struct {
			Emoji string `json:"emoji" maxLength:"64" doc:"One emoji; empty takes the reaction back" example:"👍"`
		}
	}
	editRequest struct {
		MessagePath
		KeyHeader
		Body struct {
			Text   *string    `json:"text,omitempty" doc:"1 to 65,536 characters, not only blanks; a scheduled file may do without"`
			SendAt *time.Time `json:"send_at,omitempty" doc:"Another time for a scheduled message"`
		}
	}
	revokeRequest struct {
		MessagePath
		KeyHeader
	}
	voteRequest struct {
		MessagePath
		KeyHeader
		Body struct {
			Options []string `json:"options" maxItems:"64" nullable:"false" doc:"The options as the poll has them; none takes the vote back"`
		}
	}
)

func (s *Server) reactToMessage(ctx context.Context, request *reactRequest) (*messageResponse, error) {
	return s.change(ctx, &request.MessagePath, request.KeyHeader, engine.NewMessage{Kind: engine.KindReaction, Text: request.Body.Emoji})
}

// editMessage changes a message that is scheduled, or has one that was sent
// changed on WhatsApp.
func (s *Server) editMessage(ctx context.Context, request *editRequest) (*messageResponse, error) {
	body := request.Body
	known, err := s.getMessage(ctx, &request.MessagePath)
	if err != nil {
		return nil, err
	}
	scheduled := known.Body.Delivery == engine.Scheduled
	if body.Text != nil && (!scheduled || known.Body.Kind == engine.KindText) {
		if err := checkText(*body.Text); err != nil {
			return nil, err
		}
	}
	switch {
	case scheduled:
		view, err := s.tenant(ctx).Reschedule(ctx, known.Body.Conversation, known.Body.ID,
			engine.ScheduleChange{Text: body.Text, SendAt: body.SendAt})
		return message(view, err)
	case body.SendAt != nil:
		return nil, engine.Errorf(engine.CodeConflict, "The message is not scheduled any more, so it has no time to change.")
	case body.Text == nil:
		return nil, invalid("body.text", "The field “text” is missing.")
	}
	return s.change(ctx, &request.MessagePath, request.KeyHeader, engine.NewMessage{Kind: engine.KindEdit, Text: *body.Text})
}

// revokeMessage takes back what is not sent yet, and has what was sent deleted
// for everyone.
func (s *Server) revokeMessage(ctx context.Context, request *revokeRequest) (*messageResponse, error) {
	known, err := s.getMessage(ctx, &request.MessagePath)
	if err != nil {
		return nil, err
	}
	switch known.Body.Delivery {
	case engine.Scheduled, engine.Queued, engine.Sending, engine.Failed, engine.Cancelled:
		return message(s.tenant(ctx).Cancel(ctx, known.Body.Conversation, known.Body.ID))
	default:
		return s.change(ctx, &request.MessagePath, request.KeyHeader, engine.NewMessage{Kind: engine.KindRevoke})
	}
}

func (s *Server) voteInPoll(ctx context.Context, request *voteRequest) (*messageResponse, error) {
	return s.change(ctx, &request.MessagePath, request.KeyHeader, engine.NewMessage{
		Kind: engine.KindVote, Content: &engine.Content{Vote: &engine.Vote{Options: request.Body.Options}},
	})
}

func (s *Server) change(ctx context.Context, path *MessagePath, key KeyHeader, draft engine.NewMessage) (*messageResponse, error) {
	if !isID(path.Conversation) || !isID(path.Message) {
		return nil, noMessage()
	}
	if err := key.check(); err != nil {
		return nil, err
	}
	draft.User, draft.Target, draft.IdempotencyKey = userOf(ctx).ID, engine.MessageID(path.Message), key.IdempotencyKey
	return s.send(ctx, path.Conversation, draft)
}
