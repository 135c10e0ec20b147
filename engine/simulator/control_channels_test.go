package simulator_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mau.fi/whatsmeow/types/events"
)

func TestControlChannels(t *testing.T) {
	t.Parallel()
	s := start(t)
	phone(t, s, agentNumber, "Thandi")
	lead := phone(t, s, leadNumber, "Sipho")
	c := linked(t, s, lead)
	picture := base64.StdEncoding.EncodeToString(portrait(t, 40))
	made := do(t, s, "POST", "/newsletters", `{"owner":"`+agentNumber+`","name":"Harbour news","description":"Tides","picture":"`+picture+`"}`).(map[string]any)
	jid := made["jid"].(string)
	channel := "/newsletters/" + jid
	require.NotEmpty(t, made["picture_id"])
	followed := do(t, s, "PUT", channel+"/followers/"+leadNumber, `{"muted":true}`).(map[string]any)
	require.Equal(t, "SUBSCRIBER", followed["role"])
	require.Equal(t, true, followed["muted"])
	await(c, func(e *events.NewsletterJoin) bool { return e.ID.String() == jid })
	require.Len(t, do(t, s, "GET", "/phones/"+leadNumber+"/newsletters", ""), 1)
	require.Len(t, do(t, s, "GET", "/newsletters", ""), 1)

	messages := "/phones/" + agentNumber + "/messages"
	do(t, s, "POST", messages, `{"to":"`+jid+`","text":"Low tide"}`)
	await(c, text("Low tide"))
	do(t, s, "POST", messages, `{"to":"`+jid+`","media":{"kind":"image","data":"`+picture+`","caption":"The pier"}}`)
	image := await(c, func(m *events.Message) bool { return m.Message.GetImageMessage().GetCaption() == "The pier" })
	data, err := c.Download(patient(t), image.Message.GetImageMessage())
	require.NoError(t, err)
	require.Equal(t, portrait(t, 40), data)
	require.Empty(t, image.Message.GetImageMessage().GetMediaKey())
	do(t, s, "POST", messages, `{"to":"`+jid+`","poll":{"name":"Which?","options":["one","two"],"selectable":1}}`)
	for _, step := range []struct{ path, body string }{
		{"/reactions", `{"number":"` + leadNumber + `","server_id":100,"emoji":"🌊"}`},
		{"/votes", `{"number":"` + leadNumber + `","server_id":102,"options":["two"]}`},
		{"/views", `{"number":"` + leadNumber + `","server_ids":[100,101]}`},
	} {
		do(t, s, "POST", channel+step.path, step.body)
	}
	posts := do(t, s, "GET", channel+"/messages", "").([]any)
	require.Len(t, posts, 3)
	require.Equal(t, map[string]any{"🌊": 1.0}, posts[0].(map[string]any)["reactions"])
	require.Equal(t, 1.0, posts[0].(map[string]any)["views"])
	require.NotEmpty(t, posts[1].(map[string]any)["handle"])
	require.Equal(t, map[string]any{"two": 1.0}, posts[2].(map[string]any)["votes"])
	require.Len(t, do(t, s, "GET", channel+"/messages?count=1&before=101", ""), 1)

	changed := do(t, s, "PATCH", channel, `{"name":"Pier news","verified":true,"reactions":"NONE"}`).(map[string]any)
	require.Equal(t, "Pier news", changed["name"])
	require.Equal(t, true, changed["verified"])
	do(t, s, "PUT", channel+"/admins/"+leadNumber, "")
	do(t, s, "DELETE", channel+"/admins/"+leadNumber, "")
	for _, wrong := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/newsletters", `{"owner":"1","name":"x"}`, http.StatusNotFound},
		{"POST", "/newsletters", `{"owner":"` + agentNumber + `","name":""}`, http.StatusBadRequest},
		{"POST", "/newsletters", `{"owner":"` + agentNumber + `","name":"x","colour":"red"}`, http.StatusBadRequest},
		{"PATCH", channel, `{"state":"DELETED"}`, http.StatusBadRequest},
		{"PATCH", channel, `{"reactions":"SOME"}`, http.StatusBadRequest},
		{"GET", channel + "/messages?count=x", "", http.StatusBadRequest},
		{"GET", "/newsletters/120363000000000000@newsletter", "", http.StatusNotFound},
		{"POST", channel + "/reactions", `{"number":"` + leadNumber + `","server_id":100,"emoji":"x"}`, http.StatusConflict},
		{"POST", "/phones/" + leadNumber + "/messages", `{"to":"` + jid + `","text":"hello"}`, http.StatusConflict},
		{"DELETE", channel + "/followers/" + agentNumber, "", http.StatusConflict},
	} {
		status, answer := call(t, s, wrong.method, wrong.path, wrong.body)
		require.Equal(t, wrong.status, status, "%s %s %s: %v", wrong.method, wrong.path, wrong.body, answer)
	}
	do(t, s, "DELETE", channel+"/followers/"+leadNumber, "")
	do(t, s, "DELETE", channel, "")
	status, _ := call(t, s, "DELETE", channel, "")
	require.Equal(t, http.StatusNotFound, status)
}

func TestControlBusiness(t *testing.T) {
	t.Parallel()
	s := start(t)
	agent := phone(t, s, agentNumber, "Thandi")
	shop := phone(t, s, leadNumber, "Sipho")
	c := linked(t, s, agent)
	business := "/phones/" + leadNumber + "/business"
	status, _ := call(t, s, "GET", business, "")
	require.Equal(t, http.StatusNotFound, status)
	set := do(t, s, "PUT", business, `{"name":"Harbour Café","email":"hello@harbour.example","hours":[{"day":"mon","mode":"open_24h"}],"timezone":"UTC"}`)
	require.Equal(t, "Harbour Café", set.(map[string]any)["name"])
	profile, err := c.GetBusinessProfile(patient(t), shop.JID())
	require.NoError(t, err)
	require.Equal(t, "hello@harbour.example", profile.Email)
	link := do(t, s, "POST", "/phones/"+leadNumber+"/message-links", `{"text":"Hi"}`).(map[string]any)["link"].(string)
	target, err := c.ResolveBusinessMessageLink(patient(t), link)
	require.NoError(t, err)
	require.Equal(t, "Hi", target.Message)
	contact := do(t, s, "POST", "/phones/"+leadNumber+"/contact-link", `{"renew":true}`).(map[string]any)["link"].(string)
	_, err = c.ResolveContactQRLink(patient(t), contact)
	require.NoError(t, err)
	order := do(t, s, "POST", "/phones/"+leadNumber+"/orders", `{"currency":"ZAR","products":[{"id":"1","name":"Tea","price":20000,"quantity":1}]}`).(map[string]any)
	_, err = c.GetOrderDetails(patient(t), order["id"].(string), order["token"].(string))
	require.NoError(t, err)
	require.Len(t, do(t, s, "GET", "/bots", ""), 1)
	require.Empty(t, do(t, s, "PUT", "/bots", `{"bots":[]}`))
	status, _ = call(t, s, "PUT", business, `{"name":""}`)
	require.Equal(t, http.StatusBadRequest, status)
	do(t, s, "DELETE", business, "")
	status, _ = call(t, s, "POST", "/phones/"+leadNumber+"/orders", `{"currency":"ZAR","products":[{"id":"1","name":"Tea","price":1,"quantity":1}]}`)
	require.Equal(t, http.StatusConflict, status)
}
