package whatsmeow

import (
	"context"
	"errors"
	"time"

	wm "go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine"
)

// sealedPatience is how long what is sealed with the secret of another message
// waits for that one. Of an older one it never came, such as from before the
// seat was linked.
const sealedPatience = time.Hour

// maxChoices bounds how many options of a poll a vote may name.
const maxChoices = 64

// unsealed reads what is encrypted once more, with the secret of the message
// that it is about: votes, and reactions and edits in some chats. The library
// keeps those secrets in the store of keys, so this works after a restart too.
// What can't be read yet waits, and what never can be stays of an unknown kind.
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
	case msg.GetEncCommentMessage() != nil: // an answer in a community's announcements
		var comment *waE2E.Message
		if comment, err = s.wm.DecryptComment(ctx, evt); err == nil {
			return commentOf(comment, msg.GetEncCommentMessage().GetTargetMessageKey(), c)
		}
	case msg.GetSecretEncryptedMessage().GetSecretEncType() == waE2E.SecretEncryptedMessage_MESSAGE_EDIT:
		var edited *waE2E.Message
		if edited, err = s.wm.DecryptSecretEncryptedMessage(ctx, evt); err == nil {
			return editOf(edited, c)
		}
	}
	if errors.Is(err, wm.ErrOriginalMessageSecretNotFound) && time.Since(evt.Info.Timestamp) < sealedPatience {
		// The message that it is about has not come yet: the phone is asked for
		// this one later, and it is read anew.
		s.askSoon()
		c.kind = engine.KindWaiting
		return c
	}
	if err != nil {
		s.client.log.Info("a message could not be read with the secret of the one it is about", "error", harmless(err))
	}
	return c
}

// commentOf reads a decrypted comment: a message that answers another one.
func commentOf(comment *waE2E.Message, about *waCommon.MessageKey, sealed content) content {
	c, ok := contentOf(comment)
	if !ok || c.kind.Amends() {
		return sealed
	}
	if c.more.Quote == nil {
		c.more.Quote = &engine.Quote{WhatsAppID: clean(about.GetID())}
		if whose, err := types.ParseJID(about.GetParticipant()); err == nil {
			c.more.Quote.Sender = address(whose)
		}
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
