package simulator_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

// do makes a control call that must succeed, and gives its answer.
func do(t *testing.T, s *simulator.Server, method, path, body string) any {
	t.Helper()
	status, answer := call(t, s, method, path, body)
	require.Less(t, status, 300, "%s %s: %v", method, path, answer)
	return answer
}

func TestControlGroups(t *testing.T) {
	t.Parallel()
	c := newCircle(t)
	made := do(t, c.s, "POST", "/groups", `{"subject":"Club","owner":"`+agentNumber+`","members":["`+leadNumber+`"]}`).(map[string]any)
	jid := made["jid"].(string)
	club := "/groups/" + jid
	await(c.b, func(j *events.JoinedGroup) bool { return j.Name == "Club" })
	require.Len(t, do(t, c.s, "GET", "/groups", ""), 1)

	do(t, c.s, "POST", "/phones/"+agentNumber+"/messages", `{"to":"`+jid+`","text":"hello all"}`)
	require.Equal(t, jid, await(c.b, text("hello all")).Info.Chat.String())
	results := do(t, c.s, "POST", club+"/participants", `{"action":"add","people":["`+thirdNumber+`","`+leadNumber+`"]}`).([]any)
	require.Equal(t, map[string]any{"number": thirdNumber}, results[0])
	require.EqualValues(t, 409, results[1].(map[string]any)["code"])
	for _, step := range []string{
		`{"action":"promote","people":["` + leadNumber + `"]}`,
		`{"by":"` + leadNumber + `","action":"demote","people":["` + leadNumber + `"]}`,
		`{"action":"remove","people":["` + thirdNumber + `"]}`,
		`{"action":"revoke-invites","people":["` + thirdNumber + `"]}`,
	} {
		do(t, c.s, "POST", club+"/participants", step)
	}
	picture := base64.StdEncoding.EncodeToString(portrait(t, 40))
	changed := do(t, c.s, "PATCH", club, `{"subject":"Friends","description":"All of us","approval":true,"expires":86400,"picture":"`+picture+`"}`)
	require.Equal(t, "Friends", changed.(map[string]any)["subject"])
	require.EqualValues(t, 86400, changed.(map[string]any)["expires"])
	await(c.b, func(p *events.Picture) bool { return p.JID.String() == jid })

	dan := phone(t, c.s, "27824445555", "Dan")
	link := do(t, c.s, "POST", club+"/invite", `{}`).(map[string]any)["link"].(string)
	require.Equal(t, link, do(t, c.s, "GET", club+"/invite", "").(map[string]any)["link"])
	mine := "/phones/" + dan.Number() + "/groups"
	joined := do(t, c.s, "POST", mine, `{"link":"`+link+`"}`)
	require.Equal(t, map[string]any{"jid": jid, "pending": true}, joined)
	do(t, c.s, "DELETE", "/phones/"+dan.Number()+"/group-request/"+jid, "")
	do(t, c.s, "POST", mine, `{"link":"`+link+`"}`)
	require.Len(t, do(t, c.s, "GET", club+"/requests", ""), 1)
	do(t, c.s, "POST", club+"/requests", `{"approve":true,"people":["`+dan.Number()+`"]}`)
	require.Len(t, do(t, c.s, "GET", mine, ""), 1)
	do(t, c.s, "DELETE", mine+"/"+jid, "")
	require.Empty(t, do(t, c.s, "GET", mine, ""))

	town := do(t, c.s, "POST", "/groups", `{"subject":"Town","owner":"`+agentNumber+`","community":true}`).(map[string]any)["jid"].(string)
	do(t, c.s, "POST", "/groups/"+town+"/groups", `{"group":"`+jid+`"}`)
	require.Len(t, do(t, c.s, "GET", "/groups/"+town+"/groups", ""), 2)
	do(t, c.s, "POST", "/groups/"+town+"/groups", `{"group":"`+jid+`","unlink":true}`)
	do(t, c.s, "DELETE", "/groups/"+town, "")
	do(t, c.s, "PUT", "/phones/"+agentNumber+"/status-audience", `{"audience":"whitelist","people":["`+leadNumber+`"]}`)
	do(t, c.s, "POST", "/phones/"+agentNumber+"/messages", `{"to":"status@broadcast","text":"good morning"}`)
	await(c.b, text("good morning"))

	do(t, c.s, "PATCH", club, `{"suspended":true,"link_closed":60}`)
	for _, bad := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/groups", `{"owner":"` + agentNumber + `"}`, http.StatusBadRequest},
		{"POST", "/groups", `{"owner":"` + agentNumber + `","subject":"x","members":["270000000"]}`, http.StatusNotFound},
		{"POST", "/groups", `{"owner":"` + agentNumber + `","subject":"x","parent":"x"}`, http.StatusBadRequest},
		{"POST", "/groups", `{"owner":"` + agentNumber + `","subject":"x","colour":"red"}`, http.StatusBadRequest},
		{"GET", "/groups/none", ``, http.StatusBadRequest},
		{"GET", "/groups/1@g.us", ``, http.StatusNotFound},
		{"PATCH", club, `{"expires":5}`, http.StatusBadRequest},
		{"PATCH", club, `{"link_closed":-5}`, http.StatusBadRequest},
		{"PATCH", club, `{"by":"` + thirdNumber + `","subject":"Mine"}`, http.StatusConflict},
		{"POST", club + "/participants", `{"action":"marry","people":["` + leadNumber + `"]}`, http.StatusBadRequest},
		{"POST", club + "/participants", `{"action":"add"}`, http.StatusBadRequest},
		{"POST", club + "/requests", `{"people":["` + leadNumber + `"]}`, http.StatusBadRequest},
		{"POST", mine, `{}`, http.StatusBadRequest},
		{"POST", mine, `{"link":"https://chat.whatsapp.com/none"}`, http.StatusBadRequest},
		{"POST", "/phones/" + agentNumber + "/messages", `{"to":"` + jid + `","text":"x"}`, http.StatusConflict},
		{"PUT", "/phones/" + agentNumber + "/status-audience", `{"audience":"all"}`, http.StatusBadRequest},
	} {
		status, answer := call(t, c.s, bad.method, bad.path, bad.body)
		require.Equal(t, bad.status, status, "%s %s %s: %v", bad.method, bad.path, bad.body, answer)
	}
}
