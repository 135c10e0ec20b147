package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
)

func TestConversationsPageByPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	sales, rentals := c.seat("Sales"), c.seat("Rentals")
	require.Empty(t, get[api.ConversationList](c, "/v1/conversations").Items)
	for i := range 7 {
		c.receive(sales.ID, fmt.Sprint("2782000000", i), fmt.Sprint("A", i), "hello")
	}
	c.receive(rentals.ID, "27831111111", "B", "hello")

	var seen []engine.ConversationID
	cursor := ""
	for {
		page := get[api.ConversationList](c, "/v1/conversations?limit=3&seat="+string(sales.ID)+"&cursor="+cursor)
		require.LessOrEqual(t, len(page.Items), 3)
		for _, item := range page.Items {
			require.Equal(t, sales.ID, item.Seat)
			require.Equal(t, 1, item.Unread)
			require.Equal(t, "hello", item.LastMessage.Text)
			require.NotContains(t, seen, item.ID)
			seen = append(seen, item.ID)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	require.Len(t, seen, 7)
	require.Len(t, get[api.ConversationList](c, "/v1/conversations").Items, 8)
	one := get[engine.ConversationView](c, "/v1/conversations/"+string(seen[0]))
	require.Equal(t, seen[0], one.ID)
}

func TestMessagesPageByPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	for i := range 7 {
		c.receive(seat.ID, "27821234567", fmt.Sprint("A", i), fmt.Sprint("message ", i))
	}
	conversation := get[api.ConversationList](c, "/v1/conversations").Items[0]
	path := "/v1/conversations/" + string(conversation.ID) + "/messages"
	first := get[api.MessageList](c, path+"?limit=4")
	require.Len(t, first.Items, 4)
	require.Equal(t, "message 6", first.Items[0].Text)
	second := get[api.MessageList](c, path+"?limit=4&cursor="+first.NextCursor)
	require.Len(t, second.Items, 3)
	require.Equal(t, "message 0", second.Items[2].Text)
	require.Empty(t, second.NextCursor)
}

func TestSendRepeatsNothingUnderTheSameKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	conversation := c.conversation(c.seat("Sales").ID, "27821234567")
	path := "/v1/conversations/" + string(conversation.ID) + "/messages"
	c.header.Set("Idempotency-Key", "one")
	var sent, again engine.MessageView
	c.do("POST", path, api.NewMessage{Text: "It is. Shall we look at it?"}).is(201).into(&sent)
	require.Equal(t, engine.AuthorUser, sent.Author)
	require.Equal(t, engine.Queued, sent.Delivery)
	require.NotEmpty(t, sent.WhatsAppID)
	c.do("POST", path, api.NewMessage{Text: "It is. Shall we look at it?"}).is(201).into(&again)
	require.Equal(t, sent.ID, again.ID)
	c.do("POST", path, api.NewMessage{Text: "Another text"}).problem(409, engine.CodeConflict)
	c.header.Set("Idempotency-Key", "ü")
	c.do("POST", path, api.NewMessage{Text: "x"}).problem(422, engine.CodeInvalid)
	c.header.Set("Idempotency-Key", strings.Repeat("x", 129))
	c.do("POST", path, api.NewMessage{Text: "x"}).problem(422, engine.CodeInvalid)
	c.header.Del("Idempotency-Key")
	require.Len(t, get[api.MessageList](c, path).Items, 2)

	shown := get[engine.ConversationView](c, "/v1/conversations/"+string(conversation.ID))
	require.NotNil(t, shown.Assistant.PausedUntil, "a person replied")
	require.Zero(t, shown.Unread)
}

func TestAssistantInOneConversation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	path := "/v1/conversations/" + string(c.conversation(c.seat("Sales").ID, "27821234567").ID)
	require.True(t, get[engine.ConversationView](c, path).Assistant.Enabled)
	c.do("POST", path+"/messages", api.NewMessage{Text: "It is."}).is(201)
	var on, off engine.ConversationView
	c.do("PUT", path+"/assistant", api.AssistantSwitch{Enabled: true}).is(200).into(&on)
	require.True(t, on.Assistant.Enabled)
	require.Nil(t, on.Assistant.PausedUntil, "switching it on ends the pause")
	c.do("PUT", path+"/assistant", api.AssistantSwitch{Enabled: false}).is(200).into(&off)
	require.False(t, off.Assistant.Enabled)
	c.do("PUT", path+"/assistant", map[string]any{}).problem(422, engine.CodeInvalid)
}

func TestRetryIsForWhatFailed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	conversation := c.conversation(seat.ID, "27821234567")
	path := "/v1/conversations/" + string(conversation.ID) + "/messages"
	var sent, retried engine.MessageView
	c.do("POST", path, api.NewMessage{Text: "hello"}).is(201).into(&sent)
	retry := path + "/" + string(sent.ID) + "/retry"
	c.do("POST", retry, nil).problem(409, engine.CodeConflict)
	require.NoError(t, b.store.SetFailed(t.Context(), c.key(seat.ID), sent.ID, engine.Errorf(engine.CodeInvalid, "It didn't work.")))
	c.do("POST", retry, nil).is(202).into(&retried)
	require.Equal(t, engine.Queued, retried.Delivery)
	require.Equal(t, sent.WhatsAppID, retried.WhatsAppID)
	c.do("POST", path+"/"+engine.NewID()+"/retry", nil).problem(404, engine.CodeNotFound)
	c.do("POST", path+"/%00/retry", nil).problem(404, engine.CodeNotFound)
}

func TestRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	c.receive(seat.ID, "27821234567", "A1", "hello")
	c.receive(seat.ID, "27821234567", "A2", "are you there?")
	conversation := get[api.ConversationList](c, "/v1/conversations").Items[0]
	require.Equal(t, 2, conversation.Unread)
	path := "/v1/conversations/" + string(conversation.ID)
	for range 2 {
		c.do("POST", path+"/read", nil).is(204)
		require.Zero(t, get[engine.ConversationView](c, path).Unread)
	}
	c.do("POST", "/v1/conversations/"+engine.NewID()+"/read", nil).problem(404, engine.CodeNotFound)
}

func TestTextsThatAreSentAndThatAreNot(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	path := "/v1/conversations/" + string(c.conversation(c.seat("Sales").ID, "27821234567").ID) + "/messages"
	for _, text := range []string{"", " \n\t ", "a\x00b", strings.Repeat("x", engine.MaxTextLength+1)} {
		problem := c.do("POST", path, api.NewMessage{Text: text}).problem(422, engine.CodeInvalid)
		require.Equal(t, "body.text", problem.Errors[0].Field)
	}
	longest := strings.Repeat("🏡", engine.MaxTextLength)
	var sent engine.MessageView
	c.do("POST", path, api.NewMessage{Text: longest}).is(201).into(&sent)
	require.Equal(t, longest, sent.Text)
	c.do("POST", path, api.NewMessage{Text: longest + strings.Repeat("🏡", 20_000)}).problem(413, engine.CodeInvalid)
	require.Len(t, get[api.MessageList](c, path).Items, 2)
	require.NotContains(t, b.log.String(), "🏡")
}

func TestAssistantSettings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	settings := get[engine.AssistantView](c, "/v1/assistant")
	require.True(t, settings.Enabled)
	require.NotEmpty(t, settings.Persona)
	settings = engine.AssistantView{Persona: "You are Naledi.\nShort.", Business: "Houses in Sandton.", Enabled: false}
	c.do("PUT", "/v1/assistant", settings).is(200)
	require.Equal(t, settings, get[engine.AssistantView](c, "/v1/assistant"))
	c.do("PUT", "/v1/assistant", engine.AssistantView{Persona: strings.Repeat("x", 4001)}).problem(422, engine.CodeInvalid)
	c.do("PUT", "/v1/assistant", engine.AssistantView{Business: strings.Repeat("x", 16001)}).problem(422, engine.CodeInvalid)
	c.do("PUT", "/v1/assistant", engine.AssistantView{Business: "\x00"}).problem(422, engine.CodeInvalid)
	require.Equal(t, settings, get[engine.AssistantView](c, "/v1/assistant"))
}

func TestTimesAreUTC(t *testing.T) {
	t.Parallel()
	b := setup(t)
	seat := b.user("thandi").seat("Sales")
	_, offset := seat.CreatedAt.Zone()
	require.Zero(t, offset)
	require.WithinDuration(t, time.Now(), seat.CreatedAt, time.Minute)
}
