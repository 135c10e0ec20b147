package whatsmeow_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

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
