package simulator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/appstate"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

// withState links a client that tells all of its app state, and waits until it has it.
func withState(t *testing.T, s *simulator.Server, p *simulator.Phone) *client {
	t.Helper()
	c := newClient(t, s)
	c.EmitAppStateEventsOnFullSync = true
	c.pair(p)
	c.synced()
	return c
}

// synced waits until the client has read every collection once.
func (c *client) synced() {
	c.t.Helper()
	for _, name := range appstate.AllPatchNames {
		await(c, func(e *events.AppStateSyncComplete) bool { return e.Name == name })
	}
}

// knows waits until the client has read a collection up to a version.
func (c *client) knows(name appstate.WAPatchName, want uint64) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		version, _, err := c.Store.AppState.GetAppStateVersion(background(), string(name))
		return err == nil && version == want
	}, patience, time.Millisecond)
}

// holds waits until the client has stored so many keys. The library does that beside the reading of patches, and does not
// read again a patch that came before its key was stored.
func (c *client) holds(want int) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		keys, err := c.Store.AppStateKeys.GetAllAppStateSyncKeys(background())
		return err == nil && len(keys) == want
	}, patience, time.Millisecond)
}

func believes(t *testing.T, p *simulator.Phone, match func(simulator.Settings) bool) simulator.Settings {
	t.Helper()
	settings, err := p.WaitSettings(patient(t), match)
	require.NoError(t, err, "the phone believes %+v", p.Settings())
	return settings
}

// TestPhoneSettingsReachClients lets a person do everything at the phone; each client hears of it.
// covers: events.Archive events.Pin events.Mute events.MarkChatAsRead events.Star events.DeleteForMe events.ClearChat events.DeleteChat events.UserStatusMute events.AppState
func TestPhoneSettingsReachClients(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Agent"), phone(t, s, leadNumber, "Lead")
	c := withState(t, s, agent)
	chat, ctx := lead.LID(), t.Context()
	id, err := lead.SendText(ctx, agentNumber, "hello")
	require.NoError(t, err)

	require.NoError(t, agent.PinChat(ctx, leadNumber, true))
	require.True(t, await[*events.Pin](c, nil).Action.GetPinned())
	require.NoError(t, agent.ArchiveChat(ctx, leadNumber, true))
	archived := await[*events.Archive](c, nil)
	require.Equal(t, chat, archived.JID)
	require.True(t, archived.Action.GetArchived())
	require.Equal(t, id, archived.Action.GetMessageRange().GetMessages()[0].GetKey().GetID())
	await(c, func(e *events.Pin) bool { return !e.Action.GetPinned() })
	require.NoError(t, agent.MuteChat(ctx, leadNumber, time.Hour))
	muted := await[*events.Mute](c, nil)
	require.Greater(t, muted.Action.GetMuteEndTimestamp(), time.Now().UnixMilli())
	require.NoError(t, agent.MarkChatRead(ctx, leadNumber, false))
	require.False(t, await[*events.MarkChatAsRead](c, nil).Action.GetRead())
	require.NoError(t, agent.StarMessage(ctx, id, true))
	star := await[*events.Star](c, nil)
	require.Equal(t, []any{chat, id, false, true}, []any{star.ChatJID, star.MessageID, star.IsFromMe, star.Action.GetStarred()})
	require.NoError(t, agent.DeleteForMe(ctx, id, true))
	gone := await[*events.DeleteForMe](c, nil)
	require.Equal(t, []any{chat, id, true}, []any{gone.ChatJID, gone.MessageID, gone.Action.GetDeleteMedia()})
	require.NoError(t, agent.ClearChat(ctx, leadNumber, true, true))
	require.True(t, await[*events.ClearChat](c, nil).DeleteMedia)
	require.NoError(t, agent.DeleteChat(ctx, leadNumber, true))
	require.True(t, await[*events.DeleteChat](c, nil).DeleteMedia)
	require.NoError(t, agent.MuteStatus(ctx, leadNumber, true))
	require.Equal(t, chat, await[*events.UserStatusMute](c, nil).JID)
	await(c, func(e *events.AppState) bool {
		return e.Index[0] == appstate.IndexUserStatusMute && e.GetUserStatusMuteAction().GetMuted()
	})

	stored, err := c.Store.ChatSettings.GetChatSettings(ctx, chat)
	require.NoError(t, err)
	require.True(t, stored.Archived)
	require.False(t, stored.Pinned)
	require.True(t, stored.MutedUntil.After(time.Now()))
	state := agent.Settings().Chats[leadNumber]
	require.True(t, state.Archived && state.Muted && state.Unread && !state.Pinned)
	require.NotNil(t, state.DeletedAt)
	require.NotNil(t, state.ClearedAt)
	require.Equal(t, []simulator.MessageRef{{Chat: leadNumber, ID: id}}, agent.Settings().Starred)
	require.NoError(t, agent.StarMessage(ctx, id, false))
	require.Empty(t, agent.Settings().Starred)

	require.NoError(t, s.Advance(2*time.Hour))
	require.False(t, agent.Settings().Chats[leadNumber].Muted, "a mute ends")
	require.NoError(t, agent.MuteChat(ctx, leadNumber, -1))
	await(c, func(e *events.Mute) bool { return e.Action.GetMuteEndTimestamp() == -1 })
	require.ErrorIs(t, agent.StarMessage(ctx, "nothing", true), simulator.ErrNotFound)
	require.ErrorIs(t, agent.ArchiveChat(ctx, "111111111", true), simulator.ErrNotFound)
}

// TestPhoneBookLabelsAndNameReachClients does the same with the address book, labels and the phone's own settings.
// covers: events.Contact events.LabelEdit events.LabelAssociationChat events.LabelAssociationMessage events.PushNameSetting events.UnarchiveChatsSetting
func TestPhoneBookLabelsAndNameReachClients(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Agent"), phone(t, s, leadNumber, "Lead")
	c := withState(t, s, agent)
	ctx := t.Context()
	id, err := agent.SendText(ctx, leadNumber, "hello")
	require.NoError(t, err)
	require.Equal(t, "Agent", await[*events.PushNameSetting](c, nil).Action.GetName(), "with the first sync")

	require.NoError(t, agent.SaveContact(ctx, leadNumber, simulator.ContactEntry{FullName: "Lead of Leads", FirstName: "Lead"}))
	contact := await[*events.Contact](c, nil)
	require.Equal(t, lead.JID(), contact.JID)
	require.Equal(t, lead.LID().String(), contact.Action.GetLidJID())
	stored, err := c.Store.Contacts.GetContact(ctx, lead.JID())
	require.NoError(t, err)
	require.Equal(t, "Lead of Leads", stored.FullName)
	require.Equal(t, []string{leadNumber}, agent.Contacts(), "which privacy asks")
	require.NoError(t, agent.RemoveContact(ctx, leadNumber))
	require.Empty(t, agent.Settings().Contacts)
	require.Empty(t, agent.Contacts())
	require.ErrorIs(t, agent.RemoveContact(ctx, "111111111"), simulator.ErrNotFound)
	require.ErrorIs(t, agent.SaveContact(ctx, leadNumber, simulator.ContactEntry{}), simulator.ErrInvalid)

	require.NoError(t, agent.EditLabel(ctx, "7", simulator.Label{Name: "Hot", Color: 3}))
	require.Equal(t, "Hot", await[*events.LabelEdit](c, nil).Action.GetName())
	require.NoError(t, agent.LabelChat(ctx, "7", leadNumber, true))
	labelled := await[*events.LabelAssociationChat](c, nil)
	require.Equal(t, []any{"7", lead.LID(), true}, []any{labelled.LabelID, labelled.JID, labelled.Action.GetLabeled()})
	require.NoError(t, agent.LabelMessage(ctx, "7", id, true))
	require.Equal(t, id, await[*events.LabelAssociationMessage](c, nil).MessageID)
	require.Equal(t, []string{"7"}, agent.Settings().Chats[leadNumber].Labels)
	require.Len(t, agent.Settings().Labels["7"].Messages, 1)
	require.ErrorIs(t, agent.EditLabel(ctx, "", simulator.Label{}), simulator.ErrInvalid)
	require.ErrorIs(t, agent.EditLabel(ctx, "7", simulator.Label{Color: 99}), simulator.ErrInvalid)
	require.ErrorIs(t, agent.LabelMessage(ctx, "7", "nothing", true), simulator.ErrNotFound)

	require.NoError(t, agent.Rename(ctx, "Thandi"))
	await(c, func(e *events.PushNameSetting) bool { return e.Action.GetName() == "Thandi" })
	require.Equal(t, "Thandi", agent.Name())
	require.NoError(t, agent.SetUnarchiveChats(ctx, true))
	require.True(t, await[*events.UnarchiveChatsSetting](c, nil).Action.GetUnarchiveChats())
	require.NoError(t, agent.SetLocale(ctx, "en_ZA"))
	await(c, func(e *events.AppState) bool { return e.GetLocaleSetting().GetLocale() == "en_ZA" })
	require.NoError(t, agent.SetTwentyFourHour(ctx, true))
	await(c, func(e *events.AppState) bool { return e.GetTimeFormatAction().GetIsTwentyFourHourFormatEnabled() })
	settings := agent.Settings()
	require.Equal(t, []any{"Thandi", "en_ZA", true, true},
		[]any{settings.PushName, settings.Locale, settings.TwentyFourHour, settings.UnarchiveChats})
	require.ErrorIs(t, agent.SetLocale(ctx, ""), simulator.ErrInvalid)
}

// TestClientSettingsReachPhone sends a patch of every builder that the library has; the phone and the account's other
// client read it.
// covers: SendAppState FetchAppState
func TestClientSettingsReachPhone(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Agent"), phone(t, s, leadNumber, "Lead")
	c, other := withState(t, s, agent), withState(t, s, agent)
	chat, ctx := lead.LID(), t.Context()
	id, err := lead.SendText(ctx, agentNumber, "hello")
	require.NoError(t, err)
	_, err = lead.SendText(ctx, agentNumber, "and hello")
	require.NoError(t, err)
	send := func(patch appstate.PatchInfo) {
		t.Helper()
		require.NoError(t, c.SendAppState(ctx, patch))
	}
	now, key := time.Now(), c.BuildMessageKey(chat, chat, id)
	send(appstate.BuildMute(chat, true, time.Hour))
	send(appstate.BuildMuteAbs(lead.JID(), true, nil))
	send(appstate.BuildPin(chat, true))
	send(appstate.BuildMarkChatAsRead(chat, false, now, key))
	send(appstate.BuildLabelEdit("1", "New", 2, false))
	send(appstate.BuildLabelChat(chat, "1", true))
	send(appstate.BuildLabelMessage(chat, "1", id, true))
	send(appstate.BuildStar(chat, chat, id, false, true))
	send(appstate.BuildSettingPushName("By the client"))
	settings := believes(t, agent, func(s simulator.Settings) bool { return s.PushName == "By the client" })
	state := settings.Chats[leadNumber]
	require.True(t, state.Muted && state.MutedUntil == nil, "the later patch, by number, is about the same chat")
	require.True(t, state.Pinned && state.Unread)
	require.Equal(t, []string{"1"}, state.Labels)
	require.Equal(t, "New", settings.Labels["1"].Name)
	require.Equal(t, []simulator.MessageRef{{Chat: leadNumber, ID: id}}, settings.Labels["1"].Messages)
	require.Equal(t, []simulator.MessageRef{{Chat: leadNumber, ID: id}}, settings.Starred)
	require.Equal(t, "By the client", agent.Name())
	await(other, func(e *events.PushNameSetting) bool { return e.Action.GetName() == "By the client" })
	require.Equal(t, id, await[*events.Star](other, nil).MessageID)

	send(appstate.BuildArchive(chat, true, now, key))
	send(appstate.BuildMute(chat, false, 0))
	send(appstate.BuildMute(lead.JID(), false, 0))
	send(appstate.BuildDeleteChat(chat, now, key, true))
	state = believes(t, agent, func(s simulator.Settings) bool { return s.Chats[leadNumber].DeletedAt != nil }).Chats[leadNumber]
	require.True(t, state.Archived && !state.Pinned && !state.Muted)
	require.True(t, await[*events.DeleteChat](other, nil).DeleteMedia)

	for _, name := range appstate.AllPatchNames {
		require.NoError(t, other.FetchAppState(ctx, name, true, false))
		await(other, func(e *events.AppStateSyncComplete) bool {
			return e.Name == name && e.Version == agent.Settings().Versions[string(name)]
		})
	}
	other.Disconnect()
	require.Eventually(t, func() bool { return !agent.Devices()[1].Online }, patience, time.Millisecond)
	require.NoError(t, agent.PinChat(ctx, leadNumber, true))
	require.NoError(t, agent.PinChat(ctx, leadNumber, false))
	other.forgetEvents()
	other.connect()
	preview := await[*events.OfflineSyncPreview](other, nil)
	require.Equal(t, 1, preview.AppDataChanges, "one notice takes the place of the other")
	await(other, func(e *events.Pin) bool { return e.JID == chat && !e.Action.GetPinned() })
}

// TestSnapshots lets a client begin when collections are long: it gets snapshots and patches from the media hosts.
// covers: events.AppStateSyncComplete FetchAppState
func TestSnapshots(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Agent"), phone(t, s, leadNumber, "Lead")
	early, ctx := withState(t, s, agent), t.Context()
	for i := range 61 {
		require.NoError(t, agent.PinChat(ctx, leadNumber, i%2 == 0))
	}
	book := make(map[string]simulator.ContactEntry)
	for i := range 150 {
		book[fmt.Sprintf("2782%07d", i)] = simulator.ContactEntry{FullName: "Somebody"}
	}
	require.NoError(t, agent.SaveContacts(ctx, book))
	require.Len(t, agent.Settings().Contacts, 150)
	await(early, func(e *events.Contact) bool { return e.Action.GetFullName() == "Somebody" })

	late := withState(t, s, agent)
	complete := await(late, func(e *events.AppStateSyncComplete) bool { return e.Name == appstate.WAPatchRegularLow })
	require.EqualValues(t, 61, complete.Version)
	require.False(t, complete.Recovery)
	pin := await[*events.Pin](late, nil)
	require.True(t, pin.FromFullSync && pin.Action.GetPinned())
	contacts, err := late.Store.Contacts.GetAllContacts(ctx)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(contacts), 150)

	late.forgetEvents()
	require.NoError(t, late.FetchAppState(ctx, appstate.WAPatchRegularLow, true, false), "the same snapshot once more")
	require.NoError(t, agent.PinChat(ctx, leadNumber, false))
	await(late, func(e *events.Pin) bool { return e.JID == lead.LID() && !e.Action.GetPinned() && !e.FromFullSync })
}

// TestStateConflict lets a client write on an old version: it gets what it missed and succeeds.
// covers: SendAppState
func TestStateConflict(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Agent"), phone(t, s, leadNumber, "Lead")
	c, ctx := withState(t, s, agent), t.Context()
	require.NoError(t, c.SendAppState(ctx, appstate.BuildPin(agent.LID(), true)))
	// A patch of the client's own that it does not remember writing, of which nobody tells it.
	answer := c.upload(appstate.BuildPin(lead.LID(), true))
	require.NotContains(t, answer.GetChildByTag("sync", "collection").Attrs, "type")
	believes(t, agent, func(s simulator.Settings) bool { return s.Chats[leadNumber].Pinned })
	again := c.upload(appstate.BuildPin(lead.LID(), false))
	refused := again.GetChildByTag("sync", "collection")
	require.Equal(t, "error", refused.Attrs["type"])
	require.Equal(t, "409", refused.GetChildByTag("error").Attrs["code"])
	missed := refused.GetChildByTag("patches")
	require.Len(t, missed.GetChildren(), 1)

	require.NoError(t, c.SendAppState(ctx, appstate.BuildMarkChatAsRead(lead.LID(), true, time.Time{}, nil)))
	await(c, func(e *events.Pin) bool { return e.JID == lead.LID() })
	state := believes(t, agent, func(s simulator.Settings) bool { return s.Chats[leadNumber].ReadAt != nil }).Chats[leadNumber]
	require.True(t, state.Pinned, "nothing was lost")
}

// TestStateKeys rotates the key that settings are written with, and loses one on its way.
func TestStateKeys(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Agent"), phone(t, s, leadNumber, "Lead")
	c, ctx := withState(t, s, agent), t.Context()
	require.NoError(t, agent.PinChat(ctx, leadNumber, true))
	await(c, func(e *events.Pin) bool { return e.Action.GetPinned() })
	require.NoError(t, agent.RotateStateKey(ctx, false))
	require.NoError(t, agent.PinChat(ctx, leadNumber, false))
	await(c, func(e *events.Pin) bool { return !e.Action.GetPinned() })
	require.NoError(t, c.SendAppState(ctx, appstate.BuildPin(lead.LID(), true)))
	believes(t, agent, func(s simulator.Settings) bool { return s.Chats[leadNumber].Pinned })

	require.NoError(t, agent.RotateStateKey(ctx, true))
	c.holds(3)
	require.NoError(t, agent.ArchiveChat(ctx, leadNumber, true))
	await[*events.Archive](c, nil)

	late := withState(t, s, agent)
	await(late, func(e *events.Archive) bool { return e.Action.GetArchived() })
	require.NoError(t, agent.Unlink(1))
	await[*events.LoggedOut](c, nil)
	late.holds(4) // the one that was unlinked knows the others
	require.NoError(t, late.SendAppState(ctx, appstate.BuildArchive(lead.LID(), false, time.Time{}, nil)))
	believes(t, agent, func(s simulator.Settings) bool { return !s.Chats[leadNumber].Archived })
}

// TestStateRecovery damages what a client gets; the client asks the phone for the collection.
// covers: events.AppStateSyncError events.AppStateSyncComplete
func TestStateRecovery(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "Agent")
	phone(t, s, leadNumber, "Lead")
	c, ctx := withState(t, s, agent), t.Context()
	require.NoError(t, s.Inject(simulator.Fault{Kind: simulator.FaultStateDamaged, Number: agentNumber}))
	require.NoError(t, agent.PinChat(ctx, leadNumber, true))
	failed := await[*events.AppStateSyncError](c, nil)
	require.Equal(t, appstate.WAPatchRegularLow, failed.Name)
	require.ErrorIs(t, failed.Error, appstate.ErrMismatchingPatchMAC)

	_, err := c.SendPeerMessage(ctx, whatsmeow.BuildAppStateRecoveryRequest(appstate.WAPatchRegularLow))
	require.NoError(t, err)
	complete := await(c, func(e *events.AppStateSyncComplete) bool { return e.Recovery })
	require.EqualValues(t, 1, complete.Version)
	require.True(t, await[*events.Pin](c, nil).Action.GetPinned())
	require.NoError(t, agent.PinChat(ctx, leadNumber, false))
	await(c, func(e *events.Pin) bool { return !e.Action.GetPinned() })

	for range 60 {
		require.NoError(t, agent.PinChat(ctx, leadNumber, true))
	}
	c.knows(appstate.WAPatchRegularLow, 62)
	require.NoError(t, s.Inject(simulator.Fault{Kind: simulator.FaultStateDamaged, Number: agentNumber}))
	require.ErrorIs(t, c.FetchAppState(ctx, appstate.WAPatchRegularLow, true, false), appstate.ErrMismatchingLTHash)
	require.NoError(t, c.FetchAppState(ctx, appstate.WAPatchRegularLow, true, false))
}
