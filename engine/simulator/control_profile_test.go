package simulator_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine/simulator"
)

// twoPhones are an agent's and a lead's, with the paths of their control calls.
func twoPhones(t *testing.T) (s *simulator.Server, agent, lead string) {
	t.Helper()
	s = start(t)
	phone(t, s, agentNumber, "Thandi")
	phone(t, s, leadNumber, "Pieter")
	return s, "/phones/" + agentNumber, "/phones/" + leadNumber
}

func TestControlProfile(t *testing.T) {
	t.Parallel()
	s, agent, lead := twoPhones(t)
	seen := func() map[string]any {
		status, answer := call(t, s, "GET", lead+"/profiles/"+agentNumber, "")
		require.Equal(t, http.StatusOK, status, answer)
		return answer.(map[string]any)
	}
	picture := base64.StdEncoding.EncodeToString(portrait(t, 7))
	status, answer := call(t, s, "PATCH", agent,
		`{"name":"Thandi M","about":"Selling","default_timer":86400,"picture":"`+picture+`"}`)
	require.Equal(t, http.StatusOK, status, answer)
	profile := seen()
	require.NotEmpty(t, profile["picture_id"])
	require.Equal(t, []any{"Thandi M", "Selling", 86400.0}, []any{profile["name"], profile["about"], profile["default_timer"]})

	status, answer = call(t, s, "PUT", agent+"/privacy/status", `{"value":"contact_blacklist","people":["`+leadNumber+`"]}`)
	require.Equal(t, http.StatusOK, status, answer)
	require.Empty(t, seen()["about"])
	status, answer = call(t, s, "GET", agent+"/privacy", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, map[string]any{"value": "contact_blacklist", "people": []any{leadNumber}}, answer.(map[string]any)["status"])

	status, answer = call(t, s, "POST", agent+"/blocklist", `{"number":"`+leadNumber+`"}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, []any{leadNumber}, answer)
	require.Nil(t, seen()["picture_id"])
	status, _ = call(t, s, "DELETE", agent+"/blocklist/"+leadNumber, "")
	require.Equal(t, http.StatusOK, status)
	status, answer = call(t, s, "GET", agent+"/blocklist", "")
	require.Equal(t, http.StatusOK, status)
	require.Empty(t, answer)

	status, _ = call(t, s, "PATCH", agent, `{"picture":""}`)
	require.Equal(t, http.StatusOK, status)
	require.Nil(t, seen()["picture_id"])
	status, _ = call(t, s, "POST", lead+"/typing", `{"to":"`+agentNumber+`","media":"audio"}`)
	require.Equal(t, http.StatusOK, status)
	status, answer = call(t, s, "GET", agent+"/events", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "recording", answer.([]any)[0].(map[string]any)["kind"])
}

func TestControlCalls(t *testing.T) {
	t.Parallel()
	s, agent, lead := twoPhones(t)
	ring := func() string {
		status, answer := call(t, s, "POST", lead+"/calls", `{"to":"`+agentNumber+`","video":true}`)
		require.Equal(t, http.StatusCreated, status, answer)
		return answer.(map[string]any)["id"].(string)
	}
	last := func(path string) map[string]any {
		status, answer := call(t, s, "GET", path+"/calls", "")
		require.Equal(t, http.StatusOK, status)
		calls := answer.([]any)
		return calls[len(calls)-1].(map[string]any)
	}
	id := ring()
	require.Equal(t, []any{id, "ringing", true}, []any{last(agent)["id"], last(agent)["state"], last(agent)["video"]})
	status, _ := call(t, s, "POST", agent+"/calls/"+id+"/accept", "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "answered", last(lead)["state"])
	status, _ = call(t, s, "DELETE", lead+"/calls/"+id, "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "hung_up", last(agent)["reason"])
	id = ring()
	status, _ = call(t, s, "DELETE", agent+"/calls/"+id, "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "rejected", last(lead)["reason"])
}

func TestControlProfileRefuses(t *testing.T) {
	t.Parallel()
	s, agent, _ := twoPhones(t)
	for _, bad := range []struct {
		method, path, body string
		status             int
	}{
		{"PATCH", agent, `{"name":""}`, http.StatusBadRequest},
		{"PATCH", agent, `{"picture":"bm8gcGljdHVyZQ=="}`, http.StatusBadRequest},
		{"PATCH", agent, `{"default_timer":17}`, http.StatusBadRequest},
		{"PATCH", agent, `{"shoe_size":17}`, http.StatusBadRequest},
		{"PATCH", "/phones/2799", `{}`, http.StatusNotFound},
		{"GET", agent + "/profiles/2799", ``, http.StatusNotFound},
		{"GET", "/phones/2799/profiles/" + agentNumber, ``, http.StatusNotFound},
		{"POST", agent + "/blocklist", `{"number":"` + agentNumber + `"}`, http.StatusBadRequest},
		{"POST", agent + "/blocklist", `{"who":"` + leadNumber + `"}`, http.StatusBadRequest},
		{"POST", "/phones/2799/blocklist", `{}`, http.StatusNotFound},
		{"GET", "/phones/2799/blocklist", ``, http.StatusNotFound},
		{"DELETE", agent + "/blocklist/" + leadNumber, ``, http.StatusNotFound},
		{"DELETE", "/phones/2799/blocklist/" + leadNumber, ``, http.StatusNotFound},
		{"GET", "/phones/2799/privacy", ``, http.StatusNotFound},
		{"PUT", "/phones/2799/privacy/last", `{}`, http.StatusNotFound},
		{"PUT", agent + "/privacy/last", `{"value":"friends"}`, http.StatusBadRequest},
		{"PUT", agent + "/privacy/last", `[]`, http.StatusBadRequest},
		{"PUT", agent + "/privacy/weather", `{"value":"all"}`, http.StatusBadRequest},
		{"POST", agent + "/typing", `{"to":"` + leadNumber + `","media":"smoke"}`, http.StatusBadRequest},
		{"POST", agent + "/calls", `{"to":"2799"}`, http.StatusNotFound},
		{"POST", agent + "/calls", `{"to":5}`, http.StatusBadRequest},
		{"POST", "/phones/2799/calls", `{}`, http.StatusNotFound},
		{"GET", "/phones/2799/calls", ``, http.StatusNotFound},
		{"POST", agent + "/calls/NOPE/accept", ``, http.StatusNotFound},
		{"DELETE", "/phones/2799/calls/NOPE", ``, http.StatusNotFound},
	} {
		status, answer := call(t, s, bad.method, bad.path, bad.body)
		require.Equal(t, bad.status, status, "%s %s: %v", bad.method, bad.path, answer)
		require.NotEmpty(t, answer.(map[string]any)["error"])
	}
}
