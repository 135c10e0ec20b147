package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/myaibud/aibud/engine"
)

// served is the real server, used by its API and its websocket as a dashboard
// uses it.
type served struct {
	launch  func(context.Context) (*process, error)
	proc    *process
	url     string
	client  *http.Client
	socket  *websocket.Conn
	done    chan struct{} // the websocket has closed
	inbound chan string
	out     chan struct{}

	accepted map[engine.MessageID]bool // belongs to the goroutine that reads the websocket

	mu            sync.Mutex
	changed       chan struct{} // closed when any of the following changes
	states        map[engine.SeatID]engine.State
	codes         map[engine.SeatID]string
	conversations []engine.ConversationID
	known         map[engine.ConversationID]bool
	leaving       bool // the websocket closes because the bench does so
}

var _ subject = (*served)(nil)

func startServe(ctx context.Context, folder string, db database, env []string, program string, sim *simulation) (*served, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	s := &served{
		client:  &http.Client{Jar: jar, Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * atOnce}},
		inbound: make(chan string, 1<<17), out: make(chan struct{}, 1<<17), changed: make(chan struct{}),
		states: make(map[engine.SeatID]engine.State), codes: make(map[engine.SeatID]string),
		known: make(map[engine.ConversationID]bool), accepted: make(map[engine.MessageID]bool),
	}
	s.launch = func(ctx context.Context) (*process, error) {
		return launch(ctx, folder, "aibud", append([]string{
			"AIBUD_LISTEN=127.0.0.1:0", "AIBUD_DATA=" + filepath.Join(folder, "data"), "DATABASE_URL=" + db.url, "AIBUD_LOG_LEVEL=warn",
			"AIBUD_WHATSAPP_URL=" + sim.Websocket, "AIBUD_WHATSAPP_MEDIA_URL=" + sim.Media, "AIBUD_WHATSAPP_ROOT_KEY=" + sim.RootKey,
			"GEMINI_API_KEY=", "GOOGLE_API_KEY=", "GOOGLE_GENERATIVE_AI_API_KEY=",
		}, env...), program, "serve")
	}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	err = post(ctx, s.client, s.url+"/v1/signup", map[string]string{
		"agency": "Bench", "name": "Bench", "email": benchEmail, "password": benchPassword,
	}, nil)
	if err != nil {
		return nil, errors.Join(err, s.proc.stop())
	}
	return s, s.listen(ctx)
}

// The account that the bench signs in with.
const (
	benchEmail    = "bench@aibud.example"
	benchPassword = "correct horse battery" // of a throw-away server
)

// begin starts the process.
func (s *served) begin(ctx context.Context) (err error) {
	if s.proc, err = s.launch(ctx); err != nil {
		return err
	}
	line, err := s.proc.line()
	if err != nil {
		return err
	}
	_, s.url, _ = strings.Cut(line, " ready at ")
	return nil
}

// frame is what the websocket tells of an event.
type frame struct {
	Type         string                `json:"type"`
	Seq          int64                 `json:"seq"`
	Kind         engine.EventKind      `json:"kind"`
	Conversation engine.ConversationID `json:"conversation"`
	Data         json.RawMessage       `json:"data"`
}

// dashboard opens a websocket that calls told for each message that is new.
func (s *served) dashboard(ctx context.Context, told func(frame)) (*websocket.Conn, error) {
	socket, err := s.dial(ctx, "")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			_, text, err := socket.ReadMessage()
			if err != nil {
				return
			}
			// Decoding each frame of a thousand sockets would be the bench's own load.
			if strings.Contains(string(text), `"kind":"`+string(engine.EventMessageCreated)+`"`) {
				told(frame{Kind: engine.EventMessageCreated})
			}
		}
	}()
	return socket, nil
}

func (s *served) dial(ctx context.Context, query string) (*websocket.Conn, error) {
	dialer := websocket.Dialer{Jar: s.client.Jar}
	socket, response, err := dialer.DialContext(ctx, strings.Replace(s.url, "http", "ws", 1)+"/v1/live"+query, http.Header{"Origin": {s.url}})
	if err != nil {
		return nil, fmt.Errorf("open the websocket: %w", err)
	}
	_ = response.Body.Close()
	return socket, nil
}

// listen opens the websocket and follows it until the bench closes it. As a
// dashboard does, it comes back if the server found it too slow.
func (s *served) listen(ctx context.Context) error {
	socket, err := s.dial(ctx, "")
	if err != nil {
		return errors.Join(err, s.proc.stop())
	}
	done := make(chan struct{})
	s.socket, s.done = socket, done
	go func() {
		defer close(done)
		for seen := int64(0); ; {
			seen = s.follow(socket, seen)
			s.mu.Lock()
			leaving := s.leaving
			s.mu.Unlock()
			if leaving {
				return
			}
			if socket, err = s.dial(ctx, fmt.Sprint("?after=", seen)); err != nil {
				close(s.inbound) // whoever waits for more waits in vain
				close(s.out)
				return
			}
			s.mu.Lock()
			s.socket = socket
			s.mu.Unlock()
		}
	}()
	return nil
}

// follow takes what a websocket tells until it closes, and returns the number
// of the last event.
func (s *served) follow(socket *websocket.Conn, seen int64) int64 {
	for {
		var f frame
		if err := socket.ReadJSON(&f); err != nil {
			return seen
		}
		seen = f.Seq
		if f.Type == "event" {
			s.take(f)
		}
	}
}

// take notes what an event tells.
func (s *served) take(f frame) {
	switch f.Kind {
	case engine.EventMessageCreated, engine.EventMessageUpdated:
		var m engine.MessageView
		if json.Unmarshal(f.Data, &m) == nil {
			s.message(f, m)
		}
	case engine.EventSeatState:
		var seat engine.SeatView
		if json.Unmarshal(f.Data, &seat) == nil {
			s.note(func() { s.states[seat.ID] = seat.Status.State })
		}
	case engine.EventSeatPairing:
		var code engine.PairingView
		if json.Unmarshal(f.Data, &code) == nil {
			s.note(func() { s.codes[code.Seat] = code.Code })
		}
	default:
	}
}

func (s *served) message(f frame, m engine.MessageView) {
	switch {
	case f.Kind == engine.EventMessageCreated && m.Direction == engine.Inbound:
		s.mu.Lock()
		if !s.known[f.Conversation] {
			s.known[f.Conversation] = true
			s.conversations = append(s.conversations, f.Conversation)
		}
		s.mu.Unlock()
		s.inbound <- m.Text
	case m.Direction == engine.Outbound && m.Delivery.Rank() >= engine.Sent.Rank() && !s.accepted[m.ID]:
		s.accepted[m.ID] = true // a receipt may come before the answer
		s.out <- struct{}{}
	}
}

func (s *served) note(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	close(s.changed)
	s.changed = make(chan struct{})
}

// until waits for a condition, which is called with mu held.
func (s *served) until(ctx context.Context, condition func() bool) error {
	for {
		s.mu.Lock()
		met, changed := condition(), s.changed
		s.mu.Unlock()
		if met {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.done:
			return errors.New("the websocket closed")
		}
	}
}

func (s *served) link(ctx context.Context, sim *simulation, number string) error {
	var seat engine.SeatView
	if err := post(ctx, s.client, s.url+"/v1/seats", map[string]string{"name": number}, &seat); err != nil {
		return err
	}
	if err := put(ctx, s.client, s.url+"/v1/seats/"+string(seat.ID)+"/sending", wideGate()); err != nil {
		return err
	}
	if err := post(ctx, s.client, s.url+"/v1/seats/"+string(seat.ID)+"/pair", struct{}{}, nil); err != nil {
		return err
	}
	code := ""
	err := s.until(ctx, func() bool { code = s.codes[seat.ID]; return code != "" })
	if err != nil {
		return err
	}
	if err := sim.scan(ctx, number, code); err != nil {
		return err
	}
	return s.until(ctx, func() bool { return s.states[seat.ID] == engine.StateConnected })
}

// wideGate lets a seat send as fast as it may be set to: 600 texts at once, and
// ten a second.
func wideGate() engine.SendingSettings {
	return engine.SendingSettings{
		PerMinute: 600, Burst: 600, PerHour: 20_000, PerDay: 200_000, StrangersPerHour: 20_000, StrangersPerDay: 200_000, TypingSpeed: 1000,
	}
}

func (s *served) texts() <-chan string { return s.inbound }

func (s *served) sent() <-chan struct{} { return s.out }

func (s *served) write(ctx context.Context, k int, text string) error {
	s.mu.Lock()
	conversation := s.conversations[k%len(s.conversations)]
	s.mu.Unlock()
	return post(ctx, s.client, s.url+"/v1/conversations/"+string(conversation)+"/messages", map[string]string{"text": text}, nil)
}

func (s *served) process() *process { return s.proc }

// restart follows the websocket, as the baseline's output is followed, and asks
// the API only for what happened before the websocket was open.
func (s *served) restart(ctx context.Context, seats int) (float64, error) {
	if err := s.stop(); err != nil {
		return 0, err
	}
	s.note(func() { clear(s.states) })
	began := time.Now()
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	if err := s.listen(ctx); err != nil {
		return 0, err
	}
	if err := s.look(ctx); err != nil {
		return 0, err
	}
	err := s.until(ctx, func() bool {
		connected := 0
		for _, state := range s.states {
			if state == engine.StateConnected {
				connected++
			}
		}
		return connected == seats
	})
	return time.Since(began).Seconds(), err
}

// look notes the seats that are connected by now.
func (s *served) look(ctx context.Context) error {
	var found struct {
		Items []engine.SeatView `json:"items"`
	}
	if err := get(ctx, s.client, s.url+"/v1/seats", &found); err != nil {
		return err
	}
	s.note(func() {
		for _, seat := range found.Items {
			if seat.Status.State == engine.StateConnected {
				s.states[seat.ID] = engine.StateConnected
			}
		}
	})
	return nil
}

func (s *served) stop() error {
	s.mu.Lock()
	socket := s.socket
	s.leaving = true
	s.mu.Unlock()
	if socket != nil {
		_ = socket.Close()
		<-s.done
	}
	s.mu.Lock()
	s.leaving = false
	s.mu.Unlock()
	return s.proc.stop()
}
