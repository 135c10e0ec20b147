package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
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

// documentRoutes serves the document and the page that shows it.
func (s *Server) documentRoutes(mux *http.ServeMux) error {
	asJSON, err := s.documentJSON()
	if err != nil {
		return err
	}
	asYAML, err := s.document.YAML()
	if err != nil {
		return fmt.Errorf("write the OpenAPI document: %w", err)
	}
	mux.Handle("GET /v1/openapi.json", static("application/openapi+json", asJSON))
	mux.Handle("GET /v1/openapi.yaml", static("application/openapi+yaml", asYAML))
	mux.Handle("GET /v1/docs", static("text/html; charset=utf-8", docsHTML))
	mux.Handle("GET /v1/docs/page.css", static("text/css; charset=utf-8", docsCSS))
	mux.Handle("GET /v1/docs/page.js", static("text/javascript; charset=utf-8", docsJS))
	return nil
}

func static(mediaType string, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(body) // the client went away; nobody is left to tell
	})
}
