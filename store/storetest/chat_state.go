package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

func is[T any](value T) *T { return &value }

// labels are the seat's.
func (b *bundle) labels() []engine.LabelView {
	b.t.Helper()
	found, err := b.rows.Labels(b.ctx(), b.seat.Seat)
	require.NoError(b.t, err)
	return found
}

func chatChanges(t *testing.T, b *bundle) {
	c := b.talk("hello")
	seq := b.lastSeq()
	pin := engine.ChatChange{Chat: thandi(), Pinned: is(true)}
	b.record(pin, pin)
	require.Equal(t, []engine.EventKind{engine.EventConversationUpdated}, b.since(seq), "once")
	require.True(t, b.conversation(c.ID).Pinned)
	until := now().Add(time.Hour)
	b.record(engine.ChatChange{Chat: thandi(), Archived: is(true), MutedUntil: &until})
	got := b.conversation(c.ID)
	require.True(t, got.Archived)
	require.False(t, got.Pinned, "the archive has no top")
	require.Equal(t, until, *got.MutedUntil)
	b.record(engine.ChatChange{Chat: thandi(), MutedUntil: &engine.MutedForever})
	require.Equal(t, engine.MutedForever, *b.conversation(c.ID).MutedUntil)
	b.record(engine.ChatChange{Chat: thandi(), MutedUntil: &time.Time{}})
	require.Nil(t, b.conversation(c.ID).MutedUntil)

	b.record(engine.ChatChange{Chat: thandi(), Read: is(true), Last: engine.MessageRef{At: now().Add(-time.Hour)}})
	require.Equal(t, 1, b.conversation(c.ID).Unread, "it was read up to an hour ago")
	b.record(engine.ChatChange{Chat: thandi(), Read: is(true), Last: engine.MessageRef{At: now()}})
	require.Zero(t, b.conversation(c.ID).Unread)
	b.record(engine.ChatChange{Chat: thandi(), Read: is(false)})
	require.True(t, b.conversation(c.ID).MarkedUnread)
	require.NoError(t, b.rows.MarkRead(b.ctx(), c.ID))
	require.False(t, b.conversation(c.ID).MarkedUnread)
}

// What is told of a chat that we have no message of is kept until there is one.
func chatChangeBeforeMessage(t *testing.T, b *bundle) {
	seq := b.lastSeq()
	b.record(engine.ChatChange{Chat: thandi(), Archived: is(false), Synced: true})
	require.Empty(t, b.since(seq), "nothing is so by itself")
	b.record(engine.ChatChange{Chat: thandi(), Archived: is(true), Synced: true}, engine.ChatChange{Chat: thandi(), Pinned: is(true)})
	require.Empty(t, b.conversations())
	require.Empty(t, b.since(seq))
	c := b.talk("hello")
	require.True(t, c.Archived)
	require.Equal(t, []engine.EventKind{engine.EventMessageCreated, engine.EventConversationUpdated}, b.since(seq))
}

func unarchive(t *testing.T, b *bundle) {
	c := b.talk("hello")
	archive := engine.ChatChange{Chat: thandi(), Archived: is(true)}
	b.record(archive)
	b.talk("are you there?")
	require.True(t, b.conversation(c.ID).Archived, "as WhatsApp leaves it unless told otherwise")
	b.record(engine.AccountChange{Unarchive: is(true)})
	b.talk("hello?")
	require.False(t, b.conversation(c.ID).Archived)
	settings, err := b.rows.SeatSettings(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.True(t, settings.Unarchive)
}

func filters(t *testing.T, b *bundle) {
	b.talk("hello")
	sipho := engine.Party{Phone: engine.PhoneAddress("27839999999")}
	b.record(b.text(sipho, "hi"), engine.ChatChange{Chat: sipho, Archived: is(true), Read: is(true), Last: engine.MessageRef{At: now()}})
	b.record(engine.LabelChange{Label: "1", Name: "Buyers"}, engine.Labelled{Label: "1", Chat: sipho, On: true})
	labels, err := b.rows.Labels(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	for name, filter := range map[string]engine.ConversationFilter{
		"archived": {Archived: is(true)}, "read": {Unread: is(false)}, "label": {Label: labels[0].ID},
		"all": {Archived: is(true), Unread: is(false), Label: labels[0].ID, Seat: b.seat.Seat, Type: engine.ChatDirect},
	} {
		found, _, err := b.rows.Conversations(b.ctx(), filter, engine.Page{})
		require.NoError(t, err)
		require.Len(t, found, 1, name)
		require.Equal(t, "27839999999", found[0].Contact.Phone, name)
	}
	found, _, err := b.rows.Conversations(b.ctx(), engine.ConversationFilter{Archived: is(false), Unread: is(true)}, engine.Page{})
	require.NoError(t, err)
	require.Equal(t, "27821234567", found[0].Contact.Phone)
}

func stars(t *testing.T, b *bundle) {
	c := b.talk("hello")
	m := b.messages(c.ID)[0]
	seq := b.lastSeq()
	star := engine.Starred{Chat: thandi(), Message: engine.MessageRef{WhatsAppID: m.WhatsAppID}, On: true}
	b.record(star, star)
	require.Equal(t, []engine.EventKind{engine.EventMessageUpdated}, b.since(seq))
	require.True(t, b.message(c.ID, m.ID).Starred)
	b.record(engine.Starred{Chat: thandi(), Message: engine.MessageRef{WhatsAppID: m.WhatsAppID, FromMe: true}})
	require.True(t, b.message(c.ID, m.ID).Starred, "it is about another message")
	b.record(engine.Starred{Chat: thandi(), Message: engine.MessageRef{WhatsAppID: m.WhatsAppID}})
	require.False(t, b.message(c.ID, m.ID).Starred)
	b.record(engine.Starred{Chat: thandi(), Message: engine.MessageRef{WhatsAppID: "unknown"}, On: true})
}

func clearChat(t *testing.T, b *bundle) {
	fact := b.text(thandi(), "first")
	fact.At = now().Add(-time.Minute)
	kept := b.text(thandi(), "starred")
	kept.At = now().Add(-time.Minute)
	b.record(fact, kept, engine.Starred{Chat: thandi(), Message: engine.MessageRef{WhatsAppID: kept.WhatsAppID}, On: true})
	c := b.talk("after")
	seq := b.lastSeq()
	cleared := engine.ChatCleared{Chat: thandi(), KeepStarred: true, Last: engine.MessageRef{At: fact.At}}
	b.record(cleared, cleared)
	require.Equal(t, []engine.EventKind{engine.EventConversationCleared, engine.EventConversationUpdated}, b.since(seq), "once")
	texts := []string{}
	for _, m := range b.messages(c.ID) {
		texts = append(texts, m.Text)
	}
	require.Equal(t, []string{"starred", "after"}, texts)
	require.Equal(t, 2, b.conversation(c.ID).Unread)

	b.record(fact) // WhatsApp delivers it again
	require.Len(t, b.messages(c.ID), 2, "what is gone stays so")
	edit := b.text(thandi(), "back again")
	edit.Kind, edit.Target = engine.KindEdit, fact.WhatsAppID
	b.record(edit)
	require.Len(t, b.messages(c.ID), 2)

	queued := b.send(c.ID, "on its way")
	b.record(engine.ChatCleared{Chat: thandi(), Last: engine.MessageRef{At: now().Add(time.Minute)}})
	left := b.messages(c.ID)
	require.Len(t, left, 1)
	require.Equal(t, queued.ID, left[0].ID, "what is to be sent is sent")
	require.Zero(t, b.only().Unread)
}

func clearedChatStays(t *testing.T, b *bundle) {
	c := b.talk("hello")
	b.record(engine.ChatCleared{Chat: thandi(), Last: engine.MessageRef{At: now()}})
	got := b.only()
	require.Equal(t, c.ID, got.ID, "an empty chat is still a chat")
	require.Nil(t, got.LastMessage)
	require.Equal(t, c.LastMessageAt, got.LastMessageAt, "in its place")
	require.Zero(t, got.Unread)
	require.Empty(t, b.messages(c.ID))
	require.Equal(t, c.ID, b.talk("again").ID)
}

func deleteChat(t *testing.T, b *bundle) {
	c := b.talk("hello")
	b.record(engine.ChatChange{Chat: thandi(), Pinned: is(true)})
	seq := b.lastSeq()
	deleted := engine.ChatCleared{Chat: thandi(), Deleted: true, Last: engine.MessageRef{At: now()}}
	b.record(deleted, deleted)
	require.Equal(t, []engine.EventKind{engine.EventConversationCleared}, b.since(seq), "once")
	require.Empty(t, b.conversations())
	require.Empty(t, b.messages(c.ID))
	seq = b.lastSeq()
	again := b.talk("I am back")
	require.Equal(t, c.ID, again.ID)
	require.False(t, again.Pinned)
	require.Len(t, b.messages(c.ID), 1)
	require.Contains(t, b.since(seq), engine.EventConversationUpdated, "it is on the list again")
	b.record(engine.ChatCleared{Chat: engine.Party{Phone: engine.PhoneAddress("27830000000")}, Deleted: true, Last: engine.MessageRef{At: now()}})
}

func deleteForMe(t *testing.T, b *bundle) {
	b.talk("first")
	c := b.talk("second")
	m := b.messages(c.ID)[1]
	seq := b.lastSeq()
	gone := engine.MessageRemoved{Chat: thandi(), Message: engine.MessageRef{WhatsAppID: m.WhatsAppID}}
	b.record(gone, gone)
	require.Equal(t, []engine.EventKind{engine.EventMessageDeleted, engine.EventConversationUpdated}, b.since(seq), "once")
	got := b.only()
	require.Equal(t, "first", got.LastMessage.Text)
	require.Equal(t, 1, got.Unread)
	require.Len(t, b.messages(c.ID), 1)
	events, err := b.rows.Events(b.ctx(), seq, 1)
	require.NoError(t, err)
	require.NotContains(t, string(events[0].Data), "second")
	require.Contains(t, string(events[0].Data), "deleted_at")
}

func labels(t *testing.T, b *bundle) {
	c := b.talk("hello")
	m := b.messages(c.ID)[0]
	on := engine.Labelled{Label: "7", Chat: thandi(), On: true}
	b.record(on, on) // before anybody says what it is
	found, err := b.rows.Labels(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Empty(t, found)
	seq := b.lastSeq()
	edit := engine.LabelChange{Label: "7", Name: "Buy\x00ers", Color: 3}
	b.record(edit, edit)
	require.Equal(t, []engine.EventKind{engine.EventLabelUpdated}, b.since(seq), "once")
	found, err = b.rows.Labels(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Equal(t, "Buyers", found[0].Name)
	require.Equal(t, []engine.LabelID{found[0].ID}, b.conversation(c.ID).Labels)
	b.record(engine.Labelled{Label: "7", Chat: thandi(), Message: m.WhatsAppID, On: true}, engine.Labelled{Label: "8", Chat: thandi(), On: true})
	require.Equal(t, []engine.LabelID{found[0].ID}, b.message(c.ID, m.ID).Labels)
	require.Len(t, b.conversation(c.ID).Labels, 2)

	other := b.newAgency("other")
	_, err = other.rows.Labels(b.ctx(), b.seat.Seat)
	requireCode(t, engine.CodeNotFound, err)
	_, _, err = other.rows.Label(b.ctx(), other.seat.Seat, found[0].ID)
	requireCode(t, engine.CodeNotFound, err)
	next, err := b.rows.NewLabel(b.ctx(), b.seat.Seat, " Sellers ", 19)
	require.NoError(t, err)
	require.Equal(t, engine.LabelChange{Label: "10", Name: "Sellers", Color: 19}, next)
	_, err = b.rows.NewLabel(b.ctx(), b.seat.Seat, " ", 1)
	requireCode(t, engine.CodeInvalid, err)
	_, err = b.rows.NewLabel(b.ctx(), b.seat.Seat, "x", 20)
	requireCode(t, engine.CodeInvalid, err)
	change, err := b.rows.EditLabel(b.ctx(), b.seat.Seat, found[0].ID, is("Renters"), nil)
	require.NoError(t, err)
	require.Equal(t, engine.LabelChange{Label: "7", Name: "Renters", Color: 3}, change)

	b.record(engine.LabelChange{Label: "7", Deleted: true})
	require.Len(t, b.conversation(c.ID).Labels, 1, "a label that is gone is on nothing")
	require.Empty(t, b.message(c.ID, m.ID).Labels)
	b.record(engine.Labelled{Label: "8", Chat: thandi()})
	require.Empty(t, b.conversation(c.ID).Labels)
}

func contactDetails(t *testing.T, b *bundle) {
	c := b.talk("hello")
	seq := b.lastSeq()
	saved := engine.ContactChange{Party: thandi(), SavedName: is("Thandi the buyer"), FirstName: is("Thandi"), About: is("Busy"), PictureID: is("9")}
	b.record(saved, saved)
	require.Equal(t, []engine.EventKind{engine.EventContactUpdated, engine.EventConversationUpdated}, b.since(seq), "once")
	got := b.conversation(c.ID).Contact
	require.Equal(t, engine.ContactDetails{SavedName: "Thandi the buyer", About: "Busy", PictureID: "9"}, got.ContactDetails)
	b.record(engine.ContactChange{Party: thandi(), SavedName: is(""), BusinessName: is("Thandi Homes"), Synced: true})
	got = b.conversation(c.ID).Contact
	require.Equal(t, [3]string{"", "Thandi Homes", "Busy"}, [3]string{got.SavedName, got.BusinessName, got.About})
	at := now()
	b.record(engine.KeysChanged{Party: thandi(), At: at}, engine.KeysChanged{Party: thandi(), At: at.Add(-time.Hour)})
	require.Equal(t, at, *b.conversation(c.ID).Contact.KeysChangedAt)

	seq = b.lastSeq()
	stranger := engine.Party{Phone: engine.PhoneAddress("27830000000")}
	b.record(engine.ContactChange{Party: stranger, About: is("Nobody")}, engine.KeysChanged{Party: stranger})
	b.record(engine.ContactChange{Party: stranger, SavedName: is("Anna"), Synced: true})
	require.Empty(t, b.since(seq), "nobody that we talk with, and no news")
	b.record(b.text(stranger, "hello"))
	require.Equal(t, "Anna", b.conversations()[0].Contact.SavedName)
	view, party, err := b.rows.Contact(b.ctx(), b.conversations()[0].Contact.ID)
	require.NoError(t, err)
	require.Equal(t, stranger, party)
	require.Equal(t, "Anna", view.SavedName)
}

func blocks(t *testing.T, b *bundle) {
	c := b.talk("hello")
	seq := b.lastSeq()
	block := engine.Blocked{Party: thandi(), On: true}
	b.record(block, block)
	require.Equal(t, []engine.EventKind{engine.EventConversationUpdated}, b.since(seq), "once")
	require.True(t, b.conversation(c.ID).Blocked)
	stranger := engine.Party{LID: "999@lid"}
	b.record(engine.BlockList{Parties: []engine.Party{stranger}})
	require.False(t, b.conversation(c.ID).Blocked, "it is not on the list")
	found, err := b.rows.Blocked(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Len(t, found, 1)
	second := b.newSeat(b.agency, "second")
	found, err = b.rows.Blocked(b.ctx(), second.Seat)
	require.NoError(t, err)
	require.Empty(t, found, "each seat has a list of its own")
	b.record(engine.BlockList{})
	found, err = b.rows.Blocked(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Empty(t, found)
}

func accountChanges(t *testing.T, b *bundle) {
	seq := b.lastSeq()
	change := engine.AccountChange{Name: is("Thandi Estates"), Privacy: map[string]string{"last": "none"}}
	b.record(change, change)
	require.Equal(t, []engine.EventKind{engine.EventSeatUpdated}, b.since(seq), "once")
	seat, err := b.rows.Seat(b.ctx(), b.seat.Seat)
	require.NoError(t, err)
	require.Equal(t, "Thandi Estates", seat.PushName)
	settings, err := b.rows.SetSeatSettings(b.ctx(), b.seat.Seat, engine.SeatSettings{
		Presence: engine.PresenceWatching, RejectCalls: true, RejectText: " We can't take calls. ",
	})
	require.NoError(t, err)
	require.Equal(t, engine.SeatSettings{
		Presence: engine.PresenceWatching, RejectCalls: true, RejectText: "We can't take calls.", Privacy: map[string]string{"last": "none"},
	}, settings)
	_, err = b.rows.SetSeatSettings(b.ctx(), b.seat.Seat, engine.SeatSettings{Presence: "asleep"})
	requireCode(t, engine.CodeInvalid, err)
	_, err = b.newAgency("other").rows.SetSeatSettings(b.ctx(), b.seat.Seat, settings)
	requireCode(t, engine.CodeNotFound, err)
}

func mergeStates(t *testing.T, b *bundle) {
	lid := engine.Party{LID: thandisLID}
	b.record(b.text(thandi(), "by number"), b.text(lid, "by LID"))
	b.record(
		engine.ChatChange{Chat: lid, Pinned: is(true)}, engine.ChatChange{Chat: thandi(), MutedUntil: &engine.MutedForever},
		engine.Labelled{Label: "1", Chat: lid, On: true}, engine.Labelled{Label: "2", Chat: thandi(), On: true},
		engine.ContactChange{Party: lid, SavedName: is("Thandi")}, engine.Blocked{Party: lid, On: true}, engine.Blocked{Party: thandi(), On: true},
		engine.CallChange{Call: "C1", Chat: lid, State: engine.CallRinging, At: now()},
	)
	b.record(engine.Identity{Party: engine.Party{Phone: thandi().Phone, LID: thandisLID}})
	got := b.only()
	require.True(t, got.Pinned && got.Blocked)
	require.NotNil(t, got.MutedUntil)
	require.Len(t, got.Labels, 2)
	require.Equal(t, "Thandi", got.Contact.SavedName)
	calls, _, err := b.rows.Calls(b.ctx(), "", engine.Page{})
	require.NoError(t, err)
	require.Equal(t, got.ID, calls[0].Conversation)
}
