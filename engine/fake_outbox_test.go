package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
)

// queue puts a message into a seat's outbox and tells the feed.
func (r *fakeRows) queue(key SeatKey, conversation, text string) {
	r.mu.Lock()
	id := MessageID("m" + strconv.Itoa(r.calls["queue"]))
	r.calls["queue"]++
	r.outbox[key] = append(r.outbox[key], Draft{
		ID: id, Conversation: ConversationID(conversation), WhatsAppID: "WA-" + string(id), Text: text,
	})
	r.mu.Unlock()
	data, _ := json.Marshal(MessageView{ID: id, Delivery: Queued})
	r.feed.Publish([]Event{{Tenant: key.Tenant, Seat: key.Seat, Kind: EventMessageCreated, Data: data}})
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
	drafts := r.outbox[key]
	return slices.Clone(drafts[:min(limit, len(drafts))]), nil
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
		}
	}
	return nil
}

func (r *fakeRows) SetSent(ctx context.Context, key SeatKey, id MessageID, _ Accepted) error {
	err := r.begin(ctx, "SetSent")
	defer r.mu.Unlock()
	if err == nil {
		r.unqueue(key, id)
	}
	return err
}

func (r *fakeRows) SetFailed(ctx context.Context, key SeatKey, id MessageID, failure string) error {
	err := r.begin(ctx, "SetFailed")
	defer r.mu.Unlock()
	if err == nil {
		r.unqueue(key, id)
		r.failed[id] = failure
	}
	return err
}

func (r *fakeRows) unqueue(key SeatKey, id MessageID) {
	r.outbox[key] = slices.DeleteFunc(r.outbox[key], func(d Draft) bool { return d.ID == id })
}
