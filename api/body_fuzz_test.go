package api_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
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

// bodied are the operations that take JSON.
func bodied(doc *openapi3.T) (all []target) {
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody != nil && op.RequestBody.Value.Content.Get("application/json") != nil {
				all = append(all, target{method, path, op})
			}
		}
	}
	slices.SortFunc(all, func(a, b target) int { return strings.Compare(a.method+a.path, b.method+b.path) })
	return all
}

// sample makes a value that a schema takes, about.
func sample(schema *openapi3.Schema, depth int) any {
	if depth > 6 {
		return nil
	}
	switch {
	case schema == nil || schema.Type == nil:
		return "x"
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case schema.Type.Includes("object"):
		value := map[string]any{}
		for name, property := range schema.Properties {
			value[name] = sample(property.Value, depth+1)
		}
		return value
	case schema.Type.Includes("array"):
		return []any{sample(schema.Items.Value, depth+1)}
	case schema.Type.Includes("boolean"):
		return true
	case schema.Type.Includes("integer"), schema.Type.Includes("number"):
		return 1
	case schema.Format == "date-time":
		return time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	}
	return "x"
}

func (one target) sample() any {
	return sample(one.op.RequestBody.Value.Content.Get("application/json").Schema.Value, 0)
}

// spoil calls use with a value in which one place after the other holds
// something odd; with is called by the place it is in.
func spoil(whole, at any, put func(any), odd []any, use func()) {
	for _, value := range odd {
		put(value)
		use()
	}
	put(at)
	switch at := at.(type) {
	case map[string]any:
		for name, inner := range at {
			spoil(whole, inner, func(v any) { at[name] = v }, odd, use)
		}
		at["\x00odd"] = 1
		use()
		delete(at, "\x00odd")
	case []any:
		for i, inner := range at {
			spoil(whole, inner, func(v any) { at[i] = v }, odd, use)
		}
	}
}

// oddities are what no route should stumble over.
func oddities() []any {
	return []any{
		nil, true, -1, 0, 1e300, 1 << 60, "", " ", "a\x00b", "\u202e🏡", strings.Repeat("9", 3000), "27821110001@s.whatsapp.net", "../../x",
		"9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
		[]any{},
		[]any{nil},
		map[string]any{},
		engine.NewID(),
	}
}

// TestEveryRouteBearsAnyBody sends, to each route that takes one, a body in
// which one place after the other is odd. Answers are checked against the
// document, and nothing is our fault.
func TestEveryRouteBearsAnyBody(t *testing.T) {
	t.Parallel()
	b := setup(t, open)
	c := b.user("thandi")
	ids := c.things("27821234567")
	b.seats.client = &ableClient{}
	for _, one := range bodied(document(t)) {
		path := one.with(t, ids)
		body := one.sample()
		spoil(body, body, func(v any) { body = v }, oddities(), func() {
			text, err := json.Marshal(body)
			require.NoError(t, err)
			answer := c.do(one.method, path, string(text))
			require.NotEqual(t, http.StatusInternalServerError, answer.status, "%s with %s: %s", answer.what, text, answer.body)
			if answer.status >= 400 {
				require.Equal(t, "application/problem+json", answer.header.Get("Content-Type"), "%s with %s", answer.what, text)
			}
		})
	}
	require.NotContains(t, b.log.String(), "panicked")
}

// FuzzBody sends anything to each route that takes a body.
func FuzzBody(f *testing.F) {
	text, err := api.Document()
	require.NoError(f, err)
	doc, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(f, err)
	routes := bodied(doc)
	for i, one := range routes {
		body, err := json.Marshal(one.sample())
		require.NoError(f, err)
		f.Add(uint8(i), body)
	}
	for _, body := range []string{"", "{", "null", "[]", `{"text":"\ud800"}`, "\xff", strings.Repeat("[", 5000)} {
		f.Add(uint8(len(body)), []byte(body))
	}
	feed := &engine.Feed{}
	records := storetest.Open(f, storetest.SQLite)
	server, err := api.New(api.Config{
		Accounts: records, Tenant: func(id engine.TenantID) api.Tenant { return records.Tenant(id) }, Sessions: records.SessionStore(),
		Seats: &fakeSeats{client: &ableClient{}}, Feed: feed, Log: slog.New(slog.DiscardHandler), Version: "test", SignupOpen: true,
		Password: api.PasswordCost{Memory: 64, Time: 1, Parallelism: 1}, Limits: api.Limits{EmailBurst: 1 << 30, AddressBurst: 1 << 30},
		Ready: records.Ping,
	})
	require.NoError(f, err)
	f.Cleanup(server.Close)
	handler := server.Handler()
	send := func(method, path string, cookies []*http.Cookie, body []byte) *httptest.ResponseRecorder {
		request := httptest.NewRequest(method, path, bytes.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		for _, cookie := range cookies {
			request.AddCookie(cookie)
		}
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		return answer
	}
	signed := send("POST", "/v1/signup", nil, []byte(`{"agency":"A","name":"B","email":"a@b.example","password":"correct horse battery"}`))
	require.Equal(f, http.StatusCreated, signed.Code, signed.Body)
	cookies := signed.Result().Cookies()
	var me struct{ Tenant struct{ ID engine.TenantID } }
	require.NoError(f, json.Unmarshal(signed.Body.Bytes(), &me))
	ids := fixture(f, records.Tenant(me.Tenant.ID), func(seat engine.SeatID, facts ...engine.Fact) {
		require.NoError(f, records.Record(f.Context(), engine.SeatKey{Tenant: me.Tenant.ID, Seat: seat}, facts))
	})
	f.Fuzz(func(t *testing.T, route uint8, body []byte) {
		one := routes[int(route)%len(routes)]
		path := one.path
		for name, id := range ids {
			path = strings.ReplaceAll(path, "{"+name+"}", id)
		}
		answer := send(one.method, path, cookies, body)
		require.NotEqual(t, http.StatusInternalServerError, answer.Code, "%s %s: %s", one.method, one.path, answer.Body)
		if answer.Code < 400 {
			return
		}
		kind, _, err := mime.ParseMediaType(answer.Header().Get("Content-Type"))
		require.NoError(t, err)
		require.Equal(t, "application/problem+json", kind)
		var problem api.Problem
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &problem))
		require.NotEmpty(t, problem.Code)
		require.NotEmpty(t, problem.Detail)
		require.Equal(t, answer.Code, problem.Status)
	})
}

// fixture makes one of what routes name.
func fixture(f *testing.F, rows api.Tenant, record func(engine.SeatID, ...engine.Fact)) map[string]string {
	f.Helper()
	seat, err := rows.CreateSeat(f.Context(), "Sales")
	require.NoError(f, err)
	lead := engine.Party{Phone: engine.PhoneAddress("27831111111")}
	record(seat.ID, engine.Incoming{WhatsAppID: "A1", Chat: lead, Kind: engine.KindText, Text: "hi", At: time.Now()},
		engine.LabelChange{Label: "1", Name: "Buyers"},
		engine.CallChange{Call: "CALL", Chat: lead, State: engine.CallMissed, At: time.Now().Add(-time.Hour)})
	found, _, err := rows.Conversations(f.Context(), engine.ConversationFilter{}, engine.Page{Limit: 1})
	require.NoError(f, err)
	labels, err := rows.Labels(f.Context(), seat.ID)
	require.NoError(f, err)
	return map[string]string{
		"seat": string(seat.ID), "conversation": string(found[0].ID), "message": string(found[0].LastMessage.ID),
		"contact": string(found[0].Contact.ID), "label": string(labels[0].ID),
	}
}
