package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/myaibud/aibud/engine"
)

// plainRoutes adds what is not an operation of the API.
func (s *Server) plainRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /v1/live", s.serveLive)
	mux.HandleFunc("POST /v1/media", s.uploadMedia)
	mux.HandleFunc("GET /v1/media/{media}", s.serveMedia(false))
	mux.HandleFunc("GET /v1/media/{media}/thumbnail", s.serveMedia(true))
	mux.HandleFunc("GET /health", s.health)
	mux.HandleFunc("GET /ready", s.ready)
	mux.HandleFunc("/admin/jobs/", s.jobs)
	if s.config.Dashboard != nil {
		mux.Handle("/", s.config.Dashboard)
	} else {
		mux.Handle("/", s.nothing(mux, "/"))
	}
	mux.Handle("/v1/", s.nothing(mux, "/v1/"))
	s.documentRoutes(mux)
}

// health answers as long as the process serves requests.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	body := map[string]string{"status": "ok"}
	if s.config.SimulatorURL != "" {
		body["simulator"] = s.config.SimulatorURL
	}
	writeJSON(w, http.StatusOK, body)
}

// ready answers whether requests can be served: whether the store works.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if err := s.config.Ready(r.Context()); err != nil {
		p := s.problem(r.Context(), &engine.Error{Code: engine.CodeUnavailable, Message: "The store does not work.", Err: err})
		writeProblem(w, p)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// jobs shows the job queue to the platform's administrators. For everybody
// else it doesn't exist.
func (s *Server) jobs(w http.ResponseWriter, r *http.Request) {
	user, err := s.sessions.user(r)
	if err != nil && engine.CodeOf(err) != engine.CodeUnauthorized {
		writeProblem(w, s.problem(r.Context(), err))
		return
	}
	if err != nil && strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther) // says nothing of who may see the page
		return
	}
	if err != nil || !user.Admin || s.config.JobsUI == nil {
		writeProblem(w, noRoute())
		return
	}
	s.config.JobsUI.ServeHTTP(w, r)
}

// nothing answers under a pattern that no route matched: 405 if a route has
// the path with another method, 404 otherwise.
func (s *Server) nothing(mux *http.ServeMux, pattern string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		allowed := otherMethods(mux, r, pattern)
		if len(allowed) == 0 {
			writeProblem(w, noRoute())
			return
		}
		p := newProblem(engine.CodeInvalid, "This route takes "+strings.Join(allowed, ", ")+", not "+r.Method+".")
		p.Status, p.Title = http.StatusMethodNotAllowed, "Method not allowed"
		p.header = http.Header{"Allow": {strings.Join(allowed, ", ")}}
		writeProblem(w, p)
	})
}

// otherMethods lists the methods with which a request would match a route
// that is not the pattern.
func otherMethods(mux *http.ServeMux, r *http.Request, pattern string) []string {
	var allowed []string
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		other := *r
		other.Method = method
		if _, found := mux.Handler(&other); found != "" && found != pattern && found != "/" {
			allowed = append(allowed, method)
		}
	}
	slices.Sort(allowed)
	return allowed
}

func noRoute() *Problem { return newProblem(engine.CodeNotFound, "There is nothing at this address.") }

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client went away; nobody is left to tell
}
