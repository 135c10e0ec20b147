package whatsmeow_test

import (
	"slices"
	"strings"
	"testing"

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
