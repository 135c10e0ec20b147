package simulator

import (
	"fmt"
	"net/http"
	"time"
)

const (
	// maxHistoryCall bounds the call that gives a phone its past.
	maxHistoryCall = 64 << 20
	maxGenerated   = 10_000 // messages in a made-up chat
)

func (s *Server) historyCalls() map[string]func(*http.Request) (int, any, error) {
	return map[string]func(*http.Request) (int, any, error){
		"POST /control/phones/{number}/history": s.controlSetHistory,
		"GET /control/phones/{number}/history":  s.controlHistory,
	}
}

// pastMessageBody is a message of the past: who wrote it and when, and one content as in a message to send.
type pastMessageBody struct {
	ID        string    `json:"id"`
	From      string    `json:"from"`
	FromMe    bool      `json:"from_me"`
	At        time.Time `json:"at"`
	Receipt   string    `json:"receipt"`
	Starred   bool      `json:"starred"`
	Reactions []Reacted `json:"reactions"`
	outgoingBody
}

func (b *pastMessageBody) message() (HistoryMessage, error) {
	if b.To != "" {
		return HistoryMessage{}, fmt.Errorf("%w to: a message of the past goes to its chat", ErrInvalid)
	}
	for _, addition := range [][]Content{given(b.Vote), given(b.Reaction), given(b.Comment), given(b.Edit), given(b.Revoke), given(b.Pin), given(b.Keep)} {
		if len(addition) > 0 {
			return HistoryMessage{}, fmt.Errorf("%w message: the past tells of messages as they are, with reactions in reactions", ErrInvalid)
		}
	}
	content, err := b.content()
	if err != nil {
		return HistoryMessage{}, err
	}
	out := HistoryMessage{
		ID: b.ID, From: b.From, FromMe: b.FromMe, At: b.At, Receipt: b.Receipt, Starred: b.Starred, Reactions: b.Reactions,
		Content: content, ReplyTo: b.ReplyTo,
	}
	b.ReplyTo = "" // its message is in the past too
	out.Options = b.options()
	return out, nil
}

type pastMemberBody struct {
	Number  string    `json:"number"`
	Admin   bool      `json:"admin"`
	Left    time.Time `json:"left"`
	Removed bool      `json:"removed"`
}

type pastChatBody struct {
	With         string            `json:"with"`
	Name         string            `json:"name"`
	Messages     []pastMessageBody `json:"messages"`
	Unread       int               `json:"unread"`
	MarkedUnread bool              `json:"marked_unread"`
	Archived     bool              `json:"archived"`
	Pinned       bool              `json:"pinned"`
	MutedUntil   time.Time         `json:"muted_until"`
	Expires      int               `json:"expires"` // seconds
	Members      []pastMemberBody  `json:"members"`
	Former       []pastMemberBody  `json:"former"`
}

func (b *pastChatBody) chat() (HistoryChat, error) {
	expires, err := span(b.Expires)
	if err != nil {
		return HistoryChat{}, err
	}
	out := HistoryChat{
		With: b.With, Name: b.Name, Unread: b.Unread, MarkedUnread: b.MarkedUnread, Archived: b.Archived, Pinned: b.Pinned,
		MutedUntil: b.MutedUntil, Expires: expires,
	}
	for i := range b.Messages {
		m, err := b.Messages[i].message()
		if err != nil {
			return HistoryChat{}, fmt.Errorf("message %d: %w", i+1, err)
		}
		out.Messages = append(out.Messages, m)
	}
	for _, m := range b.Members {
		out.Members = append(out.Members, HistoryMember(m))
	}
	for _, m := range b.Former {
		out.Former = append(out.Former, HistoryMember(m))
	}
	return out, nil
}

func (s *Server) controlSetHistory(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Chats    []pastChatBody `json:"chats"`
		Generate struct {
			Chats    int `json:"chats"`
			Messages int `json:"messages"`
		} `json:"generate"`
	}
	if err = decode(r, &body); err != nil {
		return 0, nil, err
	}
	if n := body.Generate; n.Chats < 0 || n.Messages < 0 || n.Chats > maxHistoryChats || n.Messages > maxGenerated {
		return 0, nil, fmt.Errorf("%w generate: 0 to %d chats of 0 to %d messages", ErrInvalid, maxHistoryChats, maxGenerated)
	}
	var wrong error
	err = p.SetHistory(r.Context(), func(yield func(HistoryChat) bool) {
		for i := range body.Chats {
			chat, err := body.Chats[i].chat()
			if err != nil {
				wrong = fmt.Errorf("chat %d: %w", i+1, err)
				// A chat that nobody can have ends the call without a change.
				yield(HistoryChat{})
				return
			}
			if !yield(chat) {
				return
			}
		}
		for chat := range ChatsOf(body.Generate.Chats, body.Generate.Messages) {
			if !yield(chat) {
				return
			}
		}
	})
	if wrong != nil {
		err = wrong
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.History(), nil
}

func (s *Server) controlHistory(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, p.History(), nil
}
