package whatsmeow_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

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
