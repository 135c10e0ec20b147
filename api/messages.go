package api

import (
	"context"
	"strings"
	"time"

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
		KeyHeader
		Body NewMessage
	}
	// KeyHeader makes a request that may be repeated.
	KeyHeader struct {
		IdempotencyKey string `header:"Idempotency-Key" maxLength:"128" doc:"Chosen by the client. A request that is repeated with the same key does nothing more and returns the message of the first one, whatever became of it since; with another content it is a conflict. Keys count for the user who gives them and never expire"`
	}
	// MessagePath names a message.
	MessagePath struct {
		ConversationPath
		Message string `path:"message" doc:"The message's ID"`
	}
	messageResponse struct {
		Body engine.MessageView
	}
)

// MessageList is a part of a conversation.
type MessageList struct {
	Items      []engine.MessageView `json:"items" nullable:"false" doc:"The newest first. What is scheduled stands at its time, before all others"`
	NextCursor string               `json:"next_cursor" doc:"Asks for older ones; empty at the end"`
}

// NewMessage is a message to send: a text, a place, contact cards, a poll or a
// file.
type NewMessage struct {
	Text      string           `json:"text,omitempty" doc:"1 to 65,536 characters, not only blanks; of a poll, the question" example:"The viewing is at three."`
	ReplyTo   string           `json:"reply_to,omitempty" maxLength:"64" doc:"The ID of the message that this one answers"`
	Location  *engine.Location `json:"location,omitempty" doc:"Send a place"`
	Cards     []engine.Card    `json:"cards,omitempty" maxItems:"257" doc:"Send contact cards"`
	Poll      *engine.Poll     `json:"poll,omitempty" doc:"Send a poll, whose question is the text"`
	Media     *NewMedia        `json:"media,omitempty" doc:"Send a file"`
	Mentions  []string         `json:"mentions,omitempty" maxItems:"100" nullable:"false" doc:"Whom the text mentions: phone numbers, or addresses as answers have them. In the text each stands as @ and the digits, such as @27821234567"`
	Forwarded bool             `json:"forwarded,omitempty" doc:"Show it as a message that was forwarded"`
	SendAt    *time.Time       `json:"send_at,omitempty" doc:"Send it at this time, at most a year ahead; until then it can be changed and taken back. It needs a running server and a connected seat: what could not be sent within 12 hours of its time fails. Absent: at once"`
}

// draft says what is to be sent.
func (m *NewMessage) draft() (engine.NewMessage, error) {
	draft := engine.NewMessage{Kind: engine.KindText, Text: m.Text, ReplyTo: engine.MessageID(m.ReplyTo)}
	if m.SendAt != nil {
		draft.SendAt = *m.SendAt
	}
	kinds := 0
	for kind, content := range map[engine.Kind]*engine.Content{
		engine.KindLocation: {Location: m.Location}, engine.KindContact: {Cards: m.Cards}, engine.KindPoll: {Poll: m.Poll},
	} {
		if !content.Empty() {
			kinds++
			draft.Kind, draft.Content = kind, content
		}
	}
	if m.Media != nil {
		kinds++
	}
	if kinds > 1 {
		return draft, invalid("body", "Send one of a place, contact cards, a poll and a file at a time.")
	}
	if m.Media != nil {
		return draft, m.Media.check(m.Text)
	}
	if draft.Kind == engine.KindText {
		return draft, checkText(m.Text)
	}
	if (draft.Kind == engine.KindLocation || draft.Kind == engine.KindContact) && m.Text != "" {
		return draft, invalid("body.text", "A place and contact cards have no text of their own. Send it as a message before or after.")
	}
	return draft, nil
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
	draft, err := request.Body.draft()
	if err != nil {
		return nil, err
	}
	if err := request.check(); err != nil {
		return nil, err
	}
	if draft.ReplyTo != "" && !isID(request.Body.ReplyTo) {
		return nil, invalid("body.reply_to", "There is no such message.")
	}
	draft.User, draft.IdempotencyKey = userOf(ctx).ID, request.IdempotencyKey
	if request.Body.Media != nil {
		if err := s.attach(ctx, &draft, request.Body.Media); err != nil {
			return nil, err
		}
	}
	if err := s.around(ctx, &draft, &request.Body); err != nil {
		return nil, err
	}
	return s.send(ctx, request.Conversation, draft)
}

// around adds what goes with every kind of content.
func (s *Server) around(ctx context.Context, draft *engine.NewMessage, body *NewMessage) error {
	if len(body.Mentions) == 0 && !body.Forwarded {
		return nil
	}
	people, err := s.people(ctx, nil, body.Mentions)
	if err != nil {
		return err
	}
	for _, who := range people {
		if digits, _, _ := strings.Cut(string(who), "@"); !strings.Contains(draft.Text, "@"+digits) {
			return invalid("body.mentions", "The text has no place where it mentions one of these people. Write @ and the digits there.")
		}
	}
	content := engine.Content{}
	if draft.Content != nil {
		content = *draft.Content
	}
	content.Mentions = people
	if body.Forwarded {
		content.Forwarded = 1
	}
	draft.Content = &content
	return nil
}

func (k KeyHeader) check() error {
	if !printable(k.IdempotencyKey) {
		return invalid("header.Idempotency-Key", "The header Idempotency-Key takes printable ASCII only.")
	}
	return nil
}

func (s *Server) getMessage(ctx context.Context, request *MessagePath) (*messageResponse, error) {
	if !isID(request.Conversation) || !isID(request.Message) {
		return nil, noMessage()
	}
	view, err := s.tenant(ctx).Message(ctx, engine.ConversationID(request.Conversation), engine.MessageID(request.Message))
	if err != nil {
		return nil, notFound(err, noMessage())
	}
	return &messageResponse{Body: view}, nil
}

func (s *Server) send(ctx context.Context, conversation string, draft engine.NewMessage) (*messageResponse, error) {
	view, err := s.tenant(ctx).Send(ctx, engine.ConversationID(conversation), draft)
	if engine.CodeOf(err) == engine.CodeNotFound && draft.Target != "" {
		return nil, noMessage()
	}
	return message(view, err)
}

func (s *Server) retryMessage(ctx context.Context, request *MessagePath) (*messageResponse, error) {
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
