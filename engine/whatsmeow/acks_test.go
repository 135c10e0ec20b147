package whatsmeow_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// hall is a seat with everything around it that something can come from.
type hall struct {
	*desk
	third   *simulator.Phone
	other   *simulator.Phone // whom the seat never met
	group   string           // that the lead has made
	channel string           // that the lead writes, and the seat follows
	photo   engine.Incoming
	files   *shelf
}

// holding says how the client gets a fact again that could not be stored.
type holding int

const (
	held holding = iota // it is not acknowledged
	cut                 // the library would acknowledge it, so the connection is cut before
	owed                // it was acknowledged, and is asked for anew
)

// arrival is one kind of what comes in.
type arrival struct {
	name string
	how  holding
	// bring lets it come. What it needs beforehand was brought by ready.
	ready, bring func(t *testing.T, h *hall)
	// again makes the other side tell it again; nil: that needs nothing.
	again func(t *testing.T, h *hall)
	is    func(h *hall, fact engine.Fact) bool
}

const strangerNumber = "27821110009"

// after begins a text that only shows how far the client has come.
const after = "after "

func newHall(t *testing.T) *hall {
	t.Helper()
	ctx := t.Context()
	h := &hall{files: newShelf(t)}
	h.desk = newDesk(t, func(c *whatsmeow.Config) { c.Files = h.files })
	h.third = h.phone(t, thirdNumber, "Lerato")
	h.other = h.phone(t, strangerNumber, "Ben")
	h.send(t, h.who(), "hello to you") // the server tells of changes to those who know a person
	made, _, err := h.lead.CreateGroup(ctx, simulator.NewGroup{Subject: "Viewing", Members: []string{agentNumber, thirdNumber}})
	require.NoError(t, err)
	h.group = made.JID
	channel, err := h.lead.CreateChannel(ctx, "Harbour news", "Ships")
	require.NoError(t, err)
	h.channel = channel.JID
	require.NoError(t, h.agent.FollowChannel(ctx, h.channel))
	for _, room := range []string{h.group, h.channel} {
		h.state(t, engine.Address(room), anyState)
	}
	h.photo = receivedPhoto(t, h.seat, h.lead, photo(1000))
	return h
}

// quiet waits until nothing is under way to the seat.
func (h *hall) quiet(t *testing.T) {
	t.Helper()
	settled(t, h.world)
	_, err := h.Client.(engine.People).OnWhatsApp(t.Context(), []string{leadNumber})
	require.NoError(t, err)
	// One collection of app state is fetched after the other, so the one before is
	// stored, and its version saved, when the next is told.
	name := engine.NewWhatsAppID()
	require.NoError(t, h.agent.EditLabel(t.Context(), "1", simulator.Label{Name: name}))
	told(t, h.memory, func(l engine.LabelChange) bool { return l.Name == name })
	settled(t, h.world)
}

// Whatever comes in is not acknowledged before it is stored: if that fails, it
// comes again, and is stored once.
func TestNothingIsAcknowledgedBeforeItIsStored(t *testing.T) {
	h := newHall(t)
	for _, a := range slices.Concat(messagesThatArrive(), receiptsThatArrive(), roomNewsThatArrives(), peopleNewsThatArrives(), stateThatArrives()) {
		if !t.Run(a.name, func(t *testing.T) { h.arrives(t, a) }) {
			h.set(func(m *memory) { m.refuse = nil })
			h.reconnect(t)
		}
	}
}

func (h *hall) arrives(t *testing.T, a arrival) {
	t.Helper()
	if a.ready != nil {
		a.ready(t, h)
	}
	h.quiet(t)
	refused := 0
	h.set(func(m *memory) {
		m.all, m.signals = nil, nil
		m.refuse = func(f engine.Fact) bool {
			if refused > 0 || !a.is(h, f) {
				return false
			}
			refused++
			return true
		}
	})
	a.bring(t, h)
	h.until(t, "the refusal", func() bool { return refused == 1 })
	if a.how == cut {
		await[engine.Disconnected](t, h.memory)
	} else {
		// What it is handled by has ended when the next is handled, and what it has
		// sent has come to the server when that answers.
		text := after + a.name
		_, err := h.third.SendText(t.Context(), agentNumber, text)
		require.NoError(t, err)
		h.message(t, text)
		_, err = h.Client.(engine.People).OnWhatsApp(t.Context(), []string{leadNumber})
		require.NoError(t, err)
	}
	require.Zero(t, h.stored(a))
	h.reconnect(t)
	if a.again != nil {
		a.again(t, h)
	}
	h.until(t, "the fact", func() bool { return h.count(a) > 0 })
	h.quiet(t)
	h.reconnect(t)
	h.quiet(t)
	require.Equal(t, 1, h.stored(a), "it is stored once")
}

// count counts the facts that were stored; messages by their IDs, as the store
// does, since one that is asked for again may come from its sender and from the
// phone. The caller holds the memory's mu.
func (h *hall) count(a arrival) (count int) {
	ids := make(map[string]bool)
	for _, f := range h.all {
		if !a.is(h, f) {
			continue
		}
		if m, ok := f.(engine.Incoming); ok {
			ids[m.WhatsAppID] = true
		} else {
			count++
		}
	}
	return count + len(ids)
}

func (h *hall) stored(a arrival) (count int) {
	h.set(func(*memory) { count = h.count(a) })
	return count
}

// fact makes a condition of one for facts of a type.
func fact[F engine.Fact](match func(*hall, F) bool) func(*hall, engine.Fact) bool {
	return func(h *hall, f engine.Fact) bool {
		of, ok := f.(F)
		return ok && match(h, of)
	}
}

func ofKind(kind engine.Kind) func(*hall, engine.Fact) bool {
	return fact(func(_ *hall, m engine.Incoming) bool { return m.Kind == kind && !strings.HasPrefix(m.Text, after) })
}

func in(room func(*hall) string, kind engine.Kind) func(*hall, engine.Fact) bool {
	return fact(func(h *hall, m engine.Incoming) bool { return m.Kind == kind && m.Chat.Room == engine.Address(room(h)) })
}

func group(h *hall) string   { return h.group }
func channel(h *hall) string { return h.channel }
func seatOf(*hall) string    { return agentNumber }
func feed(*hall) string      { return "status@broadcast" }

// writes lets the lead send something.
func writes(to func(*hall) string, what simulator.Content, options ...simulator.Option) func(*testing.T, *hall) {
	return func(t *testing.T, h *hall) {
		t.Helper()
		_, err := h.lead.Send(t.Context(), to(h), what, options...)
		require.NoError(t, err)
	}
}

// about lets somebody send something about a message that the lead sends
// before.
func about(to func(*hall) string, of simulator.Content, who func(*hall) *simulator.Phone, what func(id string) simulator.Content) (ready, bring func(*testing.T, *hall)) {
	var id string
	ready = func(t *testing.T, h *hall) {
		t.Helper()
		var err error
		id, err = h.lead.Send(t.Context(), to(h), of)
		require.NoError(t, err)
		h.until(t, "the message", func() bool {
			return slices.ContainsFunc(h.messages, func(m engine.Incoming) bool { return m.WhatsAppID == id })
		})
	}
	bring = func(t *testing.T, h *hall) {
		t.Helper()
		_, err := who(h).Send(t.Context(), to(h), what(id))
		require.NoError(t, err)
	}
	return ready, bring
}

func lead(h *hall) *simulator.Phone { return h.lead }

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

func roomNewsThatArrives() []arrival {
	yes, no, day := true, false, 86400
	hand := func(t *testing.T, h *hall, who *simulator.Phone) *simulator.PhoneGroup {
		t.Helper()
		g, err := who.Group(h.group)
		require.NoError(t, err)
		return g
	}
	notice := func(code engine.NoticeCode) func(*hall, engine.Fact) bool {
		return fact(func(h *hall, n engine.RoomNews) bool {
			return slices.ContainsFunc(n.Changes, func(c engine.RoomChange) bool { return c.Code == code })
		})
	}
	set := func(want simulator.GroupSettings) func(*testing.T, *hall) {
		return func(t *testing.T, h *hall) {
			t.Helper()
			require.NoError(t, hand(t, h, h.lead).Set(t.Context(), want))
		}
	}
	people := func(do func(*simulator.PhoneGroup, context.Context, ...string) ([]simulator.GroupResult, error), who string) func(*testing.T, *hall) {
		return func(t *testing.T, h *hall) {
			t.Helper()
			_, err := do(hand(t, h, h.lead), t.Context(), who)
			require.NoError(t, err)
		}
	}
	role := func(r engine.Role) func(*hall, engine.Fact) bool {
		return fact(func(h *hall, n engine.RoomNews) bool {
			return n.Room.Room == engine.Address(h.channel) && n.State != nil && n.State.Role == r
		})
	}
	return []arrival{
		{name: "added to a group", bring: func(t *testing.T, h *hall) {
			_, _, err := h.lead.CreateGroup(t.Context(), simulator.NewGroup{Subject: "Another", Members: []string{agentNumber}})
			require.NoError(t, err)
		}, is: fact(func(_ *hall, n engine.RoomNews) bool { return n.Room.Name == "Another" && len(n.Changes) > 0 })},
		{name: "subject", bring: func(t *testing.T, h *hall) {
			require.NoError(t, hand(t, h, h.lead).Rename(t.Context(), "Viewing on Sunday"))
		}, is: notice(engine.NoticeSubject)},
		{name: "description", bring: func(t *testing.T, h *hall) {
			require.NoError(t, hand(t, h, h.lead).Describe(t.Context(), "Bring a pen"))
		}, is: notice(engine.NoticeDescription)},
		{name: "announcements only", bring: set(simulator.GroupSettings{Announce: &yes}), is: notice(engine.NoticeAnnounce)},
		{name: "announcements no more", bring: set(simulator.GroupSettings{Announce: &no}), is: notice(engine.NoticeAnnounce)},
		{name: "locked", bring: set(simulator.GroupSettings{Locked: &yes}), is: notice(engine.NoticeLocked)},
		{name: "approval", bring: set(simulator.GroupSettings{Approval: &yes}), is: notice(engine.NoticeApproval)},
		{name: "timer", bring: set(simulator.GroupSettings{Expires: &day}), is: notice(engine.NoticeTimer)},
		{name: "promoted", bring: people((*simulator.PhoneGroup).Promote, thirdNumber), is: notice(engine.NoticePromoted)},
		{name: "demoted", bring: people((*simulator.PhoneGroup).Demote, thirdNumber), is: notice(engine.NoticeDemoted)},
		{name: "removed", bring: people((*simulator.PhoneGroup).Remove, thirdNumber), is: notice(engine.NoticeRemoved)},
		{name: "added", bring: people((*simulator.PhoneGroup).Add, thirdNumber), is: notice(engine.NoticeAdded)},
		{name: "left", bring: func(t *testing.T, h *hall) {
			require.NoError(t, hand(t, h, h.third).Leave(t.Context()))
		}, is: notice(engine.NoticeLeft)},
		{name: "request to join", ready: func(t *testing.T, h *hall) {
			_, err := hand(t, h, h.lead).Promote(t.Context(), agentNumber)
			require.NoError(t, err)
		}, bring: func(t *testing.T, h *hall) {
			link, err := hand(t, h, h.lead).Link(t.Context(), false)
			require.NoError(t, err)
			_, pending, err := h.third.JoinGroup(t.Context(), link)
			require.NoError(t, err)
			require.True(t, pending)
		}, is: notice(engine.NoticeRequested)},
		{name: "link", bring: func(t *testing.T, h *hall) {
			_, err := hand(t, h, h.lead).Link(t.Context(), true)
			require.NoError(t, err)
		}, is: notice(engine.NoticeLink)},
		{name: "picture of a group", how: cut, bring: func(t *testing.T, h *hall) {
			_, err := hand(t, h, h.lead).SetPicture(t.Context(), jpegPicture(t))
			require.NoError(t, err)
		}, is: fact(func(h *hall, c engine.ContactChange) bool {
			return c.PictureID != nil && c.Party.Room == engine.Address(h.group)
		})},
		{name: "channel left", how: cut, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.agent.UnfollowChannel(t.Context(), h.channel))
		}, is: role("")},
		{name: "channel followed", how: cut, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.agent.FollowChannel(t.Context(), h.channel))
		}, is: role(engine.RoleMember)},
	}
}

func peopleNewsThatArrives() []arrival {
	becomes := func(state engine.CallState) func(*hall, engine.Fact) bool {
		return fact(func(_ *hall, c engine.CallChange) bool { return c.State == state })
	}
	rings := func(id *string) func(*testing.T, *hall) {
		return func(t *testing.T, h *hall) {
			t.Helper()
			*id = h.rings(t, false)
		}
	}
	var call string
	picture := fact(func(h *hall, c engine.ContactChange) bool { return c.PictureID != nil && c.Party.LID == h.who().LID })
	return []arrival{
		{name: "call", how: cut, bring: func(t *testing.T, h *hall) {
			var err error
			call, err = h.lead.Call(t.Context(), agentNumber, false)
			require.NoError(t, err)
		}, is: becomes(engine.CallRinging)},
		{name: "call hung up", how: cut, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.lead.HangUp(t.Context(), call))
		}, is: becomes(engine.CallEnded)},
		{name: "call taken on the phone", how: cut, ready: rings(&call), bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.agent.Accept(t.Context(), call))
		}, is: becomes(engine.CallElsewhere)},
		{name: "call refused on the phone", how: cut, ready: func(t *testing.T, h *hall) {
			require.NoError(t, h.agent.HangUp(t.Context(), call))
			rings(&call)(t, h)
		}, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.agent.Reject(t.Context(), call))
		}, is: becomes(engine.CallRejected)},
		{name: "call in a group", how: cut, bring: func(t *testing.T, h *hall) {
			_, err := h.lead.Call(t.Context(), h.group, true)
			require.NoError(t, err)
		}, is: becomes(engine.CallRinging)},
		{name: "picture", how: cut, bring: func(t *testing.T, h *hall) {
			_, err := h.lead.SetPicture(t.Context(), jpegPicture(t))
			require.NoError(t, err)
		}, is: picture},
		{name: "picture removed", how: cut, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.lead.RemovePicture(t.Context()))
		}, is: picture},
		{name: "about", how: cut, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.lead.SetAbout(t.Context(), "At the harbour"))
		}, is: fact(func(_ *hall, c engine.ContactChange) bool { return c.About != nil })},
		{name: "answer about a file", how: cut, bring: func(t *testing.T, h *hall) {
			// The answer may come first, and the connection end with it.
			_ = h.mediaClient(t).AskForFile(t.Context(), engine.MediaFile{WhatsAppID: h.photo.WhatsAppID, Chat: h.photo.Chat, Raw: h.photo.Raw})
		}, is: fact(func(*hall, engine.MediaAnswer) bool { return true })},
		{name: "part of the history", bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.able(t).RequestHistory(t.Context(), engine.HistoryRequest{
				Chat: h.photo.Chat, WhatsAppID: h.photo.WhatsAppID, At: h.photo.At, Count: 5,
			}))
		}, is: fact(func(*hall, engine.HistoryNotice) bool { return true })},
		{name: "blocked", how: owed, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.agent.Block(t.Context(), strangerNumber))
		}, is: fact(func(_ *hall, b engine.Blocked) bool { return b.On })},
		{name: "unblocked", how: owed, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.agent.Unblock(t.Context(), strangerNumber))
		}, is: fact(func(_ *hall, b engine.Blocked) bool { return !b.On })},
		{name: "privacy", how: owed, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.agent.SetPrivacy(t.Context(), "last", "none"))
		}, is: fact(func(_ *hall, c engine.AccountChange) bool { return c.Privacy["last"] == "none" })},
		{name: "business", how: owed, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.lead.SetBusiness(t.Context(), simulator.Business{Name: "Baobab Estates"}))
			writes(seatOf, simulator.Text{Body: "We are a business now"})(t, h)
		}, again: writes(seatOf, simulator.Text{Body: "Really"}), is: fact(func(_ *hall, c engine.ContactChange) bool { return c.BusinessName != nil })},
		{name: "new keys", how: cut, bring: func(t *testing.T, h *hall) {
			require.NoError(t, h.lead.Reinstall(t.Context()))
		}, is: fact(func(*hall, engine.KeysChanged) bool { return true })},
	}
}

func stateThatArrives() []arrival {
	changes := func(match func(engine.ChatChange) bool) func(*hall, engine.Fact) bool {
		return fact(func(_ *hall, c engine.ChatChange) bool { return match(c) })
	}
	does := func(do func(p *simulator.Phone, ctx context.Context, h *hall) error) func(*testing.T, *hall) {
		return func(t *testing.T, h *hall) {
			t.Helper()
			require.NoError(t, do(h.agent, t.Context(), h))
		}
	}
	contact := func(match func(engine.ContactChange) bool) func(*hall, engine.Fact) bool {
		return fact(func(_ *hall, c engine.ContactChange) bool { return match(c) })
	}
	list := []arrival{
		{name: "pinned", bring: does(func(p *simulator.Phone, ctx context.Context, _ *hall) error {
			return p.PinChat(ctx, leadNumber, true)
		}), is: changes(func(c engine.ChatChange) bool { return c.Pinned != nil })},
		{name: "muted", bring: does(func(p *simulator.Phone, ctx context.Context, _ *hall) error {
			return p.MuteChat(ctx, leadNumber, time.Hour)
		}), is: changes(func(c engine.ChatChange) bool { return c.MutedUntil != nil })},
		{name: "archived", bring: does(func(p *simulator.Phone, ctx context.Context, _ *hall) error {
			return p.ArchiveChat(ctx, thirdNumber, true)
		}), is: changes(func(c engine.ChatChange) bool { return c.Archived != nil })},
		{name: "marked as unread", bring: does(func(p *simulator.Phone, ctx context.Context, _ *hall) error {
			return p.MarkChatRead(ctx, leadNumber, false)
		}), is: changes(func(c engine.ChatChange) bool { return c.Read != nil && !*c.Read })},
		{name: "star", bring: does(func(p *simulator.Phone, ctx context.Context, h *hall) error {
			return p.StarMessage(ctx, h.photo.WhatsAppID, true)
		}), is: fact(func(*hall, engine.Starred) bool { return true })},
		{name: "label", bring: does(func(p *simulator.Phone, ctx context.Context, _ *hall) error {
			return p.EditLabel(ctx, "7", simulator.Label{Name: "Buyers", Color: 3})
		}), is: fact(func(_ *hall, l engine.LabelChange) bool { return l.Label == "7" })},
		{name: "label of a chat", bring: does(func(p *simulator.Phone, ctx context.Context, _ *hall) error {
			return p.LabelChat(ctx, "7", leadNumber, true)
		}), is: fact(func(_ *hall, l engine.Labelled) bool { return l.Message == "" })},
		{name: "label of a message", bring: does(func(p *simulator.Phone, ctx context.Context, h *hall) error {
			return p.LabelMessage(ctx, "7", h.photo.WhatsAppID, true)
		}), is: fact(func(_ *hall, l engine.Labelled) bool { return l.Message != "" })},
		{name: "saved contact", bring: does(func(p *simulator.Phone, ctx context.Context, _ *hall) error {
			return p.SaveContact(ctx, thirdNumber, simulator.ContactEntry{FullName: "Lerato the buyer", FirstName: "Lerato"})
		}), is: contact(func(c engine.ContactChange) bool { return c.SavedName != nil })},
		{name: "muted status", bring: does(func(p *simulator.Phone, ctx context.Context, _ *hall) error {
			return p.MuteStatus(ctx, thirdNumber, true)
		}), is: contact(func(c engine.ContactChange) bool { return c.StatusMuted != nil })},
		{name: "own name", bring: does(func(p *simulator.Phone, ctx context.Context, _ *hall) error {
			return p.Rename(ctx, "Thandi Nkosi")
		}), is: fact(func(_ *hall, c engine.AccountChange) bool { return c.Name != nil && *c.Name == "Thandi Nkosi" })},
		{name: "archived chats stay", bring: does(func(p *simulator.Phone, ctx context.Context, _ *hall) error {
			return p.SetUnarchiveChats(ctx, true)
		}), is: fact(func(_ *hall, c engine.AccountChange) bool { return c.Unarchive != nil })},
		{name: "message removed", bring: does(func(p *simulator.Phone, ctx context.Context, h *hall) error {
			return p.DeleteForMe(ctx, h.photo.WhatsAppID, true)
		}), is: fact(func(*hall, engine.MessageRemoved) bool { return true })},
		{name: "chat cleared", bring: does(func(p *simulator.Phone, ctx context.Context, _ *hall) error {
			return p.ClearChat(ctx, leadNumber, true, true)
		}), is: fact(func(_ *hall, c engine.ChatCleared) bool { return !c.Deleted })},
		{name: "chat deleted", bring: does(func(p *simulator.Phone, ctx context.Context, _ *hall) error {
			return p.DeleteChat(ctx, leadNumber, false)
		}), is: fact(func(_ *hall, c engine.ChatCleared) bool { return c.Deleted })},
	}
	for i := range list {
		list[i].how = owed
	}
	return list
}

// What the library acknowledges before it knows what has changed is asked for
// anew by the next process too.
func TestWhatIsOwedAfterACrash(t *testing.T) {
	h := newHall(t)
	ctx := t.Context()
	h.quiet(t)
	h.set(func(m *memory) { m.refuse = func(engine.Fact) bool { return true } })
	require.NoError(t, h.agent.Block(ctx, strangerNumber))
	require.NoError(t, h.agent.SetPrivacy(ctx, "last", "none"))
	require.NoError(t, h.agent.SaveContact(ctx, thirdNumber, simulator.ContactEntry{FullName: "Lerato the buyer", FirstName: "Lerato"}))
	require.NoError(t, h.lead.SetBusiness(ctx, simulator.Business{Name: "Baobab Estates"}))
	writes(seatOf, simulator.Text{Body: "We are a business now"})(t, h)
	h.seat = h.crash(t, h.seat)
	h.set(func(m *memory) { m.refuse = nil })
	h.restarted(t)
	h.message(t, "We are a business now")
	told(t, h.memory, func(b engine.BlockList) bool { return len(b.Parties) == 1 && b.Parties[0].LID == lidOf(h.other) })
	told(t, h.memory, func(c engine.AccountChange) bool { return c.Privacy["last"] == "none" })
	told(t, h.memory, func(c engine.ContactChange) bool { return c.SavedName != nil && *c.SavedName == "Lerato the buyer" })
	told(t, h.memory, func(c engine.ContactChange) bool { return c.BusinessName != nil && *c.BusinessName == "Baobab Estates" })
}
