package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/myaibud/aibud/engine"
)

const byKeyQuery = `SELECT ` + messageColumns + ` FROM messages m
WHERE m.tenant = $1 AND m.user_id = $2 AND m.idempotency_key = $3 AND m.idempotency_key <> ''`

// maxKey bounds an idempotency key, which is the caller's.
const maxKey = 200

// Send implements api.Tenant. A key counts for the user who gave it, and for
// as long as the message is there.
func (n *Tenant) Send(ctx context.Context, id engine.ConversationID, draft engine.NewMessage) (engine.MessageView, error) {
	if err := draft.Check(); err != nil {
		return engine.MessageView{}, err
	}
	if key := draft.IdempotencyKey; len(key) > maxKey || clean(key) != key {
		return engine.MessageView{}, engine.Errorf(engine.CodeInvalid, "The idempotency key may have at most %d characters.", maxKey)
	}
	var view engine.MessageView
	err := n.together(ctx, func(ctx context.Context, t *tx) error {
		v, err := t.thread(ctx, id)
		if err != nil {
			return err
		}
		before, err := t.sentBefore(ctx, &v, draft)
		if before != nil || err != nil {
			if before != nil {
				view = before.view()
			}
			return err
		}
		view, err = t.send(ctx, &v, draft)
		return err
	})
	if err != nil {
		return engine.MessageView{}, err
	}
	return view, nil
}

// send puts a user's message into the outbox, now or later.
func (t *tx) send(ctx context.Context, v *thread, draft engine.NewMessage) (engine.MessageView, error) {
	if err := t.checkSeat(ctx, v.seat); err != nil {
		return engine.MessageView{}, err
	}
	m, err := t.compose(ctx, v, draft)
	if err != nil {
		return engine.MessageView{}, err
	}
	if m.key != "" {
		if m.asked, err = fingerprint(draft); err != nil {
			return engine.MessageView{}, err
		}
	}
	if !draft.SendAt.IsZero() {
		return t.schedule(ctx, v, m, draft.SendAt)
	}
	return t.queueMessage(ctx, v, m)
}

// sentBefore returns the message that was made under the draft's idempotency
// key, or nil. It fails if that was for something else.
func (t *tx) sentBefore(ctx context.Context, v *thread, draft engine.NewMessage) (*message, error) {
	if draft.IdempotencyKey == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	before, err := one(ctx, t, scanMessage, byKeyQuery, t.tenant, draft.User, draft.IdempotencyKey)
	if errors.Is(err, errNoRow) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, err
	}
	asked, err := fingerprint(draft)
	if err != nil {
		return nil, err
	}
	same := before.asked == asked
	if before.asked == "" { // from before there were fingerprints
		same = before.Text == draft.Text && before.Kind == draft.Kind
	}
	if !same || before.Conversation != v.id {
		return nil, engine.Errorf(engine.CodeConflict, "This idempotency key was used for another message. Use a new one.")
	}
	return &before, nil
}

// fingerprint tells drafts apart as they were asked for: what becomes of a
// message later, an edit say, doesn't change it.
func fingerprint(draft engine.NewMessage) (string, error) {
	draft.User, draft.IdempotencyKey, draft.SendAt = "", "", draft.SendAt.UTC()
	text, err := json.Marshal(draft)
	if err != nil {
		return "", fmt.Errorf("encode a draft: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), nil
}
