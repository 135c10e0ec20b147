package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/myaibud/aibud/engine"
	"github.com/myaibud/aibud/engine/simulator"
)

// world is the demo's WhatsApp with the people in it.
type world struct {
	simulator *simulator.Server
	seats     []*simulator.Phone
	spares    []*simulator.Phone
	leads     []*simulator.Phone

	mu   sync.Mutex
	seen map[string]bool // lead's number and ID of each message that was looked at

	// Set by settle, and read only by requests that come after ready is closed.
	ready  chan struct{}
	server *server
	tenant engine.TenantID
}

// newWorld starts a simulator and gives everybody a phone.
func newWorld(ctx context.Context, log *slog.Logger) (*world, error) {
	sim, err := simulator.Start(ctx, simulator.Config{Log: log})
	if err != nil {
		return nil, fmt.Errorf("start the simulator: %w", err)
	}
	w := &world{simulator: sim, seen: make(map[string]bool), ready: make(chan struct{})}
	add := func(to *[]*simulator.Phone, who demoPhone) {
		if err != nil {
			return
		}
		var phone *simulator.Phone
		if phone, err = sim.AddPhone(who.number, who.name); err == nil {
			*to = append(*to, phone)
		}
	}
	for _, who := range demoSeats() {
		add(&w.seats, who)
	}
	for _, who := range demoSpares() {
		add(&w.spares, who)
	}
	for _, lead := range demoLeads() {
		add(&w.leads, lead.demoPhone)
	}
	if err != nil {
		_ = sim.Close()
		return nil, fmt.Errorf("add a phone: %w", err)
	}
	return w, nil
}

// settle makes the demo's account, pairs its seats, and gives the leads a
// past.
func (w *world) settle(ctx context.Context, s *server) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tenant, err := signUpDemo(ctx, s.url())
	if err != nil {
		return err
	}
	w.server, w.tenant = s, tenant
	ids := make([]engine.SeatID, len(w.seats))
	for i, phone := range w.seats {
		if ids[i], err = w.pair(ctx, phone); err != nil {
			return fmt.Errorf("pair seat %d: %w", i+1, err)
		}
	}
	for i, lead := range demoLeads() {
		if err := w.remember(ctx, ids[lead.seat], w.leads[i], lead.past); err != nil {
			return fmt.Errorf("give lead %d a past: %w", i+1, err)
		}
	}
	close(w.ready)
	_, err = w.leads[4].SendText(ctx, w.seats[0].Number(), demoHello)
	return err
}

// signUpDemo creates the demo's account, as a person would in the dashboard.
func signUpDemo(ctx context.Context, url string) (engine.TenantID, error) {
	response, err := postJSON(ctx, url+"/v1/signup", map[string]string{
		"agency": demoUser.Agency, "name": demoUser.Name, "email": demoUser.Email, "password": demoUser.Password,
	})
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		answer, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
		return "", fmt.Errorf("sign up: %s: %s", response.Status, answer)
	}
	var me struct {
		Tenant struct {
			ID engine.TenantID `json:"id"`
		} `json:"tenant"`
	}
	if err := json.NewDecoder(response.Body).Decode(&me); err != nil {
		return "", fmt.Errorf("sign up: %w", err)
	}
	return me.Tenant.ID, nil
}

func postJSON(ctx context.Context, url string, body any) (*http.Response, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(encoded))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	return (&http.Client{Timeout: 30 * time.Second}).Do(request)
}

// pair makes a seat for a phone and scans its QR code.
func (w *world) pair(ctx context.Context, phone *simulator.Phone) (engine.SeatID, error) {
	rows := w.server.store.Tenant(w.tenant)
	seat, err := rows.CreateSeat(ctx, phone.Name())
	if err != nil {
		return "", err
	}
	if _, err := rows.SetDesired(ctx, seat.ID, engine.DesiredRunning); err != nil {
		return "", err
	}
	// There is no phone whose notifications could be missed.
	if _, err := rows.SetSeatSettings(ctx, seat.ID, engine.SeatSettings{Presence: engine.PresenceWatching}); err != nil {
		return "", err
	}
	seat, err = w.await(ctx, seat.ID, func(seat engine.SeatView) bool { return seat.Pairing != nil })
	if err != nil {
		return "", err
	}
	if _, err := phone.Scan(ctx, seat.Pairing.Code); err != nil {
		return "", err
	}
	_, err = w.await(ctx, seat.ID, func(seat engine.SeatView) bool { return seat.Status.State == engine.StateConnected })
	return seat.ID, err
}

// await returns the seat once it is as wanted.
func (w *world) await(ctx context.Context, id engine.SeatID, wanted func(engine.SeatView) bool) (engine.SeatView, error) {
	changed := make(chan struct{}, 1)
	defer w.server.feed.Listen(func([]engine.Event) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})()
	for {
		seat, err := w.server.store.Tenant(w.tenant).Seat(ctx, id)
		if err != nil || wanted(seat) {
			return seat, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return seat, fmt.Errorf("the seat stayed %s: %w", seat.Status.State, ctx.Err())
		}
	}
}

// remember stores a past conversation, as history that the phone would hand
// over.
func (w *world) remember(ctx context.Context, seat engine.SeatID, lead *simulator.Phone, past []demoLine) error {
	facts := make([]engine.Fact, 0, len(past))
	for _, line := range past {
		facts = append(facts, engine.Incoming{
			WhatsAppID: engine.NewWhatsAppID(),
			Chat: engine.Party{
				Phone: engine.Address(lead.JID().String()), LID: engine.Address(lead.LID().String()), Name: lead.Name(),
			},
			FromMe: line.mine, Kind: engine.KindText, Text: line.text, At: time.Now().Add(-line.ago), History: true,
		})
	}
	if len(facts) == 0 {
		return nil
	}
	return w.server.store.Record(ctx, engine.SeatKey{Tenant: w.tenant, Seat: seat}, facts)
}
