package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// queue puts a reply of a person into a seat's outbox and tells the feed.
func (r *fakeRows) queue(key SeatKey, conversation, text string) {
	r.put(key, Draft{Conversation: ConversationID(conversation), Text: text, Author: AuthorUser, LeadAt: time.Now()})
}

// put queues a draft as it is, under IDs of its own.
func (r *fakeRows) put(key SeatKey, draft Draft) {
	r.mu.Lock()
	draft.ID = MessageID("m" + strconv.Itoa(r.calls["queue"]))
	draft.WhatsAppID = "WA-" + string(draft.ID)
	r.calls["queue"]++
	r.outbox[key] = append(r.outbox[key], draft)
	r.mu.Unlock()
	data, _ := json.Marshal(MessageView{ID: draft.ID, Delivery: Queued})
	r.feed.Publish([]Event{{
		Tenant: key.Tenant, Seat: key.Seat, Conversation: draft.Conversation, Kind: EventMessageCreated, Data: data,
	}})
}

func (r *fakeRows) queued(key SeatKey) []Draft {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.outbox[key])
}

func (r *fakeRows) failure(id MessageID) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed[id]
}

func (r *fakeRows) Outbox(ctx context.Context, key SeatKey, limit int) ([]Draft, error) {
	err := r.begin(ctx, "Outbox")
	defer r.mu.Unlock()
	if err != nil {
		return nil, err
	}
	of := map[ConversationID]int{}
	urgent := map[ConversationID]int{}
	drafts := slices.DeleteFunc(slices.Clone(r.outbox[key]), func(d Draft) bool {
		of[d.Conversation]++
		if d.Author == AuthorUser {
			urgent[d.Conversation] |= 1
		}
		if time.Since(d.LeadAt) < OpenTime {
			urgent[d.Conversation] |= 2
		}
		return of[d.Conversation] > OutboxEach
	})
	if len(drafts) >= limit {
		slices.SortStableFunc(drafts, func(a, b Draft) int { return urgent[b.Conversation] - urgent[a.Conversation] })
	}
	drafts = drafts[:min(limit, len(drafts))]
	r.rowsRead += len(drafts)
	return drafts, nil
}

func (r *fakeRows) OutboxOf(ctx context.Context, key SeatKey, conversation ConversationID) ([]Draft, error) {
	err := r.begin(ctx, "OutboxOf")
	defer r.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if kept, merged := r.merged[conversation]; merged {
		conversation = kept
	}
	drafts := slices.DeleteFunc(slices.Clone(r.outbox[key]), func(d Draft) bool { return d.Conversation != conversation })
	drafts = drafts[:min(OutboxEach, len(drafts))]
	r.rowsRead += len(drafts)
	return drafts, nil
}

func (r *fakeRows) SetSending(ctx context.Context, key SeatKey, id MessageID) error {
	err := r.begin(ctx, "SetSending")
	defer r.mu.Unlock()
	if err != nil {
		return err
	}
	for i := range r.outbox[key] {
		if r.outbox[key][i].ID == id {
			r.outbox[key][i].Attempts++
			r.outbox[key][i].Waiting = Waiting{}
			return nil
		}
	}
	return Errorf(CodeConflict, "It is gone.")
}

func (r *fakeRows) SetWaiting(ctx context.Context, key SeatKey, ids []MessageID, waiting Waiting) error {
	err := r.begin(ctx, "SetWaiting")
	defer r.mu.Unlock()
	for i := range r.outbox[key] {
		if slices.Contains(ids, r.outbox[key][i].ID) && err == nil {
			r.outbox[key][i].Waiting = waiting
		}
	}
	return err
}

func (r *fakeRows) Sending(ctx context.Context, _ SeatKey) (SendingSettings, []SentCount, error) {
	err := r.begin(ctx, "Sending")
	defer r.mu.Unlock()
	return r.settings, slices.Clone(r.counts), err
}

func (r *fakeRows) Slowed(ctx context.Context, key SeatKey) (Slowed, error) {
	err := r.begin(ctx, "Slowed")
	defer r.mu.Unlock()
	return r.slowed[key], err
}

func (r *fakeRows) SetSlowed(ctx context.Context, key SeatKey, slowed Slowed) error {
	err := r.begin(ctx, "SetSlowed")
	defer r.mu.Unlock()
	if err == nil {
		r.slowed[key] = slowed
	}
	return err
}

func (r *fakeRows) SetSent(ctx context.Context, key SeatKey, id MessageID, accepted Accepted) error {
	err := r.begin(ctx, "SetSent")
	defer r.mu.Unlock()
	if err == nil {
		r.unqueue(key, id)
		r.reached = append(r.reached, accepted.Reach)
	}
	return err
}

func (r *fakeRows) SetFailed(ctx context.Context, key SeatKey, id MessageID, failure *Error) error {
	err := r.begin(ctx, "SetFailed")
	defer r.mu.Unlock()
	if err == nil {
		r.unqueue(key, id)
		r.failed[id] = failure.Message
	}
	return err
}

func (r *fakeRows) unqueue(key SeatKey, id MessageID) {
	r.outbox[key] = slices.DeleteFunc(r.outbox[key], func(d Draft) bool { return d.ID == id })
}
