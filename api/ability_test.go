package api_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
)

const (
	aGroup   = "120363012345678901@g.us"
	another  = "120363012345678902@g.us"
	aChannel = "120363012345678901@newsletter"
)

type object = map[string]any

// TestAbilities calls every route with good input, and sees what the client
// was called with.
func TestAbilities(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	base := "/v1/seats/" + string(seat.ID)
	client := &ableClient{}
	phone, lid := engine.PhoneAddress("27821234567"), engine.Address("123456789@lid")
	day := 24 * time.Hour
	subject, text, on, picture := "Viewings", "", true, []byte("xyz")
	for _, one := range []struct {
		method, path string
		body         any
		status       int
		called       []any
	}{
		{"GET", "/capabilities", nil, 200, nil},
		{"GET", "/groups", nil, 200, nil},
		{"POST", "/groups", object{"subject": subject, "members": []string{"+27 82 123-4567", string(lid)}, "settings": object{
			"announce_only": true, "locked": false, "admins_add": false, "approval": false, "timer": 86400,
		}, "community": another}, 201, []any{"CreateGroup", engine.NewGroup{
			Subject: subject, Members: []engine.Address{phone, lid}, Community: another,
			Settings: engine.GroupSettings{AnnounceOnly: true, Timer: 86400},
		}}},
		{"GET", "/groups/" + aGroup, nil, 200, []any{"Group", engine.Address(aGroup)}},
		{"PATCH", "/groups/" + aGroup, object{"subject": subject, "description": "", "locked": true, "timer": 86400}, 204, []any{
			"ChangeGroup", engine.Address(aGroup), engine.GroupChange{Subject: &subject, Description: &text, Locked: &on, Timer: &day},
		}},
		{"DELETE", "/groups/" + aGroup, nil, 204, []any{"LeaveGroup", engine.Address(aGroup)}},
		{"PUT", "/groups/" + aGroup + "/picture", object{"picture": "eHl6"}, 200, []any{"SetGroupPicture", engine.Address(aGroup), "xyz"}},
		{"DELETE", "/groups/" + aGroup + "/picture", nil, 204, []any{"SetGroupPicture", engine.Address(aGroup), ""}},
		{"POST", "/groups/" + aGroup + "/members", object{"action": "add", "people": []string{"27821234567"}}, 200, []any{
			"ChangeMembers", engine.Address(aGroup), engine.MemberAdd, []engine.Address{phone},
		}},
		{"GET", "/groups/" + aGroup + "/invite", nil, 200, []any{"InviteLink", engine.Address(aGroup), false}},
		{"POST", "/groups/" + aGroup + "/invite/renew", nil, 200, []any{"InviteLink", engine.Address(aGroup), true}},
		{"GET", "/groups/" + aGroup + "/requests", nil, 200, []any{"JoinRequests", engine.Address(aGroup)}},
		{"POST", "/groups/" + aGroup + "/requests", object{"approve": false, "people": []string{string(lid)}}, 200, []any{
			"AnswerJoinRequests", engine.Address(aGroup), false, []engine.Address{lid},
		}},
		{"POST", "/invites/preview", object{"link": "https://chat.whatsapp.com/x"}, 200, []any{"PreviewInvite", engine.GroupInvite{Link: "https://chat.whatsapp.com/x"}}},
		{"POST", "/invites/accept", object{"group": aGroup, "admin": "27821234567", "code": "x", "expires_at": "2026-05-01T10:00:00Z"}, 200, []any{
			"AcceptInvite", engine.GroupInvite{Group: aGroup, Admin: phone, Code: "x", Expires: time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)},
		}},
		{"POST", "/communities", object{"subject": "Town", "description": "All", "approval": true}, 201, []any{
			"CreateCommunity", engine.NewCommunity{Subject: "Town", Description: "All", Approval: true},
		}},
		{"GET", "/communities/" + aGroup + "/groups", nil, 200, []any{"CommunityGroups", engine.Address(aGroup)}},
		{"PUT", "/communities/" + aGroup + "/groups/" + another, nil, 204, []any{"LinkGroup", engine.Address(aGroup), engine.Address(another)}},
		{"DELETE", "/communities/" + aGroup + "/groups/" + another, nil, 204, []any{"UnlinkGroup", engine.Address(aGroup), engine.Address(another)}},
		{"GET", "/channels", nil, 200, nil},
		{"POST", "/channels", object{"name": "Flats", "picture": "eHl6", "accept_terms": true}, 201, []any{
			"CreateChannel", engine.NewChannel{Name: "Flats", Picture: []byte("xyz"), AcceptTerms: true},
		}},
		{"POST", "/channel-links/resolve", object{"link": "https://whatsapp.com/channel/x"}, 200, []any{"ChannelByLink", "https://whatsapp.com/channel/x"}},
		{"GET", "/channels/" + aChannel, nil, 200, []any{"Channel", engine.Address(aChannel)}},
		{"PATCH", "/channels/" + aChannel, object{"name": subject, "remove_picture": true}, 200, []any{
			"ChangeChannel", engine.Address(aChannel), engine.ChannelChange{Name: &subject, Picture: new([]byte)},
		}},
		{"PATCH", "/channels/" + aChannel, object{"picture": "eHl6"}, 200, []any{
			"ChangeChannel", engine.Address(aChannel), engine.ChannelChange{Picture: &picture},
		}},
		{"POST", "/channels/" + aChannel + "/follow", nil, 204, []any{"FollowChannel", engine.Address(aChannel), true}},
		{"POST", "/channels/" + aChannel + "/unfollow", nil, 204, []any{"FollowChannel", engine.Address(aChannel), false}},
		{"PUT", "/channels/" + aChannel + "/mute", object{"muted": true}, 204, []any{"MuteChannel", engine.Address(aChannel), true}},
		{"GET", "/channels/" + aChannel + "/messages?count=7&before=9", nil, 200, []any{"ChannelMessages", engine.Address(aChannel), engine.ChannelPage{Count: 7, Before: 9}}},
		{"GET", "/channels/" + aChannel + "/messages", nil, 200, []any{"ChannelMessages", engine.Address(aChannel), engine.ChannelPage{Count: 50}}},
		{"POST", "/channels/" + aChannel + "/viewed", object{"server_ids": []int{1, 2}}, 204, []any{"ViewChannelMessages", engine.Address(aChannel), []int{1, 2}}},
		{"PUT", "/channels/" + aChannel + "/messages/5/reaction", object{"emoji": "🏡"}, 204, []any{"ReactInChannel", engine.Address(aChannel), 5, "🏡"}},
		{"POST", "/channels/" + aChannel + "/watch", nil, 200, []any{"WatchChannel", engine.Address(aChannel)}},
		{"POST", "/people/check", object{"numbers": []string{"+27 82 123 4567"}}, 200, []any{"OnWhatsApp", []string{"27821234567"}}},
		{"POST", "/people/info", object{"people": []string{"27821234567", string(lid)}}, 200, []any{"PeopleInfo", []engine.Address{phone, lid}}},
		{"GET", "/people/27821234567/business", nil, 200, []any{"BusinessProfile", phone}},
		{"GET", "/pictures/" + aGroup, nil, 200, []any{"Picture", engine.Address(aGroup), false}},
		{"GET", "/pictures/27821234567/file?size=preview", nil, 200, []any{"DownloadPicture", phone, true}},
		{"POST", "/links/resolve", object{"link": "https://wa.me/qr/x"}, 200, []any{"ResolveLink", "https://wa.me/qr/x"}},
		{"GET", "/contact-link", nil, 200, []any{"ContactLink", false}},
		{"POST", "/contact-link/renew", nil, 200, []any{"ContactLink", true}},
		{"GET", "/profile", nil, 200, nil},
		{"PATCH", "/profile", object{"name": "Thandi", "about": ""}, 204, []any{"SetPushName", "Thandi", "SetAbout", ""}},
		{"PUT", "/profile/picture", object{"picture": "eHl6"}, 200, []any{"SetPicture", "xyz"}},
		{"DELETE", "/profile/picture", nil, 204, []any{"SetPicture", ""}},
		{"GET", "/profile/privacy", nil, 200, nil},
		{"PUT", "/profile/privacy", object{"category": "calls", "value": "known"}, 200, []any{"SetPrivacy", engine.PrivacyCalls, engine.PrivacyKnown}},
		{"PUT", "/profile/timer", object{"seconds": 86400}, 204, []any{"SetDefaultTimer", day}},
		{"GET", "/status/audience", nil, 200, nil},
	} {
		what := one.method + " " + one.path
		b.seats.client = nil
		c.do(one.method, base+one.path, one.body).problem(409, engine.CodeNotConnected)
		b.seats.client = plainClient{}
		if one.path != "/capabilities" {
			c.do(one.method, base+one.path, one.body).problem(501, engine.CodeUnsupported)
		}
		b.seats.client = client
		client.last()
		c.do(one.method, base+one.path, one.body).is(one.status)
		require.Equal(t, one.called, client.last(), what)
		client.fail = engine.Errorf(engine.CodeNotAdmin, "Only admins of the group may do that.")
		if one.path != "/capabilities" {
			c.do(one.method, base+one.path, one.body).problem(403, engine.CodeNotAdmin)
		}
		client.fail = nil
	}
	file := c.do("GET", base+"/pictures/"+aGroup+"/file", nil).is(200)
	require.Equal(t, "image/jpeg", file.header.Get("Content-Type"))
	require.Equal(t, "\xff\xd8\xff", string(file.body))
}

// Pictures can be shown where nobody is signed in.
func TestLinksOfPictures(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 10, 3, 0, 0, time.UTC)
	b := setup(t, open, func(config *api.Config) { config.Now = func() time.Time { return now } })
	client := new(ableClient)
	b.seats.client = client
	c, other, nobody := b.user("thandi"), b.user("pieter"), b.client()
	seat, second := c.seat("Sales"), c.seat("Rentals")
	at := "/v1/seats/" + string(seat.ID) + "/pictures/links"
	ask := func() (links api.PictureLinks) {
		c.do("POST", at, object{"addresses": []string{aGroup, "082 123 4567"}}).is(200).into(&links)
		require.Len(t, links.Items, 2)
		return links
	}
	links := ask()
	require.Equal(t, []string{aGroup, "082 123 4567"}, []string{links.Items[0].Address, links.Items[1].Address})
	require.Equal(t, time.Date(2026, 5, 4, 11, 10, 0, 0, time.UTC), links.Items[0].ExpiresAt)
	require.Nil(t, client.last(), "WhatsApp is asked when a link is used")
	link := links.Items[0].URL
	got := nobody.do("GET", link, nil).is(200)
	require.Equal(t, "\xff\xd8\xff", string(got.body))
	require.Equal(t, "image/jpeg", got.header.Get("Content-Type"))
	require.Equal(t, "cross-origin", got.header.Get("Cross-Origin-Resource-Policy"))
	require.Equal(t, []any{"DownloadPicture", engine.Address(aGroup), false}, client.last())
	nobody.do("GET", links.Items[0].PreviewURL, nil).is(200)
	require.Equal(t, []any{"DownloadPicture", engine.Address(aGroup), true}, client.last())
	nobody.do("GET", links.Items[1].URL, nil).is(200)
	require.Equal(t, []any{"DownloadPicture", engine.PhoneAddress("27821234567"), false}, client.last())
	require.NotContains(t, b.log.String(), "signature", "links stay out of the log")

	signed := link[strings.Index(link, "?"):]
	for name, tampered := range map[string]string{
		"another picture":  strings.Replace(link, url.PathEscape(aGroup), another, 1),
		"another seat":     strings.Replace(link, string(seat.ID), string(second.ID), 1),
		"a longer time":    strings.Replace(link, "expires=1", "expires=2", 1),
		"another tenant":   strings.Replace(link, string(c.me.Tenant.ID), string(other.me.Tenant.ID), 1),
		"no signature":     link[:strings.Index(link, "signature=")+10],
		"another resource": "/v1/media/" + string(c.upload("a.png", picture()).ID) + signed,
	} {
		require.NotEqual(t, link, tampered, name)
		nobody.do("GET", tampered, nil).problem(403, engine.CodeForbidden)
	}
	nobody.do("GET", "/v1/seats/"+string(seat.ID)+signed, nil).problem(401, engine.CodeUnauthorized)
	now = now.Add(5 * time.Minute)
	require.Equal(t, links, ask(), "so that a browser finds in its cache what it has seen")
	now = links.Items[0].ExpiresAt
	nobody.do("GET", link, nil).problem(403, engine.CodeForbidden)
	c.do("GET", link[:strings.Index(link, "?")], nil).is(200)

	link = ask().Items[0].URL
	c.do("DELETE", "/v1/media/links", nil).is(204)
	nobody.do("GET", link, nil).problem(403, engine.CodeForbidden)
	nobody.do("POST", at, object{"addresses": []string{aGroup}}).problem(401, engine.CodeUnauthorized)
	other.do("POST", at, object{"addresses": []string{aGroup}}).problem(404, engine.CodeNotFound)
	for _, bad := range []string{`{}`, `{"addresses":[]}`, `{"addresses":[""]}`, `{"addresses":null}`, `{"addresses":["x"],"expires_in":1}`} {
		c.do("POST", at, bad).problem(422, engine.CodeInvalid)
	}
}

// plainClient has no abilities.
type plainClient struct{ engine.Client }

func (plainClient) Capabilities() engine.Capabilities { return engine.Capabilities{} }

func TestConversationsReachTheirClient(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	conversation := c.conversation(seat.ID, "27831111111")
	client := &ableClient{}
	b.seats.client = client
	path := "/v1/conversations/" + string(conversation.ID)
	c.do("POST", path+"/history", object{"count": 20}).is(202)
	require.Equal(t, []any{"RequestHistory", engine.PhoneAddress("27831111111"), conversation.LastMessage.WhatsAppID, 20}, client.last())
	c.do("POST", path+"/history", object{}).is(202)
	require.Equal(t, 50, client.last()[3])
	c.do("POST", path+"/history", object{"count": 51}).problem(422, engine.CodeInvalid)
	c.do("PUT", path+"/timer", object{"seconds": 604800}).is(204)
	require.Equal(t, []any{"SetTimer", engine.PhoneAddress("27831111111"), 7 * 24 * time.Hour}, client.last())
	c.do("PUT", path+"/timer", object{"seconds": 5}).problem(422, engine.CodeInvalid)

	// A status update is a message of the status conversation, once per key.
	c.header.Set("Idempotency-Key", "monday")
	var first, again engine.MessageView
	c.do("POST", "/v1/seats/"+string(seat.ID)+"/status", api.StatusText{Text: "Two new flats"}).is(201).into(&first)
	c.do("POST", "/v1/seats/"+string(seat.ID)+"/status", api.StatusText{Text: "Two new flats"}).is(201).into(&again)
	require.Equal(t, first.ID, again.ID)
	require.Equal(t, engine.ChatStatus, get[engine.ConversationView](c, "/v1/conversations/"+string(first.Conversation)).Type)
	c.header.Del("Idempotency-Key")
	c.do("POST", "/v1/seats/"+string(seat.ID)+"/status", api.StatusText{Text: "  "}).problem(422, engine.CodeInvalid)
	c.do("PUT", "/v1/conversations/"+string(first.Conversation)+"/timer", object{"seconds": 0}).problem(409, engine.CodeConflict)
	c.do("POST", "/v1/conversations/"+string(first.Conversation)+"/history", object{}).problem(409, engine.CodeConflict)
	require.Empty(t, client.last())
}

func TestThePhoneIsAskedForAMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	conversation := c.conversation(seat.ID, "27831111111")
	lead := engine.Party{Phone: engine.PhoneAddress("27831111111")}
	require.NoError(t, b.store.Record(t.Context(), c.key(seat.ID), []engine.Fact{engine.Incoming{
		WhatsAppID: "WAITS", Chat: lead, Kind: engine.KindWaiting, At: time.Now().Add(time.Second),
	}}))
	messages := "/v1/conversations/" + string(conversation.ID) + "/messages"
	waiting := get[api.MessageList](c, messages).Items[0]
	require.Equal(t, engine.KindWaiting, waiting.Kind)
	path := messages + "/" + string(waiting.ID) + "/request"
	client := &ableClient{}
	b.seats.client = client
	c.do("POST", path, nil).is(202)
	require.Equal(t, []any{"AskAgain", engine.Undecrypted{WhatsAppID: "WAITS", Chat: lead}}, client.last())
	c.do("POST", path, nil).is(202)
	client.last()
	c.do("POST", path, nil).problem(429, engine.CodeTooMany)
	require.Empty(t, client.last())
	c.do("POST", messages+"/"+string(conversation.LastMessage.ID)+"/request", nil).problem(409, engine.CodeConflict)
	c.do("POST", messages+"/"+engine.NewID()+"/request", nil).problem(404, engine.CodeNotFound)
}

// TestRubbishReachesNoClient: every route with a body refuses what it can't
// be before the client is asked, or has the client refuse it.
func TestRubbishReachesNoClient(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	base := "/v1/seats/" + string(seat.ID)
	client := &ableClient{}
	b.seats.client = client
	long := strings.Repeat("x", 3000)
	for _, one := range []struct {
		method, path string
		body         any
	}{
		{"POST", "/groups", object{"subject": ""}},
		{"POST", "/groups", object{"subject": strings.Repeat("x", 101)}},
		{"POST", "/groups", object{"subject": "x", "members": []string{"nobody"}}},
		{"POST", "/groups", object{"subject": "x", "members": []string{"\x00"}}},
		{"POST", "/groups", object{"subject": "x", "members": make([]string, 1024)}},
		{"POST", "/groups", object{"subject": "x", "colour": "red"}},
		{"PATCH", "/groups/" + aGroup, object{"timer": 5}},
		{"PATCH", "/groups/" + aGroup, object{"description": long}},
		{"PATCH", "/groups/" + aGroup, object{"subject": 7}},
		{"PUT", "/groups/" + aGroup + "/picture", object{"picture": "not base64!"}},
		{"PUT", "/groups/" + aGroup + "/picture", object{"picture": ""}},
		{"POST", "/groups/" + aGroup + "/members", object{"action": "kick", "people": []string{"27821234567"}}},
		{"POST", "/groups/" + aGroup + "/members", object{"action": "add", "people": []string{}}},
		{"POST", "/groups/" + aGroup + "/members", object{"action": "add", "people": []string{aGroup}}},
		{"POST", "/groups/" + aGroup + "/members", object{"action": "add", "people": []string{"0821"}}},
		{"POST", "/groups/" + aGroup + "/requests", object{"approve": true}},
		{"POST", "/invites/preview", object{"link": long}},
		{"POST", "/channels", object{"name": ""}},
		{"PATCH", "/channels/" + aChannel, object{"picture": "eHl6", "remove_picture": true}},
		{"POST", "/channels/" + aChannel + "/viewed", object{"server_ids": []int{}}},
		{"PUT", "/channels/" + aChannel + "/messages/0/reaction", object{"emoji": "x"}},
		{"PUT", "/channels/" + aChannel + "/messages/x/reaction", object{"emoji": "x"}},
		{"GET", "/channels/" + aChannel + "/messages?count=101", nil},
		{"GET", "/channels/" + aChannel + "/messages?before=-1", nil},
		{"POST", "/people/info", object{"people": []string{"@lid"}}},
		{"GET", "/people/nobody/business", nil},
		{"GET", "/pictures/nobody", nil},
		{"GET", "/pictures/27821234567?size=huge", nil},
		{"PATCH", "/profile", object{}},
		{"PATCH", "/profile", object{"name": ""}},
		{"PATCH", "/profile", object{"about": long}},
		{"PATCH", "/profile", object{"name": "Thandi", "about": "a\x00b"}},
		{"PUT", "/profile/privacy", object{"category": "shoes", "value": "all"}},
		{"PUT", "/profile/privacy", object{"category": "calls", "value": "shoes"}},
		{"PUT", "/profile/timer", object{"seconds": 60}},
	} {
		problem := c.do(one.method, base+one.path, one.body).problem(422, engine.CodeInvalid)
		require.NotEmpty(t, problem.Detail)
		require.Empty(t, client.last(), "%s %s %v", one.method, one.path, one.body)
	}
	for _, id := range []string{engine.NewID(), "1", "%00", strings.Repeat("x", 300)} {
		c.do("GET", "/v1/seats/"+id+"/groups", nil).problem(404, engine.CodeNotFound)
		c.do("POST", "/v1/conversations/"+id+"/history", object{}).problem(404, engine.CodeNotFound)
	}
	c.do("PUT", base+"/profile/picture", `{"picture":"`+strings.Repeat("x", 9<<20)+`"}`).problem(413, engine.CodeInvalid)
}

func TestEveryAbilityHasARoute(t *testing.T) {
	t.Parallel()
	has := reflect.TypeFor[*ableClient]()
	for _, ability := range []reflect.Type{
		reflect.TypeFor[engine.Groups](), reflect.TypeFor[engine.Communities](), reflect.TypeFor[engine.Channels](),
		reflect.TypeFor[engine.People](), reflect.TypeFor[engine.Profiles](), reflect.TypeFor[engine.Statuses](),
		reflect.TypeFor[engine.Histories](), reflect.TypeFor[engine.Asker](), reflect.TypeFor[engine.Timers](), reflect.TypeFor[engine.PresenceClient](),
	} {
		require.True(t, has.Implements(ability), "the tests above call all of %s", ability)
	}
}
