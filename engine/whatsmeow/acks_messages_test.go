package whatsmeow_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

func messagesThatArrive() []arrival {
	words := simulator.Text{Body: "Is it still free?"}
	file := func(kind string) simulator.Media {
		return simulator.Media{Kind: kind, Data: photo(500), Filename: "f.bin"}
	}
	choices := []simulator.Choice{{ID: "1", Text: "Two rooms"}, {ID: "2", Text: "Three rooms"}}
	list := []arrival{
		{name: "text", bring: writes(seatOf, words), is: ofKind(engine.KindText)},
		{name: "answer", bring: func(t *testing.T, h *hall) {
			writes(seatOf, words, simulator.ReplyTo(h.photo.WhatsAppID))(t, h)
		}, is: ofKind(engine.KindText)},
		{name: "text from the phone", bring: func(t *testing.T, h *hall) {
			_, err := h.agent.SendText(t.Context(), leadNumber, "It is")
			require.NoError(t, err)
		}, is: ofKind(engine.KindText)},
		{name: "image", bring: writes(seatOf, file(simulator.KindImage)), is: ofKind(engine.KindImage)},
		{name: "view once", how: cut, bring: writes(seatOf, file(simulator.KindImage), simulator.ViewOnce()), is: ofKind(engine.KindWaiting)},
		{name: "video", bring: writes(seatOf, file(simulator.KindVideo)), is: ofKind(engine.KindVideo)},
		{name: "video note", bring: writes(seatOf, file(simulator.KindVideoNote)), is: ofKind(engine.KindVideo)},
		{name: "audio", bring: writes(seatOf, file(simulator.KindAudio)), is: ofKind(engine.KindAudio)},
		{name: "voice note", bring: writes(seatOf, file(simulator.KindVoice)), is: ofKind(engine.KindVoice)},
		{name: "document", bring: writes(seatOf, file(simulator.KindDocument)), is: ofKind(engine.KindDocument)},
		{name: "sticker", bring: writes(seatOf, file(simulator.KindSticker)), is: ofKind(engine.KindSticker)},
		{name: "location", bring: writes(seatOf, simulator.Location{Latitude: -33.9, Longitude: 18.4}), is: ofKind(engine.KindLocation)},
		{name: "live location", bring: writes(seatOf, simulator.Location{Latitude: -33.9, Longitude: 18.4, Live: true}), is: ofKind(engine.KindLocation)},
		{name: "contact", bring: writes(seatOf, simulator.Contacts{{Name: "Anna", Number: "27821110033"}}), is: ofKind(engine.KindContact)},
		{name: "poll", bring: writes(seatOf, simulator.Poll{Name: "When?", Options: []string{"Sat", "Sun"}}), is: ofKind(engine.KindPoll)},
		{name: "buttons", bring: writes(seatOf, simulator.Buttons{Text: "Which?", Choices: choices}), is: ofKind(engine.KindText)},
		{name: "list", bring: writes(seatOf, simulator.List{Title: "Flats", Text: "Which?", Button: "Choose", Choices: choices}), is: ofKind(engine.KindText)},
		{name: "occasion", bring: writes(seatOf, simulator.Occasion{Name: "Viewing", Start: time.Now().Add(time.Hour)}), is: ofKind(engine.KindUnknown)},
		{name: "invitation", bring: func(t *testing.T, h *hall) {
			writes(seatOf, simulator.GroupInvite{Group: h.group, Admin: leadNumber, Code: "AbCd", Expires: time.Now().Add(time.Hour)})(t, h)
		}, is: ofKind(engine.KindUnknown)},
		{name: "text in a group", bring: writes(group, words), is: in(group, engine.KindText)},
		{name: "image in a group", bring: writes(group, file(simulator.KindImage)), is: in(group, engine.KindImage)},
		{name: "own text in a group", bring: func(t *testing.T, h *hall) {
			_, err := h.agent.SendText(t.Context(), h.group, "I am coming")
			require.NoError(t, err)
		}, is: in(group, engine.KindText)},
		{name: "status", ready: func(t *testing.T, h *hall) {
			require.NoError(t, h.lead.AddContact(t.Context(), agentNumber))
		}, bring: writes(feed, words), is: in(feed, engine.KindText)},
		{name: "post of a channel", bring: writes(channel, words), is: in(channel, engine.KindText)},
		{name: "undecryptable message", how: cut, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.sim.Inject(simulator.Fault{Kind: simulator.FaultUndecryptable, Number: agentNumber}))
			writes(seatOf, words)(t, h)
		}, is: ofKind(engine.KindWaiting)},
		{name: "message without a ciphertext", how: cut, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.sim.Inject(simulator.Fault{Kind: simulator.FaultUnavailable, Number: agentNumber}))
			writes(seatOf, words)(t, h)
		}, is: ofKind(engine.KindWaiting)},
		{name: "undecryptable message in a group", how: cut, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.sim.Inject(simulator.Fault{Kind: simulator.FaultUndecryptable, Number: agentNumber}))
			writes(group, words)(t, h)
		}, is: in(group, engine.KindWaiting)},
	}
	poll := simulator.Poll{Name: "When?", Options: []string{"Sat", "Sun"}, Selectable: 1}
	for _, change := range []struct {
		name string
		to   func(*hall) string
		of   simulator.Content
		what func(id string) simulator.Content
		kind engine.Kind
	}{
		{"reaction", seatOf, words, func(id string) simulator.Content { return simulator.Reaction{MessageID: id, Emoji: "👍"} }, engine.KindReaction},
		{"sealed reaction", seatOf, words, func(id string) simulator.Content {
			return simulator.Reaction{MessageID: id, Emoji: "👍", Encrypted: true}
		}, engine.KindReaction},
		{"edit", seatOf, words, func(id string) simulator.Content { return simulator.Edit{MessageID: id, Text: "And now?"} }, engine.KindEdit},
		{"sealed edit", seatOf, words, func(id string) simulator.Content {
			return simulator.Edit{MessageID: id, Text: "And now?", Encrypted: true}
		}, engine.KindEdit},
		{"revoke", seatOf, words, func(id string) simulator.Content { return simulator.Revoke{MessageID: id} }, engine.KindRevoke},
		{"vote", seatOf, poll, func(id string) simulator.Content {
			return simulator.Vote{MessageID: id, Options: []string{"Sun"}}
		}, engine.KindVote},
		{"reaction in a group", group, words, func(id string) simulator.Content { return simulator.Reaction{MessageID: id, Emoji: "👍"} }, engine.KindReaction},
		{"edit in a group", group, words, func(id string) simulator.Content { return simulator.Edit{MessageID: id, Text: "And now?"} }, engine.KindEdit},
		{"revoke in a group", group, words, func(id string) simulator.Content { return simulator.Revoke{MessageID: id} }, engine.KindRevoke},
		{"vote in a group", group, poll, func(id string) simulator.Content {
			return simulator.Vote{MessageID: id, Options: []string{"Sun"}}
		}, engine.KindVote},
		{"edit in a channel", channel, words, func(id string) simulator.Content { return simulator.Edit{MessageID: id, Text: "And now?"} }, engine.KindEdit},
		{"revoke in a channel", channel, words, func(id string) simulator.Content { return simulator.Revoke{MessageID: id} }, engine.KindRevoke},
	} {
		ready, bring := about(change.to, change.of, lead, change.what)
		list = append(list, arrival{name: change.name, ready: ready, bring: bring, is: ofKind(change.kind)})
	}
	return list
}

func receiptsThatArrive() []arrival {
	tells := func(delivery engine.Delivery, fromMe bool) func(*hall, engine.Fact) bool {
		return fact(func(_ *hall, r engine.Receipt) bool { return r.Delivery == delivery && r.FromMe == fromMe })
	}
	var id string
	sends := func(kind engine.Kind, to func(*hall) engine.Party) func(*testing.T, *hall) {
		return func(t *testing.T, h *hall) {
			t.Helper()
			id = engine.NewWhatsAppID()
			draft := engine.Draft{ID: engine.MessageID(engine.NewID()), WhatsAppID: id, To: to(h), Kind: kind, Text: "Here it is"}
			if kind == engine.KindVoice {
				file := engine.MediaID(engine.NewID())
				h.files.put(t, file, photo(700))
				draft = fileDraft(kind, file, engine.Media{MIMEType: "audio/ogg; codecs=opus", Seconds: 1}, "")
				draft.WhatsAppID, draft.To = id, to(h)
			}
			// The receipt may come first, and the connection end with it.
			_, _ = h.Send(t.Context(), draft)
			waitFor(t, h.lead, func(m simulator.Message) bool { return m.ID == id })
		}
	}
	toLead := func(h *hall) engine.Party { return h.who() }
	toGroup := func(h *hall) engine.Party { return engine.Party{Room: engine.Address(h.group)} }
	reads := func(who func(*hall) *simulator.Phone, how func(*simulator.Phone, context.Context, ...string) error) func(*testing.T, *hall) {
		return func(t *testing.T, h *hall) {
			t.Helper()
			require.NoError(t, how(who(h), t.Context(), id))
		}
	}
	agent := func(h *hall) *simulator.Phone { return h.agent }
	comes := func(to func(*hall) string) func(*testing.T, *hall) {
		return func(t *testing.T, h *hall) {
			t.Helper()
			var err error
			id, err = h.lead.SendText(t.Context(), to(h), "Read me")
			require.NoError(t, err)
			waitFor(t, h.agent, func(m simulator.Message) bool { return m.ID == id })
		}
	}
	// Two people have a message of the group: of each comes one.
	byLead := func(delivery engine.Delivery) func(*hall, engine.Fact) bool {
		return fact(func(h *hall, r engine.Receipt) bool {
			return r.Delivery == delivery && r.Chat.Room == engine.Address(h.group) && r.Sender.LID == h.who().LID
		})
	}
	return []arrival{
		{name: "delivered", bring: sends(engine.KindText, toLead), is: tells(engine.Delivered, false)},
		{name: "read", ready: sends(engine.KindText, toLead), bring: reads(lead, (*simulator.Phone).Read), is: tells(engine.Read, false)},
		{name: "played", ready: sends(engine.KindVoice, toLead), bring: reads(lead, (*simulator.Phone).Played), is: tells(engine.Played, false)},
		{name: "delivered in a group", how: cut, bring: sends(engine.KindText, toGroup), is: byLead(engine.Delivered)},
		{name: "read in a group", how: cut, ready: sends(engine.KindText, toGroup), bring: reads(lead, (*simulator.Phone).Read), is: byLead(engine.Read)},
		{name: "read on the phone", ready: comes(seatOf), bring: reads(agent, (*simulator.Phone).Read), is: tells(engine.Read, true)},
		{name: "read on the phone in a group", how: cut, ready: comes(group), bring: reads(agent, (*simulator.Phone).Read), is: tells(engine.Read, true)},
	}
}
