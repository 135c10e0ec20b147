package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gorilla/websocket"

	"github.com/myaibud/aibud/engine"
)

// serveLive upgrades a request to a live websocket and serves it.
func (s *Server) serveLive(w http.ResponseWriter, r *http.Request) {
	if !s.ownOrigin(r) {
		writeProblem(w, foreignOrigin())
		return
	}
	user, err := s.sessions.user(r)
	if err != nil {
		writeProblem(w, s.problem(r.Context(), err))
		return
	}
	room, err := s.live.enter(r.Context(), user.Tenant)
	if err != nil {
		writeProblem(w, s.problem(r.Context(), err))
		return
	}
	defer s.live.leave(room)
	first, seen, err := s.begin(r, room)
	if err != nil {
		writeProblem(w, s.problem(r.Context(), err))
		return
	}
	conn, err := s.upgrader().Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	s.converse(r, conn, room, user, first, seen)
}

// converse serves a websocket until it ends.
func (s *Server) converse(r *http.Request, conn *websocket.Conn, room *room, user engine.User, first []any, seen int64) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	token := tokenOf(r)
	socket := &socket{
		conn: conn, hub: s.live, room: room, session: keyOf(token), cancel: cancel, ready: make(chan struct{}, 1),
		check: func(ctx context.Context) error {
			now, err := s.sessions.userOf(ctx, token)
			if err == nil && now.Tenant != user.Tenant {
				return unauthorized()
			}
			return err
		},
	}
	if !s.live.add(socket) {
		socket.stop(closeGoingAway)
	}
	defer s.live.remove(socket)
	// The session may have ended before the hub knew of the socket.
	socket.recheck(ctx)
	socket.serve(ctx, first, seen)
}

// begin decides with which frames a websocket opens and after which event it
// goes on.
func (s *Server) begin(r *http.Request, room *room) (first []any, seen int64, err error) {
	newest := room.position()
	text := r.URL.Query().Get("after")
	if text == "" {
		return []any{HelloFrame{Type: "hello", Seq: newest}}, newest, nil
	}
	after, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, 0, invalid("query.after", "The parameter “after” must be the number of an event.")
	}
	if after > newest { // the log may be ahead of the room
		if newest, err = room.records.LastSeq(r.Context()); err != nil {
			return nil, 0, err
		}
	}
	if after < 0 || after > newest || newest-after > s.config.Live.Replay {
		return []any{HelloFrame{Type: "hello", Seq: newest}, ResetFrame{Type: "reset", Seq: newest}}, newest, nil
	}
	return []any{HelloFrame{Type: "hello", Seq: after}}, after, nil
}

// ownOrigin says whether a browser's request comes from our own pages.
// Programs other than browsers send no origin.
func (s *Server) ownOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	if strings.EqualFold(origin, s.config.publicOrigin()) {
		return true
	}
	parsed, err := url.Parse(origin)
	return err == nil && parsed.Host != "" && strings.EqualFold(parsed.Host, r.Host)
}

func (s *Server) upgrader() *websocket.Upgrader {
	return &websocket.Upgrader{
		ReadBufferSize:  512, // clients send pongs
		WriteBufferSize: 4096,
		WriteBufferPool: &s.buffers,
		CheckOrigin:     func(*http.Request) bool { return true }, // see ownOrigin
		Error: func(w http.ResponseWriter, _ *http.Request, status int, _ error) {
			p := newProblem(engine.CodeInvalid, "This address is a websocket. Open it with a websocket client of version 13.")
			p.Status, p.Title = status, "Not a websocket"
			writeProblem(w, p)
		},
	}
}
