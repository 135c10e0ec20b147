package simulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mau.fi/util/jsontime"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

// A client finds out who is registered, and under which addresses, and what people show of themselves.
//
// covers: IsOnWhatsApp GetUserInfo
func TestLookUpPeople(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	found, err := p.desk.IsOnWhatsApp(patient(t), []string{"+" + leadNumber, "+27800000000"})
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, "+"+leadNumber, found[0].Query)
	require.True(t, found[0].IsIn)
	require.Equal(t, p.lead.LID(), found[0].JID)
	require.Equal(t, p.lead.JID(), found[0].PhoneNumber)
	require.False(t, found[1].IsIn)

	rest := usync(t, p.desk, []string{"contact", "disappearing_mode", "text_status", "picture"},
		binary.Node{Tag: "user", Content: []binary.Node{{Tag: "lid", Attrs: binary.Attrs{"jid": p.lead.LID()}}}},
		binary.Node{Tag: "user", Attrs: binary.Attrs{"jid": types.NewJID("27800000000", types.DefaultUserServer)}},
	)
	require.Equal(t, p.lead.LID(), rest[0].Attrs["jid"])
	require.Equal(t, "in", attrOf(rest[0], "contact", "type"))
	require.Equal(t, "0", attrOf(rest[0], "disappearing_mode", "duration"))
	require.Equal(t, "Hey there! I am using WhatsApp.", attrOf(rest[0], "text_status", "text"))
	failure := rest[0].GetChildByTag("picture", "error")
	require.Equal(t, "404", failure.Attrs["code"])
	require.Equal(t, "out", attrOf(rest[1], "contact", "type"))

	id, err := p.lead.SetPicture(patient(t), portrait(t, 10))
	require.NoError(t, err)
	info, err := p.desk.GetUserInfo(patient(t), []types.JID{p.lead.JID()})
	require.NoError(t, err)
	lead := info[p.lead.JID()]
	require.Equal(t, id, lead.PictureID)
	require.Equal(t, p.lead.LID(), lead.LID)
	require.Equal(t, "Hey there! I am using WhatsApp.", lead.Status)
	require.Len(t, lead.Devices, 2, "the phone and its linked client")

	require.NoError(t, p.lead.Block(patient(t), agentNumber))
	info, err = p.desk.GetUserInfo(patient(t), []types.JID{p.lead.LID()})
	require.NoError(t, err)
	hidden := info[p.lead.LID()]
	require.Empty(t, hidden.Status)
	require.Empty(t, hidden.PictureID)
	require.Len(t, hidden.Devices, 2, "a block hides the profile, not that there are devices")
}

// usync makes a user query that the library has no method for and returns the users in the answer.
func usync(t *testing.T, c *client, asked []string, users ...binary.Node) []binary.Node {
	t.Helper()
	var query []binary.Node
	for _, tag := range asked {
		query = append(query, binary.Node{Tag: tag})
	}
	answer, err := c.internals().SendIQ(patient(t), whatsmeow.DangerousInfoQuery{
		Namespace: "usync", Type: "get", To: types.ServerJID, Content: []binary.Node{{
			Tag: "usync", Attrs: binary.Attrs{"sid": "1", "mode": "query", "last": "true", "index": "0", "context": "interactive"},
			Content: []binary.Node{{Tag: "query", Content: query}, {Tag: "list", Content: users}},
		}},
	})
	require.NoError(t, err)
	list := answer.GetChildByTag("usync", "list")
	return list.GetChildrenByTag("user")
}

func attrOf(n binary.Node, tag, key string) any {
	child := n.GetChildByTag(tag)
	return child.Attrs[key]
}

// Pictures are set by phone and client, seen in both sizes over HTTP, kept from whom they are hidden, and everybody
// concerned is told of changes. A client sets its own picture as a group's, without an address.
//
// covers: GetProfilePictureInfo SetGroupPhoto events.Picture
func TestProfilePictures(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	_, err := p.desk.GetProfilePictureInfo(patient(t), p.lead.JID(), nil)
	require.ErrorIs(t, err, whatsmeow.ErrProfilePictureNotSet)
	data := portrait(t, 200)
	id, err := p.lead.SetPicture(patient(t), data)
	require.NoError(t, err)

	t.Run("the change is told", func(t *testing.T) {
		seen := await(p.desk, func(e *events.Picture) bool { return e.PictureID == id })
		require.Equal(t, p.lead.JID(), seen.JID)
		require.False(t, seen.Remove)
		own := await(p.other, func(e *events.Picture) bool { return e.JID == p.lead.JID() })
		require.Empty(t, own.PictureID)
	})
	t.Run("both sizes are there", func(t *testing.T) {
		full, err := p.desk.GetProfilePictureInfo(patient(t), p.lead.LID(), &whatsmeow.GetProfilePictureParams{})
		require.NoError(t, err)
		require.Equal(t, []string{id, "image"}, []string{full.ID, full.Type})
		status, got := fetch(t, full.URL)
		require.Equal(t, http.StatusOK, status)
		require.Equal(t, data, got)
		require.Len(t, full.Hash, 32)
		preview, err := p.desk.GetProfilePictureInfo(patient(t), p.lead.JID(), &whatsmeow.GetProfilePictureParams{Preview: true})
		require.NoError(t, err)
		require.Equal(t, "preview", preview.Type)
		_, small := fetch(t, preview.URL)
		require.Less(t, len(small), len(data))
		unchanged, err := p.desk.GetProfilePictureInfo(patient(t), p.lead.JID(), &whatsmeow.GetProfilePictureParams{ExistingID: id})
		require.NoError(t, err)
		require.Nil(t, unchanged)
	})
	t.Run("hidden and removed", func(t *testing.T) {
		full, err := p.desk.GetProfilePictureInfo(patient(t), p.lead.JID(), nil)
		require.NoError(t, err)
		require.NoError(t, p.lead.SetPrivacy(patient(t), "profile", "contacts"))
		_, err = p.desk.GetProfilePictureInfo(patient(t), p.lead.JID(), nil)
		require.ErrorIs(t, err, whatsmeow.ErrProfilePictureUnauthorized)
		require.NoError(t, p.lead.AddContact(patient(t), agentNumber))
		_, err = p.desk.GetProfilePictureInfo(patient(t), p.lead.JID(), nil)
		require.NoError(t, err)
		require.NoError(t, p.lead.RemovePicture(patient(t)))
		require.Equal(t, p.lead.JID(), await(p.desk, func(e *events.Picture) bool { return e.Remove }).JID)
		_, err = p.desk.GetProfilePictureInfo(patient(t), p.lead.JID(), nil)
		require.ErrorIs(t, err, whatsmeow.ErrProfilePictureNotSet)
		status, _ := fetch(t, full.URL)
		require.Equal(t, http.StatusForbidden, status)
	})
	t.Run("set by a client", func(t *testing.T) {
		p.laptop.forgetEvents()
		id, err := p.desk.SetGroupPhoto(patient(t), types.EmptyJID, data)
		require.NoError(t, err)
		shown, got := p.agent.Picture()
		require.Equal(t, id, shown)
		require.Equal(t, data, got)
		await(p.laptop, func(e *events.Picture) bool { return e.JID == p.agent.JID() })
		await(p.other, func(e *events.Picture) bool { return e.PictureID == id })
		_, err = p.desk.SetGroupPhoto(patient(t), types.EmptyJID, []byte("no picture"))
		require.ErrorIs(t, err, whatsmeow.ErrInvalidImageFormat)
		_, err = p.desk.SetGroupPhoto(patient(t), p.lead.JID(), data)
		require.ErrorIs(t, err, whatsmeow.ErrIQForbidden)
		_, err = p.desk.SetGroupPhoto(patient(t), types.EmptyJID, nil)
		require.NoError(t, err)
		shown, _ = p.agent.Picture()
		require.Empty(t, shown)
	})
}

// A client's about text is seen by the other side, which is told, and one with a duration ends by itself.
//
// covers: SetStatusMessage events.UserAbout
func TestAboutTexts(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	_, tap := wiretapped(t, p.Server, p.agent)
	words := "Selling houses"
	require.NoError(t, p.desk.SetStatusMessage(patient(t), types.SetStatusInput{
		Text: &words, Emoji: &types.SetStatusEmoji{Content: "🏠"}, Duration: jsontime.S(time.Hour),
	}))
	seen := await(p.other, func(e *events.UserAbout) bool { return e.Status == words })
	require.Equal(t, p.agent.JID(), seen.JID)
	profile, err := p.lead.Look(patient(t), agentNumber)
	require.NoError(t, err)
	require.Equal(t, words, profile.About)
	tap.await(t, `type="account_sync"`, "<status")

	p.Advance(2 * time.Hour)
	await(p.other, func(e *events.UserAbout) bool { return e.Status == "" })
	require.NoError(t, p.agent.SetAbout(patient(t), "On leave"))
	await(p.other, func(e *events.UserAbout) bool { return e.Status == "On leave" })

	long := strings.Repeat("x", 140)
	require.ErrorContains(t, p.desk.SetStatusMessage(patient(t), types.SetStatusInput{Text: &long}), "400")
	require.ErrorIs(t, p.agent.SetAbout(patient(t), long), simulator.ErrInvalid)
	require.NoError(t, p.agent.SetPrivacy(patient(t), "status", "none"))
	profile, err = p.lead.Look(patient(t), agentNumber)
	require.NoError(t, err)
	require.Empty(t, profile.About)
}

// The default timer that a client sets is seen by others and told to the account's other clients.
//
// covers: SetDefaultDisappearingTimer
func TestDefaultTimer(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	_, own := wiretapped(t, p.Server, p.agent)
	friend, theirs := wiretapped(t, p.Server, p.lead)
	_, err := friend.GetUserInfo(patient(t), []types.JID{p.agent.JID()})
	require.NoError(t, err)
	require.NoError(t, p.desk.SetDefaultDisappearingTimer(patient(t), whatsmeow.DisappearingTimer7Days))
	own.await(t, `type="account_sync"`, `<disappearing_mode duration="604800"`)
	theirs.await(t, `type="disappearing_mode"`, `duration="604800"`)
	profile, err := p.lead.Look(patient(t), agentNumber)
	require.NoError(t, err)
	require.Equal(t, 604800, profile.DefaultTimer)
	require.ErrorIs(t, p.desk.SetDefaultDisappearingTimer(patient(t), time.Minute), whatsmeow.ErrIQBadRequest)
	require.NoError(t, p.agent.SetDefaultTimer(patient(t), 0))
	theirs.await(t, `type="disappearing_mode"`, `duration="0"`)
}

// A new profile name reaches others with the next message, whether the phone or a client gave it.
//
// covers: events.PushName
func TestNewProfileNames(t *testing.T) {
	t.Parallel()
	p := somePeople(t)
	_, err := p.lead.SendText(patient(t), agentNumber, "hi")
	require.NoError(t, err)
	// The library takes note of names beside the messages: the old one has to be known before the new one comes.
	await(p.desk, func(e *events.PushName) bool { return e.NewPushName == "Pieter" })
	require.NoError(t, p.lead.Rename(patient(t), "Piet"))
	_, err = p.lead.SendText(patient(t), agentNumber, "it's me")
	require.NoError(t, err)
	renamed := await(p.desk, func(e *events.PushName) bool { return e.NewPushName == "Piet" })
	require.Equal(t, "Pieter", renamed.OldPushName)
	require.Equal(t, leadNumber, renamed.JIDAlt.User)

	p.other.Store.PushName = "P. Botha"
	require.NoError(t, p.other.SendPresence(patient(t), types.PresenceAvailable))
	_, err = p.other.SendMessage(patient(t), p.agent.JID(), say("again"))
	require.NoError(t, err)
	await(p.desk, func(e *events.PushName) bool { return e.NewPushName == "P. Botha" })
	require.ErrorIs(t, p.lead.Rename(patient(t), ""), simulator.ErrInvalid)
}
