package simulator_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/types/events"
)

func TestControlSettings(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent, lead := phone(t, s, agentNumber, "Agent"), phone(t, s, leadNumber, "Lead")
	c := withState(t, s, agent)
	id, err := lead.SendText(patient(t), agentNumber, "hello")
	require.NoError(t, err)
	base, chat := "/phones/"+agentNumber, "/phones/"+agentNumber+"/chats/"+leadNumber
	var answer any
	for _, step := range []struct{ method, path, body string }{
		{"PATCH", base + "/settings", `{"locale":"en_ZA","twenty_four_hour":true,"unarchive_chats":true}`},
		{"PATCH", chat, `{"archived":true,"muted":true,"mute_seconds":3600,"unread":true,"status_muted":true}`},
		{"PATCH", chat, `{"pinned":true}`},
		{"POST", chat + "/clear", `{"keep_starred":true}`},
		{"PATCH", base + "/messages/" + id, `{"starred":true}`},
		{"DELETE", base + "/messages/" + id + "?media=true", ""},
		{"DELETE", chat + "?media=true", ""},
		{"PUT", base + "/contacts/" + leadNumber, `{"full_name":"Lead of Leads","first_name":"Lead"}`},
		{"PUT", base + "/labels/4", `{"name":"Hot","color":4}`},
		{"PUT", base + "/labels/4/chats/" + leadNumber, ""},
		{"PUT", base + "/labels/4/messages/" + id, ""},
		{"POST", base + "/state-key", `{}`},
		{"POST", base + "/dirty", `{"kind":"groups"}`},
		{"GET", base + "/settings", ""},
	} {
		var status int
		status, answer = call(t, s, step.method, step.path, step.body)
		require.Equal(t, http.StatusOK, status, "%s %s: %v", step.method, step.path, answer)
	}
	settings := answer.(map[string]any)
	require.Equal(t, "en_ZA", settings["locale"])
	state := settings["chats"].(map[string]any)[leadNumber].(map[string]any)
	for _, on := range []string{"archived", "pinned", "muted", "unread"} {
		require.Equal(t, true, state[on], on)
	}
	for _, at := range []string{"muted_until", "cleared_at", "deleted_at"} {
		require.NotEmpty(t, state[at], at)
	}
	require.Len(t, settings["starred"], 1)
	require.Len(t, settings["deleted"], 1)
	require.Equal(t, []any{leadNumber}, settings["status_muted"])
	require.Equal(t, "Lead", settings["contacts"].(map[string]any)[leadNumber].(map[string]any)["first_name"])
	require.Len(t, settings["labels"].(map[string]any)["4"].(map[string]any)["messages"], 1)
	await[*events.LabelAssociationMessage](c, nil)

	for _, path := range []string{"/labels/4/chats/" + leadNumber, "/labels/4/messages/" + id, "/contacts/" + leadNumber} {
		var status int
		status, answer = call(t, s, "DELETE", base+path, "")
		require.Equal(t, http.StatusOK, status, "%s: %v", path, answer)
	}
	require.Empty(t, answer.(map[string]any)["contacts"])
	require.NotContains(t, answer.(map[string]any)["chats"].(map[string]any)[leadNumber], "labels")
}

func TestControlSettingsRefuses(t *testing.T) {
	t.Parallel()
	s := start(t)
	phone(t, s, agentNumber, "Agent")
	phone(t, s, leadNumber, "Lead")
	base, chat := "/phones/"+agentNumber, "/phones/"+agentNumber+"/chats/"+leadNumber
	for _, bad := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/phones/1111111111/settings", "", http.StatusNotFound},
		{"PATCH", base + "/settings", `{}`, http.StatusBadRequest},
		{"PATCH", base + "/settings", `{"wallpaper":1}`, http.StatusBadRequest},
		{"PATCH", base + "/settings", `{"locale":""}`, http.StatusBadRequest},
		{"PATCH", chat, `{"mute_seconds":5}`, http.StatusBadRequest},
		{"PATCH", chat, `{"muted":true,"mute_seconds":-5}`, http.StatusBadRequest},
		{"PATCH", base + "/chats/1111111111", `{"pinned":true}`, http.StatusNotFound},
		{"DELETE", chat + "?media=perhaps", "", http.StatusBadRequest},
		{"DELETE", base + "/messages/none", "", http.StatusNotFound},
		{"PATCH", base + "/messages/none", `{"starred":true}`, http.StatusNotFound},
		{"PUT", base + "/contacts/" + leadNumber, `{}`, http.StatusBadRequest},
		{"PUT", base + "/contacts/nobody", `{"full_name":"x"}`, http.StatusBadRequest},
		{"DELETE", base + "/contacts/1111111111", "", http.StatusNotFound},
		{"PUT", base + "/labels/1", `{"color":-1}`, http.StatusBadRequest},
		{"PUT", base + "/labels/1/messages/none", "", http.StatusNotFound},
		{"POST", base + "/dirty", `{"kind":"shoes"}`, http.StatusBadRequest},
	} {
		status, answer := call(t, s, bad.method, bad.path, bad.body)
		require.Equal(t, bad.status, status, "%s %s %s: %v", bad.method, bad.path, bad.body, answer)
	}
}
