package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// simulation is the WhatsApp simulator in a process of its own, driven by its
// control API.
type simulation struct {
	proc                               *process
	client                             *http.Client
	Websocket, Media, Control, RootKey string
}

func startSimulation(ctx context.Context, folder, program string) (*simulation, error) {
	// The simulator is not what is measured, but shares the machine: it may use memory in place of CPU time.
	proc, err := launch(ctx, folder, "simulator", []string{"GOGC=400"}, program, "simulate", "--listen", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	var ready struct {
		Websocket string `json:"websocket"`
		Media     string `json:"media"`
		Control   string `json:"control"`
		RootKey   string `json:"root_key"`
	}
	if err := proc.decode(&ready); err != nil {
		return nil, err
	}
	return &simulation{
		proc:      proc,
		client:    &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 8 * atOnce}},
		Websocket: ready.Websocket, Media: ready.Media, Control: ready.Control, RootKey: ready.RootKey,
	}, nil
}

func (s *simulation) stop() error {
	s.client.CloseIdleConnections()
	return s.proc.stop()
}

// phone gives a number a phone.
func (s *simulation) phone(ctx context.Context, number, name string) error {
	return post(ctx, s.client, s.Control+"/phones", map[string]string{"number": number, "name": name}, nil)
}

// scan lets a phone scan a QR code.
func (s *simulation) scan(ctx context.Context, number, code string) error {
	return post(ctx, s.client, s.Control+"/phones/"+number+"/scan", map[string]string{"qr": code}, nil)
}

// text lets a phone send a text.
func (s *simulation) text(ctx context.Context, from, to, text string) error {
	return post(ctx, s.client, s.Control+"/phones/"+from+"/messages", map[string]string{"to": to, "text": text}, nil)
}

// post sends JSON and decodes the answer into answer unless it is nil.
func post(ctx context.Context, client *http.Client, url string, body, answer any) error {
	return send(ctx, client, http.MethodPost, url, body, answer)
}

func put(ctx context.Context, client *http.Client, url string, body any) error {
	return send(ctx, client, http.MethodPut, url, body, nil)
}

func send(ctx context.Context, client *http.Client, method, url string, body, answer any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	return exchange(client, request, answer)
}

// get decodes the answer to a question.
func get(ctx context.Context, client *http.Client, url string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	return exchange(client, request, answer)
}

func exchange(client *http.Client, request *http.Request, answer any) error {
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", request.Method, request.URL.Path, response.Status, content)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(content, answer)
}
