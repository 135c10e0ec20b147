package simulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

// saw says whether an event that match accepts has come already.
func saw[E any](c *client, match func(E) bool) bool {
	_, ok := look(c, match, 0)
	return ok
}

// Whoever is blocked is not heard, is not told so, and sees neither presence nor picture; the account's other clients
// learn of the change.
//
// covers: GetBlocklist UpdateBlocklist events.Blocklist events.BlocklistChange
func TestBlocking(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	list, err := p.desk.UpdateBlocklist(patient(t), p.lead.JID(), events.BlocklistChangeActionBlock)
	require.NoError(t, err)
	require.Equal(t, []types.JID{p.lead.LID()}, list.JIDs)
	require.Equal(t, []string{leadNumber}, p.agent.Blocked())
	told := await[*events.Blocklist](p.laptop, nil)
	require.Equal(t, []events.BlocklistChange{{JID: p.lead.LID(), Action: events.BlocklistChangeActionBlock}}, told.Changes)
	require.Equal(t, list.DHash, told.DHash)
	require.NotEqual(t, told.DHash, told.PrevDHash)

	id, err := p.lead.SendText(patient(t), agentNumber, "nobody reads this")
	require.NoError(t, err)
	require.NotEmpty(t, id)
	require.NoError(t, p.lead.Typing(patient(t), agentNumber, true))
	_, err = p.agent.SetPicture(patient(t), portrait(t, 1))
	require.NoError(t, err)
	_, err = p.other.GetProfilePictureInfo(patient(t), p.agent.JID(), nil)
	require.ErrorIs(t, err, whatsmeow.ErrProfilePictureUnauthorized)

	again, err := p.laptop.GetBlocklist(patient(t))
	require.NoError(t, err)
	require.Equal(t, list, again)
	list, err = p.laptop.UpdateBlocklist(patient(t), p.lead.LID(), events.BlocklistChangeActionUnblock)
	require.NoError(t, err)
	require.Empty(t, list.JIDs)
	_, err = p.lead.SendText(patient(t), agentNumber, "and this?")
	require.NoError(t, err)
	await(p.desk, text("and this?"))
	require.False(t, saw(p.desk, text("nobody reads this")))
	require.False(t, saw(p.desk, func(e *events.ChatPresence) bool { return true }))
	require.Len(t, p.agent.Messages(0), 1)

	_, err = p.desk.UpdateBlocklist(patient(t), p.lead.JID(), events.BlocklistChangeActionUnblock)
	require.ErrorIs(t, err, whatsmeow.ErrIQNotFound)
	require.ErrorIs(t, p.agent.Block(patient(t), agentNumber), simulator.ErrInvalid)
	require.ErrorIs(t, p.agent.Unblock(patient(t), leadNumber), simulator.ErrNotFound)
	require.NoError(t, p.agent.Block(patient(t), leadNumber))
	await(p.desk, func(e *events.Blocklist) bool { return e.PrevDHash == list.DHash })
}

// Block list queries in forms that whatsmeow does not send: the list's version, and addresses that the server refuses.
func TestBlocklistVersions(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	change := func(more binary.Attrs) (*binary.Node, error) {
		attrs := binary.Attrs{"jid": p.lead.LID(), "action": "block", "pn_jid": p.lead.JID()}
		for key, value := range more {
			attrs[key] = value
		}
		return p.desk.internals().SendIQ(patient(t), whatsmeow.DangerousInfoQuery{
			Namespace: "blocklist", Type: "set", To: types.ServerJID, Content: []binary.Node{{Tag: "item", Attrs: attrs}},
		})
	}
	_, err := change(binary.Attrs{"jid": p.lead.JID()})
	require.ErrorIs(t, err, whatsmeow.ErrIQBadRequest)
	_, err = change(binary.Attrs{"pn_jid": ""})
	require.ErrorIs(t, err, whatsmeow.ErrIQBadRequest)
	_, err = change(binary.Attrs{"jid": types.NewJID("1", types.HiddenUserServer)})
	require.ErrorIs(t, err, whatsmeow.ErrIQNotFound)
	answer, err := change(binary.Attrs{"dhash": "none"})
	require.NoError(t, err)
	list := answer.GetChildByTag("list")
	require.Equal(t, "true", list.Attrs["matched"])
	require.Empty(t, list.GetChildren())
	answer, err = change(binary.Attrs{"dhash": "none", "action": "unblock"})
	require.NoError(t, err, "the change is made although the client's list was old")
	list = answer.GetChildByTag("list")
	require.Equal(t, []any{"false", "none"}, []any{list.Attrs["matched"], list.Attrs["c_dhash"]})
	require.Empty(t, p.agent.Blocked())
}

// Privacy settings are read and changed by clients, told to the account's other clients, and kept between two accounts.
//
// covers: GetPrivacySettings TryFetchPrivacySettings SetPrivacySetting events.PrivacySettings
func TestPrivacySettings(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	settings, err := p.laptop.TryFetchPrivacySettings(patient(t), true)
	require.NoError(t, err)
	require.Equal(t, types.PrivacySettingAll, settings.Profile)
	require.Equal(t, types.PrivacySettingOff, settings.Defense)
	changed, err := p.desk.SetPrivacySetting(patient(t), types.PrivacySettingTypeProfile, types.PrivacySettingContacts)
	require.NoError(t, err)
	require.Equal(t, types.PrivacySettingContacts, changed.Profile)
	told := await[*events.PrivacySettings](p.laptop, nil)
	require.True(t, told.ProfileChanged)
	require.False(t, told.LastSeenChanged)
	require.Equal(t, types.PrivacySettingContacts, p.laptop.GetPrivacySettings(patient(t)).Profile)
	require.Equal(t, "contacts", p.agent.Privacy()["profile"].Value)

	_, err = p.agent.SetPicture(patient(t), portrait(t, 9))
	require.NoError(t, err)
	profile, err := p.lead.Look(patient(t), agentNumber)
	require.NoError(t, err)
	require.Empty(t, profile.PictureID)
	require.NoError(t, p.agent.AddContact(patient(t), leadNumber))
	require.Equal(t, []string{leadNumber}, p.agent.Contacts())
	profile, err = p.lead.Look(patient(t), agentNumber)
	require.NoError(t, err)
	require.NotEmpty(t, profile.PictureID)

	_, err = p.desk.SetPrivacySetting(patient(t), types.PrivacySettingTypeOnline, types.PrivacySettingNone)
	require.ErrorIs(t, err, whatsmeow.ErrIQBadRequest)
	_, err = p.desk.SetPrivacySetting(patient(t), "weather", types.PrivacySettingAll)
	require.ErrorIs(t, err, whatsmeow.ErrIQBadRequest)
	require.ErrorIs(t, p.agent.SetPrivacy(patient(t), "profile", "all", leadNumber), simulator.ErrInvalid)
	require.ErrorIs(t, p.agent.SetPrivacy(patient(t), "profile", "contact_blacklist", "2799"), simulator.ErrNotFound)
}

// The people whom a category leaves out are a list with a version: a change to an old one is refused with 409.
func TestPrivacyLists(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	friend, tap := wiretapped(t, p.Server, p.lead)
	_, err := friend.GetUserInfo(patient(t), []types.JID{p.agent.JID()})
	require.NoError(t, err)
	ask := func(kind string, child binary.Node) (*binary.Node, error) {
		answer, err := p.desk.internals().SendIQ(patient(t), whatsmeow.DangerousInfoQuery{
			Namespace: "privacy", Type: whatsmeow.DangerousInfoQueryType(kind), To: types.ServerJID,
			Content: []binary.Node{{Tag: "privacy", Attrs: binary.Attrs{"addressing_mode": "lid"}, Content: []binary.Node{child}}},
		})
		if err != nil {
			return nil, err
		}
		node := answer.GetChildByTag("privacy")
		return &node, nil
	}
	exclude := func(dhash, action string) (*binary.Node, error) {
		return ask("set", binary.Node{
			Tag: "category", Attrs: binary.Attrs{"name": "last", "value": "contact_blacklist", "dhash": dhash},
			Content: []binary.Node{{Tag: "user", Attrs: binary.Attrs{"action": action, "jid": p.lead.LID(), "pn_jid": p.lead.JID()}}},
		})
	}
	answer, err := exclude("none", "add")
	require.NoError(t, err)
	category := answer.GetChildByTag("category")
	stamp, _ := category.Attrs["dhash"].(string)
	require.NotEmpty(t, stamp)
	require.Equal(t, []string{leadNumber}, p.agent.Privacy()["last"].People)
	tap.await(t, `type="contacts"`, "<update jid=")

	_, err = exclude("none", "remove")
	require.ErrorContains(t, err, "409")
	_, err = exclude(stamp, "forget")
	require.ErrorIs(t, err, whatsmeow.ErrIQBadRequest)
	answer, err = ask("get", binary.Node{Tag: "list", Attrs: binary.Attrs{"name": "last", "value": "contact_blacklist"}})
	require.NoError(t, err)
	list := answer.GetChildByTag("list")
	require.Equal(t, stamp, list.Attrs["dhash"])
	user := list.GetChildByTag("user")
	require.Equal(t, p.lead.LID(), user.Attrs["jid"])
	answer, err = ask("get", binary.Node{Tag: "list", Attrs: binary.Attrs{"name": "last", "value": "contact_blacklist", "dhash": stamp}})
	require.NoError(t, err)
	require.Empty(t, answer.GetChildren(), "the client has the list already")
	require.NoError(t, p.agent.SetPrivacy(patient(t), "last", "contact_blacklist"))
	require.Empty(t, p.agent.Privacy()["last"].People)
}
