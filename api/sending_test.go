package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
)

func TestSendLater(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	path := "/v1/conversations/" + string(c.conversation(seat.ID, "27821234567").ID) + "/messages"
	at := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	var m engine.MessageView
	c.do("POST", path, api.NewMessage{Text: "later", SendAt: &at}).is(201).into(&m)
	require.Equal(t, engine.Scheduled, m.Delivery)
	one := path + "/" + string(m.ID)
	require.Equal(t, m, get[engine.MessageView](c, one))
	later := at.Add(time.Hour)
	c.do("PATCH", one, map[string]any{"send_at": later}).is(202).into(&m)
	require.Equal(t, later, *m.SendAt)
	require.Equal(t, "later", m.Text)
	c.do("PATCH", one, map[string]any{"text": "other words"}).is(202).into(&m)
	require.Equal(t, "other words", m.Text)
	require.Equal(t, 1, get[engine.SendingView](c, "/v1/seats/"+string(seat.ID)+"/sending").Scheduled)
	c.do("DELETE", one, nil).is(202).into(&m)
	require.Equal(t, engine.Cancelled, m.Delivery)
	c.do("DELETE", one, nil).is(202)
	c.do("PATCH", one, map[string]any{"send_at": later}).problem(409, engine.CodeConflict)
	for _, item := range get[api.MessageList](c, path).Items {
		require.NotEqual(t, m.ID, item.ID)
	}

	past := time.Now().Add(-time.Minute)
	c.do("POST", path, api.NewMessage{Text: "too late", SendAt: &past}).problem(422, engine.CodeInvalid)
	c.do("POST", path, map[string]any{"text": "x", "send_at": "tomorrow"}).problem(422, engine.CodeInvalid)
	c.do("POST", path, api.NewMessage{Text: "now"}).is(201).into(&m)
	one = path + "/" + string(m.ID)
	c.do("PATCH", one, map[string]any{"send_at": later}).problem(409, engine.CodeConflict)
	c.do("PATCH", one, map[string]any{}).problem(422, engine.CodeInvalid)
	require.NoError(t, b.store.SetSending(t.Context(), c.key(seat.ID), m.ID))
	c.do("DELETE", one, nil).problem(409, engine.CodeConflict)
	c.do("GET", path+"/"+engine.NewID(), nil).problem(404, engine.CodeNotFound)
}

func TestHowFastASeatSends(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	path := "/v1/seats/" + string(c.seat("Sales").ID) + "/sending"
	view := get[engine.SendingView](c, path)
	require.Equal(t, engine.DefaultSending(), view.Settings)
	view.Settings.PerMinute = 5
	c.do("PUT", path, view.Settings).is(200)
	require.Equal(t, view, get[engine.SendingView](c, path))
	tooMany := view.Settings
	tooMany.PerHour, tooMany.PerDay = 11, 10
	require.Contains(t, c.do("PUT", path, tooMany).problem(422, engine.CodeInvalid).Detail, "24 hours")
	require.Equal(t, view, get[engine.SendingView](c, path))
	view.Settings.PerMinute = 0
	c.do("PUT", path, view.Settings).problem(422, engine.CodeInvalid)
	c.do("PUT", path, map[string]any{"per_minute": 5}).problem(422, engine.CodeInvalid)
}

// Whatever is done to messages can be asked for twice.
func TestChangesTakeKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	conversation := c.conversation(seat.ID, "27821234567")
	one := "/v1/conversations/" + string(conversation.ID) + "/messages/" + string(conversation.LastMessage.ID)
	c.header.Set("Idempotency-Key", "once")
	var first, second engine.MessageView
	c.do("PUT", one+"/reaction", map[string]any{"emoji": "👍"}).is(202).into(&first)
	c.do("PUT", one+"/reaction", map[string]any{"emoji": "👍"}).is(202).into(&second)
	require.Equal(t, first, second)
	c.do("PUT", one+"/reaction", map[string]any{"emoji": "👎"}).problem(409, engine.CodeConflict)
	c.header.Set("Idempotency-Key", "schlüssel")
	c.do("PUT", one+"/reaction", map[string]any{"emoji": "👍"}).problem(422, engine.CodeInvalid)
}
