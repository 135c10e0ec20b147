package whatsmeow

import (
	"context"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

// maxChoices bounds how many options of a poll a vote may name.
const maxChoices = 64

// unsealed reads what is encrypted once more, with the secret of the message
// that it is about: votes, and reactions and edits in some chats. The library
// keeps those secrets in the store of keys, so this works after a restart too.
// What can't be read stays of an unknown kind.
func (s *session) unsealed(ctx context.Context, evt *events.Message, c content) content {
	msg := evt.Message
	var err error
	switch {
	case msg.GetPollUpdateMessage() != nil:
		var vote *waE2E.PollVoteMessage
		if vote, err = s.wm.DecryptPollVote(ctx, evt); err == nil {
			chosen := &engine.Vote{Options: []string{}, Hashes: vote.GetSelectedOptions()}
			chosen.Hashes = chosen.Hashes[:min(len(chosen.Hashes), maxChoices)]
			return content{kind: engine.KindVote, more: engine.Content{Vote: chosen}, key: c.key}
		}
	case msg.GetEncReactionMessage() != nil:
		var reaction *waE2E.ReactionMessage
		if reaction, err = s.wm.DecryptReaction(ctx, evt); err == nil {
			return content{kind: engine.KindReaction, text: reaction.GetText(), key: msg.GetEncReactionMessage().GetTargetMessageKey()}
		}
	case msg.GetSecretEncryptedMessage().GetSecretEncType() == waE2E.SecretEncryptedMessage_MESSAGE_EDIT:
		var edited *waE2E.Message
		if edited, err = s.wm.DecryptSecretEncryptedMessage(ctx, evt); err == nil {
			return editOf(edited, c)
		}
	}
	if err != nil {
		s.client.log.Info("a message could not be read with the secret of the one it is about", "error", harmless(err))
	}
	return c
}

// editOf reads a decrypted edit: the new message, or the protocol message
// that plain edits have.
func editOf(edited *waE2E.Message, sealed content) content {
	c, ok := contentOf(edited)
	switch {
	case !ok:
		return sealed
	case c.kind == engine.KindEdit:
		c.key = sealed.key
		return c
	}
	return content{kind: engine.KindEdit, text: c.text, key: sealed.key}
}
