package whatsmeow_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
	"github.com/myaibud/aibud/engine/whatsmeow"
)

// told waits for a fact of a type that match accepts, and returns it.
func told[F engine.Fact](t *testing.T, m *memory, match func(F) bool) F {
	t.Helper()
	var found F
	m.until(t, "a fact of type "+reflect.TypeFor[F]().Name(), func() bool {
		for _, other := range m.others {
			if fact, ok := other.(F); ok && match(fact) {
				found = fact
				return true
			}
		}
		return false
	})
	return found
}

// desk is a linked seat to which a lead has written.
type desk struct {
	*world
	*seat
	agent, lead *simulator.Phone
	first       string // ID of the lead's message
}

// lookSoon makes seats look soon for what they may have missed.
func lookSoon(cfg *whatsmeow.Config) { cfg.FirstLook = time.Millisecond }

func newDesk(t *testing.T, adjust ...func(*whatsmeow.Config)) *desk {
	t.Helper()
	w := newWorld(t, append(adjust, lookSoon)...)
	d := &desk{world: w, agent: w.phone(t, agentNumber, "Thandi"), lead: w.phone(t, leadNumber, "Pieter")}
	d.seat = w.pair(t, d.agent)
	d.settled(t)
	d.first = d.says(t, "hello")
	// What comes before a collection was fetched for the first time is no news.
	require.NoError(t, d.agent.PinChat(t.Context(), leadNumber, false))
	told(t, d.memory, func(f engine.ChatChange) bool { return f.Pinned != nil })
	require.NoError(t, d.agent.MuteChat(t.Context(), leadNumber, 0))
	told(t, d.memory, func(f engine.ChatChange) bool { return f.MutedUntil != nil })
	require.NoError(t, d.agent.EditLabel(t.Context(), "1", simulator.Label{Name: "New customer"}))
	told(t, d.memory, func(engine.LabelChange) bool { return true })
	d.set(func(m *memory) { m.others = nil })
	return d
}

// says lets the lead write.
func (d *desk) says(t *testing.T, text string) string {
	t.Helper()
	id, err := d.lead.SendText(t.Context(), agentNumber, text)
	require.NoError(t, err)
	d.message(t, text)
	return id
}

// settled waits until the seat knows the account's settings.
func (d *desk) settled(t *testing.T) {
	t.Helper()
	told(t, d.memory, func(f engine.AccountChange) bool { return f.Name != nil && bool(f.Synced) })
	told(t, d.memory, func(f engine.AccountChange) bool { return f.Privacy != nil && bool(f.Synced) })
}

func (d *desk) who() engine.Party {
	return engine.Party{Phone: engine.PhoneAddress(leadNumber), LID: engine.Address(d.lead.LID().ToNonAD().String())}
}

func TestChatsChangedOnThePhone(t *testing.T) {
	d := newDesk(t)
	ctx, who := t.Context(), d.who()

	require.NoError(t, d.agent.PinChat(ctx, leadNumber, true))
	pinned := told(t, d.memory, func(f engine.ChatChange) bool { return f.Pinned != nil && *f.Pinned })
	require.Equal(t, who, pinned.Chat)
	require.False(t, bool(pinned.Synced), "it is news")
	require.NoError(t, d.agent.ArchiveChat(ctx, leadNumber, true))
	archived := told(t, d.memory, func(f engine.ChatChange) bool { return f.Archived != nil && *f.Archived })
	require.WithinDuration(t, time.Now(), archived.Last.At, time.Minute)
	told(t, d.memory, func(f engine.ChatChange) bool { return f.Pinned != nil && !*f.Pinned })
	require.NoError(t, d.agent.MuteChat(ctx, leadNumber, time.Hour))
	muted := told(t, d.memory, func(f engine.ChatChange) bool { return f.MutedUntil != nil && !f.MutedUntil.IsZero() })
	require.WithinDuration(t, time.Now().Add(time.Hour), *muted.MutedUntil, time.Minute)
	require.NoError(t, d.agent.MuteChat(ctx, leadNumber, -1))
	told(t, d.memory, func(f engine.ChatChange) bool { return f.MutedUntil != nil && f.MutedUntil.Equal(engine.MutedForever) })
	require.NoError(t, d.agent.MuteChat(ctx, leadNumber, 0))
	told(t, d.memory, func(f engine.ChatChange) bool { return f.MutedUntil != nil && f.MutedUntil.IsZero() })
	require.NoError(t, d.agent.MarkChatRead(ctx, leadNumber, false))
	told(t, d.memory, func(f engine.ChatChange) bool { return f.Read != nil && !*f.Read })

	require.NoError(t, d.agent.StarMessage(ctx, d.first, true))
	star := told(t, d.memory, func(f engine.Starred) bool { return f.On })
	require.Equal(t, engine.Starred{Chat: who, Message: engine.MessageRef{WhatsAppID: d.first}, On: true, At: star.At}, star)
	require.NoError(t, d.agent.DeleteForMe(ctx, d.first, true))
	gone := told(t, d.memory, func(f engine.MessageRemoved) bool { return f.Message.WhatsAppID == d.first })
	require.True(t, gone.DeleteMedia)
	require.NoError(t, d.agent.ClearChat(ctx, leadNumber, true, true))
	cleared := told(t, d.memory, func(f engine.ChatCleared) bool { return !f.Deleted })
	require.Equal(t, [2]bool{true, true}, [2]bool{cleared.KeepStarred, cleared.DeleteMedia})
	require.NoError(t, d.agent.DeleteChat(ctx, leadNumber, false))
	require.Equal(t, who, told(t, d.memory, func(f engine.ChatCleared) bool { return f.Deleted }).Chat)
}

func TestLabelsContactsAndSettingsOfThePhone(t *testing.T) {
	d := newDesk(t)
	ctx, who := t.Context(), d.who()
	require.NoError(t, d.agent.EditLabel(ctx, "7", simulator.Label{Name: "Buyers", Color: 3}))
	label := told(t, d.memory, func(f engine.LabelChange) bool { return f.Label == "7" })
	require.Equal(t, engine.LabelChange{Label: "7", Name: "Buyers", Color: 3, At: label.At}, label)
	require.NoError(t, d.agent.LabelChat(ctx, "7", leadNumber, true))
	require.Equal(t, who, told(t, d.memory, func(f engine.Labelled) bool { return f.Message == "" && f.On }).Chat)
	require.NoError(t, d.agent.LabelMessage(ctx, "7", d.first, true))
	told(t, d.memory, func(f engine.Labelled) bool { return f.Message == d.first && f.On })
	require.NoError(t, d.agent.LabelChat(ctx, "7", leadNumber, false))
	told(t, d.memory, func(f engine.Labelled) bool { return f.Message == "" && !f.On })
	require.NoError(t, d.agent.EditLabel(ctx, "7", simulator.Label{Deleted: true}))
	told(t, d.memory, func(f engine.LabelChange) bool { return f.Deleted })

	require.NoError(t, d.agent.SaveContact(ctx, leadNumber, simulator.ContactEntry{FullName: "Pieter the buyer", FirstName: "Pieter"}))
	saved := told(t, d.memory, func(f engine.ContactChange) bool { return f.SavedName != nil && *f.SavedName != "" })
	require.Equal(t, [2]string{"Pieter the buyer", "Pieter"}, [2]string{*saved.SavedName, *saved.FirstName})
	require.Equal(t, who, saved.Party)
	require.NoError(t, d.agent.RemoveContact(ctx, leadNumber))
	told(t, d.memory, func(f engine.ContactChange) bool { return f.SavedName != nil && *f.SavedName == "" })
	require.NoError(t, d.agent.MuteStatus(ctx, leadNumber, true))
	told(t, d.memory, func(f engine.ContactChange) bool { return f.StatusMuted != nil && *f.StatusMuted })
	require.NoError(t, d.agent.Rename(ctx, "Thandi Nkosi"))
	told(t, d.memory, func(f engine.AccountChange) bool { return f.Name != nil && *f.Name == "Thandi Nkosi" })
	require.NoError(t, d.agent.SetUnarchiveChats(ctx, true))
	told(t, d.memory, func(f engine.AccountChange) bool { return f.Unarchive != nil && *f.Unarchive })
}

func TestPeopleChange(t *testing.T) {
	d := newDesk(t)
	ctx, who := t.Context(), d.who()
	d.send(t, who, "hello to you") // the server tells of changes to those who know a person
	require.NoError(t, d.lead.SetAbout(ctx, "Looking for a flat"))
	require.Equal(t, who, told(t, d.memory, func(f engine.ContactChange) bool { return f.About != nil && *f.About == "Looking for a flat" }).Party)
	require.NoError(t, d.agent.Block(ctx, leadNumber))
	require.Equal(t, who, told(t, d.memory, func(f engine.Blocked) bool { return f.On }).Party)
	require.NoError(t, d.agent.Unblock(ctx, leadNumber))
	told(t, d.memory, func(f engine.Blocked) bool { return !f.On })
	require.NoError(t, d.agent.SetPrivacy(ctx, "last", "none"))
	told(t, d.memory, func(f engine.AccountChange) bool { return f.Privacy["last"] == "none" })
	require.NoError(t, d.lead.Reinstall(ctx))
	require.Equal(t, who.LID, told(t, d.memory, func(engine.KeysChanged) bool { return true }).Party.LID)
}

// What a device shares when a seat is linked is stored, and is no news.
func TestWholeStateOfANewDevice(t *testing.T) {
	w := newWorld(t, lookSoon)
	agent, lead := w.phone(t, agentNumber, "Thandi"), w.phone(t, leadNumber, "Pieter")
	book := make(map[string]simulator.ContactEntry)
	for i := range 450 { // several batches, kept outside the patch
		book[fmt.Sprintf("2783%07d", i)] = simulator.ContactEntry{FullName: fmt.Sprint("Person ", i)}
	}
	require.NoError(t, agent.SaveContacts(t.Context(), book))
	require.NoError(t, agent.Block(t.Context(), leadNumber))
	d := &desk{world: w, agent: agent, lead: lead, seat: w.pair(t, agent)}
	d.settled(t)
	d.until(t, "the address book", func() bool {
		count := 0
		for _, fact := range d.others {
			if change, ok := fact.(engine.ContactChange); ok && change.SavedName != nil && bool(change.Synced) {
				count++
			}
		}
		return count == len(book)
	})
	told(t, d.memory, func(f engine.BlockList) bool { return len(f.Parties) == 1 && f.Parties[0].LID == d.who().LID })
}

// A change that could not be stored is told again: on the next connection, and
// to the next process.
func TestStateThatCouldNotBeStored(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	d.set(func(m *memory) { m.otherFailures = 1 })
	require.NoError(t, d.agent.PinChat(ctx, leadNumber, true))
	d.until(t, "the failure", func() bool { return d.otherFailures == 0 })
	d.reconnect(t)
	told(t, d.memory, func(f engine.ChatChange) bool { return f.Pinned != nil && *f.Pinned && !bool(f.Synced) })

	d.set(func(m *memory) { m.otherFailures = 1000 })
	before := d.otherTries
	require.NoError(t, d.agent.MuteChat(ctx, leadNumber, -1))
	d.until(t, "the failure", func() bool { return d.otherTries > before })
	require.NoError(t, d.Close())
	require.NoError(t, d.provider.Close())
	d.start(t, d.cfg) // another process, which nobody tells of the change
	next := d.open(t, d.device, newMemory())
	next.connect(t)
	told(t, next.memory, func(f engine.ChatChange) bool { return f.MutedUntil != nil && f.MutedUntil.Equal(engine.MutedForever) })
}

func TestDamagedStateIsFetchedAnew(t *testing.T) {
	d := newDesk(t)
	require.NoError(t, d.sim.Inject(simulator.Fault{Kind: simulator.FaultStateDamaged, Number: agentNumber}))
	require.NoError(t, d.agent.PinChat(t.Context(), leadNumber, true))
	told(t, d.memory, func(f engine.ChatChange) bool { return f.Pinned != nil && *f.Pinned && bool(f.Synced) })
	require.NoError(t, d.agent.PinChat(t.Context(), leadNumber, false))
	told(t, d.memory, func(f engine.ChatChange) bool { return f.Pinned != nil && !*f.Pinned && !bool(f.Synced) })
}
