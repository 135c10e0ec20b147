package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/store/storetest"
)

// The test goes through the OpenAPI document, so that no route is forgotten:
// for every ID of one agency that a route takes, a user of another gets the
// very answer that an ID gets which never existed.

func TestIsolationOnSQLite(t *testing.T) {
	t.Parallel()
	testIsolation(t, storetest.SQLite)
}

func TestIsolationOnPostgreSQL(t *testing.T) {
	t.Parallel()
	testIsolation(t, storetest.PostgreSQL)
}

// target is an operation of the document.
type target struct {
	method, path string
	op           *openapi3.Operation
}

func targets(t *testing.T) (all []target) {
	t.Helper()
	for path, item := range document(t).Paths.Map() {
		for method, op := range item.Operations() {
			all = append(all, target{method, path, op})
		}
	}
	// What removes comes last, so that the owner still finds everything.
	slices.SortFunc(all, func(a, b target) int {
		if (a.method == "DELETE") != (b.method == "DELETE") {
			if a.method == "DELETE" {
				return 1
			}
			return -1
		}
		if a.method == "DELETE" { // and what is inside goes before what it is in
			return strings.Compare(b.path, a.path)
		}
		return strings.Compare(a.method+a.path, b.method+b.path)
	})
	require.NotEmpty(t, all)
	return all
}

func testIsolation(t *testing.T, dialect storetest.Dialect) {
	b := setupOn(t, dialect, open)
	owner, other, nobody := b.user("thandi"), b.user("pieter"), b.client()
	ids, theirs := owner.things("27821234567"), other.things("27827654321")
	before, err := b.store.Tenant(owner.me.Tenant.ID).LastSeq(t.Context())
	require.NoError(t, err)
	all := targets(t)
	for _, one := range all {
		strangers(t, one, ids, theirs, other, nobody)
	}
	after, err := b.store.Tenant(owner.me.Tenant.ID).LastSeq(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after, "nobody changed anything of the owner's")
	for _, one := range all {
		if path := one.with(t, ids); path != one.path {
			reached := owner.do(one.method, path, one.body())
			require.NotEqual(t, 404, reached.status, "%s: the owner must find it, or this test shows nothing: %s", reached.what, reached.body)
		}
	}
}

// things makes one of everything that has an ID.
func (c *client) things(number string) map[string]string {
	c.b.t.Helper()
	seat := c.seat("Sales")
	c.link(seat.ID, number)
	conversation := c.conversation(seat.ID, "27831111111")
	require.NoError(c.b.t, c.b.store.Record(c.b.t.Context(), c.key(seat.ID), []engine.Fact{
		engine.LabelChange{Label: "1", Name: "Buyers"},
		engine.CallChange{Call: "CALL", Chat: engine.Party{Phone: engine.PhoneAddress("27831111111")}, State: engine.CallMissed, At: time.Now().Add(-time.Hour)},
	}))
	labels := get[api.LabelList](c, "/v1/seats/"+string(seat.ID)+"/labels")
	calls := get[api.CallList](c, "/v1/calls")
	return map[string]string{
		"label": string(labels.Items[0].ID), "call": string(calls.Items[0].ID), "contact": string(conversation.Contact.ID),
		"seat": string(seat.ID), "conversation": string(conversation.ID), "message": string(conversation.LastMessage.ID),
		"media": string(c.upload("front.png", picture()).ID),
	}
}

// strangers tries an operation as a user of another agency and as nobody.
func strangers(t *testing.T, one target, ids, theirs map[string]string, other, nobody *client) {
	t.Helper()
	path := one.with(t, ids)
	if one.op.Security == nil || len(*one.op.Security) > 0 {
		nobody.do(one.method, path, one.body()).problem(401, engine.CodeUnauthorized)
	}
	if path != one.path {
		missing := map[string]string{}
		for name := range ids {
			missing[name] = engine.NewID()
		}
		found := other.do(one.method, path, one.body())
		found.problem(404, engine.CodeNotFound)
		never := other.do(one.method, one.with(t, missing), one.body()).is(404)
		require.Equal(t, string(never.body), string(found.body), found.what)
		for name, id := range ids { // one of the owner's among their own
			mixed := maps.Clone(theirs)
			mixed[name] = id
			if path := one.with(t, mixed); path != one.with(t, theirs) {
				other.do(one.method, path, one.body()).problem(404, engine.CodeNotFound)
			}
		}
		return
	}
	if one.method == "GET" && one.op.OperationID != "live" {
		listed := other.do("GET", path, nil)
		for _, id := range ids {
			require.NotContains(t, string(listed.body), id, listed.what)
		}
	}
}

// with fills in the operation's path, and in its query whatever is an ID. A
// parameter that it doesn't know fails: whoever adds one decides here whether
// it is the ID of something.
func (one target) with(t *testing.T, ids map[string]string) string {
	t.Helper()
	path, query := one.path, ""
	for name, value := range atWhatsApp() {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	for _, parameter := range one.op.Parameters {
		name, id := parameter.Value.Name, ids[parameter.Value.Name]
		if _, ok := atWhatsApp()[name]; ok && parameter.Value.In == "path" {
			continue
		}
		switch in := parameter.Value.In; {
		case in == "path":
			require.NotEmpty(t, id, "%s %s takes {%s}: make one in this test", one.method, one.path, name)
			path = strings.ReplaceAll(path, "{"+name+"}", id)
		case in == "query" && id != "":
			query = "?" + name + "=" + id
		default:
			require.Contains(t, []string{
				"cursor", "limit", "after", "type", "archived", "unread", "Idempotency-Key", "filename", "count", "before", "size",
				"tenant", "expires", "signature", // of a link, which TestLinks tries
			}, name, "is %s of %s %s an ID?", name, one.method, one.path)
		}
	}
	require.NotContains(t, path, "{")
	return path + query
}

// atWhatsApp are parameters that name something at WhatsApp, which is not
// anybody's: what a seat may see of it, WhatsApp says.
func atWhatsApp() map[string]string {
	return map[string]string{
		"group": "120363012345678901@g.us", "child": "120363012345678902@g.us", "channel": "120363012345678901@newsletter",
		"person": "27831111111", "address": "27831111111@s.whatsapp.net", "server_id": "100",
	}
}

// body makes up a body that the operation accepts.
func (one target) body() any {
	if one.op.RequestBody == nil {
		return nil
	}
	return example(one.op.RequestBody.Value.Content["application/json"].Schema.Value)
}

func example(schema *openapi3.Schema) any {
	switch {
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case schema.Type.Is("object"):
		object := map[string]any{}
		for _, name := range schema.Required {
			object[name] = example(schema.Properties[name].Value)
		}
		if text, ok := schema.Properties["text"]; ok { // which nothing requires, if there is something else to send
			object["text"] = example(text.Value)
		}
		return object
	case schema.Type.Is("boolean"):
		return true
	case schema.Type.Is("integer"):
		return 1
	case schema.Type.Is("array"):
		list := []any{}
		for range schema.MinItems {
			list = append(list, example(schema.Items.Value))
		}
		return list
	case schema.ContentEncoding == "base64":
		return "eHg="
	}
	return strings.Repeat("x", int(max(schema.MinLength, 1)))
}

func TestIsolationOfTheWebsocket(t *testing.T) {
	t.Parallel()
	b := setup(t, open)
	owner, other := b.user("thandi"), b.user("pieter")
	theirs := other.live("")
	require.Equal(t, "hello", theirs.next().Type)
	ours := owner.live("?after=0")
	require.Equal(t, "hello", ours.next().Type)

	seat := owner.seat("Sales")
	owner.conversation(seat.ID, "27831111111")
	require.Equal(t, engine.EventSeatCreated, ours.next().Kind)
	require.Equal(t, engine.EventMessageCreated, ours.next().Kind)

	mine := other.seat("Rentals")
	event := theirs.next()
	require.Equal(t, engine.EventSeatCreated, event.Kind)
	require.Equal(t, mine.ID, event.Seat, "the first that they see is their own")
	again := other.live("?after=0")
	require.Equal(t, "hello", again.next().Type)
	for {
		event := again.next()
		require.NotContains(t, string(event.Data), string(seat.ID))
		if event.Seat == mine.ID {
			return
		}
	}
}
