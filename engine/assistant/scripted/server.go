package scripted

import (
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// maxBody is the largest request that is read, in bytes.
const maxBody = 4 << 20

// Option changes how a [Server] answers.
type Option func(*Server)

// Key makes the server refuse every other API key, as Google does. Without it
// any key will do.
func Key(key string) Option { return func(s *Server) { s.key = key } }

// Delay makes the server think for so long before each reply.
func Delay(delay time.Duration) Option { return func(s *Server) { s.delay = delay } }

// Steps is [Server.Play] as an option.
func Steps(steps ...Step) Option { return func(s *Server) { s.Play(steps...) } }

// Server answers in Gemini's wire format. It may be used by several requests
// at once.
type Server struct {
	key   string
	delay time.Duration
	mux   *http.ServeMux

	mu    sync.Mutex
	steps []Step
	calls int
}

var _ http.Handler = (*Server)(nil)

// New returns a server. Serve it with http.Server, or httptest in tests, and
// give its address to the client as the base URL.
func New(options ...Option) *Server {
	s := &Server{mux: http.NewServeMux()}
	for _, option := range options {
		option(s)
	}
	s.mux.HandleFunc("POST /v1beta/models/{call}", s.generate)
	s.mux.HandleFunc("GET /v1beta/models/{model}", s.model)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, failure{code: http.StatusNotFound, message: "There is nothing at " + r.URL.Path + "."})
	})
	return s
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	s.mux.ServeHTTP(w, r)
}

// Play makes the next requests for content end as the steps say, one each.
// After the last one the server answers from its script again.
func (s *Server) Play(steps ...Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps = append(s.steps, steps...)
}

// Calls returns how many requests for content the server got.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// next counts a request and returns the step that it takes.
func (s *Server) next() Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if len(s.steps) == 0 {
		return Answer()
	}
	step := s.steps[0]
	s.steps = s.steps[1:]
	return step
}

// generate serves models/{model}:generateContent.
func (s *Server) generate(w http.ResponseWriter, r *http.Request) {
	step := s.next()
	model, method, _ := strings.Cut(r.PathValue("call"), ":")
	if method != "generateContent" {
		writeError(w, failure{code: http.StatusNotFound, message: "This server has no method " + method + "."})
		return
	}
	if problem := s.authorize(r); problem != nil {
		writeError(w, *problem)
		return
	}
	request, problem := readRequest(r)
	if problem != nil {
		writeError(w, *problem)
		return
	}
	if !wait(r, s.delay) {
		return
	}
	step(w, r, reply{model: model, text: Reply(request.turns()), prompt: request.size()})
}

// model serves models/{model}.
func (s *Server) model(w http.ResponseWriter, r *http.Request) {
	if problem := s.authorize(r); problem != nil {
		writeError(w, *problem)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"name":                       "models/" + r.PathValue("model"),
		"displayName":                "Aibud's scripted demo assistant",
		"version":                    "1",
		"inputTokenLimit":            1_048_576,
		"outputTokenLimit":           65_536,
		"supportedGenerationMethods": []string{"generateContent"},
	})
}

// authorize checks the API key.
func (s *Server) authorize(r *http.Request) *failure {
	key := r.Header.Get("X-Goog-Api-Key")
	switch {
	case key == "":
		return &failure{
			code:    http.StatusForbidden,
			message: "The request has no API key. Send one in the header x-goog-api-key.",
		}
	case s.key != "" && key != s.key:
		return &failure{
			code: http.StatusBadRequest, message: "The API key is not valid.",
			details: []any{map[string]any{
				"@type":  "type.googleapis.com/google.rpc.ErrorInfo",
				"reason": "API_KEY_INVALID", "domain": "googleapis.com",
			}},
		}
	}
	return nil
}

// wait returns true after the delay, or false if the client went away.
func wait(r *http.Request, delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-r.Context().Done():
		return false
	case <-timer.C:
		return true
	}
}

// tokens estimates how many tokens a text has: about one for four characters.
func tokens(text string) int { return utf8.RuneCountInString(text)/4 + 1 }
