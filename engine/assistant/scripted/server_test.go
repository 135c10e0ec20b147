package scripted_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/myaibud/aibud/engine/assistant/scripted"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const path = "/v1beta/models/gemini-3.8-flash:generateContent"

// ask sends a request to a server and returns the status and the body.
func ask(t *testing.T, server http.Handler, method, path, key, body string) (int, map[string]any) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if key != "" {
		request.Header.Set("x-goog-api-key", key)
	}
	recorder := httptest.NewRecorder()
	server.ServeHTTP(recorder, request)
	raw, err := io.ReadAll(recorder.Body)
	require.NoError(t, err)
	var answer map[string]any
	require.NoError(t, json.Unmarshal(raw, &answer), "body: %s", raw)
	return recorder.Code, answer
}

// status returns Google's name of the error in an answer.
func status(t *testing.T, answer map[string]any) string {
	t.Helper()
	problem, ok := answer["error"].(map[string]any)
	require.True(t, ok, "no error in %v", answer)
	require.NotEmpty(t, problem["message"])
	return problem["status"].(string)
}

func TestServerChecksRequests(t *testing.T) {
	t.Parallel()
	const good = `{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}`
	tests := map[string]struct {
		path, key, body string
		code            int
		status          string
	}{
		"no key":            {path, "", good, 403, "PERMISSION_DENIED"},
		"wrong key":         {path, "other", good, 400, "INVALID_ARGUMENT"},
		"no JSON":           {path, "key", `hello`, 400, "INVALID_ARGUMENT"},
		"two objects":       {path, "key", good + good, 400, "INVALID_ARGUMENT"},
		"unknown field":     {path, "key", `{"content":[]}`, 400, "INVALID_ARGUMENT"},
		"no contents":       {path, "key", `{}`, 400, "INVALID_ARGUMENT"},
		"unknown role":      {path, "key", `{"contents":[{"role":"assistant","parts":[{"text":"Hi"}]}]}`, 400, "INVALID_ARGUMENT"},
		"no parts":          {path, "key", `{"contents":[{"role":"user","parts":[]}]}`, 400, "INVALID_ARGUMENT"},
		"empty part":        {path, "key", `{"contents":[{"role":"user","parts":[{"text":""}]}]}`, 400, "INVALID_ARGUMENT"},
		"model turn last":   {path, "key", `{"contents":[{"role":"model","parts":[{"text":"Hi"}]}]}`, 400, "INVALID_ARGUMENT"},
		"too large":         {path, "key", strings.Repeat(" ", 5<<20) + good, 400, "INVALID_ARGUMENT"},
		"unknown method":    {"/v1beta/models/x:embedContent", "key", good, 404, "NOT_FOUND"},
		"somewhere else":    {"/", "key", good, 404, "NOT_FOUND"},
		"nothing but a key": {path, "key", ``, 400, "INVALID_ARGUMENT"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, answer := ask(t, scripted.New(scripted.Key("key")), http.MethodPost, test.path, test.key, test.body)
			require.Equal(t, test.code, code)
			require.Equal(t, test.status, status(t, answer))
		})
	}
}

func TestServerServesTheModel(t *testing.T) {
	t.Parallel()
	server := scripted.New()
	code, answer := ask(t, server, http.MethodGet, "/v1beta/models/gemini-3.8-flash", "any", "")
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "models/gemini-3.8-flash", answer["name"])
	code, _ = ask(t, server, http.MethodGet, "/v1beta/models/gemini-3.8-flash", "", "")
	require.Equal(t, http.StatusForbidden, code)
}

func TestServerThinksForADelay(t *testing.T) {
	t.Parallel()
	const delay = 30 * time.Millisecond
	started := time.Now()
	code, _ := ask(t, scripted.New(scripted.Delay(delay)), http.MethodPost, path, "any", `{"contents":[{"parts":[{"text":"Hi"}]}]}`)
	require.Equal(t, http.StatusOK, code)
	require.GreaterOrEqual(t, time.Since(started), delay)
}
