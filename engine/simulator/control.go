package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/myaibud/aibud/engine/simulator/internal/media"
	"github.com/myaibud/aibud/engine/simulator/internal/pictures"
)

const (
	// maxControlBody bounds a control call: a text of 65,536 characters fits in every encoding.
	maxControlBody = 1 << 20
	// maxMediaCall bounds the call that carries a file, in base64: 64 MB, as much as phones send as a film.
	maxMediaCall = 96 << 20
	// scanPatience is how long a scan waits for its client to log in.
	scanPatience = 60 * time.Second
	// maxAdvance bounds how far one call puts the clock ahead.
	maxAdvance = 365 * 24 * time.Hour
)

// routes are the websocket for clients, the control API, and an answer for what is not served yet. The paths and bodies
// of /control are a fixed contract: docs/simulator.md.
func (s *Server) routes() http.Handler {
	control := http.NewServeMux()
	for pattern, handle := range map[string]func(*http.Request) (int, any, error){
		"POST /control/phones":                             s.controlAddPhone,
		"GET /control/phones":                              s.controlPhones,
		"GET /control/phones/{number}":                     s.controlPhone,
		"GET /control/phones/{number}/calls":               s.controlCalls,
		"POST /control/phones/{number}/calls":              s.controlCall,
		"POST /control/phones/{number}/calls/{id}/accept":  s.controlAccept,
		"DELETE /control/phones/{number}/calls/{id}":       s.controlHangUp,
		"PATCH /control/phones/{number}":                   s.controlPatchPhone,
		"GET /control/phones/{number}/profiles/{whom}":     s.controlProfile,
		"GET /control/phones/{number}/blocklist":           s.controlBlocklist,
		"POST /control/phones/{number}/blocklist":          s.controlBlock,
		"DELETE /control/phones/{number}/blocklist/{whom}": s.controlUnblock,
		"GET /control/phones/{number}/privacy":             s.controlPrivacy,
		"PUT /control/phones/{number}/privacy/{category}":  s.controlSetPrivacy,
		"POST /control/phones/{number}/scan":               s.controlScan,
		"DELETE /control/phones/{number}/devices/{id}":     s.controlUnlink,
		"GET /control/phones/{number}/messages":            s.controlMessages,
		"GET /control/phones/{number}/messages/{id}/file":  s.controlFile,
		"POST /control/phones/{number}/read":               s.controlRead,
		"POST /control/phones/{number}/played":             s.controlPlayed,
		"POST /control/phones/{number}/typing":             s.controlTyping,
		"POST /control/phones/{number}/presence":           s.controlPresence,
		"GET /control/phones/{number}/events":              s.controlEvents,
		"POST /control/faults":                             s.controlFault,
		"GET /control/faults":                              s.controlFaults,
		"DELETE /control/faults":                           s.controlDisarm,
		"GET /control/metrics":                             s.controlMetrics,
		"POST /control/clock":                              s.controlClock,
	} {
		control.HandleFunc(pattern, s.reply(handle))
	}
	for pattern, handle := range s.linkCalls() {
		control.HandleFunc(pattern, s.reply(handle))
	}
	control.HandleFunc("POST /control/sticker-packs", s.replyUpTo(maxMediaCall, s.controlAddStickerPack))
	control.HandleFunc("POST /control/phones/{number}/messages", s.replyUpTo(maxMediaCall, s.controlSend))
	for pattern, handle := range s.settingsCalls() {
		control.HandleFunc(pattern, s.reply(handle))
	}
	for pattern, handle := range s.groupCalls() {
		control.HandleFunc(pattern, s.reply(handle))
	}
	for pattern, handle := range s.channelCalls() {
		control.HandleFunc(pattern, s.replyUpTo(maxPictureCall, handle))
	}
	for pattern, handle := range s.historyCalls() {
		control.HandleFunc(pattern, s.replyUpTo(maxHistoryCall, handle))
	}
	for pattern, handle := range s.businessCalls() {
		control.HandleFunc(pattern, s.reply(handle))
	}
	control.HandleFunc("/control/", s.reply(controlUnknown))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws/chat", s.handleWebsocket)
	// A page in somebody's browser must not drive the phones.
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(s.reply(func(*http.Request) (int, any, error) { return 0, nil, errForeignPage }))
	mux.Handle("/control/", origin.Handler(s.ownNames(control)))
	mux.HandleFunc("GET "+stickerPath, s.handleStickers)
	mux.HandleFunc("GET "+pictures.Prefix+"{name}", s.handlePicture)
	for _, prefix := range media.Paths() {
		mux.HandleFunc(prefix, s.handleMedia)
	}
	mux.HandleFunc("GET /{$}", s.handleWebPage)
	mux.HandleFunc("/", s.reply(s.controlUnsupported))
	return mux
}

// ownNames refuses calls by a name that is not this machine's own. A browser takes a page for the same origin if its name
// leads here, and the name's owner can make it do so at any time (DNS rebinding). Who allows remote access gives the
// server names that nobody here knows.
func (s *Server) ownNames(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		ip := net.ParseIP(strings.Trim(host, "[]"))
		if !s.cfg.AllowRemote && !strings.EqualFold(host, "localhost") && (ip == nil || !ip.IsLoopback()) {
			s.reply(func(*http.Request) (int, any, error) { return 0, nil, errForeignName })(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

var (
	errForeignName = errors.New("call the control API by localhost or a loopback address; other names need --allow-remote")
	errForeignPage = errors.New("a page of another origin may not use the control API")
)

func (s *Server) reply(handle func(*http.Request) (int, any, error)) http.HandlerFunc {
	return s.replyUpTo(maxControlBody, handle)
}

func (s *Server) replyUpTo(limit int64, handle func(*http.Request) (int, any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.track() {
			http.Error(w, `{"error":"simulator closed"}`, http.StatusServiceUnavailable)
			return
		}
		defer s.wg.Done()
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		status, body, err := handle(r)
		if err != nil {
			status, body = statusOf(err), map[string]string{"error": err.Error()}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if body == nil {
			return
		}
		if err = json.NewEncoder(w).Encode(body); err != nil {
			s.log.Debug("control answer not written", "error", err)
		}
	}
}

func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errForeignName), errors.Is(err, errForeignPage):
		return http.StatusForbidden
	case errors.Is(err, ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, ErrTaken), errors.Is(err, ErrRefused):
		return http.StatusConflict
	case errors.Is(err, ErrExpired):
		return http.StatusGone
	case errors.Is(err, ErrUnsupported):
		return http.StatusNotImplemented
	case errors.Is(err, ErrInvalid):
		return http.StatusBadRequest
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusRequestTimeout
	default:
		return http.StatusInternalServerError
	}
}

// decode reads a body that must be one JSON object with known fields only.
func decode(r *http.Request, into any) error {
	reader := json.NewDecoder(r.Body)
	reader.DisallowUnknownFields()
	switch err := reader.Decode(into); {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w body: empty, where a JSON object is meant", ErrInvalid)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w body: JSON that ends too early", ErrInvalid)
	case err != nil:
		return fmt.Errorf("%w body: %w", ErrInvalid, err)
	}
	if _, err := reader.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w body: more than one value", ErrInvalid)
	}
	return nil
}

// query reads a call's query, which may hold the known names only: a misspelt filter would else be none.
func query(r *http.Request, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("%w query: %w", ErrInvalid, err)
	}
	for name := range values {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("%w query: unknown %q; known: %s", ErrInvalid, name, strings.Join(known, ", "))
		}
	}
	return values, nil
}

func (s *Server) phoneOf(r *http.Request) (*Phone, error) {
	p, ok := s.Phone(r.PathValue("number"))
	if !ok {
		return nil, fmt.Errorf("phone %w", ErrNotFound)
	}
	return p, nil
}

// controlUnknown answers what is no call. It says the method, since that is what is wrong as often as the path.
func controlUnknown(r *http.Request) (int, any, error) {
	return 0, nil, fmt.Errorf("control call %s %s %w: docs/simulator.md lists all", r.Method, r.URL.Path, ErrNotFound)
}

func (s *Server) controlUnsupported(*http.Request) (int, any, error) {
	return 0, nil, ErrUnsupported
}

func (s *Server) controlMetrics(*http.Request) (int, any, error) {
	return http.StatusOK, s.Metrics(), nil
}

// controlClock puts the server's clock ahead and answers what it shows then.
func (s *Server) controlClock(r *http.Request) (int, any, error) {
	var body struct {
		Seconds float64 `json:"advance_seconds"`
	}
	if err := decode(r, &body); err != nil {
		return 0, nil, err
	}
	if body.Seconds > maxAdvance.Seconds() {
		return 0, nil, fmt.Errorf("%w advance_seconds: at most a year at once", ErrInvalid)
	}
	if err := s.Advance(time.Duration(body.Seconds * float64(time.Second))); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]time.Time{"now": s.clock.Now()}, nil
}

func (s *Server) controlUnlink(r *http.Request) (int, any, error) {
	p, err := s.phoneOf(r)
	if err != nil {
		return 0, nil, err
	}
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return 0, nil, fmt.Errorf("%w device id", ErrInvalid)
	}
	if err = p.Unlink(id); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, struct{}{}, nil
}
