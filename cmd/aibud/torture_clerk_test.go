package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/myaibud/aibud/engine"
)

// clerk sends from a seat whatever the API can send.
type clerk struct {
	random *rand.Rand
	p      *process
	name   string
	seat   engine.SeatID
	file   engine.MediaID // that was uploaded to be sent
	step   int

	taken []engine.MessageView // what the API took, in order
}

// write takes steps in the seat's conversations until the storm is over.
func (w *clerk) write(ctx, over context.Context) error {
	for {
		done, err := w.take(ctx)
		if err != nil {
			return err
		}
		if done {
			w.step++
		}
		if !breathe(ctx, over, w.random) {
			return ctx.Err()
		}
	}
}

// take takes a step. It reports false if there was nothing to do it with.
func (w *clerk) take(ctx context.Context) (bool, error) {
	var conversations struct{ Items []engine.ConversationView }
	status, err := w.p.try("GET", "/v1/conversations?limit=100&seat="+string(w.seat), nil, &conversations)
	if err != nil || status != http.StatusOK || len(conversations.Items) == 0 {
		return false, nil // it is being started again, or nobody has written
	}
	path := "/v1/conversations/" + string(conversations.Items[w.random.IntN(len(conversations.Items))].ID)
	switch dice := w.random.IntN(12); {
	case dice == 0:
		_, err := w.p.try("POST", path+"/read", nil, nil)
		return err == nil, nil
	case dice < 4:
		return w.change(ctx, path+"/messages")
	}
	return true, w.send(ctx, path+"/messages")
}

// send sends a new message.
func (w *clerk) send(ctx context.Context, path string) error {
	text := fmt.Sprintf("send %d of %s", w.step, w.name)
	bodies := []map[string]any{
		{"text": text},
		{"text": text},
		{"text": text},
		{"location": map[string]any{"latitude": -26.1, "longitude": 28.05, "name": text}},
		{"cards": []map[string]string{{"name": text, "vcard": "BEGIN:VCARD\nVERSION:3.0\nFN:" + text + "\nEND:VCARD"}}},
		{"text": text, "poll": map[string]any{"options": []string{"Yes", "No"}, "selectable": 1}},
		{"media": map[string]any{"id": w.file, "caption": text}},
		{"media": map[string]any{"id": w.file, "kind": engine.KindDocument, "filename": "plan.jpg", "caption": text}},
	}
	status, err := w.ask(ctx, "POST", path, bodies[w.random.IntN(len(bodies))])
	if err == nil && status != http.StatusCreated {
		err = fmt.Errorf("send %d of %s: status %d", w.step, w.name, status)
	}
	return err
}

// change does something to an earlier message. It may be refused: because the
// message is not sent yet, say.
func (w *clerk) change(ctx context.Context, path string) (bool, error) {
	var messages struct{ Items []engine.MessageView }
	status, err := w.p.try("GET", path+"?limit=20", nil, &messages)
	if err != nil || status != http.StatusOK || len(messages.Items) == 0 {
		return false, nil
	}
	target := messages.Items[w.random.IntN(len(messages.Items))]
	if ofPhone(target.WhatsAppID) {
		return false, nil
	}
	one := path + "/" + string(target.ID)
	switch {
	case target.Kind == engine.KindPoll && target.Content != nil && target.Content.Poll != nil:
		options := target.Content.Poll.Options
		_, err = w.ask(ctx, "PUT", one+"/vote", map[string]any{"options": options[:w.random.IntN(2)]})
	case target.Direction == engine.Inbound || w.random.IntN(3) == 0:
		_, err = w.ask(ctx, "PUT", one+"/reaction", map[string]any{"emoji": []string{"👍", "❤️", ""}[w.random.IntN(3)]})
	case target.Kind == engine.KindText && w.random.IntN(2) == 0:
		_, err = w.ask(ctx, "PATCH", one, map[string]any{"text": fmt.Sprintf("edit %d of %s", w.step, w.name)})
	default:
		_, err = w.ask(ctx, "DELETE", one, nil)
	}
	return err == nil, err
}

// ask asks for a message as a careful client does: under a key of its own, as
// often as it takes to get an answer.
func (w *clerk) ask(ctx context.Context, method, path string, body any) (int, error) {
	key := engine.NewID()
	pace := time.NewTicker(100 * time.Millisecond)
	defer pace.Stop()
	for {
		var taken engine.MessageView
		status, err := w.p.try(method, path, body, &taken, "Idempotency-Key", key)
		if err == nil && status < http.StatusInternalServerError {
			if status < http.StatusMultipleChoices {
				w.taken = append(w.taken, taken)
			}
			return status, nil
		}
		select {
		case <-pace.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
