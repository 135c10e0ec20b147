package api_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
)

func TestPresence(t *testing.T) {
	t.Parallel()
	var p *engine.Presences
	b := setup(t, open, func(config *api.Config) {
		records, ok := config.Accounts.(engine.PresenceRecords)
		require.True(t, ok)
		p = engine.NewPresences(engine.PresencesConfig{Records: records, Clients: config.Seats, Feed: config.Feed, Log: config.Log})
		config.Presences = p
	})
	p.Start(t.Context())
	t.Cleanup(p.Stop)
	c, stranger := b.user("thandi"), b.user("pieter")
	seat := c.seat("Sales")
	conversation := c.conversation(seat.ID, "27831111111")
	lead := engine.PhoneAddress("27831111111")
	path := "/v1/conversations/" + string(conversation.ID) + "/presence"
	var view engine.PresenceView
	c.do("POST", path+"/watch", nil).is(200).into(&view)
	require.Equal(t, engine.PresenceView{Conversation: conversation.ID, Doing: engine.Idle}, view)

	// Its presence is a setting of the seat, which others leave alone.
	settings := "/v1/seats/" + string(seat.ID) + "/settings"
	require.Equal(t, engine.PresenceUnavailable, get[engine.SeatSettings](c, settings).Presence)
	c.do("PUT", settings, object{"presence": "sometimes", "reject_calls": false, "reject_text": ""}).problem(422, engine.CodeInvalid)
	c.do("PUT", settings, object{"presence": "watching", "reject_calls": false, "reject_text": ""}).is(200)
	c.do("PUT", settings, object{"reject_calls": true, "reject_text": ""}).is(200)
	require.Equal(t, engine.PresenceWatching, get[engine.SeatSettings](c, settings).Presence)
	require.Equal(t, engine.PresenceWatching, get[engine.SeatView](c, "/v1/seats/"+string(seat.ID)).Presence)

	live, theirs := c.live(""), stranger.live("")
	require.Equal(t, "hello", live.next().Type)
	require.Equal(t, "hello", theirs.next().Type)
	newest, err := b.store.Tenant(c.me.Tenant.ID).LastSeq(t.Context())
	require.NoError(t, err)
	c.do("POST", path+"/watch", nil).is(200)
	online, seen := true, time.UnixMilli(1_790_000_000_000).UTC()
	for _, news := range []engine.Presence{{Online: new(false), LastSeen: &seen}, {Online: &online}, {Doing: engine.Typing}} {
		news.Chat = engine.Party{Phone: lead}
		p.Hear(c.key(seat.ID), news)
		frame := live.next()
		require.Equal(t, "presence", frame.Type)
		require.Zero(t, frame.Seq)
		view = engine.PresenceView{}
		require.NoError(t, json.Unmarshal(frame.Data, &view))
		require.Equal(t, conversation.ID, view.Conversation)
	}
	require.Equal(t, engine.PresenceView{Conversation: conversation.ID, Doing: engine.Typing, Online: &online}, view)
	var again engine.PresenceView
	c.do("POST", path+"/watch", nil).is(200).into(&again)
	require.Equal(t, view, again)
	after, err := b.store.Tenant(c.me.Tenant.ID).LastSeq(t.Context())
	require.NoError(t, err)
	require.Equal(t, newest, after, "it is no event")
	require.Equal(t, seen, *get[engine.ConversationView](c, "/v1/conversations/"+string(conversation.ID)).Contact.LastSeenAt)

	late := c.live("")
	require.Equal(t, "hello", late.next().Type)
	require.Equal(t, "presence", late.next().Type, "who comes later is told how it is")

	// Events go on where they were, and are all that others see.
	c.seat("Rentals")
	require.Equal(t, newest+1, live.next().Seq)
	mine := stranger.seat("Mine")
	require.Equal(t, mine.ID, theirs.next().Seat)
}

func TestShowPresence(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	conversation := c.conversation(seat.ID, "27831111111")
	path := "/v1/conversations/" + string(conversation.ID) + "/presence"
	c.do("PUT", path, object{"doing": "typing"}).problem(409, engine.CodeNotConnected)
	client, lead := &ableClient{}, engine.PhoneAddress("27831111111")
	b.seats.client = client
	for doing, called := range map[string][]any{
		"typing": {"SetTyping", lead, true}, "recording": {"SetRecording", lead, true}, "idle": {"SetTyping", lead, false},
	} {
		c.do("PUT", path, object{"doing": doing}).is(204)
		require.Equal(t, called, client.last())
	}
	c.do("PUT", path, object{"doing": "dancing"}).problem(422, engine.CodeInvalid)
	c.do("PUT", path, object{}).problem(422, engine.CodeInvalid)
	c.do("POST", "/v1/seats/"+string(seat.ID)+"/status", api.StatusText{Text: "Two new flats"}).is(201)
	for _, one := range get[api.ConversationList](c, "/v1/conversations?type=status").Items {
		c.do("PUT", "/v1/conversations/"+string(one.ID)+"/presence", object{"doing": "typing"}).problem(409, engine.CodeConflict)
		c.do("POST", "/v1/conversations/"+string(one.ID)+"/presence/watch", nil).is(200)
	}
	require.Empty(t, client.last())
	c.do("POST", path+"/watch", nil).is(200) // of a server that knows of nobody

	refused := 0
	for range 100 {
		if c.do("PUT", path, object{"doing": "typing"}).status == 429 {
			refused++
		}
	}
	require.Greater(t, refused, 70, "no person types so often")
}
