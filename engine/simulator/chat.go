package simulator

import (
	"fmt"
	"strings"

	"go.mau.fi/whatsmeow/types"
)

// A chat is known inside the server by one address: a person's LID, or the JID of a group, channel or broadcast list.

// resolve finds the chat that a number (with or without +) or an address names. ErrInvalid, ErrNotFound.
func (s *Server) resolve(to string) (types.JID, error) {
	if to == "" {
		return types.EmptyJID, fmt.Errorf("%w recipient: none given", ErrInvalid)
	}
	if !strings.Contains(to, "@") {
		a := s.directory.number(strings.TrimPrefix(to, "+"))
		if a == nil {
			return types.EmptyJID, fmt.Errorf("recipient %w", ErrNotFound)
		}
		return a.hid(), nil
	}
	jid, err := types.ParseJID(to)
	if err != nil {
		return types.EmptyJID, fmt.Errorf("%w address", ErrInvalid)
	}
	switch jid.Server {
	case types.GroupServer:
		return s.resolveGroup(jid)
	case types.BroadcastServer:
		if jid == types.StatusBroadcastJID {
			return jid, nil
		}
		return types.EmptyJID, fmt.Errorf("broadcast lists: %w", ErrUnsupported)
	case types.NewsletterServer:
		if _, err = s.newsletters.Get(jid.User, ""); err != nil {
			return types.EmptyJID, channelError(err)
		}
		return bare(jid), nil
	}
	a := s.directory.find(jid)
	if a == nil {
		return types.EmptyJID, fmt.Errorf("recipient %w", ErrNotFound)
	}
	return a.hid(), nil
}

// resolvePerson finds whom a number or address names; ErrInvalid for a chat that is no person.
func (s *Server) resolvePerson(to string) (*account, error) {
	chat, err := s.resolve(to)
	if err != nil {
		return nil, err
	}
	a := s.directory.find(chat)
	if a == nil {
		return nil, fmt.Errorf("%w recipient: a person is meant", ErrInvalid)
	}
	return a, nil
}

// chatName is how the control API and a phone's messages name a chat: people by number, all else by JID.
func (s *Server) chatName(chat types.JID) string {
	if a := s.directory.find(chat); a != nil {
		return a.number
	}
	return chat.String()
}

// chatAs writes a person's chat in the form (number or LID) that like has; other chats have one form only.
func (s *Server) chatAs(chat, like types.JID) types.JID {
	if isShared(like) {
		return chat
	}
	if a := s.directory.find(chat); a != nil {
		return a.as(like)
	}
	return chat
}

// chatOf reads a chat's address as a message names it.
func (s *Server) chatOf(address string) (types.JID, bool) {
	jid, err := types.ParseJID(address)
	if err != nil {
		return types.EmptyJID, false
	}
	if a := s.directory.find(jid); a != nil {
		return a.hid(), true
	}
	return jid, isShared(jid)
}
