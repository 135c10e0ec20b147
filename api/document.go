package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
)

// Document returns the OpenAPI document, which is the same for every server.
// The dashboard's types are generated from a copy in openapi.json.
func Document() ([]byte, error) {
	s := &Server{}
	s.mount(http.NewServeMux())
	return s.documentJSON()
}

func (s *Server) documentJSON() ([]byte, error) {
	compact, err := json.Marshal(s.document)
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, compact, "", "  "); err != nil {
		return nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	pretty.WriteByte('\n')
	return pretty.Bytes(), nil
}

// documentRoutes serves the document and the page that shows it. Most servers
// are never asked for the document, so it is written only then.
func (s *Server) documentRoutes(mux *http.ServeMux) {
	mux.Handle("GET /v1/openapi.json", s.written("application/openapi+json", s.documentJSON))
	mux.Handle("GET /v1/openapi.yaml", s.written("application/openapi+yaml", s.document.YAML))
	mux.Handle("GET /v1/docs", static("text/html; charset=utf-8", docsHTML))
	mux.Handle("GET /v1/docs/page.css", static("text/css; charset=utf-8", docsCSS))
	mux.Handle("GET /v1/docs/page.js", static("text/javascript; charset=utf-8", docsJS))
}

// written serves what is written when it is first asked for.
func (s *Server) written(mediaType string, write func() ([]byte, error)) http.Handler {
	write = sync.OnceValues(write)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := write()
		if err != nil {
			writeProblem(w, s.problem(r.Context(), err))
			return
		}
		static(mediaType, body).ServeHTTP(w, r)
	})
}

func static(mediaType string, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(body) // the client went away; nobody is left to tell
	})
}
