package simulator_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waHistorySync"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

func TestControlHistory(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	path := "/phones/" + agentNumber + "/history"
	image := base64.StdEncoding.EncodeToString(picture(7))
	status, answer := call(t, s, "POST", path, `{"chats":[{
		"with":"`+leadNumber+`","name":"Sipho","unread":1,"archived":true,"expires":86400,
		"messages":[
			{"id":"A","text":"look","at":"2026-11-20T10:00:00Z"},
			{"id":"B","from_me":true,"receipt":"read","reply_to":"A","media":{"kind":"image","data":"`+image+`","caption":"nice"},
				"reactions":[{"from":"`+leadNumber+`","emoji":"👍"}]},
			{"poll":{"name":"When?","options":["now","later"]}}
		]}],"generate":{"chats":2,"messages":3}}`)
	require.Equal(t, http.StatusOK, status, answer)
	require.Equal(t, map[string]any{"chats": 3.0, "messages": 9.0, "clients": []any{}}, answer)
	c := linked(t, s, agent)
	chat := conversation(t, await(c, ofType(waHistorySync.HistorySync_INITIAL_BOOTSTRAP)).Data, lead.LID().String())
	require.True(t, chat.GetArchived())
	require.EqualValues(t, 86400, chat.GetEphemeralExpiration())
	require.Equal(t, "When?", chat.GetMessages()[0].GetMessage().GetMessage().GetPollCreationMessage().GetName())
	sent := chat.GetMessages()[1].GetMessage()
	require.Equal(t, "nice", sent.GetMessage().GetImageMessage().GetCaption())
	require.Equal(t, "A", sent.GetMessage().GetImageMessage().GetContextInfo().GetStanzaID())
	require.Equal(t, "👍", sent.GetReactions()[0].GetText())
	data, err := c.Download(patient(t), sent.GetMessage().GetImageMessage())
	require.NoError(t, err)
	require.Equal(t, picture(7), data)
	require.Eventually(t, func() bool {
		_, answer = call(t, s, "GET", path, "")
		client := answer.(map[string]any)["clients"].([]any)[0].(map[string]any)
		return client["device"] == 1.0 && client["complete"] == true && client["sent"] == client["arrived"]
	}, patience, tick)

	for _, bad := range []string{
		`{"chats":[{"with":"12"}]}`, `{"chats":[{"with":"` + leadNumber + `","colour":"red"}]}`, `{"generate":{"chats":-1}}`,
		`{"generate":{"messages":1000000000}}`, `{"chats":[{"with":"` + leadNumber + `","expires":-1}]}`,
		`{"chats":[{"with":"` + leadNumber + `","messages":[{}]}]}`,
		`{"chats":[{"with":"` + leadNumber + `","messages":[{"text":"x","to":"` + leadNumber + `"}]}]}`,
		`{"chats":[{"with":"` + leadNumber + `","messages":[{"text":"x","reply_to":"later"}]}]}`,
		`{"chats":[{"with":"` + leadNumber + `","messages":[{"id":"A","text":"x"},{"id":"A","text":"y"}]}]}`,
		`{"chats":[{"with":"` + leadNumber + `","messages":[{"reaction":{"message_id":"A","emoji":"x"}}]}]}`,
	} {
		status, answer = call(t, s, "POST", path, bad)
		require.Equal(t, http.StatusBadRequest, status, "%s: %v", bad, answer)
	}
	require.Equal(t, 3, agent.History().Chats, "what is wrong changes nothing")
}

// TestHistoryOfWhatHappenedHere has all of it from what the phone itself went through: a group, a status, how its person
// arranged the chats, and the token by which the other side lets the account write.
func TestHistoryOfWhatHappenedHere(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, ""), phone(t, s, leadNumber, "")
	ctx := patient(t)
	group, _, err := lead.CreateGroup(ctx, simulator.NewGroup{Subject: "Rugby", Members: []string{agentNumber}})
	require.NoError(t, err)
	_, err = lead.SendText(ctx, group.JID, "who plays?")
	require.NoError(t, err)
	_, err = lead.SendText(ctx, agentNumber, "you?")
	require.NoError(t, err)
	_, err = agent.Send(ctx, "status@broadcast", simulator.Text{Body: "at the match"})
	require.NoError(t, err)
	require.NoError(t, agent.ArchiveChat(ctx, leadNumber, true))
	c := linked(t, s, agent)
	first := await(c, ofType(waHistorySync.HistorySync_INITIAL_BOOTSTRAP)).Data
	rugby := conversation(t, first, group.JID)
	require.Equal(t, "Rugby", rugby.GetName())
	require.Len(t, rugby.GetParticipant(), 2)
	require.Equal(t, waHistorySync.GroupParticipant_SUPERADMIN, rugby.GetParticipant()[0].GetRank())
	chat := conversation(t, first, lead.LID().String())
	require.True(t, chat.GetArchived())
	require.EqualValues(t, 1, chat.GetUnreadCount())
	require.NotEmpty(t, chat.GetTcToken())
	statuses := await(c, func(e *events.HistorySync) bool {
		return e.Data.GetSyncType() == waHistorySync.HistorySync_INITIAL_STATUS_V3
	}).Data.GetStatusV3Messages()
	require.Len(t, statuses, 1)
}
