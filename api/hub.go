package api

import "net/http"

type hub struct{}

// LiveLimits bounds the websockets.
type LiveLimits struct{}

func (l LiveLimits) withDefaults() LiveLimits { return l }

func newHub(*Config, *sessions, *pictures) *hub { return &hub{} }

func (h *hub) close()            {}
func (h *hub) endSession(string) {}

func (s *Server) serveLive(http.ResponseWriter, *http.Request) {}
