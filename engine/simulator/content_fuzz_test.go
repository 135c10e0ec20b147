package simulator

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// FuzzPhoneTakesAnything throws decrypted messages at a phone, as another client may write them.
func FuzzPhoneTakesAnything(f *testing.F) {
	key := &waCommon.MessageKey{ID: proto.String("0"), FromMe: proto.Bool(true), RemoteJID: proto.String("1@lid")}
	for _, seed := range []*waE2E.Message{
		{Conversation: proto.String("text")},
		{ReactionMessage: &waE2E.ReactionMessage{Key: key, Text: proto.String("👍")}},
		{EncReactionMessage: &waE2E.EncReactionMessage{TargetMessageKey: key, EncIV: []byte("iv")}},
		{PollUpdateMessage: &waE2E.PollUpdateMessage{PollCreationMessageKey: key}},
		{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum()}},
		{ProtocolMessage: &waE2E.ProtocolMessage{Key: key, Type: waE2E.ProtocolMessage_REVOKE.Enum()}},
		{SecretEncryptedMessage: &waE2E.SecretEncryptedMessage{TargetMessageKey: key, SecretEncType: waE2E.SecretEncryptedMessage_MESSAGE_EDIT.Enum()}},
		{EphemeralMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{ViewOnceMessage: &waE2E.FutureProofMessage{}}}},
		{PollCreationMessage: &waE2E.PollCreationMessage{Options: []*waE2E.PollCreationMessage_Option{{}}}},
		{InteractiveMessage: &waE2E.InteractiveMessage{}},
		{TemplateMessage: &waE2E.TemplateMessage{}},
		{ListMessage: &waE2E.ListMessage{}},
		{ButtonsResponseMessage: &waE2E.ButtonsResponseMessage{}},
		{EventMessage: &waE2E.EventMessage{Location: &waE2E.LocationMessage{}}},
	} {
		raw, err := proto.Marshal(seed)
		require.NoError(f, err)
		f.Add(raw)
	}
	s, err := Start(f.Context(), Config{Keep: 50})
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, s.Close()) })
	p, err := s.AddPhone("27821234567", "")
	require.NoError(f, err)
	other, err := s.AddPhone("27839876543", "")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, raw []byte) {
		message, err := decodeMessage(raw)
		if err != nil {
			return
		}
		outlineOf(message)
		p.mu.Lock()
		for i, from := range []*account{other.account, p.account} {
			p.take(&Message{
				ID: newMessageID(), From: from.number, FromMe: i == 1, chat: other.account.hid(), author: from.hid(), Timestamp: s.clock.Now(),
			}, message, raw)
			p.take(&Message{ID: "0", From: from.number, chat: other.account.hid(), author: from.hid()}, message, raw)
		}
		last := p.messages[len(p.messages)-1]
		p.webMessage(last, last.chat)
		p.mu.Unlock()
		require.NotEmpty(t, p.Messages(0))
		quoted(last)
	})
}
