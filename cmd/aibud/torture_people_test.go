package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// breath is longer than a second, the grain of WhatsApp's clock: with that much
// between them, the order of one writer's messages is known.
const breath = 1100 * time.Millisecond

// breathe waits between two messages, sometimes longer. It reports false if one
// of the contexts ended.
func breathe(ctx, over context.Context, random *rand.Rand) bool {
	timer := time.NewTimer(breath + time.Duration(random.Int64N(int64(breath))))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-over.Done():
	case <-ctx.Done():
	}
	return false
}

// person is somebody with a phone: a lead, or the agent, who writes on the
// office's own phone beside what the server sends.
type person struct {
	random *rand.Rand
	phone  *simulator.Phone
	office *simulator.Phone // that a lead calls; nil for the agent
	chats  []string         // numbers, and the JID of the group
	step   int

	read  map[string]bool             // WhatsApp's IDs of what this person has read
	calls map[string]engine.CallState // how this person's calls ended
}

func newPerson(random *rand.Rand, phone, office *simulator.Phone) *person {
	return &person{random: random, phone: phone, office: office, read: make(map[string]bool), calls: make(map[string]engine.CallState)}
}

// write does one thing after the other until the storm is over.
func (w *person) write(ctx, over context.Context) error {
	for ; ; w.step++ {
		chat := w.chats[w.random.IntN(len(w.chats))]
		if err := w.act(ctx, chat); err != nil {
			return fmt.Errorf("step %d of %s: %w", w.step, w.phone.Name(), err)
		}
		if !breathe(ctx, over, w.random) {
			return ctx.Err()
		}
	}
}

func (w *person) act(ctx context.Context, chat string) error {
	switch dice := w.random.IntN(20); {
	case dice < 3:
		return w.look(ctx, chat)
	case dice < 4 && w.office != nil:
		return w.call(ctx)
	case dice < 6 && w.office == nil:
		return w.arrange(ctx, chat)
	}
	_, err := w.phone.Send(ctx, chat, w.content(chat))
	if errors.Is(err, simulator.ErrRefused) || errors.Is(err, simulator.ErrNotFound) {
		return nil // somebody has deleted what it was about meanwhile
	}
	return err
}

// look reads what has come in a chat.
func (w *person) look(ctx context.Context, chat string) error {
	var unread []string
	for _, m := range shownBy(w.phone, chat) {
		if !m.FromMe && !w.read[m.ID] {
			unread = append(unread, m.ID)
		}
	}
	if len(unread) == 0 {
		return nil
	}
	if err := w.phone.Read(ctx, unread...); err != nil {
		return err
	}
	for _, id := range unread {
		w.read[id] = true
	}
	return nil
}

// call rings at the office, where nobody hears it, or somebody does on the
// phone.
func (w *person) call(ctx context.Context) error {
	id, err := w.phone.Call(ctx, w.office.Number(), w.random.IntN(2) == 0)
	if err != nil {
		return err
	}
	if !breathe(ctx, ctx, w.random) {
		return ctx.Err()
	}
	switch w.random.IntN(3) {
	case 0:
		w.calls[id] = engine.CallRejected
		return w.office.Reject(ctx, id)
	case 1:
		w.calls[id] = engine.CallElsewhere
		if err := w.office.Accept(ctx, id); err != nil {
			return err
		}
	default:
		w.calls[id] = engine.CallMissed
	}
	return w.phone.HangUp(ctx, id)
}

// arrange changes how a chat stands in the agent's list.
func (w *person) arrange(ctx context.Context, chat string) error {
	on := w.random.IntN(2) == 0
	if w.random.IntN(2) == 0 {
		return w.phone.PinChat(ctx, chat, on)
	}
	length := time.Duration(0)
	if on {
		length = -1 // for ever
	}
	return w.phone.MuteChat(ctx, chat, length)
}

// content draws what the person writes next.
func (w *person) content(chat string) simulator.Content {
	text := fmt.Sprintf("step %d of %s", w.step, w.phone.Name())
	if about := w.about(chat, text); w.step > 0 && about != nil {
		return about
	}
	if w.step == 0 || w.random.IntN(2) == 0 {
		return simulator.Text{Body: text}
	}
	file := simulator.Media{Data: fmt.Appendf(nil, "file of %s", text)}
	kinds := []string{
		simulator.KindImage, simulator.KindVideo, simulator.KindDocument,
		simulator.KindAudio, simulator.KindVoice, simulator.KindSticker,
	}
	switch dice := w.random.IntN(4 + len(kinds)); dice {
	case 0:
		return simulator.Text{Body: text + " https://example.com", Preview: &simulator.Preview{URL: "https://example.com", Title: "A house"}}
	case 1:
		return simulator.Location{Latitude: -26.1, Longitude: 28.05, Name: text}
	case 2:
		return simulator.Contacts{{Name: text, Number: "27821119999"}}
	case 3:
		return simulator.Poll{Name: text, Options: []string{"Sandton", "Soweto", "Other"}, Selectable: w.random.IntN(3)}
	default:
		file.Kind = kinds[dice-4]
		switch file.Kind {
		case simulator.KindImage, simulator.KindVideo:
			file.Caption = text
		case simulator.KindDocument:
			file.Caption, file.Filename = text, "offer.pdf"
		case simulator.KindVoice:
			file.Seconds = 3
		}
		return file
	}
}

// about draws something about an earlier message, or nil.
func (w *person) about(chat, text string) simulator.Content {
	shown := shownBy(w.phone, chat)
	if len(shown) == 0 || w.random.IntN(3) > 0 {
		return nil
	}
	target := shown[w.random.IntN(len(shown))]
	mine := target.FromMe && target.FromDevice == 0
	switch {
	case target.Revoked, w.office == nil && !ofPhone(target.ID):
		return nil
	case target.Poll != nil:
		return simulator.Vote{MessageID: target.ID, Options: []string{target.Poll.Options[w.random.IntN(len(target.Poll.Options))].Name}}
	case mine && target.Kind == simulator.KindText && w.random.IntN(2) == 0:
		return simulator.Edit{MessageID: target.ID, Text: text + ", edited", Encrypted: w.random.IntN(2) == 0}
	case mine && w.random.IntN(4) == 0:
		return simulator.Revoke{MessageID: target.ID}
	case w.office == nil && isGroup(chat) && w.random.IntN(8) == 0: // the agent is the group's admin
		return simulator.Revoke{MessageID: target.ID}
	}
	return simulator.Reaction{MessageID: target.ID, Emoji: []string{"👍", "🏡", "🙏", ""}[w.random.IntN(4)]}
}

// ofPhone divides messages among the two who act for the office, the agent on
// the phone and the clerk at the dashboard: what both do to a message in the
// same second has no order.
func ofPhone(id string) bool { return id[len(id)-1]%2 == 0 }

func isGroup(chat string) bool { return strings.HasSuffix(chat, "@g.us") }
