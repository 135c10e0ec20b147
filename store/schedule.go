package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/myaibud/aibud/engine"
)

// furthest is how far ahead a message may be scheduled.
const furthest = 366 * 24 * time.Hour

// SendLaterArgs names the job that puts a scheduled message into the outbox.
type SendLaterArgs struct {
	Tenant  engine.TenantID  `json:"tenant"`
	Message engine.MessageID `json:"message"`
}

// Kind implements engine.JobArgs.
func (SendLaterArgs) Kind() string { return "send_later" }

// sendLaterTries is how often that job may fail: for some weeks.
const sendLaterTries = 25

type sendLaterWorker struct {
	river.WorkerDefaults[SendLaterArgs]

	store *Store
}

// AddWorkers adds the workers of the store's own jobs.
func (s *Store) AddWorkers(workers *river.Workers) {
	river.AddWorker(workers, &sendLaterWorker{store: s})
}

// Work implements river.Worker. A message that isn't due, since its time was
// changed or the clock was set back, is looked at again at its time.
func (w *sendLaterWorker) Work(ctx context.Context, job *river.Job[SendLaterArgs]) error {
	left, err := w.store.QueueScheduled(ctx, job.Args.Tenant, job.Args.Message)
	if err != nil {
		return err
	}
	if left > 0 {
		return river.JobSnooze(left)
	}
	return nil
}

// checkTime refuses times at which nothing can be sent.
func checkTime(at, now time.Time) error {
	switch {
	case !at.After(now):
		return engine.Errorf(engine.CodeInvalid, "That time has passed. Choose one in the future.")
	case at.Sub(now) > furthest:
		return engine.Errorf(engine.CodeInvalid, "A message can be scheduled for at most a year ahead.")
	}
	return nil
}

// schedule stores a message that is to be sent later. It stands in the thread
// at its time, but is no conversation's last message, and pauses nobody.
func (t *tx) schedule(ctx context.Context, v *thread, m message, at time.Time) (engine.MessageView, error) {
	if err := checkTime(at, t.now); err != nil {
		return engine.MessageView{}, err
	}
	m.Seat, m.Conversation, m.WhatsAppID = v.seat, v.id, engine.NewWhatsAppID()
	m.Direction, m.Delivery = engine.Outbound, engine.Scheduled
	m.SendAt = roundMillis(at)
	m.At = m.SendAt
	added, err := t.insertMessage(ctx, &m)
	if err != nil {
		return engine.MessageView{}, err
	}
	if !added {
		return engine.MessageView{}, errors.New("a random ID came twice")
	}
	if err := t.useMedia(ctx, &m); err != nil {
		return engine.MessageView{}, err
	}
	if err := t.enqueueScheduled(ctx, &m); err != nil {
		return engine.MessageView{}, err
	}
	return m.view(), t.showNewMessage(&m)
}

func (t *tx) enqueueScheduled(ctx context.Context, m *message) error {
	return t.Enqueue(ctx, SendLaterArgs{Tenant: t.tenant, Message: m.ID}, engine.JobOptions{At: m.SendAt, MaxAttempts: sendLaterTries})
}

const queueScheduledQuery = `UPDATE messages SET delivery = 'queued', at = $3, seq = $4, queued_at = $5
WHERE tenant = $1 AND id = $2 AND delivery = 'scheduled'`

// QueueScheduled puts a scheduled message into the outbox if it is due, and
// returns how long it is until then if not. It does nothing to one that is not
// scheduled any more. From now on the message stands where it was sent.
func (s *Store) QueueScheduled(ctx context.Context, tenant engine.TenantID, id engine.MessageID) (left time.Duration, err error) {
	err = s.inTx(ctx, func(ctx context.Context, t *tx) error {
		left = 0
		if err := t.lock(ctx, tenant); err != nil {
			return err
		}
		m, err := one(ctx, t, scanMessage, messageQuery, tenant, id)
		if errors.Is(err, errNoRow) || err == nil && m.Delivery != engine.Scheduled {
			return nil
		}
		if err != nil {
			return err
		}
		if left = m.SendAt.Sub(t.now); left > 0 {
			return nil
		}
		return t.queueScheduled(ctx, &m)
	})
	return left, err
}

func (t *tx) queueScheduled(ctx context.Context, m *message) error {
	v, err := t.thread(ctx, m.Conversation)
	if err != nil {
		return err
	}
	m.At, m.Times.Queued, m.Seq = fromMillis(max(millis(outTime(t.now)), v.lastAt)), roundMillis(t.now), t.nextSeq()
	m.Delivery = engine.Queued
	if _, err := t.exec(ctx, queueScheduledQuery, t.tenant, m.ID, millis(m.At), m.Seq, millis(m.Times.Queued)); err != nil {
		return err
	}
	v.show(m)
	if err := t.saveThread(ctx, &v); err != nil {
		return err
	}
	if err := t.showMessage(m); err != nil {
		return err
	}
	_, err = t.showConversation(ctx, v.id)
	return err
}

const cancelQuery = `UPDATE messages SET delivery = 'cancelled', hidden = true, failure = '', failure_code = '', waiting = '',
waiting_until = 0 WHERE tenant = $1 AND id = $2 AND delivery IN ('scheduled', 'queued', 'failed')`

// Cancel implements api.Tenant. A message that may be on its way can't be
// cancelled: see SetSending.
func (n *Tenant) Cancel(ctx context.Context, id engine.ConversationID, messageID engine.MessageID) (engine.MessageView, error) {
	return n.changeUnsent(ctx, id, messageID, func(ctx context.Context, t *tx, v *thread, m *message) error {
		if m.Delivery == engine.Cancelled {
			return nil
		}
		cancelled, err := t.exec(ctx, cancelQuery, n.id, m.ID)
		if err != nil {
			return err
		}
		if cancelled == 0 {
			return engine.Errorf(engine.CodeConflict, "The message is on its way already. Delete it for everyone once it is sent.")
		}
		m.Delivery, m.Hidden, m.Failure, m.FailureCode, m.Waiting = engine.Cancelled, true, "", "", engine.Waiting{}
		if err := t.showMessage(m); err != nil || v.lastMessage != m.ID {
			return err
		}
		if err := t.findLast(ctx, v); err != nil {
			return err
		}
		if err := t.saveThread(ctx, v); err != nil {
			return err
		}
		_, err = t.showConversation(ctx, v.id)
		return err
	})
}

const rescheduleQuery = `UPDATE messages SET text = $3, send_at = $4, at = $4 WHERE tenant = $1 AND id = $2 AND delivery = 'scheduled'`

// Reschedule implements api.Tenant. An earlier job of the message finds that
// it isn't due, or finds it sent.
func (n *Tenant) Reschedule(ctx context.Context, id engine.ConversationID, messageID engine.MessageID, change engine.ScheduleChange) (engine.MessageView, error) {
	return n.changeUnsent(ctx, id, messageID, func(ctx context.Context, t *tx, _ *thread, m *message) error {
		if m.Delivery != engine.Scheduled {
			return engine.Errorf(engine.CodeConflict, "The message is not scheduled any more.")
		}
		if change.Text != nil {
			m.Text = *change.Text
			draft := engine.NewMessage{Kind: m.Kind, Text: m.Text, Content: m.Content}
			if err := draft.Check(); err != nil {
				return err
			}
		}
		if change.SendAt != nil {
			if err := checkTime(*change.SendAt, t.now); err != nil {
				return err
			}
			m.SendAt = roundMillis(*change.SendAt)
			m.At = m.SendAt
			if err := t.enqueueScheduled(ctx, m); err != nil {
				return err
			}
		}
		if _, err := t.exec(ctx, rescheduleQuery, n.id, m.ID, m.Text, millis(m.SendAt)); err != nil {
			return fmt.Errorf("change a scheduled message: %w", err)
		}
		return t.showMessage(m)
	})
}

// changeUnsent loads a message of a user's and lets change work on it.
func (n *Tenant) changeUnsent(ctx context.Context, id engine.ConversationID, messageID engine.MessageID,
	change func(ctx context.Context, t *tx, v *thread, m *message) error,
) (engine.MessageView, error) {
	var view engine.MessageView
	err := n.inTx(ctx, func(ctx context.Context, t *tx) error {
		v, m, err := t.messageIn(ctx, id, messageID)
		if err == nil && m.Direction != engine.Outbound {
			err = orNotFound(errNoRow, "message")
		}
		if err != nil {
			return err
		}
		if err := change(ctx, t, &v, &m); err != nil {
			return err
		}
		view = m.view()
		return nil
	})
	if err != nil {
		return engine.MessageView{}, err
	}
	return view, nil
}
