package whatsmeow_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// change does something to app state and waits until the phone shows it.
func (d *desk) change(t *testing.T, fact engine.Fact, shown func(simulator.Settings) bool) {
	t.Helper()
	require.NoError(t, d.Client.(engine.ChatStateClient).ChangeState(t.Context(), fact))
	ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
	defer cancel()
	_, err := d.agent.WaitSettings(ctx, shown)
	require.NoError(t, err, "%#v", fact)
}

// chatOf is how the phone shows the chat with the lead.
func chatOf(s simulator.Settings) simulator.ChatState { return s.Chats[leadNumber] }

func TestChangeChats(t *testing.T) {
	d := newDesk(t)
	who := d.who()
	last := engine.MessageRef{WhatsAppID: d.first, At: time.Now()}
	d.change(t, engine.ChatChange{Chat: who, Pinned: new(true)}, func(s simulator.Settings) bool { return chatOf(s).Pinned })
	told(t, d.memory, func(f engine.ChatChange) bool { return f.Pinned != nil && *f.Pinned && f.Chat == who }) // the echo
	d.change(t, engine.ChatChange{Chat: who, Archived: new(true), Last: last}, func(s simulator.Settings) bool {
		return chatOf(s).Archived && !chatOf(s).Pinned
	})
	d.change(t, engine.ChatChange{Chat: who, MutedUntil: new(engine.MutedForever)}, func(s simulator.Settings) bool {
		return chatOf(s).Muted && chatOf(s).MutedUntil == nil
	})
	d.change(t, engine.ChatChange{Chat: who, MutedUntil: new(time.Now().Add(time.Hour))}, func(s simulator.Settings) bool {
		return chatOf(s).MutedUntil != nil
	})
	d.change(t, engine.ChatChange{Chat: who, MutedUntil: new(time.Time{})}, func(s simulator.Settings) bool { return !chatOf(s).Muted })
	d.change(t, engine.ChatChange{Chat: who, Read: new(false), Last: last}, func(s simulator.Settings) bool { return chatOf(s).Unread })
	d.change(t, engine.ChatChange{Chat: who, Read: new(true), Last: last}, func(s simulator.Settings) bool { return !chatOf(s).Unread })
	d.change(t, engine.Starred{Chat: who, Message: last, On: true}, func(s simulator.Settings) bool {
		return len(s.Starred) == 1 && s.Starred[0].ID == d.first
	})
	d.change(t, engine.Starred{Chat: who, Message: last}, func(s simulator.Settings) bool { return len(s.Starred) == 0 })
	d.change(t, engine.MessageRemoved{Chat: who, Message: last}, func(s simulator.Settings) bool { return len(s.Deleted) == 1 })
	d.change(t, engine.ChatCleared{Chat: who, Last: last}, func(s simulator.Settings) bool { return chatOf(s).ClearedAt != nil })
	d.change(t, engine.ChatCleared{Chat: who, Last: last, Deleted: true}, func(s simulator.Settings) bool { return chatOf(s).DeletedAt != nil })
}

func TestChangeLabelsAndContacts(t *testing.T) {
	d := newDesk(t)
	who := d.who()
	d.change(t, engine.LabelChange{Label: "9", Name: "Sellers", Color: 4}, func(s simulator.Settings) bool { return s.Labels["9"].Name == "Sellers" })
	d.change(t, engine.Labelled{Label: "9", Chat: who, On: true}, func(s simulator.Settings) bool { return len(chatOf(s).Labels) == 1 })
	d.change(t, engine.Labelled{Label: "9", Chat: who, Message: d.first, On: true}, func(s simulator.Settings) bool {
		return len(s.Labels["9"].Messages) == 1
	})
	d.change(t, engine.Labelled{Label: "9", Chat: who}, func(s simulator.Settings) bool { return len(chatOf(s).Labels) == 0 })
	d.change(t, engine.LabelChange{Label: "9", Deleted: true}, func(s simulator.Settings) bool { return s.Labels["9"].Deleted || s.Labels["9"].Name == "" })
	d.change(t, engine.ContactChange{Party: who, SavedName: new("Pieter Botha"), FirstName: new("Pieter")}, func(s simulator.Settings) bool {
		return s.Contacts[leadNumber] == simulator.ContactEntry{FullName: "Pieter Botha", FirstName: "Pieter"}
	})
	client := d.Client.(engine.ChatStateClient)
	require.Equal(t, engine.CodeUnsupported, engine.CodeOf(client.ChangeState(t.Context(), engine.ContactChange{Party: who, SavedName: new("")})))
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(client.ChangeState(t.Context(), engine.ContactChange{
		Party: engine.Party{LID: who.LID}, SavedName: new("X"),
	})))
	require.Equal(t, engine.CodeUnsupported, engine.CodeOf(client.ChangeState(t.Context(), engine.Identity{Party: who})))
	require.Equal(t, engine.CodeInvalid, engine.CodeOf(client.ChangeState(t.Context(), engine.ChatChange{
		Chat: engine.Party{Phone: "nonsense"}, Pinned: new(true),
	})))
}

// The phone and the seat change the same collection at once: neither change is
// lost, and both are told.
func TestChangeWhileThePhoneDoes(t *testing.T) {
	d := newDesk(t)
	who := d.who()
	done := make(chan error, 1)
	go func() {
		var err error
		for on, i := true, 0; i < 11 && err == nil; on, i = !on, i+1 {
			err = d.agent.PinChat(context.WithoutCancel(t.Context()), leadNumber, on)
		}
		done <- err
	}()
	for i := range 6 {
		require.NoError(t, d.Client.(engine.ChatStateClient).ChangeState(t.Context(), engine.ChatChange{
			Chat: who, Read: new(i%2 == 1), Last: engine.MessageRef{At: time.Now()},
		}))
	}
	require.NoError(t, <-done)
	d.change(t, engine.ChatChange{Chat: who, Read: new(false)}, func(s simulator.Settings) bool { return chatOf(s).Pinned && chatOf(s).Unread })
	d.until(t, "the last of both", func() bool {
		var pinned, read *bool
		for _, fact := range d.others {
			if change, ok := fact.(engine.ChatChange); ok && change.Pinned != nil {
				pinned = change.Pinned
			} else if ok && change.Read != nil {
				read = change.Read
			}
		}
		return pinned != nil && *pinned && read != nil && !*read
	})
}

func TestBlockPeople(t *testing.T) {
	d := newDesk(t)
	blocks := d.Client.(engine.BlockClient)
	require.NoError(t, blocks.SetBlocked(t.Context(), d.who(), true))
	require.Equal(t, []string{leadNumber}, d.agent.Blocked())
	told(t, d.memory, func(f engine.Blocked) bool { return f.On && f.Party == d.who() })
	list, err := blocks.BlockList(t.Context())
	require.NoError(t, err)
	require.Equal(t, []engine.Party{d.who()}, list.Parties)
	require.NoError(t, blocks.SetBlocked(t.Context(), d.who(), false))
	require.Empty(t, d.agent.Blocked())
	d.Disconnect()
	require.Equal(t, engine.CodeNotConnected, engine.CodeOf(blocks.SetBlocked(t.Context(), d.who(), true)))
}
