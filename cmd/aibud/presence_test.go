package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// TestPresenceThroughTheServer opens a conversation by number and watches its
// person, through the whole server and a restart.
func TestPresenceThroughTheServer(t *testing.T) {
	t.Parallel()
	for name, database := range databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, database(t))
			o.lead = o.person("558499123456", "Ana")                             // who registered before the ninth digit
			require.NoError(t, o.lead.AddContact(t.Context(), o.phone.Number())) // by which others see when she is there
			o.do("PUT", "/v1/seats/"+string(o.seat)+"/settings", map[string]any{"presence": "watching", "reject_calls": false, "reject_text": ""}, nil)

			var c engine.ConversationView
			open := func(number string) (status int) {
				status, err := o.try("POST", "/v1/seats/"+string(o.seat)+"/conversations", map[string]string{"phone": number}, &c)
				require.NoError(t, err)
				return status
			}
			require.Equal(t, http.StatusUnprocessableEntity, open("082 999 9999"))
			require.Equal(t, http.StatusOK, open("+55 84 9 9912-3456"))
			first := c.ID
			require.Equal(t, "558499123456", c.Contact.Phone)
			o.write("Oi")
			o.until("the lead's message is in the conversation", func() bool { return len(o.messages(first)) == 1 })
			require.Equal(t, http.StatusOK, open("(+55) 84 9912 3456"))
			require.Equal(t, first, c.ID, "one contact for one person")
			require.Len(t, o.conversations(), 1)

			for range 2 {
				watched(t, o, first)
				require.NoError(t, o.stop())
				o.start()
				o.untilState(o.seat, engine.StateConnected)
			}
			o.do("GET", "/v1/conversations/"+string(first), nil, &c)
			require.WithinDuration(t, time.Now(), *c.Contact.LastSeenAt, 5*time.Minute)
			require.NotContains(t, o.logged(), "99123456")
		})
	}
}

// watched watches a conversation and sees its person come, type and go.
func watched(t *testing.T, o *office, id engine.ConversationID) {
	t.Helper()
	header := http.Header{}
	address, err := url.Parse(o.url)
	require.NoError(t, err)
	for _, cookie := range o.client.Jar.Cookies(address) {
		header.Add("Cookie", cookie.String())
	}
	conn, response, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(o.url, "http", "ws", 1)+"/v1/live", header)
	require.NoError(t, err)
	defer response.Body.Close()
	defer conn.Close()
	path := "/v1/conversations/" + string(id) + "/presence"
	var now engine.PresenceView
	o.do("POST", path+"/watch", nil, &now)
	for _, step := range []struct {
		does func() error
		is   func(engine.PresenceView) bool
	}{
		{func() error { return o.lead.Presence(t.Context(), true) }, func(v engine.PresenceView) bool { return v.Online != nil && *v.Online }},
		{func() error { return o.lead.Typing(t.Context(), o.phone.Number(), true) }, func(v engine.PresenceView) bool { return v.Doing == engine.Typing }},
		{func() error { return o.lead.Recording(t.Context(), o.phone.Number()) }, func(v engine.PresenceView) bool { return v.Doing == engine.Recording }},
		{func() error { return o.lead.Typing(t.Context(), o.phone.Number(), false) }, func(v engine.PresenceView) bool { return v.Doing == engine.Idle }},
		{func() error { return o.lead.Presence(t.Context(), false) }, func(v engine.PresenceView) bool { return v.Online != nil && !*v.Online && v.LastSeen != nil }},
	} {
		// The seat goes online some time after it was asked to; until then WhatsApp tells it nothing.
		require.Eventually(t, func() bool {
			require.NoError(t, step.does())
			o.do("POST", path+"/watch", nil, &now)
			return step.is(now)
		}, time.Minute, 50*time.Millisecond)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Minute)))
		for { // and it is told live
			var frame struct {
				Type string          `json:"type"`
				Data json.RawMessage `json:"data"`
			}
			require.NoError(t, conn.ReadJSON(&frame))
			var view engine.PresenceView
			if frame.Type == "presence" && json.Unmarshal(frame.Data, &view) == nil && step.is(view) {
				require.Equal(t, id, view.Conversation)
				break
			}
		}
	}
	// What the seat shows the lead.
	o.do("PUT", path, map[string]string{"doing": "recording"}, nil)
	_, err = o.lead.WaitEvent(t.Context(), func(e simulator.Event) bool { return e.Kind == simulator.EventRecording })
	require.NoError(t, err)
	o.do("PUT", path, map[string]string{"doing": "idle"}, nil)
}
