package assistant_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/assistant"
	"github.com/myaibud/aibud/engine/assistant/scripted"
)

const apiKey = "AIza-very-secret-key"

// serve starts a server and returns the real client of it.
func serve(t *testing.T, handler http.Handler, config assistant.GeminiConfig) *assistant.Gemini {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	config.BaseURL = server.URL
	if config.Key == "" {
		config.Key = apiKey
	}
	gemini, err := assistant.NewGemini(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(gemini.Close)
	return gemini
}

// hello is a prompt with one line.
func hello() assistant.Prompt {
	return assistant.Prompt{Instruction: "Be kind.", Lines: []assistant.Line{{Lead: true, Text: leadText}}}
}

func TestGeminiSendsThePromptInItsWireFormat(t *testing.T) {
	t.Parallel()
	var path string
	var header http.Header
	var body []byte
	script := scripted.New(scripted.Key(apiKey))
	gemini := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, header = r.URL.Path, r.Header
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		script.ServeHTTP(w, r)
	}), assistant.GeminiConfig{})
	text, err := gemini.Generate(t.Context(), assistant.Prompt{
		Instruction: "Be kind.",
		Lines:       []assistant.Line{{Lead: true, Text: "Hi"}, {Text: "Hello! How can I help?"}, {Lead: true, Text: "I want to buy"}},
	})
	require.NoError(t, err)
	require.Contains(t, text, "Which area would you like to buy in?")
	require.Equal(t, "/v1beta/models/gemini-3.8-flash:generateContent", path)
	require.Equal(t, apiKey, header.Get("X-Goog-Api-Key"))
	require.JSONEq(t, `{
		"contents": [
			{"role": "user", "parts": [{"text": "Hi"}]},
			{"role": "model", "parts": [{"text": "Hello! How can I help?"}]},
			{"role": "user", "parts": [{"text": "I want to buy"}]}
		],
		"systemInstruction": {"role": "user", "parts": [{"text": "Be kind."}]},
		"generationConfig": {"maxOutputTokens": 2048, "thinkingConfig": {"thinkingLevel": "LOW"}}
	}`, string(body))
}

// failures are the ways in which a request can end without a reply.
func failures() map[string]struct {
	step     scripted.Step
	retry    bool
	after    time.Duration
	sentence string
} {
	type failure = struct {
		step     scripted.Step
		retry    bool
		after    time.Duration
		sentence string
	}
	return map[string]failure{
		"400":               {scripted.Fail(400), false, 0, "refused the request as invalid"},
		"401":               {scripted.Fail(401), false, 0, "GEMINI_API_KEY"},
		"403":               {scripted.Fail(403), false, 0, "GEMINI_API_KEY"},
		"404":               {scripted.Fail(404), false, 0, "no model “gemini-3.8-flash”"},
		"408":               {scripted.Fail(408), true, 0, "not working properly"},
		"429":               {scripted.Fail(429), true, 0, "limit of requests"},
		"429 with a wait":   {scripted.Busy(17 * time.Second), true, 17 * time.Second, "limit of requests"},
		"500":               {scripted.Fail(500), true, 0, "not working properly"},
		"503":               {scripted.Fail(503), true, 0, "not working properly"},
		"prompt blocked":    {scripted.Block("SAFETY"), false, 0, "safety rules"},
		"jailbreak":         {scripted.Block("JAILBREAK"), false, 0, "safety rules"},
		"reply blocked":     {scripted.Say("", "SAFETY"), false, 0, "safety rules"},
		"half blocked":      {scripted.Say("I can", "PROHIBITED_CONTENT"), false, 0, "safety rules"},
		"no candidate":      {scripted.Empty(), true, 0, "without a text"},
		"empty candidate":   {scripted.Say("", "STOP"), true, 0, "without a text"},
		"only spaces":       {scripted.Say(" \n ", "STOP"), true, 0, "without a text"},
		"nothing thought":   {scripted.Say("", "MAX_TOKENS"), true, 0, "without a text"},
		"recitation":        {scripted.Say("", "RECITATION"), true, 0, "without a text"},
		"broken JSON":       {scripted.Garble(), true, 0, "could not be reached"},
		"no answer in time": {scripted.Hang(), true, 0, "did not answer in time"},
	}
}

// patience is how long a test waits for an answer: not at all long where none
// comes.
func patience(failure string) time.Duration {
	if failure == "no answer in time" {
		return 3 * time.Second // in which a second attempt has its answer, also on a busy machine
	}
	return time.Minute
}

func TestGeminiTellsWhatWentWrong(t *testing.T) {
	t.Parallel()
	for name, test := range failures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := scripted.New(scripted.Steps(test.step))
			gemini := serve(t, server, assistant.GeminiConfig{Timeout: patience(name)})
			_, err := gemini.Generate(t.Context(), hello())
			failure, ok := errors.AsType[*assistant.ModelError](err)
			require.True(t, ok, "got %v", err)
			require.Equal(t, test.retry, failure.Retry, failure.Detail)
			require.Equal(t, test.after, failure.After)
			require.Contains(t, failure.Sentence, test.sentence)
			require.Equal(t, 1, server.Calls(), "the job retries, not the client")
		})
	}
}

func TestWorkerWithGemini(t *testing.T) {
	t.Parallel()
	for name, test := range failures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := scripted.New(scripted.Steps(test.step))
			b := setup(serve(t, server, assistant.GeminiConfig{Timeout: patience(name)}), assistant.Config{Quiet: time.Nanosecond})
			b.hear(t, leadText)
			err := b.Worker().Work(t.Context(), job(1))
			require.NotContains(t, b.log.String(), leadText)
			require.NotContains(t, b.log.String(), apiKey)
			if !test.retry {
				require.NoError(t, err)
				require.Len(t, b.records.why, 1)
				require.Contains(t, b.records.why[0], test.sentence)
				return
			}
			require.Error(t, err)
			require.NotContains(t, err.Error(), leadText)
			require.NoError(t, b.Worker().Work(t.Context(), job(2)))
			require.Empty(t, b.records.why)
			require.Len(t, b.records.replies, 1, "the second attempt answers")
		})
	}
}

func TestGeminiWithoutUsage(t *testing.T) {
	t.Parallel()
	log := &bytes.Buffer{}
	gemini := serve(t, scripted.New(scripted.Steps(scripted.NoUsage(), scripted.Answer())), assistant.GeminiConfig{
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	text, err := gemini.Generate(t.Context(), hello())
	require.NoError(t, err)
	require.NotEmpty(t, text)
	require.NotContains(t, log.String(), "tokens")
	_, err = gemini.Generate(t.Context(), hello())
	require.NoError(t, err)
	require.Contains(t, log.String(), "prompt_tokens")
	require.NotContains(t, log.String(), leadText)
}

func TestGeminiThatStopsInTheMiddleKeepsWholeSentences(t *testing.T) {
	t.Parallel()
	gemini := serve(t, scripted.New(scripted.Steps(scripted.Say("Sure! The agent will call. And th", "MAX_TOKENS"))), assistant.GeminiConfig{})
	text, err := gemini.Generate(t.Context(), hello())
	require.NoError(t, err)
	require.Equal(t, "Sure! The agent will call.", text)
}

func TestGeminiThatTheWorkerStopsWaitingFor(t *testing.T) {
	t.Parallel()
	server := scripted.New(scripted.Steps(scripted.Hang()))
	b := setup(serve(t, server, assistant.GeminiConfig{}), assistant.Config{Quiet: time.Nanosecond, Timeout: 50 * time.Millisecond})
	b.hear(t, leadText)
	require.ErrorContains(t, b.Worker().Work(t.Context(), job(1)), "no answer in time")
}

func TestGeminiLeavesThoughtsOut(t *testing.T) {
	t.Parallel()
	gemini := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"candidates":[{"finishReason":"STOP","content":{"role":"model","parts":[
			{"text":"hmm","thought":true},{"text":"Hello "},{"functionCall":{"name":"x"}},{"text":"there"}]}}]}`)
	}), assistant.GeminiConfig{})
	text, err := gemini.Generate(t.Context(), hello())
	require.NoError(t, err)
	require.Equal(t, "Hello there", text)
}

// TestKeyAndTextsNeverAppear has servers say everything that they were told,
// in every form of error that the client knows.
func TestKeyAndTextsNeverAppear(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{
		"plain": `%`, "json": `{"error":{"code":400,"message":"%","status":"%","details":[{"@type":"x/google.rpc.ErrorInfo","reason":"%"}]}}`,
		"no code": `{"error":{"message":"%"}}`, "no error": `{"text":"%"}`, "wrong types": `{"candidates":"%"}`,
		"finish": `{"candidates":[{"finishReason":"%"}]}`, "blocked": `{"promptFeedback":{"blockReason":"%"}}`,
	}
	for name, body := range bodies {
		for _, code := range []int{200, 400, 500} {
			t.Run(name+" "+http.StatusText(code), func(t *testing.T) {
				t.Parallel()
				gemini := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					said, _ := io.ReadAll(r.Body)
					quoted, _ := json.Marshal(r.Header.Get("X-Goog-Api-Key") + string(said))
					w.WriteHeader(code)
					_, _ = io.WriteString(w, strings.ReplaceAll(body, "%", strings.Trim(string(quoted), `"`)))
				}), assistant.GeminiConfig{})
				b := setup(gemini, assistant.Config{Quiet: time.Nanosecond})
				b.hear(t, leadText)
				err := b.Worker().Work(t.Context(), job(1))
				require.NoError(t, b.Worker().Work(t.Context(), job(5)))
				require.Len(t, b.records.why, 1)
				all := b.log.String() + b.records.why[0]
				if err != nil {
					all += err.Error()
				}
				require.NotContains(t, all, apiKey)
				require.NotContains(t, all, leadText)
			})
		}
	}
}

func TestGeminiThatIsNotThere(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	gemini, err := assistant.NewGemini(t.Context(), assistant.GeminiConfig{Key: apiKey, BaseURL: server.URL})
	require.NoError(t, err)
	_, err = gemini.Generate(t.Context(), hello())
	failure, ok := errors.AsType[*assistant.ModelError](err)
	require.True(t, ok)
	require.True(t, failure.Retry)
	require.Contains(t, failure.Sentence, "could not be reached")
	require.NotContains(t, failure.Detail, apiKey)
}

func TestNewGeminiNamesTheSettingThatIsWrong(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config assistant.GeminiConfig
		want   string
	}{
		"no key":          {assistant.GeminiConfig{Key: "  "}, "GEMINI_API_KEY"},
		"key of two":      {assistant.GeminiConfig{Key: apiKey + "\n" + apiKey}, "GEMINI_API_KEY"},
		"no address":      {assistant.GeminiConfig{Key: apiKey, BaseURL: "localhost"}, "GEMINI_BASE_URL"},
		"broken address":  {assistant.GeminiConfig{Key: apiKey, BaseURL: "http://[::1"}, "GEMINI_BASE_URL"},
		"other scheme":    {assistant.GeminiConfig{Key: apiKey, BaseURL: "ftp://example.org"}, "GEMINI_BASE_URL"},
		"password in it":  {assistant.GeminiConfig{Key: apiKey, BaseURL: "https://a:b@example.org"}, "GEMINI_BASE_URL"},
		"model of a path": {assistant.GeminiConfig{Key: apiKey, Model: "../x"}, "GEMINI_MODEL"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := assistant.NewGemini(t.Context(), test.config)
			require.Equal(t, engine.CodeInvalid, engine.CodeOf(err))
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), apiKey)
		})
	}
}

func TestCheckAsksForKeyAndModel(t *testing.T) {
	t.Parallel()
	server := scripted.New(scripted.Key(apiKey))
	require.NoError(t, serve(t, server, assistant.GeminiConfig{Model: "models/gemini-3.8-flash"}).Check(t.Context()))
	err := serve(t, server, assistant.GeminiConfig{Key: "other"}).Check(t.Context())
	failure, ok := errors.AsType[*assistant.ModelError](err)
	require.True(t, ok)
	require.False(t, failure.Retry)
	require.Contains(t, failure.Sentence, "GEMINI_API_KEY")
	require.Contains(t, failure.Detail, "API_KEY_INVALID")
}
