package store

import (
	"context"
	"slices"

	"github.com/myaibud/aibud/engine"
)

// recordPast shows what happened to a room before, in its place among the
// messages. The room is as it is known: whoever left may be back.
func (t *tx) recordPast(ctx context.Context, seat engine.SeatID, fact *engine.RoomNews) error {
	v, _, err := t.chatOf(ctx, seat, fact.Room, true)
	if err != nil {
		return err
	}
	for i := range fact.Changes {
		m, _, err := t.notice(ctx, &v, fact, i)
		if err != nil {
			return err
		}
		if told, err := t.toldLive(ctx, &m); told || err != nil {
			return err
		}
		added, err := t.insertMessage(ctx, &m)
		if err != nil {
			return err
		}
		if !added {
			continue
		}
		if err := t.showNewMessage(&m); err != nil {
			return err
		}
	}
	return nil
}

const noticesQuery = `SELECT ` + messageColumns + ` FROM messages m WHERE m.tenant = $1 AND m.conversation = $2 AND m.kind = 'notice'
AND m.at >= $3 AND m.at < $4`

// toldLive says whether the same was told when it happened, which was under
// another ID. The history has whole seconds.
func (t *tx) toldLive(ctx context.Context, past *message) (bool, error) {
	second := past.At.Truncate(1e9)
	found, err := list(ctx, t, scanMessage, noticesQuery, t.tenant, past.Conversation, millis(second), after(second))
	return slices.ContainsFunc(found, func(m message) bool {
		live := m.Content.Notice
		return live.Code == past.Content.Notice.Code && live.Self == past.Content.Notice.Self &&
			!slices.ContainsFunc(past.Content.Notice.People, func(p engine.NoticePerson) bool {
				return !slices.ContainsFunc(live.People, func(l engine.NoticePerson) bool { return l.Contact == p.Contact })
			})
	}), err
}
