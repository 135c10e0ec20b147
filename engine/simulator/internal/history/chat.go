package history

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"google.golang.org/protobuf/proto"
)

// ErrChat is a conversation that can't be kept.
var ErrChat = errors.New("history: a conversation needs an id")

// Chat is one conversation, encoded, so that many of them cost little.
type Chat struct {
	ID       string
	meta     []byte // the encoded Conversation without its messages
	messages []message
}

// message is one encoded HistorySyncMsg.
type message struct {
	at   uint64 // Unix seconds
	id   string
	data []byte
}

// NewChat encodes a conversation, whose messages may stand in any order. The conversation is not kept.
func NewChat(c *waHistorySync.Conversation) (*Chat, error) {
	if c.GetID() == "" {
		return nil, ErrChat
	}
	out := &Chat{ID: c.GetID(), messages: make([]message, 0, len(c.GetMessages()))}
	for _, m := range c.GetMessages() {
		data, err := proto.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("encode message: %w", err)
		}
		info := m.GetMessage()
		out.messages = append(out.messages, message{info.GetMessageTimestamp(), info.GetKey().GetID(), data})
	}
	// The newest first, as phones send them; what has one time stays in its order, the later of two before the earlier.
	slices.Reverse(out.messages)
	slices.SortStableFunc(out.messages, func(a, b message) int { return cmp.Compare(b.at, a.at) })
	messages := c.Messages
	c.Messages = nil
	meta, err := proto.Marshal(c)
	c.Messages = messages
	if err != nil {
		return nil, fmt.Errorf("encode conversation: %w", err)
	}
	out.meta = meta
	return out, nil
}

// Len is how many messages the conversation has.
func (c *Chat) Len() int { return len(c.messages) }

// Size is how many bytes it takes.
func (c *Chat) Size() int {
	size := len(c.meta)
	for _, m := range c.messages {
		size += len(m.data)
	}
	return size
}

// Newest is when the last message was written, in Unix seconds; 0 if there is none.
func (c *Chat) Newest() uint64 {
	if len(c.messages) == 0 {
		return 0
	}
	return c.messages[0].at
}

// Newer orders chats for the list: the one with the latest message first.
func Newer(a, b *Chat) int { return cmp.Compare(b.Newest(), a.Newest()) }

// Decode gives the conversation with its messages, the newest first.
func (c *Chat) Decode() (*waHistorySync.Conversation, error) {
	out := new(waHistorySync.Conversation)
	if err := proto.Unmarshal(c.meta, out); err != nil {
		return nil, fmt.Errorf("decode conversation: %w", err)
	}
	for _, m := range c.messages {
		one := new(waHistorySync.HistorySyncMsg)
		if err := proto.Unmarshal(m.data, one); err != nil {
			return nil, fmt.Errorf("decode message: %w", err)
		}
		out.Messages = append(out.Messages, one)
	}
	return out, nil
}

// before is where the messages before a given one begin: after the one with this id, or else after those that are not
// older than at (Unix seconds).
func (c *Chat) before(id string, at uint64) int {
	for i, m := range c.messages {
		if m.id == id {
			return i + 1
		}
	}
	for i, m := range c.messages {
		if m.at < at {
			return i
		}
	}
	return len(c.messages)
}
