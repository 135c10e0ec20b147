package api

import (
	"context"
	"time"

	"github.com/myaibud/aibud/engine"
)

// ChatRows are a tenant's rows of what WhatsApp knows of chats and people
// beyond messages. Package store implements it, with the rest of [Tenant].
type ChatRows interface {
	// ChatEnd returns a conversation as WhatsApp knows it, with its last message.
	ChatEnd(ctx context.Context, conversation engine.ConversationID) (engine.SeatKey, engine.Party, engine.MessageRef, error)
	// ChatMessage returns one of its messages, which was not removed.
	ChatMessage(ctx context.Context, conversation engine.ConversationID, message engine.MessageID) (engine.SeatKey, engine.Party, engine.MessageRef, error)

	// Labels lists a seat's.
	Labels(ctx context.Context, seat engine.SeatID) ([]engine.LabelView, error)
	// Label returns a label and WhatsApp's ID of it.
	Label(ctx context.Context, seat engine.SeatID, id engine.LabelID) (engine.LabelView, string, error)
	// KnownLabel is [engine.CodeNotFound] if no seat has a label of that ID.
	KnownLabel(ctx context.Context, id engine.LabelID) error
	// NewLabel describes a label that is to be made, EditLabel one that is to
	// look otherwise. They change nothing.
	NewLabel(ctx context.Context, seat engine.SeatID, name string, color int) (engine.LabelChange, error)
	EditLabel(ctx context.Context, seat engine.SeatID, id engine.LabelID, name *string, color *int) (engine.LabelChange, error)

	// Contact returns a person with their addresses.
	Contact(ctx context.Context, id engine.ContactID) (engine.ContactView, engine.Party, error)
	// Blocked lists whom a seat blocks.
	Blocked(ctx context.Context, seat engine.SeatID) ([]engine.ContactView, error)

	// Calls lists the newest first, of one seat or of all if it is empty.
	Calls(ctx context.Context, seat engine.SeatID, page engine.Page) ([]engine.CallView, string, error)
	Call(ctx context.Context, id engine.CallID) (engine.CallView, error)
	// CallRef returns a call as WhatsApp knows it.
	CallRef(ctx context.Context, id engine.CallID) (engine.SeatKey, engine.CallChange, error)

	SeatSettings(ctx context.Context, seat engine.SeatID) (engine.SeatSettings, error)
	SetSeatSettings(ctx context.Context, seat engine.SeatID, settings engine.SeatSettings) (engine.SeatSettings, error)
}

type (
	// ConversationChange is what is to be set on a conversation. Absent fields
	// stay as they are.
	ConversationChange struct {
		Archived   *bool      `json:"archived,omitempty"`
		Pinned     *bool      `json:"pinned,omitempty"`
		MutedUntil *time.Time `json:"muted_until,omitempty" doc:"The year 9999 stands for ever; a time in the past ends it"`
		Unread     *bool      `json:"unread,omitempty" doc:"true marks it as unread, false as read"`
	}
	changeConversationRequest struct {
		ConversationPath
		Body ConversationChange
	}
	clearConversationRequest struct {
		ConversationPath
		Body struct {
			KeepStarred bool `json:"keep_starred,omitempty" doc:"Starred messages stay"`
			DeleteMedia bool `json:"delete_media,omitempty" doc:"The phone removes the files from its gallery too"`
		}
	}
	labelConversationRequest struct {
		ConversationPath
		Body struct {
			Labels []engine.LabelID `json:"labels" maxItems:"100" nullable:"false" doc:"The IDs of all labels that it is to have"`
		}
	}
)

func (s *Server) chatStateRoutes() {
	const tag, one = "Conversations", "/v1/conversations/{conversation}"
	asked := []int{invalid400, missing, conflict, tooLarge, unprocessed}
	operation(s, route("PATCH", one, "changeConversation", tag, "Archive, pin, mute, or mark as read or unread, on all devices", 200, asked...), s.changeConversation)
	operation(s, route("POST", one+"/clear", "clearConversation", tag, "Remove the messages from the account; the lead keeps theirs", 204, asked...), s.clearConversation)
	operation(s, route("DELETE", one, "deleteConversation", tag, "Remove the conversation from the account, until the next message", 204, missing, conflict), s.deleteConversation)
	operation(s, route("PUT", one+"/messages/{message}/star", "starMessage", tag, "Put a star on a message", 204, missing, conflict), s.starMessage)
	operation(s, route("DELETE", one+"/messages/{message}/star", "unstarMessage", tag, "Take the star off a message", 204, missing, conflict), s.unstarMessage)
	operation(s, route("POST", one+"/messages/{message}/remove", "removeMessage", tag, "Delete a message for the account only", 204, missing, conflict), s.removeMessage)
	operation(s, route("PUT", one+"/labels", "labelConversation", tag, "Set which labels a conversation has", 200, asked...), s.labelConversation)
	s.labelRoutes()
	s.callRoutes()
	s.contactRoutes()
}

// tell makes WhatsApp's state of a seat's chats what a fact says.
func (s *Server) tell(ctx context.Context, seat engine.SeatKey, change engine.Fact) error {
	return engine.Call(ctx, s.config.Seats, seat, func(ctx context.Context, client engine.ChatStateClient) error {
		return client.ChangeState(ctx, change)
	})
}

// chatEnd returns the conversation in a path as WhatsApp knows it.
func (s *Server) chatEnd(ctx context.Context, path *ConversationPath) (engine.SeatKey, engine.Party, engine.MessageRef, error) {
	if !isID(path.Conversation) {
		return engine.SeatKey{}, engine.Party{}, engine.MessageRef{}, noConversation()
	}
	seat, chat, last, err := s.tenant(ctx).ChatEnd(ctx, engine.ConversationID(path.Conversation))
	return seat, chat, last, notFound(err, noConversation())
}

func (s *Server) changeConversation(ctx context.Context, request *changeConversationRequest) (*conversationResponse, error) {
	seat, chat, last, err := s.chatEnd(ctx, &request.ConversationPath)
	if err != nil {
		return nil, err
	}
	change := engine.ChatChange{Chat: chat, Archived: request.Body.Archived, Pinned: request.Body.Pinned, Last: last}
	if until := request.Body.MutedUntil; until != nil {
		end := time.Time{}
		if until.After(s.config.Now()) {
			end = *until
		}
		change.MutedUntil = &end
	}
	if request.Body.Unread != nil {
		read := !*request.Body.Unread
		change.Read = &read
	}
	if err := s.tell(ctx, seat, change); err != nil {
		return nil, err
	}
	return s.getConversation(ctx, &request.ConversationPath)
}

func (s *Server) clearConversation(ctx context.Context, request *clearConversationRequest) (*struct{}, error) {
	seat, chat, last, err := s.chatEnd(ctx, &request.ConversationPath)
	if err != nil {
		return nil, err
	}
	return nil, s.tell(ctx, seat, engine.ChatCleared{
		Chat: chat, KeepStarred: request.Body.KeepStarred, DeleteMedia: request.Body.DeleteMedia, Last: last,
	})
}

func (s *Server) deleteConversation(ctx context.Context, request *ConversationPath) (*struct{}, error) {
	seat, chat, last, err := s.chatEnd(ctx, request)
	if err != nil {
		return nil, err
	}
	return nil, s.tell(ctx, seat, engine.ChatCleared{Chat: chat, Deleted: true, Last: last})
}

// chatMessage returns the message in a path as WhatsApp knows it.
func (s *Server) chatMessage(ctx context.Context, path *MessagePath) (engine.SeatKey, engine.Party, engine.MessageRef, error) {
	if !isID(path.Conversation) || !isID(path.Message) {
		return engine.SeatKey{}, engine.Party{}, engine.MessageRef{}, noMessage()
	}
	seat, chat, ref, err := s.tenant(ctx).ChatMessage(ctx, engine.ConversationID(path.Conversation), engine.MessageID(path.Message))
	return seat, chat, ref, notFound(err, noMessage())
}

func (s *Server) starMessage(ctx context.Context, request *MessagePath) (*struct{}, error) {
	return nil, s.star(ctx, request, true)
}

func (s *Server) unstarMessage(ctx context.Context, request *MessagePath) (*struct{}, error) {
	return nil, s.star(ctx, request, false)
}

func (s *Server) star(ctx context.Context, path *MessagePath, on bool) error {
	seat, chat, ref, err := s.chatMessage(ctx, path)
	if err != nil {
		return err
	}
	return s.tell(ctx, seat, engine.Starred{Chat: chat, Message: ref, On: on})
}

func (s *Server) removeMessage(ctx context.Context, request *MessagePath) (*struct{}, error) {
	seat, chat, ref, err := s.chatMessage(ctx, request)
	if err != nil {
		return nil, err
	}
	return nil, s.tell(ctx, seat, engine.MessageRemoved{Chat: chat, Message: ref})
}

// labelConversation puts labels on and takes labels off, one by one: WhatsApp
// knows no other way.
func (s *Server) labelConversation(ctx context.Context, request *labelConversationRequest) (*conversationResponse, error) {
	seat, chat, _, err := s.chatEnd(ctx, &request.ConversationPath)
	if err != nil {
		return nil, err
	}
	before, err := s.getConversation(ctx, &request.ConversationPath)
	if err != nil {
		return nil, err
	}
	changes := map[engine.LabelID]bool{}
	for _, id := range request.Body.Labels {
		changes[id] = true
	}
	for _, id := range before.Body.Labels {
		if changes[id] {
			delete(changes, id)
		} else {
			changes[id] = false
		}
	}
	known := map[engine.LabelID]string{}
	for id := range changes {
		if _, known[id], err = s.label(ctx, &LabelPath{SeatPath: SeatPath{Seat: string(seat.Seat)}, Label: string(id)}); err != nil {
			return nil, err
		}
	}
	for id, on := range changes {
		if err := s.tell(ctx, seat, engine.Labelled{Label: known[id], Chat: chat, On: on}); err != nil {
			return nil, err
		}
	}
	return s.getConversation(ctx, &request.ConversationPath)
}
