package api_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
)

func TestFirstAccountAdministersAndThenSignUpIsClosed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	status := get[api.Status](b.client(), "/v1/status")
	require.True(t, status.FirstAccount)
	require.True(t, status.SignupOpen)

	thandi := b.user("thandi")
	require.True(t, thandi.me.User.Admin)
	require.Equal(t, "thandi Estates", thandi.me.Tenant.Name)
	require.Equal(t, thandi.me, get[api.Me](thandi, "/v1/me"))

	status = get[api.Status](b.client(), "/v1/status")
	require.False(t, status.FirstAccount)
	require.False(t, status.SignupOpen)
	b.client().do("POST", "/v1/signup", api.SignUp{Agency: "B", Name: "B", Email: "b@agency.example", Password: password}).
		problem(403, engine.CodeForbidden)
}

func TestOpenSignUpTakesEachAddressOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, open)
	b.user("thandi")
	require.False(t, b.user("pieter").me.User.Admin)
	require.True(t, get[api.Status](b.client(), "/v1/status").SignupOpen)
	b.client().do("POST", "/v1/signup", api.SignUp{
		Agency: "Other", Name: "Other", Email: " Thandi@AGENCY.example ", Password: password,
	}).problem(409, engine.CodeConflict)
}

func TestStatusSaysWhatTheServerIsSetUpFor(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *api.Config) {
		config.Version = "1.2.3"
		config.Assistant = api.AssistantInfo{Configured: true, Model: "gemini", Scripted: true}
		config.SimulatorURL, config.DemoURL = "ws://127.0.0.1:1", "/demo"
	})
	status := get[api.Status](b.client(), "/v1/status")
	require.Equal(t, "1.2.3", status.Version)
	require.Equal(t, api.AssistantStatus{Configured: true, Model: "gemini", Scripted: true}, status.Assistant)
	require.Equal(t, "ws://127.0.0.1:1", *status.Simulator)
	require.Equal(t, "/demo", *status.Demo)
	plain := get[api.Status](setup(t).client(), "/v1/status")
	require.Nil(t, plain.Simulator)
	require.Nil(t, plain.Demo)
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.user("thandi")
	c := b.client()
	c.do("GET", "/v1/me", nil).problem(401, engine.CodeUnauthorized)
	c.do("POST", "/v1/signin", api.SignIn{Email: "Thandi@agency.example ", Password: password}).is(200)
	first := c.cookie()
	require.Equal(t, "thandi", get[api.Me](c, "/v1/me").User.Name)

	c.do("POST", "/v1/signin", api.SignIn{Email: "thandi@agency.example", Password: password}).is(200)
	require.NotEqual(t, first, c.cookie(), "every sign-in has a token of its own")
	old := b.client()
	old.header.Set("Cookie", "aibud_session="+first)
	old.do("GET", "/v1/me", nil).problem(401, engine.CodeUnauthorized)

	stolen := b.client()
	stolen.header.Set("Cookie", "aibud_session="+c.cookie())
	stolen.do("GET", "/v1/me", nil).is(200)
	c.do("POST", "/v1/signout", nil).is(204)
	require.Empty(t, c.cookie())
	c.do("GET", "/v1/me", nil).problem(401, engine.CodeUnauthorized)
	stolen.do("GET", "/v1/me", nil).problem(401, engine.CodeUnauthorized)
	c.do("POST", "/v1/signout", nil).is(204)
}

func TestSignInDoesNotSayWhatWasWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.user("thandi")
	c := b.client()
	wrong := c.do("POST", "/v1/signin", api.SignIn{Email: "thandi@agency.example", Password: "not the right one"})
	nobody := c.do("POST", "/v1/signin", api.SignIn{Email: "nobody@agency.example", Password: password})
	odd := c.do("POST", "/v1/signin", api.SignIn{Email: "\x00", Password: ""})
	wrong.problem(401, engine.CodeUnauthorized)
	require.Equal(t, string(wrong.body), string(nobody.body))
	require.Equal(t, string(wrong.body), string(odd.body))
	require.Empty(t, wrong.header.Get("Set-Cookie"))
}

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"": false, "http://aibud.example": false, "https://aibud.example": true} {
		b := setup(t, func(config *api.Config) { config.PublicURL = name })
		answer := b.client().do("POST", "/v1/signup", api.SignUp{Agency: "A", Name: "A", Email: "a@agency.example", Password: password}).is(201)
		cookie, err := http.ParseSetCookie(answer.header.Get("Set-Cookie"))
		require.NoError(t, err)
		require.Equal(t, "aibud_session", cookie.Name)
		require.GreaterOrEqual(t, len(cookie.Value), 32)
		require.True(t, cookie.HttpOnly)
		require.Equal(t, want, cookie.Secure, name)
		require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
		require.Equal(t, "/", cookie.Path)
		require.Empty(t, cookie.Domain)
		require.InDelta(t, (60 * 24 * time.Hour).Seconds(), cookie.MaxAge, 10)
	}
}

func TestSessionsEndWhenNobodyUsesThem(t *testing.T) {
	t.Parallel()
	clock := &clock{now: time.Now()}
	b := setup(t, func(config *api.Config) { config.Now = clock.read })
	c := b.user("thandi")
	for range 4 { // used now and then, it lasts longer than it may be idle
		clock.add(13 * 24 * time.Hour)
		c.do("GET", "/v1/me", nil).is(200)
	}
	clock.add(15 * 24 * time.Hour)
	c.do("GET", "/v1/me", nil).problem(401, engine.CodeUnauthorized)
	clock.add(-15 * 24 * time.Hour)
	c.do("GET", "/v1/me", nil).problem(401, engine.CodeUnauthorized)
}

func TestSignInIsLimited(t *testing.T) {
	t.Parallel()
	clock := &clock{now: time.Now()}
	b := setup(t, func(config *api.Config) {
		config.Now = clock.read
		config.Limits = api.Limits{EmailBurst: 3, EmailEvery: 20 * time.Second, AddressBurst: 11, AddressEvery: time.Hour}
	})
	c := b.user("thandi") // one attempt of the address
	wrong := api.SignIn{Email: "thandi@agency.example", Password: "not the right one"}
	for range 3 {
		c.do("POST", "/v1/signin", wrong).problem(401, engine.CodeUnauthorized)
	}
	refused := c.do("POST", "/v1/signin", api.SignIn{Email: "THANDI@agency.example", Password: password})
	refused.problem(429, engine.CodeTooMany)
	seconds, err := strconv.Atoi(refused.header.Get("Retry-After"))
	require.NoError(t, err)
	require.InDelta(t, 20, seconds, 1)
	clock.add(20 * time.Second)
	c.do("POST", "/v1/signin", api.SignIn{Email: "thandi@agency.example", Password: password}).is(200)
	for range 3 { // a sign-in that works starts the count anew
		c.do("POST", "/v1/signin", wrong).problem(401, engine.CodeUnauthorized)
	}
	c.do("POST", "/v1/signin", api.SignIn{Email: "b@agency.example", Password: password}).problem(401, engine.CodeUnauthorized)
	c.do("POST", "/v1/signin", api.SignIn{Email: "c@agency.example", Password: password}).problem(401, engine.CodeUnauthorized)
	c.do("POST", "/v1/signin", api.SignIn{Email: "d@agency.example", Password: password}).problem(429, engine.CodeTooMany)
	c.do("POST", "/v1/signup", api.SignUp{}).is(422)
	c.do("POST", "/v1/signup", api.SignUp{Agency: "A", Name: "A", Email: "a@agency.example", Password: password}).problem(429, engine.CodeTooMany)
}

func TestRefusedSignUps(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fine := api.SignUp{Agency: "Baobab", Name: "Thandi", Email: "thandi@agency.example", Password: password}
	for name, change := range map[string]func(*api.SignUp){
		"password": func(s *api.SignUp) { s.Password = "tiny" },
		"Password": func(s *api.SignUp) { s.Password = "password123" },
		"PASSWORD": func(s *api.SignUp) { s.Password = "Thandi@agency.example" },
		"passworD": func(s *api.SignUp) { s.Password = strings.Repeat("x", 257) },
		"email":    func(s *api.SignUp) { s.Email = "thandi" },
		"Email":    func(s *api.SignUp) { s.Email = "thandi@agency.example\x00" },
		"agency":   func(s *api.SignUp) { s.Agency = "  " },
		"Agency":   func(s *api.SignUp) { s.Agency = strings.Repeat("x", 81) },
		"name":     func(s *api.SignUp) { s.Name = "Tha\x00ndi" },
		"Name":     func(s *api.SignUp) { s.Name = "" },
	} {
		body := fine
		change(&body)
		problem := b.client().do("POST", "/v1/signup", body).problem(422, engine.CodeInvalid)
		require.Equal(t, "body."+strings.ToLower(name), problem.Errors[0].Field)
		require.NotContains(t, problem.Detail, body.Password)
	}
	require.True(t, get[api.Status](b.client(), "/v1/status").FirstAccount, "nothing was made")
	require.NotContains(t, b.log.String(), "password123")
}

// cookie returns the session token that the browser holds.
func (c *client) cookie() string {
	c.b.t.Helper()
	request, err := http.NewRequestWithContext(c.b.t.Context(), http.MethodGet, c.b.server.URL, nil)
	require.NoError(c.b.t, err)
	for _, cookie := range c.http.Jar.Cookies(request.URL) {
		return cookie.Value
	}
	return ""
}
