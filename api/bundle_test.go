package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/media"
	"github.com/myaibud/aibud/store"
	"github.com/myaibud/aibud/store/storetest"
)

const password = "a few words in a row"

// bundle is a server on a store of its own.
type bundle struct {
	t      *testing.T
	store  *store.Store
	server *httptest.Server
	api    *api.Server
	routes routers.Router
	seats  *fakeSeats
	feed   *engine.Feed
	log    *logBuffer
	media  *media.Service
}

// fakeSeats are the seats as the engine runs them. It has the client
// of every seat, if there is one.
type fakeSeats struct {
	mu     sync.Mutex
	fail   error
	client engine.Client

	activity  map[engine.SeatKey]engine.Activity
	answers   []engine.PasskeyAnswer
	confirmed int
}

func (r *fakeSeats) WithClient(ctx context.Context, _ engine.SeatKey, fn func(context.Context, engine.Client) error) error {
	r.mu.Lock()
	client := r.client
	r.mu.Unlock()
	if client == nil {
		return engine.Errorf(engine.CodeNotConnected, "This seat is not running. Start it first.")
	}
	return fn(ctx, client)
}

func (r *fakeSeats) Activity(seat engine.SeatKey) (engine.Activity, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	activity, ok := r.activity[seat]
	return activity, ok
}

func (r *fakeSeats) AnswerPasskey(_ context.Context, _ engine.SeatKey, answer engine.PasskeyAnswer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = append(r.answers, answer)
	return r.fail
}

func (r *fakeSeats) ConfirmPasskey(context.Context, engine.SeatKey) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.confirmed++
	return r.fail
}

// logBuffer keeps what the server logs.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// setup starts a server on a new SQLite store.
func setup(t *testing.T, change ...func(*api.Config)) *bundle {
	t.Helper()
	return setupOn(t, storetest.SQLite, change...)
}

func setupOn(t *testing.T, dialect storetest.Dialect, change ...func(*api.Config)) *bundle {
	t.Helper()
	feed := &engine.Feed{}
	records := storetest.Open(t, dialect, func(config *store.Config) { config.Feed = feed })
	b := &bundle{t: t, store: records, routes: router(t), seats: &fakeSeats{}, log: &logBuffer{}, feed: feed}
	b.serve(change...)
	return b
}

func (b *bundle) serve(change ...func(*api.Config)) {
	b.t.Helper()
	b.media = b.files()
	config := api.Config{
		Media:    b.media,
		Accounts: b.store,
		Tenant:   func(id engine.TenantID) api.Tenant { return b.store.Tenant(id) },
		Sessions: b.store.SessionStore(),
		Seats:    b.seats,
		Feed:     b.feed,
		Log:      slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Version:  "test",
		Password: api.PasswordCost{Memory: 64, Time: 1, Parallelism: 1},
		Limits:   api.Limits{EmailBurst: 1000, AddressBurst: 1000},
		Ready:    b.store.Ping,
	}
	for _, apply := range change {
		apply(&config)
	}
	server, err := api.New(config)
	require.NoError(b.t, err)
	b.api = server
	b.server = httptest.NewServer(server.Handler())
	b.t.Cleanup(func() {
		server.Close()
		b.server.Close()
	})
}

func open(config *api.Config) { config.SignupOpen = true }

func router(t *testing.T) routers.Router {
	t.Helper()
	router, err := legacy.NewRouter(document(t))
	require.NoError(t, err)
	return router
}

func document(t *testing.T) *openapi3.T {
	t.Helper()
	text, err := api.Document()
	require.NoError(t, err)
	parsed, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	require.NoError(t, parsed.Validate(t.Context()))
	return parsed
}

// client is a browser.
type client struct {
	b      *bundle
	http   *http.Client
	header http.Header // sent with every request
	me     api.Me
}

func (b *bundle) client() *client {
	b.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(b.t, err)
	transport := &http.Transport{}
	b.t.Cleanup(transport.CloseIdleConnections)
	return &client{b: b, http: &http.Client{Jar: jar, Transport: transport, Timeout: 30 * time.Second}, header: http.Header{}}
}

// user signs a new user up, in an agency of their own.
func (b *bundle) user(name string) *client {
	b.t.Helper()
	c := b.client()
	c.do("POST", "/v1/signup", api.SignUp{
		Agency: name + " Estates", Name: name, Email: name + "@agency.example", Password: password,
	}).is(201).into(&c.me)
	return c
}

// reply is an answer.
type reply struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   []byte
}

// do makes a request and sends it.
func (c *client) do(method, path string, body any) *reply {
	c.b.t.Helper()
	return c.send(c.request(method, path, body))
}

// request makes a request. A string is its body as it is, anything else as JSON.
func (c *client) request(method, path string, body any) *http.Request {
	c.b.t.Helper()
	request, err := http.NewRequestWithContext(c.b.t.Context(), method, c.b.server.URL+path, reader(c.b.t, body))
	require.NoError(c.b.t, err)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return request
}

// send sends a request and checks the answer against the OpenAPI document.
func (c *client) send(request *http.Request) *reply {
	c.b.t.Helper()
	for name, values := range c.header {
		request.Header[name] = values
	}
	response, err := c.http.Do(request)
	require.NoError(c.b.t, err)
	defer func() { require.NoError(c.b.t, response.Body.Close()) }()
	answer := &reply{t: c.b.t, what: request.Method + " " + request.URL.RequestURI(), status: response.StatusCode, header: response.Header}
	answer.body, err = io.ReadAll(response.Body)
	require.NoError(c.b.t, err)
	c.b.check(request, answer)
	return answer
}

func reader(t *testing.T, body any) io.Reader {
	t.Helper()
	switch body := body.(type) {
	case nil:
		return nil
	case string:
		return strings.NewReader(body)
	}
	text, err := json.Marshal(body)
	require.NoError(t, err)
	return bytes.NewReader(text)
}

// check holds an answer against the document.
func (b *bundle) check(request *http.Request, answer *reply) {
	b.t.Helper()
	route, params, err := b.routes.FindRoute(request)
	if err != nil {
		return // not a route of the document
	}
	require.NoError(b.t, openapi3filter.ValidateResponse(b.t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, Route: route, PathParams: params},
		Status:                 answer.status, Header: answer.header,
		Body:    io.NopCloser(bytes.NewReader(answer.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}), "%s: %s", answer.what, answer.body)
}

func (r *reply) is(status int) *reply {
	r.t.Helper()
	require.Equal(r.t, status, r.status, "%s: %s", r.what, r.body)
	return r
}

func (r *reply) into(target any) {
	r.t.Helper()
	require.NoError(r.t, json.Unmarshal(r.body, target), "%s: %s", r.what, r.body)
}

// problem checks that the answer is a problem document and returns it.
func (r *reply) problem(status int, code engine.Code) api.Problem {
	r.t.Helper()
	r.is(status)
	require.Equal(r.t, "application/problem+json", r.header.Get("Content-Type"), r.what)
	var problem api.Problem
	r.into(&problem)
	require.Equal(r.t, code, problem.Code, r.what)
	require.Equal(r.t, status, problem.Status, r.what)
	require.NotEmpty(r.t, problem.Detail, r.what)
	require.NotEmpty(r.t, problem.Title, r.what)
	return problem
}

func get[T any](c *client, path string) (body T) {
	c.b.t.Helper()
	c.do("GET", path, nil).is(200).into(&body)
	return body
}

// seat adds a seat.
func (c *client) seat(name string) engine.SeatView {
	c.b.t.Helper()
	var seat engine.SeatView
	c.do("POST", "/v1/seats", api.SeatName{Name: name}).is(201).into(&seat)
	return seat
}

func (c *client) key(seat engine.SeatID) engine.SeatKey {
	return engine.SeatKey{Tenant: c.me.Tenant.ID, Seat: seat}
}

// link lets a phone be linked to the seat.
func (c *client) link(seat engine.SeatID, number string) {
	c.b.t.Helper()
	require.NoError(c.b.t, c.b.store.Claim(c.b.t.Context(), c.key(seat), engine.Account{
		Device: number + ":1@s.whatsapp.net", Phone: engine.PhoneAddress(number), Name: "Agent",
	}))
}

// receive lets a lead write to the seat.
func (c *client) receive(seat engine.SeatID, from, id, text string) {
	c.b.t.Helper()
	require.NoError(c.b.t, c.b.store.Record(c.b.t.Context(), c.key(seat), []engine.Fact{engine.Incoming{
		WhatsAppID: id, Chat: engine.Party{Phone: engine.PhoneAddress(from), Name: "Lead " + from},
		Kind: engine.KindText, Text: text, At: time.Now(),
	}}))
}

// conversation is that of a lead who has just written.
func (c *client) conversation(seat engine.SeatID, from string) engine.ConversationView {
	c.b.t.Helper()
	c.receive(seat, from, engine.NewWhatsAppID(), "Is the flat still to let?")
	list := get[api.ConversationList](c, "/v1/conversations?seat="+string(seat))
	require.NotEmpty(c.b.t, list.Items)
	return list.Items[0]
}
