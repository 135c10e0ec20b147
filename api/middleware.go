package api

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/myaibud/aibud/engine"
)

// contentPolicy lets pages load from this server only. Mantine sets styles by
// attribute and by <style> elements.
const contentPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; " +
	"object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; connect-src 'self'"

// protect puts around a handler what every request gets: an ID, a line in
// the log, a net under panics, headers, and refusal of requests that other
// sites make a browser send.
func (s *Server) protect(next http.Handler) (http.Handler, error) {
	origins := http.NewCrossOriginProtection()
	if origin := s.config.publicOrigin(); origin != "" {
		if err := origins.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("trust the public URL: %w", err)
		}
	}
	origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, foreignOrigin())
	}))
	return s.observe(s.headers(origins.Handler(next))), nil
}

func foreignOrigin() *Problem {
	return newProblem(engine.CodeForbidden, "This request comes from another website, so it was refused.")
}

// observe gives a request its ID, logs it, and catches panics.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started, id := time.Now(), newRequestID()
		ctx := context.WithValue(r.Context(), requestIDKey{}, id)
		answer := &answer{ResponseWriter: w, control: http.NewResponseController(w), pause: s.config.WritePause}
		w.Header().Set("X-Request-Id", id)
		r = r.WithContext(ctx)
		defer func() {
			s.caught(ctx, answer, recover())
			answer.finish()
			s.log.DebugContext(ctx, "request", slog.String("request_id", id), slog.String("method", r.Method),
				slog.String("path", shownPath(r.Pattern, r.URL.Path)), slog.Int("status", answer.status),
				slog.Int64("bytes", answer.bytes), slog.Duration("took", time.Since(started)))
		}()
		next.ServeHTTP(answer, r)
	})
}

// idLength is how long the IDs of rows are, see [engine.NewID].
const idLength = 36

// shownPath is what the log shows of a path: the pattern of its route, with
// the IDs of rows. What else is in its place may be somebody's number, or
// anything that somebody typed.
func shownPath(pattern, path string) string {
	_, route, ok := strings.Cut(pattern, " ")
	if !ok {
		route = pattern
	}
	places, parts := strings.Split(route, "/"), strings.Split(path, "/")
	for i, place := range places {
		if i < len(parts) && strings.HasPrefix(place, "{") && len(parts[i]) == idLength && isID(parts[i]) {
			places[i] = parts[i]
		}
	}
	return strings.Join(places, "/")
}

// caught answers a request whose handler panicked.
func (s *Server) caught(ctx context.Context, answer *answer, reason any) {
	if reason == nil {
		return
	}
	if reason == http.ErrAbortHandler { //nolint:errorlint // it is a value that is thrown, not an error that is wrapped
		panic(reason)
	}
	s.log.ErrorContext(ctx, "request panicked", slog.String("request_id", requestID(ctx)),
		slog.Any("panic", reason), slog.String("stack", string(debug.Stack())))
	if answer.status == 0 {
		p := newProblem(engine.CodeInternal, engine.MessageOf(nil))
		p.RequestID = requestID(ctx)
		writeProblem(answer, p)
	}
}

func (s *Server) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy+s.websocketSource(r))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(self), geolocation=()")
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			h.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}

// websocketSource names our websocket for browsers that don't take it to be
// 'self' (Safari before 15.4).
func (s *Server) websocketSource(r *http.Request) string {
	host := r.Host
	if strings.ContainsAny(host, " ;,'\"") {
		return ""
	}
	return " ws://" + host + " wss://" + host
}

// answer remembers what was answered. It waits for the client as long as that
// takes something now and then: the server has no other bound for writing, since
// a file may take long. What bounds one request net/http itself takes off the
// connection before the next.
type answer struct {
	http.ResponseWriter
	control *http.ResponseController
	pause   time.Duration
	status  int
	bytes   int64
}

// piece is how much of an answer a client has to take within one pause.
const piece = 64 << 10

func (a *answer) extend() {
	_ = a.control.SetWriteDeadline(time.Now().Add(a.pause)) // fails where there are no connections: in tests
}

// finish bounds what the server has to write when the handler is done.
func (a *answer) finish() {
	if a.status != http.StatusSwitchingProtocols {
		a.extend()
	}
}

// WriteHeader implements [http.ResponseWriter].
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (a *answer) Write(body []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	written := 0
	for {
		a.extend()
		n, err := a.ResponseWriter.Write(body[written:min(len(body), written+piece)])
		a.bytes += int64(n)
		written += n
		if err != nil || written == len(body) {
			return written, err
		}
	}
}

// Hijack implements [http.Hijacker], for the websocket.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	a.status = http.StatusSwitchingProtocols
	return http.NewResponseController(a.ResponseWriter).Hijack()
}

// Unwrap is for [http.ResponseController].
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

type requestIDKey struct{}

func newRequestID() string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails, says its documentation
	return hex.EncodeToString(random[:])
}

// requestID returns the ID that observe gave to the request.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

type requestKey struct{}

// carryRequest lets a handler see the request, for its cookie and address.
func carryRequest(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	next(huma.WithValue(ctx, requestKey{}, r))
}

// requestOf returns the request that carryRequest carried.
func requestOf(ctx context.Context) *http.Request {
	r, _ := ctx.Value(requestKey{}).(*http.Request)
	return r
}
