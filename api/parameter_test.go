package api_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
)

// oddParameters are what no route should stumble over in its path, its query or
// its headers.
func oddParameters() []string {
	return []string{
		engine.NewID(), "0", "-1", "1e99", "9223372036854775808", "x", "\x00", "\xff\xfe", "a\x00b", " ", "../..", "a/b", "%00", "%", "'", `"`,
		"';--", "<script>", "\u202e🏡", "true", "null", "[]", "{}", strings.Repeat("x", 5000), strings.Repeat("9", 5000), "@g.us", "1@g.us@g.us",
		"27821110001:4@s.whatsapp.net", "status@broadcast", "9999-12-31T23:59:59Z", "\r\nX-Odd: 1",
	}
}

// TestEveryRouteBearsAnyParameter goes through the document and sends each
// route something odd in one parameter after the other.
func TestEveryRouteBearsAnyParameter(t *testing.T) {
	t.Parallel()
	b := setup(t, open)
	c := b.user("thandi")
	ids := c.things("27821234567")
	b.seats.client = &ableClient{}
	parameters := 0
	for _, one := range targets(t) {
		if one.op.OperationID == "live" {
			continue // a websocket, see live_test.go
		}
		for _, parameter := range one.op.Parameters {
			parameters++
			for _, odd := range oddParameters() {
				request, ok := one.spoilt(t, c, ids, parameter.Value, odd)
				if !ok {
					continue
				}
				answer := c.send(request)
				what := parameter.Value.Name + " of " + one.method + " " + one.path
				require.NotEqual(t, http.StatusInternalServerError, answer.status, "%s: %.60q: %s", what, odd, answer.body)
				if answer.status >= 400 {
					require.Equal(t, "application/problem+json", answer.header.Get("Content-Type"), "%s: %.60q", what, odd)
				}
				require.Empty(t, answer.header.Get("X-Odd"), what)
			}
		}
	}
	require.Greater(t, parameters, 100, "the document has that many")
	require.NotContains(t, b.log.String(), "panicked")
}

// spoilt is a request of an operation with something odd in one parameter. It
// reports false if that can't be sent.
func (one target) spoilt(t *testing.T, c *client, ids map[string]string, parameter *openapi3.Parameter, odd string) (*http.Request, bool) {
	t.Helper()
	spoilt := one
	if parameter.In == "path" {
		spoilt.path = strings.ReplaceAll(one.path, "{"+parameter.Name+"}", url.PathEscape(odd))
		kept := *one.op
		kept.Parameters = slices.DeleteFunc(slices.Clone(kept.Parameters), func(p *openapi3.ParameterRef) bool { return p.Value == parameter })
		spoilt.op = &kept
	}
	path := spoilt.with(t, ids)
	if parameter.In == "query" {
		path, _, _ = strings.Cut(path, "?")
		path += "?" + parameter.Name + "=" + url.QueryEscape(odd)
	}
	request := c.request(one.method, path, one.body())
	if parameter.In == "header" {
		if strings.ContainsAny(odd, "\x00\r\n") {
			return nil, false // Go's own client refuses it
		}
		request.Header.Set(parameter.Name, odd)
	}
	return request, true
}
