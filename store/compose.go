package store

import (
	"context"
	"errors"
	"time"

	"github.com/myaibud/aibud/engine"
)

// WhatsApp's own limits for changing what was sent: its clients refuse to
// after these times.
const (
	editTime   = 15 * time.Minute
	revokeTime = 60 * time.Hour
)

const userNameQuery = `SELECT COALESCE((SELECT u.name FROM users u WHERE u.tenant = $1 AND u.id = $2), '')`

// compose makes a user's message ready for the outbox.
func (t *tx) compose(ctx context.Context, v *thread, draft engine.NewMessage) (message, error) {
	name, err := one(ctx, t, column[string], userNameQuery, t.tenant, draft.User)
	if err != nil {
		return message{}, err
	}
	m := message{Message: engine.Message{
		Author: engine.AuthorUser, User: draft.User, UserName: name, Kind: draft.Kind, Text: draft.Text, Content: draft.Content,
	}, key: draft.IdempotencyKey}
	if draft.ReplyTo != "" {
		quoted, err := t.referred(ctx, v, draft.ReplyTo)
		if err != nil {
			return message{}, err
		}
		content := engine.Content{}
		if m.Content != nil {
			content = *m.Content
		}
		content.Quote = &engine.Quote{
			WhatsAppID: quoted.WhatsAppID, FromMe: quoted.Direction == engine.Outbound, Kind: quoted.Kind, Text: quoted.Text,
		}
		if content.Quote.Sender, err = t.addressOf(ctx, quoted.Sender.Contact); err != nil {
			return message{}, err
		}
		m.Content = &content
	}
	if !m.Kind.Amends() {
		return m, t.composeMedia(ctx, &m)
	}
	target, err := t.referred(ctx, v, draft.Target)
	if err != nil {
		return message{}, err
	}
	m.Target, m.TargetFromMe, m.Hidden = target.WhatsAppID, target.Direction == engine.Outbound, true
	m.TargetSender = target.Sender.Contact
	return m, changeable(&m, &target, t.now)
}

// referred loads a message of a conversation that another one is about.
func (t *tx) referred(ctx context.Context, v *thread, id engine.MessageID) (message, error) {
	m, err := one(ctx, t, scanMessage, messageQuery, t.tenant, id)
	if err == nil && m.Conversation != v.id {
		err = errNoRow
	}
	if errors.Is(err, errNoRow) {
		return message{}, engine.Errorf(engine.CodeNotFound, "The message that this one is about isn't in this conversation.")
	}
	if err != nil {
		return message{}, err
	}
	if m.Direction == engine.Outbound && m.Delivery.Rank() < engine.Sent.Rank() {
		return message{}, engine.Errorf(engine.CodeConflict, "That message has not been sent yet. Wait until it has.")
	}
	return m, nil
}

// changeable says why a user can't change the target as m says, or nil.
func changeable(m, target *message, now time.Time) error {
	switch {
	case target.Kind.Amends() || target.Kind == engine.KindWaiting:
		return engine.Errorf(engine.CodeConflict, "That message can't be changed or reacted to.")
	case !target.RevokedAt.IsZero():
		return engine.Errorf(engine.CodeConflict, "That message was deleted.")
	case m.Kind == engine.KindVote && (target.Content == nil || target.Content.Poll == nil):
		return engine.Errorf(engine.CodeInvalid, "That message is not a poll.")
	case m.Kind == engine.KindVote:
		return checkChoice(m.Content.Vote.Options, target.Content.Poll)
	case m.Kind == engine.KindReaction:
		return nil
	case target.Direction != engine.Outbound:
		return engine.Errorf(engine.CodeForbidden, "Only the seat's own messages can be edited or deleted.")
	case m.Kind == engine.KindEdit && target.Kind != engine.KindText:
		return engine.Errorf(engine.CodeInvalid, "Only texts can be edited.")
	case m.Kind == engine.KindEdit && now.Sub(target.At) > editTime:
		return engine.Errorf(engine.CodeConflict, "WhatsApp lets a message be edited for 15 minutes only. Send a new one.")
	case m.Kind == engine.KindRevoke && now.Sub(target.At) > revokeTime:
		return engine.Errorf(engine.CodeConflict, "WhatsApp lets a message be deleted for everyone for 60 hours only.")
	}
	return nil
}

func checkChoice(options []string, poll *engine.Poll) error {
	if len(chosen(&engine.Vote{Options: options}, poll)) != len(options) {
		return engine.Errorf(engine.CodeInvalid, "The poll doesn't have such an option, or one was given twice.")
	}
	if poll.Selectable > 0 && len(options) > poll.Selectable {
		return engine.Errorf(engine.CodeInvalid, "At most %d options of this poll can be chosen.", poll.Selectable)
	}
	return nil
}

// sentChange applies a change that WhatsApp has accepted to its target.
func (t *tx) sentChange(ctx context.Context, m *message) error {
	if !m.Kind.Amends() {
		return nil
	}
	target, err := t.target(ctx, m)
	if errors.Is(err, errNoRow) {
		return nil
	}
	if err != nil {
		return err
	}
	if !m.Hidden { // it had failed and was tried again
		m.Hidden = true
		if _, err := t.exec(ctx, hideQuery, t.tenant, m.ID); err != nil {
			return err
		}
	}
	return t.apply(ctx, m, &target)
}

const unhideQuery = `UPDATE messages SET hidden = false WHERE tenant = $1 AND id = $2`

// unhide shows a change by itself.
func (t *tx) unhide(ctx context.Context, m *message) error {
	m.Hidden = false
	_, err := t.exec(ctx, unhideQuery, t.tenant, m.ID)
	return err
}
