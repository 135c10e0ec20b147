package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/myaibud/aibud/engine"
)

// turnRow is a row of turns.
type turnRow struct{ opened, due, lastSeq int64 }

func scanTurn(row scanner, t *turnRow) error { return row.Scan(&t.opened, &t.due, &t.lastSeq) }

const (
	tenantEnabledQuery = `SELECT enabled FROM assistants WHERE tenant = $1`
	insertTurnQuery    = `INSERT INTO turns (tenant, conversation, opened_at, due, last_seq) VALUES ($1, $2, $3, $4, $5)`
	saveTurnQuery      = `UPDATE turns SET opened_at = $3, due = $4, last_seq = $5 WHERE tenant = $1 AND conversation = $2`
)

// OpenTurn implements assistant.Records. A message that somebody has answered
// since opens no turn.
func (s *Store) OpenTurn(ctx context.Context, outer engine.Tx, tenant engine.TenantID, conversation engine.ConversationID,
	messageSeq int64, now time.Time, quiet, longest time.Duration,
) (created bool, due time.Time, err error) {
	t, ok := outer.(*tx)
	if !ok {
		return false, time.Time{}, errors.New("open turn: not a transaction of this store")
	}
	if err := t.lock(ctx, tenant); err != nil {
		return false, time.Time{}, err
	}
	v, err := t.thread(ctx, conversation)
	if err != nil {
		return false, time.Time{}, err
	}
	enabled, err := one(ctx, t, column[bool], tenantEnabledQuery, tenant)
	if err != nil {
		return false, time.Time{}, translate(err)
	}
	if !enabled || !v.enabled || v.chat != engine.ChatDirect || v.pausedUntil > millis(now) || messageSeq <= v.answeredSeq {
		return false, time.Time{}, nil
	}
	if v.replying {
		lost, due, err := t.extendTurn(ctx, v.id, messageSeq, now, quiet, longest)
		return lost, due, translate(err)
	}
	dueMillis := millis(now.Add(min(quiet, longest)))
	if _, err := t.exec(ctx, insertTurnQuery, tenant, v.id, millis(now), dueMillis, messageSeq); err != nil {
		return false, time.Time{}, translate(err)
	}
	_, err = t.showConversation(ctx, v.id)
	return err == nil, fromMillis(dueMillis), err
}

// lostTurn is how long after a turn was due its job is taken for lost: an
// administrator may have cancelled or deleted it.
const lostTurn = 15 * time.Minute

// extendTurn moves a turn's due time. lost says that the turn begins anew,
// since its job has been due for so long that there can't be one any more.
func (t *tx) extendTurn(ctx context.Context, id engine.ConversationID, seq int64, now time.Time, quiet, longest time.Duration,
) (lost bool, due time.Time, err error) {
	turn, err := one(ctx, t, scanTurn, turnQuery, t.tenant, id)
	if err != nil || seq <= turn.lastSeq { // a message that was seen before
		return false, fromMillis(turn.due), err
	}
	turn.lastSeq = seq
	if lost = now.Sub(fromMillis(turn.due)) > lostTurn; lost {
		turn.opened, turn.due = millis(now), millis(now.Add(min(quiet, longest)))
	} else {
		turn.due = max(turn.due, min(millis(now.Add(quiet)), turn.opened+longest.Milliseconds()))
	}
	_, err = t.exec(ctx, saveTurnQuery, t.tenant, id, turn.opened, turn.due, turn.lastSeq)
	return lost, fromMillis(turn.due), err
}

const (
	wholeTurnQuery = `SELECT v.id, v.seat, c.id, c.name, c.phone, c.lid, c.created_at, u.due, u.last_seq, n.name, s.persona, s.business
FROM conversations v
JOIN turns u ON u.tenant = v.tenant AND u.conversation = v.id
JOIN contacts c ON c.tenant = v.tenant AND c.id = v.contact
JOIN tenants n ON n.id = v.tenant
JOIN assistants s ON s.tenant = v.tenant
WHERE ` + byConversation
	// A reaction needs no answer and changes none.
	lastInboundQuery = `SELECT COALESCE(MAX(m.seq), 0) FROM messages m WHERE m.tenant = $1 AND m.conversation = $2
AND m.direction = 'in' AND m.kind <> 'reaction' AND NOT m.history AND m.seq > $3`
	historyQuery = `SELECT ` + messageColumns + ` FROM messages m WHERE m.tenant = $1 AND m.conversation = $2
AND m.delivery NOT IN ('scheduled', 'cancelled')
ORDER BY m.at DESC, m.seq DESC LIMIT $3`
)

// wholeTurn is a turn with the conversation it is in.
type wholeTurn struct {
	engine.Turn

	conversation engine.ConversationID
}

func scanWholeTurn(row scanner, w *wholeTurn) error {
	var c contact
	var due int64
	err := row.Scan(&w.conversation, &w.Seat.Seat, &c.id, &c.name, &c.phone, &c.lid, &c.created, &due, &w.LastSeq,
		&w.Agency, &w.Persona, &w.Business)
	w.Chat, w.Due = c.party(), fromMillis(due)
	return err
}

// Turn implements assistant.Records. LastSeq is the newest message of the
// lead, also if the reader that opens turns has not come to it yet.
func (s *Store) Turn(ctx context.Context, tenant engine.TenantID, conversation engine.ConversationID, history int) (engine.Turn, error) {
	w, err := one(ctx, s.db, scanWholeTurn, wholeTurnQuery, tenant, conversation)
	if err != nil {
		return engine.Turn{}, orNotFound(err, "turn")
	}
	w.Seat.Tenant = tenant
	// The messages are read after the turn, and what they answer is told by
	// them: a newer one makes Answer refuse.
	found, err := list(ctx, s.db, scanMessage, historyQuery, tenant, w.conversation, max(history, 1))
	if err != nil {
		return engine.Turn{}, translate(err)
	}
	slices.Reverse(found)
	w.Messages = make([]engine.Message, len(found))
	for i := range found {
		w.Messages[i] = found[i].Message
		if m := &found[i]; m.Direction == engine.Inbound && m.Kind != engine.KindReaction && !m.history {
			w.LastSeq = max(w.LastSeq, m.Seq)
		}
	}
	return w.Turn, nil
}

// Answer implements assistant.Records.
func (s *Store) Answer(ctx context.Context, tenant engine.TenantID, conversation engine.ConversationID, lastSeq int64, text string) (bool, error) {
	if err := engine.CheckText(text); err != nil {
		return false, err
	}
	answered := false
	err := s.inTx(ctx, func(ctx context.Context, t *tx) error {
		answered = false
		if err := t.lock(ctx, tenant); err != nil {
			return err
		}
		v, err := t.thread(ctx, conversation)
		if err != nil || !v.replying || v.pausedUntil > millis(t.now) {
			return err
		}
		newest, err := one(ctx, t, column[int64], lastInboundQuery, tenant, v.id, lastSeq)
		if err != nil || newest > lastSeq {
			return err
		}
		turn, err := one(ctx, t, scanTurn, turnQuery, tenant, v.id)
		if err != nil || turn.lastSeq > lastSeq {
			return err
		}
		v.answeredSeq = lastSeq
		if err := t.cancelTurn(ctx, &v); err != nil {
			return err
		}
		answered = true
		_, err = t.queueMessage(ctx, &v, message{Message: engine.Message{
			Author: engine.AuthorAssistant, Kind: engine.KindText, Text: text,
		}})
		return err
	})
	return answered && err == nil, err
}

// GiveUp implements assistant.Records. If there is no turn any more, a person
// has taken over already and nothing is flagged.
func (s *Store) GiveUp(ctx context.Context, tenant engine.TenantID, conversation engine.ConversationID, why string) error {
	return s.inTx(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lock(ctx, tenant); err != nil {
			return err
		}
		v, err := t.thread(ctx, conversation)
		if err != nil || !v.replying {
			return err
		}
		turn, err := one(ctx, t, scanTurn, turnQuery, tenant, v.id)
		if err != nil {
			return err
		}
		v.answeredSeq, v.needsPerson = max(v.answeredSeq, turn.lastSeq), clean(why)
		if err := t.cancelTurn(ctx, &v); err != nil {
			return err
		}
		if err := t.saveThread(ctx, &v); err != nil {
			return err
		}
		_, err = t.showConversation(ctx, v.id)
		return err
	})
}

// cancelTurn ends a conversation's turn, if there is one. The caller saves
// the thread and shows the conversation.
func (t *tx) cancelTurn(ctx context.Context, v *thread) error {
	if !v.replying {
		return nil
	}
	v.replying = false
	_, err := t.exec(ctx, dropTurnQuery, t.tenant, v.id)
	return err
}

const dropTurnsQuery = `DELETE FROM turns WHERE tenant = $1 RETURNING conversation`

// cancelTurns ends all turns of the tenant and shows their conversations.
func (t *tx) cancelTurns(ctx context.Context) error {
	ended, err := list(ctx, t, column[engine.ConversationID], dropTurnsQuery, t.tenant)
	if err != nil {
		return err
	}
	slices.Sort(ended)
	for _, id := range ended {
		if _, err := t.showConversation(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
