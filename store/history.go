package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/myaibud/aibud/engine"
)

// historyAttempts is how often the job of a part runs before a person is told
// that the part is missing. Its waits grow to some minutes: see engine/history.
const historyAttempts = 20

const insertPartQuery = `INSERT INTO history_parts (tenant, id, seat, whatsapp_id, phase, chunk, percent, raw, state, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9) ON CONFLICT (seat, whatsapp_id) DO NOTHING`

// recordNotice stores that a part of the phone's history can be fetched, and
// enqueues the job that does it.
func (t *tx) recordNotice(ctx context.Context, seat engine.SeatID, fact engine.HistoryNotice) error {
	if fact.Again != "" {
		if known, err := t.replacePart(ctx, seat, &fact); known || err != nil {
			return err
		}
	}
	id := engine.HistoryID(engine.NewID())
	added, err := t.exec(ctx, insertPartQuery, t.tenant, id, seat, clean(fact.WhatsAppID), fact.Phase, fact.Order, fact.Percent,
		fact.Raw, millis(t.now))
	if err != nil || added == 0 {
		return err
	}
	if err := t.Enqueue(ctx, engine.HistoryImportArgs{Tenant: t.tenant, Seat: seat, Part: id}, engine.JobOptions{
		Queue: engine.HistoryQueue, MaxAttempts: historyAttempts,
	}); err != nil {
		return err
	}
	key := engine.SeatKey{Tenant: t.tenant, Seat: seat}
	return t.changeHistory(ctx, key, func(v engine.HistoryView) (engine.HistoryView, error) {
		if v.Done || v.Phase == "" { // otherwise something else is shown, and this comes when it is done
			return v.Begin(fact.Phase), nil
		}
		return v, nil
	})
}

const partQuery = `SELECT p.id, p.seat, s.device <> '' AND s.desired <> 'removed', p.whatsapp_id, p.phase, p.chunk, p.percent, p.raw,
p.asks, p.asked_at FROM history_parts p JOIN seats s ON s.tenant = p.tenant AND s.id = p.seat
WHERE p.tenant = $1 AND p.id = $2 AND p.state = 'waiting'`

func scanPart(row scanner, p *engine.HistoryPart) error {
	var asked int64
	err := row.Scan(&p.ID, &p.Seat.Seat, &p.Linked, &p.WhatsAppID, &p.Phase, &p.Order, &p.Percent, &p.Raw, &p.Asks, &asked)
	p.Asked = fromMillis(asked)
	return err
}

// HistoryPart implements history.Records.
func (s *Store) HistoryPart(ctx context.Context, tenant engine.TenantID, id engine.HistoryID) (engine.HistoryPart, error) {
	part, err := one(ctx, s.db, scanPart, partQuery, tenant, id)
	part.Seat.Tenant = tenant
	return part, orNotFound(err, "part of the history")
}

// ImportHistory implements history.Records. It tells of each conversation that
// changed once, and of no message.
func (s *Store) ImportHistory(ctx context.Context, part engine.HistoryPart, facts []engine.Fact, done float64) error {
	if len(facts) == 0 {
		return nil
	}
	seat, phase := part.Seat, part.Phase
	return s.inTx(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockSeat(ctx, seat); err != nil {
			return err
		}
		if err := t.beQuiet(ctx, seat, len(facts)); err != nil {
			return err
		}
		for _, fact := range facts {
			if err := t.record(ctx, seat.Seat, fact); err != nil {
				return fmt.Errorf("import %T: %w", fact, err)
			}
		}
		found, err := t.endQuiet(ctx)
		if err != nil || found.messages == 0 {
			return err
		}
		return t.changeHistory(ctx, seat, func(v engine.HistoryView) (engine.HistoryView, error) {
			v = v.Begin(phase)
			v.Conversations += found.conversations
			v.Messages += found.messages
			if v.Phase != phase {
				return v, nil
			}
			percent, err := t.phasePercent(ctx, seat, phase)
			if more := part.Percent - percent; more > 0 {
				percent += int(float64(more) * min(done, 0.99)) // all of it is when the part has ended
			}
			v.Percent = max(v.Percent, percent)
			return v, err
		})
	})
}

// What the phone linked before has left says nothing about how far the new one's
// history has come.
const forgetPartsQuery = `DELETE FROM history_parts WHERE tenant = $1 AND seat = $2 AND state <> 'waiting'`

const (
	endPartQuery    = `UPDATE history_parts SET state = $3, raw = NULL WHERE tenant = $1 AND id = $2 AND state = 'waiting'`
	endedPartsQuery = `SELECT COALESCE(MAX(p.percent), 0) FROM history_parts p
WHERE p.tenant = $1 AND p.seat = $2 AND p.phase = $3 AND p.state <> 'waiting'`
	waitingPartsQuery = `SELECT COUNT(*) FROM history_parts WHERE tenant = $1 AND seat = $2 AND state = 'waiting' AND phase <> 'other'`
)

// phasePercent is how far a phase has come. The view alone doesn't know: a part
// may end after a later one, or after something else was shown in between.
func (t *tx) phasePercent(ctx context.Context, seat engine.SeatKey, phase engine.HistoryPhase) (int, error) {
	return one(ctx, t, column[int], endedPartsQuery, seat.Tenant, seat.Seat, phase)
}

// EndHistory implements history.Records.
func (s *Store) EndHistory(ctx context.Context, part engine.HistoryPart, failure string) error {
	return s.inTx(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockSeat(ctx, part.Seat); err != nil {
			return err
		}
		state := "done"
		if failure != "" {
			state = "failed"
		}
		ended, err := t.exec(ctx, endPartQuery, t.tenant, part.ID, state)
		if err != nil || ended == 0 {
			return err
		}
		return t.changeHistory(ctx, part.Seat, func(v engine.HistoryView) (engine.HistoryView, error) {
			percent, err := t.phasePercent(ctx, part.Seat, part.Phase)
			if err != nil {
				return v, err
			}
			waiting, err := one(ctx, t, column[int], waitingPartsQuery, t.tenant, part.Seat.Seat)
			v = v.End(part.Phase, percent, waiting > 0)
			if failure != "" {
				v.Failure = clean(failure)
			}
			return v, err
		})
	})
}

// SetBacklog implements engine.SeatRecords.
func (s *Store) SetBacklog(ctx context.Context, key engine.SeatKey, percent int) error {
	return s.inTx(ctx, func(ctx context.Context, t *tx) error {
		if err := t.lockSeat(ctx, key); err != nil {
			return err
		}
		return t.changeHistory(ctx, key, func(v engine.HistoryView) (engine.HistoryView, error) {
			if percent < 100 {
				v = v.Begin(engine.HistoryBacklog)
				v.Percent = max(v.Percent, percent)
				return v, nil
			}
			waiting, err := one(ctx, t, column[int], waitingPartsQuery, t.tenant, key.Seat)
			return v.End(engine.HistoryBacklog, percent, waiting > 0), err
		})
	})
}

const (
	historyViewQuery = `SELECT s.history FROM seats s WHERE s.tenant = $1 AND s.id = $2`
	saveHistoryQuery = `UPDATE seats SET history = $3 WHERE tenant = $1 AND id = $2`
)

// changeHistory changes what is shown of a seat's past, and tells of it if it
// looks different.
func (t *tx) changeHistory(ctx context.Context, key engine.SeatKey, change func(engine.HistoryView) (engine.HistoryView, error)) error {
	text, err := one(ctx, t, column[string], historyViewQuery, key.Tenant, key.Seat)
	if err != nil {
		return orNotFound(err, "seat")
	}
	var before engine.HistoryView
	if err := decodePart(text, &before); err != nil {
		return fmt.Errorf("history of a seat: %w", err)
	}
	before.Seat = key.Seat
	view, err := change(before)
	if err != nil || view == before {
		return err
	}
	if text, err = encodePart(view); err != nil {
		return err
	}
	if _, err := t.exec(ctx, saveHistoryQuery, key.Tenant, key.Seat, text); err != nil {
		return err
	}
	return t.append(engine.EventSeatHistory, key.Seat, "", view)
}

// historyView is what is shown of a seat's past; nil if nothing is.
func (s *seatRow) historyView() *engine.HistoryView {
	var view engine.HistoryView
	if s.history == "" || json.Unmarshal([]byte(s.history), &view) != nil || view.Phase == "" {
		return nil
	}
	return &view
}

const lateSentence = "The lead wrote while this seat was offline, so the assistant did not answer. Please reply to the lead yourself."

// missed notes that a person has to answer a message that came late.
func (v *thread) missed(m *message) {
	if m.late && m.unread && v.chat == engine.ChatDirect {
		v.needsPerson = lateSentence
	}
}

var errNotQuiet = errors.New("not an import")

// quiet keeps an import of the past from telling of each message. A nil quiet
// keeps nothing.
type quiet struct {
	seq           int64 // of the next message that is imported
	messages      int
	conversations int
	changed       map[engine.ConversationID]struct{}
	hidden        map[engine.ConversationID]struct{} // their last message may be among those that show no more
}

const takeSeqQuery = `UPDATE seats SET history_seq = history_seq - $3 WHERE tenant = $1 AND id = $2 RETURNING history_seq`

// beQuiet begins an import of up to count messages.
func (t *tx) beQuiet(ctx context.Context, key engine.SeatKey, count int) error {
	first, err := one(ctx, t, column[int64], takeSeqQuery, key.Tenant, key.Seat, count)
	t.quiet = &quiet{
		seq: first, changed: make(map[engine.ConversationID]struct{}), hidden: make(map[engine.ConversationID]struct{}),
	}
	return err
}

// endQuiet ends the import, tells of the conversations that changed, and
// returns what was new.
func (t *tx) endQuiet(ctx context.Context) (quiet, error) {
	if t.quiet == nil {
		return quiet{}, errNotQuiet
	}
	q := *t.quiet
	for _, id := range slices.Sorted(maps.Keys(q.hidden)) {
		v, err := t.thread(ctx, id)
		if err != nil {
			return q, err
		}
		if err := t.findLast(ctx, &v); err != nil {
			return q, err
		}
		if err := t.saveThread(ctx, &v); err != nil {
			return q, err
		}
	}
	t.quiet = nil
	shown := make(map[engine.ConversationID]struct{}, len(q.changed))
	for _, id := range slices.Sorted(maps.Keys(q.changed)) {
		v, err := t.thread(ctx, id) // it may have been merged into another one
		if err != nil {
			return q, err
		}
		if _, done := shown[v.id]; done {
			continue
		}
		shown[v.id] = struct{}{}
		if !v.listed {
			continue
		}
		if _, err := t.showConversation(ctx, v.id); err != nil {
			return q, err
		}
	}
	return q, nil
}

// messageSeq is the number that orders a message among those of its time: that
// of the event that will tell of it, or one before all events if none will.
func (t *tx) messageSeq(m *message) int64 {
	if t.quiet == nil || !m.history {
		return t.nextSeq()
	}
	t.quiet.seq++
	return t.quiet.seq
}

// takes says whether an event is kept back.
func (q *quiet) takes(kind engine.EventKind, conversation engine.ConversationID, view any) bool {
	if q == nil {
		return false
	}
	switch kind { // the others are told
	case engine.EventMessageCreated, engine.EventConversationUpdated:
	case engine.EventMessageUpdated:
		if m, ok := view.(engine.MessageView); ok && m.Resolved {
			return false // one that came live and can be read only now: somebody waits for it
		}
	default:
		return false
	}
	q.changed[conversation] = struct{}{}
	return true
}

// took counts a message that was stored.
func (q *quiet) took(m *message, added bool) {
	if q != nil && added && !m.Hidden && m.Kind != engine.KindNotice {
		q.messages++
	}
}

// began counts a conversation that is new.
func (q *quiet) began() {
	if q != nil {
		q.conversations++
	}
}

// hid notes that a message of a conversation shows no more.
func (q *quiet) hid(id engine.ConversationID) {
	if q != nil {
		q.hidden[id] = struct{}{}
	}
}
