package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
)

func TestWhatAUserDoesToMessages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	conversation := c.conversation(seat.ID, "27821234567")
	path := "/v1/conversations/" + string(conversation.ID) + "/messages"
	question := path + "/" + string(conversation.LastMessage.ID)
	show := func(id engine.MessageID) engine.MessageView {
		for _, m := range get[api.MessageList](c, path).Items {
			if m.ID == id {
				return m
			}
		}
		t.Fatalf("message %s is not shown", id)
		return engine.MessageView{}
	}
	sent := func(m engine.MessageView) engine.MessageView {
		require.NoError(t, b.store.SetSending(t.Context(), c.key(seat.ID), m.ID))
		require.NoError(t, b.store.SetSent(t.Context(), c.key(seat.ID), m.ID, engine.Accepted{At: m.At}))
		return m
	}
	var m engine.MessageView
	c.do("PUT", question+"/reaction", map[string]any{"emoji": "👍"}).is(202).into(&m)
	require.Equal(t, engine.KindReaction, sent(m).Kind)
	require.Equal(t, "👍", show(conversation.LastMessage.ID).Reactions[0].Emoji)
	c.do("PATCH", question, map[string]any{"text": "x"}).problem(403, engine.CodeForbidden)
	c.do("DELETE", question, nil).problem(403, engine.CodeForbidden)

	var mine engine.MessageView
	c.do("POST", path, api.NewMessage{Text: "at three", ReplyTo: string(conversation.LastMessage.ID)}).is(201).into(&mine)
	require.Equal(t, conversation.LastMessage.Text, mine.Content.Quote.Text)
	c.do("PATCH", path+"/"+string(mine.ID), map[string]any{"text": "at four"}).problem(409, engine.CodeConflict)
	sent(mine)
	c.do("PATCH", path+"/"+string(mine.ID), map[string]any{"text": " "}).problem(422, engine.CodeInvalid)
	c.do("PATCH", path+"/"+string(mine.ID), map[string]any{"text": "at four"}).is(202).into(&m)
	sent(m)
	require.Equal(t, "at four", show(mine.ID).Text)
	require.NotNil(t, show(mine.ID).EditedAt)
	c.do("DELETE", path+"/"+string(mine.ID), nil).is(202).into(&m)
	sent(m)
	require.NotNil(t, show(mine.ID).RevokedAt)
	c.do("DELETE", path+"/"+string(mine.ID), nil).problem(409, engine.CodeConflict)
	c.do("PUT", path+"/"+engine.NewID()+"/reaction", map[string]any{"emoji": "👍"}).problem(404, engine.CodeNotFound)
}

func TestSendMoreThanText(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	path := "/v1/conversations/" + string(c.conversation(seat.ID, "27821234567").ID) + "/messages"
	place := engine.Location{Latitude: -33.9, Longitude: 18.4, Name: "Sea Point"}
	card := engine.Card{Name: "Thandi", VCard: "BEGIN:VCARD\nVERSION:3.0\nFN:Thandi\nEND:VCARD"}
	var m engine.MessageView
	c.do("POST", path, api.NewMessage{Location: &place}).is(201).into(&m)
	require.Equal(t, engine.KindLocation, m.Kind)
	require.Equal(t, &place, m.Content.Location)
	c.do("POST", path, api.NewMessage{Cards: []engine.Card{card}}).is(201).into(&m)
	require.Equal(t, engine.KindContact, m.Kind)
	poll := engine.Poll{Options: []string{"Sat", "Sun"}, Selectable: 1}
	c.do("POST", path, api.NewMessage{Text: "When?", Poll: &poll}).is(201).into(&m)
	require.Equal(t, engine.KindPoll, m.Kind)
	require.NoError(t, b.store.SetSending(t.Context(), c.key(seat.ID), m.ID))
	require.NoError(t, b.store.SetSent(t.Context(), c.key(seat.ID), m.ID, engine.Accepted{At: m.At}))
	vote := path + "/" + string(m.ID) + "/vote"
	c.do("PUT", vote, map[string]any{"options": []string{"Sat"}}).is(202)
	c.do("PUT", vote, map[string]any{"options": []string{"Sat", "Sun"}}).problem(422, engine.CodeInvalid)
	c.do("PUT", vote, map[string]any{"options": []string{"Mon"}}).problem(422, engine.CodeInvalid)

	for name, bad := range map[string]api.NewMessage{
		"two at once":    {Location: &place, Poll: &poll, Text: "When?"},
		"text and place": {Location: &place, Text: "here"},
		"nowhere":        {Location: &engine.Location{Latitude: 91}},
		"no question":    {Poll: &poll},
		"one option":     {Text: "When?", Poll: &engine.Poll{Options: []string{"Sat"}}},
		"no vCard":       {Cards: []engine.Card{{Name: "Thandi", VCard: "Thandi"}}},
		"no message":     {Text: "Yes", ReplyTo: "%00"},
	} {
		problem := c.do("POST", path, bad)
		require.Equal(t, 422, problem.status, "%s: %s", name, problem.body)
	}
	c.do("POST", path, api.NewMessage{Text: "Yes", ReplyTo: engine.NewID()}).problem(404, engine.CodeNotFound)
}

// TestMentionsAndForwards sees that the text and those whom it mentions belong together.
func TestMentionsAndForwards(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	path := "/v1/conversations/" + string(c.conversation(seat.ID, "27821234567").ID) + "/messages"
	var sent engine.MessageView
	c.do("POST", path, api.NewMessage{
		Text: "@27831112222 and @555 have the keys", Mentions: []string{"083 111 2222", "555@lid"}, Forwarded: true,
	}).is(201).into(&sent)
	require.Equal(t, []engine.Address{engine.PhoneAddress("27831112222"), "555@lid"}, sent.Content.Mentions)
	require.Equal(t, 1, sent.Content.Forwarded)

	for _, bad := range []api.NewMessage{
		{Text: "Nobody is named", Mentions: []string{"27831112222"}},
		{Text: "@12", Mentions: []string{"12"}},
		{Text: "@1 has the keys", Mentions: []string{"1@g.us"}},
	} {
		c.do("POST", path, bad).problem(422, engine.CodeInvalid)
	}
}
