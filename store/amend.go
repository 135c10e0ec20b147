package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"

	"github.com/myaibud/aibud/engine"
)

const (
	targetQuery = `SELECT ` + messageColumns + ` FROM messages m
WHERE m.tenant = $1 AND m.seat = $2 AND m.whatsapp_id = $3 AND m.direction = $4 AND m.conversation = $5`
	targetOfQuery = targetQuery + ` AND m.sender = $6`
)

// target finds the message that another one changes, or returns errNoRow.
// Whoever changed a message in a room may not have said whose it is.
func (t *tx) target(ctx context.Context, m *message) (message, error) {
	direction := engine.Inbound
	if m.TargetFromMe {
		direction = engine.Outbound
	}
	query, args := targetQuery, []any{t.tenant, m.Seat, m.Target, direction, m.Conversation}
	if m.TargetSender != "" {
		query, args = targetOfQuery, append(args, m.TargetSender)
	}
	return one(ctx, t, scanMessage, query, args...)
}

// amend stores a message that changes another one and applies it. done is
// false if we don't have that one: the change is then shown by itself.
func (t *tx) amend(ctx context.Context, v *thread, m *message) (done bool, err error) {
	target, err := t.target(ctx, m)
	if errors.Is(err, errNoRow) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	m.Hidden = true
	added, err := t.insertMessage(ctx, m)
	if err != nil {
		return true, err
	}
	if !added {
		return true, t.resolveAmending(ctx, v, m)
	}
	if v.heard(m) {
		if err := t.saveThread(ctx, v); err != nil {
			return true, err
		}
	}
	if m.Author == engine.AuthorPhone && !m.history {
		// A person is at work in this conversation.
		if err := t.takeOver(ctx, v, m.At, m.Seq); err != nil {
			return true, err
		}
		if err := t.saveThread(ctx, v); err != nil {
			return true, err
		}
		if _, err := t.showConversation(ctx, v.id); err != nil {
			return true, err
		}
	}
	return true, t.apply(ctx, m, &target)
}

// apply changes the target as m says, and shows it if it looks different.
func (t *tx) apply(ctx context.Context, m, target *message) error {
	if err := t.judge(ctx, m, target); err != nil {
		return err
	}
	if late, err := t.overtaken(ctx, m); late || err != nil {
		return err
	}
	if !change(m, target) {
		return nil
	}
	if err := t.saveAmended(ctx, target); err != nil {
		return err
	}
	return t.showMessage(target)
}

const laterQuery = `SELECT COUNT(*) FROM messages m WHERE m.tenant = $1 AND m.conversation = $2 AND m.target = $3 AND m.target_from_me = $4
AND m.kind = $5 AND m.direction = $6 AND m.sender = $7 AND m.at > $8 AND m.delivery NOT IN ('queued', 'sending', 'failed', 'cancelled')`

// overtaken says whether a person has reacted or voted anew since: what was
// taken back leaves nothing on the target that would tell.
func (t *tx) overtaken(ctx context.Context, m *message) (bool, error) {
	if m.Kind != engine.KindReaction && m.Kind != engine.KindVote {
		return false, nil
	}
	later, err := one(ctx, t, column[int], laterQuery, t.tenant, m.Conversation, m.Target, m.TargetFromMe, m.Kind, m.Direction,
		m.Sender.Contact, millis(m.At))
	return later > 0, err
}

const saveAmendedQuery = `UPDATE messages SET text = $3, content = $4, raw = $5, marks = $6, edited_at = $7, revoked_at = $8
WHERE tenant = $1 AND id = $2`

func (t *tx) saveAmended(ctx context.Context, m *message) error {
	content, err := encodeContent(m.Content)
	if err != nil {
		return err
	}
	marks, err := encodeMarks(m.Marks)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, saveAmendedQuery, t.tenant, m.ID, m.Text, content, m.Raw, marks, millis(m.EditedAt), millis(m.RevokedAt))
	return err
}

// change applies m to its target and reports whether that looks different.
// What came later counts, in whatever order the changes arrive.
func change(m, target *message) bool {
	if target.deleted != 0 {
		return false
	}
	switch m.Kind {
	case engine.KindReaction:
		return target.RevokedAt.IsZero() && react(m, &target.Marks)
	case engine.KindVote:
		return target.RevokedAt.IsZero() && vote(m, target)
	case engine.KindEdit:
		return edit(m, target)
	case engine.KindRevoke:
		if !m.admin && !sameWriter(m, target) || !target.RevokedAt.IsZero() {
			return false
		}
		target.RevokedAt, target.Text, target.Content, target.Raw, target.Marks = m.At, "", nil, nil, engine.Marks{}
		return true
	default:
		return false
	}
}

// sameWriter says whether who changes a message wrote it.
func sameWriter(m, target *message) bool {
	return m.Direction == target.Direction && m.Sender.Contact == target.Sender.Contact
}

// react puts the one reaction that a person can have on a message, or takes
// it off.
func react(m *message, marks *engine.Marks) bool {
	mine, who := m.Direction == engine.Outbound, m.Sender
	i := slices.IndexFunc(marks.Reactions, func(r engine.Reaction) bool { return r.FromMe == mine && r.Contact == who.Contact })
	if i >= 0 {
		if marks.Reactions[i].At.After(m.At) || marks.Reactions[i].Emoji == m.Text {
			return false
		}
		marks.Reactions = slices.Delete(slices.Clone(marks.Reactions), i, i+1)
	}
	if m.Text != "" {
		marks.Reactions = append(marks.Reactions, engine.Reaction{
			FromMe: mine, Contact: who.Contact, Name: who.Name, Emoji: m.Text, At: m.At,
		})
	}
	return i >= 0 || m.Text != ""
}

// edit replaces the text of a message by its author's new one.
func edit(m, target *message) bool {
	if !sameWriter(m, target) || !target.RevokedAt.IsZero() || target.EditedAt.After(m.At) {
		return false
	}
	target.Text, target.EditedAt = m.Text, m.At
	return true
}

// vote puts a person's choice in a poll in the place of the one before.
func vote(m, target *message) bool {
	if m.Content == nil || m.Content.Vote == nil || target.Content == nil || target.Content.Poll == nil {
		return false
	}
	mine, who := m.Direction == engine.Outbound, m.Sender
	i := slices.IndexFunc(target.Marks.Ballots, func(b engine.Ballot) bool { return b.FromMe == mine && b.Contact == who.Contact })
	if i >= 0 {
		if target.Marks.Ballots[i].At.After(m.At) {
			return false
		}
		target.Marks.Ballots = slices.Delete(slices.Clone(target.Marks.Ballots), i, i+1)
	}
	if options := chosen(m.Content.Vote, target.Content.Poll); len(options) > 0 {
		target.Marks.Ballots = append(target.Marks.Ballots, engine.Ballot{
			FromMe: mine, Contact: who.Contact, Name: who.Name, Options: options, At: m.At,
		})
		return true
	}
	return i >= 0
}

// chosen names the options that a vote is for.
func chosen(v *engine.Vote, poll *engine.Poll) []string {
	var options []string
	for _, option := range poll.Options {
		sum := sha256.Sum256([]byte(option))
		if slices.Contains(v.Options, option) || slices.ContainsFunc(v.Hashes, func(h []byte) bool { return string(h) == string(sum[:]) }) {
			options = append(options, option)
		}
	}
	return options
}

const (
	changesQuery = `SELECT ` + messageColumns + ` FROM messages m
WHERE m.tenant = $1 AND m.conversation = $2 AND m.target = $3 AND m.target_from_me = $4 AND m.target_sender IN ('', $5)
AND m.kind IN ('reaction', 'edit', 'revoke', 'vote') AND m.delivery NOT IN ('queued', 'sending', 'failed', 'cancelled') ORDER BY m.at, m.seq`
	hideQuery = `UPDATE messages SET hidden = true WHERE tenant = $1 AND id = $2`
)

// catchUp applies to a message what was said about it before it came. The
// caller shows the message, and then what is returned: changes that were shown
// by themselves until now. The caller saves the thread.
func (t *tx) catchUp(ctx context.Context, v *thread, m *message) ([]message, error) {
	said, err := list(ctx, t, scanMessage, changesQuery, t.tenant, m.Conversation, m.WhatsAppID, m.Direction == engine.Outbound,
		m.Sender.Contact)
	if err != nil || len(said) == 0 {
		return nil, err
	}
	var hidden []message
	for i := range said {
		if err := t.judge(ctx, &said[i], m); err != nil {
			return nil, err
		}
		change(&said[i], m)
		if said[i].Hidden {
			continue
		}
		said[i].Hidden = true
		if _, err := t.exec(ctx, hideQuery, t.tenant, said[i].ID); err != nil {
			return nil, err
		}
		v.early = max(v.early-1, 0)
		t.quiet.hid(m.Conversation)
		hidden = append(hidden, said[i])
	}
	return hidden, t.saveAmended(ctx, m)
}

func (t *tx) showMessages(messages []message) error {
	for i := range messages {
		if err := t.showMessage(&messages[i]); err != nil {
			return err
		}
	}
	return nil
}
