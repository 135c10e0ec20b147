package simulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/myaibud/aibud/engine/simulator"
)

// call makes a control call and returns its status and decoded answer.
func call(t *testing.T, s *simulator.Server, method, path, body string) (int, any) {
	t.Helper()
	req, err := http.NewRequestWithContext(patient(t), method, s.ControlURL()+path, strings.NewReader(body))
	require.NoError(t, err)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	var answer any
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer))
	return resp.StatusCode, answer
}

func TestControlEndToEnd(t *testing.T) {
	s := start(t)
	status, answer := call(t, s, "POST", "/phones", `{"number":"`+agentNumber+`","name":"Thandi"}`)
	require.Equal(t, http.StatusCreated, status)
	require.Equal(t, agentNumber+"@s.whatsapp.net", answer.(map[string]any)["jid"])
	status, _ = call(t, s, "POST", "/phones", `{"number":"`+leadNumber+`"}`)
	require.Equal(t, http.StatusCreated, status)
	c := newClient(t, s)
	qr, err := json.Marshal(map[string]string{"qr": c.code()})
	require.NoError(t, err)
	status, answer = call(t, s, "POST", "/phones/"+agentNumber+"/scan", string(qr))
	require.Equal(t, http.StatusOK, status, answer)
	require.Equal(t, map[string]any{"device": "1"}, answer)
	await[*events.Connected](c, nil)

	status, answer = call(t, s, "POST", "/phones/"+leadNumber+"/messages", `{"to":"`+agentNumber+`","text":"hi"}`)
	require.Equal(t, http.StatusCreated, status)
	id := answer.(map[string]any)["id"]
	require.Equal(t, id, await(c, text("hi")).Info.ID)
	status, answer = call(t, s, "GET", "/phones/"+agentNumber+"/messages?since=0", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, id, answer.([]any)[0].(map[string]any)["id"])
	for _, step := range []struct{ path, body string }{
		{"/phones/" + agentNumber + "/read", `{"message_ids":["` + id.(string) + `"]}`},
		{"/phones/" + leadNumber + "/typing", `{"to":"` + agentNumber + `"}`},
		{"/phones/" + leadNumber + "/presence", `{"online":true}`},
		{"/faults", `{"kind":"duplicate","number":"` + agentNumber + `","times":2}`},
	} {
		status, answer = call(t, s, "POST", step.path, step.body)
		require.Equal(t, http.StatusOK, status, answer)
	}
	status, answer = call(t, s, "GET", "/metrics", "")
	require.Equal(t, http.StatusOK, status)
	require.EqualValues(t, 1, answer.(map[string]any)["connections"])
	status, answer = call(t, s, "GET", "/phones", "")
	require.Equal(t, http.StatusOK, status)
	require.Len(t, answer, 2)
	status, _ = call(t, s, "DELETE", "/phones/"+agentNumber+"/devices/1", "")
	require.Equal(t, http.StatusOK, status)
	await[*events.LoggedOut](c, nil)
}

func TestControlRefuses(t *testing.T) {
	s := start(t)
	phone(t, s, agentNumber, "")
	agent := "/phones/" + agentNumber
	for _, bad := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/phones", `{"number":"` + agentNumber + `"}`, http.StatusConflict},
		{"POST", "/phones", `{"number":"12"}`, http.StatusBadRequest},
		{"POST", "/phones", `{"number":"27821110000","colour":"red"}`, http.StatusBadRequest},
		{"POST", "/phones", `{`, http.StatusBadRequest},
		{"POST", "/phones", `{} {}`, http.StatusBadRequest},
		{"POST", "/phones", `{"name":"` + strings.Repeat("x", 1<<20) + `"}`, http.StatusRequestEntityTooLarge},
		{"GET", "/phones/2799", ``, http.StatusNotFound},
		{"POST", agent + "/scan", `{"qr":"nonsense"}`, http.StatusBadRequest},
		{"POST", agent + "/messages", `{"to":"27820000000","text":"hi"}`, http.StatusNotFound},
		{"POST", agent + "/messages", `{"to":"` + agentNumber + `","text":""}`, http.StatusBadRequest},
		{"POST", agent + "/messages", `{"to":"` + agentNumber + `","poll":{}}`, http.StatusBadRequest},
		{"POST", agent + "/messages", `{"to":"1@g.us","text":"hi"}`, http.StatusNotFound},
		{"GET", agent + "/messages?since=x", ``, http.StatusBadRequest},
		{"POST", agent + "/read", `{"message_ids":["nope"]}`, http.StatusNotFound},
		{"POST", agent + "/presence", `{}`, http.StatusBadRequest},
		{"DELETE", agent + "/devices/7", ``, http.StatusNotFound},
		{"DELETE", agent + "/devices/x", ``, http.StatusBadRequest},
		{"POST", agent + "/link", `{"code":"ABCD-EFGH"}`, http.StatusNotFound},
		{"POST", agent + "/link", `{"code":"ABCD-EFG"}`, http.StatusBadRequest},
		{"POST", agent + "/link/refresh", ``, http.StatusNotFound},
		{"POST", agent + "/link/confirm", `{"code":"ABCD-EFGH"}`, http.StatusNotFound},
		{"POST", agent + "/passkey", `{"credential_id":"aWQ=","public_key":"aWQ="}`, http.StatusBadRequest},
		{"POST", agent + "/multi-device", `{}`, http.StatusBadRequest},
		{"POST", "/client-version", `{"minimum":"2.3000"}`, http.StatusBadRequest},
		{"PUT", agent + "/restriction", `{"seconds":60,"kind":"lower case"}`, http.StatusBadRequest},
		{"PUT", agent + "/restriction", `{"seconds":-1}`, http.StatusBadRequest},
		{"PUT", agent + "/new-chats", `{"total":-1}`, http.StatusBadRequest},
		{"POST", "/groups", `{}`, http.StatusNotFound},
		{"POST", "/faults", `{"kind":"weather"}`, http.StatusNotImplemented},
		{"GET", "/nothing", ``, http.StatusNotFound},
		{"DELETE", "/phones", ``, http.StatusNotFound},
		{"POST", "/phones", ``, http.StatusBadRequest},
		{"POST", agent + "/messages", `{"text":"hi"}`, http.StatusBadRequest},
		{"GET", agent + "/messages?after=1", ``, http.StatusBadRequest},
		{"DELETE", "/faults?knid=nack", ``, http.StatusBadRequest},
		{"DELETE", "/faults?kind=nack;number=1", ``, http.StatusBadRequest},
		{"DELETE", agent + "/messages/nope?medai=true", ``, http.StatusBadRequest},
	} {
		status, answer := call(t, s, bad.method, bad.path, bad.body)
		require.Equal(t, bad.status, status, "%s %s: %v", bad.method, bad.path, answer)
		require.NotEmpty(t, answer.(map[string]any)["error"])
	}
}

func TestControlRefusesForeignPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	req, err := http.NewRequestWithContext(patient(t), "POST", s.ControlURL()+"/phones", strings.NewReader(`{}`))
	require.NoError(t, err)
	req.Header.Set("Origin", "https://page.example")
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, resp.Body.Close()) }()
	var answer map[string]string
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&answer), "the answer is JSON as all others are")
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
	require.Contains(t, answer["error"], "origin")
}

func TestControlClock(t *testing.T) {
	t.Parallel()
	s := start(t)
	for body, want := range map[string]int{
		`{"advance_seconds":90}`: 200, `{"advance_seconds":-1}`: 400, `{"advance_seconds":1e12}`: 400, `{}`: 200, `{"sconds":1}`: 400,
	} {
		status, _ := call(t, s, "POST", "/clock", body)
		require.Equal(t, want, status, body)
	}
}
