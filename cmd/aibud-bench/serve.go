package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"path/filepath"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"github.com/myaibud/aibud/engine"
)

// served is the real server, used by its API and its websocket as a dashboard
// uses it.
type served struct {
	proc   *process
	url    string
	client *http.Client
	socket *websocket.Conn
	texts  chan struct{}           // one for each inbound text that the websocket told of
	seats  chan engine.SeatView    // each state of a seat that it told of
	codes  chan engine.PairingView // each QR code
	done   chan struct{}
}

func startServe(ctx context.Context, folder string, env []string, program string, sim *simulation) (*served, error) {
	proc, err := launch(ctx, folder, "aibud", append([]string{
		"AIBUD_LISTEN=127.0.0.1:0", "AIBUD_DATA=" + filepath.Join(folder, "data"), "DATABASE_URL=", "AIBUD_LOG_LEVEL=warn",
		"AIBUD_WHATSAPP_URL=" + sim.Websocket, "AIBUD_WHATSAPP_MEDIA_URL=" + sim.Media, "AIBUD_WHATSAPP_ROOT_KEY=" + sim.RootKey,
		"GEMINI_API_KEY=", "GOOGLE_API_KEY=", "GOOGLE_GENERATIVE_AI_API_KEY=",
	}, env...), program, "serve")
	if err != nil {
		return nil, err
	}
	line, err := proc.line()
	if err != nil {
		return nil, err
	}
	_, url, _ := strings.Cut(line, " ready at ")
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	s := &served{
		proc: proc, url: url, client: &http.Client{Jar: jar, Timeout: time.Minute},
		texts: make(chan struct{}, 1<<16), seats: make(chan engine.SeatView, 1<<10), codes: make(chan engine.PairingView, 1<<10),
		done: make(chan struct{}),
	}
	err = post(ctx, s.client, url+"/v1/signup", map[string]string{
		"agency": "Bench", "name": "Bench", "email": "bench@aibud.example", "password": "correct horse battery",
	}, nil)
	if err != nil {
		return nil, err
	}
	return s, s.listen(ctx)
}

// listen opens the websocket and reads it until it closes.
func (s *served) listen(ctx context.Context) error {
	dialer := websocket.Dialer{Jar: s.client.Jar}
	socket, response, err := dialer.DialContext(ctx, strings.Replace(s.url, "http", "ws", 1)+"/v1/live", http.Header{"Origin": {s.url}})
	if err != nil {
		return fmt.Errorf("open the websocket: %w", err)
	}
	_ = response.Body.Close()
	s.socket = socket
	go func() {
		defer close(s.done)
		for {
			var frame struct {
				Kind engine.EventKind `json:"kind"`
				Data json.RawMessage  `json:"data"`
			}
			if err := socket.ReadJSON(&frame); err != nil {
				return
			}
			s.take(frame.Kind, frame.Data)
		}
	}()
	return nil
}

func (s *served) take(kind engine.EventKind, data json.RawMessage) {
	switch kind {
	case engine.EventMessageCreated:
		s.texts <- struct{}{}
	case engine.EventSeatState:
		var seat engine.SeatView
		if json.Unmarshal(data, &seat) == nil {
			s.seats <- seat
		}
	case engine.EventSeatPairing:
		var code engine.PairingView
		if json.Unmarshal(data, &code) == nil {
			s.codes <- code
		}
	default:
	}
}

func (s *served) process() *process { return s.proc }

func (s *served) seat(ctx context.Context, sim *simulation, number string) error {
	var seat engine.SeatView
	if err := post(ctx, s.client, s.url+"/v1/seats", map[string]string{"name": number}, &seat); err != nil {
		return err
	}
	if err := post(ctx, s.client, s.url+"/v1/seats/"+string(seat.ID)+"/pair", struct{}{}, nil); err != nil {
		return err
	}
	for {
		select {
		case code := <-s.codes:
			if err := sim.scan(ctx, number, code.Code); err != nil {
				return err
			}
		case told := <-s.seats:
			if told.ID == seat.ID && told.Status.State == engine.StateConnected {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-s.done:
			return fmt.Errorf("the websocket closed")
		}
	}
}

func (s *served) heard(ctx context.Context, n int) error {
	for range n {
		select {
		case <-s.texts:
		case <-ctx.Done():
			return ctx.Err()
		case <-s.done:
			return fmt.Errorf("the websocket closed")
		}
	}
	return nil
}

func (s *served) stop() error {
	_ = s.socket.Close()
	<-s.done
	return s.proc.stop()
}
