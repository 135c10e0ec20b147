package api_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
)

// directory is a client that knows accounts by any form of their number.
type directory struct {
	*ableClient
	accounts map[string]engine.Person
}

func (d *directory) OnWhatsApp(_ context.Context, numbers []string) ([]engine.NumberInfo, error) {
	list := make([]engine.NumberInfo, len(numbers))
	for i, number := range numbers {
		list[i] = engine.NumberInfo{Number: number}
		if who, ok := d.accounts[number]; ok {
			list[i].OnWhatsApp, list[i].Person = true, &who
		}
	}
	return list, nil
}

func TestOpenConversation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	c.link(seat.ID, "27820000000")
	path := "/v1/seats/" + string(seat.ID) + "/conversations"
	known := c.conversation(seat.ID, "27831111111")

	// Without a connection only who is here already can be found.
	problem := c.do("POST", path, api.NewConversation{Phone: "082 123 4567"}).problem(409, engine.CodeNotConnected)
	require.Contains(t, problem.Detail, "Connect the seat")
	var view engine.ConversationView
	c.do("POST", path, api.NewConversation{Phone: "083 111 1111"}).is(200).into(&view)
	require.Equal(t, known.ID, view.ID)

	client := &directory{ableClient: &ableClient{}, accounts: map[string]engine.Person{
		"27821234567": {Phone: "27821234567", LID: "1@lid"}, "558499123456": {Phone: "558499123456", LID: "2@lid"},
		"27831111111": {Phone: "27831111111", LID: "3@lid"}, "27820000000": {Phone: "27820000000", LID: "4@lid"},
		"27840000000": {LID: "5@lid"},
	}}
	b.seats.client = client
	open := func(number, name string) (view engine.ConversationView) {
		t.Helper()
		c.do("POST", path, api.NewConversation{Phone: number, Name: name}).is(200).into(&view)
		return view
	}
	first := open("082 123 4567", " Thandi ")
	require.Equal(t, "27821234567", first.Contact.Phone)
	require.Equal(t, "Thandi", first.Contact.Name)
	require.Equal(t, first.ID, open("+27 (0)82 123-4567", "").ID, "however it is written")
	require.Equal(t, first, get[engine.ConversationView](c, "/v1/conversations/"+string(first.ID)))
	require.Equal(t, known.ID, open("0831111111", "").ID)
	require.Equal(t, "558499123456", open("+55 84 9 9912-3456", "").Contact.Phone, "as WhatsApp knows it")
	require.Empty(t, open("084 000 0000", "").Contact.Phone, "whose number WhatsApp keeps to itself")

	require.Contains(t, c.do("POST", path, api.NewConversation{Phone: "0829999999"}).problem(422, engine.CodeNotOnWhatsApp).Detail, "+27 82 999 9999 is not on WhatsApp")
	for _, bad := range []string{"12", "nobody", "+999 1234567", strings.Repeat("1", 64), "082 000 0000"} {
		problem := c.do("POST", path, api.NewConversation{Phone: bad}).problem(422, engine.CodeInvalid)
		require.Equal(t, "body.phone", problem.Errors[0].Field, bad)
	}
	c.do("POST", path, api.NewConversation{Phone: "082 123 4567", Name: "a\x00b"}).problem(422, engine.CodeInvalid)
	c.do("POST", path, api.NewConversation{Phone: strings.Repeat("1", 65)}).problem(422, engine.CodeInvalid)
	c.do("POST", path, `{}`).problem(422, engine.CodeInvalid)

	// Numbers that people elsewhere write.
	c.do("PUT", "/v1/settings", object{"region": "BR"}).is(200)
	require.Equal(t, "BR", get[engine.TenantSettings](c, "/v1/settings").Region)
	require.Equal(t, "558499123456", open("(84) 99912-3456", "").Contact.Phone)
	require.Equal(t, "27821234567", open("27821234567", "").Contact.Phone)
	for _, bad := range []string{"XX", "za", "", "ZAF"} {
		c.do("PUT", "/v1/settings", object{"region": bad}).problem(422, engine.CodeInvalid)
	}
	for _, secret := range []string{"27821234567", "0829999999", "99912"} {
		require.NotContains(t, b.log.String(), secret)
	}
}

// Whoever is named by a number is asked for as WhatsApp knows them.
func TestPeopleInEitherForm(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	client := &directory{ableClient: &ableClient{}, accounts: map[string]engine.Person{"558499123456": {Phone: "558499123456", LID: "2@lid"}}}
	b.seats.client = client
	base := "/v1/seats/" + string(seat.ID)
	var found api.Items[engine.NumberInfo]
	c.do("POST", base+"/people/check", object{"numbers": []string{"5584999123456", "082 123 4567"}}).is(200).into(&found)
	require.Equal(t, []engine.NumberInfo{
		{Number: "5584999123456", OnWhatsApp: true, Person: &engine.Person{Phone: "558499123456", LID: "2@lid"}}, {Number: "27821234567"},
	}, found.Items)
	for path, field := range map[string]string{"/people/check": "numbers", "/people/info": "people"} {
		second := c.do("POST", base+path, object{field: []string{"5584999123456", "12"}}).is(422)
		require.Contains(t, string(second.body), "No. 2 of these 2: ")
		alone := c.do("POST", base+path, object{field: []string{"12"}}).is(422)
		require.NotContains(t, string(alone.body), "No. 1")
	}
	c.do("POST", base+"/people/info", object{"people": []string{"5584999123456", "082 123 4567", "5491123456789"}}).is(200)
	require.Equal(t, []any{"PeopleInfo", []engine.Address{"2@lid", engine.PhoneAddress("27821234567"), engine.PhoneAddress("5491123456789")}}, client.last())
}
