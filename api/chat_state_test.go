package api_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/store"
)

// keeper is a client of a WhatsApp that takes every change of a chat, which
// then comes back as a fact, as [engine.ChatStateClient] says.
type keeper struct {
	*ableClient
	store *store.Store
	seat  engine.SeatKey
}

func (k *keeper) ChangeState(ctx context.Context, change engine.Fact) error {
	if k.fail != nil {
		return k.fail
	}
	k.note(change)
	return k.store.Record(ctx, k.seat, []engine.Fact{change})
}

// chatDesk is a user with a conversation on a seat whose client takes changes.
type chatDesk struct {
	*client
	keeper *keeper
	seat   engine.SeatView
	path   string
	first  engine.ConversationView
}

func newChatDesk(t *testing.T) *chatDesk {
	t.Helper()
	b := setup(t)
	d := &chatDesk{client: b.user("thandi")}
	d.seat = d.client.seat("Sales")
	d.keeper = &keeper{ableClient: &ableClient{}, store: b.store, seat: d.key(d.seat.ID)}
	b.seats.client = d.keeper
	d.first = d.conversation(d.seat.ID, "27821234567")
	d.path = "/v1/conversations/" + string(d.first.ID)
	return d
}

func (d *chatDesk) change(body map[string]any) (view engine.ConversationView) {
	d.do("PATCH", d.path, body).is(200).into(&view)
	return view
}

// listed are the conversations that a query finds.
func (d *chatDesk) listed(query string) []engine.ConversationID {
	ids := []engine.ConversationID{}
	for _, c := range get[api.ConversationList](d.client, "/v1/conversations"+query).Items {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestChatsAreArchivedPinnedAndMuted(t *testing.T) {
	t.Parallel()
	d := newChatDesk(t)
	other := d.conversation(d.seat.ID, "27839999999")
	require.True(t, d.change(map[string]any{"archived": true}).Archived)
	require.Equal(t, []engine.ConversationID{d.first.ID}, d.listed("?archived=true"))
	require.Equal(t, []engine.ConversationID{other.ID}, d.listed("?archived=false"))
	require.False(t, d.change(map[string]any{"archived": false}).Archived)

	require.True(t, d.change(map[string]any{"pinned": true}).Pinned)
	require.False(t, d.change(map[string]any{"pinned": false}).Pinned)
	until := time.Now().Add(8 * time.Hour).UTC().Truncate(time.Second)
	require.Equal(t, until, *d.change(map[string]any{"muted_until": until}).MutedUntil)
	require.Equal(t, engine.MutedForever, *d.change(map[string]any{"muted_until": engine.MutedForever}).MutedUntil)
	require.Nil(t, d.change(map[string]any{"muted_until": time.Now().Add(-time.Hour)}).MutedUntil)

	d.change(map[string]any{"unread": false})
	require.Empty(t, d.listed("?unread=true&seat="+string(d.seat.ID)+"&archived=true"))
	require.True(t, d.change(map[string]any{"unread": true}).MarkedUnread)
	require.Contains(t, d.listed("?unread=true"), d.first.ID)
	require.False(t, d.change(map[string]any{"unread": false}).MarkedUnread)
	require.Equal(t, []engine.ConversationID{d.first.ID}, d.listed("?unread=false"))

	d.keeper.fail = engine.Errorf(engine.CodeTimeout, "WhatsApp did not answer in time.")
	d.do("PATCH", d.path, map[string]any{"archived": true}).problem(504, engine.CodeTimeout)
	require.Empty(t, d.listed("?archived=true"), "nothing is shown that WhatsApp did not take")
	d.do("PATCH", "/v1/conversations/"+engine.NewID(), map[string]any{"archived": true}).problem(404, engine.CodeNotFound)
}

func TestChatsAreClearedAndDeleted(t *testing.T) {
	t.Parallel()
	d := newChatDesk(t)
	messages := d.path + "/messages"
	message := messages + "/" + string(d.first.LastMessage.ID)
	d.do("PUT", message+"/star", nil).is(204)
	require.True(t, get[api.MessageList](d.client, messages).Items[0].Starred)
	d.do("DELETE", message+"/star", nil).is(204)
	require.False(t, get[api.MessageList](d.client, messages).Items[0].Starred)
	d.do("PUT", message+"/star", nil).is(204)

	var sent engine.MessageView
	d.do("POST", messages, api.NewMessage{Text: "not for long"}).is(201).into(&sent)
	require.NoError(t, d.b.store.SetSending(t.Context(), d.keeper.seat, sent.ID))
	require.NoError(t, d.b.store.SetSent(t.Context(), d.keeper.seat, sent.ID, engine.Accepted{At: sent.At}))
	d.do("POST", messages+"/"+string(sent.ID)+"/remove", nil).is(204)
	require.Len(t, get[api.MessageList](d.client, messages).Items, 1)
	d.do("POST", messages+"/"+string(sent.ID)+"/remove", nil).problem(404, engine.CodeNotFound)

	d.do("POST", d.path+"/clear", map[string]any{"keep_starred": true}).is(204)
	require.Len(t, get[api.MessageList](d.client, messages).Items, 1, "it has a star")
	d.do("POST", d.path+"/clear", map[string]any{"delete_media": true}).is(204)
	require.Empty(t, get[api.MessageList](d.client, messages).Items)
	require.Equal(t, []engine.ConversationID{d.first.ID}, d.listed(""))

	d.do("DELETE", d.path, nil).is(204)
	require.Empty(t, d.listed(""))
	again := d.conversation(d.seat.ID, "27821234567")
	require.Equal(t, d.first.ID, again.ID, "it comes back with the next message")
	require.Equal(t, []engine.ConversationID{d.first.ID}, d.listed(""))
}

func TestChatsAreLabelled(t *testing.T) {
	t.Parallel()
	d := newChatDesk(t)
	other := d.conversation(d.seat.ID, "27839999999")
	all := "/v1/seats/" + string(d.seat.ID) + "/labels"
	require.Empty(t, get[api.LabelList](d.client, all).Items)
	var labels api.LabelList
	d.do("POST", all, map[string]any{"name": "Buyers", "color": 3}).is(200).into(&labels)
	require.Len(t, labels.Items, 1)
	buyers := labels.Items[0]
	var view engine.ConversationView
	d.do("PUT", d.path+"/labels", map[string]any{"labels": []engine.LabelID{buyers.ID}}).is(200).into(&view)
	require.Equal(t, []engine.LabelID{buyers.ID}, view.Labels)
	require.Equal(t, []engine.ConversationID{d.first.ID}, d.listed("?label="+string(buyers.ID)))
	require.Equal(t, []engine.ConversationID{d.first.ID}, d.listed("?archived=false&type=direct&label="+string(buyers.ID)))
	require.ElementsMatch(t, []engine.ConversationID{d.first.ID, other.ID}, d.listed(""))
	d.do("GET", "/v1/conversations?label="+engine.NewID(), nil).problem(404, engine.CodeNotFound)
	d.do("GET", "/v1/conversations?label=%25", nil).problem(404, engine.CodeNotFound)

	d.do("PATCH", all+"/"+string(buyers.ID), map[string]any{"name": "Renters"}).is(200).into(&labels)
	require.Equal(t, "Renters", labels.Items[0].Name)
	var bare engine.ConversationView
	d.do("PUT", d.path+"/labels", map[string]any{"labels": []string{}}).is(200).into(&bare)
	require.Empty(t, bare.Labels)
	require.Empty(t, d.listed("?label="+string(buyers.ID)))
	d.do("PUT", d.path+"/labels", map[string]any{"labels": []string{engine.NewID()}}).problem(404, engine.CodeNotFound)
	d.do("PUT", d.path+"/labels", map[string]any{"labels": []engine.LabelID{buyers.ID}}).is(200)
	d.do("DELETE", all+"/"+string(buyers.ID), nil).is(204)
	require.Empty(t, get[engine.ConversationView](d.client, d.path).Labels)
	d.do("GET", "/v1/conversations?label="+string(buyers.ID), nil).problem(404, engine.CodeNotFound)
}
