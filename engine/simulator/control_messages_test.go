package simulator_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"
)

// TestControlSendsEveryKind lets a tester write as a person would, over HTTP.
//
// covers: events.Message
func TestControlSendsEveryKind(t *testing.T) {
	t.Parallel()
	w := newTalk(t)
	send := func(body string) string {
		t.Helper()
		status, answer := call(t, w.server, "POST", "/phones/"+leadNumber+"/messages", `{"to":"`+agentNumber+`",`+body+`}`)
		require.Equal(t, http.StatusCreated, status, answer)
		return answer.(map[string]any)["id"].(string)
	}
	raw, err := proto.Marshal(&waE2E.Message{ListMessage: &waE2E.ListMessage{}})
	require.NoError(t, err)
	text := send(`"text":"see https://a.test","preview":{"url":"https://a.test","title":"A"}`)
	poll := send(`"poll":{"name":"Lunch?","options":["yes","no"],"selectable":1}`)
	buttons := send(`"buttons":{"text":"Agreed?","choices":[{"id":"y","text":"Yes"}]}`)
	occasion := send(`"occasion":{"name":"Viewing","start":"2027-01-02T15:00:00Z"}`)
	file := base64.StdEncoding.EncodeToString([]byte("voice"))
	kinds := []string{"text", "poll", "buttons", "occasion"}
	for _, more := range []struct{ kind, body string }{
		{"vote", `"vote":{"message_id":"` + poll + `","options":["no"]}`},
		{"reaction", `"reaction":{"message_id":"` + text + `","emoji":"👍"}`},
		{"comment", `"comment":{"message_id":"` + text + `","text":"hm"}`},
		{"edit", `"edit":{"message_id":"` + text + `","text":"see"}`},
		{"pin", `"pin":{"message_id":"` + text + `"}`},
		{"keep", `"keep":{"message_id":"` + text + `"}`},
		{"choice", `"tap":{"message_id":"` + buttons + `","id":"y"}`},
		{"attendance", `"attendance":{"message_id":"` + occasion + `","answer":"going"}`},
		{"voice", `"media":{"kind":"voice","data":"` + file + `","seconds":2}`},
		{"location", `"location":{"latitude":1,"longitude":2,"name":"Pier"}`},
		{"contact", `"contact":{"name":"Anna","number":"` + agentNumber + `"}`},
		{"contact", `"contacts":[{"name":"Anna","number":"` + agentNumber + `"},{"name":"Ben","number":"` + leadNumber + `"}]`},
		{"list", `"list":{"title":"T","text":"Pick","button":"Open","choices":[{"id":"a","text":"A"}]}`},
		{"list", `"raw":"` + base64.StdEncoding.EncodeToString(raw) + `"`},
		{"text", `"text":"yes @` + agentNumber + `","reply_to":"` + text + `","mentions":["` + agentNumber + `"],"forwarded":2,"expires":60`},
		{"image", `"media":{"kind":"image","data":"` + file + `"},"view_once":true`},
		{"poll", `"forward":{"message_id":"` + poll + `"}`},
		{"timer", `"timer":{"seconds":86400}`},
		{"revoke", `"revoke":{"message_id":"` + text + `"}`},
	} {
		send(more.body)
		kinds = append(kinds, more.kind)
	}
	status, answer := call(t, w.server, "GET", "/phones/"+agentNumber+"/messages", "")
	require.Equal(t, http.StatusOK, status)
	list := answer.([]any)
	require.Len(t, list, len(kinds))
	at := func(i int) map[string]any { return list[i].(map[string]any) }
	for i, kind := range kinds {
		require.Equal(t, kind, at(i)["kind"], i)
	}
	require.Equal(t, true, at(0)["revoked"])
	require.Equal(t, []any{leadNumber}, at(1)["poll"].(map[string]any)["options"].([]any)[1].(map[string]any)["voters"])
	answered := at(18)
	require.Equal(t, text, answered["reply_to"])
	require.Equal(t, []any{agentNumber}, answered["mentions"])
	require.EqualValues(t, 2, answered["forwarded"])
	require.EqualValues(t, 60, answered["expires"])
	require.Equal(t, true, at(19)["view_once"])

	voice := at(12)["id"].(string)
	status, answer = call(t, w.server, "GET", "/phones/"+agentNumber+"/messages/"+voice+"/file", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, file, answer.(map[string]any)["data"])
	require.Equal(t, at(12)["media"].(map[string]any)["sha256"], answer.(map[string]any)["sha256"])
	status, _ = call(t, w.server, "GET", "/phones/"+agentNumber+"/messages/"+text+"/file", "")
	require.Equal(t, http.StatusNotFound, status)
	status, _ = call(t, w.server, "POST", "/phones/"+agentNumber+"/played", `{"message_ids":["`+voice+`"]}`)
	require.Equal(t, http.StatusOK, status)
	require.True(t, sees(t, w.lead, voice).Has("played"))
	status, answer = call(t, w.server, "GET", fmt.Sprintf("/phones/%s/messages?since=%d", agentNumber, len(kinds)-1), "")
	require.Equal(t, http.StatusOK, status)
	require.Len(t, answer, 1)
}

func TestControlRefusesBadMessages(t *testing.T) {
	t.Parallel()
	s := start(t)
	phone(t, s, agentNumber, "")
	phone(t, s, leadNumber, "")
	for body, want := range map[string]int{
		`"text":"a","location":{"latitude":1,"longitude":1}`: http.StatusBadRequest,
		`"reply_to":"x"`:                           http.StatusBadRequest,
		`"text":"a","reply_to":"x"`:                http.StatusNotFound,
		`"media":{"kind":"image","data":"?"}`:      http.StatusBadRequest,
		`"media":{"kind":"smell","data":"AAAA"}`:   http.StatusBadRequest,
		`"raw":"?"`:                                http.StatusBadRequest,
		`"raw":"CgUK"`:                             http.StatusBadRequest,
		`"poll":{"question":"?"}`:                  http.StatusBadRequest,
		`"text":"a","expires":9000000000000000000`: http.StatusBadRequest,
		`"text":"a","view_once":true`:              http.StatusBadRequest,
		`"text":"a","mentions":["12"]`:             http.StatusNotFound,
		`"revoke":{"message_id":"none"}`:           http.StatusNotFound,
	} {
		status, answer := call(t, s, "POST", "/phones/"+leadNumber+"/messages", `{"to":"`+agentNumber+`",`+body+`}`)
		require.Equal(t, want, status, "%s: %v", body, answer)
	}
	status, _ := call(t, s, "POST", "/phones/"+leadNumber+"/played", `{"message_ids":[]}`)
	require.Equal(t, http.StatusBadRequest, status)
}
