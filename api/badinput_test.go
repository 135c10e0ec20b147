package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
)

func TestBodiesThatAreNotRight(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	for name, test := range map[string]struct {
		body   string
		status int
		detail string
		field  string
	}{
		"malformed":        {`{"name":`, 400, "The body is not valid JSON.", ""},
		"two values":       {`{"name":"a"}{}`, 400, "The body is not valid JSON.", ""},
		"nothing":          {``, 400, "The request needs a JSON body.", ""},
		"unknown field":    {`{"name":"Sales","colour":"red"}`, 422, "There is no field “colour” here.", "body.colour"},
		"missing field":    {`{}`, 422, "The field “name” is missing.", "body"},
		"wrong type":       {`{"name":7}`, 422, "", "body.name"},
		"null":             {`{"name":null}`, 422, "", "body.name"},
		"list":             {`["Sales"]`, 422, "", "body"},
		"over the limit":   {`{"name":"` + strings.Repeat("x", 70_000) + `"}`, 413, "", ""},
		"not even letters": {"\xff\xfe", 400, "", ""},
	} {
		problem := c.do("POST", "/v1/seats", test.body).problem(test.status, engine.CodeInvalid)
		if test.detail != "" {
			require.Equal(t, test.detail, problem.Detail, name)
		}
		if test.field != "" {
			require.Equal(t, test.field, problem.Errors[0].Field, name)
		}
	}
	require.Empty(t, get[api.SeatList](c, "/v1/seats").Items)
	c.header.Set("Content-Type", "text/plain")
	c.do("POST", "/v1/seats", `{"name":"Sales"}`).problem(415, engine.CodeInvalid)
}

func TestProblemsNeverRepeatWhatWasSent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := "correct horse 123"
	for _, body := range []string{
		`{"email":7,"password":"` + secret + `"}`, `{"email":"a@b.example","password":"` + secret + `","x":"` + secret + `"}`,
		`{"password":["` + secret + `"]}`, `{"email":"a@b.example","password":"` + secret,
	} {
		require.NotContains(t, string(b.client().do("POST", "/v1/signin", body).body), secret)
	}
	require.NotContains(t, b.log.String(), secret)
}

func TestIDsAndQueriesThatAreNotRight(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	for _, id := range []string{engine.NewID(), "1", "%00", "..%2f..", "'", strings.Repeat("x", 300), "%ff"} {
		c.do("GET", "/v1/seats/"+id, nil).problem(404, engine.CodeNotFound)
		c.do("DELETE", "/v1/seats/"+id, nil).problem(404, engine.CodeNotFound)
		c.do("GET", "/v1/conversations/"+id, nil).problem(404, engine.CodeNotFound)
		c.do("GET", "/v1/conversations/"+id+"/messages", nil).problem(404, engine.CodeNotFound)
		c.do("POST", "/v1/conversations/"+id+"/read", nil).problem(404, engine.CodeNotFound)
		c.do("GET", "/v1/conversations?seat="+id, nil).problem(404, engine.CodeNotFound)
	}
	for _, query := range []string{"limit=0", "limit=101", "limit=x", "limit=-1", "cursor=nonsense", "cursor=%00", "cursor=" + strings.Repeat("x", 500)} {
		c.do("GET", "/v1/conversations?"+query, nil).problem(422, engine.CodeInvalid)
	}
}

func TestUnknownRoutesAndMethods(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, c := range []*client{b.client(), b.user("thandi")} {
		c.do("GET", "/v1/nothing", nil).problem(404, engine.CodeNotFound)
		c.do("POST", "/v1/", nil).problem(404, engine.CodeNotFound)
		c.do("GET", "/v1/seats/a/b/c", nil).problem(404, engine.CodeNotFound)
		c.do("GET", "/somewhere", nil).problem(404, engine.CodeNotFound)
		wrong := c.do("PUT", "/v1/seats", nil)
		wrong.problem(405, engine.CodeInvalid)
		require.Equal(t, "GET, POST", wrong.header.Get("Allow"))
		c.do("DELETE", "/v1/live", nil).problem(405, engine.CodeInvalid)
	}
}

func TestOurFaultsAreLoggedAndShowNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *api.Config) {
		tenant := config.Tenant
		config.Tenant = func(id engine.TenantID) api.Tenant { return faulty{tenant(id)} }
		config.Timeout = 200 * time.Millisecond
	})
	c := b.user("thandi")
	answer := c.do("GET", "/v1/seats", nil)
	problem := answer.problem(500, engine.CodeInternal)
	require.NotContains(t, string(answer.body), "secret")
	require.Equal(t, answer.header.Get("X-Request-Id"), problem.RequestID)
	require.Equal(t, 1, strings.Count(b.log.String(), "secret detail"))
	require.Contains(t, b.log.String(), problem.RequestID)

	c.do("GET", "/v1/assistant", nil).problem(500, engine.CodeInternal)
	require.Contains(t, b.log.String(), "request panicked")
	c.do("POST", "/v1/seats", api.SeatName{Name: "x"}).problem(504, engine.CodeTimeout)
	c.do("GET", "/v1/conversations", nil).problem(503, engine.CodeUnavailable)
	require.Contains(t, b.log.String(), "disk full")
}

func TestSlowBodies(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *api.Config) {
		config.BodyTimeout = 100 * time.Millisecond
		tenant := config.Tenant
		config.Tenant = func(id engine.TenantID) api.Tenant { return unhurried{tenant(id)} }
	})
	c := b.user("thandi")
	c.do("POST", "/v1/seats", api.SeatName{Name: "x"}).is(201) // slow, but its body was not

	body, write := io.Pipe()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.server.URL+"/v1/seats", body)
	require.NoError(t, err)
	var writing sync.WaitGroup
	writing.Go(func() { _, _ = write.Write([]byte(`{"name":`)) })
	response, err := c.http.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.NoError(t, body.Close())
	writing.Wait()
	require.Equal(t, http.StatusRequestTimeout, response.StatusCode)
}

// unhurried is a tenant whose rows take a while.
type unhurried struct{ api.Tenant }

func (u unhurried) CreateSeat(ctx context.Context, name string) (engine.SeatView, error) {
	select {
	case <-time.After(400 * time.Millisecond):
		return u.Tenant.CreateSeat(ctx, name)
	case <-ctx.Done():
		return engine.SeatView{}, ctx.Err()
	}
}

// faulty is a tenant whose rows can't be reached.
type faulty struct{ api.Tenant }

func (faulty) Seats(context.Context) ([]engine.SeatView, error) {
	return nil, errors.New("secret detail")
}

func (faulty) Assistant(context.Context) (engine.AssistantView, error) { panic("secret panic") }

func (faulty) CreateSeat(ctx context.Context, _ string) (engine.SeatView, error) {
	<-ctx.Done()
	return engine.SeatView{}, ctx.Err()
}

func (faulty) Conversations(context.Context, engine.ConversationFilter, engine.Page) ([]engine.ConversationView, string, error) {
	return nil, "", &engine.Error{Code: engine.CodeUnavailable, Message: "The store can't be written.", Err: errors.New("disk full")}
}
