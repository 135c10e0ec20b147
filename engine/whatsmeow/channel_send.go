package whatsmeow

import (
	"context"
	"time"

	wm "go.mau.fi/whatsmeow"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"

	"github.com/myaibud/aibud/engine"
)

// How far back a channel's message is looked for to which a reaction or a vote
// is to go: so many pages of so many messages.
const (
	channelPages = 5
	channelPage  = 100
)

// toPost hands a reaction to a message of a channel, or a vote in its poll, to
// WhatsApp. Neither is a message there, nor encrypted: the library has no way
// to send a vote, and awaits no answer to a reaction.
func (s *session) toPost(ctx context.Context, to types.JID, draft engine.Draft) (engine.Accepted, error) {
	if err := draft.Check(); err != nil {
		return engine.Accepted{}, err
	}
	serverID, err := s.postNumber(ctx, to, draft.Target)
	if err != nil {
		return engine.Accepted{}, err
	}
	stanza := reactionToPost(to, draft.WhatsAppID, serverID, draft.Text)
	if draft.Kind == engine.KindVote {
		stanza = voteInPost(to, draft, serverID)
	}
	answer, err := exchange(ctx, s.wm, draft.WhatsAppID, stanza)
	if err = acknowledged(answer, err); err != nil {
		return engine.Accepted{}, queryError(err, channelWords)
	}
	at := time.Now()
	if told := answer.AttrGetter().OptionalUnixTime("t"); !told.IsZero() {
		at = told
	}
	return engine.Accepted{At: at, To: engine.Party{Room: draft.To.Room}}, nil
}

// reactionToPost reacts with an emoji, or takes that back if it is empty.
func reactionToPost(to types.JID, id string, serverID int, emoji string) waBinary.Node {
	attrs, reaction := waBinary.Attrs{"to": to, "id": id, "server_id": serverID, "type": "reaction"}, waBinary.Attrs{}
	if emoji != "" {
		reaction["code"] = emoji
	} else {
		attrs["edit"] = string(types.EditAttributeSenderRevoke)
	}
	return waBinary.Node{Tag: "message", Attrs: attrs, Content: []waBinary.Node{{Tag: "reaction", Attrs: reaction}}}
}

// voteInPost is as WhatsApp Web makes it
// (WASmaxOutMessagePublishNewsletterPollVoteMixin).
func voteInPost(to types.JID, draft engine.Draft, serverID int) waBinary.Node {
	var votes []waBinary.Node
	for _, hash := range wm.HashPollOptions(draft.Content.Vote.Options) {
		votes = append(votes, waBinary.Node{Tag: "vote", Content: hash})
	}
	return waBinary.Node{
		Tag: "message", Attrs: waBinary.Attrs{"to": to, "id": draft.WhatsAppID, "server_id": serverID, "type": "poll"},
		Content: []waBinary.Node{
			{Tag: "meta", Attrs: waBinary.Attrs{"polltype": "vote"}},
			{Tag: "votes", Content: votes},
		},
	}
}

// postNumber finds the number by which a channel knows a message.
func (s *session) postNumber(ctx context.Context, channel types.JID, id string) (int, error) {
	before := 0
	for range channelPages {
		page, err := s.wm.GetNewsletterMessages(ctx, channel, &wm.GetNewsletterMessagesParams{Count: channelPage, Before: before})
		if err != nil {
			return 0, queryError(err, channelWords)
		}
		oldest := before
		for _, post := range page {
			if post == nil {
				continue
			}
			if post.MessageID == id {
				return post.MessageServerID, nil
			}
			if oldest == 0 || post.MessageServerID < oldest {
				oldest = post.MessageServerID
			}
		}
		if len(page) == 0 || oldest == before {
			break
		}
		before = oldest
	}
	return 0, engine.Errorf(engine.CodeNotFound, "The channel has that message no more, or it is too old. Look at it on the phone.")
}
