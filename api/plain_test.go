package api_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/api"
	"github.com/myaibud/aibud/engine"
)

func TestHealthAndReady(t *testing.T) {
	t.Parallel()
	works := true
	b := setup(t, func(config *api.Config) {
		config.SimulatorURL = "ws://127.0.0.1:1"
		config.Ready = func(context.Context) error {
			if works {
				return nil
			}
			return errors.New("disk gone")
		}
	})
	c := b.client()
	require.Equal(t, map[string]string{"status": "ok", "simulator": "ws://127.0.0.1:1"}, get[map[string]string](c, "/health"))
	require.Equal(t, map[string]string{"status": "ok"}, get[map[string]string](c, "/ready"))
	works = false
	c.do("GET", "/ready", nil).problem(503, engine.CodeUnavailable)
	require.Contains(t, b.log.String(), "disk gone")
	c.do("GET", "/health", nil).is(200)
}

func TestJobsAreForAdministrators(t *testing.T) {
	t.Parallel()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("the queue")) })
	b := setup(t, open, func(config *api.Config) { config.JobsUI = page })
	admin, user := b.user("thandi"), b.user("pieter")
	require.Equal(t, "the queue", string(admin.do("GET", "/admin/jobs/", nil).is(200).body))
	hidden := user.do("GET", "/admin/jobs/", nil)
	hidden.problem(404, engine.CodeNotFound)
	require.Equal(t, string(hidden.body), string(b.client().do("GET", "/admin/jobs/x", nil).is(404).body))
	setup(t).user("thandi").do("GET", "/admin/jobs/", nil).problem(404, engine.CodeNotFound)
}

func TestDashboardGetsTheRest(t *testing.T) {
	t.Parallel()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("the dashboard")) })
	b := setup(t, func(config *api.Config) { config.Dashboard = page })
	answer := b.client().do("GET", "/seats/7", nil).is(200)
	require.Equal(t, "the dashboard", string(answer.body))
	policy := answer.header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'self'")
	require.Contains(t, policy, "frame-ancestors 'none'")
	require.Equal(t, "nosniff", answer.header.Get("X-Content-Type-Options"))
	require.NotEmpty(t, answer.header.Get("Referrer-Policy"))
	b.client().do("GET", "/v1/nothing", nil).problem(404, engine.CodeNotFound)
}

func TestOtherWebsitesAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, func(config *api.Config) { config.PublicURL = "https://aibud.example" })
	c := b.user("thandi")
	for name, values := range map[string]http.Header{
		"by fetch metadata": {"Sec-Fetch-Site": {"cross-site"}},
		"by origin":         {"Origin": {"https://evil.example"}},
	} {
		c.header = values
		c.do("POST", "/v1/seats", api.SeatName{Name: "x"}).problem(403, engine.CodeForbidden)
		require.Empty(t, get[api.SeatList](c, "/v1/seats").Items, name)
	}
	for _, values := range []http.Header{
		{"Sec-Fetch-Site": {"same-origin"}}, {"Origin": {"https://aibud.example"}, "Sec-Fetch-Site": {"cross-site"}}, {"Origin": {b.server.URL}},
	} {
		c.header = values
		c.do("POST", "/v1/seats", api.SeatName{Name: "x"}).is(201)
	}
}

func TestDocsLoadNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	c := setup(t).client()
	elsewhere := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9-]+\.[a-z]`)
	for path, mediaType := range map[string]string{
		"/v1/docs": "text/html", "/v1/docs/page.js": "text/javascript", "/v1/docs/page.css": "text/css",
		"/v1/openapi.json": "application/openapi+json", "/v1/openapi.yaml": "application/openapi+yaml",
	} {
		answer := c.do("GET", path, nil).is(200)
		require.True(t, strings.HasPrefix(answer.header.Get("Content-Type"), mediaType), path)
		if strings.HasPrefix(path, "/v1/docs") {
			require.NotRegexp(t, elsewhere, string(answer.body), path)
			require.NotRegexp(t, `<script>|<style|style=| on[a-z]+=`, string(answer.body), "the content policy refuses it")
		}
	}
	want, err := api.Document()
	require.NoError(t, err)
	require.Equal(t, string(want), string(c.do("GET", "/v1/openapi.json", nil).body))
}

func TestAccessLogSaysNothingPrivate(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.user("thandi")
	seat := c.seat("Sales")
	c.do("GET", "/v1/conversations?cursor=private", nil)
	c.do("GET", "/v1/seats/"+string(seat.ID)+"/people/27831111111/business", nil)
	c.do("GET", "/v1/seats/27831111111", nil)
	c.do("GET", "/v1/27831111111", nil)
	c.do("GET", "/27831111111", nil)
	log := b.log.String()
	require.Contains(t, log, "path=/v1/conversations")
	require.Contains(t, log, "path=/v1/seats/"+string(seat.ID)+"/people/{person}/business")
	require.Contains(t, log, "status=201")
	for _, private := range []string{"private", "27831111111", password, "thandi@agency.example", c.cookie()} {
		require.NotContains(t, log, private)
	}
}

func TestConfigMustBeWhole(t *testing.T) {
	t.Parallel()
	_, err := api.New(api.Config{})
	require.ErrorContains(t, err, "is not set")
}
