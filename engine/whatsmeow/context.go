package whatsmeow

import (
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/myaibud/aibud/engine"
)

// contextual is a part of a message that can answer another one.
type contextual interface {
	GetContextInfo() *waE2E.ContextInfo
}

// contextOf returns what a message says around its content, whichever part of
// it says so; nil for nothing.
func contextOf(msg *waE2E.Message) (found *waE2E.ContextInfo) {
	msg.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Kind() != protoreflect.MessageKind || field.IsList() || field.IsMap() {
			return true
		}
		if part, ok := value.Message().Interface().(contextual); ok {
			found = part.GetContextInfo()
		}
		return found == nil
	})
	return found
}

// maxMentions bounds what anyone may put into a message.
const maxMentions = 1024

// around reads what goes with every kind of content: an answered message,
// mentions, forwarding, and that it disappears. Whose the answered message is
// depends on the reader: see session.quoteOwner.
func (c *content) around(info *waE2E.ContextInfo) {
	if info == nil {
		return
	}
	if info.GetStanzaID() != "" {
		quoted, _ := contentOf(info.GetQuotedMessage())
		c.more.Quote = &engine.Quote{WhatsAppID: clean(info.GetStanzaID()), Kind: quoted.kind, Text: clean(quoted.text)}
	}
	for _, mention := range info.GetMentionedJID() {
		jid, err := types.ParseJID(mention)
		if a := address(jid); err == nil && a != "" && len(c.more.Mentions) < maxMentions {
			c.more.Mentions = append(c.more.Mentions, a)
		}
	}
	if info.GetIsForwarded() {
		c.more.Forwarded = max(1, int(info.GetForwardingScore()))
	}
	c.more.ExpiresIn = int(info.GetExpiration())
}

// quoteOwner notes whether an answered message is the seat's own, and whose it
// is otherwise, in a room.
func (s *session) quoteOwner(c *content, info *waE2E.ContextInfo, inRoom bool) {
	if c.more.Quote == nil {
		return
	}
	jid, err := types.ParseJID(info.GetParticipant())
	if err != nil {
		return
	}
	c.more.Quote.FromMe = s.isSelf(jid)
	if inRoom && !c.more.Quote.FromMe {
		c.more.Quote.Sender = address(jid)
	}
}
