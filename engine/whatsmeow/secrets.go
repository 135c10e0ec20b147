package whatsmeow

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

// secretStore is [store.MsgSecretStore] of one connection. Most messages come with
// a secret, which by itself the library writes into a table of its own for
// each of them. Here it goes with the message to the sink, which stores both in
// one write. A secret of a message that the sink doesn't get is written to the
// library's table before the message is acknowledged. One of a message that is
// sent is written there before it is sent, together with the sessions if the
// message goes to a person.
type secretStore struct {
	store.MsgSecretStore
	session *session

	mu    sync.Mutex
	fresh map[types.MessageID]*secret // of messages that are being handled
}

// secret is what came with one message.
type secret struct {
	chat, sender types.JID
	key          []byte
	taken        bool // it went to the sink
}

// maxFresh bounds the secrets that wait for their message to be handled.
// The library handles one after the other, and goes on only with one that
// takes minutes.
const maxFresh = 16

func newSecrets(s *session, table store.MsgSecretStore) *secretStore {
	return &secretStore{MsgSecretStore: table, session: s}
}

// PutMessageSecret keeps the secret of a message that came in until the
// message is handled, which is the next thing that the library does
// (whatsmeow, message.go, handleDecryptedMessage).
func (s *secretStore) PutMessageSecret(ctx context.Context, chat, sender types.JID, id types.MessageID, key []byte) error {
	if sends, ok := ctx.Value(sendingKey{}).(*sending); ok && person(chat) {
		sends.secret = func(ctx context.Context) error {
			return s.MsgSecretStore.PutMessageSecret(ctx, chat, sender, id, key)
		}
		return nil
	}
	s.mu.Lock()
	_, sends := ctx.Value(sendingKey{}).(*sending)
	keep := !sends && len(s.fresh) < maxFresh
	if keep {
		if s.fresh == nil {
			s.fresh = make(map[types.MessageID]*secret)
		}
		s.fresh[id] = &secret{chat: chat.ToNonAD(), sender: sender.ToNonAD(), key: key}
	}
	s.mu.Unlock()
	if keep {
		return nil
	}
	return s.MsgSecretStore.PutMessageSecret(ctx, chat, sender, id, key)
}

// copied prepares a message that the phone sent in place of one that could not
// be decrypted: the library reads no secret from such a copy. And a copy may
// name its writer by number, while WhatsApp's clients write by LID, and seal
// with the address that they write by.
func (s *session) copied(ctx context.Context, evt *events.Message) {
	if evt.UnavailableRequestID == "" {
		return
	}
	if person(evt.Info.Chat) {
		if lid, err := s.as(ctx, evt.Info.Sender, byLID); err == nil {
			evt.Info.Sender = lid
		}
	}
	key := evt.Message.GetMessageContextInfo().GetMessageSecret()
	if len(key) == 0 {
		return
	}
	if err := s.secrets.PutMessageSecret(ctx, evt.Info.Chat, evt.Info.Sender, evt.Info.ID, key); err != nil {
		s.client.log.Warn("the secret of a message from the phone could not be kept", "error", harmless(err))
	}
}

// take returns a message's secret for the sink, or nil if there is none.
func (s *secretStore) take(id types.MessageID) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.fresh[id]
	if found == nil {
		return nil
	}
	found.taken = true
	return found.encode()
}

// settle is called when a message was handled. It reports whether its secret
// is stored.
func (s *secretStore) settle(ctx context.Context, id types.MessageID) bool {
	s.mu.Lock()
	found := s.fresh[id]
	delete(s.fresh, id)
	s.mu.Unlock()
	if found == nil || found.taken {
		return true
	}
	err := s.MsgSecretStore.PutMessageSecret(ctx, found.chat, found.sender, id, found.key)
	if err != nil {
		s.session.client.log.Warn("a message's secret could not be stored; WhatsApp will send the message again", "error", harmless(err))
		s.session.finish(engine.Disconnected{Detail: "The store of keys could not be written."})
	}
	return err == nil
}

// GetMessageSecret returns the secret of a message and who sent it, in the
// form of address that it had then.
func (s *secretStore) GetMessageSecret(ctx context.Context, chat, sender types.JID, id types.MessageID) ([]byte, types.JID, error) {
	key, owner, err := s.MsgSecretStore.GetMessageSecret(ctx, chat, sender, id)
	if err != nil || key != nil {
		return key, owner, err
	}
	var stored [][]byte
	s.session.client.guarded(func() {
		defer s.session.recovered("reading a message's secret")
		stored, err = s.session.sink.Secrets(s.session.client.life, id)
	})
	if err != nil {
		return nil, types.EmptyJID, fmt.Errorf("read the secret of a message: %w", err)
	}
	for _, text := range stored {
		found, ok := decodeSecret(text)
		if !ok {
			continue
		}
		same, err := s.same(ctx, found, chat, sender)
		if err != nil {
			return nil, types.EmptyJID, err
		}
		if same {
			return found.key, found.sender, nil
		}
	}
	return nil, types.EmptyJID, nil
}

// same says whether a secret is that of a message in a chat by a sender, under
// whichever of their addresses.
func (s *secretStore) same(ctx context.Context, found secret, chat, sender types.JID) (bool, error) {
	inChat, err := s.samePerson(ctx, found.chat, chat)
	if err != nil || !inChat {
		return false, err
	}
	return s.samePerson(ctx, found.sender, sender)
}

func (s *secretStore) samePerson(ctx context.Context, a, b types.JID) (bool, error) {
	a, b = plain(a), plain(b)
	if a == b || !person(a) || !person(b) || a.Server == b.Server {
		return a == b, nil
	}
	party, err := s.session.party(ctx, a, types.EmptyJID)
	if err != nil {
		return false, err
	}
	other := address(b)
	return other == party.Phone || other == party.LID, nil
}

// encode writes a secret as the sink keeps it: chat, sender if it is another
// one, and the key, with a space between.
func (s *secret) encode() []byte {
	sender := ""
	if s.sender != s.chat {
		sender = s.sender.String()
	}
	return append([]byte(s.chat.String()+" "+sender+" "), s.key...)
}

func decodeSecret(text []byte) (secret, bool) {
	parts := bytes.SplitN(text, []byte(" "), 3)
	if len(parts) != 3 {
		return secret{}, false
	}
	chat, err := types.ParseJID(string(parts[0]))
	if err != nil {
		return secret{}, false
	}
	sender := chat
	if len(parts[1]) > 0 {
		if sender, err = types.ParseJID(string(parts[1])); err != nil {
			return secret{}, false
		}
	}
	return secret{chat: chat, sender: sender, key: parts[2]}, true
}
